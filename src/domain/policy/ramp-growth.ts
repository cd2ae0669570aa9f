import { type Ramp, targetsAt } from '../ramp/ramp.ts';
import { clusterAt } from '../ramp/sequence.ts';
import { isSameObject, type ObjectRef } from '../routing/object.ts';
import type { Move } from '../routing/split.ts';
import { type Growth, growthOf } from './targets.ts';

/** What the first step of a ramp in an object's cluster does to the rules of the object. */
export function movesOfFirst(ramp: Pick<Ramp, 'before' | 'steps'>, object: ObjectRef): readonly Move[] {
  const first = ramp.steps.findIndex((_, at) => clusterAt(ramp, at + 1) === object.cluster) + 1;
  return targetsAt(ramp, first).flatMap((target, at) =>
    isSameObject(target.object, object)
      ? [{ rule: target.rule, from: ramp.before[at]?.split ?? {}, to: target.split }]
      : [],
  );
}

/** What that gives to a version, for the policy. */
export function growthOfFirst(ramp: Pick<Ramp, 'before' | 'steps'>, object: ObjectRef): Growth {
  const grown = movesOfFirst(ramp, object).map(({ from, to }) => growthOf(from, to));
  return {
    step: Math.max(0, ...grown.map(({ step }) => step)),
    reached: Math.max(0, ...grown.map(({ reached }) => reached)),
  };
}
