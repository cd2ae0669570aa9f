import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultGuard } from '../../src/domain/policy/ramps/guard-rule.ts';
import { newGuards } from '../../src/domain/ramp/guards.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import type { RampState } from '../../src/domain/ramp/ramp-state.ts';
import { objectKey } from '../../src/domain/routing/object.ts';
import { AuditStream } from '../../src/redis/audit-stream.ts';
import { StoredCards } from '../../src/redis/card-log.ts';
import { type Connection, connectForRequests, readRedisUrl, whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { StoredRamps } from '../../src/redis/stored-ramps.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { UntrustedRecordError } from '../../src/workflow/errors.ts';
import type { Audit } from '../../src/workflow/ports/audit.ts';
import type { CardLog } from '../../src/workflow/ports/cards.ts';
import type { Changes } from '../../src/workflow/ports/changes.ts';
import type { Ramps } from '../../src/workflow/ports/ramps.ts';
import { rampEvent } from '../../src/workflow/ramping/ramp-event.ts';
import { change, changeId, reviewsObject } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { InMemoryAudit } from '../support/in-memory-audit.ts';
import { InMemoryCards } from '../support/in-memory-cards.ts';
import { InMemoryChanges } from '../support/in-memory-changes.ts';
import { InMemoryRamps } from '../support/in-memory-ramps.ts';

const redisBinary = await findRedisServer().catch(() => undefined);
const recordKey = '0123456789abcdef';
const at = '2026-11-22T14:03:11.000Z';
const later = '2026-11-22T14:08:11.000Z';
const muchLater = '2026-11-22T15:08:11.000Z';

interface World {
  readonly ramps: Ramps;
  readonly changes: Changes;
  readonly cards: CardLog;
  readonly audit: Audit;
}

describeRamps('in memory', async () => {
  const cards = new InMemoryCards();
  const audit = new InMemoryAudit();
  const ramps = new InMemoryRamps({ cards, audit });
  return { ramps, changes: new InMemoryChanges({ cards, audit, ramps }), cards, audit };
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

  describeRamps('in Redis', async () => ({
    ramps: new StoredRamps(redis, { recordKey }),
    changes: new StoredChanges(redis, { recordKey }),
    cards: new StoredCards(redis),
    audit: new AuditStream(redis, { recordKey }),
  }));

  describe('ramps in Redis', () => {
    it('whose record was altered are not read', async () => {
      const ramps = new StoredRamps(redis, { recordKey });
      const ramp = aRamp();
      await ramps.create(ramp, { askedAs: changeId(9) });
      await redis.hset(keys.ramp(ramp.id), 'record', JSON.stringify({ v: 1, ...ramp, version: 'v2' }));

      await expect(ramps.read(ramp.id)).rejects.toBeInstanceOf(UntrustedRecordError);
      expect(await ramps.open()).toEqual([]);
    });

    it('that are over are forgotten after a while', async () => {
      const ramps = new StoredRamps(redis, { recordKey });
      const ramp = aRamp();
      await ramps.create(ramp, { askedAs: changeId(9) });
      await ramps.update(next(ramp, { kind: 'finished', at }), {});

      expect(await redis.ttl(keys.ramp(ramp.id))).toBeGreaterThan(0);
      expect(await redis.exists(keys.ramps, keys.rampOn)).toBe(0);
    });
  });
});

/** One that goes back, in eu already. */
function ofTwoClusters(): Ramp {
  const ramp = aRamp();
  const both = ([target]: Ramp['before']): Ramp['before'] => [
    target,
    { ...target, object: { ...target.object, cluster: 'us' } },
  ];
  const [first, ...more] = ramp.steps;
  const inBoth = (step: typeof first) => ({ ...step, to: both(step.to) });
  const state: RampState = {
    kind: 'going-back',
    ...{ why: 'aborted' as const, by: 'U01ALICE', at, step: 1, seen: both(ramp.before) },
    clusters: { left: ['us'], again: [] },
  };
  return { ...ramp, before: both(ramp.before), steps: [inBoth(first), ...more.map(inBoth)], state };
}

function describeRamps(where: string, start: () => Promise<World>): void {
  describe(`ramps ${where}`, () => {
    let world: World;

    beforeEach(async () => {
      world = await start();
    });

    const askedAs = changeId(9);
    const stored = async (ramp = aRamp()) => {
      await world.ramps.create(ramp, { askedAs });
      return ramp;
    };

    it('are given back as they were stored, with all that their guards keep', async () => {
      const astray = { since: at, rightAt: later };
      const inTheWay = { confounded: 'other-object', confoundedBy: 'edge/reviews', sticky: 'cookie' } as const;
      const looking = { nextAt: later, scrapeMs: 1_000, shownAt: at };
      const ramp = await stored({
        ...aRamp(),
        guards: { ...newGuards(defaultGuard, 2), ...inTheWay, looking, astray },
        selects: ['reviews.default.svc.cluster.local v3 version=v3'],
      });

      expect(await world.ramps.read(ramp.id)).toEqual(ramp);
      expect(await world.ramps.open()).toEqual([ramp]);
      expect(await world.changes.areQuiet()).toBe(false);
    });

    it('know where one of several clusters still has to go back', async () => {
      const ramp = await stored(ofTwoClusters());

      expect(await world.ramps.read(ramp.id)).toEqual(ramp);
    });

    it('keep what a guard saw while a step was in line', async () => {
      const ramp = await stored();
      const tally = { requests: 412, bad: 8 };
      const proof = { guard: 'errors', oneIn: 100, canary: tally, others: tally } as const;
      const made = { kind: 'stepping', step: 2, change: changeId(2), live: 1, since: at, from: ramp.before } as const;
      const stepping = next(ramp, { ...made, suspected: proof });
      await world.ramps.update(stepping, {});

      expect(await world.ramps.read(ramp.id)).toEqual(stepping);
    });

    it('are looked at by one process at a time, which may ask again', async () => {
      const { id } = await stored();

      expect(await world.ramps.claimLook(id, 'one', 60_000)).toBe('claimed');
      expect(await world.ramps.claimLook(id, 'other', 60_000)).toBe('taken');
      expect(await world.ramps.claimLook(id, 'one', 60_000)).toBe('claimed');
      expect(await world.ramps.claimLook('r-00000002', 'other', 60_000)).toBe('claimed');
    });

    it('are free for another look once it has ended, and not when somebody else says so', async () => {
      const { id } = await stored();
      await world.ramps.claimLook(id, 'one', 60_000);

      await world.ramps.endLook(id, 'other');
      expect(await world.ramps.claimLook(id, 'other', 60_000)).toBe('taken');
      await world.ramps.endLook(id, 'one');
      expect(await world.ramps.claimLook(id, 'other', 60_000)).toBe('claimed');
    });

    it('rest for a while, for every process, when a look ended so', async () => {
      const { id } = await stored();
      await world.ramps.claimLook(id, 'one', 60_000);
      await world.ramps.endLook(id, 'one', 50);

      expect(await world.ramps.claimLook(id, 'one', 60_000)).toBe('rests');
      expect(await world.ramps.claimLook(id, 'other', 60_000)).toBe('rests');
      await eventually(async () => expect(await world.ramps.claimLook(id, 'other', 60_000)).toBe('claimed'));
    });

    it('are free for another look soon after the process that looks has died', async () => {
      const { id } = await stored();
      await world.ramps.claimLook(id, 'one', 50);

      await eventually(async () => expect(await world.ramps.claimLook(id, 'other', 60_000)).toBe('claimed'));
    });

    it('are created once', async () => {
      const ramp = await stored();

      expect(await world.ramps.create({ ...ramp, version: 'v2' }, { askedAs })).toBe('known');
      expect(await world.ramps.read(ramp.id)).toEqual(ramp);
    });

    it('are not created while another one moves the same rule, and are when that is over', async () => {
      const ramp = await stored();
      const other = aRamp('r-00000002');

      expect(await world.ramps.create(other, { askedAs: changeId(8) })).toBe('taken');
      await world.ramps.update(next(ramp, { kind: 'finished', at }), {});
      expect(await world.ramps.create(other, { askedAs: changeId(8) })).toBe('created');
    });

    it('move on by one rev, and only from the one that was read', async () => {
      const ramp = await stored();
      const moved = next(ramp, { kind: 'withdrawn', at, by: 'U01ALICE' });

      expect(await world.ramps.update(moved, {})).toBe(true);
      expect(await world.ramps.update(next(ramp, { kind: 'finished', at }), {})).toBe(false);
      expect(await world.ramps.read(ramp.id)).toEqual(moved);
      expect(await world.ramps.open()).toEqual([]);
    });

    it('are moved once by a request, however often it is delivered', async () => {
      const ramp = await stored();
      const first = { ...ramp, rev: 1 };
      expect(await world.ramps.decidedAs(changeId(5))).toBeUndefined();
      expect(await world.ramps.update(first, { askedAs: changeId(5) })).toBe(true);

      expect(await world.ramps.decidedAs(changeId(5))).toBe(ramp.id);
      expect(await world.ramps.update({ ...ramp, rev: 2 }, { askedAs: changeId(5) })).toBe(false);
      expect(await world.ramps.update({ ...ramp, rev: 2 }, { askedAs: changeId(6) })).toBe(true);
    });

    it('are listed by when they are due', async () => {
      const late = await stored(aRamp('r-00000001', 'default', later));
      const soon = await stored(aRamp('r-00000002', 'orders', at));

      expect((await world.ramps.open()).map(({ id }) => id)).toEqual([soon.id, late.id]);
      const { state } = soon;
      if (state.kind !== 'awaiting') throw new Error('it was built to wait');
      await world.ramps.update(next(soon, { ...state, expiresAt: muchLater }), {});
      expect((await world.ramps.open()).map(({ id }) => id)).toEqual([late.id, soon.id]);
    });

    it('owe their card what they became, unless it need not show it', async () => {
      const ramp = await stored();
      expect(await world.cards.owed()).toEqual([ramp.id]);
      const claim = await world.cards.claim(ramp.id);
      await claim?.place({ channel: 'C1', ts: '1.0', shownRev: 500_000 });
      await claim?.release();

      await world.ramps.update({ ...ramp, rev: 1 }, { isQuiet: true });
      expect(await world.cards.owed()).toEqual([]);
      await world.ramps.update({ ...ramp, rev: 2 }, {});
      expect(await world.cards.owed()).toEqual([ramp.id]);
    });

    it('tell the audit in the same step', async () => {
      const ramp = aRamp();
      await world.ramps.create(ramp, {
        askedAs,
        event: rampEvent(ramp, { kind: 'awaiting', deed: 'shift' }, new Date(at)),
      });

      const { entries } = await world.audit.read({ subject: { kind: 'ramp', id: ramp.id }, limit: 5 });
      expect(entries).toMatchObject([{ kind: 'event', event: { kind: 'awaiting', rampId: ramp.id } }]);
    });

    it('are stored in one step with the change that they make, and make none once they moved on', async () => {
      const ramp = await stored();
      const step = change({ ramp: { id: ramp.id, step: 1, of: 2 } });
      const lines = await world.changes.lines([reviewsObject]);
      const from = { live: 0, since: at, from: ramp.before };
      const stepping = { kind: 'stepping', step: 1, change: step.id, ...from } as const;
      const options = { lines: lines.versions, ahead: false, ramp: next(ramp, stepping) };

      await world.ramps.update(next(ramp, { kind: 'withdrawn', at, by: 'U01ALICE' }), {});
      expect(await world.changes.accept(step, options)).toEqual({ kind: 'ramp-moved' });
      expect(await world.changes.read(step.id)).toBeUndefined();

      const other = await stored(aRamp('r-00000002'));
      const begun = next(other, stepping);
      const rampTold = rampEvent(begun, { kind: 'approved', deed: 'approve' }, new Date(at));
      const accepted = await world.changes.accept(step, { ...options, ramp: begun, rampEvent: rampTold });
      expect(accepted).toEqual({ kind: 'accepted' });
      const { entries } = await world.audit.read({ subject: { kind: 'ramp', id: other.id }, limit: 5 });
      expect(entries).toMatchObject([{ kind: 'event', event: { id: `${other.id}.1`, kind: 'approved' } }]);
      expect(await world.ramps.read(other.id)).toEqual(begun);
      expect(await world.changes.read(step.id)).toMatchObject({ ramp: { id: ramp.id, step: 1 } });
    });

    it('are told to who reads the lines of an object', async () => {
      const ramp = await stored();

      expect((await world.changes.lines([reviewsObject])).ramps).toEqual([
        { object: reviewsObject, rule: 'default', ramp: ramp.id },
      ]);
      const elsewhere = { ...reviewsObject, name: `${reviewsObject.name}-2` };
      expect((await world.changes.lines([elsewhere])).ramps).toEqual([]);
      expect(objectKey(elsewhere)).not.toBe(objectKey(reviewsObject));
    });
  });
}

function next(ramp: Ramp, state: RampState): Ramp {
  return { ...ramp, state, rev: ramp.rev + 1 };
}

/** It awaits approval until then. */
function aRamp(id: Ramp['id'] = 'r-00000001', rule = 'default', expiresAt = later): Ramp {
  const target = (v3: number) => [{ object: reviewsObject, rule, split: { v1: 100 - v3, v3 } }] as const;
  const step = (percent: number) => ({ percent, stay: { kind: 'for', ms: 60_000 }, to: target(percent) }) as const;
  const needs = {
    by: [{ kind: 'everyone' }],
    count: 1,
    expiresMs: 3_600_000,
    rule: { name: 'prod', line: 3 },
  } as const;
  return {
    id,
    request: `request of ${id}`,
    name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    version: 'v3',
    by: 'U01ALICE',
    origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
    before: target(0),
    steps: [step(10), step(100)],
    changes: [],
    acceptedAt: at,
    state: { kind: 'awaiting', expiresAt, needs },
    rev: 0,
  };
}
