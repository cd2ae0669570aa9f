import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tooLarge } from '../../../../src/domain/policy/ramps/too-large.ts';
import { namedRamp, rampOf } from '../../../support/policies.ts';

interface Given {
  readonly steps: string;
  readonly has?: number;
  readonly maxStep: number;
}

function found({ steps, has = 0, maxStep }: Given) {
  const ramp = rampOf(namedRamp('typed', steps, '10m'), { has });
  return tooLarge(ramp.steps[0].growth, ramp, maxStep);
}

describe('a ramp with a step that is larger than one change may be', () => {
  it.each`
    steps             | has  | maxStep | number       | step         | instead
    ${'10,25,50,100'} | ${0} | ${25}   | ${4}         | ${50}        | ${[10, 25, 50, 75, 100]}
    ${'100'}          | ${0} | ${40}   | ${1}         | ${100}       | ${[40, 80, 100]}
    ${'40,60'}        | ${5} | ${30}   | ${1}         | ${35}        | ${[35, 40, 60]}
    ${'10,100'}       | ${0} | ${1}    | ${1}         | ${10}        | ${undefined}
    ${'60,10,70'}     | ${0} | ${60}   | ${undefined} | ${undefined} | ${undefined}
    ${'10,25,50,75'}  | ${0} | ${25}   | ${undefined} | ${undefined} | ${undefined}
  `('$steps from $has % with at most $maxStep: step $number', ({ steps, has, maxStep, number, step, instead }) => {
    const expected = number === undefined ? undefined : { step, ofRamp: { number, instead } };
    expect(found({ steps, has, maxStep })).toEqual(expected);
  });

  it('is told what would do: a ramp to the same end, none of whose steps is too large', () => {
    const rising = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(rising, fc.integer({ min: 1, max: 99 }), (percents, maxStep) => {
        const typed = percents.toSorted((a, b) => a - b);
        const instead = found({ steps: typed.join(','), maxStep })?.ofRamp?.instead;
        if (instead === undefined) return;
        expect(found({ steps: instead.join(','), maxStep })).toBeUndefined();
        expect(instead).toEqual(expect.arrayContaining(typed));
      }),
    );
  });

  it('is judged later by the steps that are left, under their own numbers', () => {
    const ramp = rampOf(namedRamp('typed', '10,25,100', '10m'));
    const [, second, third] = ramp.steps;
    if (second === undefined || third === undefined) throw new Error('the ramp has three steps');

    const left = { ...ramp, steps: [second, third] as const, first: 2 };
    expect(tooLarge(second.growth, left, 25)).toMatchObject({ step: 75, ofRamp: { number: 3 } });
    expect(tooLarge({ step: 90, reached: 100 }, left, 25)).toMatchObject({ step: 90, ofRamp: { number: 2 } });
  });
});
