import { type Ramp, targetsAt } from '../ramp/ramp.ts';
import { clusterAt } from '../ramp/sequence.ts';
import { isSameObject, type ObjectRef } from '../routing/object.ts';
import { type Growth, growthOf } from './targets.ts';

/** What the first step of a ramp in an object's cluster gives to a version there, for the policy. */
export function growthOfFirst(ramp: Pick<Ramp, 'before' | 'steps'>, object: ObjectRef): Growth {
  const first = ramp.steps.findIndex((_, at) => clusterAt(ramp, at + 1) === object.cluster) + 1;
  const grown = targetsAt(ramp, first).flatMap((target, at) =>
    isSameObject(target.object, object) ? [growthOf(ramp.before[at]?.split ?? {}, target.split)] : [],
  );
  return {
    step: Math.max(0, ...grown.map(({ step }) => step)),
    reached: Math.max(0, ...grown.map(({ reached }) => reached)),
  };
}
