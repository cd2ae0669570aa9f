import { beforeEach, describe, expect, it } from 'vitest';
import { moveTo } from '../../../src/domain/change/change.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import type { Changes } from '../../../src/workflow/ports/changes.ts';
import { aChange, accept, acceptThree, applied, begin, end, failed, held, reviews, type World } from './world.ts';

/** Which change a worker may begin, and for how long it is its own. */
export function describeBeginning(enter: () => Promise<World>): void {
  let world: World;
  let changes: Changes;

  beforeEach(async () => {
    world = await enter();
    changes = world.changes;
  });

  describe('beginning', () => {
    it('marks the first in line as being applied', async () => {
      const change = aChange();
      await accept(changes, change);

      const begun = await changes.begin(change.id, leaseMs);

      expect(begun).toEqual({ kind: 'begun', change: { ...change, state: { kind: 'applying' }, rev: 1 }, tries: 0 });
      expect(await changes.read(change.id)).toEqual(begun.kind === 'begun' && begun.change);
    });

    it('names the one that stands before it', async () => {
      const [first, , third] = await acceptThree(changes);

      expect(await changes.begin(third.id, leaseMs)).toEqual({ kind: 'not-first', first: first.id });
      expect(await changes.read(third.id)).toEqual(third);
    });

    it('leaves a change to the worker that began it', async () => {
      const change = aChange();
      await accept(changes, change);
      await begin(changes, change);

      expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'busy' });
    });

    it('lets one of many through', async () => {
      const change = aChange();
      await accept(changes, change);

      const begun = await Promise.all(Array.from({ length: 10 }, () => changes.begin(change.id, leaseMs)));

      expect(begun.filter(({ kind }) => kind === 'begun')).toHaveLength(1);
      expect(begun.filter(({ kind }) => kind === 'busy')).toHaveLength(9);
    });

    it('hands it over when its worker was not heard of for a while', async () => {
      const change = aChange();
      await accept(changes, change);
      const first = await begin(changes, change);
      await world.pass(leaseMs);

      expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'begun', change: first, tries: 0 });
      expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'busy' });
    });

    it('leaves it to a worker that says that it still has it in hand', async () => {
      const change = aChange();
      await accept(changes, change);
      const first = await begin(changes, change);
      await changes.keep(first.id, 60_000);
      await world.pass(leaseMs);

      expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'busy' });
    });

    it('gives nothing back to a worker that comes too late to keep it', async () => {
      const change = aChange();
      await accept(changes, change);
      const first = await begin(changes, change);
      await world.pass(leaseMs);
      await changes.keep(first.id, 60_000);

      expect(await changes.begin(change.id, leaseMs)).toMatchObject({ kind: 'begun' });
    });

    it('remembers what was first said to be written, until it is asked for anew', async () => {
      const change = aChange();
      await accept(changes, change);
      const writing = [{ ...reviews, since: '4711' }];
      expect(await changes.writing(change.id)).toEqual([]);

      await changes.noteWriting(change.id, writing);
      await changes.noteWriting(change.id, [{ ...reviews, since: '4800' }]);

      expect(await changes.writing(change.id)).toEqual(writing);
      expect(await changes.read(change.id)).toEqual(change);
      const stuck = await end(changes, change, held);
      await accept(changes, moveTo(stuck, { kind: 'queued' }));
      expect(await changes.writing(change.id)).toEqual([]);
    });

    it('remembers nothing of what is to be written for a change that it does not know', async () => {
      await changes.noteWriting('c-00000000', [{ ...reviews, since: '4711' }]);

      expect(await changes.writing('c-00000000')).toEqual([]);
      expect(await changes.read('c-00000000')).toBeUndefined();
    });

    it('lets it rest for as long as its worker says, and counts the tries', async () => {
      const change = aChange();
      await accept(changes, change);
      const first = await begin(changes, change);
      await changes.rest(first.id, 1_000);

      const early = await changes.begin(change.id, leaseMs);
      expect(early.kind === 'resting' && early.forMs > 0 && early.forMs <= 1_000).toBe(true);
      await world.pass(1_000);

      expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'begun', change: first, tries: 1 });
    });

    it('forgets the tries of one that is queued again', async () => {
      const change = aChange();
      await accept(changes, change);
      const first = await begin(changes, change);
      await changes.rest(first.id, 1);
      await world.pass(10);
      const waits = moveTo(await begin(changes, change), held);
      await changes.update(waits);
      await accept(changes, moveTo(waits, { kind: 'queued' }));

      expect(await changes.begin(change.id, leaseMs)).toMatchObject({ kind: 'begun', tries: 0 });
    });

    it('goes on to the next when one is over', async () => {
      const [first, second, third] = await acceptThree(changes);
      await end(changes, first, applied);
      await end(changes, second, held);

      expect(await changes.begin(third.id, leaseMs)).toMatchObject({ kind: 'begun', change: { id: third.id } });
    });

    it.each([{ state: applied }, { state: held }, { state: failed }])(
      'says that there is nothing left to do for one that is $state.kind',
      async ({ state }) => {
        const change = aChange();
        await accept(changes, change);
        await end(changes, change, state);

        expect(await changes.begin(change.id, leaseMs)).toEqual({ kind: 'ended' });
      },
    );

    it('says so too of one that is not known', async () => {
      expect(await changes.begin(aChange().id, leaseMs)).toEqual({ kind: 'ended' });
    });
  });
}
