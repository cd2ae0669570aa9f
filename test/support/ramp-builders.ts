import type { Batch } from '../../src/domain/guard/batch.ts';
import { defaultGuard } from '../../src/domain/policy/ramps/guard-rule.ts';
import { afterLook, newGuards, type RampGuards } from '../../src/domain/ramp/guards.ts';
import type { PlannedStep, Ramp } from '../../src/domain/ramp/ramp.ts';
import type { RampTargets } from '../../src/domain/ramp/targets.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { changeId, reviewsObject } from './builders.ts';

const startedAt = '2026-11-22T14:03:11.000Z';

function target(split: Split): RampTargets {
  return [{ object: { ...reviewsObject, cluster: 'sandbox' }, rule: 'default', split }];
}

/** Steps from v1 to another version, five minutes each. */
export function plannedSteps(percents: readonly [number, ...number[]], version = 'v3'): Ramp['steps'] {
  const step = (percent: number): PlannedStep => ({
    percent,
    stay: { kind: 'for', ms: 300_000 },
    to: target({ v1: 100 - percent, [version]: percent }),
  });
  const [first, ...more] = percents;
  return [step(first), ...more.map(step)];
}

/** A ramp of reviews from v1 to v3 whose first step is live. */
export function aRampTo(overrides: Partial<Ramp> = {}): Ramp {
  return {
    id: 'r-00000001',
    request: 'command:T1:1',
    name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    version: 'v3',
    by: 'U01ALICE',
    origin: { team: 'T1', channel: 'C1' },
    before: target({ v1: 100, v3: 0 }),
    steps: plannedSteps([10, 25, 50, 100]),
    changes: [{ step: 1, id: changeId(1) }],
    acceptedAt: startedAt,
    state: { kind: 'running', step: 1, since: startedAt, dueAt: '2026-11-22T14:08:11.000Z' },
    rev: 3,
    ...overrides,
  };
}

/** What guards keep after so many looks of 15 s each at the first step. */
export function guardsAfter(looks: readonly Batch[], steps = 4): RampGuards {
  return looks.reduce(
    (guards, counted, at) => {
      const time = (number: number) => new Date(Date.parse(startedAt) + 10_000 + number * 15_000).toISOString();
      const batches = new Map([['default/productpage-v1', counted]]);
      const period = { from: time(at), until: time(at + 1) };
      return afterLook(guards, { step: 1, ...period, batches, unreached: {}, configuredShare: 0.1 });
    },
    newGuards(defaultGuard, steps),
  );
}

/** So many of so many requests failed, of the canary and of the others. */
export function counted(canary: readonly [number, number], others: readonly [number, number]): Batch {
  return {
    canary: { bad: canary[0], requests: canary[1] },
    others: { bad: others[0], requests: others[1] },
  };
}
