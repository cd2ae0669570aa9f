/** Keeps answers for a while. Callers at the same time share one question. An answer that is too old is never given. */
export class Remembered<T> {
  readonly #answers = new Map<string, { readonly answer: Promise<T>; untilMs: number }>();
  readonly #now: () => number;
  readonly #most: number;

  /** `now`: a clock in ms that never goes back. */
  constructor(now: () => number, most = 10_000) {
    this.#now = now;
    this.#most = most;
  }

  /** `ask` must not fail. `keepMs` says how long to keep the answer, counted from the question. */
  get(key: string, ask: () => Promise<T>, keepMs: (answer: T) => number): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined && this.#now() < known.untilMs) return known.answer;

    const askedMs = this.#now();
    const entry = { answer: ask(), untilMs: Number.POSITIVE_INFINITY };
    this.#answers.delete(key);
    this.#answers.set(key, entry);
    void entry.answer.then((answer) => {
      entry.untilMs = askedMs + keepMs(answer);
    });
    this.#forget();
    return entry.answer;
  }

  /** Drops the oldest first. */
  #forget(): void {
    for (const key of this.#answers.keys()) {
      if (this.#answers.size <= this.#most) return;
      this.#answers.delete(key);
    }
  }
}
