import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Change, moveTo, type State } from '../../src/domain/change/change.ts';
import { objectKey } from '../../src/domain/routing/names.ts';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { leaseMs } from '../../src/workflow/applying/apply.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../../src/workflow/errors.ts';
import type { Changes } from '../../src/workflow/ports/changes.ts';
import { change as buildChange, changeId, reviewsObject as object } from '../support/builders.ts';
import { InMemoryChanges } from '../support/in-memory-changes.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';

interface World {
  readonly changes: Changes;
  /** The lease of whoever began a change on the object runs out. */
  /** So much time goes by for whatever expires. */
  pass(ms: number): Promise<void>;
}

const held: Extract<State, { kind: 'held' }> = {
  kind: 'held',
  at: '2026-11-22T14:04:00.000Z',
  because: 'moved',
  uid: 'u',
  live: { v1: 70, v3: 30 },
  found: [{ kind: 'DestinationRule', namespace: 'shop', name: 'reviews', content: { spec: { host: 'reviews' } } }],
};
const applied: Extract<State, { kind: 'applied' }> = {
  kind: 'applied',
  at: '2026-11-22T14:04:00.000Z',
  seq: 1,
  tookMs: 84,
  live: { v1: 50, v3: 50 },
  warnings: ['careful'],
};
const rule = { name: 'reviews', line: 4 };
const awaiting: Extract<State, { kind: 'awaiting' }> = {
  kind: 'awaiting',
  expiresAt: '2026-11-22T14:33:11.000Z',
  needs: {
    by: [
      { kind: 'everyone' },
      { kind: 'user', id: 'U02BOB' },
      { kind: 'group', name: 'sre', users: ['U02BOB', 'U03CAROL'] },
      { kind: 'usergroup', name: 'payments', id: 'S01' },
    ],
    count: 2,
    expiresMs: 1_800_000,
    rule,
  },
};
const voided: Extract<State, { kind: 'void' }> = {
  kind: 'void',
  at: '2026-11-22T14:04:00.000Z',
  because: 'moved',
  uid: 'u',
  live: { v1: 70, v3: 30 },
  lastWriter: 'kubectl-edit',
};
const reviewsRef = { kind: 'VirtualService', namespace: 'default', name: 'reviews' } as const;
/** The same where the plan was of several objects. */
const movedObjects: State = {
  ...{ kind: 'void', at: voided.at, because: 'moved', stamp: '0123456789abcdef' },
  moved: [
    {
      ...reviewsRef,
      how: 'written',
      content: { labels: { team: 'books' }, spec: { hosts: ['reviews'], http: [null, 1.5] } },
    },
    { ...reviewsRef, name: 'ratings', how: 'gone' },
    { ...reviewsRef, kind: 'DestinationRule', how: 'changed', by: changeId(7) },
  ],
};
/** Every way in which waiting for approval ends without the change being queued. */
const decided: readonly State[] = [
  { kind: 'rejected', at: voided.at, by: 'U02BOB', reason: '“not today” 🌟' },
  { kind: 'withdrawn', at: voided.at, by: 'U01ALICE' },
  { kind: 'expired', at: voided.at },
  voided,
  { ...voided, because: 'denied', denied: 'frozen', hold: { name: 'weekend', line: 9 }, heldUntil: voided.at },
  movedObjects,
];
const failed: Extract<State, { kind: 'failed' }> = {
  kind: 'failed',
  at: '2026-11-22T14:04:00.000Z',
  because: 'rejected',
  detail: 'no',
};
const redisBinary = await findRedisServer().catch(() => undefined);

