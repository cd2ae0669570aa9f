import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, planShown, shownAs } from '../../../src/domain/change/change.ts';
import { reviewsObject, splits } from '../../support/builders.ts';
import { approvedBy } from '../../support/policies.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const [alice, bob, carol, dave] = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U04DAVE'] as const;
const moved = { v1: 70, v2: 30 };

describe.each(kinds)('a change that awaits approval, asked for as $kind,', ({ houseOf }) => {
  let house: House;
  let id: Change['id'];

  beforeEach(async () => {
    house = houseOf();
    house.policies.take(approvedBy([bob, carol]));
    ({ id } = await house.accepted('v3', 50));
    await house.settled();
  });

  /** One that is too small to need approval. */
  async function smallShift(): Promise<Change> {
    const change = await house.shifted('v2', 10);
    await house.work();
    return change;
  }

  it('is void when somebody moved the weights meanwhile, and planned again by one click', async () => {
    house.mesh.moveByHand(reviewsObject, moved);

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'moved', moved: splits(moved) });
    const anew = await house.clickApplyAnyway(id, house.asker(dave), shownAs(house.stored(id)));

    const change = { ...house.moving(moved), insistedBy: dave };
    expect(anew).toMatchObject({ kind: 'planned-anew', change });
    expect(house.stored(id).state.kind).toBe('awaiting');
    expect(house.stored(id).approvals).toBeUndefined();
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    await house.work();
    expect(house.split).toEqual(house.brought({ v1: 50, v2: 0, v3: 50 }));
  });

  it('is approved by who types its id, as long as it is what was asked for', async () => {
    expect(await house.typeApproval(id, carol)).toMatchObject({ kind: 'approved' });
  });

  it('is shown first to who types its id once it was planned anew, and approved by the button there', async () => {
    house.mesh.moveByHand(reviewsObject, moved);
    await house.approve(id, bob);
    await house.clickApplyAnyway(id, house.asker(dave), shownAs(house.stored(id)));

    const answer = await house.typeApproval(id, bob);
    expect(answer).toMatchObject({ kind: 'seen-first', change: { id } });
    expect(house.stored(id).approvals).toBeUndefined();
    if (answer.kind !== 'seen-first') throw new Error('it was not shown');
    expect(await house.approve(id, bob, planShown(answer.change.state))).toMatchObject({ kind: 'approved' });
    expect(await house.typeApproval(id, alice)).toMatchObject({ kind: 'decided' });
  });

  it.each`
    what                             | happens
    ${'somebody moved the weights'}  | ${() => house.mesh.moveByHand(reviewsObject, moved)}
    ${'another change of ours came'} | ${() => smallShift()}
    ${'the object is gone'}          | ${() => house.mesh.remove(reviewsObject)}
  `('is void soon after $what, whether anybody decides or not', async ({ happens }) => {
    await house.reconcile();
    expect(house.stored(id).state.kind).toBe('awaiting');
    await happens();

    await house.reconcile();

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'moved' });
    expect(house.chat.shows(id)?.state.kind).toBe('void');
    expect(house.audit.trail.at(-1)).toMatchObject({ kind: 'voided', changeId: id });
  });

  it('is void, and says so, where somebody has moved the weights by hand to where they were to go', async () => {
    house.mesh.moveByHand(reviewsObject, { v1: 50, v3: 50 });

    await house.reconcile();

    const found = { how: 'written', live: [{ split: { v1: 50, v3: 50 } }], lastWriter: 'kubectl-edit' };
    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'moved', moved: [found] });
  });

  it('is void when another change of ours came first', async () => {
    await smallShift();

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    expect(house.split).toEqual({ v1: 90, v2: 10 });
  });

  it('is void when another change stands before it in line, though nothing has moved yet', async () => {
    await house.shifted('v2', 10);

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided', change: { state: { moved: [] } } });
  });

  it('is void after a rollback: what was approved before holds for nothing after it', async () => {
    const small = await smallShift();
    const { id: later } = await house.accepted('v3', 60);
    await house.rolledBack(small.id);

    expect(await house.approve(later, bob)).toMatchObject({ kind: 'voided' });
    expect(house.split).toEqual({ v1: 100, v2: 0 });
  });

  it('is not what a late click on its earlier plan approves', async () => {
    const { state } = house.stored(id);
    if (state.kind !== 'awaiting') throw new Error(state.kind);
    const before = planShown(state);
    house.mesh.moveByHand(reviewsObject, moved);
    await house.approve(id, bob);
    house.pass(1_000);
    await house.clickApplyAnyway(id);

    expect(await house.approve(id, bob, before)).toMatchObject({ kind: 'planned-anew' });
    expect(house.stored(id).approvals).toBeUndefined();
  });

  it('takes the person who planned it again for one who asked, as well as the one who asked first', async () => {
    house.policies.take(approvedBy([alice, bob, carol]));
    house.mesh.moveByHand(reviewsObject, moved);
    await house.approve(id, bob);
    await house.clickApplyAnyway(id, house.asker(bob));

    const denied = { kind: 'denied', denial: { reason: 'own-request' } };
    expect(await house.approve(id, bob)).toMatchObject(denied);
    expect(await house.approve(id, alice)).toMatchObject(denied);
    expect(await house.withdraw(id, carol)).toMatchObject({ kind: 'not-yours' });
    expect(await house.approve(id, carol)).toMatchObject({ kind: 'approved', missing: 0 });
  });
});
