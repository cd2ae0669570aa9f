const beatMs = 250;
const stillMs = 2_000;
/** How long it takes to work off what piled up while the process stood still. */
const afterwardsMs = 300;
const seriousMs = 5_000;
const rememberMs = 30_000;

/** Notices when the process stood still: suspended, starved of CPU, or blocked by one task for too long. */
export class Pulse {
  readonly #clockMs: () => number;
  readonly #onStill: (forMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #beatAtMs: number;
  #still = { endedAtMs: Number.NEGATIVE_INFINITY, forMs: 0 };

  constructor(onStill: (forMs: number) => void, clockMs = () => performance.now()) {
    this.#onStill = onStill;
    this.#clockMs = clockMs;
    this.#beatAtMs = clockMs();
  }

  start(): void {
    this.#beatAtMs = this.#clockMs();
    this.#timer = setInterval(() => this.#beat(), beatMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What arrives now may have waited for us longer than its sender knows. */
  justStoodStill(): boolean {
    this.#beat();
    return this.#clockMs() - this.#still.endedAtMs < afterwardsMs;
  }

  problem(): string | undefined {
    const { endedAtMs, forMs } = this.#still;
    if (forMs < seriousMs || this.#clockMs() - endedAtMs > rememberMs) return undefined;
    return `Process: it stood still for ${Math.round(forMs / 1000)} s a moment ago; check its CPU limit`;
  }

  #beat(): void {
    const nowMs = this.#clockMs();
    const forMs = nowMs - this.#beatAtMs - beatMs;
    this.#beatAtMs = nowMs;
    if (forMs < stillMs) return;
    this.#still = { endedAtMs: nowMs, forMs };
    this.#onStill(forMs);
  }
}
