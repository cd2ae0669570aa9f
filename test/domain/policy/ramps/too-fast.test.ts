import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tooFast } from '../../../../src/domain/policy/ramps/too-fast.ts';
import { namedRamp, rampOf } from '../../../support/policies.ts';

const minute = 60_000;
const within = (points: number, minutes: number) => ({ points, everyMs: minutes * minute });

function found(steps: string, every: string | undefined, points: number, minutes = 10, has = 0) {
  return tooFast(rampOf(namedRamp('r', steps, every), { has }), within(points, minutes));
}

describe('a ramp', () => {
  it.each`
    steps                          | every    | points | number       | gives        | fastest
    ${'25, 50, 75, 100'}           | ${'10m'} | ${25}  | ${undefined} | ${undefined} | ${undefined}
    ${'25, 50, 75, 100'}           | ${'9m'}  | ${25}  | ${2}         | ${50}        | ${10}
    ${'10, 20, 30, 40'}            | ${'5m'}  | ${25}  | ${undefined} | ${undefined} | ${undefined}
    ${'10, 20, 30, 40'}            | ${'4m'}  | ${25}  | ${3}         | ${30}        | ${5}
    ${'10, 30, 50'}                | ${'1m'}  | ${25}  | ${2}         | ${30}        | ${10}
    ${'25, 5, 25'}                 | ${'1m'}  | ${25}  | ${undefined} | ${undefined} | ${undefined}
    ${'20, 10, 30'}                | ${'1m'}  | ${25}  | ${3}         | ${30}        | ${5}
    ${'25 ask, 50 ask, 75'}        | ${'1m'}  | ${25}  | ${undefined} | ${undefined} | ${undefined}
    ${'25 for 10m, 50 for 1m, 75'} | ${'1m'}  | ${25}  | ${3}         | ${50}        | ${10}
  `('of $steps every $every: step $number gives $gives', ({ steps, every, points, number, gives, fastest }) => {
    const expected = { number, points: gives, withinMs: 10 * minute, fastestMs: fastest * minute };
    expect(found(steps, every, points)).toEqual(number === undefined ? undefined : expected);
  });

  it('is not judged by its speed once it has begun: its steps wait', () => {
    const ramp = rampOf(namedRamp('r', '25, 50, 75', '1m'));
    expect(tooFast({ ...ramp, first: 2 }, within(25, 10))).toBeUndefined();
  });

  it('may be as fast as it is told, and no faster in steps of a second', () => {
    const rising = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(rising, fc.integer({ min: 2, max: 60 }), (percents, minutes) => {
        const shares = percents.toSorted((a, b) => a - b);
        const most = Math.max(...shares.map((share, at) => share - (shares[at - 1] ?? 0)));
        const fast = found(shares.join(', '), '15s', most, minutes);
        if (fast === undefined) return;
        const every = (ms: number) => found(shares.join(', '), `${ms / 1_000}s`, most, minutes);
        expect(every(fast.fastestMs)).toBeUndefined();
        expect(every(Math.max(15_000, fast.fastestMs - 1_000))).toBeDefined();
      }),
    );
  });
});
