import { describe, expect, it } from 'vitest';
import { findLocalSlack, LocalSlackNotFoundError } from '../../src/sandbox/local-slack.ts';
import { findRedisServer, RedisNotFoundError } from '../../src/sandbox/redis-server.ts';
import { reportOf } from './report.ts';
import { runChaos } from './run.ts';

const forMs = 40_000;
const seed = 'suite';

/** Minutes of kills and cuts are asked for; `npm run chaos` is the long form. */
const isAskedFor = process.env['CHAOS'] !== undefined;

const missing = [
  await reasonWithout(findRedisServer, RedisNotFoundError),
  await reasonWithout(findLocalSlack, LocalSlackNotFoundError),
].filter((reason) => reason !== undefined);

describe.runIf(isAskedFor && missing.length === 0)(
  `chaos for ${forMs / 1000} s with Redis and a local Slack (runs where CHAOS is set)`,
  () => {
    it('loses nothing, does nothing twice and overwrites nobody, and every card says what became of its change', async () => {
      const outcome = await runChaos({ seed, forMs });

      expect(outcome.violations, reportOf(outcome, seed)).toEqual([]);
    }, 240_000);
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
