import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { moveTo } from '../../src/domain/change/change.ts';
import { type ObjectRef, objectKey } from '../../src/domain/routing/object.ts';
import type { Connection } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import {
  aChange,
  aChangeOf,
  accept,
  applied,
  begin,
  connected,
  ratings,
  reviews,
  versionOf,
  waitingFor,
} from '../contracts/changes/world.ts';
import { changeId, weightsEdit } from '../support/builders.ts';
import { type Version1Record, Version1Store, version1Record } from './version-1.ts';

const leaseMs = 1_500;
const at = '2026-11-22T14:04:00.000Z';
const appliedThen = { kind: 'applied', at, seq: 1, live: { v1: 50, v3: 50 }, tookMs: 84, warnings: [] };
const heldThen = { kind: 'held', at, because: 'moved', uid: 'u', live: { v1: 70 } };
const redisBinary = await findRedisServer().catch(() => undefined);

/** While replicas are replaced, those of version 1 accept, begin and end changes in lists that they alone know of. */
describe.runIf(redisBinary)('beside a replica of version 1', () => {
  let server: RedisServer;
  let redis: Connection;
  let older: Version1Store;
  let changes: StoredChanges;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connected(server);
  });
  beforeEach(async () => {
    await redis.flushall();
    older = new Version1Store(redis);
    changes = new StoredChanges(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  let made = 0;
  const theirs = (overrides: object = {}) => {
    made += 1;
    return version1Record({ id: changeId(50_000 + made), ...overrides });
  };
  const theirsOfBoth = () => {
    const { cluster: _, ...inCluster } = reviews;
    const objects = [reviews.name, ratings.name].map((name) => ({
      ...{ ...inCluster, name, uid: 'u', seq: 0, from: {}, to: {}, pinned: [] },
      ...{ before: { spec: {} }, after: { spec: {} } },
    }));
    return theirs({ edits: { verb: 'apply', of: 'all', objects } });
  };
  const acceptTheirs = async (record: Version1Record, options: { ahead?: boolean } = {}) => {
    expect(await older.accept(record, options)).toBe('accepted');
    return record;
  };
  const endTheirs = async (record: Version1Record, state: { readonly kind: string }) => {
    const { rev = 0 } = (await older.read(record.id)) ?? {};
    return older.update({ ...record, state, rev: rev + 1 });
  };
  const list = () => redis.lrange(keys.version1.line(objectKey(reviews)), 0, -1);

  describe('what it has accepted', () => {
    it('stands in line in the order it was accepted, and holds back what comes after it', async () => {
      const [first, second] = [await acceptTheirs(theirs()), await acceptTheirs(theirs())];
      const ours = aChange();
      await accept(changes, ours);

      expect(await waitingFor(changes, reviews)).toEqual([first.id, second.id, ours.id]);
      expect(await changes.begin(ours.id, leaseMs)).toEqual({ kind: 'not-first', first: first.id });
      expect(await changes.begin(second.id, leaseMs)).toEqual({ kind: 'not-first', first: first.id });
      expect(await older.line(reviews)).toMatchObject({ waiting: [first.id, second.id] });
    });

    it('stands behind what we have accepted before it', async () => {
      const ours = aChange();
      await accept(changes, ours);
      const later = await acceptTheirs(theirs());

      expect(await waitingFor(changes, reviews)).toEqual([ours.id, later.id]);
      expect(await changes.begin(later.id, leaseMs)).toEqual({ kind: 'not-first', first: ours.id });
    });

    it('goes ahead where it is a rollback, though we have lined up the others already', async () => {
      const [first, second] = [await acceptTheirs(theirs()), await acceptTheirs(theirs())];
      expect(await waitingFor(changes, reviews)).toEqual([first.id, second.id]);
      await older.begin(first, leaseMs);
      const [back, newest] = [theirs({ deed: 'rollback' }), theirs({ deed: 'rollback' })];
      for (const each of [back, newest]) await acceptTheirs(each, { ahead: true });

      expect(await waitingFor(changes, reviews)).toEqual([first.id, newest.id, back.id, second.id]);
    });

    it('is not overtaken by what stood behind its rollback', async () => {
      const first = await acceptTheirs(theirs());
      await waitingFor(changes, reviews);
      const back = await acceptTheirs(theirs({ deed: 'rollback' }), { ahead: true });

      expect(await changes.begin(first.id, leaseMs)).toEqual({ kind: 'not-first', first: back.id });
    });

    it('is not overtaken by our rollback while it is being applied', async () => {
      const first = await acceptTheirs(theirs());
      await waitingFor(changes, reviews);
      await older.begin(first, leaseMs);
      const ours = aChange({ deed: 'rollback' });
      await accept(changes, ours, { ahead: true });

      expect(await waitingFor(changes, reviews)).toEqual([first.id, ours.id]);
      expect(await changes.begin(ours.id, leaseMs)).toEqual({ kind: 'not-first', first: first.id });
    });

    it('stands in the lines of all its objects as soon as we look at it', async () => {
      const both = await acceptTheirs(theirsOfBoth());

      expect(await changes.begin(both.id, leaseMs)).toMatchObject({ kind: 'begun' });

      expect(await waitingFor(changes, ratings)).toEqual([both.id]);
    });

    it('of a DestinationRule alone is found where it stands', async () => {
      const object = { kind: 'DestinationRule', namespace: 'default', name: 'reviews' } as const;
      const edit = { ...object, seq: 0, after: { spec: {} }, from: {}, to: {}, pinned: [] };
      const alone = await acceptTheirs(theirs({ edits: { verb: 'apply', of: 'rule', objects: [edit] } }));
      const ref: ObjectRef = { ...object, cluster: 'sandbox' };

      expect(await waitingFor(changes, ref)).toEqual([alone.id]);
      const begun = await begin(changes, alone);
      const { version } = await older.line(reviews);
      await changes.update(moveTo(begun, applied));
      expect(await older.accept(theirs(), { line: version })).toBe('moved');
      expect([await waitingFor(changes, ref), await list()]).toEqual([[], []]);
    });

    it('makes a plan for a DestinationRule move, too', async () => {
      const object = { kind: 'DestinationRule', namespace: 'default', name: 'reviews' } as const;
      const edit = { ...object, seq: 0, after: { spec: {} }, from: {}, to: {}, pinned: [] };
      const ref: ObjectRef = { ...object, cluster: 'sandbox' };
      const { versions } = await changes.lines([ref]);
      await acceptTheirs(theirs({ edits: { verb: 'apply', of: 'rule', objects: [edit] } }));

      expect(await changes.accept(aChangeOf([ref]), { lines: versions, ahead: false })).toEqual({ kind: 'moved' });
    });

    it('does not hold up our line where it cannot be read', async () => {
      const signing = new StoredChanges(redis, { recordKey: 'a key of sixteen characters' });
      const unsigned = await acceptTheirs(theirs());
      const ours = aChange();
      await accept(signing, ours);

      expect(await signing.begin(ours.id, leaseMs)).toMatchObject({ kind: 'begun', change: { id: ours.id } });
      expect(await changes.read(unsigned.id)).toMatchObject({ state: { kind: 'queued' } });
    });

    it('begins where its list is lost, ahead where it is a rollback', async () => {
      const [back, next] = [await acceptTheirs(theirs({ deed: 'rollback' })), await acceptTheirs(theirs())];
      await redis.del(keys.version1.line(objectKey(reviews)));
      const ours = aChange();
      await accept(changes, ours);

      expect(await changes.begin(next.id, leaseMs)).toEqual({ kind: 'not-first', first: ours.id });
      expect(await changes.begin(back.id, leaseMs)).toMatchObject({ kind: 'begun' });
      expect(await waitingFor(changes, reviews)).toEqual([back.id, ours.id, next.id]);
    });

    it('is stranded where nobody begins it', async () => {
      await acceptTheirs(theirs());

      const open = await changes.open();

      expect(await changes.stranded(open)).toEqual(open);
    });

    it('makes a plan of ours move that was read before it', async () => {
      const { versions } = await changes.lines([reviews]);
      const first = await acceptTheirs(theirs());
      expect(await changes.accept(aChange(), { lines: versions, ahead: false })).toEqual({ kind: 'moved' });

      const { versions: before } = await changes.lines([reviews]);
      await older.begin(first, leaseMs);
      expect(await changes.accept(aChange(), { lines: before, ahead: false })).toEqual({ kind: 'moved' });

      const { versions: begun } = await changes.lines([reviews]);
      await endTheirs(first, appliedThen);
      expect(await changes.accept(aChange(), { lines: begun, ahead: false })).toEqual({ kind: 'moved' });
    });

    it('does not keep the lines from being read where Redis is full, and is not lost', async () => {
      const first = await acceptTheirs(theirs());
      await redis.config('SET', 'maxmemory', '1');
      onTestFinished(() => void redis.config('SET', 'maxmemory', '0'));

      expect(await waitingFor(changes, reviews)).toEqual([]);
      await redis.config('SET', 'maxmemory', '0');

      expect(await waitingFor(changes, reviews)).toEqual([first.id]);
    });
  });

  describe('what it has begun', () => {
    it('is left to it for as long as it says, and then taken over', async () => {
      const first = await acceptTheirs(theirs());
      expect(await older.begin(first, 60_000)).toEqual(['begun']);

      expect(await changes.begin(first.id, leaseMs)).toEqual({ kind: 'busy' });
      await redis.del(keys.version1.begun(objectKey(reviews)));

      expect(await changes.begin(first.id, leaseMs)).toMatchObject({ kind: 'begun', change: { rev: 1 } });
    });

    it('rests for as long as it says', async () => {
      const first = await acceptTheirs(theirs());
      await older.begin(first, 60_000);
      await older.rest(first, 60_000);

      const early = await changes.begin(first.id, leaseMs);
      expect(early.kind === 'resting' && early.forMs > 50_000).toBe(true);
      await redis.del(keys.version1.resting(objectKey(reviews)));

      expect(await changes.begin(first.id, leaseMs)).toMatchObject({ kind: 'begun', tries: 1 });
    });

    it('is first no more once it has ended it, and we go on', async () => {
      const first = await acceptTheirs(theirs());
      const ours = aChange();
      await accept(changes, ours);
      await older.begin(first, leaseMs);
      expect(await changes.begin(ours.id, leaseMs)).toEqual({ kind: 'not-first', first: first.id });

      expect(await endTheirs(first, appliedThen)).toBe(true);

      expect(await waitingFor(changes, reviews)).toEqual([ours.id]);
      expect(await changes.begin(ours.id, leaseMs)).toMatchObject({ kind: 'begun' });
    });

    it('ends once, whoever is first', async () => {
      const first = await acceptTheirs(theirs());
      await older.begin(first, 1);
      const { rev = 0 } = (await older.read(first.id)) ?? {};
      await expect.poll(() => redis.exists(keys.version1.begun(objectKey(reviews)))).toBe(0);
      const ours = moveTo(await begin(changes, first), applied);

      const took = await Promise.all([
        older.update({ ...first, state: appliedThen, rev: rev + 1 }),
        changes.update(ours),
      ]);

      expect(took.toSorted()).toEqual([false, true]);
      expect(await changes.read(first.id)).toMatchObject({ state: { kind: 'applied' }, rev: rev + 1 });
      expect([await waitingFor(changes, reviews), await older.line(reviews)]).toMatchObject([[], { waiting: [] }]);
    });

    it('may be planned anew by us once it is held, and is then ours', async () => {
      const first = await acceptTheirs(theirs());
      await waitingFor(changes, reviews);
      await older.begin(first, leaseMs);
      await endTheirs(first, heldThen);
      const other = aChange();
      await accept(changes, other);
      const [stuck] = (await changes.open()).filter(({ state }) => state.kind === 'held');
      if (stuck === undefined) throw new Error('nothing is held');

      expect(await accept(changes, moveTo(stuck, { kind: 'queued' }))).toEqual({ kind: 'accepted' });

      expect(await waitingFor(changes, reviews)).toEqual([other.id, first.id]);
      expect([await list(), await older.begin(first, leaseMs)]).toEqual([[], ['refused']]);
    });

    it('stands no more where we had lined it up before it was planned anew for fewer objects', async () => {
      const earlier = aChange();
      await accept(changes, earlier);
      const both = await acceptTheirs(theirsOfBoth());
      await changes.begin(both.id, leaseMs); // which lines it up for all of its objects
      await older.begin(both, leaseMs);
      await endTheirs(both, heldThen);
      const later = aChangeOf([reviews, ratings]);
      await accept(changes, later);
      const [stuck] = (await changes.open()).filter(({ state }) => state.kind === 'held');
      if (stuck === undefined) throw new Error('nothing is held');
      await accept(changes, { ...moveTo(stuck, { kind: 'queued' }), edits: [weightsEdit()] });
      await changes.update(moveTo(await begin(changes, earlier), applied));

      expect(await waitingFor(changes, ratings)).toEqual([later.id]);
      expect(await changes.begin(both.id, leaseMs)).toEqual({ kind: 'not-first', first: later.id });
      expect(await changes.begin(later.id, leaseMs)).toMatchObject({ kind: 'begun' });
    });

    it('may be planned anew by it as well, and stands in line again', async () => {
      const first = await acceptTheirs(theirs());
      await waitingFor(changes, reviews);
      await older.begin(first, leaseMs);
      await endTheirs(first, heldThen);
      expect(await waitingFor(changes, reviews)).toEqual([]);

      await acceptTheirs({ ...first, rev: 3 });

      expect(await waitingFor(changes, reviews)).toEqual([first.id]);
      expect(await changes.begin(first.id, leaseMs)).toMatchObject({ kind: 'begun', change: { rev: 4 } });
    });

    it('has noted what it is about to write, which we read, and it reads what we note', async () => {
      const first = await acceptTheirs(theirs());
      const { cluster, ...inCluster } = reviews;
      await redis.hset(keys.change(first.id), 'writing', JSON.stringify([{ ...inCluster, since: '4711' }]));
      const ours = await acceptTheirs(theirs());

      await changes.noteWriting(ours.id, [{ ...ratings, since: '4800' }]);

      expect(await changes.writing(first.id)).toEqual([{ cluster, ...inCluster, since: '4711' }]);
      expect(JSON.parse((await redis.hget(keys.change(ours.id), 'writing')) ?? '')).toEqual([
        { ...inCluster, name: 'ratings', since: '4800' },
      ]);
    });
  });

  describe('what we have begun of what it accepted', () => {
    it('is left to us, and taken over where we are not heard of', async () => {
      const [first, second] = [await acceptTheirs(theirs()), await acceptTheirs(theirs())];
      await begin(changes, first);

      expect(await older.begin(second, leaseMs)).toEqual(['not-first', first.id]);
      expect(await older.begin(first, leaseMs)).toEqual(['busy']);
      await redis.del(keys.version1.begun(objectKey(reviews)));

      expect(await older.begin(first, leaseMs)).toEqual(['begun']);
    });

    it('leaves its list when it ends, and its line moves', async () => {
      const [first, second] = [await acceptTheirs(theirs()), await acceptTheirs(theirs())];
      const begun = await begin(changes, first);
      const { version } = await older.line(reviews);
      await changes.update(moveTo(begun, applied));

      expect(await list()).toEqual([second.id]);
      expect(await older.accept(theirs(), { line: version })).toBe('moved');
      expect(await older.begin(first, leaseMs)).toEqual(['refused']);
      expect(await older.begin(second, leaseMs)).toEqual(['begun']);
    });

    it('moves its line when it is begun', async () => {
      const first = await acceptTheirs(theirs());
      const { version } = await older.line(reviews);
      await begin(changes, first);

      expect(await older.accept(theirs(), { line: version })).toBe('moved');
    });
  });

  it('what we accept makes a plan of its move, and does not stand in its way', async () => {
    const { version } = await older.line(reviews);
    const ours = aChangeOf([reviews, ratings]);
    await accept(changes, ours);

    expect(await older.accept(theirs(), { line: version })).toBe('moved');
    const next = await acceptTheirs(theirs());
    expect(await older.line(reviews)).toMatchObject({ waiting: [next.id] });
    expect(await older.begin(next, leaseMs)).toEqual(['begun']);
    expect(await older.begin({ id: ours.id, object: reviews }, leaseMs)).toEqual(['refused']);
    expect(await versionOf(changes, reviews)).toBe((await older.line(reviews)).version);
  });
});
