import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSteps } from '../../../src/domain/ramp/read-steps.ts';
import { formatSteps, type RampSteps } from '../../../src/domain/ramp/steps.ts';
import { someSteps } from '../../support/arbitraries.ts';

const minute = 60_000;

describe('formatSteps', () => {
  it.each<[RampSteps, string]>([
    [[forMinutes(10, 5), forMinutes(25, 5), forMinutes(100, 5)], '10,25,100 every 5m'],
    [[forMinutes(50, 20)], '50 for 20m'],
    [[forMinutes(10, 30), ask(50), forMinutes(100, 90)], '10 for 30m, 50 ask, 100 for 90m'],
    [[ask(0), forMinutes(100, 7 * 24 * 60)], '0 ask, 100 for 7d'],
    [[{ percent: 10, stay: { kind: 'for', ms: 15_000 } }, forMinutes(0, 60)], '10 for 15s, 0 for 1h'],
  ])('says %j as %s', (steps, text) => {
    expect(formatSteps(steps)).toBe(text);
    expect(readSteps(text)).toEqual({ steps });
  });

  it('says all steps so that reading them gives the same steps', () => {
    fc.assert(
      fc.property(someSteps, (steps) => {
        expect(readSteps(formatSteps(steps))).toEqual({ steps });
      }),
      { numRuns: 1000 },
    );
  });
});

function forMinutes(percent: number, minutes: number) {
  return { percent, stay: { kind: 'for', ms: minutes * minute } } as const;
}

function ask(percent: number) {
  return { percent, stay: { kind: 'ask' } } as const;
}
