import { mostSteps } from '../../ramp/steps.ts';
import type { Growth } from '../targets.ts';
import type { RampAsk } from './ramp-ask.ts';

/** What gives a version more than one change may give. */
export interface TooLarge {
  /** In percentage points. */
  readonly step: number;
  readonly ofRamp?: StepOfRamp | undefined;
}

export interface StepOfRamp {
  /** The first step is 1. */
  readonly number: number;
  /** The same ramp with more steps, none of which is too large. Undefined if that is not so simple. */
  readonly instead?: readonly number[] | undefined;
}

/**
 * Finds the first step up of a ramp that gives a version more than `maxStep` allows: such a ramp would never come to its end. `growth` is
 * what the change gives that is made now, whatever was planned.
 */
export function tooLarge(growth: Growth, ramp: RampAsk | undefined, maxStep: number): TooLarge | undefined {
  if (ramp === undefined) return growth.step > maxStep ? { step: growth.step } : undefined;
  const steps = ramp.steps.map((each, at) => (at === 0 ? growth.step : each.isUp ? each.growth.step : 0));
  const at = steps.findIndex((step) => step > maxStep);
  const step = steps[at];
  return step === undefined
    ? undefined
    : { step, ofRamp: { number: ramp.first + at, instead: withMore(ramp, maxStep) } };
}

/** Puts steps between those of a ramp that only goes up, with one version that grows. */
function withMore({ steps, first }: RampAsk, maxStep: number): readonly number[] | undefined {
  const begins = steps[0].percent - steps[0].growth.step;
  const percents = [begins, ...steps.map(({ percent }) => percent)];
  const isSimple = steps.every(({ growth, percent }, at) => growth.step === percent - (percents[at] ?? 0));
  if (first !== 1 || !isSimple || !percents.every(Number.isInteger)) return undefined;
  const more = steps.flatMap(({ percent }, at) => between(percents[at] ?? 0, percent, maxStep));
  return more.length <= mostSteps ? more : undefined;
}

function between(from: number, to: number, most: number): readonly number[] {
  const count = Math.ceil((to - from) / most);
  return Array.from({ length: count }, (_, at) => (at + 1 === count ? to : from + (at + 1) * most));
}
