import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { RulesFolder } from '../../src/rule-files/rules-folder.ts';
import { manifests } from '../manifests/kustomization.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { reviewsToV1 } from './rule-text.ts';

let around: string;
let folder: string;
let files: RulesFolder;

beforeEach(() => {
  around = temporaryFolder();
  folder = join(around, 'bookinfo');
  files = new RulesFolder(folder);
});

/** Writes a file below `around`, and the folders above it. */
function write(path: string, text: string | Uint8Array = reviewsToV1): void {
  mkdirSync(dirname(join(around, path)), { recursive: true });
  writeFileSync(join(around, path), text);
}

/** The name of the file that a typed name finds. */
async function readAs(typed: string): Promise<string> {
  const reading = await files.read(typed);
  return reading.kind === 'file' ? reading.file.name : reading.kind;
}

describe('the folder of rule files', () => {
  it('of Bookinfo lists all its files', async () => {
    const bookinfo = new RulesFolder(join(manifests, 'bookinfo'));
    const there = readdirSync(join(manifests, 'bookinfo')).map((name) => `bookinfo/${basename(name, '.yaml')}`);

    expect(await bookinfo.names()).toEqual(there.toSorted());
    expect(await bookinfo.read('bookinfo/virtual-service-all-v1')).toMatchObject({
      kind: 'file',
      file: { name: 'bookinfo/virtual-service-all-v1', manifests: [{ name: 'productpage' }, {}, {}, {}] },
    });
  });

  it('lists only YAML files, also in subfolders', async () => {
    for (const name of ['b.yaml', 'a.yml', 'sub/c.yaml', 'notes.md', '.hidden.yaml', 'yaml', 'not to be typed.yaml'])
      write(`bookinfo/${name}`);
    mkdirSync(join(folder, 'folder.yaml'));

    expect(await files.names()).toEqual(['bookinfo/a', 'bookinfo/b', 'bookinfo/sub/c']);
  });

  it.each(['bookinfo/sub/c', 'bookinfo/sub/c.yaml', 'sub/c', 'sub/c.yaml'])('finds a file by %s', async (typed) => {
    write('bookinfo/sub/c.yaml');

    expect(await readAs(typed)).toBe('bookinfo/sub/c');
  });

  it('distinguishes two files that differ in their extension', async () => {
    write('bookinfo/a.yaml');
    write('bookinfo/a.yml');

    expect(await files.names()).toEqual(['bookinfo/a', 'bookinfo/a.yml']);
    expect(await readAs('a')).toBe('bookinfo/a');
    expect(await readAs('a.yml')).toBe('bookinfo/a.yml');
  });

  it('prefers a full name over one without its folder', async () => {
    write('bookinfo/a.yaml');
    write('bookinfo/bookinfo/a.yaml');

    expect(await readAs('bookinfo/a')).toBe('bookinfo/a');
    expect(await readAs('bookinfo/bookinfo/a')).toBe('bookinfo/bookinfo/a');
  });

  it('is read again each time', async () => {
    expect(await files.names()).toEqual([]);
    expect(await readAs('a')).toBe('unknown-file');

    write('bookinfo/a.yaml');

    expect(await files.names()).toEqual(['bookinfo/a']);
    expect(await readAs('a')).toBe('bookinfo/a');
  });

  it.each<[string, string | undefined]>([
    ['bookinfo/virtual-servce-all-v1', 'bookinfo/virtual-service-all-v1'],
    ['virtual-servce-all-v1.yaml', 'bookinfo/virtual-service-all-v1'],
    ['something else', undefined],
  ])('does not know %s, and suggests the closest name', async (typed, nearest) => {
    write('bookinfo/virtual-service-all-v1.yaml');
    write('bookinfo/other.yaml');

    expect(await files.read(typed)).toEqual({
      kind: 'unknown-file',
      names: ['bookinfo/other', 'bookinfo/virtual-service-all-v1'],
      nearest,
    });
  });

  it('names a bad file and its fault', async () => {
    write('bookinfo/a.yaml', 'a: b: c');

    expect(await files.read('a.yaml')).toEqual({
      kind: 'bad-file',
      name: 'bookinfo/a',
      faults: [{ line: 1, column: 4, what: 'Nested mappings are not allowed in compact mappings' }],
    });
  });

  it('reads only enough of a large file to see that it is too large', async () => {
    write('bookinfo/a.yaml', Buffer.alloc(10_000_000, 'a'));
    const before = process.memoryUsage().arrayBuffers;

    expect(await files.read('a')).toMatchObject({ faults: [{ what: 'the file is larger than 256 KB' }] });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  });

  it('limits how many files it lists', async () => {
    for (let at = 0; at < 1_100; at += 1) write(`bookinfo/${at}.yaml`, '');

    expect(await files.names()).toHaveLength(1_000);
  });
});

describe('nothing outside the folder', () => {
  beforeEach(() => {
    write('bookinfo/a.yaml');
    write('secret.yaml');
    write('secrets/b.yaml');
  });

  it.each([
    '../secret',
    '../secret.yaml',
    'bookinfo/../../secret',
    '../bookinfo/a',
    './a',
    'sub/../a',
    '/etc/passwd',
    'a\0',
    '..',
    '.',
    '',
    'constructor',
    '__proto__',
  ])('is reached by %j', async (typed) => {
    expect(await readAs(typed)).toBe('unknown-file');
    expect(await readAs(join(folder, typed))).toBe('unknown-file');
  });

  it('is reached by a symbolic link', async () => {
    symlinkSync(join(around, 'secret.yaml'), join(folder, 'linked.yaml'));
    symlinkSync(join(around, 'secrets'), join(folder, 'secrets'));
    symlinkSync('/dev/zero', join(folder, 'zero.yaml'));

    expect(await files.names()).toEqual(['bookinfo/a']);
    for (const typed of ['linked', 'secrets/b', 'zero']) expect(await readAs(typed)).toBe('unknown-file');
  });

  it('and nothing that blocks is read: a pipe, a dangling link, links in a loop', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    symlinkSync('nowhere.yaml', join(folder, 'lost.yaml'));
    symlinkSync('circle.yaml', join(folder, 'circle.yaml'));
    symlinkSync('.', join(folder, 'again'));

    expect(await files.names()).toEqual(['bookinfo/a']);
    for (const typed of ['pipe', 'lost', 'circle', 'again/a']) expect(await readAs(typed)).toBe('unknown-file');
  });
});

describe('a mounted ConfigMap', () => {
  /** Laid out like the kubelet does it: the files are links into a folder behind the link `..data`, and a swap replaces that link. */
  function mount(version: string, text: string): void {
    write(`bookinfo/..${version}/a.yaml`, text);
    symlinkSync(`..${version}`, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  }

  it('is read through its links, each file once, and again when it is swapped', async () => {
    mount('2026_11_22', reviewsToV1);
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));

    expect(await files.names()).toEqual(['bookinfo/a']);
    expect(await files.read('a')).toMatchObject({ file: { manifests: [{ name: 'reviews' }] } });

    mount('2026_11_23', reviewsToV1.replace('name: reviews', 'name: ratings'));
    rmSync(join(folder, '..2026_11_22'), { recursive: true });

    expect(await files.read('a')).toMatchObject({ file: { manifests: [{ name: 'ratings' }] } });
  });
});
