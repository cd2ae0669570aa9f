import { beforeEach, describe, expect, it } from 'vitest';
import { moveTo } from '../../../src/domain/change/change.ts';
import type { Changes } from '../../../src/workflow/ports/changes.ts';
import { aChange, accept, applied, begin, end, failed, held, reviews, type World, waitingFor } from './world.ts';

/** Replacing a record by its next one. */
export function describeUpdating(enter: () => Promise<World>): void {
  let changes: Changes;

  beforeEach(async () => {
    ({ changes } = await enter());
  });

  describe('updating', () => {
    it('replaces a record by its next rev', async () => {
      const change = aChange();
      await accept(changes, change);
      const next = moveTo(await begin(changes, change), applied);

      expect(await changes.update(next)).toBe(true);

      expect(await changes.read(change.id)).toEqual(next);
      expect(await changes.open()).toEqual([]);
      expect(await waitingFor(changes, reviews)).toEqual([]);
    });

    it('keeps that people were told once more of a held change', async () => {
      const change = aChange();
      await accept(changes, change);
      const next = moveTo(await begin(changes, change), { ...held, isToldAgain: true });
      await changes.update(next);

      expect(await changes.read(change.id)).toEqual(next);
      expect(await changes.open()).toEqual([next]);
    });

    it('lets one of two through', async () => {
      const change = aChange();
      await accept(changes, change);
      const begun = await begin(changes, change);

      const outcomes = await Promise.all([
        changes.update(moveTo(begun, applied)),
        changes.update(moveTo(begun, failed)),
      ]);

      expect(outcomes.toSorted()).toEqual([false, true]);
      expect((await changes.read(change.id))?.state.kind).toBe(outcomes[0] ? 'applied' : 'failed');
    });

    it.each([{ rev: 0 }, { rev: 1 }, { rev: 3 }])('refuses rev $rev of a record at rev 1', async ({ rev }) => {
      const change = aChange();
      await accept(changes, change);
      const begun = await begin(changes, change);

      expect(await changes.update({ ...begun, state: failed, rev })).toBe(false);
      expect(await changes.read(change.id)).toEqual(begun);
    });

    it('refuses what was never accepted', async () => {
      const change = aChange();

      expect(await changes.update(change)).toBe(false);
      expect(await changes.update(moveTo(change, applied))).toBe(false);
      expect(await changes.read(change.id)).toBeUndefined();
    });

    it('marks what is applied without bringing it back', async () => {
      const change = aChange();
      await accept(changes, change);
      const done = await end(changes, change, applied);
      const marked = moveTo(done, { ...applied, rolledBack: { by: 'U02BOB', change: 'c-7F3K9QXZ' } });

      expect(await changes.update(marked)).toBe(true);

      expect(await changes.read(change.id)).toEqual(marked);
      expect(await changes.open()).toEqual([]);
    });
  });
}
