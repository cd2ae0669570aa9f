import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
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

/** `sources`: what `npm run build` has made. Libraries stay as they are. */
export async function buildWithSteps(folder: string, sources = resolve('dist')): Promise<Build> {
  const program = join(folder, 'program');
  await cp(sources, program, { recursive: true, filter: (path) => !path.endsWith('.map') });
  await cp(resolve('package.json'), join(folder, 'package.json'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  await mkdir(`${program}-compiled`);

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
  return { entry, program, logFile: join(folder, 'bots.log'), steps };
}
