import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, statSync, symlinkSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

export interface Instruction {
  readonly keyword: string;
  readonly rest: string;
}

/** The instructions in order, with continued lines joined. */
export function readInstructions(text: string): readonly Instruction[] {
  const joined = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, keyword, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (keyword === undefined || rest === undefined) throw new Error(`not an instruction: ${line}`);
      return { keyword, rest };
    });
}

/**
 * The files that a `.dockerignore` leaves in the build context. A pattern also matches everything below; the last pattern that matches
 * decides.
 */
export function filterContext(files: readonly string[], dockerignore: string): readonly string[] {
  const patterns = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return files.filter((file) => {
    const last = patterns.findLast((pattern) => matches(file, pattern.replace(/^!/, '')));
    return last === undefined || last.startsWith('!');
  });
}

/**
 * Builds the files of an image without a container engine. A stage is a folder, a base image is an empty folder, and commands run with this
 * machine's Node and npm. An unknown instruction is an error, so that none is skipped.
 */
export class ImageBuild {
  readonly #context: string;
  readonly #folder: string;
  readonly #stages = new Map<string, Stage>();
  #stage: Stage;

  constructor(context: string, folder: string) {
    this.#context = context;
    this.#folder = folder;
    this.#stage = { root: context, workdir: '/' };
  }

  /** The working directory of the last stage. */
  async run(instructions: readonly Instruction[]): Promise<string> {
    for (const instruction of instructions) await this.#follow(instruction);
    return this.#path('.');
  }

  async #follow({ keyword, rest }: Instruction): Promise<void> {
    switch (keyword) {
      case 'FROM':
        return this.#begin(rest);
      case 'WORKDIR':
        this.#stage.workdir = rest;
        mkdirSync(this.#path('.'), { recursive: true });
        return;
      case 'COPY':
        return this.#copy(rest.split(/\s+/));
      case 'RUN':
        await this.#execute(rest);
        return;
      case 'LABEL':
      case 'ENV':
      case 'USER':
      case 'EXPOSE':
      case 'ENTRYPOINT':
        return;
      default:
        throw new Error(`unknown instruction ${keyword}`);
    }
  }

  /**
   * The output of the command goes to stderr, and the error quotes it. All packages are not installed once more: those that the tests run
   * with come from the same lock file.
   */
  async #execute(command: string): Promise<void> {
    if (command === 'npm ci --ignore-scripts') return symlinkSync(resolve('node_modules'), this.#path('node_modules'));
    const options = { cwd: this.#path('.'), env: environment(), maxBuffer: 16 * 1024 * 1024 };
    await promisify(execFile)('sh', ['-c', `exec 1>&2\n${command}`], options);
  }

  #begin(rest: string): void {
    const [image = '', , name] = rest.split(/\s+/);
    const parent = this.#stages.get(image);
    const root = mkdtempSync(join(this.#folder, 'stage-'));
    if (parent !== undefined) cpSync(parent.root, root, { recursive: true, verbatimSymlinks: true });
    this.#stage = { root, workdir: parent?.workdir ?? '/' };
    if (name !== undefined) this.#stages.set(name, this.#stage);
  }

  #copy(words: readonly string[]): void {
    const [, name] = /^--from=(.+)$/.exec(words[0] ?? '') ?? [];
    const stage = name === undefined ? { root: this.#context } : this.#stages.get(name);
    if (stage === undefined) throw new Error(`no stage ${name}`);
    const paths = name === undefined ? words : words.slice(1);
    const target = paths.at(-1) ?? '';
    for (const path of paths.slice(0, -1)) {
      const source = join(stage.root, path);
      const into = target.endsWith('/') && !statSync(source).isDirectory() ? join(target, basename(path)) : target;
      cpSync(source, this.#path(into), { recursive: true, verbatimSymlinks: true });
    }
  }

  #path(path: string): string {
    return join(this.#stage.root, path.startsWith('/') ? path : join(this.#stage.workdir, path));
  }
}

interface Stage {
  readonly root: string;
  workdir: string;
}

function matches(file: string, pattern: string): boolean {
  const glob = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
  return new RegExp(`^${glob}(/|$)`).test(file);
}

/** Our environment, with this Node first in PATH, and without the variables of the npm that started the tests. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name),
  );
  return {
    ...Object.fromEntries(own),
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
}
