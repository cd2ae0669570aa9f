import { describe, expect, it } from 'vitest';
import type { MovingCommand } from '../../../src/domain/language/command.ts';
import type { Hold } from '../../../src/domain/policy/freeze.ts';
import { explain } from '../../../src/workflow/asking/explain.ts';
import { AcceptanceUnknownError, PolicyUnknownError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { lock } from '../../../src/workflow/holding/lock.ts';
import { overview, serviceStatus } from '../../../src/workflow/looking/look-up.ts';
import { changeId, reviews, reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';

const hour = 3_600_000;
const twoHours = { kind: 'for', ms: 2 * hour } as const;
const target = 'sandbox/default/reviews';

const shared = policyOf(`
groups: { sre: [U02BOB] }
rules:
  - { name: all, target: "**", shift: [U01ALICE, sre] }
`);

describe('a lock', () => {
  it('keeps others from moving the traffic, and tells them who locked it, why and until when', async () => {
    const house = new House(reviews({ v1: 100 }));
    await house.lock('U01ALICE', { end: twoHours, reason: 'migrating ratings' });

    const answer = await house.shift('v3', 50, {}, house.asker('U02BOB'));

    const until = new Date(house.now().getTime() + 2 * hour);
    const hold = { kind: 'lock', by: 'U01ALICE', reason: 'migrating ratings', until };
    expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'locked', hold } });
    expect([house.split, house.changes.all]).toEqual([{ v1: 100 }, []]);
  });

  it('does not stop its owner', async () => {
    const house = new House(reviews({ v1: 100 }));
    await house.lock('U01ALICE');

    await house.applied('v3', 50);

    expect(house.split).toEqual({ v1: 50, v3: 50 });
  });

  it('lets everybody roll back', async () => {
    const house = new House(reviews({ v1: 100 }));
    const change = await house.applied('v3', 50);
    await house.lock('U01ALICE');

    await house.clickRollback(change.id, undefined, house.asker('U02BOB'));
    await house.work();

    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('stops rollbacks, too, if policy says so', async () => {
    const house = new House(reviews({ v1: 100 }));
    const change = await house.applied('v3', 50);
    await house.lock('U01ALICE');
    house.policies.take(
      policyOf('rules:\n  - { target: "**", shift: [everyone], rollback: { duringFreeze: false } }\n'),
    );

    const answer = await house.clickRollback(change.id, undefined, house.asker('U02BOB'));

    expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'locked' } });
  });

  it('ends by itself', async () => {
    const house = new House(reviews({ v1: 100 }));
    await house.lock('U01ALICE', { end: twoHours });
    house.pass(2 * hour);

    const answer = await house.shift('v3', 50, {}, house.asker('U02BOB'));

    expect(answer.kind).toBe('accepted');
  });

  it('lasts eight hours by default, and seven days at most', async () => {
    const house = new House();
    const answer = await house.lock('U01ALICE');
    const tooLong = await house.lock('U01ALICE', { end: { kind: 'for', ms: 169 * hour } });

    expect(answer).toMatchObject({ hold: { until: new Date(house.now().getTime() + 8 * hour) } });
    expect(tooLong).toMatchObject({ kind: 'wrong-end', because: 'too-long' });
  });

  it('ends by the clock of the person who sets it, or in UTC', async () => {
    const house = new House();
    const end = { kind: 'until', time: '18:00' } as const; // it is 14:03 UTC
    const inUtc = await house.lock('U01ALICE', { end });
    house.people.livesIn('U01ALICE', 'Europe/Berlin');
    const inBerlin = await house.lock('U01ALICE', { end });
    house.people.livesIn('U01ALICE', 'Mars/Olympus');
    const onMars = await house.lock('U01ALICE', { end });

    expect([inUtc, inBerlin, onMars]).toMatchObject([
      { hold: { until: new Date('2026-11-22T18:00:00Z'), timezone: 'UTC' } },
      { hold: { until: new Date('2026-11-22T17:00:00Z'), timezone: 'Europe/Berlin' } },
      { hold: { until: new Date('2026-11-22T18:00:00Z'), timezone: 'UTC' } },
    ]);
  });

  it('set while a change waits keeps that change from being applied', async () => {
    const house = new House(reviews({ v1: 100 }));
    const change = await house.accepted('v3', 50);
    await house.lock('U02BOB');

    await house.work();

    expect(house.split).toEqual({ v1: 100 });
    expect(house.stored(change.id).state).toMatchObject({
      ...{ kind: 'void', because: 'denied', denied: 'locked' },
      hold: { by: 'U02BOB' },
    });
  });

  it('voids a change that waits for approval, once it is approved', async () => {
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(
      policyOf('rules:\n  - { target: "**", shift: [everyone], approve: { by: [U02BOB, U03CAROL] } }\n'),
    );
    const change = await house.accepted('v3', 50);
    await house.lock('U03CAROL');

    const answer = await house.approve(change.id, 'U02BOB');
    await house.work();

    expect(answer).toMatchObject({ kind: 'voided', change: { state: { denied: 'locked' } } });
    expect(house.split).toEqual({ v1: 100 });
  });

  it('does not stop an accepted rollback while Slack is away', async () => {
    const house = new House(reviews({ v1: 100 }));
    const change = await house.applied('v3', 50);
    await house.lock('U02BOB');
    await house.clickRollback(change.id, undefined, house.asker('U03CAROL'));
    house.people.is('U03CAROL', { kind: 'unknown', why: 'Slack did not answer' });

    await house.work();

    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('is for members of the team', async () => {
    const house = new House();
    house.people.is('U05GUEST', { kind: 'guest' });

    expect(await house.lock('U05GUEST')).toMatchObject({ kind: 'denied', denial: { reason: 'guest' } });
    expect(await house.holds.all(house.now())).toEqual([]);
  });

  it('is set once, even if Slack delivers the command twice', async () => {
    const house = new House();
    const asker = house.asker('U01ALICE');
    const command = { verb: 'lock', service: { service: 'reviews' } } as const;
    await lock(house.desk, command, asker);
    await house.unlock('U01ALICE');

    expect(await lock(house.desk, command, asker)).toEqual({ kind: 'set-before' });
    expect(await house.holds.all(house.now())).toEqual([]);
  });

  it('of an unknown service is refused', async () => {
    const house = new House();
    const command = { verb: 'lock', service: { service: 'reviws' } } as const;

    expect(await lock(house.desk, command, house.asker())).toMatchObject({ kind: 'not-found' });
  });
});

