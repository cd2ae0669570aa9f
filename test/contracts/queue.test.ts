import { Queue as BullQueue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change/change.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import {
  type Connection,
  connectForRequests,
  connectForWorker,
  readRedisUrl,
  whenReady,
} from '../../src/redis/connect.ts';
import { JobQueue, type RunningWorker, startWorker } from '../../src/redis/job-queue.ts';
import { queueKeys, queuePrefix, typesOfKeys } from '../../src/redis/keys.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import type { WorkerAnswer } from '../../src/workflow/applying/apply.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Queue } from '../../src/workflow/ports/queue.ts';
import { change, changeId, reviewsObject } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { InMemoryQueue } from '../support/in-memory-queue.ts';

interface World {
  readonly queue: Queue;
  /** The jobs that a worker would get, in order. */
  jobs(): Promise<readonly ChangeId[]>;
}

type Job = Pick<Change, 'id'>;

const done: WorkerAnswer = { kind: 'done' };
const redisBinary = await findRedisServer().catch(() => undefined);

describeQueue('in memory', async () => {
  const queue = new InMemoryQueue();
  return { queue, jobs: async () => queue.jobs.map(({ id }) => id) };
});

describe.runIf(redisBinary)('with a redis-server', () => {
  const log = new InMemoryLog();
  let server: RedisServer;
  let requests: Connection;
  let queue: JobQueue;
  let raw: BullQueue;

  beforeAll(async () => {
    server = await startRedis();
    requests = connectForRequests(addressOf(server));
    await whenReady(requests);
    queue = new JobQueue(requests, log);
    raw = new BullQueue('changes', { connection: requests, prefix: queuePrefix });
  });
  afterAll(async () => {
    await Promise.all([queue.close(), raw.close()]);
    requests.disconnect();
    await server.stop();
  });

  describeQueue('in Redis', async () => {
    await requests.flushall();
    return { queue, jobs: async () => (await raw.getWaiting()).map(({ data }) => data.id) };
  });

  describe('a worker', () => {
    let stop: (() => Promise<void>)[] = [];

    beforeEach(async () => {
      await requests.flushall();
    });
    afterEach(async () => {
      for (const each of stop) await each();
      stop = [];
    });

    const work = (apply: (job: Job) => Promise<WorkerAnswer>): RunningWorker => {
      const connection = connectForWorker(addressOf(server));
      const worker = startWorker({ connection, log, apply });
      stop.push(async () => {
        await worker.close();
        connection.disconnect();
      });
      return worker;
    };
    /** Collects the jobs that workers get; `times(n)` resolves after n jobs. */
    const collect = (answer: (nth: number) => WorkerAnswer | Promise<WorkerAnswer>) => {
      const given: { id: ChangeId }[] = [];
      const waiting: { count: number; resolve: () => void }[] = [];
      return {
        given,
        apply: async (job: Job) => {
          given.push({ id: job.id });
          for (const each of waiting) if (given.length >= each.count) each.resolve();
          return answer(given.length);
        },
        times: (count: number) =>
          new Promise<void>((resolve) => {
            if (given.length >= count) resolve();
            else waiting.push({ count, resolve });
          }),
      };
    };

    it('gets the id of a change, and nothing else', async () => {
      const given = Promise.withResolvers<Job>();
      const wanted = change();

      await queue.add(wanted);
      expect((await raw.getWaiting()).map(({ data }) => data)).toEqual([{ v: 2, id: wanted.id }]);
      work(async (job) => {
        given.resolve(job);
        return done;
      });

      expect(await given.promise).toEqual({ id: wanted.id });
    });

    it.each(queueKeys)('gets a change whose job is added again, though %s holds something else', async (key) => {
      const jobs = collect(() => done);
      await (typesOfKeys[key.replace(/^[^:]+:/, '')] === 'string'
        ? requests.hset(key, 'a', 'rubbish')
        : requests.set(key, 'rubbish'));
      work(jobs.apply);

      const wanted = change();
      await queue.add(wanted).catch(() => undefined);
      await eventually(async () => {
        await queue.addAgain(wanted);
        expect(jobs.given).toContainEqual({ id: wanted.id });
      });
    });

    it('is given what a replica of version 1 has added', async () => {
      const jobs = collect(() => done);
      work(jobs.apply);

      await raw.add('apply', payloadOfVersion1(7));
      await jobs.times(1);

      expect(jobs.given).toEqual([{ id: changeId(7) }]);
    });

    it('gets jobs in the order in which they were added', async () => {
      const ids = Array.from({ length: 12 }, (_, at) => changeId(at));
      for (const id of ids) await queue.add(change({ id }));
      const jobs = collect(() => done);

      work(jobs.apply);
      await jobs.times(ids.length);

      expect(jobs.given.map(({ id }) => id)).toEqual(ids);
    });

    it('shares jobs with other workers, and each job runs once', async () => {
      const ids = Array.from({ length: 30 }, (_, at) => changeId(at));
      const jobs = collect(() => done);
      for (let workers = 0; workers < 3; workers += 1) work(jobs.apply);

      for (const id of ids) await queue.add(change({ id }));
      await jobs.times(ids.length);
      await Promise.all(stop.map((each) => each()));
      stop = [];

      expect(jobs.given.map(({ id }) => id).toSorted()).toEqual(ids);
    });

    it('runs a job once for a rev, again for the next rev, and again on request', async () => {
      const jobs = collect(() => done);
      work(jobs.apply);
      const first = change();

      await queue.add(first);
      await jobs.times(1);
      await queue.add(first);
      await queue.add({ ...first, rev: 3 });
      await jobs.times(2);
      await queue.addAgain(first);
      await jobs.times(3);
      await Promise.all(stop.map((each) => each()));
      stop = [];

      expect(jobs.given).toHaveLength(3);
    });

    it('comes back to a job that waits in line, any number of times', async () => {
      const turns = 12;
      const jobs = collect((nth) => (nth < turns ? { kind: 'not-yet', afterMs: 1 } : done));
      work(jobs.apply);

      await queue.add(change());
      await jobs.times(turns);

      await expect.poll(() => raw.getCompletedCount()).toBe(1);
    });

    it('does not come back too early', async () => {
      const startedMs = performance.now();
      const jobs = collect((nth) => (nth === 1 ? { kind: 'not-yet', afterMs: 300 } : done));
      work(jobs.apply);

      await queue.add(change());
      await jobs.times(2);

      expect(performance.now() - startedMs).toBeGreaterThanOrEqual(299);
    });

    it('retries after an unexpected error', async () => {
      const jobs = collect((nth) => {
        if (nth === 1) throw new StoreUnavailableError('away');
        return done;
      });
      work(jobs.apply);

      await queue.add(change());
      await jobs.times(2);

      await expect.poll(() => raw.getCompletedCount()).toBe(1);
    });

    it.each`
      what                                 | payload
      ${'of a later version'}              | ${{ v: 3, id: changeId(1) }}
      ${'with a wrong id'}                 | ${{ v: 2, id: 'c-<script>' }}
      ${'of version 1, with a wrong id'}   | ${{ ...payloadOfVersion1(1), id: 'c-<script>' }}
      ${'of version 1, without an object'} | ${{ v: 1, id: changeId(1) }}
      ${'of version 1, for another kind'}  | ${{ ...payloadOfVersion1(1), object: { ...reviewsObject, kind: 'Secret' } }}
      ${'without a payload'}               | ${null}
    `('never runs a job $what, and does not retry it', async ({ payload }) => {
      const jobs = collect(() => done);
      work(jobs.apply);

      await raw.add('apply', payload, { attempts: 8, backoff: { type: 'fixed', delay: 1 } });
      await queue.add(change({ id: changeId(9) }));
      await jobs.times(1);
      await expect.poll(() => raw.getFailedCount()).toBe(1);

      expect(jobs.given.map(({ id }) => id)).toEqual([changeId(9)]);
      expect((await raw.getFailed())[0]?.attemptsMade).toBe(1);
    });

    it('finishes its jobs before it closes, and takes none afterwards', async () => {
      const release = Promise.withResolvers<WorkerAnswer>();
      const jobs = collect(() => release.promise);
      const worker = work(jobs.apply);
      await queue.add(change());
      await jobs.times(1);
      const ended: string[] = [];

      const closing = worker.close().then(() => ended.push('worker'));
      void release.promise.then(() => ended.push('job'));
      await raw.getActiveCount();
      release.resolve(done);
      await closing;
      await queue.add(change({ id: changeId(2) }));

      expect(ended).toEqual(['job', 'worker']);
      expect(await raw.getJobCounts('active', 'completed', 'waiting')).toEqual({ active: 0, completed: 1, waiting: 1 });
    });
  });

  it('refuses jobs at once when Redis is away', async () => {
    const gone = await startRedis();
    const connection = connectForRequests(addressOf(gone));
    connection.on('error', () => {}); // the test ends it
    await whenReady(connection);
    const lonely = new JobQueue(connection, log);
    await lonely.add(change());
    await gone.kill();
    const startedMs = performance.now();

    await expect(lonely.add(change({ rev: 1 }))).rejects.toThrow(StoreUnavailableError);

    expect(performance.now() - startedMs).toBeLessThan(1_000);
    connection.disconnect();
  });

  it('takes jobs even if Redis was frozen when it was opened', async () => {
    const still = await startRedis();
    const connection = connectForRequests(addressOf(still));
    connection.on('error', () => {}); // the test ends it
    await whenReady(connection);
    still.pause();
    const opened = new JobQueue(connection, log);
    await expect(opened.add(change())).rejects.toThrow(StoreUnavailableError);

    still.resume();

    await eventually(() => opened.add(change({ rev: 1 })));
    await opened.close();
    connection.disconnect();
    await still.stop();
  });

  function payloadOfVersion1(number: number) {
    return { v: 1, id: changeId(number), object: reviewsObject };
  }
});

function describeQueue(where: string, enter: () => Promise<World>): void {
  describe(`queue ${where}`, () => {
    it('has one job for a change at its rev, no matter how often it is added', async () => {
      const { queue, jobs } = await enter();

      await queue.add(change());
      await queue.add(change());

      expect(await jobs()).toEqual([changeId(1)]);
    });

    it('has another one for the next rev, and on request', async () => {
      const { queue, jobs } = await enter();

      await queue.add(change());
      await queue.add(change({ rev: 3 }));
      await queue.addAgain(change());

      expect(await jobs()).toEqual([changeId(1), changeId(1), changeId(1)]);
    });

    it('keeps the order', async () => {
      const { queue, jobs } = await enter();
      const ids = [3, 1, 2].map(changeId);

      for (const id of ids) await queue.add(change({ id }));

      expect(await jobs()).toEqual(ids);
    });
  });
}

function addressOf({ url }: RedisServer) {
  const address = readRedisUrl(url);
  if (address === undefined) throw new Error(`no address: ${url}`);
  return address;
}
