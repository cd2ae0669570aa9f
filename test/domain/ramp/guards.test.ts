import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/domain/guard/batch.ts';
import { defaultGuard } from '../../../src/domain/policy/ramps/guard-rule.ts';
import { afterLook, type Looked, newGuards, type RampGuards, sawCanary } from '../../../src/domain/ramp/guards.ts';
import { saidBy } from '../../../src/domain/ramp/guards-say.ts';

const batch = (canary: readonly [number, number], others: readonly [number, number]): Batch => ({
  canary: { requests: canary[0], bad: canary[1] },
  others: { requests: others[0], bad: others[1] },
});

function looked(batches: Readonly<Record<string, Batch>>, more: Partial<Looked> = {}): Looked {
  const [from, until] = ['2026-11-22T14:00:10.000Z', '2026-11-22T14:00:25.000Z'];
  return {
    step: 1,
    from,
    until,
    batches: new Map(Object.entries(batches)),
    unreached: {},
    configuredShare: 0.1,
    ...more,
  };
}

function verdictOf(guards: RampGuards, guard: string, step = 1) {
  return saidBy(guards, step).find((said) => said.guard === guard)?.verdict;
}

describe('the guards of a ramp', () => {
  it('compare each caller with itself: one that bypasses the split and fails is no sign', () => {
    const guards = afterLook(
      newGuards(defaultGuard, 2),
      looked({ 'default/productpage-v1': batch([100, 0], [900, 0]), 'batch/job': batch([100, 50], [0, 0]) }),
    );

    expect(verdictOf(guards, 'errors')).toEqual({ kind: 'no-sign' });
  });

  it('take back from one in 1,000, of all guards that act together', () => {
    const guards = afterLook(newGuards(defaultGuard, 2), looked({ a: batch([1_204, 25], [9_800, 20]) }));

    expect(verdictOf(guards, 'errors')).toEqual({ kind: 'take-back', oneIn: 1e9 });
  });

  it('hold at most where callers do not say who they are', () => {
    const guards = afterLook(newGuards(defaultGuard, 2), looked({ unknown: batch([1_204, 25], [9_800, 20]) }));

    expect(guards.confounded).toBe('nameless-caller');
    const later = afterLook(guards, looked({ a: batch([100, 0], [900, 0]) }));
    expect(verdictOf(later, 'errors')).toMatchObject({ kind: 'hold' }); // the evidence has those requests for good
    expect(verdictOf(guards, 'errors')).toMatchObject({ kind: 'hold' });
  });

  it('know nothing of a step in which nothing was seen of the canary', () => {
    const guards = afterLook(newGuards(defaultGuard, 2), looked({ a: batch([0, 0], [900, 9]) }));

    expect(verdictOf(guards, 'errors')).toEqual({ kind: 'unknown' });
  });

  it('see that traffic does not follow, and do not take it back for that', () => {
    const guards = afterLook(newGuards(defaultGuard, 2), looked({ a: batch([500, 0], [500, 0]) }));

    expect(verdictOf(guards, 'follow')).toMatchObject({ kind: 'hold' });
  });

  it('have nobody to compare with at 100 %, and look at the bound of policy alone', () => {
    const rule = { ...defaultGuard, errors: { times: 1, atMost: 0.05 } };
    const guards = afterLook(
      newGuards(rule, 2),
      looked({ a: batch([6_000, 900], [0, 0]) }, { step: 2, configuredShare: 1 }),
    );

    expect(verdictOf(guards, 'errors', 2)).toEqual({ kind: 'no-sign' });
    expect(verdictOf(guards, 'follow', 2)).toEqual({ kind: 'no-sign' });
    expect(verdictOf(guards, 'absolute', 2)).toMatchObject({ kind: 'take-back' });
  });

  it('compare slow requests where policy watches latency', () => {
    const rule = { ...defaultGuard, latency: { times: 1 } };
    const guards = afterLook(
      newGuards(rule, 2, { slowerThanMs: 250 }),
      looked({ a: batch([1_000, 0], [9_000, 0]) }, { slow: new Map([['a', batch([1_000, 300], [9_000, 450])]]) }),
    );

    expect(verdictOf(guards, 'latency')).toMatchObject({ kind: 'take-back' });
  });

  describe('where clients stay at a version', () => {
    const bound = { ...defaultGuard, errors: { times: 1, atMost: 0.05 } };
    const bad = looked({ a: batch([1_204, 250], [9_800, 20]) });

    it('compare nothing, and hold the canary to the bound of policy alone', () => {
      const guards = afterLook(newGuards(bound, 2, { sticky: 'session' }), bad);

      expect(guards.errors).toEqual(newGuards(bound, 2).errors);
      expect(guards.follow).toEqual(newGuards(bound, 2).follow);
      expect(saidBy(guards, 1).map(({ guard }) => guard)).toEqual(['absolute']);
      expect(verdictOf(guards, 'absolute')).toMatchObject({ kind: 'take-back' });
    });

    it('stop comparing once a look sees it, for good', () => {
      const before = afterLook(newGuards(defaultGuard, 2), looked({ a: batch([100, 1], [900, 9]) }));
      const seen = afterLook(before, { ...bad, sticky: 'cookie' });
      const later = afterLook(seen, bad);

      expect(later.sticky).toBe('cookie');
      expect(later.errors).toEqual(before.errors);
      expect(saidBy(later, 1)).toEqual([]);
      expect(later.seen[0]?.callers['a']?.canary.requests).toBe(100 + 2 * 1_204);
    });

    it('leave their part of the chance of a false alarm to a guard that was turned off on the way', () => {
      const bad15 = looked({ a: batch([100, 15], [0, 0]) }, { configuredShare: 1 }); // E = 121
      const followed = looked({ a: batch([0, 0], [900, 9]) });
      const fromTheStart = afterLook(newGuards(bound, 2, { sticky: 'session' }), bad15);
      const onTheWay = afterLook(afterLook(newGuards(bound, 2), followed), { ...bad15, sticky: 'session' });

      expect(verdictOf(fromTheStart, 'absolute')).toEqual({ kind: 'hold', oneIn: 100 });
      expect(verdictOf(onTheWay, 'absolute')).toEqual({ kind: 'no-sign' });
    });

    it('watch no connections, and do not wait to see some', () => {
      const guards = afterLook(newGuards(bound, 2, { sticky: 'connection' }), bad);

      expect(saidBy(guards, 1)).toEqual([]);
      expect(guards.absolute).toEqual(newGuards(bound, 2).absolute);
      expect(sawCanary(guards, 2)).toBe(true);
    });
  });

  it('remember what was in the way first, by its name', () => {
    const first = { because: 'other-object', by: 'edge/reviews' } as const;
    const one = afterLook(newGuards(defaultGuard, 2), looked({ a: batch([1, 0], [9, 0]) }, { confounding: first }));
    const two = afterLook(one, looked({ unknown: batch([1, 0], [9, 0]) }));

    expect(two).toMatchObject({ confounded: 'other-object', confoundedBy: 'edge/reviews' });
    expect(one.last?.confounded).toBe('other-object');
    expect(two.last?.confounded).toBeUndefined();
  });
});
