import { beforeEach, describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { CountedHouse, second } from './counted-house.ts';

const lookedAt = 15 * second;

describe('while the next step waits in line, the guards look at the one that is live', () => {
  let house: CountedHouse;
  let ramp: Ramp;

  /** The second step is due, all workers are busy, and its change waits. */
  beforeEach(async () => {
    house = new CountedHouse();
    ramp = await house.started({ steps: steps([10, 25, 50], 2 * minute) });
    await house.serve(2 * minute - 5 * second);
    await house.count(10 * second);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'stepping', step: 2, live: 1 });
  });

  it('and count it as that one', async () => {
    const before = await house.ramp(ramp.id);
    await house.count(minute);

    const { guards, state } = await house.ramp(ramp.id);
    expect(state).toMatchObject({ kind: 'stepping', step: 2 });
    expect(guards?.cursor?.step).toBe(1);
    const late = Date.parse(guards?.cursor?.until ?? '') - Date.parse(before.guards?.cursor?.until ?? '');
    expect(late).toBeGreaterThan(2 * lookedAt);
  });

  it('and take it back: the step in line is never made', async () => {
    house.failing = { v3: 0.5 };
    await house.count(minute);
    await house.serve(10 * second);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard', proof: { guard: 'errors' } });
    expect(house.split).toEqual({ v1: 100, v2: 0, v3: 0 });
    expect(house.ledger.revisions.map(({ ramp: of }) => of?.step)).toEqual([0, 1]);
  });

  it('and hold it at a sign: the step in line is taken out', async () => {
    house.loses('NC', 3);
    await house.count(minute);
    await house.serve(10 * second);

    const { state, changes } = await house.ramp(ramp.id);
    expect(state).toMatchObject({ kind: 'held', step: 1, hold: { because: 'guard', proof: { guard: 'unreached' } } });
    expect(house.stored(changes[1]?.id ?? 'c-00000000').state).toMatchObject({ kind: 'withdrawn', by: 'guard' });
    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
  });

  it('and count nothing once a worker may have applied the change, though the record does not know it', async () => {
    const before = (await house.ramp(ramp.id)).guards?.cursor;
    const { changes } = await house.ramp(ramp.id);
    house.traffic.duringNextLook(async () => {
      const begun = await house.changes.begin(changes[1]?.id ?? 'c-00000000', 60_000);
      if (begun.kind === 'begun') await house.writeUntold(begun.change);
    });
    house.failing = { v3: 0.5 };
    await house.count(30 * second);

    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
    expect((await house.ramp(ramp.id)).guards?.cursor).toEqual(before);
  });

  it('and let a person who made the step in spite of a sign have it', async () => {
    house.loses('NC', 3);
    await house.count(30 * second);
    await house.serve(10 * second);
    await house.does('next', ramp);
    house.loses('NC', 3);
    await house.count(30 * second);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'stepping', step: 2 });
  });
});
