import type { CountedRequests, UnmeasuredReason } from '../../domain/change/seen.ts';
import type { Bucket } from '../../domain/guard/latency-bound.ts';
import type { Scraped } from '../../domain/guard/looks.ts';
import type { LabelledRequests } from '../../domain/guard/requests.ts';
import type { TimedRequests } from '../../domain/guard/sides.ts';

/** Requests as the mesh counts them. Answers within seconds; a failure is a TrafficUnavailableError. */
export interface Traffic extends GuardTraffic {
  /** The clusters whose requests are counted. */
  readonly clusters: readonly string[];
  /** The requests that clients sent to a host in a past period. None that they sent before `since` are counted. */
  count(query: TrafficQuery): Promise<TrafficCount>;
}

/** What guards look at. Two periods that adjoin have each request once. */
export interface GuardTraffic {
  /** Up to when the counters of a host are known, as of a time that may be past. A period that ends there never changes any more. */
  scraped(query: ScrapedQuery): Promise<ScrapedCounters>;
  /** The requests of a period by who called, what answered and how it ended. */
  countByCaller(query: TrafficQuery): Promise<CountedOr<LabelledRequests>>;
  /** The requests of a period, and those slower than a bound, which is the bound of a bucket. */
  countSlow(query: TrafficQuery & { readonly slowerThanMs: number }): Promise<CountedOr<TimedRequests>>;
  /** How long the requests of a period took. Each bucket has those of the smaller ones, too. */
  durations(query: TrafficQuery): Promise<CountedOr<Bucket>>;
  /** A query of the operator's own. One that is not understood is a TrafficUnavailableError that says why. */
  evaluate(query: OwnQuery): Promise<OwnNumber>;
}

export interface TrafficQuery {
  readonly cluster: string;
  /** The full host name. */
  readonly host: string;
  /** Nothing sent before may be counted. If that cannot be kept apart, the count is unknown. */
  readonly since: Date;
  readonly from: Date;
  readonly until: Date;
}

export interface ScrapedQuery extends Pick<TrafficQuery, 'cluster' | 'host'> {
  readonly at: Date;
}

export interface OwnQuery extends Pick<TrafficQuery, 'cluster'> {
  readonly query: string;
  readonly at: Date;
}

/** `too-seldom`: the counts are too far apart in time for this period. `not-counted`: nothing is known of that time. */
export interface TrafficUnknown {
  readonly kind: 'unknown';
  readonly because: Exclude<UnmeasuredReason, 'unreachable'>;
}

/** Empty if there was no traffic. */
export type CountedOr<Of> = { readonly kind: 'counted'; readonly requests: readonly Of[] } | TrafficUnknown;

export type TrafficCount = CountedOr<CountedRequests>;

export type ScrapedCounters = ({ readonly kind: 'scraped' } & Scraped) | TrafficUnknown;

export type OwnNumber =
  | { readonly kind: 'number'; readonly value: number }
  /** The query gives no row, several, or one that is no number (0 divided by 0). */
  | { readonly kind: 'unknown'; readonly because: 'no-row' | 'several-rows' | 'no-number' | 'not-counted' };
