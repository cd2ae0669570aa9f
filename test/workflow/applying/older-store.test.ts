import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import type { House } from '../house.ts';
import { kinds } from '../kinds.ts';

const bob = 'U02BOB';
const byBob = policyOf(`
rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [${bob}], count: 1, expires: 30m } }]`);

/** As after a failover to a replica without the last writes, or from a backup: the objects know better than the records. */
describe.each(kinds)('a store that is older than what was asked for as $kind', ({ houseOf }) => {
  let house: House;
  let id: Change['id'];

  beforeEach(() => {
    house = houseOf();
  });

  /** The change was approved and applied, and the store knows only that it awaits approval. */
  async function awaitingAgain(): Promise<void> {
    house.policies.take(byBob);
    ({ id } = await house.accepted('v3', 50));
    const earlier = house.changes.all;
    await house.approve(id, bob);
    await house.work();
    house.changes.fallBackTo(earlier);
  }

  /** The change was held and applied anyway, and the store knows only that it is held. */
  async function heldAgain(): Promise<void> {
    ({ id } = await house.accepted('v3', 50));
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();
    const earlier = house.changes.all;
    await house.clickApplyAnyway(id);
    await house.work();
    house.changes.fallBackTo(earlier);
  }

  it.each([
    { what: 'awaits approval', age: awaitingAgain },
    { what: 'is held', age: heldAgain },
  ])('finds applied what it believes $what', async ({ age }) => {
    await age();

    await house.reconcileAtOnce();

    const at = house.ledger.revisions[0]?.at;
    expect(house.stored(id).state).toMatchObject({ kind: 'applied', made: house.ofEach({ seq: 1 }), at });
    expect(house.chat.shows(id)?.state).toMatchObject({ kind: 'applied' });
    expect(house.audit.trail.filter(({ kind }) => kind === 'settled')).toHaveLength(1);
    expect(await house.changes.open()).toEqual([]);
    expect(house.ledger.seq).toBe(1);
  });

  it('does not call expired what was approved in time', async () => {
    await awaitingAgain();
    house.pass(31 * 60_000);

    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('applied');
  });

  it.each([
    { what: 'approves', age: awaitingAgain, click: () => house.approve(id, bob) },
    { what: 'rejects', age: awaitingAgain, click: () => house.reject(id, bob) },
    { what: 'withdraws', age: awaitingAgain, click: () => house.withdraw(id, 'U01ALICE') },
    { what: 'applies anyway', age: heldAgain, click: () => house.clickApplyAnyway(id) },
    { what: 'discards', age: heldAgain, click: () => house.clickDiscard(id) },
  ])('says that it is applied to a person who $what', async ({ age, click }) => {
    await age();

    expect(await click()).toMatchObject({ kind: 'decided', change: { state: { kind: 'applied' } } });
    await house.work();

    expect(house.ledger.seq).toBe(1);
    expect(house.stored(id).state.kind).toBe('applied');
  });

  it('expires on time what it cannot ask the cluster about', async () => {
    house.policies.take(byBob);
    ({ id } = await house.accepted('v3', 50));
    house.pass(31 * 60_000);
    house.mesh.failReads(new MeshUnavailableError('away'));

    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('expired');
  });

  it('does nothing twice of what it believes queued', async () => {
    ({ id } = await house.accepted('v3', 50));
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
    const made = house.ofEach({ live: [{ split: { v1: 50, v3: 50 } }] });
    expect(house.stored(id).state).toMatchObject({ kind: 'applied', made });
  });
});

describe.each(kinds)('a store that is older than a rollback of $kind', ({ kind, houseOf }) => {
  const refused = { kind: 'refused', refusal: { reason: 'already-rolled-back', by: { by: 'U02BOB' } } };
  let house: House;
  let id: Change['id'];

  beforeEach(async () => {
    house = houseOf();
    ({ id } = await house.applied('v3', 50));
    const earlier = house.changes.all;
    await house.rolledBack(id, undefined, house.asker('U02BOB'));
    house.changes.fallBackTo(earlier);
  });

  it('takes nothing back twice', async () => {
    const answer = await house.clickRollback(id);
    await house.work();

    expect(answer).toMatchObject(kind === 'a shift' ? refused : { kind: 'taken-back' });
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
    expect(house.ledger.seq).toBe(2);
  });

  it('says that it was taken back where the same was asked for again since', async () => {
    await house.applied('v3', 60);

    expect(await house.clickRollback(id)).toMatchObject(refused);

    expect(house.split).toEqual({ v1: 40, v3: 60 });
  });
});