describeChanges('in memory', async () => {
  let nowMs = Date.parse('2026-11-22T14:03:11.000Z');
  return {
    changes: new InMemoryChanges({ now: () => new Date(nowMs) }),
    pass: async (ms) => {
      nowMs += ms;
    },
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

  describe('stored changes in Redis', () => {
    let changes: StoredChanges;

    beforeEach(async () => {
      await redis.flushall();
      changes = new StoredChanges(redis);
    });

    it('ends forget themselves after a while, what is open does not', async () => {
      const [ended, open, waits] = [aChange(), aChange(), aChange()];
      for (const each of [ended, open, waits]) await accept(changes, each);
      await end(changes, ended, applied);
      await end(changes, open, held);

      expect(await redis.ttl(keys.change(ended.id))).toBeGreaterThan(29 * 24 * 3600);
      expect(await redis.ttl(keys.change(open.id))).toBe(-1);
      expect(await redis.ttl(keys.change(waits.id))).toBe(-1);
    });

    it('know for longer than Slack delivers it again what a request was accepted as, and that it was refused', async () => {
      const [change, refused] = [aChange(), aChange()];
      const { version } = await changes.line(object);
      await changes.accept(change, { line: version, ahead: false, askedAs: changeId(9_001) });
      await changes.noteRefused(refused.id);

      expect(await redis.ttl(keys.askedAs(changeId(9_001)))).toBeGreaterThan(15 * 60);
      expect(await redis.ttl(keys.refused(refused.id))).toBeGreaterThan(15 * 60);
    });

    it('are not accepted by a Redis that is full, which says so, is read all the same, and takes them when there is room', async () => {
      const [before, change] = [aChange(), aChange()];
      await accept(changes, before);
      await redis.config('SET', 'maxmemory', '1');
      onTestFinished(() => void redis.config('SET', 'maxmemory', '0'));

      const { version, waiting } = await changes.line(object);
      await expect(changes.accept(change, { line: version, ahead: false })).rejects.toMatchObject({
        name: 'StoreUnavailableError',
        cause: { message: expect.stringContaining('OOM') },
      });
      expect(waiting).toEqual([before]);
      expect(await changes.read(change.id)).toBeUndefined();

      await redis.config('SET', 'maxmemory', '0');
      expect(await accept(changes, change)).toEqual({ kind: 'accepted' });
    });

    it('pass over what stands in line without a record, or ended', async () => {
      const [change, ended] = [aChange(), aChange()];
      await accept(changes, ended);
      await end(changes, ended, applied);
      await redis.rpush(keys.line(objectKey(object)), 'c-00000000', ended.id);
      await accept(changes, change);

      expect((await changes.line(object)).waiting).toEqual([change]);
      expect(await changes.begin(change, leaseMs)).toMatchObject({ kind: 'begun' });
      expect(await redis.lrange(keys.line(objectKey(object)), 0, -1)).toEqual([change.id]);
    });

    it('are gone with Redis, and say so', async () => {
      const change = aChange();
      await accept(changes, change);
      await redis.flushall();

      expect(await changes.read(change.id)).toBeUndefined();
      expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'ended' });
      expect(await changes.update(moveTo(change, applied))).toBe(false);
    });

    it('come back from Redis as they went in', async () => {
      const change: Change = {
        ...aChange(),
        reason: '“red stars” — for everyone 🌟 <!channel>',
        origin: { team: 'T1', channel: 'C1', thread: '1700000000.000100' },
        focus: 'v3',
        reverts: 'c-7F3K9QXZ',
        insistedBy: 'U02BOB',
        base: { uid: 'u', seq: 3, after: 'c-6QXZ7F3K' },
        pinned: ['end-user = jason → v2'],
        warnings: [
          { kind: 'puts-back', owner: { tool: 'argo-cd', name: 'shop' } },
          { kind: 'undefined-versions', versions: [{ host: 'reviews.shop.svc.cluster.local', version: 'v3' }] },
        ],
        from: { v1: 2_147_483_647, v3: 0 },
      };
      await accept(changes, change);

      expect(await changes.read(change.id)).toEqual(change);
    });

    it.each<State>([
      awaiting,
      ...decided,
      { kind: 'rejected', at: voided.at, by: 'U02BOB' },
      { kind: 'void', at: voided.at, because: 'moved' },
      { ...voided, because: 'denied', denied: 'frozen', rule },
      { ...voided, because: 'approvals', rule },
    ])('come back from Redis as they went in: $kind $because', async (state) => {
      const approvals = ['U02BOB', 'U03CAROL'].map((by) => ({ by, at: held.at }));
      const asked: Change = { ...aChange(), state: awaiting, deed: 'promote', team: 'T1' };
      const next = { ...moveTo(asked, state), approvals };
      await accept(changes, asked);

      expect(await changes.update(next)).toBe(true);

      expect(await changes.read(asked.id)).toEqual(next);
    });

    it('forget a void plan after a while, unless it is planned anew', async () => {
      const [forgotten, again] = [aChange(), aChange()].map((each): Change => ({ ...each, state: awaiting }));
      if (forgotten === undefined || again === undefined) throw new Error('nothing is made');
      for (const each of [forgotten, again]) {
        await accept(changes, each);
        expect(await redis.ttl(keys.change(each.id))).toBe(-1);
        await changes.update(moveTo(each, voided));
      }
      await accept(changes, moveTo(moveTo(again, voided), awaiting));

      expect(await redis.ttl(keys.change(forgotten.id))).toBeGreaterThan(29 * 24 * 3600);
      expect(await redis.ttl(keys.change(again.id))).toBe(-1);
    });

    it('keep that somebody else moved what was applied', async () => {
      const change = aChange();
      await accept(changes, change);
      const movedAway = { at: '2026-11-22T14:05:00.000Z', manager: 'argocd-controller', live: { v1: 100 } };
      const moved = await end(changes, change, { ...applied, movedAway: { ...movedAway, how: 'weights' } });

      expect(await changes.read(change.id)).toEqual(moved);
    });

    it('forget after a day that they were applied lately', async () => {
      const change = aChange();
      await accept(changes, change);
      await end(changes, change, applied);
      await redis.zadd(keys.recent, String(Date.now() - 24 * 3600_000 - 2_000), change.id);
      expect(await changes.recentlyApplied()).toEqual([]);

      const next = aChange();
      await accept(changes, next);
      await end(changes, next, applied);

      expect(await redis.zrange(keys.recent, '0', '-1')).toEqual([next.id]);
    });

    describe('a record that cannot be taken at its word', () => {
      const signed = { recordKey: 'a key' };

      it.each`
        what                            | spoil
        ${'is signed with another key'} | ${(change: Change) => new StoredChanges(redis, { recordKey: 'another' }).update(moveTo(change, held))}
        ${'is not signed'}              | ${(change: Change) => redis.hset(keys.change(change.id), 'mac', '')}
        ${'has no signature'}           | ${(change: Change) => redis.hdel(keys.change(change.id), 'mac')}
        ${'was altered'}                | ${(change: Change) => alter(change, (record) => record.replace('"v3":50', '"v3":99'))}
        ${'is another version'}         | ${(change: Change) => alter(change, (record) => record.replace('"v":1', '"v":2'))}
        ${'is no JSON'}                 | ${(change: Change) => alter(change, () => '{')}
        ${'has no text'}                | ${(change: Change) => redis.hdel(keys.change(change.id), 'record')}
        ${'has another rev beside it'}  | ${(change: Change) => redis.hset(keys.change(change.id), 'rev', '7')}
        ${'is that of another change'}  | ${copyOfAnother}
      `('is refused and left as it is: it $what', async ({ spoil }) => {
        const store = new StoredChanges(redis, signed);
        const change = aChange();
        await accept(store, change);
        await spoil(change);
        const before = await redis.hgetall(keys.change(change.id));

        await expect(store.read(change.id)).rejects.toThrow(UntrustedRecordError);
        await expect(store.begin(change, leaseMs)).rejects.toThrow(UntrustedRecordError);
        expect(await redis.hgetall(keys.change(change.id))).toEqual(before);
      });

      it('does not hide the others, and is logged once', async () => {
        const log = new InMemoryLog();
        const store = new StoredChanges(redis, { ...signed, log });
        const [spoiled, fine] = [aChange(), aChange()];
        await accept(store, spoiled);
        await accept(store, fine);
        await redis.hset(keys.change(spoiled.id), 'mac', 'f'.repeat(64));

        expect(await store.open()).toEqual([fine]);
        expect((await store.line(object)).waiting).toEqual([fine]);
        expect(await store.open()).toEqual([fine]);

        expect(log.lines.map(({ level, fields }) => ({ level, fields }))).toMatchObject([
          { level: 'warn', fields: { changeId: spoiled.id } },
        ]);
      });

      it('does not hold up those behind it', async () => {
        const store = new StoredChanges(redis, signed);
        const [spoiled, fine] = [aChange(), aChange()];
        await accept(store, spoiled);
        await accept(store, fine);
        await redis.hset(keys.change(spoiled.id), 'mac', '');
        const before = await redis.hgetall(keys.change(spoiled.id));

        expect(await store.begin(fine, leaseMs)).toMatchObject({ kind: 'begun', change: { id: fine.id } });
        expect(await redis.hgetall(keys.change(spoiled.id))).toEqual(before);
      });

      async function alter(change: Change, edit: (record: string) => string): Promise<void> {
        const record = (await redis.hget(keys.change(change.id), 'record')) ?? '';
        await redis.hset(keys.change(change.id), 'record', edit(record));
      }

      async function copyOfAnother(change: Change): Promise<void> {
        const other = aChange();
        await accept(new StoredChanges(redis, signed), other);
        await redis.copy(keys.change(other.id), keys.change(change.id), 'REPLACE');
      }
    });

    it('without a key are read whatever their signature, since nothing can be said of it', async () => {
      const change = aChange();
      await accept(new StoredChanges(redis, { recordKey: 'once' }), change);

      expect(await changes.read(change.id)).toEqual(change);
    });
  });

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
        const { version } = await changes.line(object);
        if (minutes > 0) vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });

        frozen.pause();
        await expect(changes.accept(change, { line: version, ahead: false })).rejects.toThrow(StoreUnavailableError);
        frozen.resume();
        await connection.ping();

        expect(await changes.read(change.id)).toBeUndefined();
        expect(await changes.line(object)).toEqual({ version, waiting: [before] });
      },
    );

    it('refuses at once when it is gone', async () => {
      await frozen.kill();
      const changes = new StoredChanges(connection);
      const startedMs = performance.now();

      await expect(changes.read('c-7F3K9QXZ')).rejects.toThrow(StoreUnavailableError);
      await expect(changes.open()).rejects.toThrow(StoreUnavailableError);
      await expect(changes.accept(aChange(), { line: 0, ahead: false })).rejects.toThrow(StoreUnavailableError);
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
  };
}

