import { describe, expect, it } from 'vitest';
import { AcceptanceUnknownError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { lock } from '../../../src/workflow/holding/lock.ts';
import { changeId, reviews, reviewsObject, rule } from '../../support/builders.ts';
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
  it.each`
    what                                  | name          | hosts                              | host
    ${'by a gateway'}                     | ${'edge'}     | ${['shop.example.com']}            | ${'reviews.default.svc.cluster.local'}
    ${'by an object without hosts'}       | ${'routes'}   | ${[]}                              | ${'reviews.default.svc.cluster.local'}
    ${'by a host with a star'}            | ${'all'}      | ${['*.default.svc.cluster.local']} | ${'ratings.default.svc.cluster.local'}
    ${'under another spelling of a host'} | ${'reviews2'} | ${['Reviews.default.']}            | ${'ratings.default.svc.cluster.local'}
  `('of a service is one of every object that its requests go through: $what', async ({ name, hosts, host }) => {
    const object = { ...reviewsObject, name };
    const backends = ['v1', 'v3'].map((version) => ({ version, host, label: version }));
    const other = {
      ...reviews({}, { object, uid: 'uid of another', rules: [rule({ v1: 100 }, { backends })] }),
      hosts,
    };
    const house = new House(reviews({ v1: 100 }), other);
    await house.lock('U02BOB');

    const answer = await house.shiftOf(`vs/${name}`, 'v3', 50);

    expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'locked', hold: { target, by: 'U02BOB' } } });
    expect(house.mesh.routeOf(object).rules[0]?.split).toEqual({ v1: 100 });
  });

  it('that an older version put on the object is taken over and ended like any other', async () => {
    const named = { ...reviews({ v1: 100 }, { object: { ...reviewsObject, name: 'routes' } }), hosts: ['reviews'] };
    const house = new House(named);
    const set = await house.lock('U01ALICE');
    if (set.kind !== 'locked') throw new Error(set.kind);
    await house.holds.release(set.hold);
    await house.holds.set({ ...set.hold, id: changeId(7), target: 'sandbox/default/routes' }, { at: house.now() });

    expect(await house.lock('U02BOB')).toMatchObject({ kind: 'take-over?' });
    await house.lock('U02BOB', {}, changeId(7));

    expect(await house.holds.standing(house.now())).toMatchObject([{ by: 'U02BOB', target }]);
    expect(await house.unlock('U02BOB')).toMatchObject({ kind: 'unlocked' });
    expect(await house.holds.standing(house.now())).toEqual([]);
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

  it('is for members of the team', async () => {
    const house = new House();
    house.people.is('U05GUEST', { kind: 'guest' });

    expect(await house.lock('U05GUEST')).toMatchObject({ kind: 'denied', denial: { reason: 'guest' } });
    expect(await house.holds.standing(house.now())).toEqual([]);
  });

  it('is set once, even if Slack delivers the command twice', async () => {
    const house = new House();
    const asker = house.asker('U01ALICE');
    const command = { verb: 'lock', service: { service: 'reviews' } } as const;
    await lock(house.desk, command, asker);
    await house.unlock('U01ALICE');

    expect(await lock(house.desk, command, asker)).toEqual({ kind: 'set-before' });
    expect(await house.holds.standing(house.now())).toEqual([]);
  });

  it('of an unknown service is refused', async () => {
    const house = new House();
    const command = { verb: 'lock', service: { service: 'reviws' } } as const;

    expect(await lock(house.desk, command, house.asker())).toMatchObject({ kind: 'not-found' });
  });

  it('may or may not be set when the store did not answer', async () => {
    const house = new House();
    const holds = Object.assign(Object.create(house.holds), {
      on: async () => ({ holds: [], unreadable: [] }),
      set: async () => {
        throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
      },
    });
    const command = { verb: 'lock', service: { service: 'reviews' } } as const;

    await expect(lock({ ...house.desk, holds }, command, house.asker())).rejects.toBeInstanceOf(AcceptanceUnknownError);
  });
});

describe('the lock of somebody else', () => {
  it('is taken over only by a person who was shown it, and its owner is told', async () => {
    const house = new House();
    await house.lock('U01ALICE', { reason: 'migrating ratings' });

    const asked = await house.lock('U02BOB');
    const before = await house.holds.standing(house.now());
    const seen = asked.kind === 'take-over?' ? asked.hold.id : '';
    const answer = await house.lock('U02BOB', {}, seen);

    expect(asked).toMatchObject({ hold: { by: 'U01ALICE', reason: 'migrating ratings' } });
    expect(before).toMatchObject([{ by: 'U01ALICE' }]);
    expect(answer).toMatchObject({ kind: 'locked', hold: { by: 'U02BOB' }, before: { by: 'U01ALICE' } });
    expect(await house.holds.standing(house.now())).toMatchObject([{ by: 'U02BOB', target }]);
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
    expect(await house.holds.standing(house.now())).toHaveLength(1);
  });

  it('cannot be ended by others without a policy file', async () => {
    const house = new House();
    await house.lock('U01ALICE');

    expect(await house.unlock('U02BOB')).toMatchObject({ kind: 'not-yours', hold: { by: 'U01ALICE' } });
    expect(await house.holds.standing(house.now())).toHaveLength(1);
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
