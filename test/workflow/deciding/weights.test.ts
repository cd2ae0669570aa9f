import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, mainMove } from '../../../src/domain/change/change.ts';
import { LedgerUnreadableError } from '../../../src/workflow/errors.ts';
import { moving, reviewsObject } from '../../support/builders.ts';
import { approvedBy } from '../../support/policies.ts';
import { House } from '../house.ts';

const bob = 'U02BOB';

describe('a held change of weights', () => {
  let house: House;
  let held: Change;

  beforeEach(async () => {
    house = new House();
    const { id } = await house.accepted('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();
    held = house.stored(id);
  });

  it('goes to the end of the line, planned from what the others leave', async () => {
    const other = await house.accepted('v2', 50);

    const answer = await house.clickApplyAnyway(held.id);
    await house.work();

    const change = moving(mainMove(other).to, undefined, { seq: 1, behind: other.id });
    expect(answer).toMatchObject({ kind: 'planned-anew', change });
    expect(house.ledger.revisions.map(({ id }) => id)).toEqual([held.id, other.id]);
  });

  it('whose version is not defined any more is refused', async () => {
    house.mesh.serve(reviewsObject, ['v1', 'v2']);

    const refusal = { reason: 'unknown-version', version: 'v3' };
    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'refused', refusal });
    expect(house.stored(held.id).state.kind).toBe('held');
  });

  it('whose object is gone can only be discarded', async () => {
    house.mesh.remove(reviewsObject);

    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'object-gone', change: { id: held.id } });
    expect(await house.clickDiscard(held.id)).toMatchObject({ kind: 'discarded' });
  });
});

describe('a change of weights that needs approval', () => {
  let house: House;

  beforeEach(() => {
    house = new House();
    house.policies.take(approvedBy([bob]));
  });

  it('needs none when it gives less than the policy minds', async () => {
    await house.accepted('v3', 50);

    expect((await house.applied('v2', 20)).state.kind).toBe('applied');
  });

  const as = (v3: string) => ({ v1: { version: 'v1' }, v3: { version: v3 } });

  it('is void when its version selects other pods by the time of the approval', async () => {
    house.mesh.relabel(reviewsObject, as('v3'));
    const { id } = await house.accepted('v3', 50);
    house.mesh.relabel(reviewsObject, as('v4'));

    expect(await house.approve(id, bob)).toMatchObject({ kind: 'voided' });
    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'relabelled' });
  });

  it('is void when its version selects other pods while it is in line', async () => {
    house.mesh.relabel(reviewsObject, as('v3'));
    const { id } = await house.accepted('v3', 50);
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
    house.mesh.relabel(reviewsObject, as('v4'));
    await house.work();

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'relabelled' });
    expect(house.split).toEqual({ v1: 100 });
  });

  it('stays while a change that it was planned behind is applied', async () => {
    await house.accepted('v2', 10);
    const { id } = await house.accepted('v3', 50);

    await house.reconcile();
    await house.work();
    await house.reconcile();

    expect(house.stored(id).state.kind).toBe('awaiting');
    expect(await house.approve(id, bob)).toMatchObject({ kind: 'approved', missing: 0 });
  });

  it.each(['approve', 'reject'] as const)(
    'is not decided while the history of its object cannot be read, nor by %s',
    async (deed) => {
      const { id } = await house.accepted('v3', 50);
      house.mesh.spoilLedger(reviewsObject);

      await house.reconcile();
      await expect(house[deed](id, bob)).rejects.toThrow(LedgerUnreadableError);

      expect(house.stored(id).state.kind).toBe('awaiting');
    },
  );

  it.each(['approve', 'reject'] as const)('is void when the object is gone, at a click on %s', async (deed) => {
    const { id } = await house.accepted('v3', 50);
    house.mesh.remove(reviewsObject);

    expect(await house[deed](id, bob)).toMatchObject({ kind: 'voided' });
    expect(await house.clickApplyAnyway(id)).toMatchObject({ kind: 'object-gone' });

    expect(house.stored(id).state).toMatchObject({ kind: 'void', because: 'moved' });
  });
});
