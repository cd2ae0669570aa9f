import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditStream } from '../../src/redis/audit-stream.ts';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredHolds } from '../../src/redis/stored-holds.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Audit } from '../../src/workflow/ports/audit.ts';
import type { Holds } from '../../src/workflow/ports/holds.ts';
import { changeId, freezeHold, lockHold } from '../support/builders.ts';
import { InMemoryAudit } from '../support/in-memory-audit.ts';
import { InMemoryHolds } from '../support/in-memory-holds.ts';

const redisBinary = await findRedisServer().catch(() => undefined);
const recordKey = '0123456789abcdef';
const at = new Date('2026-11-22T15:00:00.000Z');
const after = new Date('2026-11-22T22:00:00.000Z');
const reviews = ['sandbox/default/reviews', 'sandbox/default/www.example.com'];

describeHolds('in memory', async () => {
  const audit = new InMemoryAudit();
  return { holds: new InMemoryHolds(audit), audit };
});

describe.runIf(redisBinary)('with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;

  beforeAll(async () => {
    server = await startRedis();
    const address = readRedisUrl(server.url);
    if (address === undefined) throw new Error(`no address: ${server.url}`);
    redis = connectForRequests(address);
    await whenReady(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
  });

  describeHolds('in Redis', async () => ({
    holds: new StoredHolds(redis, { recordKey }),
    audit: new AuditStream(redis, { recordKey }),
  }));

  describe('holds in Redis', () => {
    const later = new Date(Date.now() + 3_600_000);
    const lasting = lockHold({ since: new Date(), until: later });

    it('expire in Redis a minute after the last one ends', async () => {
      const holds = new StoredHolds(redis, { recordKey });
      await holds.set(lasting, { at: new Date() });
      const sooner = { id: changeId(2), target: 'sandbox/default/ratings', until: new Date(later.getTime() - 600_000) };
      await holds.set(lockHold({ ...lasting, ...sooner }), { at: new Date() });

      expect(await redis.pttl(keys.locks)).toBeGreaterThan(3_600_000);
      expect(await redis.pttl(keys.locks)).toBeLessThanOrEqual(3_660_000);
    });

    it('replace those that have ended', async () => {
      const holds = new StoredHolds(redis, { recordKey });
      await holds.set(lockHold(lasting), { at: new Date() });
      await holds.set(
        lockHold({ ...lasting, id: changeId(2), target: 'a/b/c', until: new Date(later.getTime() + 1) }),
        {
          at: later,
        },
      );

      expect(await redis.hkeys(keys.locks)).toEqual(['a/b/c']);
    });

    it.each([
      ['altered', (value: string) => value.replace('U01ALICE', 'U09EVIL')],
      ['changed in their end', (value: string) => value.replace(/^\d+/, (end) => String(Number(end) + 1))],
      ['said to have ended', (value: string) => value.replace(/^\d+/, '1')],
      ['changed in their id', (value: string) => value.replace(changeId(1), changeId(7))],
      ['not a record', () => 'rubbish'],
    ])('are not trusted when they are %s', async (_, spoil) => {
      const holds = new StoredHolds(redis, { recordKey });
      await holds.set(lasting, { at: new Date() });
      await redis.hset(keys.locks, lasting.target, spoil((await redis.hget(keys.locks, lasting.target)) ?? ''));

      const target = lasting.target;
      const unreadable = [{ kind: 'lock', target, unreadable: { removeWith: `HDEL ${keys.locks} "${target}"` } }];
      expect(await holds.on([target], new Date())).toMatchObject({ holds: [], unreadable });
      expect(await holds.all(new Date())).toMatchObject({ holds: [], unreadable });
    });

    it('that cannot be read hide no others', async () => {
      const holds = new StoredHolds(redis, { recordKey });
      await holds.set(lasting, { at: new Date() });
      await redis.hset(keys.locks, 'a/b/c', 'rubbish', '', 'rubbish');
      await redis.hset(keys.freezes, 'inc-42', 'rubbish');

      const removed = { removeWith: `HDEL ${keys.freezes} "inc-42"` };
      expect(await holds.on([lasting.target], new Date())).toMatchObject({
        holds: [{ id: lasting.id }],
        unreadable: [{ kind: 'freeze', unreadable: removed }],
      });
      expect((await holds.all(new Date())).unreadable).toHaveLength(3);
      const other = lockHold({ ...lasting, id: changeId(2), target: 'a/b/d' });
      expect(await holds.set(other, { at: new Date() })).toBe('set');
      expect(await holds.release(other)).toBe(true);
    });

    it.each([
      ['lock', keys.locks],
      ['freeze', keys.freezes],
    ])('that stand in a key of another type count as one %s that may hold anything', async (kind, key) => {
      const holds = new StoredHolds(redis, { recordKey });
      await redis.set(key, 'rubbish');

      const junk = { kind, unreadable: { removeWith: `DEL ${key}` } };
      expect(await holds.on([lasting.target], new Date())).toMatchObject({ holds: [], unreadable: [junk] });
      const hold = kind === 'lock' ? lasting : freezeHold({ since: new Date(), until: later });
      expect(await holds.set(hold, { at: new Date() })).toBe('unreadable');
      expect(await holds.release(hold)).toBe(false);
      expect(await redis.get(key)).toBe('rubbish');
    });

    it('stay where somebody says that they have ended, whoever sets another one', async () => {
      const holds = new StoredHolds(redis, { recordKey });
      await holds.set(lasting, { at: new Date() });
      const value = (await redis.hget(keys.locks, lasting.target)) ?? '';
      await redis.hset(keys.locks, lasting.target, value.replace(/^\d+/, '1'));

      const anew = lockHold({ ...lasting, id: changeId(3), by: 'U09EVIL' });
      expect(await holds.set(anew, { at: new Date() })).toBe('unreadable');
      const elsewhere = lockHold({ ...lasting, id: changeId(2), target: 'a/b/c' });
      expect(await holds.set(elsewhere, { at: new Date() })).toBe('set');
      expect((await redis.hkeys(keys.locks)).toSorted()).toEqual(['a/b/c', lasting.target].toSorted());

      await redis.hset(keys.locks, lasting.target, value);
      expect((await holds.on([lasting.target], new Date())).holds).toMatchObject([{ id: lasting.id }]);
    });

    it('are not replaced where what stands there cannot be read', async () => {
      const holds = new StoredHolds(redis, { recordKey });
      await redis.hset(keys.locks, lasting.target, 'rubbish');

      expect(await holds.set(lasting, { at: new Date() })).toBe('unreadable');
      expect(await holds.release(lasting)).toBe(false);
      expect(await redis.hget(keys.locks, lasting.target)).toBe('rubbish');
    });

    it('are not trusted under the key of another one', async () => {
      const holds = new StoredHolds(redis, { recordKey });
      await holds.set(lasting, { at: new Date() });
      await redis.hset(keys.locks, 'a/b/c', (await redis.hget(keys.locks, lasting.target)) ?? '');

      expect(await holds.on(['a/b/c'], new Date())).toMatchObject({ holds: [], unreadable: [{ target: 'a/b/c' }] });
    });

    it('are not trusted by a process with another key', async () => {
      await new StoredHolds(redis, { recordKey }).set(lasting, { at: new Date() });
      const other = new StoredHolds(redis, { recordKey: 'another key of 16' });

      expect(await other.on([lasting.target], new Date())).toMatchObject({ holds: [], unreadable: [{ kind: 'lock' }] });
    });

    it('cannot be read while Redis is away, which is an error', async () => {
      const gone = connectForRequests({ kind: 'single', hosts: [{ host: '127.0.0.1', port: 1 }], options: {} });
      gone.on('error', () => {});
      try {
        await expect(new StoredHolds(gone).on(reviews, at)).rejects.toBeInstanceOf(StoreUnavailableError);
      } finally {
        gone.disconnect();
      }
    });
  });
});

