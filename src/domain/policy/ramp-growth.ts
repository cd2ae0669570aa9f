import { type Ramp, targetsAt } from '../ramp/ramp.ts';
import { type Growth, growthOf } from './targets.ts';

/** What a ramp gives to a version, for the policy: the largest of its steps, and the largest share that is reached. */
export function growthOfRamp({ before, steps }: Pick<Ramp, 'before' | 'steps'>): Growth {
  const grown = steps.flatMap((_, at) =>
    targetsAt({ before, steps }, at + 1).map(({ split }, which) =>
      growthOf(targetsAt({ before, steps }, at)[which]?.split ?? {}, split),
    ),
  );
  return {
    step: Math.max(0, ...grown.map(({ step }) => step)),
    reached: Math.max(0, ...grown.map(({ reached }) => reached)),
  };
}
