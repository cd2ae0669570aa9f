/** `atOnce` gestures may come at once, and after that one every `everyMs`. */
export interface Bucket {
  readonly name: string;
  readonly atOnce: number;
  readonly everyMs: number;
}

export type LimitOutcome =
  | { readonly kind: 'taken' }
  /** `refused`: how many were refused since `refusedSince` was last asked, with this one; `nextInMs`: until the bucket takes one again. */
  | { readonly kind: 'refused'; readonly bucket: string; readonly refused: number; readonly nextInMs: number };

/** Counts what people ask, for all processes together. A failure is a StoreUnavailableError. */
export interface Limits {
  /**
   * Takes one from each of the buckets, or from none of them. A refusal is counted for the first. A redelivered request takes nothing more
   * and gets the same answer, because the first answer may not have reached anybody.
   */
  take(request: string, buckets: readonly Bucket[]): Promise<LimitOutcome>;
  /** How many were refused for a bucket. The count starts again from zero. */
  refusedSince(bucket: string): Promise<number>;
}
