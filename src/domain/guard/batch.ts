import { addToStep, type Evidence, logsOf, type Ratios, type Sums, suspectedRatios } from './evidence.ts';

/** Requests, and how many of them were bad: failed, or slow. */
export interface Tally {
  readonly requests: number;
  readonly bad: number;
}

/** What the counters of one caller grew by between two looks, within one step. */
export interface Batch {
  readonly canary: Tally;
  readonly others: Tally;
}

export const noRequests: Batch = { canary: { requests: 0, bad: 0 }, others: { requests: 0, bad: 0 } };

/**
 * Adds what a look saw of one caller. Several callers are added one after the other and never summed first: the share and the failures of
 * one caller have nothing to do with those of another. `tolerated`: how many times as often as the others the canary may fail.
 */
export function addBatch(evidence: Evidence, step: number, batch: Batch, tolerated = 1): Evidence {
  return addToStep(evidence, step, batchLogs(batch, suspectedRatios, tolerated));
}

/** The share is the one observed, never the configured weight. With nobody to compare with, nothing is added. */
export function batchLogs({ canary, others }: Batch, ratios: Ratios, tolerated: number): Sums {
  const requests = canary.requests + others.requests;
  const nothingToCompare = canary.requests === 0 || others.requests === 0;
  if (nothingToCompare) return ratios.map(() => 0);
  return logsOf({ share: canary.requests / requests, suspected: canary.bad, other: others.bad }, ratios, tolerated);
}

/** Two batches of the same caller and step are as good as one. */
export function merge(one: Batch, other: Batch): Batch {
  return { canary: sum(one.canary, other.canary), others: sum(one.others, other.others) };
}

export function shareBad({ requests, bad }: Tally): number {
  return requests === 0 ? 0 : bad / requests;
}

function sum(one: Tally, other: Tally): Tally {
  return { requests: one.requests + other.requests, bad: one.bad + other.bad };
}
