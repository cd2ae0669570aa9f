import type { Log } from '../workflow/ports/process.ts';

const firstRoundMs = 500;
const soonMs = 250;
const busyRoundMs = 700;
/** Also the longest time until a dead Redis connection is noticed: an idle process asks Redis nothing else. */
const idleRoundMs = 20_000;

export interface Round {
  /** How many items there were to work on. */
  readonly open: number;
  /** Time until the next scheduled item is due. */
  readonly dueInMs?: number;
}

/** Repeats a task: often while it finds work, soon after `soon()`, rarely otherwise. */
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

  /** Call when there may be work before the next round. */
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
      this.#log.warn({ err }, 'a round of reconciling failed');
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
