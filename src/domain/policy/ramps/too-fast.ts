import { shortestStepMs } from '../../ramp/steps.ts';
import type { MaxStep } from '../pace.ts';
import { rounded } from '../targets.ts';
import type { RampAsk } from './ramp-ask.ts';

/** What a ramp gives to a version in too short a time. */
export interface TooFast {
  /** The step with which it is too much. The first step is 1. */
  readonly number: number;
  /** What the version gets within the time, in percentage points. */
  readonly points: number;
  readonly withinMs: number;
  /** The shortest time for each of its steps with which it would do. */
  readonly fastestMs: number;
}

/** One step of a ramp. */
export interface Climb {
  /** What it gives to a version, in percentage points. Negative: it takes. */
  readonly points: number;
  readonly fromMs: number;
  /** A person ends it. */
  readonly asks: boolean;
}

/**
 * Finds the first step by which a ramp gives a version more within the time than `maxStep` allows. How long a step lasts that a person ends
 * is not known: the step after it waits until it may be made. So do the steps of a ramp that has begun.
 */
export function tooFast(ramp: RampAsk, maxStep: MaxStep): TooFast | undefined {
  return ramp.first === 1 ? fasterThan(climbsOf(ramp), maxStep) : undefined;
}

/** The same of any steps. */
export function fasterThan(steps: readonly Climb[], { points: most, everyMs }: MaxStep): TooFast | undefined {
  for (const at of steps.keys()) {
    const points = climbed(steps, at, everyMs);
    if (points > most)
      return { number: at + 1, points, withinMs: everyMs, fastestMs: fastest(steps, { points: most, everyMs }) };
  }
  return undefined;
}

function climbsOf({ steps }: RampAsk): readonly Climb[] {
  return steps.map(({ isUp, growth, percent, fromMs, asks }, at) => ({
    points: isUp ? growth.step : percent - (steps[at - 1]?.percent ?? percent),
    ...{ fromMs, asks },
  }));
}

/** The most that a version has gained with a step, since any step within the time. */
function climbed(steps: readonly Climb[], at: number, everyMs: number): number {
  const end = steps[at]?.fromMs ?? 0;
  let [sum, most] = [0, 0];
  for (const [back, { points, fromMs, asks }] of steps
    .slice(0, at + 1)
    .toReversed()
    .entries()) {
    if (end - fromMs >= everyMs || (asks && back > 0)) break;
    sum = rounded(sum + points);
    most = Math.max(most, sum);
  }
  return most;
}

/** With so many steps within the time, or else with one. */
function fastest(steps: readonly Climb[], { points: most, everyMs }: MaxStep): number {
  const inOneTime = steps.map((_, at) => steps.length - at);
  const times = inOneTime.map((count) => Math.max(shortestStepMs, Math.ceil(everyMs / count / 1_000) * 1_000));
  const evenly = (ms: number) => steps.map(({ points }, at) => ({ points, fromMs: at * ms, asks: false }));
  const fits = (ms: number) => evenly(ms).every((_, at, all) => climbed(all, at, everyMs) <= most);
  return times.find(fits) ?? everyMs;
}
