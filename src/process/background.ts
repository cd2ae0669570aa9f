import { setImmediate as turn } from 'node:timers/promises';
import type { Log } from '../workflow/ports/process.ts';

/** Work that nobody waits for, but that must end before the process does. */
export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts `work` after the caller has continued. If it fails, `what` is logged. */
  run(work: () => Promise<void>, what: string, fields: object): void {
    const running = turn()
      .then(work)
      .catch((err: unknown) => this.#log.warn({ ...fields, err }, what))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
