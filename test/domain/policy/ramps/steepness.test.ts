import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TimedShare, timed } from '../../../../src/domain/policy/ramps/ramp-ask.ts';
import { tooSteep } from '../../../../src/domain/policy/ramps/steepness.ts';
import { namedRamp, rampOf } from '../../../support/policies.ts';

/** A ramp as it would be typed: `10,50,100 every 5m`. */
function typed(text: string): readonly TimedShare[] {
  const [steps = '', every] = text.split(' every ');
  return rampOf(namedRamp('typed', steps, every)).steps;
}

function found(bound: string, ramp: string): string {
  const steep = tooSteep(typed(bound), typed(ramp));
  if (steep === undefined) return 'fine';
  const { step, percent, fromMs, allowed, untilAsked } = steep;
  return `step ${step}: ${percent} after ${fromMs / 60_000}m, ${allowed}${untilAsked ? ' until asked' : ''}`;
}

describe('a ramp is too steep', () => {
  it.each`
    bound                             | ramp                                 | says
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1, 5, 25, 50, 100 every 10m'}     | ${'fine'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1, 5, 25, 50, 100 every 15m'}     | ${'fine'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1, 5, 25, 50, 100 every 9m'}      | ${'step 2: 5 after 9m, 1'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1 for 20m, 25 for 10m, 50'}       | ${'fine'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1 for 40m, 100 for 5m'}           | ${'fine'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1 for 10m, 6 for 30m, 100'}       | ${'step 2: 6 after 10m, 5'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'2 every 10m'}                     | ${'step 1: 2 after 0m, 1'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1, 0, 1 every 10m'}               | ${'fine'}
    ${'1, 5, 25, 50, 100 every 10m'}  | ${'1, 5, 25, 50, 75, 100 every 10m'} | ${'fine'}
    ${'10, 100 every 1h'}             | ${'10 ask, 100 every 1h'}            | ${'step 2: 100 after 0m, 10'}
    ${'10, 100 every 1h'}             | ${'10 for 1h, 20 ask, 100'}          | ${'fine'}
    ${'50, 10, 100 every 10m'}        | ${'40, 100 every 20m'}               | ${'step 1: 40 after 0m, 10'}
    ${'50, 10 every 10m'}             | ${'10, 20 every 5m'}                 | ${'step 2: 20 after 5m, 10'}
    ${'10 ask, 100 every 1h'}         | ${'100 every 1h'}                    | ${'step 1: 100 after 0m, 10 until asked'}
    ${'10 ask, 100 every 1h'}         | ${'10, 100 every 7d'}                | ${'step 2: 100 after 10080m, 10 until asked'}
    ${'10 ask, 100 every 1h'}         | ${'5 ask, 100 every 1h'}             | ${'fine'}
    ${'10 for 30m, 50 ask, 100'}      | ${'10 for 30m, 50 ask, 100'}         | ${'fine'}
    ${'10 for 30m, 50 ask, 100'}      | ${'5 ask, 10 for 30m, 100'}          | ${'step 3: 100 after 30m, 50 until asked'}
    ${'10 for 30m, 50 ask, 100'}      | ${'5 ask, 10 for 30m, 50 ask, 100'}  | ${'fine'}
    ${'1 ask, 10 ask, 100 every 10m'} | ${'1 ask, 100 every 10m'}            | ${'step 2: 100 after 0m, 10 until asked'}
    ${'1 ask, 10 ask, 100 every 10m'} | ${'1 ask, 9 ask, 100 every 10m'}     | ${'fine'}
  `('where the limit is $bound and it is $ramp: $says', ({ bound, ramp, says }) => {
    expect(found(bound, ramp)).toBe(says);
  });

  const aRamp = fc.array(
    fc.record({ percent: fc.integer({ min: 0, max: 100 }), lastsMs: fc.integer({ min: 1, max: 4 }) }),
    { minLength: 1, maxLength: 5 },
  );
  type Lasting = readonly { readonly percent: number; readonly lastsMs: number }[];
  const timedBy = (steps: Lasting): readonly TimedShare[] =>
    steps.map(({ percent }, at) => ({
      percent,
      fromMs: steps.slice(0, at).reduce((sum, { lastsMs }) => sum + lastsMs, 0),
      asks: false,
    }));
  const shareAt = (steps: readonly TimedShare[], ms: number) => steps.findLast(({ fromMs }) => fromMs <= ms)?.percent;

  it('if and only if it gives more at some moment since its start', () => {
    fc.assert(
      fc.property(aRamp, aRamp, (one, other) => {
        const [bound, ramp] = [timedBy(one), timedBy(other)];
        const moments = Array.from({ length: 30 }, (_, ms) => ms);
        const isOver = moments.some((ms) => (shareAt(ramp, ms) ?? 0) > (shareAt(bound, ms) ?? 0));

        expect(tooSteep(bound, ramp) !== undefined).toBe(isOver);
      }),
      { numRuns: 3_000 },
    );
  });

  const aGated = fc.array(
    fc.record({
      percent: fc.integer({ min: 0, max: 100 }),
      lastsMs: fc.integer({ min: 1, max: 4 }),
      asks: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  );

  it('never when it is the limit itself, or a climb that asks after each step besides', () => {
    fc.assert(
      fc.property(aGated, (steps) => {
        const ramp = timedBy(steps.map(({ percent, lastsMs, asks }) => ({ percent, lastsMs: asks ? 0 : lastsMs })));
        const gated = ramp.map((step, at) => ({ ...step, asks: steps[at]?.asks ?? false }));
        const rising = gated.toSorted((a, b) => a.percent - b.percent);
        const climb = gated.map((step, at) => ({ ...step, percent: rising[at]?.percent ?? 0 }));

        expect(tooSteep(gated, gated)).toBeUndefined();
        expect(
          tooSteep(
            climb,
            climb.map((step) => ({ ...step, asks: true })),
          ),
        ).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

it('a named ramp is timed by its earliest moments', () => {
  expect(timed(namedRamp('n', '10 for 30m, 50 ask, 75 for 1h, 100').steps)).toEqual([
    { percent: 10, fromMs: 0, asks: false },
    { percent: 50, fromMs: 1_800_000, asks: true },
    { percent: 75, fromMs: 1_800_000, asks: false },
    { percent: 100, fromMs: 5_400_000, asks: false },
  ]);
});
