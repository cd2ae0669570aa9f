import { describe, expect, it } from 'vitest';
import { changeId } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { House } from '../house.ts';

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
    expect(await house.holds.all(house.now())).toEqual([]);
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
    expect(await house.holds.all(house.now())).toEqual([]);
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
