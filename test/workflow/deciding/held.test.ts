import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { mainMove, shownAs } from '../../../src/domain/change/change.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { changeId, moving, reviewsObject, splits } from '../../support/builders.ts';
import { House } from '../house.ts';

describe('a held change', () => {
  let house: House;
  let held: Change;

  beforeEach(async () => {
    house = new House();
    const { id } = await house.accepted('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();
    held = house.stored(id);
  });

  it('is applied anyway, over what its card shows, and says on whose word', async () => {
    house.pass(20 * 60_000);

    const answer = await house.clickApplyAnyway(held.id, house.asker('U02BOB'));
    await house.work();

    expect(answer).toMatchObject({
      kind: 'planned-anew',
      change: { ...moving({ v1: 70, v2: 30 }), insistedBy: 'U02BOB' },
    });
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
    expect(house.ledger.revisions).toMatchObject([{ id: held.id, from: { v1: 70, v2: 30 }, by: 'U01ALICE' }]);
    expect(house.chat.shows(held.id)).toMatchObject({ insistedBy: 'U02BOB', state: { kind: 'applied' } });
  });

  it('is taken back to what it was applied over', async () => {
    await house.clickApplyAnyway(held.id);
    await house.work();

    await house.clickRollback(held.id);
    await house.work();

    expect(house.split).toEqual({ v1: 70, v2: 30, v3: 0 });
  });

  it('is discarded without effect', async () => {
    const answer = await house.clickDiscard(held.id, house.asker('U02BOB'));
    await house.work();

    expect(answer).toMatchObject({ kind: 'discarded', change: { state: { kind: 'discarded', by: 'U02BOB' } } });
    expect(house.split).toEqual({ v1: 70, v2: 30 });
    expect(await house.changes.open()).toEqual([]);
  });

  it('is not said to be left as it is when the store did not answer, since it may be discarded', async () => {
    const { changes } = house;
    changes.update = async () => {
      throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
    };

    await expect(house.clickDiscard(held.id)).rejects.toThrow(AcceptanceUnknownError);
  });

  it.each`
    first        | second
    ${'discard'} | ${'apply'}
    ${'apply'}   | ${'discard'}
    ${'apply'}   | ${'apply'}
    ${'discard'} | ${'discard'}
  `('is decided once: $first, then $second', async ({ first, second }) => {
    const click = (what: string) => (what === 'apply' ? house.clickApplyAnyway(held.id) : house.clickDiscard(held.id));
    const decision = await click(first);

    const answer = await click(second);

    expect(answer).toEqual({ kind: 'decided', change: 'change' in decision && decision.change });
  });

  it('is decided once by two people at the same moment', async () => {
    const answers = await Promise.all([
      house.clickApplyAnyway(held.id, house.asker('U01ALICE')),
      house.clickDiscard(held.id, house.asker('U02BOB')),
      house.clickApplyAnyway(held.id, house.asker('U03CAROL')),
    ]);
    await house.work();

    expect(answers.filter(({ kind }) => kind === 'decided')).toHaveLength(2);
    expect(house.ledger.seq).toBe(house.stored(held.id).state.kind === 'applied' ? 1 : 0);
  });

  it('is asked about once more when the object was made anew, though its weights are the same', async () => {
    house.mesh.recreate(reviewsObject);

    const answer = await house.clickApplyAnyway(held.id);
    await house.work();

    expect(answer).toMatchObject({ kind: 'moved-again' });
    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'planned-anew' });
  });

  it('that moved again shows what is live now, and asks once more', async () => {
    house.mesh.moveByHand(reviewsObject, { v1: 10, v2: 90 });

    const answer = await house.clickApplyAnyway(held.id);
    await house.cards.show(held.id);

    expect(answer).toMatchObject({ kind: 'moved-again', change: { id: held.id } });
    expect(house.stored(held.id).state).toMatchObject({ kind: 'held', found: splits({ v1: 10, v2: 90 }) });
    expect(house.chat.shows(held.id)?.state).toMatchObject({ found: splits({ v1: 10, v2: 90 }) });
    expect(house.split).toEqual({ v1: 10, v2: 90 });

    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'planned-anew' });
    await house.work();
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
  });

  it.each([1, 2])(
    'that moves while it is planned again (reading %i) is not applied over what nobody saw',
    async (at) => {
      for (let before = 1; before < at; before += 1) house.mesh.afterNextRead(() => {});
      house.mesh.afterNextRead(() => house.mesh.moveByHand(reviewsObject, { v1: 10, v2: 90 }));

      await house.clickApplyAnyway(held.id);
      await house.work();

      expect(house.split).toEqual({ v1: 10, v2: 90 });
      expect(house.stored(held.id).state.kind).toBe('held');
    },
  );

  it('answers with what the card shows now when it moved again', async () => {
    house.mesh.moveByHand(reviewsObject, { v1: 10, v2: 90 });

    const answer = await house.clickApplyAnyway(held.id);

    expect('change' in answer && answer.change).toEqual(house.stored(held.id));
  });

  it('that is moved between the click and the patch is held again', async () => {
    await house.clickApplyAnyway(held.id);
    house.mesh.moveByHand(reviewsObject, { v1: 10, v2: 90 });

    await house.work();

    expect(house.stored(held.id).state).toMatchObject({ kind: 'held', found: splits({ v1: 10, v2: 90 }) });
    expect(house.split).toEqual({ v1: 10, v2: 90 });
  });

  it('goes to the end of the line, planned from what the others leave', async () => {
    const other = await house.accepted('v2', 50);

    const answer = await house.clickApplyAnyway(held.id);
    await house.work();

    expect(answer).toMatchObject({
      kind: 'planned-anew',
      change: moving(mainMove(other).to, undefined, { seq: 1, behind: other.id }),
    });
    expect(house.ledger.revisions.map(({ id }) => id)).toEqual([held.id, other.id]);
  });

  it('is queued though its job could not be added, and is applied all the same', async () => {
    house.queue.goAway();

    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'planned-anew' });
    house.queue.comeBack();
    house.pass(5_000);
    await house.reconcile();
    await house.work();

    expect(house.stored(held.id).state.kind).toBe('applied');
  });

  it('whose version is not defined any more is refused', async () => {
    house.mesh.serve(reviewsObject, ['v1', 'v2']);

    expect(await house.clickApplyAnyway(held.id)).toMatchObject({
      kind: 'refused',
      refusal: { reason: 'unknown-version', version: 'v3' },
    });
    expect(house.stored(held.id).state.kind).toBe('held');
  });

  it('whose object is gone can only be discarded', async () => {
    house.mesh.remove(reviewsObject);

    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'object-gone', change: { id: held.id } });
    expect(await house.clickDiscard(held.id)).toMatchObject({ kind: 'discarded' });
  });

  it('that was made anew is applied to the new object when somebody says so', async () => {
    const other = new House();
    const { id } = await other.accepted('v3', 50);
    other.mesh.recreate(reviewsObject);
    await other.work();
    expect(other.stored(id).state).toMatchObject({ kind: 'held', because: 'recreated' });

    await other.clickApplyAnyway(id);
    await other.work();

    expect(other.split).toEqual({ v1: 50, v3: 50 });
  });

  it('is not queued by a click that was answered too late', async () => {
    house.mesh.afterNextRead(() => house.pass(2_001));

    await expect(house.clickApplyAnyway(held.id)).rejects.toThrow(TooLateError);

    expect(house.stored(held.id)).toEqual(held);
  });

  it('is unknown after the store was lost, and says so', async () => {
    house.changes.lose();

    expect(await house.clickApplyAnyway(held.id)).toEqual({ kind: 'unknown-change', id: held.id });
    expect(await house.clickDiscard(changeId(5))).toEqual({ kind: 'unknown-change', id: changeId(5) });
  });

  it('is not applied by a click on what its card showed before, when it is held again', async () => {
    const house = new House();
    const { id } = await house.accepted('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();
    const shown = shownAs(house.stored(id));
    await house.clickApplyAnyway(id, house.asker(), shown);
    house.mesh.moveByHand(reviewsObject, { v1: 20, v2: 80 });
    await house.work();

    expect(await house.clickApplyAnyway(id, house.asker(), shown)).toMatchObject({ kind: 'moved-again' });

    expect(house.stored(id).state).toMatchObject({ kind: 'held', found: splits({ v1: 20, v2: 80 }) });
    expect(house.split).toEqual({ v1: 20, v2: 80 });
    expect(await house.clickApplyAnyway(id, house.asker(), shownAs(house.stored(id)))).toMatchObject({
      kind: 'planned-anew',
    });
  });
});
