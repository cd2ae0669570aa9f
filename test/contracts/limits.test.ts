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
  /** The same counts, seen by another process. */
  readonly elsewhere: Limits;
  /** Nobody takes anything for so long. */
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
    connection.on('error', () => {}); // its end is part of a test
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

  /** A bucket holds when it is full again, so time passes when that moves back. */
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

  it('leave nothing in Redis once a bucket is full again, and do not count for ever what nobody asks about', async () => {
    await redis.flushall();
    const limits = new StoredLimits(redis);
    await limits.take(anew(), [bucket('a', 1, 40_000)]);
    await limits.take(anew(), [bucket('a', 1, 40_000)]);

    expect(await redis.pttl(keys.bucket('a'))).toBeLessThanOrEqual(40_000);
    expect(await redis.pttl(keys.bucket('a'))).toBeGreaterThan(0);
    expect(await redis.pttl(keys.overLimit('a'))).toBeGreaterThan(0);
  });

  it('know a request for longer than Slack delivers it again, whether it was taken or not', async () => {
    const limits = new StoredLimits(redis);
    const requests = [anew(), anew()];
    for (const request of requests) await limits.take(request, [bucket('b', 1, 40_000)]);

    for (const request of requests) expect(await redis.pttl(keys.counted(request))).toBeGreaterThan(15 * 60_000);
  });
});

/** A gesture that was never made before. */
function anew(): string {
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
      for (let time = 0; time < times; time += 1) await limits.take(anew(), of);
    };

    it('let so many through at once, and say of the next when it may be', async () => {
      await takeAll([mine], 2);

      expect(await limits.take(anew(), [mine])).toEqual({ kind: 'taken' });
      const refused = await limits.take(anew(), [mine]);
      expect(refused).toMatchObject({ kind: 'refused', bucket: 'mine', refused: 1 });
      expect(refused.kind === 'refused' && refused.nextInMs).toBeGreaterThan(8_000);
      expect(refused.kind === 'refused' && refused.nextInMs).toBeLessThanOrEqual(10_000);
    });

    it('let one through again after a while, and all of them after a longer one', async () => {
      await takeAll([mine], 3);
      await world.pass(10_000);

      expect(await limits.take(anew(), [mine])).toEqual({ kind: 'taken' });
      expect(await limits.take(anew(), [mine])).toMatchObject({ kind: 'refused' });
      await world.pass(60_000);
      for (let time = 0; time < 3; time += 1) expect(await limits.take(anew(), [mine])).toEqual({ kind: 'taken' });
      expect(await limits.take(anew(), [mine])).toMatchObject({ kind: 'refused' });
    });

    it('count for all processes together', async () => {
      await takeAll([mine], 2);

      expect(await world.elsewhere.take(anew(), [mine])).toEqual({ kind: 'taken' });
      expect(await limits.take(anew(), [mine])).toMatchObject({ kind: 'refused' });
      expect(await world.elsewhere.take(anew(), [mine])).toMatchObject({ kind: 'refused', refused: 2 });
    });

    it('let just so many of many at once through', async () => {
      const taken = await Promise.all(Array.from({ length: 50 }, () => limits.take(anew(), [mine])));

      expect(taken.filter(({ kind }) => kind === 'taken')).toHaveLength(3);
      expect(await limits.refusedSince('mine')).toBe(47);
    });

    it('take once for a request that is delivered again, also elsewhere, and answer it as before', async () => {
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

    it('do not hold back others', async () => {
      await takeAll([mine], 9);

      expect(await limits.take(anew(), [bucket('theirs', 3, 10_000)])).toEqual({ kind: 'taken' });
    });

    it('take from each of several buckets, or from none of them', async () => {
      const shared = bucket('shared', 1, 10_000);
      await limits.take(anew(), [bucket('theirs', 3, 10_000), shared]);

      expect(await limits.take(anew(), [mine, shared])).toMatchObject({
        kind: 'refused',
        bucket: 'shared',
        refused: 1,
      });
      for (let time = 0; time < 3; time += 1) expect(await limits.take(anew(), [mine])).toEqual({ kind: 'taken' });
    });

    it('say how many were refused since they were last asked', async () => {
      await takeAll([mine], 10);

      expect(await limits.refusedSince('mine')).toBe(7);
      expect(await limits.refusedSince('mine')).toBe(0);
      expect(await limits.take(anew(), [mine])).toMatchObject({ kind: 'refused', refused: 1 });
    });

    it('take whatever is taken from no bucket', async () => {
      expect(await limits.take(anew(), [])).toEqual({ kind: 'taken' });
    });

    it('say so when nothing can be counted', async () => {
      await world.goAway();

      await expect(limits.take(anew(), [mine])).rejects.toThrow(StoreUnavailableError);
      await expect(limits.refusedSince('mine')).rejects.toThrow(StoreUnavailableError);
    });
  });
}
