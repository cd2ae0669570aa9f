/** The header has whole seconds, and an answer takes time: a smaller difference is none. */
const toleranceMs = 1_500;
const mostSkewMs = 60_000;
/** RFC 9110, 5.6.7. */
const httpDate = /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The API server's time, from the `Date` headers of its answers. Between answers it advances on a monotonic clock. A wrong local clock, or
 * one that is corrected, therefore does not change how long something has waited or when it expires.
 */
export class ServerClock {
  readonly #monotonicMs: () => number;
  readonly #localMs: () => number;
  /** The API server's time at 0 of the monotonic clock. The local time until the first answer. */
  #originMs: number;

  constructor(monotonicMs = () => performance.now(), localMs = () => Date.now()) {
    this.#monotonicMs = monotonicMs;
    this.#localMs = localMs;
    this.#originMs = localMs() - monotonicMs();
  }

  now(): Date {
    return new Date(this.#originMs + this.#monotonicMs());
  }

  /**
   * Call it when a request is sent, and pass the answer's `Date` header to the function that it returns. That header is the time of a
   * moment between the two, even if it is read much later: a process that stood still in between must not set the clock back.
   */
  asking(): (date: string | undefined) => void {
    const sentMs = this.#monotonicMs();
    return (date) => {
      if (date === undefined || !httpDate.test(date)) return;
      const toldMs = Date.parse(date) + 500; // the middle of the second
      const aheadMs = toldMs - this.now().getTime();
      const behindMs = this.#originMs + sentMs - toldMs;
      if (aheadMs > toleranceMs) this.#originMs += aheadMs; // false for NaN, too
      if (behindMs > toleranceMs) this.#originMs -= behindMs;
    };
  }

  /** Reports a local clock that is too far off for Slack's signatures and for people. */
  problem(): string | undefined {
    const aheadMs = this.#localMs() - this.now().getTime();
    if (Math.abs(aheadMs) <= mostSkewMs) return undefined;
    const off = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the API server's`;
    return `Clock: this machine's is ${off}; correct it`;
  }
}
