import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
import { objectKey } from '../../../src/domain/routing/object.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import type { Changes } from '../../../src/workflow/ports/changes.ts';
import { weightsEdit } from '../../support/builders.ts';
import {
  aChange,
  accept,
  awaiting,
  decided,
  end,
  held,
  openIds,
  reviews,
  versionOf,
  voided,
  type World,
  waitingFor,
} from './world.ts';

/** Changes that wait for people. */
export function describeDeciding(enter: () => Promise<World>): void {
  let changes: Changes;

  beforeEach(async () => {
    ({ changes } = await enter());
  });

  describe('a held change', () => {
    it('leaves the line and stays open', async () => {
      const change = aChange();
      await accept(changes, change);

      const waits = await end(changes, change, held);

      expect(await waitingFor(changes, reviews)).toEqual([]);
      expect(await changes.open()).toEqual([waits]);
      expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'ended' });
    });

    it('goes to the end of the line when it is queued again', async () => {
      const [change, other] = [aChange(), aChange()];
      await accept(changes, change);
      const waits = await end(changes, change, held);
      await accept(changes, other);
      const again: Change = {
        ...moveTo(waits, { kind: 'queued' }),
        edits: [weightsEdit({ from: { v1: 70, v3: 30 } })],
        insistedBy: 'U02BOB',
      };

      expect(await accept(changes, again)).toEqual({ kind: 'accepted' });

      expect(await changes.read(change.id)).toEqual(again);
      expect(await waitingFor(changes, reviews)).toEqual([other.id, change.id]);
    });

    it('is queued again once, and not by a rev that nobody saw', async () => {
      const change = aChange();
      await accept(changes, change);
      const waits = await end(changes, change, held);
      const again = moveTo(waits, { kind: 'queued' });

      expect(await accept(changes, { ...again, rev: again.rev + 1 })).toEqual({ kind: 'known', change: waits });
      expect(await accept(changes, again)).toEqual({ kind: 'accepted' });
      expect(await accept(changes, again)).toEqual({ kind: 'known', change: again });
    });

    it('is over when it is discarded', async () => {
      const change = aChange();
      await accept(changes, change);
      const waits = await end(changes, change, held);

      await changes.update(moveTo(waits, { kind: 'discarded', at: held.at, by: 'U01ALICE' }));

      expect(await changes.open()).toEqual([]);
    });
  });

  describe('a change that awaits approval', () => {
    const aWaiting = () => aChange({ state: awaiting });
    const by = (...ids: readonly string[]) => ids.map((id) => ({ by: id, at: held.at }));

    it('is open, but stands in nobody’s way and cannot be begun', async () => {
      const [asked, other] = [aWaiting(), aChange()];
      await accept(changes, asked);
      const version = await versionOf(changes, reviews);
      await accept(changes, other);

      expect(version).toBe(0);
      expect(await waitingFor(changes, reviews)).toEqual([other.id]);
      expect(await openIds(changes)).toEqual([asked.id, other.id]);
      expect(await changes.begin(asked.id, leaseMs)).toEqual({ kind: 'ended' });
      expect(await changes.read(asked.id)).toEqual(asked);
      expect(await changes.areQuiet()).toBe(false);
    });

    it('is not accepted from a line that moved, and stored once', async () => {
      const asked = aWaiting();
      await accept(changes, aChange());

      expect(await changes.accept(asked, { lines: new Map([[objectKey(reviews), 0]]), ahead: false })).toEqual({
        kind: 'moved',
      });
      expect(await accept(changes, asked)).toEqual({ kind: 'accepted' });
      expect(await accept(changes, asked)).toEqual({ kind: 'known', change: asked });
    });

    it('keeps its approvals, one of two at the same moment', async () => {
      const asked = aWaiting();
      await accept(changes, asked);
      const [bobs, carols] = ['U02BOB', 'U03CAROL'].map((id) => ({ ...moveTo(asked, awaiting), approvals: by(id) }));
      if (bobs === undefined || carols === undefined) throw new Error('nobody approves');

      const took = await Promise.all([changes.update(bobs), changes.update(carols)]);

      expect(took.toSorted()).toEqual([false, true]);
      expect(await changes.read(asked.id)).toEqual(took[0] ? bobs : carols);
      expect(await openIds(changes)).toEqual([asked.id]);
      expect(await waitingFor(changes, reviews)).toEqual([]);
    });

    it('takes its place when it is approved, at the end or ahead, and moves the line', async () => {
      const [asked, urgent, other] = [aWaiting(), aWaiting(), aChange()];
      for (const each of [asked, urgent, other]) await accept(changes, each);
      const version = await versionOf(changes, reviews);
      const queued = { ...moveTo(asked, { kind: 'queued' }), approvals: by('U02BOB'), acceptedAt: held.at };

      expect(
        await changes.accept(queued, { lines: new Map([[objectKey(reviews), version - 1]]), ahead: false }),
      ).toEqual({ kind: 'moved' });
      expect(await accept(changes, queued)).toEqual({ kind: 'accepted' });
      expect(await accept(changes, moveTo(urgent, { kind: 'queued' }), { ahead: true })).toEqual({
        kind: 'accepted',
      });

      expect(await waitingFor(changes, reviews)).toEqual([urgent.id, other.id, asked.id]);
      expect(await versionOf(changes, reviews)).toBe(version + 2);
      expect(await changes.read(asked.id)).toEqual(queued);
    });

    it('is queued by the rev that was seen, and by no other', async () => {
      const asked = aWaiting();
      await accept(changes, asked);
      const approved = { ...moveTo(asked, awaiting), approvals: by('U02BOB') };
      await changes.update(approved);

      expect(await accept(changes, moveTo(asked, { kind: 'queued' }))).toEqual({ kind: 'known', change: approved });
      expect(await waitingFor(changes, reviews)).toEqual([]);
    });

    it.each(decided)('is over when it is $kind, and cannot be queued by who saw it before', async (state) => {
      const asked = aWaiting();
      await accept(changes, asked);
      const over = moveTo(asked, state);

      expect(await changes.update(over)).toBe(true);
      expect(await accept(changes, moveTo(asked, { kind: 'queued' }))).toEqual({ kind: 'known', change: over });

      expect(await changes.read(asked.id)).toEqual(over);
      expect([await openIds(changes), await waitingFor(changes, reviews), await changes.recentlyApplied()]).toEqual([
        [],
        [],
        [],
      ]);
    });

    it.each(decided.filter(({ kind }) => kind !== 'void'))(
      'is never asked for anew once it is $kind',
      async (state) => {
        const asked = aWaiting();
        await accept(changes, asked);
        const over = moveTo(asked, state);
        await changes.update(over);

        expect(await accept(changes, moveTo(over, { kind: 'queued' }))).toEqual({ kind: 'known', change: over });
      },
    );

    it('that is void is planned anew, to be approved or at once, and once', async () => {
      const [first, second] = [aWaiting(), aWaiting()];
      for (const each of [first, second]) await accept(changes, each);
      const [one, two] = [first, second].map((each) => moveTo(each, voided));
      if (one === undefined || two === undefined) throw new Error('nothing is void');
      for (const each of [one, two]) await changes.update(each);
      const [again, queued] = [moveTo(one, awaiting), moveTo(two, { kind: 'queued' })];

      expect(await accept(changes, again)).toEqual({ kind: 'accepted' });
      expect(await accept(changes, { ...again, insistedBy: 'U02BOB' })).toEqual({ kind: 'known', change: again });
      expect(await accept(changes, queued)).toEqual({ kind: 'accepted' });

      expect(await openIds(changes)).toEqual([first.id, second.id]);
      expect(await waitingFor(changes, reviews)).toEqual([second.id]);
    });

    it('may await approval again after it was held', async () => {
      const change = aChange();
      await accept(changes, change);
      const stuck = await end(changes, change, held);

      expect(await accept(changes, moveTo(stuck, awaiting))).toEqual({ kind: 'accepted' });

      expect(await openIds(changes)).toEqual([change.id]);
      expect(await waitingFor(changes, reviews)).toEqual([]);
    });
  });
}
