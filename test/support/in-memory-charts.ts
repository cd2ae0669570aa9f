import type { Charts } from '../../src/workflow/ports/charts.ts';

/** Remembers in memory which workspaces refuse charts. */
export class InMemoryCharts implements Charts {
  readonly #refusedUntilMs = new Map<string, number>();
  readonly #now: () => Date;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  async areRefused(team: string): Promise<boolean> {
    return this.#now().getTime() < (this.#refusedUntilMs.get(team) ?? 0);
  }

  async noteRefused(team: string): Promise<void> {
    this.#refusedUntilMs.set(team, this.#now().getTime() + 3 * 24 * 3_600_000);
  }
}
