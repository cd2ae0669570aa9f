import { beforeEach, describe, expect, it } from 'vitest';
import { totalOf } from '../../../src/domain/guard/seen-so-far.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { reviewsObject } from '../../support/builders.ts';
import { minute, steps } from '../ramping/ramp-house.ts';
import { CountedHouse, second } from './counted-house.ts';

const foreign = { v1: 60, v2: 0, v3: 40 };
const own = { v1: 90, v2: 0, v3: 10 };

describe('the guards count a step only while its own split is live', () => {
  let house: CountedHouse;
  let ramp: Ramp;

  /** The first step, 10 %, was looked at for a minute. */
  beforeEach(async () => {
    house = new CountedHouse();
    ramp = await house.started({ steps: steps([10, 50], 20 * minute) });
    await house.serve(minute);
  });

  /** One request of ten was one of the canary, as the step's split has it. */
  async function expectOnlyItsSplit(): Promise<void> {
    const { canary, others } = totalOf((await house.ramp(ramp.id)).guards?.seen ?? []);
    expect(others.requests).toBe(canary.requests * 9);
    expect(canary.requests).toBeGreaterThan(0);
  }

  async function lastLook() {
    const { guards } = await house.ramp(ramp.id);
    return Date.parse(guards?.last?.until ?? '');
  }

  it('and nothing of an edit that nobody has told of yet, which the next batch does not reach across', async () => {
    house.mesh.deafen();
    house.pass(second);
    house.mesh.moveByHand(reviewsObject, foreign);
    await house.count(30 * second);
    await expectOnlyItsSplit();
    house.mesh.moveByHand(reviewsObject, own);
    const rightMs = house.now().getTime();
    const before = await lastLook();
    await house.count(minute);

    await expectOnlyItsSplit();
    expect(before).toBeLessThan(rightMs - 30 * second);
    const { guards } = await house.ramp(ramp.id);
    expect(Date.parse(guards?.last?.from ?? '')).toBeGreaterThanOrEqual(rightMs + 10 * second);
  });

  it('and nothing while a put-back waits in line', async () => {
    house.mesh.moveByHand(reviewsObject, foreign);
    await house.serve(5 * second);
    await house.does('put-back', ramp);
    await house.count(minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'stepping', step: 1, live: 1 });
    await expectOnlyItsSplit();

    const before = await lastLook();
    await house.serve(minute);
    await expectOnlyItsSplit();
    expect(await lastLook()).toBeGreaterThan(before);
  });
});

describe('the guards of a ramp whose Prometheus lost what it had', () => {
  it('begin anew, and see what comes then', async () => {
    const house = new CountedHouse();
    const ramp = await house.started({ steps: steps([10, 50], 10 * minute) });
    await house.serve(minute);
    house.pass(second);
    house.traffic.loseBefore(house.now());
    const before = (await house.ramp(ramp.id)).guards?.last?.until ?? '';
    house.failing = { v3: 0.5 };
    await house.serve(10 * second);
    expect((await house.ramp(ramp.id)).guards?.last?.until).toBe(before);
    await house.serve(2 * minute);

    expect(await house.state(ramp.id)).toMatchObject({ kind: 'back', by: 'guard' });
    expect(house.log.messages('warn').filter((message) => message.startsWith('Prometheus lost'))).toHaveLength(1);
  });
});
