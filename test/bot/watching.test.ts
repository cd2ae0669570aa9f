import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startWatching } from '../../src/bot/watching.ts';
import { emptyLedger } from '../../src/domain/routing/ledger.ts';
import { Background } from '../../src/process/background.ts';
import { reviewsObject } from '../support/builders.ts';
import { House } from '../workflow/house.ts';

const anHour = 3_600_000;

describe('watching applied changes', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A watched house, and how often all recently applied changes were read. */
  function watched() {
    const house = new House();
    const background = new Background(house.log);
    let asked = 0;
    const recentlyApplied = () => {
      asked += 1;
      return house.changes.recentlyApplied();
    };
    const changes = {
      recentlyApplied,
      open: house.changes.open.bind(house.changes),
      read: house.changes.read.bind(house.changes),
      update: house.changes.update.bind(house.changes),
    };
    const stop = startWatching({ ...house.lookout, changes }, house.mesh, (work, what, fields) =>
      background.run(work, what, fields),
    );
    return { house, background, stop, asked: () => asked };
  }

  it('rarely asks Redis while nothing happens', async () => {
    const { stop, asked } = watched();

    await vi.advanceTimersByTimeAsync(anHour);

    expect(asked()).toBeGreaterThanOrEqual(6);
    expect(asked()).toBeLessThanOrEqual(8);
    stop();
  });

  it('says within seconds what stands in place of an object that we changed, though its history is gone, and asks Redis once for many', async () => {
    const { house, background, stop, asked } = watched();
    const { id } = await house.applied('v3', 50);
    await vi.advanceTimersByTimeAsync(70_000);
    const route = house.mesh.routeOf(reviewsObject);
    house.mesh.remove(reviewsObject);
    await vi.advanceTimersByTimeAsync(1_000);
    await background.ended();
    const before = asked();
    for (const name of ['one', 'two', 'three'])
      house.mesh.put({ ...route, object: { ...reviewsObject, name }, ledger: emptyLedger });
    house.mesh.put({ ...route, uid: 'u-anew', ledger: emptyLedger });
    house.mesh.moveByHand(reviewsObject, { v1: 90, v3: 10 });

    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(() =>
      expect(house.stored(id).state).toMatchObject({ movedAway: { how: 'made-anew', live: { v1: 90, v3: 10 } } }),
    );

    expect(asked()).toBe(before + 1);
    stop();
  });

  it('checks everything within a minute after a failed check', async () => {
    const { house, background, stop, asked } = watched();
    const { id } = await house.applied('v3', 50);
    await vi.advanceTimersByTimeAsync(70_000);
    const before = asked();
    house.changes.goAway();
    house.mesh.moveByHand(reviewsObject, { v1: 100 }, 'default');
    await vi.advanceTimersByTimeAsync(1_000);
    await background.ended();
    house.changes.comeBack();

    await vi.advanceTimersByTimeAsync(61_000);
    await vi.waitFor(() => expect(house.stored(id).state).toMatchObject({ movedAway: { live: { v1: 100 } } }));

    expect(asked()).toBe(before + 1);
    stop();
  });
});
