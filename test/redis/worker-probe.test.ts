import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Connection,
  connectForRequests,
  connectForWorker,
  onRestored,
  readRedisUrl,
  whenReady,
} from '../../src/redis/connect.ts';
import { JobQueue, startWorker } from '../../src/redis/job-queue.ts';
import { listenForNews } from '../../src/redis/news.ts';
import { WorkerProbe } from '../../src/redis/worker-probe.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import { TcpProxy } from '../chaos/tcp-proxy.ts';
import { change } from '../support/builders.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

const aMinute = 60_000;
const redisBinary = await findRedisServer().catch(() => undefined);

describe('probing a worker', () => {
  it.each`
    open | everyMs      | what
    ${1} | ${5_000}     | ${'every 5 s while a change is open'}
    ${0} | ${1_800_000} | ${'every half an hour otherwise'}
  `('happens $what', async ({ open, everyMs }) => {
    const { probe, added, pass } = probing();

    for (let passedMs = 0; passedMs < 60 * aMinute; passedMs += 5_000) {
      pass(5_000);
      await probe.round(open);
      probe.taken();
    }

    expect(added()).toBe((60 * aMinute) / everyMs);
  });

  it('is quiet while the worker takes jobs', async () => {
    const { probe, pass } = probing();

    for (let rounds = 0; rounds < 20; rounds += 1) {
      pass(30 * aMinute);
      await probe.round(0);
      probe.taken();
    }

    expect(probe.problem()).toBeUndefined();
  });

  it('gives a worker that takes no jobs a new connection, and reports it if that does not help', async () => {
    const { probe, pass, log, renewed } = probing();

    for (let rounds = 0; rounds < 6; rounds += 1) {
      expect(probe.problem()).toBeUndefined();
      expect(renewed()).toBe(Math.max(0, rounds - 1));
      pass(5_000);
      await probe.round(1);
    }

    expect(probe.problem()).toBe('worker: took no job while 6 probes were added');
    expect(log.messages('error')).toContain('the worker takes no jobs');
  });

  it('counts a probe that the worker took before Redis confirmed it', async () => {
    const { probe, pass, renewed } = probing();

    for (let rounds = 0; rounds < 20; rounds += 1) {
      pass(5_000);
      const added = probe.round(1);
      probe.taken();
      await added;
      if (rounds % 2 === 1) continue;
      pass(5_000);
      await probe.round(1); // another worker took this one
    }

    expect(renewed()).toBe(0);
  });

  it('probes again soon after an unanswered probe, even if no change is open', async () => {
    const { probe, pass, added } = probing();
    pass(30 * aMinute);
    await probe.round(0);

    for (let rounds = 0; rounds < 5; rounds += 1) {
      pass(aMinute);
      await probe.round(0);
    }

    expect(added()).toBe(6);
    expect(probe.problem()).toBeDefined();
  });

  it('does not blame the worker if Redis takes no probe', async () => {
    const { probe, pass } = probing(new StoreUnavailableError('away'));

    for (let rounds = 0; rounds < 10; rounds += 1) {
      pass(30 * aMinute);
      await expect(probe.round(0)).rejects.toThrow(StoreUnavailableError);
    }

    expect(probe.problem()).toBeUndefined();
  });
});

describe.runIf(redisBinary)('probing a worker with a redis-server', () => {
  let server: RedisServer;
  let direct: Connection;
  let proxy: TcpProxy;

  beforeAll(async () => {
    server = await startRedis();
    proxy = await TcpProxy.start(Number(new URL(server.url).port));
    direct = connectForRequests(addressOf(server.url));
    await whenReady(direct);
  });
  afterAll(async () => {
    direct.disconnect();
    await proxy.stop();
    await server.stop();
  });

  it('finds a worker with a half-open connection, and makes it take jobs again', async () => {
    const log = new InMemoryLog();
    const queue = new JobQueue(direct, log);
    let nowMs = 0;
    const connection = connectForWorker(addressOf(`redis://127.0.0.1:${proxy.port}`));
    const given = Promise.withResolvers<void>();
    const worker = startWorker({
      connection,
      log,
      apply: async () => {
        given.resolve();
        return { kind: 'done' };
      },
      onTaken: () => probe.taken(),
    });
    const probe = new WorkerProbe({ queue, log, renew: () => worker.renew(), clockMs: () => nowMs });
    await whenReady(connection);
    await expect.poll(() => direct.client('LIST')).toContain('cmd=bzpopmin');
    proxy.halfOpen();

    await queue.add(change());
    for (let rounds = 0; rounds < 2; rounds += 1) {
      nowMs += 5_000;
      await probe.round(1);
    }

    await given.promise;
    expect(log.messages('error')).toEqual(['the worker takes no jobs']);
    expect(probe.problem()).toBeUndefined();
    await worker.close();
    connection.disconnect();
    await queue.close();
  });

  it('is not needed if all connections of a process died: the one for requests notices, and the others are renewed', async () => {
    const log = new InMemoryLog();
    const through = addressOf(`redis://127.0.0.1:${proxy.port}`);
    const [requests, connection] = [connectForRequests(through), connectForWorker(through)];
    requests.on('error', () => {}); // this connection will be lost
    let heard = 0;
    const news = listenForNews(through, log, () => {
      heard += 1;
    });
    let taken = 0;
    const worker = startWorker({
      connection,
      log,
      apply: async () => {
        taken += 1;
        return { kind: 'done' };
      },
    });
    onRestored(requests, () => {
      worker.renew();
      news.renew();
    });
    await Promise.all([whenReady(requests), whenReady(connection)]);
    await expect.poll(() => direct.client('LIST')).toContain('cmd=bzpopmin');
    await expect.poll(() => heard).toBe(1);
    proxy.halfOpen();

    await expect(requests.get('a')).rejects.toThrow();
    await expect.poll(() => heard, { timeout: 10_000 }).toBe(2);
    const queue = new JobQueue(direct, log);
    await expect.poll(() => queue.addAgain(change()).then(() => taken), { timeout: 10_000 }).toBeGreaterThan(0);

    await worker.close();
    news.close();
    for (const each of [requests, connection]) each.disconnect();
    await queue.close();
  }, 30_000);
});

function probing(failure?: Error) {
  let [nowMs, added, renewed] = [0, 0, 0];
  const log = new InMemoryLog();
  const queue = {
    probe: async () => {
      if (failure !== undefined) throw failure;
      added += 1;
    },
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const renew = () => {
    renewed += 1;
  };
  const probe = new WorkerProbe({ queue, log, renew, clockMs: () => nowMs });
  return { probe, log, pass, added: () => added, renewed: () => renewed };
}

function addressOf(url: string) {
  const address = readRedisUrl(url);
  if (address === undefined) throw new Error(`no address: ${url}`);
  return address;
}
