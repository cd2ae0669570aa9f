import { beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import { MeshUnavailableError } from '../../../src/workflow/errors.ts';
import { lookAfterRecent } from '../../../src/workflow/watching/watch-over.ts';
import { reviews, reviewsObject, rule } from '../../support/builders.ts';
import type { House } from '../house.ts';
import { kindsOfOneObject } from '../kinds.ts';
import { flowIn, hostOf, passIn, seenIn } from './traffic.ts';

const backends = ['v1', 'v2', 'v3'].map((version) => ({ version, host: hostOf('reviews'), label: version }));

describe.each(kindsOfOneObject)('what came of the traffic after $kind', ({ houseOf }) => {
  let house: House;
  let change: Change;

  beforeEach(async () => {
    house = houseOf(reviews({ v1: 100 }, { rules: [rule({ v1: 100 }, { backends })] }));
    house.traffic.countFor('sandbox');
    change = await house.applied('v3', 50);
  });

  const seenOf = (change: Change) => seenIn(house, change);
  const flow = (perSecond: Split) => flowIn(house, perSecond);
  const pass = (ms: number) => passIn(house, ms);
  const move = (split: Split) => house.mesh.moveByHand(reviewsObject, split);
  /** Every update of the card so far. */
  const cardsOf = ({ id }: Change) => house.chat.cardsOf(id)[0]?.shown.length ?? 0;

  it('is looked at some seconds after a change became live, and once more when a minute is over', async () => {
    flow({ v1: 10, v3: 11 });
    const shown = cardsOf(change);

    await pass(11_000);
    expect(seenOf(change)).toBeUndefined();
    await pass(2_000);
    expect(seenOf(change)).toMatchObject({ kind: 'counted', answered: { v1: 100, v3: 110 }, unanswered: {} });
    expect(cardsOf(change)).toBe(shown + 1);
    await pass(62_000);
    expect(cardsOf(change)).toBe(shown + 1);
    await pass(1_000);

    expect(seenOf(change)).toMatchObject({ kind: 'counted', answered: { v1: 600, v3: 660 } });
    expect(cardsOf(change)).toBe(shown + 2);
    expect(await house.changes.open()).toEqual([]);
    expect(house.meter.looks.filter((outcome) => outcome !== 'counted')).toEqual([]);
  });

  it('is not looked at any more once it is told', async () => {
    await pass(80_000);
    const asked = house.traffic.asked.length;
    const seen = seenOf(change);

    await pass(60_000);
    await pass(600_000);

    expect(house.traffic.asked).toHaveLength(asked);
    expect(seenOf(change)).toEqual(seen);
  });

  it('is asked for the same while by all processes, and told by one of them', async () => {
    flow({ v1: 1, v3: 1 });
    const { rev } = house.stored(change.id);

    await pass(14_500);

    expect(house.traffic.asked).toHaveLength(2);
    expect(house.traffic.asked[0]).toEqual(house.traffic.asked[1]);
    expect(house.stored(change.id).rev).toBe(rev + 1);
  });

  it('is not asked for where nobody counts requests, and the change is over at once', async () => {
    house.traffic.countFor('elsewhere');
    change = await house.applied('v3', 80);

    expect(await house.changes.open()).toEqual([]);
    await pass(80_000);

    expect(house.traffic.asked).toEqual([]);
    expect(seenOf(change)).toBeUndefined();
  });

  it('says when the next look is due, so that nobody asks before', async () => {
    await house.reconcile();
    expect(house.dueInMs).toBe(13_000);
    await pass(13_000);
    await house.reconcile();

    expect(house.dueInMs).toBe(63_000);
  });

  describe('when something else happens to the change', () => {
    it('is not measured any more after a later change, and what was seen stays', async () => {
      flow({ v1: 1, v3: 1 });
      await pass(14_000);
      const seen = seenOf(change);

      const later = await house.applied('v3', 100);
      await pass(70_000);

      expect(seen).toMatchObject({ kind: 'counted' });
      expect(seenOf(change)).toEqual(seen);
      expect(seenOf(later)).toMatchObject({ kind: 'counted' });
    });

    it('is not measured after a rollback', async () => {
      await house.clickRollback(change.id);
      await house.work();

      await pass(80_000);

      expect(seenOf(change)).toBeUndefined();
    });

    it('is not measured once somebody else moved the weights, though they put them right again', async () => {
      move({ v1: 100, v3: 0 });
      await house.look();
      move({ v1: 50, v3: 50 });
      await house.look();

      await pass(80_000);

      expect(house.traffic.asked).toEqual([]);
      expect(seenOf(change)).toBeUndefined();
    });

    it('is not measured while the weights are moved and nobody has noticed yet', async () => {
      house.mesh.deafen();
      move({ v1: 100, v3: 0 });

      await pass(14_000);
      await pass(62_000);

      expect(house.traffic.asked).toEqual([]);
      expect(seenOf(change)).toBeUndefined();
    });

    it('is not told when it is moved while the question is on its way', async () => {
      flow({ v1: 1, v3: 1 });
      house.traffic.duringNextCount(async () => {
        move({ v1: 100, v3: 0 });
        await lookAfterRecent(house.lookout);
      });

      house.pass(14_000);
      await house.reconcile();

      expect(house.stored(change.id).state).toMatchObject({ movedAway: { how: 'weights' } });
      expect(seenOf(change)).toBeUndefined();
    });
  });

  describe('when nobody can tell', () => {
    it('is tried again, and says in the end that Prometheus did not answer', async () => {
      house.traffic.goAway();

      for (let ms = 0; ms < 175_000; ms += 5_000) await pass(5_000);
      expect(seenOf(change)).toBeUndefined();
      await pass(20_000);

      expect(seenOf(change)).toEqual({ kind: 'not-measured', because: 'unreachable' });
      expect(house.traffic.asked.length).toBeLessThanOrEqual(2 * 14);
      expect(await house.changes.open()).toEqual([]);
    });

    it('tells what it can as soon as somebody answers again', async () => {
      flow({ v1: 1, v3: 1 });
      house.traffic.goAway();
      await pass(14_000);
      await pass(62_000);

      house.traffic.comeBack();
      await pass(15_000);

      expect(seenOf(change)).toMatchObject({ answered: { v1: 60, v3: 60 } });
    });

    it('keeps what the first look saw where the last one fails', async () => {
      flow({ v1: 1, v3: 1 });
      await pass(14_000);
      const seen = seenOf(change);
      house.traffic.goAway();

      for (let ms = 0; ms < 200_000; ms += 10_000) await pass(10_000);

      expect(seenOf(change)).toEqual(seen);
      expect(await house.changes.open()).toEqual([]);
    });

    it('takes a later minute where requests are counted seldom', async () => {
      flow({ v1: 1, v3: 1 });
      house.traffic.knowNothing('too-seldom');
      await pass(14_000);
      await pass(62_000);
      expect(seenOf(change)).toBeUndefined();

      house.traffic.knowNothing(undefined);
      await pass(45_000);

      expect(seenOf(change)).toMatchObject({ from: '2026-11-22T14:04:11.000Z', until: '2026-11-22T14:05:11.000Z' });
    });

    it.each(['too-seldom', 'not-counted'] as const)('says why after the last look: %s', async (because) => {
      house.traffic.knowNothing(because);

      await pass(14_000);
      await pass(62_000);
      await pass(46_000);

      expect(seenOf(change)).toEqual({ kind: 'not-measured', because });
    });

    it('says nothing while the cluster does not tell whether the change still stands', async () => {
      const away = new MeshUnavailableError('away');
      house.mesh.failReads(away, away);

      await pass(14_000);
      expect(house.traffic.asked).toEqual([]);
      await pass(16_000);

      expect(seenOf(change)).toMatchObject({ kind: 'counted' });
    });
  });

  describe('when no process was there', () => {
    it('is asked for as it was then, some minutes later', async () => {
      flow({ v1: 1, v3: 1 });

      await pass(300_000);

      expect(seenOf(change)).toMatchObject({
        from: '2026-11-22T14:04:11.000Z',
        until: '2026-11-22T14:05:11.000Z',
        answered: { v1: 60, v3: 60 },
      });
    });

    it('is left out when it is too late to matter', async () => {
      flow({ v1: 1, v3: 1 });

      await pass(3_600_000);

      expect(house.traffic.asked).toEqual([]);
      expect(seenOf(change)).toBeUndefined();
      expect(await house.changes.open()).toEqual([]);
    });
  });

  it('is shown by the next round when the process that noted it died before its card was shown', async () => {
    house.chat.goDown();
    await pass(14_000);
    house.chat.comeBack();

    await house.reconcile();

    expect(house.chat.shows(change.id)?.state).toMatchObject({ seen: { kind: 'counted' } });
  });

  it('is not what anybody waits for', async () => {
    house.traffic.goAway();
    house.pass(14_000);

    expect(await house.reconcile()).toBe(0);
    const next = await house.applied('v3', 60);

    expect(house.stored(next.id).state.kind).toBe('applied');
  });
});
