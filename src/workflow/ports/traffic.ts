import type { CountedRequests, UnmeasuredReason } from '../../domain/change/seen.ts';

/** Requests as the mesh counts them. Answers within seconds; a failure is a TrafficUnavailableError. */
export interface Traffic {
  /** The clusters whose requests are counted. */
  readonly clusters: readonly string[];
  /** What clients sent to a host in a while that is over. Nothing that they sent before `since` is among it. */
  count(query: TrafficQuery): Promise<TrafficCount>;
}

export interface TrafficQuery {
  readonly cluster: string;
  /** Resolved. */
  readonly host: string;
  readonly since: Date;
  readonly from: Date;
  readonly until: Date;
}

export type TrafficCount =
  /** None at all where there was no traffic. */
  | { readonly kind: 'counted'; readonly requests: readonly CountedRequests[] }
  /** `too-seldom`: what is known cannot be parted by time so finely; `not-counted`: nothing is known of that time. */
  | { readonly kind: 'unknown'; readonly because: Exclude<UnmeasuredReason, 'unreachable'> };
