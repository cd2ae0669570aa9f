import { expect, it, onTestFinished } from 'vitest';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { type Change, objectsOf } from '../../src/domain/change/change.ts';
import { AuditStream } from '../../src/redis/audit-stream.ts';
import { StoredCards } from '../../src/redis/card-log.ts';
import { JobQueue, startWorker } from '../../src/redis/job-queue.ts';
import { listenForNews } from '../../src/redis/news.ts';
import { redisProblem } from '../../src/redis/readiness.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { StoredHolds } from '../../src/redis/stored-holds.ts';
import { StoredLimits } from '../../src/redis/stored-limits.ts';
import { findRedisServer } from '../../src/sandbox/redis-server.ts';
import { changeOf, contentEdit, lockHold, reviewsObject, weightsEdit } from '../support/builders.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';

const redisBinary = await findRedisServer().catch(() => undefined);
const wanted = changeOf([
  weightsEdit(),
  contentEdit({ object: { ...reviewsObject, kind: 'DestinationRule' }, after: { spec: {} } }),
]);
const event: AuditEvent = { id: 'g-1', kind: 'refused', at: '2026-11-22T14:03:11.000Z', request: 'g-1' };

it.runIf(redisBinary)(
  'a Redis Cluster keeps everything about a change in one slot, and a worker gets its job',
  async () => {
    const cluster = await startRedisCluster();
    onTestFinished(() => cluster.stop());
    const { connection: redis } = cluster;
    const log = new InMemoryLog();
    const heard = Promise.withResolvers<void>();
    const news = listenForNews(cluster.address, log, heard.resolve);
    const taken = Promise.withResolvers<Pick<Change, 'id'>>();
    const worker = startWorker({
      connection: await cluster.connectWorker(),
      log,
      apply: async (job) => {
        taken.resolve(job);
        return { kind: 'done' };
      },
    });
    const queue = new JobQueue(redis, log);
    onTestFinished(async () => {
      news.close();
      await worker.close();
      await queue.close();
    });
    const [changes, cards, holds] = [new StoredChanges(redis), new StoredCards(redis), new StoredHolds(redis)];
    const [limits, audit] = [new StoredLimits(redis), new AuditStream(redis)];

    const { versions, waiting } = await changes.lines(objectsOf(wanted));
    await changes.accept(wanted, { lines: versions, ahead: false, event });
    await queue.add(wanted);
    const claim = await cards.claim(wanted.id);
    await claim?.place({ channel: 'C1', ts: '1.0', shownRev: 0 });
    const bucket = { name: 'U01ALICE', atOnce: 1, everyMs: 60_000 };
    await limits.take('first', [bucket]);
    const hold = lockHold();

    expect(await redisProblem(redis)).toBeUndefined();
    await heard.promise;
    expect(await taken.promise).toEqual({ id: wanted.id });
    expect(await cards.owed()).toEqual([]);
    expect(waiting).toEqual([]);
    expect(await changes.stranded([wanted])).toEqual([wanted]);
    expect(await changes.begin(wanted.id, 60_000)).toMatchObject({ kind: 'begun' });
    await changes.noteWriting(wanted.id, [{ ...reviewsObject, since: '4711' }]);
    await changes.rest(wanted.id, 1);
    expect(await changes.update({ ...wanted, state: { kind: 'superseded', at: event.at }, rev: 2 })).toBe(true);
    expect(await limits.take('second', [bucket])).toMatchObject({ kind: 'refused', refused: 1 });
    expect(await holds.set(hold, { at: hold.since })).toBe('set');
    expect(await holds.on([hold.target], hold.since)).toEqual({ holds: [hold], unreadable: [] });
    expect((await audit.read({ subject: { kind: 'everything' }, limit: 5 })).entries).toHaveLength(1);
  },
);
