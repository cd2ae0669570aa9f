import type { Log } from './workflow/ports.ts';

const firstRoundMs = 500;
const busyRoundMs = 2_000;
const idleRoundMs = 60_000;

/** Does something now and again: soon while it finds work or is told to, seldom while there is none. */
export class Rounds {
  readonly #log: Log;
  #round: (() => Promise<number>) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `round` returns how much was open. */
  start(round: () => Promise<number>): void {
    this.#round = round;
    this.#in(firstRoundMs);
  }

  /** There may be work before the next round is due. */
  soon(): void {
    if (this.#timer !== undefined && this.#dueMs - performance.now() > busyRoundMs) this.#in(busyRoundMs);
  }

  stop(): void {
    this.#round = undefined;
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    this.#timer = undefined;
    const open = await this.#round?.().catch((err: unknown) => {
      this.#log.warn({ err }, 'a round of reconciling did not end');
      return 1;
    });
    this.#in(open === 0 ? idleRoundMs : busyRoundMs);
  }

  #in(ms: number): void {
    if (this.#round === undefined) return;
    clearTimeout(this.#timer);
    this.#dueMs = performance.now() + ms;
    this.#timer = setTimeout(() => void this.#turn(), ms);
  }
}
