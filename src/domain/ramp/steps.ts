/** How long a step lasts: for a time, or until a person lets the ramp go on. */
export type Stay = { readonly kind: 'for'; readonly ms: number } | { readonly kind: 'ask' };

export interface RampStep {
  /** The share of the canary. */
  readonly percent: number;
  readonly stay: Stay;
}

export type RampSteps = readonly [RampStep, ...RampStep[]];
