import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Draws } from './draws.ts';
import { type Experiment, experiments } from './experiments.ts';
import type { Row } from './gauges.ts';

/** What came of the ramps of one experiment. */
export interface Result extends Pick<Experiment, 'name' | 'isNull'> {
  readonly rows: readonly RowResult[];
}

export interface RowResult extends Row {
  /** When each ramp was taken back, in seconds. Infinity: never. */
  readonly seconds: readonly number[];
}

/** Some ramps of an experiment. What they draw does not depend on who runs them, or when. */
export interface Task {
  readonly experiment: string;
  readonly seed: string;
  readonly ramps: number;
}

export interface Simulation {
  readonly ramps: number;
  readonly seed: string;
  /** 0: runs in this thread. */
  readonly threads: number;
}

const rampsATask = 250;

export async function simulate({ ramps, seed, threads }: Simulation): Promise<readonly Result[]> {
  const tasks = experiments.flatMap(({ name }) =>
    Array.from({ length: Math.ceil(ramps / rampsATask) }, (_, at) => ({
      experiment: name,
      seed: `${seed} ${name} ${at}`,
      ramps: Math.min(rampsATask, ramps - at * rampsATask),
    })),
  );
  const done = new Map<Task, readonly (readonly number[])[]>();
  const left = tasks.values();
  if (threads === 0) for (const task of left) done.set(task, run(task));
  else await Promise.all(Array.from({ length: threads }, () => workThrough(left, done)));
  return experiments.map((experiment) => {
    const own = tasks.filter((task) => task.experiment === experiment.name).flatMap((task) => done.get(task) ?? []);
    const rows = experiment.rows.map((row, at) => ({ ...row, seconds: own.map((ramp) => ramp[at] ?? Number.NaN) }));
    return { name: experiment.name, isNull: experiment.isNull, rows };
  });
}

/** For each ramp, when each row took it back. */
export function run({ experiment, seed, ramps }: Task): readonly (readonly number[])[] {
  const chosen = experiments.find(({ name }) => name === experiment);
  if (chosen === undefined) throw new Error(`there is no experiment ${experiment}`);
  const draws = new Draws(seed);
  return Array.from({ length: ramps }, () => chosen.ramp(draws));
}

async function workThrough(left: Iterator<Task>, done: Map<Task, readonly (readonly number[])[]>): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url));
  try {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      worker.postMessage(next.value);
      const [answer] = await once(worker, 'message'); // rejects if the worker fails
      done.set(next.value, answer);
    }
  } finally {
    await worker.terminate();
  }
}
