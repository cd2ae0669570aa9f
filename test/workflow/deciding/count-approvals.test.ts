import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, planShown } from '../../../src/domain/change/change.ts';
import { objectionToRejecting } from '../../../src/workflow/deciding/reject.ts';
import { reviewsObject } from '../../support/builders.ts';
import { approvedBy, policyOf } from '../../support/policies.ts';
import { acceptedIn, type House } from '../house.ts';
import { kinds } from '../kinds.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;

describe.each(kinds)('approvals of a change that was asked for as $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  async function awaiting(policy: ReturnType<typeof approvedBy>): Promise<Change['id']> {
    house.policies.take(policy);
    return (await house.accepted('v3', 50)).id;
  }

  const given = (id: Change['id']) => house.stored(id).approvals?.map(({ by }) => by);

  it('may have to be more by now, which the card tells', async () => {
    const id = await awaiting(approvedBy([bob, carol, dave], 2));
    await house.approve(id, bob);
    house.policies.take(approvedBy([bob, carol, dave], 3));

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 1, lost: [] });

    expect(house.stored(id)).toMatchObject({ state: { kind: 'awaiting', needs: { count: 3 } } });
    expect(given(id)).toEqual([bob, carol]);
  });

  it('may be enough by now: who approved clicks once more, and it is applied', async () => {
    const id = await awaiting(approvedBy([bob, carol], 2));
    await house.approve(id, bob);
    house.policies.take(approvedBy([bob, carol], 1));

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(given(id)).toEqual([bob]);
  });

  it('count no more where the approver lost the right, which the next one is told', async () => {
    const id = await awaiting(approvedBy([bob, carol], 2));
    await house.approve(id, bob);
    house.policies.take(approvedBy([carol, dave], 2));

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 1, lost: [bob] });
    expect(given(id)).toEqual([carol]);
    expect(await house.approve(id, dave)).toMatchObject({ kind: 'approved', missing: 0 });
  });

  it('count no more where the approver is a guest by now, though the group still has them', async () => {
    house.people.group('S01SRE', [bob, carol]);
    const id = await awaiting(
      policyOf(`groups: { sre: { usergroup: S01SRE } }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: 2 } }]`),
    );
    await house.approve(id, bob);
    house.people.is(bob, { kind: 'guest' });

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 1, lost: [bob] });
    await house.work();
    expect(house.split).toEqual({ v1: 100 });
  });

  it('are not lost because Slack does not tell who people are', async () => {
    house.people.group('S01SRE', [bob]);
    const id = await awaiting(
      policyOf(`groups: { sre: { usergroup: S01SRE }, ops: [${carol}, ${dave}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre, ops], count: 3 } }]`),
    );
    await house.approve(id, bob);
    house.people.group('S01SRE', { why: 'Slack did not answer' });

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', lost: [] });
    expect(await house.approve(id, dave)).toMatchObject({ kind: 'cannot-tell', why: 'Slack did not answer' });
    expect(given(id)).toEqual([bob, carol]);
    house.people.group('S01SRE', [bob]);
    expect(await house.approve(id, dave)).toMatchObject({ kind: 'approved', missing: 0 });
  });

  it('are all counted that come in the same moment, however many', async () => {
    const all = Array.from({ length: 12 }, (_, at) => `U1${at}`);
    const id = await awaiting(approvedBy(all, 12));

    const answers = await Promise.all(all.map((user) => house.approve(id, user)));
    await house.work(3);

    const missing = answers.map((answer) => (answer.kind === 'approved' ? answer.missing : answer.kind));
    expect(missing.toSorted()).toEqual(Array.from({ length: 12 }, (_, at) => at).toSorted());
    expect(given(id)?.toSorted()).toEqual(all.toSorted());
    expect(house.ledger.seq).toBe(1);
  });

  it('may be delivered twice, also the last one, and that is told whose it was', async () => {
    const id = await awaiting(approvedBy([bob]));

    await house.approve(id, bob);
    const again = await house.approve(id, bob);
    await house.work();

    expect(again).toMatchObject({ kind: 'decided', change: { approvals: [{ by: bob }] } });
    expect(house.ledger.seq).toBe(1);
  });

  describe('before a reason for a rejection is asked for', () => {
    it('tell a person who may not reject', async () => {
      const id = await awaiting(approvedBy([bob]));

      expect(await objectionToRejecting(house.desk, { id }, house.asker(dave))).toMatchObject({ kind: 'denied' });
      expect(await objectionToRejecting(house.desk, { id }, house.asker(bob))).toBeUndefined();
      expect(house.stored(id).state.kind).toBe('awaiting');
    });

    it('tell a person who clicks an old card what became of it', async () => {
      const id = await awaiting(approvedBy([bob]));
      const { state } = house.stored(id);
      if (state.kind !== 'awaiting') throw new Error(state.kind);
      const objection = (seen: string) => objectionToRejecting(house.desk, { id, seen }, house.asker(bob));

      const old = planShown({ expiresAt: '2026-11-22T00:00:00.000Z' });
      expect(await objection(old)).toMatchObject({ kind: 'planned-anew' });
      await house.withdraw(id, alice);
      expect(await objection(planShown(state))).toMatchObject({ kind: 'decided' });
    });
  });
});

describe.each(kinds)('a rollback of $kind that needs approval', ({ houseOf }) => {
  let house: House;
  let shift: Change;
  let id: Change['id'];

  beforeEach(async () => {
    house = houseOf();
    shift = await house.applied('v3', 20);
    house.policies.take(approvedBy([bob, carol], 1, ', rollback: { approve: true }'));
    ({ id } = acceptedIn(await house.clickRollback(shift.id)));
  });

  it('goes before what waits, once it is approved', async () => {
    const behind = await house.shifted('v2', 10);

    expect(house.stored(id).state.kind).toBe('awaiting');
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.ledger.revisions).toMatchObject([{ id }, {}]);
    expect(house.stored(behind.id).state).toMatchObject({ kind: 'superseded', by: id });
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });

  it('is one, however often it is asked for, and may be asked for again when it was rejected', async () => {
    expect(acceptedIn(await house.clickRollback(shift.id, undefined, house.asker(bob))).id).toBe(id);
    await house.reject(id, carol);
    const again = acceptedIn(await house.clickRollback(shift.id));

    expect(again.id).not.toBe(id);
    expect(again.state.kind).toBe('awaiting');
  });

  it('is planned again from what is live, and still goes before what waits', async () => {
    house.mesh.moveByHand(reviewsObject, { v1: 60, v3: 40 });
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    await house.shifted('v2', 10);

    expect(await house.clickApplyAnyway(id, house.asker(dave))).toMatchObject({ kind: 'planned-anew' });
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });
});
