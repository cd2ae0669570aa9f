import type { Charts } from '../workflow/ports/charts.ts';
import { ask, type Connection } from './connect.ts';
import { keys } from './keys.ts';

const refusedSeconds = 3 * 24 * 3600;

/** In Redis, so that one refusal is enough for all processes, and for those that start later. */
export class RefusedCharts implements Charts {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  async areRefused(team: string): Promise<boolean> {
    return (await ask(this.#redis, (redis) => redis.exists(keys.chartsRefused(team)))) === 1;
  }

  async noteRefused(team: string): Promise<void> {
    await ask(this.#redis, (redis) => redis.set(keys.chartsRefused(team), '1', 'EX', refusedSeconds));
  }
}
