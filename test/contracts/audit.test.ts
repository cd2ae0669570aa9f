import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent, AuditSubject } from '../../src/domain/change/audit.ts';
import { moveTo } from '../../src/domain/change/change.ts';
import { objectKey } from '../../src/domain/routing/object.ts';
import { AuditStream } from '../../src/redis/audit-stream.ts';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { StoreUnavailableError } from '../../src/workflow/errors.ts';
import type { Audit, AuditEntry } from '../../src/workflow/ports/audit.ts';
import type { Changes } from '../../src/workflow/ports/changes.ts';
import { change, changeId, reviewsObject } from '../support/builders.ts';
import { InMemoryAudit } from '../support/in-memory-audit.ts';
import { InMemoryChanges } from '../support/in-memory-changes.ts';

interface World {
  readonly audit: Audit;
  readonly changes: Changes;
  /** Lets time pass for everything that is remembered for a while. */
  pass(ms: number): Promise<void>;
  /** Adds an entry that the bot did not write. */
  spoil(): Promise<void>;
}

const at = '2026-11-22T14:03:11.000Z';
const reviews = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
/** Nothing was ever accepted. */
const noLines = new Map([[objectKey(reviewsObject), 0]]);
const everything: AuditSubject = { kind: 'everything' };
const redisBinary = await findRedisServer().catch(() => undefined);

/** A refused event by its number. */
function refusal(number: number, overrides: Partial<AuditEvent> = {}): AuditEvent {
  const request = `g-${number}`;
  return { id: request, kind: 'refused', at, by: { user: 'U01ALICE' }, request, service: reviews, ...overrides };
}

function told(id = `${changeId(1)}.0`): AuditEvent {
  return { id, kind: 'accepted', at, changeId: changeId(1), object: reviewsObject };
}

describeAudit('in memory', async () => {
  let nowMs = Date.parse(at);
  const now = () => new Date(nowMs);
  const audit = new InMemoryAudit({ now });
  return {
    audit,
    changes: new InMemoryChanges({ audit, now }),
    pass: async (ms) => {
      nowMs += ms;
    },
    spoil: async () => audit.spoil(),
  };
});

