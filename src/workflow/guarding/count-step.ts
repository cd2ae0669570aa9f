import type { Batch } from '../../domain/guard/batch.ts';
import type { Scraped } from '../../domain/guard/looks.ts';
import type { LabelledRequests } from '../../domain/guard/requests.ts';
import { type Sides, slowBatches } from '../../domain/guard/sides.ts';
import type { RampGuards } from '../../domain/ramp/guards.ts';
import { TrafficUnavailableError } from '../errors.ts';
import type { GuardTraffic, TrafficQuery } from '../ports/traffic.ts';

/** Requests of some clusters, for guards. */
export type Watching = GuardTraffic & { readonly clusters: readonly string[] };

/** What is known of all hosts together. */
export async function scrapedAt(
  traffic: Watching,
  cluster: string,
  hosts: readonly string[],
  at: Date,
): Promise<Scraped | undefined> {
  const all = await Promise.all(hosts.map((host) => traffic.scraped({ cluster, host, at })));
  const known = all.flatMap((each) => (each.kind === 'scraped' ? [each] : []));
  if (known.length < all.length || known.length === 0) return undefined;
  return scrapedTogether(known);
}

/** As far as all of them were scraped. */
export function scrapedTogether(known: readonly Scraped[]): Scraped {
  const earliest = (times: readonly Date[]) => new Date(Math.min(...times.map((time) => time.getTime())));
  const every = known.flatMap(({ everyMs }) => everyMs ?? []);
  return {
    until: earliest(known.map(({ until }) => until)),
    since: earliest(known.map(({ since }) => since)),
    ...(every.length > 0 && { everyMs: Math.max(...every) }),
  };
}

/** All hosts together, or none. `lost`: nothing is known of the time when the period begins. */
export async function countAll(
  traffic: Watching,
  hosts: readonly string[],
  period: Omit<TrafficQuery, 'host'>,
): Promise<readonly LabelledRequests[] | 'lost' | undefined> {
  const counts = await Promise.all(hosts.map((host) => traffic.countByCaller({ ...period, host })));
  if (counts.some((count) => count.kind === 'unknown' && count.because === 'not-counted')) return 'lost';
  if (counts.some(({ kind }) => kind === 'unknown')) return undefined;
  return counts.flatMap((count) => (count.kind === 'counted' ? count.requests : []));
}

/** The slow requests by caller; undefined where latency is not watched. */
export async function slowIn(
  traffic: Watching,
  hosts: readonly string[],
  period: Omit<TrafficQuery, 'host'>,
  { latency }: RampGuards,
  sides: Sides,
): Promise<ReadonlyMap<string, Batch> | 'unknown' | undefined> {
  if (latency === undefined) return undefined;
  const { slowerThanMs } = latency;
  const counts = await Promise.all(hosts.map((host) => traffic.countSlow({ ...period, host, slowerThanMs })));
  if (counts.some(({ kind }) => kind === 'unknown')) return 'unknown';
  return slowBatches(
    counts.flatMap((count) => (count.kind === 'counted' ? count.requests : [])),
    sides,
  );
}

interface OwnNumber {
  /** Absent if the query gives no number: that is not bad and not good. */
  readonly own?: number;
  readonly failed?: TrafficUnavailableError;
}

/** What is wrong with the operator's query says nothing of the requests: those are counted all the same. */
export async function ownNumber(
  traffic: Watching,
  cluster: string,
  { rule: { query } }: RampGuards,
  at: Date,
): Promise<OwnNumber> {
  if (query === undefined) return {};
  try {
    const number = await traffic.evaluate({ cluster, query: query.query, at });
    return number.kind === 'number' ? { own: number.value } : {};
  } catch (err) {
    if (!(err instanceof TrafficUnavailableError)) throw err;
    return { failed: err };
  }
}
