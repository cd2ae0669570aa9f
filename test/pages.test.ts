import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageFile from '../package.json' with { type: 'json' };
import { commands, flags } from '../src/slack/replies/help.ts';
import { anchorsOf, linksOf, type Page, page, pages, root, rowsOf, section } from './support/pages.ts';

const all = pages();
const front = page('README.md');

describe('the front page', () => {
  it('is read in a few minutes', () => {
    const kilobytes = Buffer.byteLength(front.text) / 1000;

    expect(kilobytes).toBeGreaterThan(7);
    expect(kilobytes).toBeLessThan(10);
  });

  it('lists the commands and flags that help lists', () => {
    const text = section(front, 'Commands');

    expect(rowsOf(text)).toEqual(commands.map(({ usage, does }) => [`\`${usage}\``, does]));
    for (const { usage } of flags) for (const form of usage.split(', ')) expect(text).toContain(`\`${form}\``);
  });

  it('leads to every other page, some of them by way of another', () => {
    expect(pagesFrom(front).toSorted()).toEqual(all.map(({ path }) => path).toSorted());
  });
});

it('finds the links, the manifests and the scripts of the front page', () => {
  expect(linksOf(front)).toContain('test/end-to-end/card.png');
  expect(manifestsIn(front)).toContain('manifests/base');
  expect(scriptsIn(front)).toContain('sandbox');
});

describe.each(all)('$path', (each) => {
  it('links to files and headings that there are', () => {
    expect(linksOf(each).filter((target) => !leadsSomewhere(each, target))).toEqual([]);
  });

  it('names manifests and scripts that there are', () => {
    expect(manifestsIn(each).filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(scriptsIn(each).filter((name) => !Object.hasOwn(packageFile.scripts, name))).toEqual([]);
  });
});

describe('a link', () => {
  it.each`
    target                          | leads
    ${'LICENSE'}                    | ${true}
    ${'manifests/policy'}           | ${true}
    ${'README.md#deploy'}           | ${true}
    ${'#where-to-read-on'}          | ${true}
    ${'https://api.slack.com/apps'} | ${true}
    ${'NOTICE'}                     | ${false}
    ${'#absent'}                    | ${false}
    ${'src/README.md#absent'}       | ${false}
  `('to $target leads somewhere: $leads', ({ target, leads }: { target: string; leads: boolean }) => {
    expect(leadsSomewhere(front, target)).toBe(leads);
  });
});

it('the page of src has a line for each folder that has files', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const folders = new Set(files.map(dirname).map((folder) => (folder.startsWith('sandbox') ? 'sandbox' : folder)));
  folders.delete('.');

  const rows = rowsOf(section(page('src/README.md'), 'Rooms')).map(([folder]) => folder);

  expect(rows.toSorted()).toEqual([...folders].map((folder) => `\`${folder}/\``).toSorted());
});

it('the page of test numbers the invariants and the bad inputs by which tests are named', () => {
  const first = (title: string) => rowsOf(section(page('test/README.md'), title)).map(([cell]) => cell);

  expect(first('Invariants')).toEqual(['I1', 'I2', 'I3', 'I4', 'I5', 'I6']);
  expect(first('Bad inputs')).toEqual(Array.from({ length: 30 }, (_, at) => String(at + 1)));
});

/** What is to be applied, or is named in code. */
function manifestsIn({ text }: Page): readonly string[] {
  return [...text.matchAll(/(?:-k |`)(manifests\/[\w./-]*\w)/g)].map(([, path = '']) => path);
}

function scriptsIn({ text }: Page): readonly string[] {
  return [...text.matchAll(/\bnpm run ([\w-]+)/g)].map(([, name = '']) => name);
}

/** A page and those that its links lead to, in any number of steps. */
function pagesFrom(first: Page): readonly string[] {
  const reached = new Set([first.path]);
  // A set that grows while it is walked through is walked through to its end.
  for (const path of reached) {
    const from = page(path);
    const paths = linksOf(from).map((target) => pathOf(from, target));
    for (const next of all.filter((each) => paths.includes(each.path))) reached.add(next.path);
  }
  return [...reached];
}

function pathOf(from: Page, target: string): string {
  const [file = ''] = target.split('#');
  return file === '' ? from.path : normalize(join(dirname(from.path), file));
}

/** Addresses of other sites count as there: a test must not depend on them. */
function leadsSomewhere(from: Page, target: string): boolean {
  if (/^https?:/.test(target)) return true;
  const [, anchor] = target.split('#');
  const path = pathOf(from, target);
  if (!existsSync(join(root, path))) return false;
  return anchor === undefined || anchorsOf(page(path)).includes(anchor);
}
