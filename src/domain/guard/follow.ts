import type { Batch } from './batch.ts';
import { addToStep, type Evidence, logsOf, noEvidence, type Ratios } from './evidence.ts';

/** How many times as many requests as configured, or as few, may reach the canary: both are suspected. */
export const followRatios: Ratios = [1 / 10, 1 / 5, 1 / 3, 1 / 2, 2 / 3, 3 / 2, 2, 3, 5, 10];

export function noFollowEvidence(steps: number): Evidence {
  return noEvidence(steps, followRatios);
}

/** Adds requests, good or bad, to the evidence that the canary does not get its configured share. */
export function addFollow(evidence: Evidence, step: number, { canary, others }: Batch, share: number): Evidence {
  const draw = { share, suspected: canary.requests, other: others.requests };
  return addToStep(evidence, step, logsOf(draw, followRatios));
}
