import type { Log } from '../workflow/ports/process.ts';
import type { JobQueue } from './job-queue.ts';

/** While something is open or a probe was not answered, and else: a probe costs Redis two dozen commands. */
const busyEveryMs = 5_000;
const idleEveryMs = 1_800_000;
/** Then its connection is made anew, and when that does not help it needs to be started again. */
const renewAfter = 2;
const stuckAfter = 6;

export interface Probing {
  readonly queue: Pick<JobQueue, 'probe'>;
  readonly log: Pick<Log, 'error'>;
  /** Lets the worker wait for jobs on another connection. */
  readonly renew: () => void;
  readonly clockMs?: () => number;
}

/**
 * Finds a worker that looks alive and takes nothing. Each worker's process adds a probe now and again; Redis hands jobs to whoever
 * has waited longest, so that with any number of workers each gets one in turn.
 */
export class WorkerProbe {
  readonly #queue: Pick<JobQueue, 'probe'>;
  readonly #log: Pick<Log, 'error'>;
  readonly #renew: () => void;
  readonly #clockMs: () => number;
  #addedAtMs: number;
  #unanswered = 0;
  #taken = 0;

  constructor({ queue, log, renew, clockMs = () => performance.now() }: Probing) {
    this.#queue = queue;
    this.#log = log;
    this.#renew = renew;
    this.#clockMs = clockMs;
    this.#addedAtMs = clockMs();
  }

  /** Adds a probe when the last one was long ago. A Redis that takes none says nothing about the worker. */
  async round(open: number): Promise<void> {
    const everyMs = open > 0 || this.#unanswered > 0 ? busyEveryMs : idleEveryMs;
    if (this.#clockMs() - this.#addedAtMs < everyMs) return;
    this.#addedAtMs = this.#clockMs();
    const before = this.#taken;
    await this.#queue.probe();
    if (this.#taken !== before) return; // it was taken before we heard that it had been added
    this.#unanswered += 1;
    if (this.#unanswered < renewAfter) return;
    this.#log.error({ unanswered: this.#unanswered }, 'the worker takes no jobs');
    this.#renew();
  }

  /** The worker took a job, whichever. */
  taken(): void {
    this.#unanswered = 0;
    this.#taken += 1;
  }

  problem(): string | undefined {
    if (this.#unanswered < stuckAfter) return undefined;
    return `worker: took no job while ${this.#unanswered} probes were added`;
  }
}
