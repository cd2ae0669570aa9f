import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { reviewsObject, splits } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { acceptedIn, House } from '../house.ts';

const bob = 'U02BOB';
const byBob = policyOf(`
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [${bob}], count: 1, expires: 30m } }]`);

interface Aged {
  readonly house: House;
  readonly id: Change['id'];
}

/** The change was approved and applied, and the store knows only that it awaits approval. */
async function awaitingAgain(): Promise<Aged> {
  const house = new House();
  house.policies.take(byBob);
  const { id } = acceptedIn(await house.shift('v3', 50));
  const earlier = house.changes.all;
  await house.approve(id, bob);
  await house.work();
  house.changes.fallBackTo(earlier);
  return { house, id };
}

/** The change was held and applied anyway, and the store knows only that it is held. */
async function heldAgain(): Promise<Aged> {
  const house = new House();
  const { id } = await house.accepted('v3', 50);
  house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
  await house.work();
  const earlier = house.changes.all;
  await house.clickApplyAnyway(id);
  await house.work();
  house.changes.fallBackTo(earlier);
  return { house, id };
}

/** As after a failover to a replica without the last writes, or from a backup: the objects know better than the records. */
describe('a store that is older than the objects', () => {
  it.each([
    { what: 'awaits approval', age: awaitingAgain },
    { what: 'is held', age: heldAgain },
  ])('finds applied what it believes $what', async ({ age }) => {
    const { house, id } = await age();

    await house.reconcileAtOnce();

    expect(house.stored(id).state).toMatchObject({
      kind: 'applied',
      made: [{ seq: 1 }],
      at: house.ledger.revisions[0]?.at,
    });
    expect(house.chat.shows(id)?.state).toMatchObject({ kind: 'applied' });
    expect(house.audit.trail.filter(({ kind }) => kind === 'settled')).toHaveLength(1);
    expect(await house.changes.open()).toEqual([]);
    expect(house.ledger.seq).toBe(1);
  });

  it('does not call expired what was approved in time', async () => {
    const { house, id } = await awaitingAgain();
    house.pass(31 * 60_000);

    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('applied');
  });

  it.each([
    { what: 'approves', age: awaitingAgain, click: ({ house, id }: Aged) => house.approve(id, bob) },
    { what: 'rejects', age: awaitingAgain, click: ({ house, id }: Aged) => house.reject(id, bob) },
    { what: 'withdraws', age: awaitingAgain, click: ({ house, id }: Aged) => house.withdraw(id, 'U01ALICE') },
    { what: 'applies anyway', age: heldAgain, click: ({ house, id }: Aged) => house.clickApplyAnyway(id) },
    { what: 'discards', age: heldAgain, click: ({ house, id }: Aged) => house.clickDiscard(id) },
  ])('says that it is applied to who $what', async ({ age, click }) => {
    const aged = await age();

    expect(await click(aged)).toMatchObject({ kind: 'decided', change: { state: { kind: 'applied' } } });
    await aged.house.work();

    expect(aged.house.ledger.seq).toBe(1);
    expect(aged.house.stored(aged.id).state.kind).toBe('applied');
  });

  it('expires on time what it cannot ask the cluster about', async () => {
    const house = new House();
    house.policies.take(byBob);
    const { id } = acceptedIn(await house.shift('v3', 50));
    house.pass(31 * 60_000);
    house.mesh.failReads(new MeshUnavailableError('away'));

    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('expired');
  });

  it('does nothing twice of what it believes queued', async () => {
    const house = new House();
    const { id } = await house.accepted('v3', 50);
    const earlier = house.changes.all;
    await house.work();
    house.mesh.moveByHand(reviewsObject, { v1: 70, v3: 30 });
    house.changes.fallBackTo(earlier);

    await house.reconcile();
    house.pass(2_000);
    await house.reconcile();
    await house.work();

    expect(house.split).toEqual({ v1: 70, v3: 30 });
    expect(house.ledger.seq).toBe(1);
    expect(house.stored(id).state).toMatchObject({ kind: 'applied', made: splits({ v1: 50, v3: 50 }) });
  });

  it('takes back once what was taken back after its time', async () => {
    const house = new House();
    const { id } = await house.applied('v3', 50);
    const earlier = house.changes.all;
    await house.clickRollback(id);
    await house.work();
    house.changes.fallBackTo(earlier);

    const answer = await house.clickRollback(id);
    await house.work();

    expect(answer).toMatchObject({ kind: 'refused', refusal: { reason: 'already-rolled-back' } });
    expect(house.split).toEqual({ v1: 100, v3: 0 });
    expect(house.ledger.seq).toBe(2);
  });
});
