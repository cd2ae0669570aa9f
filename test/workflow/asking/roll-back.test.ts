import { beforeEach, describe, expect, it } from 'vitest';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { requestShift } from '../../../src/workflow/asking/shift.ts';
import { RejectedError } from '../../../src/workflow/errors.ts';
import { jason, reviews, reviewsObject, rule } from '../../support/builders.ts';
import { acceptedIn, type House, stampIn } from '../house.ts';
import { kinds } from '../kinds.ts';

const half = { v1: 50, v3: 50 };

describe.each(kinds)('the rollback of $kind', ({ houseOf }) => {
  let house: House;
  let original: () => Readonly<Record<string, number>>;

  beforeEach(() => {
    house = houseOf();
    original = () => house.brought({ v1: 100, v3: 0 });
  });

  it('brings back what was there, and is told on both cards', async () => {
    house = houseOf(reviews({}, { rules: [jason, rule({ v1: 100 })] }));
    const change = await house.applied('v3', 50);

    const { id, state } = await house.rolledBack(change.id);

    expect(house.split).toEqual(original());
    expect(house.mesh.routeOf(reviewsObject).rules[0]?.split).toEqual({ v2: 100 });
    expect(house.othersThere).toEqual([]);
    expect(house.ledger).toMatchObject({ seq: 2, revisions: [{ id, reverts: change.id }, { id: change.id }] });
    const shown = house.chat.shows(change.id)?.state;
    expect(shown).toMatchObject({ rolledBack: { by: 'U01ALICE', change: id } });
    expect(shown).not.toHaveProperty('later');
    expect(state.kind).toBe('applied');
    expect(house.chat.shows(id)?.state).toEqual(state);
  });

  it('clicked again, also when it is done, is the same rollback, and says whose it is', async () => {
    const change = await house.applied('v3', 50);
    const { id } = acceptedIn(await house.clickRollback(change.id, undefined, house.asker('U02BOB')));

    const waiting = await house.clickRollback(change.id);
    await house.work();
    const done = await house.clickRollback(change.id);

    const again = (kind: string) => ({ kind: 'accepted', again: true, change: { id, by: 'U02BOB', state: { kind } } });
    expect([waiting, done]).toMatchObject([again('queued'), again('applied')]);
    expect(house.ledger.seq).toBe(2);
  });

  it('asked for by two people at once is one rollback', async () => {
    const change = await house.applied('v3', 50);

    const answers = await Promise.all([
      house.clickRollback(change.id, undefined, house.asker('U01ALICE')),
      house.clickRollback(change.id, undefined, house.asker('U02BOB')),
      house.typeRollback(undefined, house.asker('U03CAROL')),
    ]);
    await house.work();

    expect(new Set(answers.map((answer) => acceptedIn(answer).id)).size).toBe(1);
    expect(house.ledger.seq).toBe(2);
    expect(house.split).toEqual(original());
  });

  it('goes before what has not begun, which is then not applied over it', async () => {
    const change = await house.applied('v3', 50);
    const waiting = await house.shifted('v3', 80);

    const rollback = await house.clickRollback(change.id);
    await house.work();

    expect(rollback).toMatchObject({ kind: 'accepted', behind: 0 });
    expect(house.split).toEqual(original());
    expect(house.stored(waiting.id).state).toMatchObject({ kind: 'superseded', by: acceptedIn(rollback).id });
  });

  it('takes its turn among the shifts of the same process, and does not fail where there are many', async () => {
    await house.applied('v3', 50);
    const read = house.changes.lines.bind(house.changes);
    let readings = 0;
    house.changes.lines = (objects) => {
      readings += 1;
      return read(objects);
    };
    const shift = (percent: number) => {
      const wish = { kind: 'share', version: 'v2', percent } as const;
      const command = { verb: 'shift', service: { service: 'reviews' }, wish, options: { dryRun: false } } as const;
      return requestShift(house.desk, command, house.asker());
    };
    const many = [1, 2, 3, 4, 5, 6].map((each) => shift(each));

    const answers = await Promise.all([...many, house.typeRollback(), ...[7, 8].map((each) => shift(each))]);

    expect(answers.map(({ kind }) => kind)).toEqual(answers.map(() => 'accepted'));
    expect(readings).toBe(answers.length);
  });

  it('is held when somebody moves the weights between the click and the write', async () => {
    const change = await house.applied('v3', 50);
    const back = acceptedIn(await house.clickRollback(change.id));
    house.mesh.moveByHand(reviewsObject, { v2: 100 });

    await house.work();

    expect(house.stored(back.id).state).toMatchObject({ kind: 'held', found: [{ object: reviewsObject }] });
    expect(house.split).toEqual({ v2: 100 });
    expect(house.stored(change.id).state).not.toHaveProperty('rolledBack');
  });

  it('is taken back by its own rollback, which brings back what it took away', async () => {
    const change = await house.applied('v3', 50);
    const rollback = await house.rolledBack(change.id);

    const again = await house.rolledBack(rollback.id);

    expect(house.split).toEqual(half);
    expect(house.seqs).toEqual([3]);
    expect(house.ledger.revisions[0]).toMatchObject({ id: again.id, reverts: rollback.id });
    expect(house.chat.shows(rollback.id)?.state).toMatchObject({ rolledBack: { change: again.id } });
  });

  it('that ended without effect may be asked for again, as another change', async () => {
    const change = await house.applied('v3', 50);
    house.mesh.failWrites({ error: new RejectedError('a webhook says no') });
    const first = await house.rolledBack(change.id);
    expect(first.state.kind).toBe('failed');

    const second = await house.rolledBack(change.id);

    expect(second.id).not.toBe(first.id);
    expect(house.split).toEqual(original());
    expect(house.chat.shows(change.id)?.state).toMatchObject({ rolledBack: { change: second.id } });
  });

  it('that was never applied says so', async () => {
    const waiting = await house.accepted('v3', 50);

    expect(await house.clickRollback(waiting.id)).toEqual({ kind: 'not-applied', change: waiting });
  });

  it('says so where nobody remembers the change', async () => {
    const waiting = await house.accepted('v3', 50);
    house.changes.lose();

    expect(await house.clickRollback(waiting.id)).toEqual({ kind: 'unknown-change', id: waiting.id });
  });

  it('is not accepted by a delivery of the click that was answered with a question', async () => {
    const first = await house.applied('v3', 50);
    await house.applied('v3', 80);
    const clicked = house.asker();
    const stamp = stampIn(await house.clickRollback(first.id, undefined, clicked));

    expect(await house.clickRollback(first.id, stamp, clicked)).toEqual({ kind: 'refused-before' });

    expect(house.changes.all).toHaveLength(2);
  });

  describe('where others came after it', () => {
    it('shows what it would undo, and does nothing yet', async () => {
      const first = await house.applied('v3', 50);
      const second = await house.applied('v2', 20);

      const answer = await house.clickRollback(first.id);

      const to = house.brought({ v1: 100, v3: 0, v2: 0 });
      const moves = house.ofEach({ from: { v1: 40, v3: 40, v2: 20 }, to });
      const undo = { moves, changes: [{ id: second.id }], moved: undefined };
      expect(answer).toMatchObject({ kind: 'confirm', id: first.id, undo });
      expect(await house.changes.open()).toEqual([]);
    });

    it('is done when it is confirmed, also over a shift', async () => {
      const first = await house.applied('v3', 50);
      await house.shifted('v2', 20);
      await house.work();
      const seen = stampIn(await house.clickRollback(first.id));

      expect((await house.rolledBack(first.id, seen)).state.kind).toBe('applied');

      expect(house.split).toEqual(house.brought({ v1: 100, v3: 0, v2: 0 }));
    });

    it('is shown again when yet another came before it was confirmed', async () => {
      const first = await house.applied('v3', 50);
      await house.applied('v2', 20);
      const seen = stampIn(await house.clickRollback(first.id));
      await house.applied('v2', 30);

      expect(await house.clickRollback(first.id, seen)).toMatchObject({ kind: 'confirm', undo: { moved: undefined } });
      expect(house.split).toEqual({ v1: 35, v3: 35, v2: 30 });
    });

    it('is shown again when somebody moved the weights by hand before it was confirmed', async () => {
      const first = await house.applied('v3', 50);
      await house.applied('v2', 20);
      const seen = stampIn(await house.clickRollback(first.id));
      house.mesh.moveByHand(reviewsObject, { v1: 5, v2: 5, v3: 90 });

      expect(await house.clickRollback(first.id, seen)).toMatchObject({ kind: 'confirm' });
      expect(house.split).toEqual({ v1: 5, v2: 5, v3: 90 });
    });

    it('names what a worker is applying at this moment too, once, also when that stands in the history', async () => {
      const first = await house.applied('v3', 10);
      const second = await house.accepted('v3', 50);
      await house.changes.begin(second.id, leaseMs);
      const named = { kind: 'confirm', undo: { changes: [{ id: second.id }] } };
      expect(await house.clickRollback(first.id)).toMatchObject(named);

      await house.writeUntold(second);

      expect(await house.clickRollback(first.id)).toMatchObject(named);
    });

    it('names those that the history still has, where that has outgrown the change', async () => {
      const first = await house.applied('v3', 50);
      const second = await house.applied('v2', 20);
      house.mesh.outgrow(reviewsObject, 1);

      const asked = await house.clickRollback(first.id);
      expect(asked).toMatchObject({ kind: 'confirm', undo: { changes: [{ id: second.id }] } });
      await house.rolledBack(first.id, stampIn(asked));

      expect(house.split).toEqual(house.brought({ v1: 100, v3: 0, v2: 0 }));
    });

    it('asks too where nothing is known of them: our history is gone', async () => {
      const { id } = await house.applied('v3', 50);
      house.mesh.editByHand(reviewsObject, (route) => ({ ...route, ledger: { seq: 40, revisions: [] } }));

      await house.rolledBack(id, stampIn(await house.clickRollback(id)));

      expect(house.split).toEqual(original());
    });

    it.each(['clicked', 'typed'])('asks too when the weights were moved by hand: %s', async (how) => {
      const change = await house.applied('v3', 50);
      house.mesh.moveByHand(reviewsObject, { v1: 20, v3: 80 });

      const answer = how === 'clicked' ? await house.clickRollback(change.id) : await house.typeRollback();

      const moves = house.ofEach({ from: { v1: 20, v3: 80 }, to: original() });
      const undo = { moves, changes: [], moved: { manager: 'kubectl-edit' } };
      expect(answer).toMatchObject({ kind: 'confirm', id: change.id, undo });
      expect(house.split).toEqual({ v1: 20, v3: 80 });
    });
  });
});
