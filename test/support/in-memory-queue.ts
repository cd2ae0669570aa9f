import type { Change } from '../../src/domain/change/change.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Queue } from '../../src/workflow/ports/queue.ts';

type Job = Pick<Change, 'id'>;

/** Jobs in the order in which they were added. One for a change at its rev, unless it is asked for again. */
export class InMemoryQueue implements Queue {
  readonly #seen = new Set<string>();
  #jobs: Job[] = [];
  #isAway = false;

  async add(change: Change): Promise<void> {
    this.#reach();
    const name = `${change.id}.${change.rev}`;
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    this.#jobs.push({ id: change.id });
  }

  async addAgain(change: Change): Promise<void> {
    this.#reach();
    this.#jobs.push({ id: change.id });
  }

  /** Takes the next job. */
  take(): Job | undefined {
    return this.#jobs.shift();
  }

  /** Jobs that nobody has taken. */
  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  /** Loses every job. */
  lose(): void {
    this.#jobs = [];
  }

  goAway(): void {
    this.#isAway = true;
  }

  comeBack(): void {
    this.#isAway = false;
  }

  #reach(): void {
    if (this.#isAway) throw new StoreUnavailableError('the queue is away');
  }
}
