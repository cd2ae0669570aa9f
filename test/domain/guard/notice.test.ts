import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundedUp, upperBound } from '../../../src/domain/guard/bound.ts';
import { fewestFailures, noticedRatio, type Outlook, secondsToNotice } from '../../../src/domain/guard/notice.ts';

const outlook: Outlook = { share: 0.1, requestsPerSecond: 20, failureRate: 0.005, steps: 3, guards: 1 };

describe('what a guard could notice', () => {
  it.each`
    share  | seconds | ratio
    ${0.1} | ${300}  | ${5}
    ${0.5} | ${300}  | ${3.4}
  `('is $ratio times as many failures at a share of $share in $seconds s', ({ share, seconds, ratio }) => {
    expect(roundedUp(noticedRatio(seconds, { ...outlook, share }) ?? 0)).toBe(ratio);
  });

  it('takes longer with more steps and more guards', () => {
    const usual = secondsToNotice(4, outlook) ?? 0;

    expect(usual / 60).toBeCloseTo(7.77, 2);
    expect(secondsToNotice(4, { ...outlook, steps: 4 })).toBeGreaterThan(usual);
    expect(secondsToNotice(4, { ...outlook, guards: 2 })).toBeGreaterThan(usual);
  });

  it.each([
    ['nothing fails today', { ...outlook, failureRate: 0 }, 5],
    ['there is no traffic', { ...outlook, requestsPerSecond: 0 }, 5],
    ['nobody is left to compare with', { ...outlook, share: 1 }, 5],
    ['the canary gets nothing', { ...outlook, share: 0 }, 5],
    ['it fails no more often', outlook, 1],
    ['more than all requests would have to fail', outlook, 201],
  ])('is nothing if %s', (_, before, ratio) => {
    expect(secondsToNotice(ratio, before)).toBeUndefined();
  });

  it('is nothing if the time is too short even for a version that always fails', () => {
    expect(noticedRatio(10, { ...outlook, requestsPerSecond: 0.01 })).toBeUndefined();
    expect(noticedRatio(300, { ...outlook, failureRate: 0 })).toBeUndefined();
  });

  it('is noticed within the time for which it was asked', () => {
    const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(share, fc.integer({ min: 15, max: 100_000 }), (of, seconds) => {
        const ratio = noticedRatio(seconds, { ...outlook, share: of });
        if (ratio !== undefined) expect(secondsToNotice(ratio, { ...outlook, share: of })).toBeLessThanOrEqual(seconds);
      }),
    );
  });

  it.each`
    share   | hold  | takeBack
    ${0.01} | ${2}  | ${3}
    ${0.05} | ${3}  | ${3}
    ${0.1}  | ${3}  | ${4}
    ${0.25} | ${5}  | ${7}
    ${0.5}  | ${9}  | ${12}
    ${0.75} | ${20} | ${28}
    ${0.9}  | ${53} | ${76}
  `('takes $hold failures to hold and $takeBack to take back at a share of $share', ({ share, hold, takeBack }) => {
    expect([fewestFailures(share, 100), fewestFailures(share, 1_000)]).toEqual([hold, takeBack]);
  });

  it('takes no number of failures if all requests are on one side', () => {
    expect([0, 1, 0.999999].map((share) => fewestFailures(share, 100))).toEqual([undefined, undefined, undefined]);
  });
});

describe('a bound for people', () => {
  it.each`
    bound        | told
    ${3.148838}  | ${3.2}
    ${25.225538} | ${26}
    ${0.688291}  | ${0.69}
    ${2.272835}  | ${2.3}
    ${5}         | ${5}
    ${9.91}      | ${10}
    ${9.96}      | ${10}
    ${123.4}     | ${130}
    ${999}       | ${1_000}
    ${0.0101}    | ${0.011}
  `('is $told for $bound', ({ bound, told }) => {
    expect(roundedUp(bound)).toBe(told);
  });

  it('is never below what was found', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1_000, noNaN: true }), (bound) => {
        expect(roundedUp(bound) / bound).toBeGreaterThan(1 - 1e-6);
        expect(roundedUp(bound) / bound).toBeLessThan(1.11);
      }),
    );
  });

  it('is none above 1,000', () => {
    const batch = { canary: { requests: 1, bad: 1 }, others: { requests: 1_000, bad: 1 } };

    expect(upperBound([batch])).toBeUndefined();
    expect(upperBound([])).toBeUndefined();
  });
});
