import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { objectKey } from '../../src/domain/routing/object.ts';
import { AuditStream } from '../../src/redis/audit-stream.ts';
import { StoredCards } from '../../src/redis/card-log.ts';
import type { Connection } from '../../src/redis/connect.ts';
import { keys, setAside, typesOfKeys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { StoredLimits } from '../../src/redis/stored-limits.ts';
import { StoredRamps } from '../../src/redis/stored-ramps.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { leaseMs } from '../../src/workflow/applying/apply.ts';
import { UntrustedRecordError } from '../../src/workflow/errors.ts';
import { aChange, accept, applied, begin, connected, end, ratings, reviews } from '../contracts/changes/world.ts';

const redisBinary = await findRedisServer().catch(() => undefined);
const recordKey = '0123456789abcdef';
const line = objectKey(reviews);
const event = { id: 'g-1', kind: 'refused', at: '2026-11-22T14:03:11.000Z' } as const;

describe.runIf(redisBinary)('a key of Redis that holds something else than the bot keeps there', () => {
  let server: RedisServer;
  let redis: Connection;
  let changes: StoredChanges;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connected(server);
    changes = new StoredChanges(redis, { recordKey });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
  });

  const person = '/U01ALICE';
  it.each([
    ['what is open', keys.open],
    ['what is owed', keys.owed],
    ['cards in doubt', keys.inDoubt],
    ['what was applied lately', keys.recent],
    ['the ramps', keys.ramps],
    ['which rules ramps move', keys.rampOn],
    ['the last place', keys.lastPlace],
    ['the audit', keys.audit],
    ['the line of an object', keys.line(line)],
    ['the version of a line', keys.lineVersion(line)],
    ['the line of version 1', keys.version1.line(line)],
    ['the changes of a person', keys.openOf(person, line)],
  ])('stops nothing: in the place of %s', async (_, key) => {
    const isText = key === keys.lastPlace || key === keys.lineVersion(line);
    await (isText ? redis.hset(key, 'a', 'rubbish') : redis.set(key, 'rubbish'));
    const [first, back] = [aChange(), aChange({ deed: 'rollback' })];

    expect(await accept(changes, first)).toEqual({ kind: 'accepted' });
    expect(await changes.open()).toEqual([first]);
    await end(changes, first, applied);
    expect(await accept(changes, back, { ahead: true })).toEqual({ kind: 'accepted' });
    expect((await changes.lines([reviews])).waiting).toEqual([back]);
    await end(changes, back, applied);
    expect((await changes.recentlyApplied()).map(({ id }) => id).toSorted()).toEqual([first.id, back.id].toSorted());
    expect(await new StoredRamps(redis, { recordKey }).open()).toEqual([]);
    expect([...(await new StoredCards(redis).owed())].toSorted()).toEqual([first.id, back.id].toSorted());
    expect(await new AuditStream(redis, { recordKey }).note(event)).toBe(true);
    expect(
      await new AuditStream(redis, { recordKey }).read({ subject: { kind: 'everything' }, limit: 1 }),
    ).toMatchObject({
      entries: [{ event }],
    });
  });

  it('is moved away, and kept for a week', async () => {
    await redis.set(keys.audit, 'rubbish');

    await new AuditStream(redis, { recordKey }).note(event);

    expect(await redis.get(`${setAside.prefix}audit`)).toBe('rubbish');
    expect(await redis.ttl(`${setAside.prefix}audit`)).toBeGreaterThan(6 * 24 * 3600);
  });

  it.each(['not a number', '9223372036854775807', '1e400'])(
    'does not stop what is accepted where %s stands as the last place and as the version of a line',
    async (junk) => {
      const before = aChange();
      await accept(changes, before);
      await redis.set(keys.lastPlace, junk);
      await redis.set(keys.lineVersion(line), junk);
      const change = aChange();

      expect(await accept(changes, change)).toEqual({ kind: 'accepted' });

      expect((await changes.lines([reviews])).waiting).toEqual([before, change]);
      await end(changes, before, applied);
      await end(changes, change, applied);
    },
  );

  describe('in the place of a record', () => {
    it('is not trusted and left alone, and hides and stops no other change', async () => {
      const [spoiled, change, other] = [aChange(), aChange(), aChange()];
      for (const each of [spoiled, change]) await accept(changes, each);
      await redis.set(keys.change(spoiled.id), 'rubbish');

      expect(await changes.open()).toEqual([change]);
      expect((await changes.lines([reviews])).waiting).toEqual([change]);
      await expect(changes.read(spoiled.id)).rejects.toThrow(UntrustedRecordError);
      await expect(changes.begin(spoiled.id, leaseMs)).rejects.toThrow(UntrustedRecordError);
      await begin(changes, change);
      expect(await accept(changes, other)).toEqual({ kind: 'accepted' });
      expect(await redis.get(keys.change(spoiled.id))).toBe('rubbish');
    });

    it('is left out of the ramps', async () => {
      await redis.zadd(keys.ramps, 1, 'r-7F3K9QXZ');
      await redis.set(keys.ramp('r-7F3K9QXZ'), 'rubbish');

      expect(await new StoredRamps(redis, { recordKey }).open()).toEqual([]);
      await expect(new StoredRamps(redis, { recordKey }).read('r-7F3K9QXZ')).rejects.toThrow(UntrustedRecordError);
    });

    it('of a card is moved away, and the card is posted again', async () => {
      const change = aChange({ edits: [{ ...aChange().edits[0], object: ratings }] });
      await accept(changes, change);
      await redis.set(keys.card(change.id), 'rubbish');
      const claim = await new StoredCards(redis).claim(change.id);

      await claim?.beginPost();
      expect(await claim?.place({ channel: 'C01', ts: '1.2', shownRev: 0 })).toBe(true);
      expect(await new StoredCards(redis).placeOf(change.id)).toEqual({ channel: 'C01', ts: '1.2' });
    });
  });

  describe('in the place of a count', () => {
    const bucket = { name: 'mine', atOnce: 2, everyMs: 60_000 };
    const places = [keys.bucket('mine'), keys.overLimit('mine'), keys.counted('r1'), keys.counted('r3')];

    it.each([
      ['is of another type', (key: string) => redis.hset(key, 'a', 'rubbish')],
      ['is no number', (key: string) => redis.set(key, 'rubbish')],
      ['is as large as can be', (key: string) => redis.set(key, '9'.repeat(300))],
    ])('that %s counts anew, and keeps nobody out for longer than the limit does', async (_, spoil) => {
      const limits = new StoredLimits(redis);
      for (const key of places) await spoil(key);

      const outcomes = [];
      for (const request of ['r1', 'r2', 'r3']) outcomes.push(await limits.take(request, [bucket]));

      for (const outcome of outcomes)
        if (outcome.kind === 'refused') expect(outcome.nextInMs).toBeLessThanOrEqual(bucket.everyMs * bucket.atOnce);
      expect(outcomes.at(-1)?.kind).toBe('refused');
      expect(await limits.refusedSince('mine')).toBeLessThanOrEqual(3);
    });
  });

  it('is known by the name of the key: each has its type, but records, locks and freezes', () => {
    const made = Object.values(keys).flatMap((key) =>
      typeof key === 'string'
        ? [key]
        : typeof key === 'function'
          ? [key('a', 'b')]
          : Object.values(key).map((each) => each('a')),
    );
    const names = new Set(made.map((key) => key.split(':')[1] ?? ''));

    const untyped = [...names].filter((name) => typesOfKeys[name] === undefined).toSorted();
    expect(untyped).toEqual(['change', 'charts-refused', 'freezes', 'last-place', 'locks', 'probe', 'ramp']);
  });
});
