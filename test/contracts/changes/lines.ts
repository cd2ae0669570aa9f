import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { moveTo } from '../../../src/domain/change/change.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import type { Changes } from '../../../src/workflow/ports/changes.ts';
import { contentEdit, weightsEdit } from '../../support/builders.ts';
import { anyStep, Course } from './course.ts';
import {
  aChange,
  aChangeOf,
  accept,
  applied,
  begin,
  end,
  held,
  ratings,
  reviews,
  versionOf,
  type World,
  waitingFor,
} from './world.ts';

/** A change of several objects, which stands in the line of each. */
export function describeLines(enter: () => Promise<World>): void {
  let world: World;
  let changes: Changes;

  beforeEach(async () => {
    world = await enter();
    changes = world.changes;
  });

  describe('a change of several objects', () => {
    it('stands in the line of each of them, and what was accepted later on one waits for it', async () => {
      const [both, later] = [aChangeOf([reviews, ratings]), aChange({ object: ratings })];
      for (const each of [both, later]) await accept(changes, each);

      expect(await waitingFor(changes, reviews)).toEqual([both.id]);
      expect(await waitingFor(changes, ratings)).toEqual([both.id, later.id]);
      expect(await changes.begin(later.id, leaseMs)).toEqual({ kind: 'not-first', first: both.id });
      expect(await changes.stranded([both, later])).toEqual([both]);

      await end(changes, both, applied);

      expect(await changes.begin(later.id, leaseMs)).toMatchObject({ kind: 'begun' });
    });

    it('waits for what stands before it in any of their lines', async () => {
      const [earlier, both] = [aChange({ object: ratings }), aChangeOf([reviews, ratings])];
      for (const each of [earlier, both]) await accept(changes, each);

      expect(await changes.begin(both.id, leaseMs)).toEqual({ kind: 'not-first', first: earlier.id });
      expect(await changes.read(both.id)).toEqual(both);

      await begin(changes, earlier);

      expect(await changes.begin(both.id, leaseMs)).toEqual({ kind: 'not-first', first: earlier.id });
    });

    it('is seen once, in order, by whoever asks for several lines', async () => {
      const [first, both, last] = [aChange({ object: ratings }), aChangeOf([reviews, ratings]), aChange()];
      for (const each of [first, both, last]) await accept(changes, each);

      expect(await waitingFor(changes, reviews, ratings)).toEqual([first.id, both.id, last.id]);
      expect(await waitingFor(changes, ratings, reviews)).toEqual([first.id, both.id, last.id]);
      expect(await waitingFor(changes)).toEqual([]);
    });

    it('moves all of their lines, and leaves all of them', async () => {
      const both = aChangeOf([reviews, ratings]);
      const versions = async () => [await versionOf(changes, reviews), await versionOf(changes, ratings)];
      const seen = [await versions()];
      await accept(changes, both);
      seen.push(await versions());
      const begun = await begin(changes, both);
      seen.push(await versions());
      await changes.update(moveTo(begun, applied));
      seen.push(await versions());

      for (const at of [0, 1]) expect(new Set(seen.map((each) => each[at])).size).toBe(seen.length);
      expect(await waitingFor(changes, reviews, ratings)).toEqual([]);
    });

    it.each([reviews, ratings])('is refused where the line of $name is not the one that was read', async (object) => {
      const both = aChangeOf([reviews, ratings]);
      const { versions } = await changes.lines([reviews, ratings]);
      await accept(changes, aChange({ object }));

      expect(await changes.accept(both, { lines: versions, ahead: false })).toEqual({ kind: 'moved' });
      expect(await changes.read(both.id)).toBeUndefined();
    });

    it('is refused where a line was not read at all', async () => {
      const { versions } = await changes.lines([reviews]);
      const both = aChangeOf([reviews, ratings]);

      expect(await changes.accept(both, { lines: versions, ahead: false })).toEqual({ kind: 'moved' });
    });

    it('is taken whatever became of lines that are none of its own', async () => {
      const { versions } = await changes.lines([reviews, ratings]);
      await accept(changes, aChange({ object: ratings }));

      expect(await changes.accept(aChange(), { lines: versions, ahead: false })).toEqual({ kind: 'accepted' });
    });

    it('goes ahead in all of their lines, the newest first, and behind what is being applied in any', async () => {
      const [applying, waits] = [aChange(), aChange({ object: ratings })];
      for (const each of [applying, waits]) await accept(changes, each);
      await begin(changes, applying);
      const [one, two] = [aChangeOf([reviews, ratings]), aChangeOf([ratings, reviews])];
      for (const each of [one, two]) await accept(changes, each, { ahead: true });

      expect(await waitingFor(changes, reviews)).toEqual([applying.id, two.id, one.id]);
      expect(await waitingFor(changes, ratings)).toEqual([two.id, one.id, waits.id]);
      expect(await changes.begin(two.id, leaseMs)).toEqual({ kind: 'not-first', first: applying.id });
      expect(await changes.begin(waits.id, leaseMs)).toEqual({ kind: 'not-first', first: two.id });
    });

    it('stays first in all of their lines while it is being applied, whatever goes ahead', async () => {
      const both = aChangeOf([reviews, ratings]);
      await accept(changes, both);
      const begun = await begin(changes, both);
      const rollback = aChange({ object: ratings, deed: 'rollback' });
      await accept(changes, rollback, { ahead: true });

      expect(await waitingFor(changes, ratings)).toEqual([both.id, rollback.id]);
      expect(await changes.begin(rollback.id, leaseMs)).toEqual({ kind: 'not-first', first: both.id });
      await world.pass(leaseMs);
      expect(await changes.begin(both.id, leaseMs)).toMatchObject({ kind: 'begun', change: begun });
    });

    it('leaves the lines of objects that it does not edit any more when it is planned anew', async () => {
      const both = aChangeOf([reviews, ratings]);
      await accept(changes, both);
      const stuck = await end(changes, both, held);
      await accept(changes, aChange({ object: ratings }));

      await accept(changes, { ...moveTo(stuck, { kind: 'queued' }), edits: [weightsEdit()] });

      expect(await waitingFor(changes, reviews)).toEqual([both.id]);
      expect(await waitingFor(changes, ratings)).not.toContain(both.id);
      expect(await changes.begin(both.id, leaseMs)).toMatchObject({ kind: 'begun' });
    });

    it('of another kind or another cluster has a line of its own', async () => {
      const others = [
        { ...reviews, kind: 'DestinationRule' },
        { ...reviews, cluster: 'prod' },
        { ...reviews, namespace: 'other' },
      ] as const;
      await accept(changes, aChange());

      for (const object of others) {
        const change = aChange({ edits: [contentEdit({ object, after: { spec: {} } })] });
        await accept(changes, change);
        expect(await waitingFor(changes, object)).toEqual([change.id]);
        expect(await changes.begin(change.id, leaseMs)).toMatchObject({ kind: 'begun' });
      }
    });

    it('gets its place in a lost line back where it stands in the others', async () => {
      const [first, both, last] = [aChange({ object: ratings }), aChangeOf([reviews, ratings]), aChange()];
      for (const each of [first, both, last]) await accept(changes, each);
      await world.loseLine(reviews);

      expect(await changes.begin(last.id, leaseMs)).toMatchObject({ kind: 'begun' });
      expect(await changes.begin(both.id, leaseMs)).toEqual({ kind: 'not-first', first: last.id });
      await changes.update(moveTo((await changes.read(last.id)) ?? last, applied));
      expect(await changes.begin(both.id, leaseMs)).toEqual({ kind: 'not-first', first: first.id });
      expect(await waitingFor(changes, reviews)).toEqual([both.id]);
    });

    it('is stranded when no line knows of it any more, and begins all the same', async () => {
      const both = aChangeOf([reviews, ratings]);
      await accept(changes, both);
      for (const each of [reviews, ratings]) await world.loseLine(each);

      expect(await changes.stranded([both])).toEqual([both]);
      expect(await changes.begin(both.id, leaseMs)).toMatchObject({ kind: 'begun' });
    });
  });

  it('whatever happens to changes and lines, somebody can always begin, and two stand in the same order everywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 25 }), async (steps) => {
        world = await enter();
        changes = world.changes;
        const course = new Course(world);
        for (const step of steps) {
          await course.take(step);
          expect(await course.pairsOutOfOrder()).toEqual([]);
        }
        await course.finish();
      }),
      { numRuns: 60 },
    );
  });
}
