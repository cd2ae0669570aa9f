import { describe, expect, it } from 'vitest';
import { acceptedRamp, kindOf } from './answers.ts';

describe('the kind of an answer about a ramp', () => {
  it.each([
    ['accepted', 'Accepted: r-00000001 (reviews · ramp to v3, step 1 of 3). Its card follows it.'],
    ['accepted', 'Already asked for by <@U01ALICE>: r-00000001 (reviews · ramp to v3, step 1 of 3).'],
    ['shown', '*Not done yet:* r-00000001 (reviews) would go to v3 100 % at once, without the steps between.'],
    ['shown', '*Not accepted:* r-00000001 moves these weights, and this would end it. Nothing was changed.'],
    ['not accepted', '*Not accepted:* r-00000001 (reviews) moves the same rule. Nothing was changed.'],
    ['done', 'Paused: r-00000001 (reviews · ramp to v3, step 1 of 3).'],
    ['done', 'Goes on: r-00000001 (reviews · ramp to v3, step 1 of 3).'],
    ['done', 'The next step is made now: r-00000001 (reviews · ramp to v3, step 1 of 3).'],
    ['done', 'The rest is done now, in one step: r-00000001 (reviews · ramp to v3, step 1 of 3).'],
    ['done', 'Stopped; it goes back to what was before the ramp: r-00000001 (reviews).'],
    ['done', 'Stopped: r-00000001 (reviews) goes back to what was before it, in one change.'],
    ['refused', 'No ramp moves `reviews` in `default`. No ramp runs.'],
  ])('is %s: %s', (kind, answer) => {
    expect(kindOf({ answer })).toBe(kind);
  });

  it('has the ramp that it promises', () => {
    expect(acceptedRamp('Accepted: r-00000001 (reviews · ramp to v3). Its card follows it.')).toBe('r-00000001');
    expect(acceptedRamp('Accepted: c-00000001, …')).toBeUndefined();
  });
});
