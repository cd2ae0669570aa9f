import { describe, expect, it } from 'vitest';
import { type Change, planShown } from '../../../src/domain/change/change.ts';
import type { Policy } from '../../../src/domain/policy/policy.ts';
import { objectionToRejecting } from '../../../src/workflow/deciding/approve.ts';
import { reviews, reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn, House } from '../house.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;

function approvedBy(ids: readonly string[], count: number, more = ''): Policy {
  return policyOf(`
groups: { sre: [${ids.join(', ')}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: ${count}, from: 25 }${more} }]`);
}

async function awaiting(policy: Policy): Promise<{ house: House; id: Change['id'] }> {
  const house = new House(reviews({ v1: 100 }));
  house.policies.take(policy);
  const { id } = acceptedIn(await house.shift('v3', 50));
  return { house, id };
}

const given = (change: Change) => change.approvals?.map(({ by }) => by);

describe('while approvals come in', () => {
  it('the policy may ask for more, which the card tells', async () => {
    const { house, id } = await awaiting(approvedBy([bob, carol, dave], 2));
    await house.approve(id, bob);
    house.policies.take(approvedBy([bob, carol, dave], 3));

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 1, lost: [] });

    expect(house.stored(id)).toMatchObject({ state: { kind: 'awaiting', needs: { count: 3 } } });
    expect(given(house.stored(id))).toEqual([bob, carol]);
  });

  it('the policy may ask for fewer: whoever approved clicks once more, and it is applied', async () => {
    const { house, id } = await awaiting(approvedBy([bob, carol], 2));
    await house.approve(id, bob);
    house.policies.take(approvedBy([bob, carol], 1));

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.split).toEqual({ v1: 50, v3: 50 });
    expect(given(house.stored(id))).toEqual([bob]);
  });

  it('an approver may lose the right, and then counts no more, which whoever comes next is told', async () => {
    const { house, id } = await awaiting(approvedBy([bob, carol], 2));
    await house.approve(id, bob);
    house.policies.take(approvedBy([carol, dave], 2));

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 1, lost: [bob] });
    expect(given(house.stored(id))).toEqual([carol]);
    expect(await house.approve(id, dave)).toMatchObject({ kind: 'approved', missing: 0 });
  });

  it('an approver may become a guest, and then counts no more, though the group still has them', async () => {
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(
      policyOf(`
groups: { sre: { usergroup: S01SRE } }
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre], count: 2 } }]`),
    );
    house.people.group('S01SRE', [bob, carol]);
    const { id } = acceptedIn(await house.shift('v3', 50));
    await house.approve(id, bob);
    house.people.is(bob, { kind: 'guest' });

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 1, lost: [bob] });
    await house.work();
    expect(house.split).toEqual({ v1: 100 });
  });

  it('nobody loses theirs because Slack does not tell who they are', async () => {
    const house = new House(reviews({ v1: 100 }));
    const groups = `groups: { sre: { usergroup: S01SRE }, ops: [${carol}, ${dave}] }`;
    house.policies.take(
      policyOf(`${groups}
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [sre, ops], count: 3 } }]`),
    );
    house.people.group('S01SRE', [bob]);
    const { id } = acceptedIn(await house.shift('v3', 50));
    await house.approve(id, bob);
    house.people.group('S01SRE', { why: 'Slack did not answer' });

    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', lost: [] });
    expect(await house.approve(id, dave)).toMatchObject({ kind: 'cannot-tell', why: 'Slack did not answer' });
    expect(given(house.stored(id))).toEqual([bob, carol]);
    house.people.group('S01SRE', [bob]);
    expect(await house.approve(id, dave)).toMatchObject({ kind: 'approved', missing: 0 });
  });

  it('all who click in the same moment are counted, however many', async () => {
    const all = Array.from({ length: 12 }, (_, at) => `U1${at}`);
    const { house, id } = await awaiting(approvedBy(all, 12));

    const answers = await Promise.all(all.map((user) => house.approve(id, user)));
    await house.work(3);

    expect(answers.map((answer) => (answer.kind === 'approved' ? answer.missing : answer.kind)).toSorted()).toEqual(
      Array.from({ length: 12 }, (_, at) => at).toSorted(),
    );
    expect(given(house.stored(id))?.toSorted()).toEqual(all.toSorted());
    expect(house.ledger.seq).toBe(1);
  });

  it('the last approval may be delivered twice, and is told whose it was', async () => {
    const { house, id } = await awaiting(approvedBy([bob], 1));

    await house.approve(id, bob);
    const again = await house.approve(id, bob);
    await house.work();

    expect(again).toMatchObject({ kind: 'decided', change: { approvals: [{ by: bob }] } });
    expect(house.ledger.seq).toBe(1);
  });

  it('a plan is void when another change stands before it in line, though nothing has moved yet', async () => {
    const { house, id } = await awaiting(approvedBy([bob], 1));
    await house.accepted('v2', 10);

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided', change: { state: { moved: [] } } });
  });

  it.each(['approve', 'reject'] as const)('a plan is void when the object is gone, at a click on %s', async (deed) => {
    const { house, id } = await awaiting(approvedBy([bob], 1));
    house.mesh.remove(reviewsObject);

    expect(await house[deed](id, bob)).toMatchObject({ kind: 'voided' });
    expect(await house.clickApplyAnyway(id)).toMatchObject({ kind: 'object-gone' });

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'moved' });
  });
});