describe('the lock of somebody else', () => {
  it('is taken over only by a person who was shown it, and its owner is told', async () => {
    const house = new House();
    await house.lock('U01ALICE', { reason: 'migrating ratings' });

    const asked = await house.lock('U02BOB');
    const before = await house.holds.all(house.now());
    const seen = asked.kind === 'take-over?' ? asked.hold.id : '';
    const answer = await house.lock('U02BOB', {}, seen);

    expect(asked).toMatchObject({ hold: { by: 'U01ALICE', reason: 'migrating ratings' } });
    expect(before).toMatchObject([{ by: 'U01ALICE' }]);
    expect(answer).toMatchObject({ kind: 'locked', hold: { by: 'U02BOB' }, before: { by: 'U01ALICE' } });
    expect(await house.holds.all(house.now())).toMatchObject([{ by: 'U02BOB', target }]);
    expect(house.notices.told).toMatchObject([
      { user: 'U01ALICE', notice: { what: 'taken-over', by: 'U02BOB', hold: { reason: 'migrating ratings' } } },
    ]);
  });

  it('is not taken over by the answer to a question about an earlier lock', async () => {
    const house = new House();
    await house.lock('U01ALICE');
    const asked = await house.lock('U02BOB');
    await house.lock('U01ALICE', { end: twoHours });

    const answer = await house.lock('U02BOB', {}, asked.kind === 'take-over?' ? asked.hold.id : '');

    expect(answer).toMatchObject({ kind: 'take-over?', hold: { by: 'U01ALICE' } });
    expect(house.notices.told).toEqual([]);
  });

  it('leads to a question when two people lock at once', async () => {
    const house = new House();

    const answers = await Promise.all([house.lock('U01ALICE'), house.lock('U02BOB')]);

    expect(answers.map(({ kind }) => kind).sort()).toEqual(['locked', 'take-over?']);
    expect(await house.holds.all(house.now())).toHaveLength(1);
  });

  it('cannot be ended by others without a policy file', async () => {
    const house = new House();
    await house.lock('U01ALICE');

    expect(await house.unlock('U02BOB')).toMatchObject({ kind: 'not-yours', hold: { by: 'U01ALICE' } });
    expect(await house.holds.all(house.now())).toHaveLength(1);
  });

  it('is ended only by those whom the policy file allows, and its owner is told', async () => {
    const house = new House();
    house.policies.take(shared);
    await house.lock('U01ALICE');

    const carols = await house.unlock('U03CAROL');
    const bobs = await house.unlock('U02BOB');

    expect(carols).toMatchObject({ kind: 'denied', denial: { reason: 'not-allowed', deed: 'unlock' } });
    expect(bobs).toMatchObject({ kind: 'unlocked', hold: { by: 'U01ALICE' } });
    expect(house.notices.told).toMatchObject([{ user: 'U01ALICE', notice: { what: 'unlocked', by: 'U02BOB' } }]);
  });

  it('can always be ended by its owner, even if policy changed', async () => {
    const house = new House();
    await house.lock('U03CAROL');
    house.policies.take(shared);

    expect(await house.unlock('U03CAROL')).toMatchObject({ kind: 'unlocked' });
    expect(await house.unlock('U03CAROL')).toMatchObject({ kind: 'not-locked' });
    expect(house.notices.told).toEqual([]);
  });
});

