import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { objectKey } from '../../src/domain/routing/object.ts';
import type { Connection } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import { InMemoryChanges } from '../support/in-memory-changes.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { describeAccepting } from './changes/accepting.ts';
import { describeBeginning } from './changes/beginning.ts';
import { describeDeciding } from './changes/deciding.ts';
import { describeInRedis } from './changes/in-redis.ts';
import { describeLines } from './changes/lines.ts';
import { describeOpen } from './changes/open.ts';
import { describeRecords } from './changes/records.ts';
import { describeUpdating } from './changes/updating.ts';
import { aChange, accept, connected, reviews, type World } from './changes/world.ts';

const redisBinary = await findRedisServer().catch(() => undefined);

describeChanges('in memory', async () => {
  let nowMs = Date.parse('2026-11-22T14:03:11.000Z');
  const changes = new InMemoryChanges({ now: () => new Date(nowMs) });
  return {
    changes,
    pass: async (ms) => {
      nowMs += ms;
    },
    loseLine: async (object) => changes.loseLine(object),
  };
});

describe.runIf(redisBinary)('with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connected(server);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  describeChanges('in Redis', () => worldIn(redis));
  describeInRedis(() => redis);
  describeRecords(() => redis);

  describe('a Redis that freezes', () => {
    let frozen: RedisServer;
    let connection: Connection;

    beforeAll(async () => {
      frozen = await startRedis();
      connection = await connected(frozen);
    });
    afterAll(async () => {
      connection.disconnect();
      await frozen.stop();
    });

    afterEach(() => void vi.useRealTimers());

    it.each([{ minutes: 0 }, { minutes: 10 }])(
      'does not accept when it thaws what was refused meanwhile, though our clock was set $minutes min ahead',
      async ({ minutes }) => {
        await connection.flushall();
        const changes = new StoredChanges(connection);
        const [before, change] = [aChange(), aChange()];
        await accept(changes, before);
        const read = await changes.lines([reviews]);
        if (minutes > 0) vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });

        frozen.pause();
        await expect(changes.accept(change, { lines: read.versions, ahead: false })).rejects.toThrow(
          StoreUnavailableError,
        );
        frozen.resume();
        await connection.ping();

        expect(await changes.read(change.id)).toBeUndefined();
        expect(await changes.lines([reviews])).toMatchObject({ versions: read.versions, waiting: [before] });
      },
    );

    it('refuses at once when it is gone', async () => {
      await frozen.kill();
      const changes = new StoredChanges(connection);
      const startedMs = performance.now();

      await expect(changes.read('c-7F3K9QXZ')).rejects.toThrow(StoreUnavailableError);
      await expect(changes.open()).rejects.toThrow(StoreUnavailableError);
      await expect(changes.accept(aChange(), { lines: new Map(), ahead: false })).rejects.toThrow(
        StoreUnavailableError,
      );
      await expect(changes.update(aChange())).rejects.toThrow(StoreUnavailableError);

      expect(performance.now() - startedMs).toBeLessThan(1_000);
    });
  });
});

describe.runIf(redisBinary)('with a Redis Cluster', () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  describeChanges('in a Redis Cluster', () => worldIn(cluster.connection));
  describeRecords(() => cluster.connection);
});

async function worldIn(redis: Connection): Promise<World> {
  await redis.flushall();
  return {
    changes: new StoredChanges(redis),
    pass: async (ms) => {
      for (const key of await redis.keys('*')) {
        const left = await redis.pttl(key);
        if (left >= 0) await redis.pexpire(key, Math.max(0, left - ms));
      }
    },
    loseLine: async (object) => {
      await redis.del(keys.line(objectKey(object)));
    },
  };
}

function describeChanges(where: string, enter: () => Promise<World>): void {
  describe(`changes ${where}`, () => {
    describeAccepting(enter);
    describeLines(enter);
    describeDeciding(enter);
    describeBeginning(enter);
    describeUpdating(enter);
    describeOpen(enter);
  });
}