function describeHolds(where: string, start: () => Promise<{ holds: Holds; audit: Audit }>): void {
  describe(`holds ${where}`, () => {
    let holds: Holds;
    let audit: Audit;

    beforeEach(async () => {
      ({ holds, audit } = await start());
    });

    it('are read back as they were set', async () => {
      await holds.set(lockHold(), { at });
      await holds.set(freezeHold({ id: changeId(2), since: at }), { at });

      expect((await holds.all(at)).holds).toEqual([freezeHold({ id: changeId(2), since: at }), lockHold()]);
    });

    it('are in force for an object by any of its names', async () => {
      await holds.set(lockHold({ target: 'sandbox/default/www.example.com' }), { at });
      await holds.set(freezeHold({ id: changeId(2), target: 'sandbox/*/rev*' }), { at });
      await holds.set(freezeHold({ id: changeId(3), name: 'other', target: 'prod/**' }), { at });

      expect((await holds.on(reviews, at)).holds.map(({ id }) => id).sort()).toEqual([changeId(1), changeId(2)]);
    });

    it('of kind lock are in force for their own service, and for a host with a star that includes it', async () => {
      await holds.set(lockHold({ target: 'sandbox/default/ratings' }), { at });

      expect((await holds.on(reviews, at)).holds).toEqual([]);
      expect((await holds.on(['sandbox/default/*'], at)).holds).toHaveLength(1);
      expect((await holds.on(['sandbox/bank/*'], at)).holds).toEqual([]);
    });

    it('end by themselves', async () => {
      await holds.set(lockHold(), { at });

      expect([(await holds.on(reviews, after)).holds, (await holds.all(after)).holds]).toEqual([[], []]);
      expect(
        await holds.set(lockHold({ id: changeId(2), until: new Date('2026-11-23T00:00:00Z') }), { at: after }),
      ).toBe('set');
    });

    it('do not replace another one', async () => {
      await holds.set(lockHold(), { at });

      expect(await holds.set(lockHold({ id: changeId(2), by: 'U02BOB' }), { at })).toBe('taken');
      expect((await holds.all(at)).holds.map(({ by }) => by)).toEqual(['U01ALICE']);
    });

    it('replace the one that is named, and no other', async () => {
      await holds.set(lockHold(), { at });
      const bobs = lockHold({ id: changeId(2), by: 'U02BOB' });

      expect(await holds.set(bobs, { at, instead: lockHold() })).toBe('set');
      expect(await holds.set(lockHold({ id: changeId(3), by: 'U03CAROL' }), { at, instead: lockHold() })).toBe('taken');
      expect((await holds.all(at)).holds).toEqual([bobs]);
    });

    it('set many times at once are set once', async () => {
      const many = Array.from({ length: 20 }, (_, n) => lockHold({ id: changeId(n + 1), by: `U0${n}` }));

      const outcomes = await Promise.all(many.map((each) => holds.set(each, { at })));

      expect(outcomes.filter((outcome) => outcome === 'set')).toHaveLength(1);
      expect((await holds.all(at)).holds).toHaveLength(1);
    });

    it('of one request are set once, even if they were released since', async () => {
      await holds.set(lockHold(), { at });
      await holds.release(lockHold());

      expect(await holds.set(lockHold(), { at })).toBe('set-before');
      expect((await holds.all(at)).holds).toEqual([]);
    });

    it('are released once, and only if they are still the current one', async () => {
      await holds.set(lockHold(), { at });
      await holds.set(lockHold({ id: changeId(2) }), { at, instead: lockHold() });

      expect(await holds.release(lockHold())).toBe(false);
      expect(await holds.release(lockHold({ id: changeId(2) }))).toBe(true);
      expect(await holds.release(lockHold({ id: changeId(2) }))).toBe(false);
      expect((await holds.all(at)).holds).toEqual([]);
    });

    it('are in the audit when they are set and released, and only then', async () => {
      const event = (kind: 'locked' | 'unlocked', id: string) => ({ id, kind, at: at.toISOString() });

      await holds.set(lockHold(), { at, event: event('locked', 'g-1') });
      await holds.set(lockHold(), { at, event: event('locked', 'g-1') });
      await holds.set(lockHold({ id: changeId(2) }), { at, event: event('locked', 'g-2') });
      await holds.release(lockHold({ id: changeId(2) }), event('unlocked', 'g-3'));
      await holds.release(lockHold(), event('unlocked', 'g-4'));

      const { entries } = await audit.read({ subject: { kind: 'everything' }, limit: 9 });
      expect(entries).toEqual([
        { kind: 'event', event: event('unlocked', 'g-4') },
        { kind: 'event', event: event('locked', 'g-1') },
      ]);
    });

    it('have names without regard to upper and lower case', async () => {
      await holds.set(freezeHold(), { at });

      expect(await holds.set(freezeHold({ id: changeId(2), name: 'inc-42' }), { at })).toBe('taken');
    });
  });
}
