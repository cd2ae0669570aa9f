import { setImmediate as turn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Bucket, LimitOutcome, Limits } from '../../src/workflow/ports/limits.ts';

/** Limits in memory. */
export class InMemoryLimits implements Limits {
  readonly #now: () => Date;
  /** When each bucket is full again, in ms. */
  readonly #full = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #counted = new Map<string, LimitOutcome>();
  #isAway = false;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  async take(request: string, buckets: readonly Bucket[]): Promise<LimitOutcome> {
    await this.#reach();
    const taken = this.#counted.get(request) ?? this.#take(buckets);
    this.#counted.set(request, taken);
    return taken;
  }

  #take(buckets: readonly Bucket[]): LimitOutcome {
    const nowMs = this.#now().getTime();
    for (const { name, atOnce, everyMs } of buckets) {
      const nextInMs = this.#fullAt(name, nowMs) - (atOnce - 1) * everyMs - nowMs;
      if (nextInMs > 0) return { kind: 'refused', bucket: name, refused: this.#refuse(buckets), nextInMs };
    }
    for (const { name, everyMs } of buckets) this.#full.set(name, this.#fullAt(name, nowMs) + everyMs);
    return { kind: 'taken' };
  }

  async refusedSince(bucket: string): Promise<number> {
    await this.#reach();
    const refused = this.#refused.get(bucket) ?? 0;
    this.#refused.delete(bucket);
    return refused;
  }

  /** Makes every call fail from now on. */
  goAway(): void {
    this.#isAway = true;
  }

  #fullAt(name: string, nowMs: number): number {
    return Math.max(this.#full.get(name) ?? 0, nowMs);
  }

  #refuse([first]: readonly Bucket[]): number {
    const refused = (this.#refused.get(first?.name ?? '') ?? 0) + 1;
    this.#refused.set(first?.name ?? '', refused);
    return refused;
  }

  async #reach(): Promise<void> {
    await turn();
    if (this.#isAway) throw new StoreUnavailableError('the store is away');
  }
}
