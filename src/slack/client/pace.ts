import { ChatError } from '../../workflow/errors.ts';

/** Slack takes about one message a second in a channel, and short bursts (https://docs.slack.dev/apis/web-api/rate-limits). */
const gapMs = 1_000;
const burst = 4;
const mostChannels = 1_000;

interface Channel {
  /** When the channel has recovered from all that was sent (the generic cell rate algorithm's theoretical arrival time). */
  recoveredMs: number;
  /** Until when Slack asked us to wait. */
  blockedUntilMs: number;
}

/** Sends to each channel no faster than Slack takes it. Channels do not wait for each other. */
export class Pace {
  readonly #channels = new Map<string, Channel>();
  readonly #closing = new AbortController();

  /**
   * Resolves when a message may be sent to the channel. True if it had to wait: the text may be out of date by then. A caller that
   * `unless` aborts takes no place from the others.
   */
  async turn(name: string, unless: AbortSignal): Promise<boolean> {
    const channel = this.#channel(name);
    let waited = false;
    for (let waitMs = this.#take(channel); waitMs > 0; waitMs = this.#take(channel)) {
      waited = true;
      await this.#pause(waitMs, unless);
      if (unless.aborted) break;
    }
    return waited;
  }

  /** Slack asked us to wait this long. */
  block(name: string, ms: number): void {
    this.#channel(name).blockedUntilMs = performance.now() + ms;
  }

  /** Ends every wait. What was not sent is still owed, and another process sends it. */
  close(): void {
    this.#closing.abort();
  }

  /** Takes a place and returns 0, or returns how long to wait for one. */
  #take(channel: Channel): number {
    const now = performance.now();
    const waitMs = Math.max(channel.blockedUntilMs - now, channel.recoveredMs - (burst - 1) * gapMs - now);
    if (waitMs > 0) return waitMs;
    channel.recoveredMs = Math.max(channel.recoveredMs, now) + gapMs;
    return 0;
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    if (this.#channels.size >= mostChannels) this.#forgetQuiet();
    const channel = { recoveredMs: 0, blockedUntilMs: 0 };
    this.#channels.set(name, channel);
    return channel;
  }

  #forgetQuiet(): void {
    const now = performance.now();
    for (const [name, { recoveredMs, blockedUntilMs }] of this.#channels) {
      if (recoveredMs < now && blockedUntilMs < now) this.#channels.delete(name);
    }
  }

  /** Ends early when it closes, or when `unless` aborts. */
  #pause(ms: number, unless: AbortSignal): Promise<void> {
    const closing = this.#closing.signal;
    const signals = [closing, unless];
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener('abort', end);
        if (closing.aborted) reject(new ChatError('shutting down', { outcome: 'later', code: 'closed' }));
        else resolve();
      };
      const timer = setTimeout(end, ms);
      for (const signal of signals) signal.addEventListener('abort', end);
      if (signals.some(({ aborted }) => aborted)) end();
    });
  }
}
