import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface FetchOptions {
  readonly cacheFolder: string;
  readonly signal?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Packages could not be fetched. The message says in one line what to install by hand. */
export class DebianPackageError extends Error {
  override readonly name = 'DebianPackageError';
  readonly reason: string;

  constructor(packages: readonly string[], cause: unknown) {
    const reason = reasonOf(cause);
    super(`install ${packages.join(' ')} by hand: fetching it failed (${reason})`, { cause });
    this.reason = reason;
  }
}

/** A temporary folder to work in, and a way to run apt's and dpkg's programs there. */
interface Workshop {
  readonly folder: string;
  /** Returns the program's output. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<string>;
}

interface RunOptions {
  readonly cwd?: string;
  readonly libraryPath?: string;
  /** For programs that exit with an error if one of many inputs fails, and still print the results of the others. */
  readonly mayFail?: boolean;
}

/** Returns the options that make apt use a certain set of package lists. */
type ListsOf = (workshop: Workshop) => Promise<readonly string[]>;

const roundsOfLibraries = 4;

export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'shiftbot');
}

/**
 * Fetches packages of Debian or Ubuntu into the cache, without root, with the shared libraries that this machine lacks.
 * Returns the folder that holds their `usr`. The folder is complete or absent, even if several processes fetch at once.
 */
export async function fetchDebianPackages(packages: readonly string[], options: FetchOptions): Promise<string> {
  const root = await unpackedRootOf(packages, options.cacheFolder);
  if (await exists(root)) return root;

  try {
    // A new machine has no package lists, or old ones that name files which are no longer served.
    await bring(packages, root, systemLists, options).catch(async (cause) => {
      options.signal?.throwIfAborted();
      if (reasonOf(cause) === noSuchProgram) throw cause;
      await bring(packages, root, listsOfOurOwn, options);
    });
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw new DebianPackageError(packages, cause);
  }
  return root;
}

/** Where fetched packages are. The path names the release: machines of different releases may share a home folder. */
export async function unpackedRootOf(packages: readonly string[], cacheFolder: string): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const [, id = process.platform] = /^ID="?([\w.-]+)/m.exec(release) ?? [];
  const [, version = 'rolling'] = /^VERSION_ID="?([\w.-]+)/m.exec(release) ?? [];
  return join(cacheFolder, `${id}-${version}-${process.arch}`, [...packages].sort().join('+'));
}

/** The LD_LIBRARY_PATH for programs of an unpacked root. */
export async function libraryPathOf(root: string): Promise<string> {
  const parents = ['usr/lib', 'lib'].map((folder) => join(root, folder));
  const folders = await Promise.all(
    parents.map(async (parent) => {
      const names = await namesIn(parent);
      return names.filter((name) => name.includes('-linux-gnu')).map((name) => join(parent, name));
    }),
  );
  return [...folders.flat(), ...parents].join(delimiter);
}

async function bring(
  packages: readonly string[],
  root: string,
  listsOf: ListsOf,
  options: FetchOptions,
): Promise<void> {
  await inWorkshop(options, async (workshop) => {
    const lists = await listsOf(workshop);
    const unpacked = join(workshop.folder, 'root');
    const fetched = new Set<string>();
    let wanted = packages;

    for (let round = 0; ; round++) {
      for (const name of wanted) fetched.add(name);
      const files = await download(wanted, join(workshop.folder, `round-${round}`), lists, workshop);
      for (const file of files) await workshop.run('dpkg-deb', ['-x', file, unpacked]);

      const missing = await missingLibraries(unpacked, workshop);
      if (missing.length === 0) break;
      wanted = (await dependenciesNotHere(files, lists, workshop)).filter((name) => !fetched.has(name));
      if (wanted.length === 0 || round === roundsOfLibraries)
        throw new Error(`no package found that contains ${missing.join(', ')}`);
    }
    await keep(unpacked, root);
  });
}

