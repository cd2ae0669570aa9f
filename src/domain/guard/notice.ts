import { logMean, logsOf, suspectedRatios } from './evidence.ts';

/** A step of a ramp to come, and how things are before it. */
export interface Outlook {
  /** Of the canary, between 0 and 1. */
  readonly share: number;
  readonly requestsPerSecond: number;
  /** Of all requests today, between 0 and 1. */
  readonly failureRate: number;
  /** How many steps the ramp has. */
  readonly steps: number;
  /** How many guards may hold or take back. */
  readonly guards: number;
}

const takeBackFrom = 1_000;
/** More are no sign at all at a share that needs them. */
const mostFailures = 1_000;

/**
 * About how long it takes until a canary that fails `ratio` times as often is taken back. About 10 % too long. Undefined: never, or it
 * cannot fail that often.
 */
export function secondsToNotice(ratio: number, outlook: Outlook): number | undefined {
  const { share, requestsPerSecond, failureRate, steps, guards } = outlook;
  if (ratio <= 1 || ratio > 1 / failureRate || share <= 0 || share >= 1) return undefined;
  const onCanary = (share * ratio) / (1 - share + share * ratio);
  const perFailure = onCanary * Math.log(onCanary / share) + (1 - onCanary) * Math.log((1 - onCanary) / (1 - share));
  const failuresPerSecond = requestsPerSecond * failureRate * (1 - share + share * ratio);
  const enough = Math.log(takeBackFrom * guards * suspectedRatios.length * steps);
  const seconds = enough / (perFailure * failuresPerSecond);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** From how many times as often a failing canary is taken back within this time. Undefined: not even if it always fails. */
export function noticedRatio(seconds: number, outlook: Outlook): number | undefined {
  const isInTime = (ratio: number) => (secondsToNotice(ratio, outlook) ?? Number.POSITIVE_INFINITY) <= seconds;
  const most = 1 / outlook.failureRate;
  if (!isInTime(most)) return undefined;
  let [low, high] = [1, most];
  while (high / low > 1 + 1e-9) {
    const middle = Math.sqrt(low * high);
    if (isInTime(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * How many failures at this share, all on the canary, are this much evidence. With fewer requests to the canary, nothing can be told.
 * Undefined: next to all requests go to the canary, or none.
 */
export function fewestFailures(share: number, enough: number): number | undefined {
  const isEnough = (suspected: number) => logMean(logsOf({ share, suspected, other: 0 })) >= Math.log(enough);
  const counts = Array.from({ length: mostFailures }, (_, at) => at + 1);
  return share > 0 && share < 1 ? counts.find(isEnough) : undefined;
}