describe('a rollback that needs approval', () => {
  const policy = approvedBy([bob, carol], 1, ', rollback: { approve: true }');

  async function asked(): Promise<{ house: House; id: Change['id'] }> {
    const house = new House(reviews({ v1: 100 }));
    house.policies.take(policy);
    const shift = await house.applied('v3', 20);
    const answer = await house.clickRollback(shift.id);
    return { house, id: acceptedIn(answer).id };
  }

  it('goes before what waits, once it is approved', async () => {
    const { house, id } = await asked();
    const behind = await house.accepted('v2', 10);

    expect(house.stored(id).state.kind).toBe('awaiting');
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.ledger.revisions).toMatchObject([{ id }, {}]);
    expect(house.stored(behind.id).state).toMatchObject({ kind: 'superseded', by: id });
    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });

  it('is one, however often it is asked for, and may be asked for again when it was rejected', async () => {
    const { house, id } = await asked();
    const [shift] = house.changes.all;
    if (shift === undefined) throw new Error('nothing was shifted');

    expect(acceptedIn(await house.clickRollback(shift.id, undefined, house.asker(bob))).id).toBe(id);
    await house.reject(id, carol);
    const again = acceptedIn(await house.clickRollback(shift.id));

    expect(again.id).not.toBe(id);
    expect(again.state.kind).toBe('awaiting');
  });

  it('is planned again from what is live, and still goes before what waits', async () => {
    const { house, id } = await asked();
    house.mesh.moveByHand(reviewsObject, { v1: 60, v3: 40 });
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    await house.accepted('v2', 10);

    expect(await house.clickApplyAnyway(id, house.asker(dave))).toMatchObject({ kind: 'planned-anew' });
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();

    expect(house.split).toEqual({ v1: 100, v3: 0 });
  });
});

describe('whoever planned a void change again', () => {
  it('counts as one who asked, and so does whoever asked first', async () => {
    const { house, id } = await awaiting(approvedBy([alice, bob, carol], 1));
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.approve(id, bob);
    await house.clickApplyAnyway(id, house.asker(bob));

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'denied', denial: { reason: 'own-request' } });
    expect(await house.approve(id, alice)).toMatchObject({ kind: 'denied', denial: { reason: 'own-request' } });
    expect(await house.withdraw(id, carol)).toMatchObject({ kind: 'not-yours' });
    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 0 });
  });
});

describe('before a reason for a rejection is asked for', () => {
  it('whoever may not reject is told so', async () => {
    const { house, id } = await awaiting(approvedBy([bob], 1));

    expect(await objectionToRejecting(house.desk, { id }, house.asker(dave))).toMatchObject({ kind: 'denied' });
    expect(await objectionToRejecting(house.desk, { id }, house.asker(bob))).toBeUndefined();
    expect(house.stored(id).state.kind).toBe('awaiting');
  });

  it('whoever clicks an old card is told what became of it', async () => {
    const { house, id } = await awaiting(approvedBy([bob], 1));
    const { state } = house.stored(id);
    if (state.kind !== 'awaiting') throw new Error(state.kind);
    const old = planShown({ expiresAt: '2026-11-22T00:00:00.000Z' });

    expect(await objectionToRejecting(house.desk, { id, seen: old }, house.asker(bob))).toMatchObject({
      kind: 'planned-anew',
    });
    await house.withdraw(id, alice);
    expect(await objectionToRejecting(house.desk, { id, seen: planShown(state) }, house.asker(bob))).toMatchObject({
      kind: 'decided',
    });
  });
});
