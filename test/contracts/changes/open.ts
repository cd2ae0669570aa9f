import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import type { Changes } from '../../../src/workflow/ports/changes.ts';
import {
  aChange,
  accept,
  acceptThree,
  applied,
  begin,
  end,
  failed,
  held,
  openIds,
  ratings,
  reviews,
  type World,
  waitingFor,
} from './world.ts';

/** What is still to be done, and what was done lately. */
export function describeOpen(enter: () => Promise<World>): void {
  let world: World;
  let changes: Changes;

  beforeEach(async () => {
    world = await enter();
    changes = world.changes;
  });

  it('keep open what ended without anybody knowing its effect, until somebody does', async () => {
    const change = aChange();
    await accept(changes, change);
    const unsettled = await end(changes, change, { ...failed, because: 'unreachable' });
    expect(await changes.open()).toEqual([unsettled]);
    expect(await waitingFor(changes, reviews)).toEqual([]);

    await changes.update(moveTo(unsettled, { ...failed, because: 'not-reached' }));

    expect(await changes.open()).toEqual([]);
  });

  it('keep open what was applied until nobody will look at its traffic any more', async () => {
    const change = aChange();
    await accept(changes, change);
    const counts = { answered: { v1: 5, __proto__: 1 }, unanswered: { NC: 2 } };
    const first: Change = await end(changes, change, { ...applied, toBeSeen: true });
    const seen = { kind: 'counted', from: applied.at, until: applied.at, ...counts } as const;
    const looked = moveTo(first, { ...applied, toBeSeen: true, seen });
    expect(await changes.open()).toEqual([first]);
    expect(await waitingFor(changes, reviews)).toEqual([]);
    expect(await changes.areQuiet()).toBe(false);

    expect(await changes.update(looked)).toBe(true);
    expect(await changes.update(looked)).toBe(false);
    expect(await changes.open()).toEqual([looked]);
    const last = moveTo(looked, { ...applied, seen: { kind: 'not-measured', because: 'unreachable' } });
    await changes.update(last);

    expect(await changes.open()).toEqual([]);
    expect(await changes.read(change.id)).toEqual(last);
  });

  it('are quiet when nothing waits and no card is owed anything', async () => {
    expect(await changes.areQuiet()).toBe(true);

    await accept(changes, aChange());

    expect(await changes.areQuiet()).toBe(false);
  });

  describe('what is stranded', () => {
    it('is the first in line that nobody has begun', async () => {
      const three = await acceptThree(changes);

      expect(await changes.stranded(three)).toEqual([three[0]]);
      expect(await changes.stranded([])).toEqual([]);
    });

    it('is not what a worker has in hand, but what it left', async () => {
      const change = aChange();
      await accept(changes, change);
      const begun = await begin(changes, change);
      expect(await changes.stranded([begun])).toEqual([]);

      await world.pass(leaseMs);

      expect(await changes.stranded([begun])).toEqual([begun]);
    });

    it('is not what rests', async () => {
      const change = aChange();
      await accept(changes, change);
      const begun = await begin(changes, change);
      await changes.rest(begun.id, 1_000);
      expect(await changes.stranded([begun])).toEqual([]);

      await world.pass(1_000);

      expect(await changes.stranded([begun])).toEqual([begun]);
    });

    it('is what a line begins with, or else what has waited longest', async () => {
      const [first, second] = await acceptThree(changes);

      expect(await changes.stranded([second])).toEqual([second]);
      expect(await changes.stranded([first, second])).toEqual([first]);
    });

    it('is what was planned anew, though its worker had it in hand until just now', async () => {
      const change = aChange();
      await accept(changes, change);
      const again = moveTo(await end(changes, change, held), { kind: 'queued' });
      await accept(changes, again);

      expect(await changes.stranded([again])).toEqual([again]);
    });

    it('is not what has ended since it was looked for', async () => {
      const change = aChange();
      await accept(changes, change);
      await end(changes, change, applied);

      expect(await changes.stranded([change])).toEqual([]);
    });

    it('is told for each object', async () => {
      const [here, there] = [aChange(), aChange({ object: ratings })];
      for (const each of [here, there]) await accept(changes, each);
      await begin(changes, here);

      expect(await changes.stranded([here, there])).toEqual([there]);
    });
  });

  it('lists what was applied lately, newest first, whatever the object, and once', async () => {
    const [first, second, waits] = [aChange(), aChange({ object: ratings }), aChange()];
    for (const each of [first, second]) {
      await accept(changes, each);
      const done = await end(changes, each, applied);
      await changes.update(moveTo(done, { ...applied, later: waits.id }));
    }
    await accept(changes, waits);

    expect((await changes.recentlyApplied()).map(({ id, rev }) => [id, rev])).toEqual([
      [second.id, 3],
      [first.id, 3],
    ]);
  });

  it('lists what is open, oldest first, whatever the object', async () => {
    const [third, first, second] = [3, 1, 2].map((minute) =>
      aChange({
        object: { ...reviews, name: `object-${minute}` },
        acceptedAt: `2026-11-22T14:0${minute}:00.000Z`,
      }),
    );
    for (const each of [third, first, second]) if (each !== undefined) await accept(changes, each);

    expect(await openIds(changes)).toEqual([first?.id, second?.id, third?.id]);
  });
}
