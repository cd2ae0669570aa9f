import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredLimits } from '../../src/redis/stored-limits.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Bucket, Limits } from '../../src/workflow/ports/limits.ts';
import { InMemoryLimits } from '../support/in-memory-limits.ts';

interface World {
  readonly limits: Limits;
  /** The same counts in another process. */
  readonly elsewhere: Limits;
  /** Lets time pass without takes. */
  pass(ms: number): Promise<void>;
  goAway(): Promise<void>;
}

const redisBinary = await findRedisServer().catch(() => undefined);

describeLimits('in memory', async () => {
  let nowMs = Date.parse('2026-11-22T14:03:11.000Z');
  const limits = new InMemoryLimits(() => new Date(nowMs));
  const pass = async (ms: number) => {
    nowMs += ms;
  };
  return { limits, elsewhere: limits, pass, goAway: async () => limits.goAway() };
});

describe.runIf(redisBinary)('with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;
  let other: Connection;

  const connect = async () => {
    const address = readRedisUrl(server.url);
    if (address === undefined) throw new Error(`no address: ${server.url}`);
    const connection = connectForRequests(address);
    connection.on('error', () => {}); // the test ends the server
    await whenReady(connection);
    return connection;
  };

  beforeAll(async () => {
    server = await startRedis();
    redis = await connect();
    other = await connect();
  });
  afterAll(async () => {
    redis.disconnect();
    other.disconnect();
    await server.stop();
  });

  /** A bucket stores when it is full again, so moving that back is like time passing. */
  const moveBack = async (ms: number) => {
    for (const key of await redis.keys(keys.bucket('*'))) {
      await redis.set(key, Number(await redis.get(key)) - ms, 'KEEPTTL');
    }
  };

  describeLimits('in Redis', async () => {
    await redis.flushall();
    const gone = await connect();
    return {
      limits: new StoredLimits(gone),
      elsewhere: new StoredLimits(other),
      pass: moveBack,
      goAway: async () => gone.disconnect(),
    };
  });

  it('leave nothing in Redis once a bucket is full, and do not keep counts that nobody asks for', async () => {
    await redis.flushall();
    const limits = new StoredLimits(redis);
    await limits.take(newRequest(), [bucket('a', 1, 40_000)]);
    await limits.take(newRequest(), [bucket('a', 1, 40_000)]);

    expect(await redis.pttl(keys.bucket('a'))).toBeLessThanOrEqual(40_000);
    expect(await redis.pttl(keys.bucket('a'))).toBeGreaterThan(0);
    expect(await redis.pttl(keys.overLimit('a'))).toBeGreaterThan(0);
  });

  it('remember a request for longer than Slack repeats it, taken or refused', async () => {
    const limits = new StoredLimits(redis);
    const requests = [newRequest(), newRequest()];
    for (const request of requests) await limits.take(request, [bucket('b', 1, 40_000)]);

    for (const request of requests) expect(await redis.pttl(keys.counted(request))).toBeGreaterThan(15 * 60_000);
  });
});

/** A new gesture each time. */
function newRequest(): string {
  return randomUUID();
}

function bucket(name: string, atOnce: number, everyMs: number): Bucket {
  return { name, atOnce, everyMs };
}

function describeLimits(where: string, enter: () => Promise<World>): void {
  describe(`limits ${where}`, () => {
    const mine = bucket('mine', 3, 10_000);
    let world: World;
    let limits: Limits;

    beforeEach(async () => {
      world = await enter();
      limits = world.limits;
    });

    const takeAll = async (of: readonly Bucket[], times: number) => {
      for (let time = 0; time < times; time += 1) await limits.take(newRequest(), of);
    };

    it('let a burst through, and say when the next one may come', async () => {
      await takeAll([mine], 2);

      expect(await limits.take(newRequest(), [mine])).toEqual({ kind: 'taken' });
      const refused = await limits.take(newRequest(), [mine]);
      expect(refused).toMatchObject({ kind: 'refused', bucket: 'mine', refused: 1 });
      expect(refused.kind === 'refused' && refused.nextInMs).toBeGreaterThan(8_000);
      expect(refused.kind === 'refused' && refused.nextInMs).toBeLessThanOrEqual(10_000);
    });

    it('let one through after a while, and a whole burst after a longer one', async () => {
      await takeAll([mine], 3);
      await world.pass(10_000);

      expect(await limits.take(newRequest(), [mine])).toEqual({ kind: 'taken' });
      expect(await limits.take(newRequest(), [mine])).toMatchObject({ kind: 'refused' });
      await world.pass(60_000);
      for (let time = 0; time < 3; time += 1)
        expect(await limits.take(newRequest(), [mine])).toEqual({ kind: 'taken' });
      expect(await limits.take(newRequest(), [mine])).toMatchObject({ kind: 'refused' });
    });

    it('count for all processes together', async () => {
      await takeAll([mine], 2);

      expect(await world.elsewhere.take(newRequest(), [mine])).toEqual({ kind: 'taken' });
      expect(await limits.take(newRequest(), [mine])).toMatchObject({ kind: 'refused' });
      expect(await world.elsewhere.take(newRequest(), [mine])).toMatchObject({ kind: 'refused', refused: 2 });
    });

    it('let exactly the limit through when many come at once', async () => {
      const taken = await Promise.all(Array.from({ length: 50 }, () => limits.take(newRequest(), [mine])));

      expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(3);
      expect(await limits.refusedSince('mine')).toBe(47);
    });

    it('count a repeated request once, also in another process, and give the same answer', async () => {
      await limits.take('first', [mine]);
      await world.elsewhere.take('first', [mine]);
      await takeAll([mine], 2);

      expect(await limits.take('first', [mine])).toEqual({ kind: 'taken' });
      const last = await limits.take('last', [mine]);
      expect(last).toMatchObject({ kind: 'refused', refused: 1 });
      await world.pass(60_000);
      expect(await world.elsewhere.take('last', [mine])).toEqual(last);
      expect(await limits.refusedSince('mine')).toBe(1);
    });

    it('do not limit others', async () => {
      await takeAll([mine], 9);

      expect(await limits.take(newRequest(), [bucket('theirs', 3, 10_000)])).toEqual({ kind: 'taken' });
    });

    it('take from all of several buckets, or from none', async () => {
      const shared = bucket('shared', 1, 10_000);
      await limits.take(newRequest(), [bucket('theirs', 3, 10_000), shared]);

      expect(await limits.take(newRequest(), [mine, shared])).toMatchObject({
        kind: 'refused',
        bucket: 'shared',
        refused: 1,
      });
      for (let time = 0; time < 3; time += 1)
        expect(await limits.take(newRequest(), [mine])).toEqual({ kind: 'taken' });
    });

    it('say how many were refused since the last question', async () => {
      await takeAll([mine], 10);

      expect(await limits.refusedSince('mine')).toBe(7);
      expect(await limits.refusedSince('mine')).toBe(0);
      expect(await limits.take(newRequest(), [mine])).toMatchObject({ kind: 'refused', refused: 1 });
    });

    it('always allow a take from no bucket', async () => {
      expect(await limits.take(newRequest(), [])).toEqual({ kind: 'taken' });
    });

    it('fail when counting is not possible', async () => {
      await world.goAway();

      await expect(limits.take(newRequest(), [mine])).rejects.toThrow(StoreUnavailableError);
      await expect(limits.refusedSince('mine')).rejects.toThrow(StoreUnavailableError);
    });
  });
}