describe.runIf(redisBinary)('with a redis-server', () => {
  const signed = { recordKey: 'a key of sixteen characters' };
  let server: RedisServer;
  let redis: Connection;

  beforeAll(async () => {
    server = await startRedis();
    const address = readRedisUrl(server.url);
    if (address === undefined) throw new Error(`${server.url} cannot be read`);
    redis = connectForRequests(address);
    await whenReady(redis);
  });
  beforeEach(() => redis.flushall());
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  describeAudit('in Redis', async () => {
    await redis.flushall();
    return {
      audit: new AuditStream(redis),
      changes: new StoredChanges(redis),
      pass: async (ms) => {
        for (const key of await redis.keys('*')) {
          const left = await redis.pttl(key);
          if (left >= 0) await redis.pexpire(key, Math.max(0, left - ms));
        }
      },
      spoil: async () => void (await redis.xadd(keys.audit, '*', 'event', '{"kind":"approved"}', 'mac', '')),
    };
  });

  describe('the stream', () => {
    it.each<[string, AuditEvent, string?]>([
      ['the entry was altered', refusal(1, { by: { user: 'U02BOB' } })],
      ['it is signed with another key', refusal(1), 'another key of sixteen characters'],
    ])('does not trust an entry when %s', async (_, event, recordKey) => {
      const audit = new AuditStream(redis, signed);
      await audit.note(refusal(1));
      const [[, [, text = '', , mac = '']] = ['', []]] = await redis.xrange(keys.audit, '-', '+');
      await redis.del(keys.audit, keys.audited('g-1'));
      if (recordKey === undefined)
        await redis.xadd(keys.audit, '*', 'event', text.replace('U01ALICE', event.by?.user ?? ''), 'mac', mac);
      else await new AuditStream(redis, { recordKey }).note(event);

      expect((await audit.read({ subject: everything, limit: 5 })).entries).toMatchObject([{ kind: 'untrusted' }]);
      expect(await exported(audit)).toMatchObject([{ kind: 'untrusted' }]);
    });

    it('does not accept a signed record of a change as an event', async () => {
      const changes = new StoredChanges(redis, signed);
      await changes.accept(change(), { lines: noLines, ahead: false });
      const [record, mac] = await redis.hmget(keys.change(change().id), 'record', 'mac');
      await redis.xadd(keys.audit, '*', 'event', record ?? '', 'mac', mac ?? '');

      expect(await exported(new AuditStream(redis, signed))).toMatchObject([{ kind: 'untrusted' }]);
    });

    it.each([
      ['fields', ['event', '{}']],
      ['JSON', ['event', 'no JSON', 'mac', '']],
      ['event', ['event', JSON.stringify({ v: 1, ...refusal(1), kind: 'of tomorrow' }), 'mac', '']],
      ['version', ['event', JSON.stringify({ ...refusal(1), v: 2 }), 'mac', '']],
    ])('does not trust an entry without our %s', async (_, fields) => {
      await redis.xadd(keys.audit, '*', ...fields);

      expect(await exported(new AuditStream(redis))).toMatchObject([{ kind: 'untrusted' }]);
    });

    it('is still read if a later version adds a field', async () => {
      const event = JSON.stringify({ v: 1, ...refusal(1), more: true });
      await redis.xadd(keys.audit, '*', 'event', event, 'mac', '');

      expect(await exported(new AuditStream(redis))).toEqual([{ kind: 'event', event: refusal(1) }]);
    });

    it('deletes entries that are too old when new ones come, and no others', async () => {
      const dayMs = 24 * 3600_000;
      const [over, within] = [Date.now() - 7 * dayMs - 60_000, Date.now() - 7 * dayMs + 60_000];
      for (let each = 0; each < 12; each += 1)
        await redis.xadd(keys.audit, `${over + each}-0`, 'event', '{}', 'mac', '');
      await redis.xadd(keys.audit, `${within}-0`, 'event', '{}', 'mac', '');
      const audit = new AuditStream(redis, { auditDays: 7 });

      await audit.note(refusal(1));
      expect(await redis.xlen(keys.audit)).toBe(4);
      await new StoredChanges(redis, { auditDays: 7 }).accept(change(), {
        lines: noLines,
        ahead: false,
        event: told(),
      });

      expect(await redis.xlen(keys.audit)).toBe(3);
      expect((await redis.xrange(keys.audit, '-', '+', 'COUNT', 1))[0]?.[0]).toBe(`${within}-0`);
    });

    it('is exported page by page, each entry once and in order, also if more than a page has one timestamp', async () => {
      const ids = Array.from({ length: 1_203 }, (_, number) => refusal(number));
      const pipeline = redis.pipeline();
      for (const [place, event] of ids.entries())
        pipeline.xadd(keys.audit, `1700000000000-${place + 1}`, 'event', JSON.stringify({ v: 1, ...event }), 'mac', '');
      await pipeline.exec();
      const audit = new AuditStream(redis);

      const all = await exported(audit);
      const newest = await audit.read({ subject: everything, limit: 1_100 });

      expect(idsOf(all)).toEqual(ids.map(({ id }) => id));
      expect(idsOf(newest.entries)).toEqual(
        ids
          .map(({ id }) => id)
          .toReversed()
          .slice(0, 1_100),
      );
      expect(newest.hasMore).toBe(true);
    });

    it('is searched only up to a limit', async () => {
      for (let page = 0; page < 21; page += 1) {
        const pipeline = redis.pipeline();
        for (let each = 0; each < 500; each += 1) {
          const number = page * 500 + each;
          const event = JSON.stringify({ v: 1, ...refusal(number) });
          pipeline.xadd(keys.audit, `${1_700_000_000_000 + number}-0`, 'event', event, 'mac', '');
        }
        await pipeline.exec();
      }

      const subject = { kind: 'person', user: 'U09NOBODY' } as const;

      expect(await new AuditStream(redis).read({ subject, limit: 5 })).toEqual({ entries: [], hasMore: true });
    });

    it('reports that Redis is away', async () => {
      const address = readRedisUrl('redis://127.0.0.1:1');
      if (address === undefined) throw new Error('not an address');
      const away = connectForRequests(address);
      away.on('error', () => {});
      const audit = new AuditStream(away);

      await expect(audit.note(refusal(1))).rejects.toThrow(StoreUnavailableError);
      await expect(audit.read({ subject: everything, limit: 1 })).rejects.toThrow(StoreUnavailableError);
      await expect(exported(audit)).rejects.toThrow(StoreUnavailableError);
      away.disconnect();
    });
  });
});

