import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import type { ChangeId } from '../../../src/domain/routing/names.ts';
import { changeId } from '../../support/builders.ts';
import { acceptedIn, type House, stampIn } from '../house.ts';
import { kinds, kindsOfOneObject } from '../kinds.ts';

const half = { v1: 50, v3: 50 };

describe.each(kinds)('a typed rollback of $kind', ({ houseOf }) => {
  let house: House;

  beforeEach(() => {
    house = houseOf();
  });

  it('takes back the newest change, and says why', async () => {
    await house.applied('v3', 50);
    const second = await house.applied('v2', 20);

    const rollback = acceptedIn(await house.typeRollback(undefined, house.asker(), { reason: 'too many errors' }));
    await house.work();

    expect(rollback).toMatchObject({ reverts: second.id, reason: 'too many errors' });
    expect(house.split).toEqual(house.brought({ v1: 50, v3: 50, v2: 0 }));
  });

  it('goes one change further back each time, and never forward', async () => {
    const first = await house.applied('v3', 10);
    const second = await house.applied('v3', 50);
    const third = await house.applied('v3', 20);

    const taken = [await rollBackTyped(house), await rollBackTyped(house), await rollBackTyped(house)];

    expect(taken.map(({ reverts }) => reverts)).toEqual([third.id, second.id, first.id]);
    expect(await house.typeRollback()).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'nothing-left', by: { id: taken[2]?.id } },
    });
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });

  it('is undone by its own card, or by any id that the history shows', async () => {
    const change = await house.applied('v3', 50);
    const back = await rollBackTyped(house);

    const restored = await house.rolledBack(back.id);
    expect(house.split).toEqual(half);

    house.pass(61_000);
    expect(await rollBackTyped(house)).toMatchObject({ reverts: restored.id });
    await rollBackTyped(house, change.id);
    expect(house.split).toEqual(half);
  });

  it('to a named change goes back to what that made, over all that came after it', async () => {
    const first = await house.shifted('v3', 50);
    await house.work();
    await house.applied('v2', 20);

    const back = await rollBackTyped(house, first.id);

    expect(back.state.kind).toBe('applied');
    expect(house.split).toEqual(house.brought({ v1: 50, v3: 50, v2: 0 }));
  });

  it('typed once and delivered again is the same rollback, whatever came after it', async () => {
    const change = await house.applied('v3', 50);
    const asker = house.asker();
    const first = acceptedIn(await house.typeRollback(undefined, asker));
    await house.work();

    const again = await house.typeRollback(undefined, asker);
    await house.work();

    expect(again).toMatchObject({ kind: 'accepted', again: true, change: { id: first.id, reverts: change.id } });
    expect(house.ledger.seq).toBe(2);
  });

  it('is not accepted by a delivery of what was refused', async () => {
    const typed = house.asker();
    expect(await house.typeRollback(undefined, typed)).toMatchObject({ kind: 'refused' });
    await house.applied('v3', 50);

    expect(await house.typeRollback(undefined, typed)).toEqual({ kind: 'refused-before' });

    expect(house.changes.all).toHaveLength(1);
  });

  it('within a minute of another one says whose that was and what this one would do, and asks', async () => {
    const first = await house.applied('v3', 10);
    const second = await house.applied('v3', 50);
    const by = acceptedIn(await house.typeRollback(undefined, house.asker('U01ALICE')));
    await house.work();
    house.pass(12_000);

    const asked = await house.typeRollback(undefined, house.asker('U02BOB'));

    expect(by).toMatchObject({ reverts: second.id });
    const moves = house.ofEach({ from: { v1: 90, v3: 10 }, to: house.brought({ v1: 100, v3: 0 }) });
    const undo = { recent: { id: by.id, by: 'U01ALICE' }, target: { id: first.id }, moves, changes: [] };
    expect(asked).toMatchObject({ kind: 'confirm', id: first.id, undo });
    expect(house.split).toEqual({ v1: 90, v3: 10 });

    const confirmed = await house.clickRollback(first.id, stampIn(asked), house.asker('U02BOB'));
    await house.work();

    expect(confirmed).toMatchObject({ kind: 'accepted', change: { reverts: first.id, by: 'U02BOB' } });
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });

  it('while another one is in line is the same rollback', async () => {
    await house.applied('v3', 10);
    await house.applied('v3', 50);

    const first = acceptedIn(await house.typeRollback(undefined, house.asker('U01ALICE')));
    const second = await house.typeRollback(undefined, house.asker('U02BOB'));

    expect(second).toMatchObject({ kind: 'accepted', again: true, change: { id: first.id, by: 'U01ALICE' } });
  });

  it('that was told so takes nothing back when it is delivered once more, after the first one is live', async () => {
    await house.applied('v3', 10);
    await house.applied('v3', 50);
    const bob = house.asker('U02BOB');
    await house.typeRollback(undefined, house.asker('U01ALICE'));
    await house.typeRollback(undefined, bob);
    await house.work();
    house.pass(120_000);

    const late = { ...bob, until: Infinity, answerBy: Infinity };
    expect(await house.typeRollback(undefined, late)).toEqual({ kind: 'refused-before' });

    await house.work();
    expect(house.split).toEqual({ v1: 90, v3: 10 });
  });

  it('of a service that we never changed is refused', async () => {
    const refusal = { reason: 'nothing-to-roll-back' };

    expect(await house.typeRollback()).toMatchObject({ kind: 'refused', refusal });
  });

  it('to a change that the history does not have names those it has', async () => {
    const change = await house.applied('v3', 50);

    const refusal = { reason: 'unknown-change', known: [change.id] };
    expect(await house.typeRollback(changeId(99))).toMatchObject({ kind: 'refused', refusal });
  });
});

describe.each(kindsOfOneObject)('the rollback of $kind that was taken back with one before it', ({ houseOf }) => {
  it('is refused, and moves nothing forward', async () => {
    const house = houseOf();
    const first = await house.applied('v3', 10);
    const second = await house.applied('v3', 50);
    const back = await house.rolledBack(first.id, stampIn(await house.clickRollback(first.id)));

    const refusal = { reason: 'already-rolled-back', by: { id: back.id } };
    expect(await house.clickRollback(second.id)).toMatchObject({ kind: 'refused', refusal });
    await house.work();

    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });
});

describe.each(kinds)('the rollback of an older rollback of $kind', ({ houseOf }) => {
  it('says what else would come back, and moves nothing', async () => {
    const house = houseOf();
    await house.applied('v3', 10);
    await house.applied('v3', 50);
    const [newer, older] = [await rollBackTyped(house), await rollBackTyped(house)];

    const asked = await house.clickRollback(newer.id);

    expect(asked).toMatchObject({ kind: 'confirm', undo: { changes: [{ id: older.id }] } });
    expect(house.split).toEqual(house.brought({ v1: 100, v3: 0 }));
  });
});

/** Types it, and lets a minute pass. */
async function rollBackTyped(house: House, to?: ChangeId): Promise<Change> {
  const change = acceptedIn(await house.typeRollback(to));
  await house.work();
  house.pass(61_000);
  return house.stored(change.id);
}
