import { createHash } from 'node:crypto';
import type { Recording } from './bot.ts';
import { between, type Fault, isCalled, type Moment, type NamedStep, type Pass, type Point } from './faults.ts';
import type { Step } from './instrument.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';
import { isByTheClock, isCertain } from './ways.ts';

/** Whether another process of the bot is there; where none is, a killed one is started again. */
export type Form = 'alone' | 'peer';

/** One fault at one point of one scenario. */
export interface Case {
  /** Short, and the same in every run as long as the code is. */
  readonly id: string;
  readonly scenario: ScenarioName;
  readonly form: Form;
  readonly fault: Fault;
  readonly at: Point | NamedStep;
}

export interface Enumerated {
  readonly points: readonly Pass[];
  /** Moments between which something went out of the process or came in: to the rest of the world, one is like another within. */
  readonly moments: number;
  readonly cases: readonly Case[];
  /** Cases at the points that every run passes. A choice among them is the same in every run. */
  readonly certain: readonly Case[];
}

/** Loops are struck in their first rounds. */
const mostPasses = 3;

const callFaults = ['throw-before', 'throw-after', 'twice'] as const;

/** Every point of a scenario with every fault that can happen there. */
export function enumerate(scenario: ScenarioName, { passes, moments }: Recording, steps: readonly Step[]): Enumerated {
  const known = new Map(steps.map((step) => [step.name, step]));
  const stepOf = ({ name }: Pass) => {
    const step = known.get(name);
    if (step === undefined) throw new Error(`${name} was passed and is not one of the steps`);
    return step;
  };
  const points = passes.filter((pass) => {
    const { kind } = stepOf(pass);
    return pass.nth <= mostPasses && !isByTheClock(pass.path) && (pass.waits || kind === 'await');
  });
  const isPoint = new Set(points.map(keyOf));
  const distinct = [
    ...Map.groupBy(
      moments.filter((each) => isPoint.has(keyOf(each))),
      ({ traffic }) => traffic,
    ),
  ].flatMap(([, [first]]) => first ?? []);

  const ofCalls = points.flatMap((point) => callCases(scenario, point, stepOf(point)));
  const ofMoments = distinct.flatMap((moment) => stopCases(scenario, moment, moment.at));
  const always = points.filter(({ path, nth }) => nth === 1 && isCertain(path));
  const certain = always.flatMap((point) => [
    ...callCases(scenario, point, stepOf(point)),
    ...stopCases(scenario, point, 'before'),
    ...(point.waits ? stopCases(scenario, point, 'after') : []),
  ]);
  return { points, moments: distinct.length, cases: [...ofCalls, ...ofMoments], certain };
}

/** A fault at a step that is asked for by its name. An error where the bot has no such step, whatever a run passes. */
export function namedCase(scenario: ScenarioName, fault: Fault, at: NamedStep, steps: readonly Step[]): Case {
  const isThere = steps.some((step) => isCalled(step.name, at) && canMeet(step, fault));
  const gone = (at.via ?? []).filter((place) => !steps.some(({ name }) => isCalled(name, { place, awaits: '' })));
  const missing = isThere ? gone : [describeAt(at), ...gone];
  if (missing.length > 0) throw new Error(`the bot has no such step for ${fault} any more: ${missing.join(', ')}`);
  return caseOf(scenario, 'peer', fault, at);
}

/** `worker: apply 1 > attempt 1 > makeLive 9: write(…), pass 2`: where a case strikes, for people. */
export function describeCase({ scenario, form, fault, at }: Case): string {
  return `${scenario}, ${form}, ${fault}: ${describeAt(at)}`;
}

/** The whole way to a point; of a named step, what is known of it. */
export function wayOf(at: Point | NamedStep): string {
  return 'path' in at ? at.path : [...(at.via ?? []), `${at.place}: ${at.awaits}`].join(between);
}

function describeAt(at: Point | NamedStep): string {
  const shown = wayOf(at).split(between).slice(-4).join(between);
  return 'path' in at && at.nth > 1 ? `${shown}, pass ${at.nth}` : shown;
}

/** What can happen to what is awaited at a point. */
function callCases(scenario: ScenarioName, point: Point, step: Step): readonly Case[] {
  return callFaults
    .filter((fault) => canMeet(step, fault))
    .flatMap((fault) => casesAt(scenario, ['peer'], fault, point));
}

/** The process ends or stands still. */
function stopCases(scenario: ScenarioName, point: Point, at: Moment['at']): readonly Case[] {
  return [
    ...casesAt(scenario, ['peer'], `pause-${at}`, point),
    ...casesAt(scenario, ['peer', 'alone'], `kill-${at}`, point),
  ];
}

function casesAt(scenario: ScenarioName, forms: readonly Form[], fault: Fault, at: Point): readonly Case[] {
  const isWithout = scenarios[scenario].without?.includes(fault) === true;
  return isWithout ? [] : forms.map((form) => caseOf(scenario, form, fault, at));
}

function caseOf(scenario: ScenarioName, form: Form, fault: Fault, at: Point | NamedStep): Case {
  const place = 'path' in at ? [at.path, at.nth] : [at.place, at.awaits, ...(at.via ?? [])];
  const text = [scenario, form, fault, ...place].join('\n');
  return { id: createHash('sha256').update(text).digest('hex').slice(0, 8), scenario, form, fault, at };
}

function canMeet({ throws, calls, begins }: Step, fault: Fault): boolean {
  if (fault === 'twice') return calls;
  if (fault === 'throw-before') return throws && begins;
  return throws || !fault.startsWith('throw');
}

function keyOf({ path, nth }: Point): string {
  return `${path} ${nth}`;
}
