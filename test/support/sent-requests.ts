import type { CountedRequests } from '../../src/domain/change/seen.ts';
import type { LabelledRequests } from '../../src/domain/guard/requests.ts';

/** Requests that a test sends. What it does not say is usual: the product page asks, and all is well and fast. */
export interface SentRequests extends CountedRequests, Partial<Omit<LabelledRequests, keyof CountedRequests>> {
  readonly tookMs?: number;
}

export type FullyTold = SentRequests & LabelledRequests & { readonly tookMs: number };

/** A caller that is `undefined` is one that says nothing about itself. */
export function withDefaults(sent: SentRequests): FullyTold {
  const usual = {
    code: sent.flags === undefined ? '200' : '503',
    workload: 'productpage-v1',
    workloadNamespace: sent.host.split('.')[1],
    tookMs: 5,
  };
  return { ...usual, ...sent };
}

/** Envoy's. */
export const durationBoundsMs: readonly number[] = [
  0.5,
  1,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1_000,
  2_500,
  5_000,
  10_000,
  30_000,
  60_000,
  300_000,
  600_000,
  1_800_000,
  3_600_000,
  Number.POSITIVE_INFINITY,
];