describe('a freeze', () => {
  it('stops everybody, also the person who set it', async () => {
    const house = new House(reviews({ v1: 100 }));
    const answer = await house.freeze('U01ALICE', 'sandbox/default', { reason: 'incident 42' });

    const shifts = [await house.shift('v3', 50), await house.shift('v3', 50, {}, house.asker('U02BOB'))];

    expect(answer).toMatchObject({
      kind: 'frozen',
      hold: { target: 'sandbox/default/*' },
      scope: { clusters: ['sandbox'] },
    });
    const denial = { reason: 'frozen', hold: { by: 'U01ALICE', reason: 'incident 42' } };
    expect(shifts).toMatchObject([{ denial }, { denial }]);
  });

  it('stops nothing that it does not cover', async () => {
    const house = new House(reviews({ v1: 100 }));
    await house.freeze('U01ALICE', 'sandbox/payments');

    expect((await house.shift('v3', 50)).kind).toBe('accepted');
  });

  it('lets rollbacks through', async () => {
    const house = new House(reviews({ v1: 100 }));
    const change = await house.applied('v3', 50);
    await house.freeze('U01ALICE', '**');

    await house.clickRollback(change.id);
    await house.work();

    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('says whether a rule stops rollbacks, too', async () => {
    const house = new House();
    house.policies.take(
      policyOf(`
rules:
  - { target: "*/payments/*", shift: [everyone], rollback: { duringFreeze: false } }
  - { target: "**", shift: [everyone] }
`),
    );

    expect([await house.freeze('U01ALICE', '**'), await house.freeze('U01ALICE', 'sandbox/default')]).toMatchObject([
      { stopsRollbacks: true },
      { stopsRollbacks: false },
    ]);
    expect(await house.lock('U01ALICE')).toMatchObject({ kind: 'locked', stopsRollbacks: false });
  });

  it('of an unknown cluster is refused', async () => {
    const house = new House();

    expect(await house.freeze('U01ALICE', 'default/reviews')).toMatchObject({
      kind: 'no-scope',
      scope: { kind: 'no-cluster', cluster: 'default', clusters: ['sandbox'] },
    });
    expect(await house.holds.all(house.now())).toEqual([]);
  });

  it('needs the right under every rule that it reaches', async () => {
    const house = new House();
    house.policies.take(
      policyOf(`
groups: { sre: [U02BOB] }
rules:
  - { target: "*/payments/*", shift: [U01ALICE] }
  - { target: "**", shift: [sre] }
`),
    );

    const all = await house.freeze('U02BOB', '**');
    const shop = await house.freeze('U02BOB', 'sandbox/shop');

    expect([all, shop]).toMatchObject([{ denial: { reason: 'not-allowed', deed: 'freeze' } }, { kind: 'frozen' }]);
  });

  it('is thawed by its owner, by its name or by what it covers', async () => {
    const house = new House();
    const first = await house.freeze('U01ALICE', 'sandbox');
    await house.freeze('U01ALICE', 'sandbox/default');
    const name = first.kind === 'frozen' ? first.hold.name : undefined;

    const byName = await house.thaw('U01ALICE', name);
    const byScope = await house.thaw('U01ALICE', 'sandbox/default');

    expect([byName, byScope]).toMatchObject([{ kind: 'thawed' }, { kind: 'thawed' }]);
    expect(await house.holds.all(house.now())).toEqual([]);
    expect(house.notices.told).toEqual([]);
  });

  it('of somebody else is thawed, without a policy file, only by a person who was shown it, and its owner is told', async () => {
    const house = new House();
    await house.freeze('U01ALICE', 'sandbox');

    const asked = await house.thaw('U02BOB', 'sandbox');
    const seen = asked.kind === 'thaw?' ? asked.hold.id : '';
    const other = await house.thaw('U02BOB', 'sandbox', changeId(9));
    const answer = await house.thaw('U02BOB', 'sandbox', seen);

    expect([asked, other, answer]).toMatchObject([{ kind: 'thaw?' }, { kind: 'thaw?' }, { kind: 'thawed' }]);
    expect(house.notices.told).toMatchObject([{ user: 'U01ALICE', notice: { what: 'thawed', by: 'U02BOB' } }]);
  });

  it('of somebody else is thawed only by those whom the policy file allows', async () => {
    const house = new House();
    house.policies.take(shared);
    await house.freeze('U01ALICE', 'sandbox');

    const answers = [await house.thaw('U03CAROL', 'sandbox'), await house.thaw('U02BOB', 'sandbox')];

    expect(answers).toMatchObject([{ denial: { reason: 'not-allowed', deed: 'thaw' } }, { kind: 'thawed' }]);
  });

  it('of the policy file is listed, and must be ended in the file', async () => {
    const house = new House(); // it is Sunday, 14:03
    house.policies.take(
      policyOf(
        'rules:\n  - { target: "**", shift: [everyone] }\nfreezes:\n  - { name: sunday, target: "sandbox/**", cron: "0 0 * * SUN", for: 24h }\n',
      ),
    );

    expect(await house.thaw('U01ALICE', 'sunday')).toMatchObject({ kind: 'of-the-file', freeze: { line: 4 } });
    expect(await house.thaw('U01ALICE')).toMatchObject({ kind: 'freezes', holds: [{ name: 'sunday', line: 4 }] });
  });

  it('that does not exist is answered with the list of those that do', async () => {
    const house = new House();
    await house.freeze('U01ALICE', 'sandbox');

    expect(await house.thaw('U01ALICE', 'inc-42')).toMatchObject({
      kind: 'no-freeze',
      holds: [{ target: 'sandbox/**' }],
    });
  });

  it('must be named if several cover exactly the same', async () => {
    const house = new House();
    await house.freeze('U01ALICE', 'sandbox');
    await house.freeze('U01ALICE', 'sandbox');

    expect(await house.thaw('U01ALICE', 'sandbox')).toMatchObject({ kind: 'several', holds: [{}, {}] });
    expect(await house.holds.all(house.now())).toHaveLength(2);
  });

  it('is one of at most a hundred', async () => {
    const house = new House();
    for (let count = 0; count < 100; count += 1) await house.freeze('U01ALICE', 'sandbox');

    expect(await house.freeze('U01ALICE', 'sandbox')).toEqual({ kind: 'too-many' });
  });
});

describe('locks and freezes', () => {
  const shift: MovingCommand = {
    verb: 'shift',
    service: { service: 'reviews' },
    wish: { kind: 'share', version: 'v3', percent: 50 },
    options: { dryRun: false },
  };

  it('are shown in the status of a service and of its namespace, with freezes of the policy file', async () => {
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(
      policyOf(
        'rules:\n  - { target: "**", shift: [everyone] }\nfreezes:\n  - { name: sunday, target: "**", cron: "0 0 * * SUN", for: 24h }\n',
      ),
    );
    await house.lock('U01ALICE', { reason: 'migrating ratings' });
    await house.freeze('U02BOB', 'sandbox/payments');

    const status = await serviceStatus(house.desk, { service: 'reviews' });
    const all = await overview(house.desk, {});

    const held: Partial<Hold>[] = [
      { kind: 'lock', by: 'U01ALICE', reason: 'migrating ratings' },
      { kind: 'freeze', name: 'sunday' },
    ];
    expect([status, all]).toMatchObject([{ holds: held }, { holds: held }]);
  });

  it('are the reason that /shift why gives', async () => {
    const house = new House(reviews({ v1: 100 }));
    await house.lock('U01ALICE');

    expect(await explain(house.desk, shift, house.asker('U02BOB'))).toMatchObject({
      judgement: { verdict: { denial: { reason: 'locked', hold: { by: 'U01ALICE' } } } },
    });
  });

  it('are unknown, not absent, while the store is away', async () => {
    const house = new House(reviews({ v1: 100 }));
    const change = await house.accepted('v3', 50);
    house.holds.goAway();

    await expect(house.shift('v3', 60)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(house.attempt(change)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await serviceStatus(house.desk, { service: 'reviews' })).toMatchObject({ kind: 'status', holds: undefined });
    expect(house.split).toEqual({ v1: 100 });
  });

  it('that cannot be trusted let nothing through', async () => {
    const house = new House(reviews({ v1: 100 }));
    const change = await house.accepted('v3', 50);
    house.holds.spoil();

    await expect(house.shift('v3', 60)).rejects.toBeInstanceOf(PolicyUnknownError);
    const answer = await house.attempt(change);

    expect(answer.kind).toBe('not-yet');
    expect(house.mesh.splitOf(reviewsObject)).toEqual({ v1: 100 });
  });

  it('may or may not be set when the store did not answer', async () => {
    const house = new House();
    const holds = Object.assign(Object.create(house.holds), {
      on: async () => [],
      set: async () => {
        throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
      },
    });
    const command = { verb: 'lock', service: { service: 'reviews' } } as const;

    await expect(lock({ ...house.desk, holds }, command, house.asker())).rejects.toBeInstanceOf(AcceptanceUnknownError);
  });
});
