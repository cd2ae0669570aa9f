import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
import { objectKey } from '../../../src/domain/routing/object.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import type { Changes } from '../../../src/workflow/ports/changes.ts';
import { changeId } from '../../support/builders.ts';
import {
  aChange,
  accept,
  acceptThree,
  applied,
  awaiting,
  begin,
  end,
  openIds,
  ratings,
  reviews,
  versionOf,
  type World,
  waitingFor,
} from './world.ts';

/** Storing a change and putting it in line. */
export function describeAccepting(enter: () => Promise<World>): void {
  let changes: Changes;

  beforeEach(async () => {
    ({ changes } = await enter());
  });

  describe('accepting', () => {
    it('stores a change and puts it in line', async () => {
      const change = aChange();

      expect(await accept(changes, change)).toEqual({ kind: 'accepted' });

      expect(await changes.read(change.id)).toEqual(change);
      expect((await changes.lines([reviews])).waiting).toEqual([change]);
      expect(await openIds(changes)).toEqual([change.id]);
    });

    it('knows nothing of others', async () => {
      expect(await changes.read('c-00000000')).toBeUndefined();
      expect(await changes.lines([reviews])).toEqual({
        versions: new Map([[objectKey(reviews), expect.any(Number)]]),
        waiting: [],
        ramps: [],
      });
    });

    it('takes no more than so many open changes of a person about an object', async () => {
      const offer = async (change: Change) =>
        changes.accept(change, {
          lines: (await changes.lines([reviews, ratings])).versions,
          ahead: false,
          mostOpen: 2,
        });
      const [first, second, third] = [aChange(), aChange(), aChange()];
      expect(await offer(first)).toEqual({ kind: 'accepted' });
      expect(await offer(second)).toEqual({ kind: 'accepted' });
      expect(await offer(third)).toEqual({ kind: 'too-many' });
      expect(await offer(second)).toMatchObject({ kind: 'known' });

      expect(await offer({ ...aChange(), by: 'U02BOB' })).toEqual({ kind: 'accepted' });
      expect(await offer({ ...aChange(), team: 'T02OTHER' })).toEqual({ kind: 'accepted' });
      expect(await offer(aChange({ object: ratings }))).toEqual({ kind: 'accepted' });
      await accept(changes, aChange()); // one that has no limit, such as a rollback
      await end(changes, first, applied);
      expect(await offer(third)).toEqual({ kind: 'too-many' });
      await end(changes, second, applied);
      expect(await offer(third)).toEqual({ kind: 'accepted' });
    });

    it('keeps the order', async () => {
      const [first, second, third] = await acceptThree(changes);

      expect(await waitingFor(changes, reviews)).toEqual([first.id, second.id, third.id]);
    });

    it('keeps the lines of two objects apart', async () => {
      const [here, there] = [aChange(), aChange({ object: ratings })];
      await accept(changes, here);
      const version = await versionOf(changes, reviews);
      await accept(changes, there);

      expect(await versionOf(changes, reviews)).toBe(version);
      expect((await changes.lines([ratings])).waiting).toEqual([there]);
      expect(await changes.begin(there.id, leaseMs)).toMatchObject({ kind: 'begun' });
    });

    it('knows a change that is there already, in whatever state it is', async () => {
      const change = aChange();
      await accept(changes, change);

      expect(await accept(changes, change)).toEqual({ kind: 'known', change });
      const ended = await end(changes, change, applied);
      expect(await accept(changes, change)).toEqual({ kind: 'known', change: ended });
      expect(await waitingFor(changes, reviews)).toEqual([]);
    });

    it('refuses a plan that was made from another line', async () => {
      const { versions } = await changes.lines([reviews]);
      const [first, second] = [aChange(), aChange()];
      await changes.accept(first, { lines: versions, ahead: false });

      expect(await changes.accept(second, { lines: versions, ahead: false })).toEqual({ kind: 'moved' });

      expect(await changes.read(second.id)).toBeUndefined();
      expect(await waitingFor(changes, reviews)).toEqual([first.id]);
    });

    it('gives one of two the place that both saw', async () => {
      const { versions } = await changes.lines([reviews]);
      const two = [aChange(), aChange()];

      const outcomes = await Promise.all(two.map((each) => changes.accept(each, { lines: versions, ahead: false })));

      expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'moved']);
      expect(await waitingFor(changes, reviews)).toHaveLength(1);
    });

    it('gives every one of many a place of its own when each tries until it has one', async () => {
      const many = Array.from({ length: 8 }, () => aChange());

      await Promise.all(
        many.map(async (each) => {
          while ((await accept(changes, each)).kind === 'moved');
        }),
      );

      expect((await waitingFor(changes, reviews)).toSorted()).toEqual(many.map(({ id }) => id).toSorted());
    });

    it('moves the line with all that happens in it', async () => {
      const change = aChange();
      const versions = [await versionOf(changes, reviews)];
      const note = async () => versions.push(await versionOf(changes, reviews));

      await accept(changes, change);
      await note();
      const begun = await begin(changes, change);
      await note();
      await changes.update(moveTo(begun, applied));
      await note();

      expect(new Set(versions).size).toBe(versions.length);
    });

    describe('ahead', () => {
      it('goes before all that waits', async () => {
        const [first, second, third] = await acceptThree(changes);
        const rollback = aChange();

        await accept(changes, rollback, { ahead: true });

        expect(await waitingFor(changes, reviews)).toEqual([rollback.id, first.id, second.id, third.id]);
      });

      it('goes behind one that is being applied', async () => {
        const [first, second, third] = await acceptThree(changes);
        await begin(changes, first);
        const rollback = aChange();

        await accept(changes, rollback, { ahead: true });

        expect(await waitingFor(changes, reviews)).toEqual([first.id, rollback.id, second.id, third.id]);
      });

      it('goes into an empty line', async () => {
        const rollback = aChange();

        await accept(changes, rollback, { ahead: true });

        expect(await waitingFor(changes, reviews)).toEqual([rollback.id]);
      });
    });
  });

  it('accept nothing for a request that was answered without', async () => {
    const [change, other] = [aChange(), aChange()];
    await changes.noteRefused(change.id);

    expect(await accept(changes, change)).toEqual({ kind: 'refused-before' });
    expect(await changes.read(change.id)).toBeUndefined();
    const { versions } = await changes.lines([reviews]);
    expect(await changes.accept(other, { lines: versions, ahead: true, askedAs: change.id })).toEqual({
      kind: 'refused-before',
    });
    expect(await accept(changes, other)).toEqual({ kind: 'accepted' });
  });

  it('accept one change for a request, however many are planned for it', async () => {
    const [change, other] = [aChange(), aChange()];
    const askedAs = changeId(9_002);
    const acceptAs = async (each: Change) => {
      const { versions } = await changes.lines([reviews]);
      return changes.accept(each, { lines: versions, ahead: true, askedAs });
    };

    expect(await acceptAs(change)).toEqual({ kind: 'accepted' });
    expect(await acceptAs(other)).toEqual({ kind: 'known', change });
    expect(await acceptAs(change)).toEqual({ kind: 'known', change });

    expect(await changes.read(other.id)).toBeUndefined();
    expect(await waitingFor(changes, reviews)).toEqual([change.id]);
  });

  it('accept what is stored already and was approved, whatever a late delivery of its request was told', async () => {
    const change = aChange({ state: awaiting });
    await accept(changes, change);
    await changes.noteRefused(change.id);

    expect(await accept(changes, moveTo(change, { kind: 'queued' }))).toEqual({ kind: 'accepted' });
  });
}
