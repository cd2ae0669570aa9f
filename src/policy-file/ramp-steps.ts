import { formatDuration } from '../domain/language/duration.ts';
import { readSteps } from '../domain/ramp/read-steps.ts';
import type { RampSteps } from '../domain/ramp/steps.ts';

/** The steps of a text such as `1, 5, 25` or `10 for 30m, 50 ask, 100`, or what is wrong with it. */
export type ReadSteps =
  | { readonly ok: true; readonly steps: RampSteps }
  | { readonly ok: false; readonly wrong: string };

/** Reads steps as they are typed. `every`: how long a step lasts that does not say so itself. */
export function readNamedSteps(text: string, every: number | undefined): ReadSteps {
  const read = readSteps(every === undefined ? text : `${text} every ${formatDuration(every)}`);
  return 'steps' in read ? { ok: true, steps: read.steps } : { ok: false, wrong: `${read.wrong} ${read.next}` };
}
