/** The ratios that a guard suspects, all at once: the one side fails 1.5 times as often, twice as often … */
export const suspectedRatios: Ratios = [1.5, 2, 3, 5, 10, 30, 100];

export type Ratios = readonly number[];

/** A sum of logs for each suspected ratio. */
export type Sums = readonly number[];

/**
 * What a guard has gathered in a ramp: the sums of each step, the first step first. Plain data, stored with the ramp's record in the same
 * write as the time up to which the guard has looked.
 */
export type Evidence = readonly Sums[];

/** Things that happened on one of two sides, and the share that falls on the suspected side if nothing is wrong. */
export interface Draw {
  readonly share: number;
  readonly suspected: number;
  readonly other: number;
}

/** Before the first look, for a ramp with this number of steps. */
export function noEvidence(steps: number, ratios: Ratios = suspectedRatios): Evidence {
  return Array.from({ length: steps }, () => ratios.map(() => 0));
}

/** `step` counts from 1. */
export function addToStep(evidence: Evidence, step: number, added: Sums): Evidence {
  return evidence.map((sums, at) => (at === step - 1 ? plus(sums, added) : sums));
}

/**
 * The logs of the likelihood ratios: each suspected ratio against the worst one that is tolerated. If the suspected side is no worse than
 * that, the expectation of each likelihood ratio is at most 1.
 */
export function logsOf({ share, suspected, other }: Draw, ratios: Ratios = suspectedRatios, tolerated = 1): Sums {
  const all = suspected + other;
  const ifTolerated = Math.log1p(share * (tolerated - 1));
  return ratios.map(
    (ratio) => suspected * Math.log(ratio) - all * (Math.log1p(share * (tolerated * ratio - 1)) - ifTolerated),
  );
}

/**
 * ln E. The guard begins anew at each step, beside what it began before: E is the mean over all steps of the evidence since that step.
 * Otherwise a long good past hides a fault that comes late. A step that has not begun has gathered nothing and counts as 1.
 */
export function logEvidence(evidence: Evidence): number {
  const since: number[] = [];
  let sums: Sums = [];
  for (const ofStep of evidence.toReversed()) {
    sums = plus(ofStep, sums);
    since.push(logMean(sums));
  }
  return logMean(since);
}

/** The log of the mean of what these are the logs of. No power of e is taken that could be too large for a number. */
export function logMean(logs: Sums): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - most), 0) / logs.length);
}

export function plus(sums: Sums, more: Sums): Sums {
  return sums.map((sum, at) => sum + (more[at] ?? 0));
}
