import { formatDuration } from '../language/duration.ts';

/** What happens after a step was applied: it is watched for a time, or a person is asked. */
export type Stay = { readonly kind: 'for'; readonly ms: number } | { readonly kind: 'ask' };

/** How long a step is watched before the same is made in the next cluster. */
export const atOnce: Stay = { kind: 'for', ms: 0 };

export function isAtOnce(stay: Stay): boolean {
  return lasts(stay, 0);
}

/**
 * One step: the share of the version that the ramp is about, in percent, and what happens before the next step. The last step's stay is
 * how long the ramp watches on at its end; it is never `ask`.
 */
export interface RampStep {
  readonly percent: number;
  readonly stay: Stay;
}

export type RampSteps = readonly [RampStep, ...RampStep[]];

export const mostSteps = 20;
/** In all clusters together. A button has room for the number of its step up to this one. */
export const mostInAllClusters = 60;
export const shortestStepMs = 15_000;
export const longestStepMs = 7 * 24 * 3_600_000;

/** `10,25,50,100 every 5m` if all steps last equally long, else `10 for 30m, 50 ask, 100 for 30m`. Reading it gives the same steps. */
export function formatSteps(steps: RampSteps): string {
  const [first, ...more] = steps;
  const everyMs = first.stay.kind === 'for' ? first.stay.ms : undefined;
  if (everyMs === undefined || everyMs === 0 || more.length === 0 || !more.every(({ stay }) => lasts(stay, everyMs)))
    return steps.map(stepText).join(', ');
  return `${steps.map(({ percent }) => percent).join(',')} every ${formatDuration(everyMs)}`;
}

function lasts(stay: Stay, ms: number): boolean {
  return stay.kind === 'for' && stay.ms === ms;
}

function stepText({ percent, stay }: RampStep): string {
  if (stay.kind === 'ask') return `${percent} ask`;
  return isAtOnce(stay) ? `${percent}` : `${percent} for ${formatDuration(stay.ms)}`;
}
