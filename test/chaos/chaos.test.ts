import { describe, expect, it } from 'vitest';
import { findLocalSlack, LocalSlackNotFoundError } from '../../src/sandbox/local-slack.ts';
import { findRedisServer, RedisNotFoundError } from '../../src/sandbox/redis-server.ts';
import { reportOf } from './report.ts';
import { runChaos } from './run.ts';

/** How many minutes to run. `npm run chaos` is the long form. */
const minutes = Number(process.env['CHAOS_MINUTES'] ?? 0);
const forMs = minutes * 60_000;
const seed = `suite ${new Date().toISOString().slice(0, 10)}`; // a new seed each day; a failure prints it

const missing = [
  await reasonWithout(findRedisServer, RedisNotFoundError),
  await reasonWithout(findLocalSlack, LocalSlackNotFoundError),
].filter((reason) => reason !== undefined);

describe.runIf(minutes > 0 && missing.length === 0)(
  `chaos for ${minutes} min with Redis and a local Slack (runs only if CHAOS_MINUTES is set)`,
  () => {
    it(
      'loses nothing, does nothing twice and overwrites nobody, and every card shows the result of its change',
      async () => {
        const outcome = await runChaos({ seed, forMs });

        expect(outcome.violations, reportOf(outcome, seed)).toEqual([]);
      },
      forMs + 200_000,
    );
  },
);

async function reasonWithout(find: () => Promise<unknown>, absent: new () => Error): Promise<string | undefined> {
  return find().then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof absent) return error.message;
      throw error;
    },
  );
}
