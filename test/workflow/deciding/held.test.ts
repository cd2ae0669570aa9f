import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import { shownAs } from '../../../src/domain/change/change.ts';
import { TooLateError } from '../../../src/workflow/desk.ts';
import { AcceptanceUnknownError, MeshUnavailableError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { changeId, reviewsObject, splits } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import type { House } from '../house.ts';
import { kinds, kindsOfFiles } from '../kinds.ts';

const [bob, dave] = ['U02BOB', 'U04DAVE'];

describe.each(kinds)('a held change that was asked for as $kind', ({ houseOf }) => {
  let house: House;
  let held: Change;

  beforeEach(async () => {
    house = houseOf();
    const { id } = await house.accepted('v3', 50);
    held = await moveAndWork(id, { v1: 70, v2: 30 });
  });

  const move = (split: Readonly<Record<string, number>>) => house.mesh.moveByHand(reviewsObject, split);
  const anyway = () => house.brought({ v1: 50, v2: 0, v3: 50 });

  async function moveAndWork(id: Change['id'], split: Readonly<Record<string, number>>): Promise<Change> {
    move(split);
    await house.work();
    expect(house.stored(id).state).toMatchObject({ kind: 'held', found: splits(split) });
    return house.stored(id);
  }

  it('is applied anyway, over what its card shows, says on whose word, and is taken back to that', async () => {
    house.pass(20 * 60_000);

    const answer = await house.clickApplyAnyway(held.id, house.asker(bob));
    await house.work();

    const change = { ...house.moving({ v1: 70, v2: 30 }), insistedBy: bob };
    expect(answer).toMatchObject({ kind: 'planned-anew', change });
    expect(house.split).toEqual(anyway());
    expect(house.ledger.revisions).toMatchObject([{ id: held.id, from: { v1: 70, v2: 30 }, by: 'U01ALICE' }]);
    expect(house.chat.shows(held.id)).toMatchObject({ insistedBy: bob, state: { kind: 'applied' } });

    await house.rolledBack(held.id);
    expect(house.split).toEqual(house.brought({ v1: 70, v2: 30, v3: 0 }));
  });

  it('is discarded without effect', async () => {
    const answer = await house.clickDiscard(held.id, house.asker(bob));
    await house.work();

    expect(answer).toMatchObject({ kind: 'discarded', change: { state: { kind: 'discarded', by: bob } } });
    expect(house.split).toEqual({ v1: 70, v2: 30 });
    expect(await house.changes.open()).toEqual([]);
  });

  it('is told once more when nobody decides for an hour, and ends after a day', async () => {
    const minute = 60_000;
    house.pass(59 * minute);
    await house.reconcile();
    expect(house.chat.told).toEqual([]);

    house.pass(minute);
    await house.reconcile();
    await house.reconcile();
    expect(house.chat.told).toMatchObject([{ id: held.id }]);
    expect(house.stored(held.id).state).toMatchObject({ kind: 'held', isToldAgain: true });

    house.pass(23 * 60 * minute - 1);
    await house.reconcile();
    expect(house.stored(held.id).state.kind).toBe('held');
    house.pass(1);
    await house.reconcile();
    expect(house.stored(held.id).state).toMatchObject({ kind: 'discarded', by: 'time' });
    expect(house.chat.shows(held.id)?.state.kind).toBe('discarded');
    expect(house.chat.told).toHaveLength(1);
    expect(house.audit.trail.at(-1)).toMatchObject({ kind: 'discarded', changeId: held.id });
    expect(house.split).toEqual({ v1: 70, v2: 30 });
    expect(await house.changes.open()).toEqual([]);
  });

  it('is still decided about after people were told once more', async () => {
    house.pass(3600_000);
    await house.reconcile();

    await house.clickApplyAnyway(held.id, house.asker(bob));
    await house.work();
    expect(house.split).toEqual(anyway());
  });

  it('is not said to be left as it is when the store did not answer, since it may be discarded', async () => {
    house.changes.update = async () => {
      throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true });
    };
    const answerBy = house.now().getTime() + 300;

    const answer = house.clickDiscard(held.id, house.asker('U01ALICE', { answerBy }));

    await expect(answer).rejects.toThrow(AcceptanceUnknownError);
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

  it('is decided once by three people at the same moment', async () => {
    const answers = await Promise.all([
      house.clickApplyAnyway(held.id, house.asker('U01ALICE')),
      house.clickDiscard(held.id, house.asker(bob)),
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
    move({ v1: 10, v2: 90 });

    const answer = await house.clickApplyAnyway(held.id);
    await house.cards.show(held.id);

    expect(answer).toEqual({ kind: 'moved-again', change: house.stored(held.id) });
    expect(house.stored(held.id).state).toMatchObject({ kind: 'held', found: splits({ v1: 10, v2: 90 }) });
    expect(house.chat.shows(held.id)?.state).toMatchObject({ found: splits({ v1: 10, v2: 90 }) });
    expect(house.split).toEqual({ v1: 10, v2: 90 });

    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'planned-anew' });
    await house.work();
    expect(house.split).toEqual(anyway());
  });

  it('that is moved between the click and the write is held again', async () => {
    await house.clickApplyAnyway(held.id);

    await moveAndWork(held.id, { v1: 10, v2: 90 });

    expect(house.split).toEqual({ v1: 10, v2: 90 });
  });

  it.each([1, 2])(
    'that moves while it is planned again (reading %i) is not applied over what nobody saw',
    async (at) => {
      for (let before = 1; before < at; before += 1) house.afterReading(() => {});
      house.afterReading(() => move({ v1: 10, v2: 90 }));

      await house.clickApplyAnyway(held.id);
      await house.work();

      expect(house.split).toEqual({ v1: 10, v2: 90 });
      expect(house.stored(held.id).state.kind).toBe('held');
    },
  );

  it('is queued though its job could not be added, and is applied all the same', async () => {
    house.queue.goAway();

    expect(await house.clickApplyAnyway(held.id)).toMatchObject({ kind: 'planned-anew' });
    house.queue.comeBack();
    house.pass(5_000);
    await house.reconcile();
    await house.work();

    expect(house.stored(held.id).state.kind).toBe('applied');
  });

  it('whose object was made anew is applied to the new one when somebody says so', async () => {
    house = houseOf();
    const { id } = await house.accepted('v3', 50);
    house.mesh.recreate(reviewsObject);
    await house.work();
    expect(house.stored(id).state).toMatchObject({ kind: 'held', because: 'recreated' });

    await house.clickApplyAnyway(id);
    await house.work();

    expect(house.split).toEqual({ v1: 50, v3: 50 });
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
    const shown = shownAs(held);
    await house.clickApplyAnyway(held.id, house.asker(), shown);
    const again = await moveAndWork(held.id, { v1: 20, v2: 80 });

    expect(await house.clickApplyAnyway(held.id, house.asker(), shown)).toMatchObject({ kind: 'moved-again' });

    expect(house.stored(held.id)).toEqual(again);
    expect(house.split).toEqual({ v1: 20, v2: 80 });
    const answer = await house.clickApplyAnyway(held.id, house.asker(), shownAs(again));
    expect(answer).toMatchObject({ kind: 'planned-anew' });
  });

  it('is judged for the person who wants it applied anyway, or discarded', async () => {
    house.policies.take(policyOf(`rules: [{ name: r, target: "**", shift: [${bob}] }]`));

    expect(await house.clickApplyAnyway(held.id, house.asker(dave))).toMatchObject({ kind: 'denied' });
    expect(await house.clickDiscard(held.id, house.asker(dave))).toMatchObject({ kind: 'denied' });
    expect(await house.clickApplyAnyway(held.id, house.asker(bob))).toMatchObject({ kind: 'planned-anew' });
  });
});

describe.each(kindsOfFiles)('a held change that was asked for as $kind', ({ houseOf }) => {
  it.each(['U01ALICE', bob])('can be discarded by %s, also while the cluster is away', async (user) => {
    const house = houseOf();
    const { id } = await house.accepted('v3', 50);
    house.mesh.moveByHand(reviewsObject, { v1: 70, v2: 30 });
    await house.work();
    house.failReading(new MeshUnavailableError('away'));

    expect(await house.clickDiscard(id, house.asker(user))).toMatchObject({ kind: 'discarded' });
  });
});
