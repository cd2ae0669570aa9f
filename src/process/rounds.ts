import type { Log } from '../workflow/ports/process.ts';

const firstRoundMs = 500;
const soonMs = 250;
const busyRoundMs = 700;
/** Also the longest that a connection to Redis that went dead is not noticed: nothing else is asked of it while idle. */
const idleRoundMs = 20_000;

export interface Round {
  /** How much there was to do. */
  readonly open: number;
  /** When something is due that waits for its time, from now. */
  readonly dueInMs?: number;
}

/** Does something now and again: often while it finds work, soon when it is told of some, seldom while there is none. */
export class Rounds {
  readonly #log: Log;
  #round: (() => Promise<Round>) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #toldMeanwhile = false;

  constructor(log: Log) {
    this.#log = log;
  }

  start(round: () => Promise<Round>): void {
    this.#round = round;
    this.#in(firstRoundMs);
  }

  /** There may be work before the next round is due. */
  soon(): void {
    if (this.#timer === undefined) this.#toldMeanwhile = true;
    else if (this.#dueMs - performance.now() > busyRoundMs) this.#in(soonMs);
  }

  stop(): void {
    this.#round = undefined;
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    this.#timer = undefined;
    this.#toldMeanwhile = false;
    const made: Round | undefined = await this.#round?.().catch((err: unknown) => {
      this.#log.warn({ err }, 'a round of reconciling did not end');
      return { open: 1 };
    });
    const isIdle = made?.open === 0 && !this.#toldMeanwhile;
    const dueInMs = Math.max(made?.dueInMs ?? Number.POSITIVE_INFINITY, soonMs);
    this.#in(Math.min(isIdle ? idleRoundMs : busyRoundMs, dueInMs));
  }

  #in(ms: number): void {
    if (this.#round === undefined) return;
    clearTimeout(this.#timer);
    this.#dueMs = performance.now() + ms;
    this.#timer = setTimeout(() => void this.#turn(), ms);
  }
}
