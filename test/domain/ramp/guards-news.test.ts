import { describe, expect, it } from 'vitest';
import { haveNews } from '../../../src/domain/ramp/guards-news.ts';
import { counted, guardsAfter } from '../../support/ramp-builders.ts';

const quiet = counted([1, 200], [9, 1_800]);

describe('what guards say', () => {
  it.each`
    before                       | after                                      | isNews   | what
    ${[]}                        | ${[quiet]}                                 | ${true}  | ${'the first look at a step'}
    ${[quiet]}                   | ${[quiet, quiet]}                          | ${false} | ${'more counts of the same'}
    ${[counted([0, 0], [1, 9])]} | ${[counted([0, 0], [1, 9]), quiet]}        | ${true}  | ${'the first requests of the canary'}
    ${[quiet]}                   | ${[quiet, counted([12, 200], [9, 1_800])]} | ${true}  | ${'a suspicion'}
    ${[quiet]}                   | ${[quiet, counted([60, 200], [9, 1_800])]} | ${true}  | ${'a proof'}
  `('has changed by $what: $isNews', ({ before, after, isNews }) => {
    expect(haveNews(guardsAfter(before), guardsAfter(after), 1)).toBe(isNews);
  });
});
