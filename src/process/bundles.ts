/**
 * Collects what is heard about one thing for a while and hands it on once. A writer that writes all the time is then looked at once per
 * interval, not once per write.
 */
export class Bundles<T> {
  readonly #whileMs: number;
  readonly #join: (earlier: T, later: T) => T;
  readonly #hand: (bundle: T) => void;
  readonly #waiting = new Map<string, { bundle: T; readonly timer: NodeJS.Timeout }>();
  #isStopped = false;

  constructor(whileMs: number, join: (earlier: T, later: T) => T, hand: (bundle: T) => void) {
    this.#whileMs = whileMs;
    this.#join = join;
    this.#hand = hand;
  }

  add(key: string, heard: T): void {
    if (this.#isStopped) return;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.bundle = this.#join(waiting.bundle, heard);
      return;
    }
    const timer = setTimeout(() => {
      const bundle = this.#waiting.get(key)?.bundle;
      this.#waiting.delete(key);
      if (bundle !== undefined) this.#hand(bundle);
    }, this.#whileMs);
    this.#waiting.set(key, { bundle: heard, timer });
  }

  /** After this, hands on nothing more. */
  stop(): void {
    this.#isStopped = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
