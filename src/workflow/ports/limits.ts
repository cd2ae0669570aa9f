/** So much may come at once, and after that one in so long. */
export interface Bucket {
  readonly name: string;
  readonly atOnce: number;
  readonly everyMs: number;
}

export type LimitOutcome =
  | { readonly kind: 'taken' }
  /** `refused`: how many were, with this one, since it was last asked; `nextInMs`: when the bucket takes one again. */
  | { readonly kind: 'refused'; readonly bucket: string; readonly refused: number; readonly nextInMs: number };

/** Counts what people ask, for all processes together. A failure is a StoreUnavailableError. */
export interface Limits {
  /**
   * Takes one from each of the buckets, or from none of them; what is refused is counted for the first. A request that is delivered
   * again takes nothing more, and is answered as it was: the first answer may not have reached anybody.
   */
  take(request: string, buckets: readonly Bucket[]): Promise<LimitOutcome>;
  /** How many were refused for a bucket, which begins to be counted anew. */
  refusedSince(bucket: string): Promise<number>;
}