async function inWorkshop(
  { cacheFolder, signal, environment = process.env }: FetchOptions,
  work: (workshop: Workshop) => Promise<void>,
): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'fetch-'));
  const run: Workshop['run'] = async (program, args, { cwd = folder, libraryPath, mayFail = false } = {}) => {
    const env = { ...environment, LC_ALL: 'C', ...(libraryPath !== undefined && { LD_LIBRARY_PATH: libraryPath }) };
    const done = promisify(execFile)(program, args, {
      cwd,
      env,
      ...(signal && { signal }),
      maxBuffer: 64 * 1024 * 1024,
    });
    return done.then(
      ({ stdout }) => stdout,
      (error: unknown) => {
        if (mayFail && isProgramFailure(error) && typeof error.code === 'number') return error.stdout;
        throw error;
      },
    );
  };

  try {
    await work({ folder, run });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function systemLists({ folder }: Workshop): Promise<readonly string[]> {
  // Without this, apt run by root fetches as the user _apt, who may not write to our folder.
  return [
    'APT::Sandbox::User=root',
    `Dir::Cache=${folder}/apt-cache`,
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ].flatMap(asOption);
}

async function listsOfOurOwn(workshop: Workshop): Promise<readonly string[]> {
  const { folder, run } = workshop;
  const state = join(folder, 'apt-state');
  await mkdir(join(state, 'lists/partial'), { recursive: true });
  await mkdir(join(folder, 'apt-cache/archives/partial'), { recursive: true });

  const ours = [`Dir::State=${state}`, `Dir::State::Lists=${state}/lists`, 'Acquire::Languages=none'];
  const lists = [...(await systemLists(workshop)), ...ours.flatMap(asOption)];
  // An update exits with an error if one source does not answer or a hook needs root, even if it got the lists we need.
  // If it did not get them, the download fails.
  await run('apt-get', [...lists, 'update'], { mayFail: true });
  return lists;
}

function asOption(setting: string): string[] {
  return ['-o', setting];
}

async function download(
  packages: readonly string[],
  folder: string,
  lists: readonly string[],
  { run }: Workshop,
): Promise<string[]> {
  await mkdir(folder);
  await run('apt-get', [...lists, 'download', ...packages], { cwd: folder });
  return (await readdir(folder)).map((name) => join(folder, name));
}

async function missingLibraries(root: string, { run }: Workshop): Promise<string[]> {
  const folders = ['usr/bin', 'usr/sbin'].map((folder) => join(root, folder));
  const programs = await Promise.all(
    folders.map(async (folder) => (await namesIn(folder)).map((name) => join(folder, name))),
  );
  const output = await run('ldd', programs.flat(), { libraryPath: await libraryPathOf(root), mayFail: true });
  return [...new Set([...output.matchAll(/^\s*(\S+) => not found/gm)].map(([, library = '']) => library))];
}

/** The dependencies of these files that this machine lacks, without those that hold no shared library (architecture `all`). */
async function dependenciesNotHere(
  files: readonly string[],
  lists: readonly string[],
  { run }: Workshop,
): Promise<string[]> {
  const fields = await Promise.all(files.map((file) => run('dpkg-deb', ['--field', file, 'Depends'])));
  const choices = fields.flatMap((field) => field.split(',')).map(namesOf);
  const format = `\${Package} \${db:Status-Status}\n`;
  const states = await run('dpkg-query', ['--show', '--showformat', format, ...choices.flat()], { mayFail: true });
  const here = new Set([...states.matchAll(/^(\S+) installed$/gm)].map(([, name = '']) => name));
  const wanted = choices.filter((names) => !names.some((name) => here.has(name))).flatMap((names) => names.slice(0, 1));
  if (wanted.length === 0) return [];

  const stanzas = await run('apt-cache', [...lists, 'show', '--no-all-versions', ...wanted], { mayFail: true });
  return stanzas.split('\n\n').flatMap((stanza) => {
    const [, name] = /^Package: (\S+)$/m.exec(stanza) ?? [];
    return name === undefined || /^Architecture: all$/m.test(stanza) ? [] : [name];
  });
}

/** `libssl3 (>= 3.0.0) | libssl3t64:any` → both names. */
function namesOf(choice: string): string[] {
  return choice
    .split('|')
    .map((name) => name.trim().replace(/[\s:(].*$/s, ''))
    .filter((name) => name !== '');
}

async function keep(unpacked: string, root: string): Promise<void> {
  await mkdir(dirname(root), { recursive: true });
  try {
    await rename(unpacked, root);
  } catch (error) {
    // Another process was faster; its copy is as good.
    if (!(await exists(root))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  return (await exists(folder)) ? readdir(folder) : [];
}

interface ProgramFailure extends Error {
  readonly code?: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function isProgramFailure(error: unknown): error is ProgramFailure {
  return error instanceof Error && 'stdout' in error && typeof error.stdout === 'string';
}

const noSuchProgram = 'apt-get or dpkg-deb is not installed';

function reasonOf(error: unknown): string {
  if (isProgramFailure(error)) {
    if (error.code === 'ENOENT') return noSuchProgram;
    const lines = error.stderr.split('\n').filter((line) => line.trim() !== '');
    return lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? error.message;
  }
  return error instanceof Error ? error.message : String(error);
}
