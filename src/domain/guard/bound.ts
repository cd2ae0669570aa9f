import { type Batch, batchLogs } from './batch.ts';
import { logMean, plus, type Sums, suspectedRatios } from './evidence.ts';

/** "95 %": were the ratio as high as the bound, fewer than one ramp in 20 would look like this. */
const logEnough = Math.log(20);
const least = 1e-3;
/** A higher bound tells people nothing. */
const most = 1_000;
const mirrored = suspectedRatios.map((ratio) => 1 / ratio);

/**
 * How many times as often as the others the canary fails, at most: the smallest ratio that can be ruled out. Undefined if none can, as
 * long as nothing failed. The batches may be merged by caller and step.
 */
export function upperBound(batches: readonly Batch[]): number | undefined {
  if (!isRuledOut(batches, most)) return undefined;
  let [low, high] = [least, most];
  while (high / low > 1 + 1e-9) {
    const middle = Math.sqrt(low * high);
    if (isRuledOut(batches, middle)) high = middle;
    else low = middle;
  }
  return high;
}

function isRuledOut(batches: readonly Batch[], ratio: number): boolean {
  const none: Sums = mirrored.map(() => 0);
  return logMean(batches.reduce((sums, batch) => plus(sums, batchLogs(batch, mirrored, ratio)), none)) >= logEnough;
}

/** For people: two digits, rounded up. */
export function roundedUp(ratio: number): number {
  const digit = 10 ** (Math.floor(Math.log10(ratio)) - 1);
  return Number((Math.ceil(ratio / digit - 1e-6) * digit).toPrecision(2));
}