function describeChanges(where: string, enter: () => Promise<World>): void {
  describe(`changes ${where}`, () => {
    let changes: Changes;
    let world: World;

    beforeEach(async () => {
      world = await enter();
      changes = world.changes;
    });

    const waiting = async () => (await changes.line(object)).waiting.map(({ id }) => id);
    const openIds = async () => (await changes.open()).map(({ id }) => id);

    describe('accepting', () => {
      it('stores a change and puts it in line', async () => {
        const change = aChange();

        expect(await accept(changes, change)).toEqual({ kind: 'accepted' });

        expect(await changes.read(change.id)).toEqual(change);
        expect((await changes.line(object)).waiting).toEqual([change]);
        expect(await openIds()).toEqual([change.id]);
      });

      it('knows nothing of others', async () => {
        expect(await changes.read('c-00000000')).toBeUndefined();
        expect(await changes.line(object)).toEqual({ version: expect.any(Number), waiting: [] });
      });

      it('keeps the order', async () => {
        const [first, second, third] = await acceptThree();

        expect(await waiting()).toEqual([first.id, second.id, third.id]);
      });

      it('keeps the lines of two objects apart', async () => {
        const elsewhere = { ...object, name: 'ratings' };
        const [here, there] = [aChange(), { ...aChange(), object: elsewhere }];
        await accept(changes, here);
        const { version } = await changes.line(object);
        await accept(changes, there);

        expect((await changes.line(object)).version).toBe(version);
        expect((await changes.line(elsewhere)).waiting).toEqual([there]);
        expect(await changes.begin(there, leaseMs)).toMatchObject({ kind: 'begun' });
      });

      it('knows a change that is there already, in whatever state it is', async () => {
        const change = aChange();
        await accept(changes, change);

        expect(await accept(changes, change)).toEqual({ kind: 'known', change });
        const ended = await end(changes, change, applied);
        expect(await accept(changes, change)).toEqual({ kind: 'known', change: ended });
        expect(await waiting()).toEqual([]);
      });

      it('refuses a plan that was made from another line', async () => {
        const { version } = await changes.line(object);
        const [first, second] = [aChange(), aChange()];
        await changes.accept(first, { line: version, ahead: false });

        expect(await changes.accept(second, { line: version, ahead: false })).toEqual({ kind: 'moved' });

        expect(await changes.read(second.id)).toBeUndefined();
        expect(await waiting()).toEqual([first.id]);
      });

      it('gives one of two the place that both saw', async () => {
        const { version } = await changes.line(object);
        const two = [aChange(), aChange()];

        const outcomes = await Promise.all(two.map((each) => changes.accept(each, { line: version, ahead: false })));

        expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'moved']);
        expect(await waiting()).toHaveLength(1);
      });

      it('gives every one of many a place of its own when each tries until it has one', async () => {
        const many = Array.from({ length: 8 }, aChange);

        await Promise.all(
          many.map(async (each) => {
            while ((await accept(changes, each)).kind === 'moved');
          }),
        );

        expect((await waiting()).toSorted()).toEqual(many.map(({ id }) => id).toSorted());
      });

      it('moves the line with all that happens in it', async () => {
        const change = aChange();
        const versions = [(await changes.line(object)).version];
        const note = async () => versions.push((await changes.line(object)).version);

        await accept(changes, change);
        await note();
        const begun = await begin(changes, change);
        await note();
        await changes.update(moveTo(begun, applied));
        await note();

        expect(new Set(versions).size).toBe(versions.length);
      });

      describe('ahead', () => {
        it('goes before all that waits', async () => {
          const [first, second, third] = await acceptThree();
          const rollback = aChange();

          await accept(changes, rollback, { ahead: true });

          expect(await waiting()).toEqual([rollback.id, first.id, second.id, third.id]);
        });

        it('goes behind one that is being applied', async () => {
          const [first, second, third] = await acceptThree();
          await begin(changes, first);
          const rollback = aChange();

          await accept(changes, rollback, { ahead: true });

          expect(await waiting()).toEqual([first.id, rollback.id, second.id, third.id]);
        });

        it('goes into an empty line', async () => {
          const rollback = aChange();

          await accept(changes, rollback, { ahead: true });

          expect(await waiting()).toEqual([rollback.id]);
        });
      });
    });

    describe('a held change', () => {
      it('leaves the line and stays open', async () => {
        const change = aChange();
        await accept(changes, change);

        const waits = await end(changes, change, held);

        expect(await waiting()).toEqual([]);
        expect(await changes.open()).toEqual([waits]);
        expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'ended' });
      });

      it('goes to the end of the line when it is queued again', async () => {
        const [change, other] = [aChange(), aChange()];
        await accept(changes, change);
        const waits = await end(changes, change, held);
        await accept(changes, other);
        const again = { ...moveTo(waits, { kind: 'queued' }), from: { v1: 70, v3: 30 }, insistedBy: 'U02BOB' };

        expect(await accept(changes, again)).toEqual({ kind: 'accepted' });

        expect(await changes.read(change.id)).toEqual(again);
        expect(await waiting()).toEqual([other.id, change.id]);
      });

      it('is queued again once, and not by a rev that nobody saw', async () => {
        const change = aChange();
        await accept(changes, change);
        const waits = await end(changes, change, held);
        const again = moveTo(waits, { kind: 'queued' });

        expect(await accept(changes, { ...again, rev: again.rev + 1 })).toEqual({ kind: 'known', change: waits });
        expect(await accept(changes, again)).toEqual({ kind: 'accepted' });
        expect(await accept(changes, again)).toEqual({ kind: 'known', change: again });
      });

      it('is over when it is discarded', async () => {
        const change = aChange();
        await accept(changes, change);
        const waits = await end(changes, change, held);

        await changes.update(moveTo(waits, { kind: 'discarded', at: held.at, by: 'U01ALICE' }));

        expect(await changes.open()).toEqual([]);
      });
    });

    describe('a change that awaits approval', () => {
      const aWaiting = (): Change => ({ ...aChange(), state: awaiting });
      const by = (...ids: readonly string[]) => ids.map((id) => ({ by: id, at: held.at }));

      it('is open, but stands in nobody’s way and cannot be begun', async () => {
        const [asked, other] = [aWaiting(), aChange()];
        await accept(changes, asked);
        const { version } = await changes.line(object);
        await accept(changes, other);

        expect(version).toBe(0);
        expect(await waiting()).toEqual([other.id]);
        expect(await openIds()).toEqual([asked.id, other.id]);
        expect(await changes.begin(asked, leaseMs)).toEqual({ kind: 'ended' });
        expect(await changes.read(asked.id)).toEqual(asked);
        expect(await changes.areQuiet()).toBe(false);
      });

      it('is not accepted from a line that moved, and stored once', async () => {
        const asked = aWaiting();
        await accept(changes, aChange());

        expect(await changes.accept(asked, { line: 0, ahead: false })).toEqual({ kind: 'moved' });
        expect(await accept(changes, asked)).toEqual({ kind: 'accepted' });
        expect(await accept(changes, asked)).toEqual({ kind: 'known', change: asked });
      });

      it('keeps its approvals, one of two at the same moment', async () => {
        const asked = aWaiting();
        await accept(changes, asked);
        const [bobs, carols] = ['U02BOB', 'U03CAROL'].map((id) => ({ ...moveTo(asked, awaiting), approvals: by(id) }));
        if (bobs === undefined || carols === undefined) throw new Error('nobody approves');

        const took = await Promise.all([changes.update(bobs), changes.update(carols)]);

        expect(took.toSorted()).toEqual([false, true]);
        expect(await changes.read(asked.id)).toEqual(took[0] ? bobs : carols);
        expect(await openIds()).toEqual([asked.id]);
        expect(await waiting()).toEqual([]);
      });

      it('takes its place when it is approved, at the end or ahead, and moves the line', async () => {
        const [asked, urgent, other] = [aWaiting(), aWaiting(), aChange()];
        for (const each of [asked, urgent, other]) await accept(changes, each);
        const { version } = await changes.line(object);
        const queued = { ...moveTo(asked, { kind: 'queued' }), approvals: by('U02BOB'), acceptedAt: held.at };

        expect(await changes.accept(queued, { line: version - 1, ahead: false })).toEqual({ kind: 'moved' });
        expect(await accept(changes, queued)).toEqual({ kind: 'accepted' });
        expect(await accept(changes, moveTo(urgent, { kind: 'queued' }), { ahead: true })).toEqual({
          kind: 'accepted',
        });

        expect(await waiting()).toEqual([urgent.id, other.id, asked.id]);
        expect((await changes.line(object)).version).toBe(version + 2);
        expect(await changes.read(asked.id)).toEqual(queued);
      });

      it('is queued by the rev that was seen, and by no other', async () => {
        const asked = aWaiting();
        await accept(changes, asked);
        const approved = { ...moveTo(asked, awaiting), approvals: by('U02BOB') };
        await changes.update(approved);

        expect(await accept(changes, moveTo(asked, { kind: 'queued' }))).toEqual({ kind: 'known', change: approved });
        expect(await waiting()).toEqual([]);
      });

      it.each(decided)('is over when it is $kind, and cannot be queued by who saw it before', async (state) => {
        const asked = aWaiting();
        await accept(changes, asked);
        const over = moveTo(asked, state);

        expect(await changes.update(over)).toBe(true);
        expect(await accept(changes, moveTo(asked, { kind: 'queued' }))).toEqual({ kind: 'known', change: over });

        expect(await changes.read(asked.id)).toEqual(over);
        expect([await openIds(), await waiting(), await changes.recentlyApplied()]).toEqual([[], [], []]);
      });

      it.each(decided.filter(({ kind }) => kind !== 'void'))(
        'is never asked for anew once it is $kind',
        async (state) => {
          const asked = aWaiting();
          await accept(changes, asked);
          const over = moveTo(asked, state);
          await changes.update(over);

          expect(await accept(changes, moveTo(over, { kind: 'queued' }))).toEqual({ kind: 'known', change: over });
        },
      );

      it('that is void is planned anew, to be approved or at once, and once', async () => {
        const [first, second] = [aWaiting(), aWaiting()];
        for (const each of [first, second]) await accept(changes, each);
        const [one, two] = [first, second].map((each) => moveTo(each, voided));
        if (one === undefined || two === undefined) throw new Error('nothing is void');
        for (const each of [one, two]) await changes.update(each);
        const [again, queued] = [moveTo(one, awaiting), moveTo(two, { kind: 'queued' })];

        expect(await accept(changes, again)).toEqual({ kind: 'accepted' });
        expect(await accept(changes, { ...again, insistedBy: 'U02BOB' })).toEqual({ kind: 'known', change: again });
        expect(await accept(changes, queued)).toEqual({ kind: 'accepted' });

        expect(await openIds()).toEqual([first.id, second.id]);
        expect(await waiting()).toEqual([second.id]);
      });

      it('may await approval again after it was held', async () => {
        const change = aChange();
        await accept(changes, change);
        const stuck = await end(changes, change, held);

        expect(await accept(changes, moveTo(stuck, awaiting))).toEqual({ kind: 'accepted' });

        expect(await openIds()).toEqual([change.id]);
        expect(await waiting()).toEqual([]);
      });
    });

    describe('beginning', () => {
      it('marks the first in line as being applied', async () => {
        const change = aChange();
        await accept(changes, change);

        const begun = await changes.begin(change, leaseMs);

        expect(begun).toEqual({ kind: 'begun', change: { ...change, state: { kind: 'applying' }, rev: 1 }, tries: 0 });
        expect(await changes.read(change.id)).toEqual(begun.kind === 'begun' && begun.change);
      });

      it('names the one that stands before it', async () => {
        const [first, , third] = await acceptThree();

        expect(await changes.begin(third, leaseMs)).toEqual({ kind: 'not-first', first: first.id });
        expect(await changes.read(third.id)).toEqual(third);
      });

      it('leaves a change to the worker that began it', async () => {
        const change = aChange();
        await accept(changes, change);
        await begin(changes, change);

        expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'busy' });
      });

      it('lets one of many through', async () => {
        const change = aChange();
        await accept(changes, change);

        const begun = await Promise.all(Array.from({ length: 10 }, () => changes.begin(change, leaseMs)));

        expect(begun.filter(({ kind }) => kind === 'begun')).toHaveLength(1);
        expect(begun.filter(({ kind }) => kind === 'busy')).toHaveLength(9);
      });

      it('hands it over when its worker was not heard of for a while', async () => {
        const change = aChange();
        await accept(changes, change);
        const first = await begin(changes, change);
        await world.pass(leaseMs);

        expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'begun', change: first, tries: 0 });
        expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'busy' });
      });

      it('leaves it to a worker that says that it still has it in hand', async () => {
        const change = aChange();
        await accept(changes, change);
        const first = await begin(changes, change);
        await changes.keep(first, 60_000);
        await world.pass(leaseMs);

        expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'busy' });
      });

      it('gives nothing back to a worker that comes too late to keep it', async () => {
        const change = aChange();
        await accept(changes, change);
        const first = await begin(changes, change);
        await world.pass(leaseMs);
        await changes.keep(first, 60_000);

        expect(await changes.begin(change, leaseMs)).toMatchObject({ kind: 'begun' });
      });

      it('remembers what was first said to be written, until it is asked for anew', async () => {
        const change = aChange();
        await accept(changes, change);
        const writing = [{ ...reviewsRef, since: '4711' }];
        expect(await changes.writing(change.id)).toEqual([]);

        await changes.noteWriting(change.id, writing);
        await changes.noteWriting(change.id, [{ ...reviewsRef, since: '4800' }]);

        expect(await changes.writing(change.id)).toEqual(writing);
        expect(await changes.read(change.id)).toEqual(change);
        const held = await end(changes, change, { kind: 'held', at: voided.at, because: 'moved', uid: 'u', live: {} });
        await accept(changes, moveTo(held, { kind: 'queued' }));
        expect(await changes.writing(change.id)).toEqual([]);
      });

      it('remembers nothing of what is to be written for a change that it does not know', async () => {
        await changes.noteWriting('c-00000000', [{ ...reviewsRef, since: '4711' }]);

        expect(await changes.writing('c-00000000')).toEqual([]);
        expect(await changes.read('c-00000000')).toBeUndefined();
      });

      it('lets it rest for as long as its worker says, and counts the tries', async () => {
        const change = aChange();
        await accept(changes, change);
        const first = await begin(changes, change);
        await changes.rest(first, 1_000);

        const early = await changes.begin(change, leaseMs);
        expect(early.kind === 'resting' && early.forMs > 0 && early.forMs <= 1_000).toBe(true);
        await world.pass(1_000);

        expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'begun', change: first, tries: 1 });
      });

      it('forgets the tries of one that is queued again', async () => {
        const change = aChange();
        await accept(changes, change);
        const first = await begin(changes, change);
        await changes.rest(first, 1);
        await world.pass(10);
        const waits = moveTo(await begin(changes, change), held);
        await changes.update(waits);
        await accept(changes, moveTo(waits, { kind: 'queued' }));

        expect(await changes.begin(change, leaseMs)).toMatchObject({ kind: 'begun', tries: 0 });
      });

      it('goes on to the next when one is over', async () => {
        const [first, second, third] = await acceptThree();
        await end(changes, first, applied);
        await end(changes, second, held);

        expect(await changes.begin(third, leaseMs)).toMatchObject({ kind: 'begun', change: { id: third.id } });
      });

      it.each([{ state: applied }, { state: held }, { state: failed }])(
        'says that there is nothing left to do for one that is $state.kind',
        async ({ state }) => {
          const change = aChange();
          await accept(changes, change);
          await end(changes, change, state);

          expect(await changes.begin(change, leaseMs)).toEqual({ kind: 'ended' });
        },
      );

      it('says so too of one that is not known', async () => {
        expect(await changes.begin(aChange(), leaseMs)).toEqual({ kind: 'ended' });
      });
    });

    describe('updating', () => {
      it('replaces a record by its next rev', async () => {
        const change = aChange();
        await accept(changes, change);
        const next = moveTo(await begin(changes, change), applied);

        expect(await changes.update(next)).toBe(true);

        expect(await changes.read(change.id)).toEqual(next);
        expect(await changes.open()).toEqual([]);
        expect(await waiting()).toEqual([]);
      });

      it('lets one of two through', async () => {
        const change = aChange();
        await accept(changes, change);
        const begun = await begin(changes, change);

        const outcomes = await Promise.all([
          changes.update(moveTo(begun, applied)),
          changes.update(moveTo(begun, failed)),
        ]);

        expect(outcomes.toSorted()).toEqual([false, true]);
        expect((await changes.read(change.id))?.state.kind).toBe(outcomes[0] ? 'applied' : 'failed');
      });

      it.each([{ rev: 0 }, { rev: 1 }, { rev: 3 }])('refuses rev $rev of a record at rev 1', async ({ rev }) => {
        const change = aChange();
        await accept(changes, change);
        const begun = await begin(changes, change);

        expect(await changes.update({ ...begun, state: failed, rev })).toBe(false);
        expect(await changes.read(change.id)).toEqual(begun);
      });

      it('refuses what was never accepted', async () => {
        const change = aChange();

        expect(await changes.update(change)).toBe(false);
        expect(await changes.update(moveTo(change, applied))).toBe(false);
        expect(await changes.read(change.id)).toBeUndefined();
      });

      it('marks what is applied without bringing it back', async () => {
        const change = aChange();
        await accept(changes, change);
        const done = await end(changes, change, applied);
        const marked = moveTo(done, { ...applied, rolledBack: { by: 'U02BOB', change: 'c-7F3K9QXZ' } });

        expect(await changes.update(marked)).toBe(true);

        expect(await changes.read(change.id)).toEqual(marked);
        expect(await changes.open()).toEqual([]);
      });
    });

    it('accept nothing for a request that was answered without', async () => {
      const [change, other] = [aChange(), aChange()];
      await changes.noteRefused(change.id);

      expect(await accept(changes, change)).toEqual({ kind: 'refused-before' });
      expect(await changes.read(change.id)).toBeUndefined();
      const { version } = await changes.line(object);
      expect(await changes.accept(other, { line: version, ahead: true, askedAs: change.id })).toEqual({
        kind: 'refused-before',
      });
      expect(await accept(changes, other)).toEqual({ kind: 'accepted' });
    });

    it('keep open what ended without anybody knowing its effect, until somebody does', async () => {
      const change = aChange();
      await accept(changes, change);
      const unsettled = await end(changes, change, { ...failed, because: 'unreachable' });
      expect(await changes.open()).toEqual([unsettled]);
      expect(await waiting()).toEqual([]);

      await changes.update(moveTo(unsettled, { ...failed, because: 'not-reached' }));

      expect(await changes.open()).toEqual([]);
    });

    it('keep open what was applied until nobody will look at its traffic any more', async () => {
      const change = aChange();
      await accept(changes, change);
      const counts = { answered: { v1: 5, __proto__: 1 }, unanswered: { NC: 2 } };
      const first: Change = await end(changes, change, { ...applied, toBeSeen: true });
      const seen = { kind: 'counted', from: applied.at, until: applied.at, ...counts } as const;
      const looked = moveTo(first, { ...applied, toBeSeen: true, seen });
      expect(await changes.open()).toEqual([first]);
      expect(await waiting()).toEqual([]);
      expect(await changes.areQuiet()).toBe(false);

      expect(await changes.update(looked)).toBe(true);
      expect(await changes.update(looked)).toBe(false);
      expect(await changes.open()).toEqual([looked]);
      const last = moveTo(looked, { ...applied, seen: { kind: 'not-measured', because: 'unreachable' } });
      await changes.update(last);

      expect(await changes.open()).toEqual([]);
      expect(await changes.read(change.id)).toEqual(last);
    });

    it('are quiet when nothing waits and no card is owed anything', async () => {
      expect(await changes.areQuiet()).toBe(true);

      await accept(changes, aChange());

      expect(await changes.areQuiet()).toBe(false);
    });

    describe('what is stranded', () => {
      it('is the first in line that nobody has begun', async () => {
        const three = await acceptThree();

        expect(await changes.stranded(three)).toEqual([three[0]]);
        expect(await changes.stranded([])).toEqual([]);
      });

      it('is not what a worker has in hand, but what it left', async () => {
        const change = aChange();
        await accept(changes, change);
        const begun = await begin(changes, change);
        expect(await changes.stranded([begun])).toEqual([]);

        await world.pass(leaseMs);

        expect(await changes.stranded([begun])).toEqual([begun]);
      });

      it('is not what rests', async () => {
        const change = aChange();
        await accept(changes, change);
        const begun = await begin(changes, change);
        await changes.rest(begun, 1_000);
        expect(await changes.stranded([begun])).toEqual([]);

        await world.pass(1_000);

        expect(await changes.stranded([begun])).toEqual([begun]);
      });

      it('is what a line begins with, or else what has waited longest', async () => {
        const [first, second] = await acceptThree();

        expect(await changes.stranded([second])).toEqual([second]);
        expect(await changes.stranded([first, second])).toEqual([first]);
      });

      it('is not what has ended since it was looked for', async () => {
        const change = aChange();
        await accept(changes, change);
        await end(changes, change, applied);

        expect(await changes.stranded([change])).toEqual([]);
      });

      it('is told for each object', async () => {
        const [here, there] = [aChange(), { ...aChange(), object: { ...object, name: 'ratings' } }];
        for (const each of [here, there]) await accept(changes, each);
        await begin(changes, here);

        expect(await changes.stranded([here, there])).toEqual([there]);
      });
    });

    it('lists what was applied lately, newest first, whatever the object, and once', async () => {
      const [first, second, waits] = [aChange(), { ...aChange(), object: { ...object, name: 'other' } }, aChange()];
      for (const each of [first, second]) {
        await accept(changes, each);
        const done = await end(changes, each, applied);
        await changes.update(moveTo(done, { ...applied, later: waits.id }));
      }
      await accept(changes, waits);

      expect((await changes.recentlyApplied()).map(({ id, rev }) => [id, rev])).toEqual([
        [second.id, 3],
        [first.id, 3],
      ]);
    });

    it('lists what is open, oldest first, whatever the object', async () => {
      const [third, first, second] = [3, 1, 2].map((minute) => ({
        ...aChange(),
        object: { ...object, name: `object-${minute}` },
        acceptedAt: `2026-11-22T14:0${minute}:00.000Z`,
      }));
      for (const each of [third, first, second]) if (each !== undefined) await accept(changes, each);

      expect(await openIds()).toEqual([first?.id, second?.id, third?.id]);
    });

    async function acceptThree(): Promise<[Change, Change, Change]> {
      const three: [Change, Change, Change] = [aChange(), aChange(), aChange()];
      for (const each of three) await accept(changes, each);
      return three;
    }
  });
}

let made = 0;

function aChange(): Change {
  made += 1;
  return buildChange({ id: changeId(made), request: `request ${made}` });
}

async function accept(changes: Changes, change: Change, { ahead = false } = {}) {
  const { version } = await changes.line(change.object);
  return changes.accept(change, { line: version, ahead });
}

async function begin(changes: Changes, change: Change): Promise<Change> {
  const begun = await changes.begin(change, leaseMs);
  if (begun.kind !== 'begun') throw new Error(`${change.id} could not be begun: ${begun.kind}`);
  return begun.change;
}

async function end(changes: Changes, change: Change, state: State): Promise<Change> {
  const next = moveTo(await begin(changes, change), state);
  if (!(await changes.update(next))) throw new Error(`${change.id} could not be ended`);
  return next;
}

async function connected(server: RedisServer): Promise<Connection> {
  const address = readRedisUrl(server.url);
  if (address === undefined) throw new Error(`no address: ${server.url}`);
  const connection = connectForRequests(address);
  connection.on('error', () => {}); // the end of the server is part of some tests
  await whenReady(connection);
  return connection;
}
