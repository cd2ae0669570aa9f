import type { Destination } from './requests.ts';
import { type Sides, versionOf } from './sides.ts';

/** One bucket of a histogram: how many requests took at most this long. */
export interface Bucket extends Destination {
  /** Infinity for the bucket of all requests. */
  readonly upToMs: number;
  readonly requests: number;
}

const [least, best, most] = [0.9, 0.95, 0.99];

/**
 * The time from which a request counts as slow: the bucket's bound that 90 to 99 % of the others' requests lay under, as near to 95 % as
 * there is one. Undefined if there is none: the buckets are too wide, or there was no traffic. It is chosen before the ramp begins and
 * never again, so that no result can affect it.
 */
export function latencyBound(
  histogram: readonly Bucket[],
  { others, backends }: Omit<Sides, 'canary'>,
): number | undefined {
  const byBound = new Map<number, number>();
  for (const each of histogram) {
    if (!others.includes(versionOf(each, backends) ?? '')) continue;
    byBound.set(each.upToMs, (byBound.get(each.upToMs) ?? 0) + each.requests);
  }
  const all = byBound.get(Number.POSITIVE_INFINITY) ?? 0;
  const fits = [...byBound]
    .map(([upToMs, requests]) => ({ upToMs, share: requests / all }))
    .filter(({ upToMs, share }) => Number.isFinite(upToMs) && share >= least && share <= most);
  return fits.toSorted((a, b) => Math.abs(a.share - best) - Math.abs(b.share - best) || a.upToMs - b.upToMs)[0]?.upToMs;
}
