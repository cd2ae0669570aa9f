import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { instrument, type Step } from './instrument.ts';
import { checkWays } from './ways.ts';

const run = promisify(execFile);

/** The bot as it was built, with every await of it sent through a step. */
export interface Build {
  /** What node runs, with the program as its argument. */
  readonly entry: string;
  readonly program: string;
  readonly logFile: string;
  readonly steps: readonly Step[];
}

/** The bot file by file: in the files that `npm run build` makes the awaits of libraries are among ours. */
export async function compile(to: string): Promise<void> {
  await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', 'src', '--outDir', to]);
}

/** `sources`: what `compile` has made, if something was changed in it. Libraries stay as they are. */
export async function buildWithSteps(folder: string, sources = join(folder, 'compiled')): Promise<Build> {
  const program = join(folder, 'program');
  if (!existsSync(sources)) await compile(sources);
  await cp(sources, program, { recursive: true, filter: (path) => !path.endsWith('.map') });
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
