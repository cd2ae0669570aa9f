import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { instrument, type Step } from './instrument.ts';
import { checkWays } from './ways.ts';

/** The bot as it was built, with every await of it sent through a step. */
export interface Build {
  /** What node runs, with the program as its argument. */
  readonly entry: string;
  readonly program: string;
  readonly logFile: string;
  readonly steps: readonly Step[];
}

const isNotOfTheBot = /^(sandbox\/|rolldown\.config\.ts$)/;
const importOfOurs = /(?<=['"]\.{1,2}\/[^'"\n]+)\.ts(?=['"])/g;

/** The bot file by file: in the files that `npm run build` makes the awaits of libraries are among ours. */
export async function compile(to: string): Promise<void> {
  const from = resolve('src');
  for (const file of await readdir(from, { recursive: true })) {
    if (!file.endsWith('.ts') || isNotOfTheBot.test(file)) continue;
    const code = stripTypeScriptTypes(await readFile(join(from, file), 'utf8')).replaceAll(importOfOurs, '.js');
    const path = join(to, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, code);
  }
}

/** `sources`: what `compile` has made, if something was changed in it. Libraries stay as they are. */
export async function buildWithSteps(folder: string, sources = join(folder, 'compiled')): Promise<Build> {
  const program = join(folder, 'program');
  if (!existsSync(sources)) await compile(sources);
  await cp(sources, program, { recursive: true });
  await cp(resolve('package.json'), join(folder, 'package.json'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));

  const stepUrl = pathToFileURL(join(import.meta.dirname, 'step.ts')).href;
  const steps: Step[] = [];
  for (const file of await readdir(program, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const path = join(program, file);
    const instrumented = instrument(await readFile(path, 'utf8'), file.slice(0, -'.js'.length), stepUrl);
    await writeFile(path, instrumented.code);
    steps.push(...instrumented.steps);
  }
  checkWays(steps);
  const entry = join(import.meta.dirname, 'child.ts');
  return { entry, program: await bundle(program, stepUrl), logFile: join(folder, 'bots.log'), steps };
}

/** In a few files, since hundreds of processes load it. */
async function bundle(program: string, stepUrl: string): Promise<string> {
  const bundled = `${program}-bundled`;
  const build = await rolldown({ input: join(program, 'main.js'), platform: 'node', external: [stepUrl] });
  await build.write({ dir: bundled, format: 'esm', chunkFileNames: '[name].js' });
  return bundled;
}
