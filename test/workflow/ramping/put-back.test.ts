import { beforeEach, describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { standingShown } from '../../../src/workflow/ramping/standing-shown.ts';
import { reviewsObject } from '../../support/builders.ts';
import { policyOf } from '../../support/policies.ts';
import { minute, RampHouse, steps } from './ramp-house.ts';

const everyone = `rules:\n  - target: "**"\n    shift: [everyone]\n`;

describe('what somebody else moved in the middle of a ramp, put back', () => {
  let house: RampHouse;

  beforeEach(() => {
    house = new RampHouse();
  });

  /** Held at its second step, 25 %, of four. */
  async function moved(v3 = 40): Promise<Ramp> {
    const ramp = await house.started();
    await house.after(5 * minute);
    house.pass(2 * minute);
    house.mesh.moveByHand(reviewsObject, { v1: 100 - v3, v2: 0, v3 });
    await house.goOn();
    return house.ramp(ramp.id);
  }

  it('is the split of the step that is live, which is then watched for its full time', async () => {
    const ramp = await moved();
    expect(await house.does('put-back', ramp, standingShown(ramp))).toMatchObject({ kind: 'done' });
    await house.goOn();

    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2, since: house.now().toISOString() });
    await house.after(5 * minute - 1);
    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
    await house.after(1);
    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
  });

  it('is one ordinary change of the ramp, of the same step', async () => {
    const ramp = await moved();
    await house.does('put-back', ramp);
    await house.goOn();

    expect((await house.ramp(ramp.id)).changes.map(({ step }) => step)).toEqual([1, 2, 2]);
    expect(house.ledger.revisions[0]?.ramp).toEqual({ id: ramp.id, step: 2, of: 4 });
    expect(house.ledger.seq).toBe(3);
  });

  it('is done once by two clicks, and the second one hears where the ramp is', async () => {
    const ramp = await moved();
    const seen = standingShown(ramp);
    const answers = await Promise.all([
      house.does('put-back', ramp, seen),
      house.does('put-back', ramp, seen, house.asker('U02BOB')),
    ]);
    await house.goOn();

    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['done', 'moved-on']);
    expect(await house.does('put-back', ramp, seen)).toMatchObject({ kind: 'moved-on', ramp: { state: { step: 2 } } });
    expect(house.ledger.seq).toBe(3);
  });

  it('does not overwrite what came after the person looked', async () => {
    const ramp = await moved();
    house.mesh.moveByHand(reviewsObject, { v1: 20, v2: 0, v3: 80 });

    expect(await house.does('put-back', ramp, standingShown(ramp))).toMatchObject({ kind: 'stopped' });
    await house.goOn();
    expect(house.split).toEqual({ v1: 20, v2: 0, v3: 80 });
    const held = await house.ramp(ramp.id);
    expect(held.state).toMatchObject({ kind: 'held', step: 2, hold: { away: { live: { v1: 20, v3: 80 } } } });

    await house.does('put-back', ramp, standingShown(held));
    await house.goOn();
    expect(house.split).toEqual({ v1: 75, v2: 0, v3: 25 });
  });

  it('does not overwrite what comes while its change is in line', async () => {
    const ramp = await moved();
    await house.does('put-back', ramp);
    house.mesh.moveByHand(reviewsObject, { v1: 20, v2: 0, v3: 80 });
    await house.goOn();

    expect(house.split).toEqual({ v1: 20, v2: 0, v3: 80 });
    expect(await house.state(ramp.id)).toMatchObject({
      kind: 'held',
      step: 2,
      hold: { because: 'moved', away: { live: { v1: 20, v3: 80 } } },
    });
  });

  it('lets the ramp run on, with the full time of its step, where somebody has put it back by hand', async () => {
    const ramp = await moved();
    house.mesh.moveByHand(reviewsObject, { v1: 75, v2: 0, v3: 25 });
    await house.goOn();
    await house.does('put-back', ramp);
    await house.goOn();

    expect(house.ledger.seq).toBe(2);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 2, since: house.now().toISOString() });
  });

  it('asks again at a step that asks', async () => {
    const gated = [
      { percent: 10, stay: { kind: 'ask' } },
      { percent: 100, stay: { kind: 'for', ms: minute } },
    ] as const;
    const ramp = await house.started({ steps: gated });
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.goOn();
    await house.does('put-back', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 90, v2: 0, v3: 10 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'asking', step: 1 });
  });

  it('at the last step, watches that once more before the end', async () => {
    const ramp = await house.started({ steps: steps([50]) });
    house.mesh.moveByHand(reviewsObject, { v1: 60, v2: 0, v3: 40 });
    await house.after(minute);
    await house.does('put-back', ramp);
    await house.goOn();

    expect(house.split).toEqual({ v1: 50, v2: 0, v3: 50 });
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'running', step: 1 });
    await house.after(5 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'finished' });
  });

  it('is not there while a ramp is held for another reason, or runs', async () => {
    const ramp = await house.started();
    expect(await house.does('put-back', ramp)).toMatchObject({ kind: 'not-now' });
    await house.after(20 * minute);
    expect(await house.state(ramp.id)).toMatchObject({ kind: 'held', hold: { because: 'late' } });
    expect(await house.does('put-back', ramp)).toMatchObject({ kind: 'not-now' });
  });

  it('is told to the audit, with who did it', async () => {
    const ramp = await moved();
    await house.does('put-back', ramp, undefined, house.asker('U02BOB'));

    const told = house.audit.trail.filter(({ deed }) => deed === 'put-back');
    expect(told).toMatchObject([{ kind: 'ramp-resumed', rampId: ramp.id, step: 2, by: { user: 'U02BOB' } }]);
  });

  describe('under a policy', () => {
    it.each([
      ['up, is stopped by a freeze, and stays held as it was', 10, 'denied', { v1: 90, v2: 0, v3: 10 }],
      ['back, goes through a freeze', 40, 'done', { v1: 75, v2: 0, v3: 25 }],
    ] as const)('%s', async (_, v3, kind, split) => {
      house.policies.take(policyOf(everyone));
      const ramp = await moved(v3);
      await house.freeze('U02BOB', '**', { reason: 'the sale' });

      expect(await house.does('put-back', ramp, standingShown(ramp))).toMatchObject({ kind });
      await house.goOn();
      expect(house.split).toEqual(split);
      if (kind === 'denied') expect(await house.ramp(ramp.id)).toEqual(ramp);
    });

    it('is for those who may shift', async () => {
      house.policies.take(policyOf(everyone));
      const ramp = await moved();
      house.policies.take(policyOf(`rules:\n  - target: "**"\n    shift: [U02BOB]\n`));

      expect(await house.does('put-back', ramp)).toMatchObject({ kind: 'denied', denial: { reason: 'not-allowed' } });
      expect(await house.does('put-back', ramp, undefined, house.asker('U02BOB'))).toMatchObject({ kind: 'done' });
    });

    it('up, waits for nothing outside the hours: the answer says when they begin', async () => {
      const ramp = await moved(10);
      house.policies.take(policyOf(`${everyone}    hours: "Mon 10:00-14:00 UTC"\n`)); // it is a Sunday

      expect(await house.does('put-back', ramp)).toMatchObject({ kind: 'waits' });
      expect(await house.ramp(ramp.id)).toEqual(ramp);
    });
  });
});
