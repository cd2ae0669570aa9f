import type { CountedRequests, UnmeasuredReason } from '../../domain/change/seen.ts';

/** Requests as the mesh counts them. Answers within seconds; a failure is a TrafficUnavailableError. */
export interface Traffic {
  /** The clusters whose requests are counted. */
  readonly clusters: readonly string[];
  /** The requests that clients sent to a host in a past period. None that they sent before `since` are counted. */
  count(query: TrafficQuery): Promise<TrafficCount>;
}

export interface TrafficQuery {
  readonly cluster: string;
  /** The full host name. */
  readonly host: string;
  readonly since: Date;
  readonly from: Date;
  readonly until: Date;
}

export type TrafficCount =
  /** Empty if there was no traffic. */
  | { readonly kind: 'counted'; readonly requests: readonly CountedRequests[] }
  /** `too-seldom`: the counts are too far apart in time for this period. `not-counted`: nothing is known of that time. */
  | { readonly kind: 'unknown'; readonly because: Exclude<UnmeasuredReason, 'unreachable'> };
