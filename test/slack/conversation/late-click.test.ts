import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { rampDecisionReply } from '../../../src/slack/replies/ramps/gestures.ts';
import { standingShown, stepShownIn } from '../../../src/workflow/ramping/standing-shown.ts';
import { policyOf } from '../../support/policies.ts';
import { minute, RampHouse, steps } from '../../workflow/ramping/ramp-house.ts';

/** Reviews at step 1 of 4, with a button *25 % now* on the card. */
describe('a late or a double click on the next step', () => {
  let house: RampHouse;
  let ramp: Ramp;

  beforeEach(async () => {
    house = new RampHouse();
    ramp = await house.started({ steps: steps([10, 25, 50, 100]) });
  });

  const next = async () => rampDecisionReply(await house.does('next', ramp, standingShown(ramp))).text;

  it('is answered that the step is being made, while it is', async () => {
    expect(await next()).toContain('The next step is made now');

    expect(await next()).toMatch(/: step 2 \(25 %\) is being made already\. Nothing was changed\.$/);
    await house.goOn();
    expect(house.ledger.seq).toBe(2);
  });

  it('is answered that the step was done, and when', async () => {
    await next();
    await house.goOn();
    house.pass(minute);

    expect(await next()).toMatch(
      /: step 2 \(25 %\) was done at <!date\^\d+\^[^|]*\|14:03:1\d UTC> already\. Nothing was changed\.$/,
    );
    await house.goOn();
    expect(house.ledger.seq).toBe(2);
  });

  it('is answered the same when more steps were made since', async () => {
    await house.after(5 * minute);
    await house.after(5 * minute);

    expect(await next()).toMatch(
      /: step 2 \(25 %\) was done at <!date\^\d+\^[^|]*\|14:08:1\d UTC> already; step 3 \(50 %\) is live now\./,
    );
  });

  it('is answered the same when the ramp is over', async () => {
    for (let times = 0; times < 4; times += 1) await house.after(5 * minute);

    expect(await next()).toMatch(/: step 2 \(25 %\) was done at .* already, and the ramp is over\./);
  });

  it('is answered with the reason where policy denies the step, and the ramp stays as it is', async () => {
    house.policies.take(policyOf(`rules:\n  - target: "**"\n    shift: [everyone]\n    maxStep: 5\n`));

    expect(await next()).toMatch(/^\*Not done:\* .+ The ramp stays as it is\.$/);
    expect(await house.ramp(ramp.id)).toEqual(ramp);
  });

  it('is answered with where the ramp is, if the step was not made', async () => {
    await house.does('pause', ramp);

    expect(await next()).toMatch(
      /step 1 \(10 %\) was done at .*; it is paused now\. That button was for an earlier moment\./,
    );
    expect(house.ledger.seq).toBe(1);
  });

  it('knows from its button the step that was live', () => {
    const aStep = fc.integer({ min: 0, max: 20 });
    const aTime = fc.integer({ min: 0, max: 4_102_444_800_000 }).map((ms) => new Date(ms).toISOString());
    fc.assert(
      fc.property(aStep, aTime, fc.boolean(), (step, at, isHeld) => {
        const standing = { step, since: at, at };
        const state = isHeld
          ? ({ kind: 'held', ...standing, leftMs: 0, hold: { because: 'not-asked-on' } } as const)
          : ({ kind: 'asking', ...standing, expiresAt: at } as const);

        expect(stepShownIn(standingShown({ state }))).toBe(step);
      }),
    );
  });
});
