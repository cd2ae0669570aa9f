import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { RefusedCharts } from '../../src/redis/refused-charts.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Charts } from '../../src/workflow/ports/charts.ts';
import { InMemoryCharts } from '../support/in-memory-charts.ts';

const redisBinary = await findRedisServer().catch(() => undefined);
const day = 24 * 3600;

describeCharts('in memory', () => new InMemoryCharts());

it('in memory, a workspace is asked again some days later', async () => {
  let now = new Date('2026-11-22T14:03:11Z');
  const charts = new InMemoryCharts(() => now);
  await charts.noteRefused('T1');
  now = new Date('2026-11-27T14:03:11Z');

  expect(await charts.areRefused('T1')).toBe(false);
});

describe.runIf(redisBinary)('with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;

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
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  describeCharts('in Redis', () => new RefusedCharts(redis));

  it('a workspace is asked again some days later', async () => {
    await new RefusedCharts(redis).noteRefused('T2');

    const seconds = await redis.ttl(keys.chartsRefused('T2'));
    expect(seconds).toBeGreaterThan(day);
    expect(seconds).toBeLessThanOrEqual(7 * day);
  });

  it('a Redis that is away is no answer', async () => {
    const gone = await connect();
    gone.disconnect();

    await expect(new RefusedCharts(gone).areRefused('T1')).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});

function describeCharts(where: string, start: () => Charts): void {
  describe(`workspaces that refuse charts, ${where}`, () => {
    it('are remembered, each for itself', async () => {
      const charts = start();
      const [team, other] = [randomUUID(), randomUUID()];
      await charts.noteRefused(team);

      expect(await charts.areRefused(team)).toBe(true);
      expect(await charts.areRefused(other)).toBe(false);
    });
  });
}
