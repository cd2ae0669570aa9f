import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ask,
  type Connection,
  connectForRequests,
  connectForWorker,
  readRedisUrl,
  whenReady,
} from '../../src/redis/connect.ts';
import { redisCheck, redisProblem } from '../../src/redis/readiness.ts';
import { Script } from '../../src/redis/script.ts';
import { freePort } from '../../src/sandbox/launched-process.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';

const redisBinary = await findRedisServer().catch(() => undefined);

describe('the address of Redis', () => {
  it.each`
    url                                     | kind          | hosts                                                   | options
    ${'redis://localhost'}                  | ${'single'}   | ${[{ host: 'localhost', port: 6379 }]}                  | ${{}}
    ${'redis://localhost:6380/3'}           | ${'single'}   | ${[{ host: 'localhost', port: 6380 }]}                  | ${{ db: 3 }}
    ${'rediss://:p%40ss@redis.example'}     | ${'single'}   | ${[{ host: 'redis.example', port: 6379 }]}              | ${{ password: 'p@ss', tls: {} }}
    ${'redis://ana:secret@redis.example/0'} | ${'single'}   | ${[{ host: 'redis.example', port: 6379 }]}              | ${{ username: 'ana', password: 'secret', db: 0 }}
    ${'redis://[::1]:7000'}                 | ${'single'}   | ${[{ host: '::1', port: 7000 }]}                        | ${{}}
    ${'redis+sentinel://a,b:1/mymaster/2'}  | ${'sentinel'} | ${[{ host: 'a', port: 26379 }, { host: 'b', port: 1 }]} | ${{ name: 'mymaster', db: 2 }}
    ${'rediss+cluster://:p@a:1,b'}          | ${'cluster'}  | ${[{ host: 'a', port: 1 }, { host: 'b', port: 6379 }]}  | ${{ password: 'p', tls: {} }}
  `('is read from $url', ({ url, kind, hosts, options }) => {
    expect(readRedisUrl(url)).toEqual({ kind, hosts, options });
  });

  it.each([
    'http://localhost',
    'localhost:6379',
    'redis://',
    'redis://a,b',
    'redis://a:port',
    'redis://localhost/name',
    'redis://localhost/0?family=6',
    'redis+sentinel://a,b',
    'redis+nothing://a',
    '',
  ])('is not read from %j', (url) => {
    expect(readRedisUrl(url)).toBeUndefined();
  });
});

describe.runIf(redisBinary)('with a redis-server', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  describe('readiness', () => {
    let redis: Connection;

    beforeAll(async () => {
      redis = await open(connectForRequests, server.url);
    });
    beforeEach(async () => {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
    });
    afterAll(() => redis.disconnect());

    it('accepts a Redis with noeviction', async () => {
      expect(await redisProblem(redis)).toBeUndefined();
    });

    it('names the setting that lets Redis forget changes', async () => {
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');

      expect(await redisProblem(redis)).toMatch(/maxmemory-policy is allkeys-lru.*set it to noeviction/);
    });

    it('asks again after five minutes or after a lost connection, and every time while something is wrong', async () => {
      let nowMs = 0;
      const check = redisCheck(redis, () => nowMs);
      expect(await check()).toBeUndefined();
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');

      nowMs += 299_999;
      expect(await check()).toBeUndefined();
      nowMs += 1;
      expect(await check()).toContain('allkeys-lru');
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      expect(await check()).toBeUndefined();

      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const back = new Promise((resolve) => redis.once('ready', resolve));
      redis.disconnect(true);
      await back;
      expect(await check()).toContain('allkeys-lru');
    });

    it('does not keep an answer from just before the connection was lost', async () => {
      const check = redisCheck(redis);
      const asked = check();
      redis.emit('close');
      expect(await asked).toBeUndefined();
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');

      expect(await check()).toContain('allkeys-lru');
    });

    it('reports a read-only Redis', async () => {
      const replica = await startRedis();
      const connection = await open(connectForRequests, replica.url);
      await connection.replicaof('127.0.0.1', server.port);

      expect(await redisProblem(connection)).toMatch(/READONLY/);

      connection.disconnect();
      await replica.stop();
    });
  });

  it('never sends later what failed while Redis was away', async () => {
    const port = await freePort();
    const first = await startRedis({ port });
    const requests = await open(connectForRequests, first.url);
    await first.kill();
    await expect(ask(requests, (redis) => redis.set('a', '1'))).rejects.toThrow(StoreUnavailableError);

    const second = await startRedis({ port });
    await whenReady(requests);

    expect(await ask(requests, (redis) => redis.get('a'))).toBeNull();
    requests.disconnect();
    await second.stop();
  });

  it.each([
    { who: 'requests', connect: connectForRequests },
    { who: 'a worker', connect: connectForWorker },
  ])('reconnects from a Redis that became a replica to the new master at its address: $who', async ({ connect }) => {
    const [first, second] = [await startRedis(), await startRedis()];
    const address = await movingAddress(first.port);
    const connection = await open(connect, `redis://127.0.0.1:${address.port}`);
    const admin = await open(connectForRequests, first.url);
    const write = () => new Script("return redis.call('SET', KEYS[1], ARGV[1])").run(connection, ['a'], [1]);
    await write();

    await admin.replicaof('127.0.0.1', second.port);
    address.moveTo(second.port);

    await expect.poll(() => write().catch(() => 'not yet'), { timeout: 5_000 }).toBe('OK');
    for (const each of [connection, admin]) each.disconnect();
    await Promise.all([address.close(), first.stop(), second.stop()]);
  });

  it('lets a worker wait until Redis is back', async () => {
    const port = await freePort();
    const first = await startRedis({ port });
    const worker = await open(connectForWorker, first.url);
    await first.kill();
    const waits = worker.ping();

    const second = await startRedis({ port });

    expect(await waits).toBe('PONG');
    worker.disconnect();
    await second.stop();
  });

  it('gives up on a frozen Redis within a second', async () => {
    const frozen = await startRedis();
    const requests = await open(connectForRequests, frozen.url);
    frozen.pause();
    const startedMs = performance.now();

    await expect(ask(requests, (redis) => redis.get('a'))).rejects.toThrow(StoreUnavailableError);

    expect(performance.now() - startedMs).toBeLessThan(1_200);
    requests.disconnect();
    await frozen.kill();
  });

  it('says that Redis is not connected if it never was', async () => {
    const address = readRedisUrl(`redis://127.0.0.1:${await freePort()}`);
    if (address === undefined) throw new Error('no address');
    const nowhere = connectForRequests(address);
    nowhere.on('error', () => {}); // nobody listens there

    await expect(ask(nowhere, (redis) => redis.get('a'))).rejects.toThrow(/not connected/);
    expect(await redisProblem(nowhere)).toMatch(/^Redis: Redis is not connected/);
    nowhere.disconnect();
  });
});

/** A proxy whose target can change: new connections go to the new server, existing ones stay. */
async function movingAddress(
  firstPort: number,
): Promise<{ port: number; moveTo(port: number): void; close(): Promise<void> }> {
  let target = firstPort;
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connectTo(target, '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.on('error', () => other.destroy());
      end.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // always an AddressInfo: the server listens on a port
    moveTo: (port) => {
      target = port;
    },
    close: async () => {
      for (const end of ends) end.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Connect = typeof connectForRequests;

async function open(connect: Connect, url: string): Promise<Connection> {
  const address = readRedisUrl(url);
  if (address === undefined) throw new Error(`no address: ${url}`);
  const connection = connect(address);
  connection.on('error', () => {}); // servers come and go here
  await whenReady(connection);
  return connection;
}
