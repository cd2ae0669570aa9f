import type { Log } from '../workflow/ports/process.ts';
import type { JobQueue } from './job-queue.ts';

/** How often a probe is added, while a change is open or a probe is unanswered, and otherwise. A probe costs Redis two dozen commands. */
const busyEveryMs = 5_000;
const idleEveryMs = 1_800_000;
/** After `renewAfter` unanswered probes the worker gets a new connection; after `stuckAfter` the process must be restarted. */
const renewAfter = 2;
const stuckAfter = 6;

export interface Probing {
  readonly queue: Pick<JobQueue, 'probe'>;
  readonly log: Pick<Log, 'error'>;
  /** Makes the worker wait for jobs on a new connection. */
  readonly renew: () => void;
  readonly clockMs?: () => number;
}

/**
 * Finds a worker that looks alive but takes no jobs. The process of each worker adds a probe now and then. Redis gives a job to the worker
 * that has waited longest, so each worker gets a probe in turn.
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

  /** Adds a probe if the last one is old enough. If Redis does not take it, that says nothing about the worker. */
  async round(open: number): Promise<void> {
    const everyMs = open > 0 || this.#unanswered > 0 ? busyEveryMs : idleEveryMs;
    if (this.#clockMs() - this.#addedAtMs < everyMs) return;
    this.#addedAtMs = this.#clockMs();
    const before = this.#taken;
    await this.#queue.probe();
    if (this.#taken !== before) return; // the worker took it before we knew that it was added
    this.#unanswered += 1;
    if (this.#unanswered < renewAfter) return;
    this.#log.error({ unanswered: this.#unanswered }, 'the worker takes no jobs');
    this.#renew();
  }

  /** Call when the worker takes any job. */
  taken(): void {
    this.#unanswered = 0;
    this.#taken += 1;
  }

  problem(): string | undefined {
    if (this.#unanswered < stuckAfter) return undefined;
    return `worker: took no job while ${this.#unanswered} probes were added`;
  }
}