/** What every audit must do. */
function describeAudit(name: string, open: () => Promise<World>): void {
  describe(`the audit ${name}`, () => {
    let world: World;

    beforeEach(async () => {
      world = await open();
    });

    it('keeps every field of an event', async () => {
      const event: AuditEvent = {
        ...refusal(1, {
          by: { user: 'U01ALICE', team: 'T1' },
          channel: 'C1',
          deed: 'plan-anew',
          changeId: changeId(1),
        }),
        ...{ askedBy: 'U02BOB', object: reviewsObject, route: 'default', from: { v1: 100 }, to: { v1: 50, v3: 50 } },
        ...{ live: { v1: 90, v2: 10 }, plan: '0123456789abcdef', reason: '“red” — <!channel> 🌟', because: 'moved' },
        ...{ detail: 'kubectl', rule: { name: 'r', line: 3 }, missing: 1, other: changeId(2) },
      };

      expect(await world.audit.note(event)).toBe(true);

      expect(await exported(world.audit)).toEqual([{ kind: 'event', event }]);
    });

    it('keeps one event for a gesture, as long as Slack may deliver it again', async () => {
      expect(await world.audit.note(refusal(1))).toBe(true);
      expect(await world.audit.note(refusal(1, { because: 'another reason' }))).toBe(false);
      await world.pass(3_700_000);
      expect(await world.audit.note(refusal(1))).toBe(true);

      expect(await exported(world.audit)).toHaveLength(2);
    });

    it('keeps every event without a gesture', async () => {
      const { request: _, ...event } = refusal(1);

      expect([await world.audit.note(event), await world.audit.note(event)]).toEqual([true, true]);
    });

    it('reads the newest first and says whether there are more; exports the oldest first', async () => {
      for (const number of [1, 2, 3]) await world.audit.note(refusal(number));

      const { entries, hasMore } = await world.audit.read({ subject: everything, limit: 2 });

      expect([idsOf(entries), hasMore]).toEqual([['g-3', 'g-2'], true]);
      expect((await world.audit.read({ subject: everything, limit: 3 })).hasMore).toBe(false);
      expect(idsOf(await exported(world.audit))).toEqual(['g-1', 'g-2', 'g-3']);
    });

    it('reads the events of a subject', async () => {
      await world.audit.note(refusal(1));
      await world.audit.note(refusal(2, { by: { user: 'U02BOB' }, service: { ...reviews, service: 'ratings' } }));
      await world.audit.note(refusal(3, { by: { user: 'U03CAROL' }, askedBy: 'U02BOB', changeId: changeId(1) }));
      const seen = async (subject: AuditSubject) => idsOf((await world.audit.read({ subject, limit: 9 })).entries);

      expect(await seen({ kind: 'service', name: reviews })).toEqual(['g-3', 'g-1']);
      expect(await seen({ kind: 'service', name: { ...reviews, namespace: 'other' } })).toEqual([]);
      expect(await seen({ kind: 'person', user: 'U02BOB' })).toEqual(['g-3', 'g-2']);
      expect(await seen({ kind: 'change', id: changeId(1) })).toEqual(['g-3']);
    });

    it('exports nothing from before the given time', async () => {
      await world.audit.note(refusal(1));

      expect(await exported(world.audit, new Date('2100-01-01T00:00:00Z'))).toEqual([]);
    });

    it('includes untrusted entries for every subject', async () => {
      await world.audit.note(refusal(1));
      await world.spoil();

      const reading = await world.audit.read({ subject: { kind: 'person', user: 'U09NOBODY' }, limit: 5 });

      expect(reading.entries).toMatchObject([{ kind: 'untrusted' }]);
      expect(await exported(world.audit)).toMatchObject([{ kind: 'event' }, { kind: 'untrusted' }]);
    });

    it('has the event of an accepted change once', async () => {
      const options = { lines: noLines, ahead: false, event: told() };

      await Promise.all([1, 2, 3].map(() => world.changes.accept(change(), options)));

      expect(idsOf(await exported(world.audit))).toEqual([told().id]);
    });

    it('has the event of a transition once, from the first of ten workers', async () => {
      await world.changes.accept(change(), { lines: noLines, ahead: false });
      const next = moveTo(change(), { kind: 'superseded', at });

      const moved = await Promise.all(
        Array.from({ length: 10 }, (_, worker) => world.changes.update(next, told(`by worker ${worker}`))),
      );

      expect(moved.filter((each) => each)).toHaveLength(1);
      expect(idsOf(await exported(world.audit))).toEqual([`by worker ${moved.indexOf(true)}`]);
    });

    it('has no event of a change that was not accepted', async () => {
      await world.changes.accept(change(), {
        lines: new Map([[objectKey(reviewsObject), 7]]),
        ahead: false,
        event: told('moved'),
      });
      await world.changes.noteRefused(change().id);
      await world.changes.accept(change(), { lines: noLines, ahead: false, event: told('refused before') });

      expect(await exported(world.audit)).toEqual([]);
    });

    it('accepts no refusal from a gesture that moved a change', async () => {
      await world.changes.accept(change(), { lines: noLines, ahead: false, event: { ...told(), request: 'g-1' } });

      expect(await world.audit.note(refusal(1))).toBe(false);
    });
  });
}

async function exported(audit: Audit, since = new Date(0)): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of audit.export(since)) entries.push(entry);
  return entries;
}

function idsOf(entries: readonly AuditEntry[]): readonly string[] {
  return entries.map((entry) => (entry.kind === 'event' ? entry.event.id : 'untrusted'));
}
