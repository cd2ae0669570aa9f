/** The header tells whole seconds, and an answer takes a while: less than this is no difference. */
const toleranceMs = 1_500;
const mostSkewMs = 60_000;
/** RFC 9110, 5.6.7. */
const httpDate = /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The API server's time, as its `Date` headers tell it. It goes on by a clock that never jumps, so that neither a machine whose clock
 * is wrong nor one whose clock is put right changes how long something has waited or when it expires.
 */
export class ServerClock {
  readonly #monotonicMs: () => number;
  readonly #localMs: () => number;
  /** The API server's time at 0 of the monotonic clock; ours until it has been heard. */
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
   * To be called when a request is sent; what it returns hears the `Date` header of the answer. That is the time of some moment in
   * between, however much later it is read: a process that stood still meanwhile must not set the clock back.
   */
  asking(): (date: string | undefined) => void {
    const sentMs = this.#monotonicMs();
    return (date) => {
      if (date === undefined || !httpDate.test(date)) return;
      const toldMs = Date.parse(date) + 500; // the middle of the second
      const aheadMs = toldMs - this.now().getTime();
      const behindMs = this.#originMs + sentMs - toldMs;
      if (aheadMs > toleranceMs) this.#originMs += aheadMs; // false for NaN too
      if (behindMs > toleranceMs) this.#originMs -= behindMs;
    };
  }

  /** Whether this machine's clock is one that Slack's signatures and people can go by. */
  problem(): string | undefined {
    const aheadMs = this.#localMs() - this.now().getTime();
    if (Math.abs(aheadMs) <= mostSkewMs) return undefined;
    const off = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the API server's`;
    return `Clock: this machine's is ${off}; set it right`;
  }
}
