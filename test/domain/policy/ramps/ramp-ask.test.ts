import { describe, expect, it } from 'vitest';
import { mostReached, rampAskOf } from '../../../../src/domain/policy/ramps/ramp-ask.ts';
import type { Stay } from '../../../../src/domain/ramp/steps.ts';
import type { Split } from '../../../../src/domain/routing/split.ts';

const minute: Stay = { kind: 'for', ms: 60_000 };

function asked(origin: Split, ...splits: readonly [Split, ...Split[]]) {
  const [first, ...more] = splits;
  const planned = (to: Split) => ({ to, stay: minute });
  return rampAskOf({ origin, steps: [planned(first), ...more.map(planned)], guards: true });
}

describe('what policy is told of a ramp', () => {
  it('is the share of the versions that grow, together, and from when', () => {
    const { steps } = asked({ v1: 90, v2: 10 }, { v1: 70, v2: 20, v3: 10 }, { v1: 0, v2: 50, v3: 50 });

    expect(steps).toEqual([
      { percent: 30, fromMs: 0, asks: false, isUp: true, growth: { step: 10, reached: 20 } },
      { percent: 100, fromMs: 60_000, asks: false, isUp: true, growth: { step: 40, reached: 50 } },
    ]);
  });

  it('is the same for a ramp that was typed from the other side', () => {
    const { steps } = asked({ v1: 100, v3: 0 }, { v1: 90, v3: 10 }, { v1: 50, v3: 50 });

    expect(steps.map(({ percent }) => percent)).toEqual([10, 50]);
  });

  it('knows shares of weights that do not sum to 100', () => {
    expect(asked({ v1: 3, v3: 0 }, { v1: 2, v3: 1 }).steps[0]).toMatchObject({
      percent: 33.333333,
      growth: { step: 33.333333 },
    });
  });

  it.each<[string, Split, boolean]>([
    ['less of the canary', { v1: 75, v2: 0, v3: 25 }, false],
    ['all back', { v1: 100, v2: 0, v3: 0 }, false],
    ['more of the canary', { v1: 40, v2: 0, v3: 60 }, true],
    ['less of the canary for a third version', { v1: 50, v2: 25, v3: 25 }, true],
  ])('is of a step whether it goes up: %s', (_, next, isUp) => {
    const { steps } = asked({ v1: 100, v2: 0, v3: 0 }, { v1: 50, v2: 0, v3: 50 }, next);

    expect(steps[1]?.isUp).toBe(isUp);
  });

  it('is how much a version gets at most, of steps up', () => {
    expect(mostReached(asked({ v1: 100 }, { v1: 60, v3: 40 }, { v1: 90, v3: 10 }, { v1: 70, v3: 30 }))).toBe(40);
  });

  it('counts no time for a step that a person ends', () => {
    const to = (v3: number, stay: Stay) => ({ to: { v1: 100 - v3, v3 }, stay });
    const ramp = rampAskOf({
      origin: { v1: 100 },
      steps: [to(10, minute), to(50, { kind: 'ask' }), to(100, minute)],
      guards: false,
    });

    expect(ramp.steps.map(({ fromMs, asks }) => [fromMs, asks])).toEqual([
      [0, false],
      [60_000, true],
      [60_000, false],
    ]);
    expect(ramp.guards).toBe(false);
  });
});
