/** What happens between a step and the next one: time passes, or a person lets the ramp go on. */
export type Stay = { readonly kind: 'for'; readonly ms: number } | { readonly kind: 'ask' };

/**
 * One step: the share of the version that the ramp is about, in percent, and what happens before the next one. The last step's stay is
 * how long the ramp watches on at its end. It is never `ask`.
 */
export interface RampStep {
  readonly percent: number;
  readonly stay: Stay;
}

export type RampSteps = readonly [RampStep, ...RampStep[]];
