import { constants } from 'node:fs';
import { type FileHandle, open, opendir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { fileNamePart, type RuleFileReading } from '../domain/routing/rule-file.ts';
import { nearest } from '../domain/text/nearest.ts';
import type { RuleFiles } from '../workflow/ports/rule-files.ts';
import { largestFile, readRules } from './read-rules.ts';

const mostFiles = 1_000;
const mostEntries = 5_000;
const deepestFolder = 5;

/** A file of the folder and every form in which a person may type its name; the first form is the name that we show. */
interface ListedFile {
  readonly forms: readonly [string, ...string[]];
  /** The real path, without symbolic links. */
  readonly path: string;
}

/**
 * The rule files of a folder. A typed name is looked up in the list of files and never used as a path. A symbolic link that leads out of
 * the folder is not listed. The links of a mounted ConfigMap lead to another place in the folder, so they are.
 */
export class RulesFolder implements RuleFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async names(): Promise<readonly string[]> {
    return (await this.#files()).map(({ forms: [name] }) => name);
  }

  async read(typed: string): Promise<RuleFileReading> {
    // A ConfigMap may be swapped between listing and reading, so try twice.
    for (let tries = 0; tries < 2; tries += 1) {
      const file = find(await this.#files(), typed);
      if (file === undefined) break;
      const read = await readWhole(file.path);
      if (read.kind === 'read') return readRules(file.forms[0], read.bytes);
      if (read.kind === 'unreadable') return unreadable(file.forms[0], read.code);
    }
    const names = await this.names();
    return { kind: 'unknown-file', names, nearest: this.#nearest(typed, names) };
  }

  #nearest(typed: string, names: readonly string[]): string | undefined {
    const folder = `${basename(this.#folder)}/`;
    const word = withoutExtension(typed);
    if (word.startsWith(folder)) return nearest(word, names);
    const near = nearest(
      word,
      names.map((name) => name.slice(folder.length)),
    );
    return near === undefined ? undefined : folder + near;
  }

  async #files(): Promise<readonly ListedFile[]> {
    const root = await ifThere(() => realpath(this.#folder));
    if (root === undefined) return [];
    const found = await new Search(root).run();
    const names = new Set(found.map(({ name }) => name));
    return found.map(({ name, path }) => ({ forms: formsOf(name, basename(this.#folder), names), path }));
  }
}

/**
 * `virtual-service-all-v1.yaml` in `bookinfo` is shown as `bookinfo/virtual-service-all-v1`; its folder may be left out, its extension
 * typed.
 */
function formsOf(name: string, folder: string, names: ReadonlySet<string>): readonly [string, ...string[]] {
  const short = withoutExtension(name);
  const isSecond = !name.endsWith('.yaml') && names.has(`${short}.yaml`);
  const all = [`${folder}/${name}`, name];
  return isSecond ? [`${folder}/${name}`, name] : [`${folder}/${short}`, ...all, short];
}

/** A full name goes first: a folder inside may have the same name as the root folder. */
function find(files: readonly ListedFile[], typed: string): ListedFile | undefined {
  return files.find(({ forms: [name] }) => name === typed) ?? files.find(({ forms }) => forms.includes(typed));
}

function withoutExtension(name: string): string {
  return name.replace(/\.ya?ml$/i, '');
}

/** Finds the YAML files below a folder. Stops at the limits above. */
class Search {
  readonly #root: string;
  readonly #found: { readonly name: string; readonly path: string }[] = [];
  #entries = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** Sorted by name. */
  async run(): Promise<readonly { readonly name: string; readonly path: string }[]> {
    await this.#lookInto(this.#root, '', []);
    return this.#found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #lookInto(folder: string, prefix: string, above: readonly string[]): Promise<void> {
    for (const entry of await this.#entriesOf(folder)) {
      if (this.#found.length === mostFiles) return;
      const path = await ifThere(() => realpath(join(folder, entry)));
      if (path === undefined || !path.startsWith(this.#root + sep)) continue;
      const name = prefix + entry;
      const found = await ifThere(() => stat(path));
      if (found?.isFile() && /\.ya?ml$/.test(entry)) this.#found.push({ name, path });
      const isNew = found?.isDirectory() && ![...above, folder].includes(path) && above.length < deepestFolder;
      if (isNew) await ifThere(() => this.#lookInto(path, `${name}/`, [...above, folder]));
    }
  }

  /** Skips names that nobody can type, and names with a leading dot, which a ConfigMap uses for its own files. */
  async #entriesOf(folder: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { name } of await opendir(folder)) {
      this.#entries += 1;
      if (this.#entries > mostEntries) break;
      if (!name.startsWith('.') && fileNamePart.test(name)) names.push(name);
    }
    return names.toSorted();
  }
}

/** Undefined if the file does not exist (any more), if links form a loop, or if we may not read it. */
async function ifThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

type Whole =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly code: string };

/** Opening does not block, not even on a pipe that replaced the file. */
async function readWhole(path: string): Promise<Whole> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    return await readOpen(handle).finally(() => handle.close());
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ELOOP' ? { kind: 'gone' } : { kind: 'unreadable', code };
  }
}

/** Reads one byte more than the limit at most. */
async function readOpen(handle: FileHandle): Promise<Whole> {
  if (!(await handle.stat()).isFile()) return { kind: 'gone' };
  const bytes = Buffer.alloc(largestFile + 1);
  let length = 0;
  for (let more = -1; more !== 0; length += more)
    more = (await handle.read(bytes, length, bytes.length - length)).bytesRead;
  return { kind: 'read', bytes: bytes.subarray(0, length) };
}

function unreadable(name: string, code: string): RuleFileReading {
  return { kind: 'bad-file', name, faults: [{ what: `this file cannot be read (${code})` }] };
}

/** Rethrows everything that is not an error of the file system. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
