import { describe, expect, it } from 'vitest';
import { holdReply } from '../../../src/slack/replies/hold.ts';
import { orderByHook } from '../../../src/workflow/holding/freeze-hook.ts';
import { changeId } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';

const hour = 3_600_000;
const shared = policyOf(`
groups: { sre: [U02BOB] }
rules:
  - { name: all, target: "**", shift: [U01ALICE, sre] }
`);

describe('a freeze', () => {
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

    expect(await house.freeze('U01ALICE', 'prod/default/reviews')).toMatchObject({
      kind: 'no-scope',
      scope: { kind: 'no-cluster', cluster: 'prod', clusters: ['sandbox'] },
    });
    expect(await house.holds.standing(house.now())).toEqual([]);
  });

  it('of a service is read as people type it', async () => {
    const house = new House();

    expect([
      await house.freeze('U01ALICE', 'reviews'),
      await house.freeze('U01ALICE', 'default/ratings'),
    ]).toMatchObject([
      { hold: { target: 'sandbox/default/reviews' } },
      { hold: { target: 'sandbox/default/ratings' } },
    ]);
  });

  it('that may be a namespace of a cluster or a service is asked about first', async () => {
    const house = new House();

    const asked = await house.freeze('U01ALICE', '*/reviews');
    const targets = asked.kind === 'which?' ? asked.commands.map(({ scope }) => scope.target) : [];

    expect(targets).toEqual(['*/reviews/*', 'sandbox/*/reviews']);
    expect(await house.holds.standing(house.now())).toEqual([]);
  });

  it('of a service may be set by its owner, although a rule below names others', async () => {
    const house = new House();
    house.policies.take(
      policyOf(`
rules:
  - { target: "*/*/reviews", shift: [U01ALICE] }
  - { target: "**", shift: [U02BOB] }
`),
    );

    const own = await house.freeze('U01ALICE', 'sandbox/default/reviews');
    const more = await house.freeze('U01ALICE', 'sandbox/default');

    expect([own, more]).toMatchObject([{ kind: 'frozen' }, { denial: { reason: 'not-allowed' } }]);
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
    expect(await house.holds.standing(house.now())).toEqual([]);
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
    await house.freeze('U02BOB', 'sandbox');

    expect(await house.thaw('U01ALICE', 'sandbox')).toMatchObject({ kind: 'several', holds: [{}, {}] });
    expect(await house.holds.standing(house.now())).toHaveLength(2);
  });

  it('of the same by the same person goes on with the first, under its name, and never ends sooner', async () => {
    const house = new House();
    const first = await house.freeze('U01ALICE', 'sandbox', { end: { kind: 'for', ms: 2 * hour }, reason: 'incident' });
    const longer = await house.freeze('U01ALICE', 'sandbox', { end: { kind: 'for', ms: 9 * hour } });
    const shorter = await house.freeze('U01ALICE', 'sandbox', { end: { kind: 'for', ms: hour } });

    const hold = first.kind === 'frozen' ? first.hold : undefined;
    const until = new Date(house.now().getTime() + 9 * hour);
    expect([longer, shorter]).toMatchObject([{ before: { id: hold?.id } }, { kind: 'frozen' }]);
    const { name } = hold ?? {};
    expect(await house.holds.standing(house.now())).toMatchObject([{ name, until, reason: 'incident' }]);
    expect(holdReply(longer).text).toMatch(/^Your freeze `f-.*` covers that already: it goes on, until /);
  });

  it('is one of at most ten of a person, which keeps out nobody else', async () => {
    const house = new House();
    house.policies.take(shared);
    const targets = Array.from({ length: 100 }, (_, n) => `sandbox/${'*'.repeat(n % 2)}details-${n}/*`);

    const answers = await Promise.all(targets.map((target) => house.freeze('U01ALICE', target)));

    expect(answers.filter(({ kind }) => kind === 'frozen')).toHaveLength(10);
    expect(answers.at(-1)).toMatchObject({ kind: 'too-many', yours: { length: 10 } });
    expect(await house.freeze('U02BOB', 'sandbox')).toMatchObject({ kind: 'frozen' });
    expect(await house.holds.standing(house.now())).toHaveLength(11);
  });

  it('by people who together have used up the room is still set by the hook, and by whoever may freeze all', async () => {
    const house = new House();
    const people = Array.from({ length: 11 }, (_, n) => `U${n}CAROL`);
    house.policies.take(
      policyOf(`
rules:
  - { target: "*/*/details*", shift: [U02BOB, ${people}] }
  - { target: "**", shift: [U02BOB] }
`),
    );
    for (const person of people)
      for (let n = 0; n < 10; n += 1)
        await house.freeze(person, `sandbox/default/details-${person.toLowerCase()}-${n}`);

    expect(await house.holds.standing(house.now())).toHaveLength(100);
    expect(await house.freeze('U10CAROL', 'sandbox/default/details')).toEqual({ kind: 'too-many' });
    expect(await house.freeze('U02BOB', 'sandbox')).toMatchObject({ kind: 'frozen' });
    const order = { action: 'freeze', name: 'INC-1', target: 'sandbox', reason: 'incident', end: undefined } as const;
    expect(await orderByHook(house.desk, order, 'hook:1')).toMatchObject({ kind: 'frozen' });
    expect(await house.thaw('U02BOB', 'sandbox/default/details-u0carol-0')).toMatchObject({ kind: 'thawed' });
    expect(house.notices.told).toMatchObject([{ user: 'U0CAROL', notice: { what: 'thawed', by: 'U02BOB' } }]);
    expect(await house.freeze('U0CAROL', 'sandbox')).toMatchObject({ denial: { reason: 'not-allowed' } });
  });

  it('is set beside one that cannot be read, and says how that is taken out', async () => {
    const house = new House();
    house.holds.spoil();

    const answers = [
      await house.freeze('U01ALICE', 'sandbox'),
      await house.thaw('U01ALICE'),
      await house.lock('U01ALICE'),
    ];

    expect(answers).toMatchObject([{ kind: 'frozen' }, { kind: 'freezes' }, { kind: 'locked' }]);
    for (const answer of answers)
      expect(holdReply(answer).text).toContain('take it out: `HDEL {shiftbot}:freezes "inc-42"`');
  });
});
