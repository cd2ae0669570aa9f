import { createHash } from 'node:crypto';
import type { Recording } from './bot.ts';
import type { Fault, Pass } from './faults.ts';
import type { Step } from './instrument.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';

/** Whether another process of the bot is there; where none is, a killed one is started again. */
export type Form = 'alone' | 'peer';

/** One fault at one point of one scenario. */
export interface Case {
  /** Short, and the same in every run as long as the code is. */
  readonly id: string;
  readonly scenario: ScenarioName;
  readonly form: Form;
  readonly fault: Fault;
  readonly path: string;
  readonly nth: number;
}

export interface Enumerated {
  readonly points: readonly Pass[];
  /** Moments between which something went out of the process or came in: to the rest of the world, one is like another within. */
  readonly moments: number;
  readonly cases: readonly Case[];
}

/** Loops are struck in their first rounds. */
const mostPasses = 3;

/** Every point of a scenario with every fault that can happen there. */
export function enumerate(scenario: ScenarioName, { passes, moments }: Recording, steps: readonly Step[]): Enumerated {
  const known = new Map(steps.map((step) => [step.name, step]));
  const points = passes.filter(({ path, nth, name, waits }) => {
    const step = known.get(name);
    if (step === undefined) throw new Error(`${name} was passed and is not one of the steps`);
    return nth <= mostPasses && !isBackground(path) && (waits || step.kind === 'await');
  });
  const isPoint = new Set(points.map(keyOf));
  const distinct = [
    ...Map.groupBy(
      moments.filter((each) => isPoint.has(keyOf(each))),
      ({ traffic }) => traffic,
    ),
  ].flatMap(([, [first]]) => first ?? []);

  const cases: Case[] = [];
  const { without = [] } = scenarios[scenario];
  const add = (form: Form, fault: Fault, { path, nth }: Pick<Pass, 'path' | 'nth'>) => {
    if (without.includes(fault)) return;
    const id = createHash('sha256').update([scenario, form, fault, path, nth].join('\n')).digest('hex').slice(0, 8);
    cases.push({ id, scenario, form, fault, path, nth });
  };
  for (const point of points) {
    const step = known.get(point.name);
    if (step?.throws) for (const fault of ['throw-before', 'throw-after'] as const) add('peer', fault, point);
    if (step?.calls) add('peer', 'twice', point);
  }
  for (const moment of distinct) {
    add('peer', `pause-${moment.at}`, moment);
    add('peer', `kill-${moment.at}`, moment);
    add('alone', `kill-${moment.at}`, moment);
  }
  return { points, moments: distinct.length, cases };
}

/** `worker: apply 1 > attempt 1 > makeLive 9: write(…), pass 2`: where a case strikes, for people. */
export function describeCase({ scenario, form, fault, path, nth }: Case): string {
  const shown = path.split(' > ').slice(-4).join(' > ');
  return `${scenario}, ${form}, ${fault}: ${shown}${nth > 1 ? `, pass ${nth}` : ''}`;
}

/** Rounds of reconciling happen by the clock, and not because a person did something. */
function isBackground(path: string): boolean {
  return path.startsWith('rounds ');
}

function keyOf({ path, nth }: Pick<Pass, 'path' | 'nth'>): string {
  return `${path} ${nth}`;
}
