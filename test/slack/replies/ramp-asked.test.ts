import { describe, expect, it } from 'vitest';
import { defaultGuard } from '../../../src/domain/policy/ramps/guard-rule.ts';
import { newGuards } from '../../../src/domain/ramp/guards.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { rampReply } from '../../../src/slack/replies/ramps/asked.ts';
import type { RampPlan } from '../../../src/workflow/ramping/ramp-answer.ts';
import { live, reviews, reviewsObject } from '../../support/builders.ts';

const now = new Date('2026-11-22T14:03:11.000Z');
const opens = new Date('2026-11-23T10:00:00.000Z');
const split = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;
const planned = {
  name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
  version: 'v3',
  before: split(0),
  steps: [
    { percent: 10, stay: { kind: 'for', ms: 300_000 }, to: split(10) },
    { percent: 100, stay: { kind: 'for', ms: 300_000 }, to: split(100) },
  ],
} as const;

const ramp: Ramp = {
  ...planned,
  id: 'r-00000001',
  request: 'r',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  changes: [],
  acceptedAt: now.toISOString(),
  state: {
    kind: 'running',
    step: 0,
    since: now.toISOString(),
    dueAt: opens.toISOString(),
    waitsFor: 'hours',
  },
  rev: 0,
};

describe('a ramp that was typed outside the hours for steps up', () => {
  it('is accepted, with the time at which it begins', () => {
    expect(rampReply({ kind: 'ramp', ramp, again: false }, now).text).toMatch(
      /^Accepted: r-00000001 \(reviews · ramp to v3, 2 steps\)\. It begins at <!date\^1795428000\^.*>\. Its card follows it\.$/,
    );
  });

  it('has steps from then on, in a dry run', () => {
    const plan: RampPlan = {
      ...planned,
      ...{ named: undefined, guards: undefined, lives: [live(reviews({ v1: 100, v3: 0 }))], warnings: [], waiting: 0 },
      ...{ foreseen: [], opens },
    };
    const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;

    const { text } = rampReply({ kind: 'ramp-preview', plan, judgement }, now);
    expect(text).toMatch(/1\. <!date\^1795428000\^/);
    expect(text).toMatch(/2\. <!date\^1795428300\^/);
  });
});

describe('what the guards could notice, in a dry run', () => {
  const guards = newGuards(defaultGuard, 2);
  const step = (percent: number) => ({ percent, stay: { kind: 'for', ms: 300_000 }, to: split(percent) }) as const;
  const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;

  function noticed(ratios: readonly (number | undefined)[]): string | undefined {
    const [first = step(1), ...more] = ratios.map((_, at) => step(10 * (at + 1)));
    const outlook = { requestsPerSecond: 20, failureRate: 0.005, noticed: ratios };
    const plan: RampPlan = {
      ...planned,
      ...{ steps: [first, ...more], guards, foresight: { outlook }, foreseen: [], opens: undefined },
      ...{ named: undefined, lives: [live(reviews({ v1: 100, v3: 0 }))], warnings: [], waiting: 0 },
    };
    const { text } = rampReply({ kind: 'ramp-preview', plan, judgement }, now);
    return text.split('\n').find((line) => line.startsWith('At '));
  }

  it('has the time of each step, and the rates', () => {
    expect(noticed([5, undefined, 3.4])).toBe(
      'At 20 requests a second, 10 % for 5 min notices v3 failing 5 times as often (0.5 % → 2.5 %); 30 % for 5 min, 3.4 times.',
    );
  });

  it('says how many steps are left out', () => {
    expect(noticed([9, 8, 7, 6, 5, 4, 3, 2])).toMatch(
      /60 % for 5 min, 4 times; the other 2 steps are left out here\.$/,
    );
    expect(noticed([9, 8, 7, 6, 5, 4, 3])).toMatch(/; the other step is left out here\.$/);
    expect(noticed([9, 8, 7, 6, 5, 4])).not.toContain('left out');
  });

  it('says that no step is long enough', () => {
    expect(noticed([undefined])).toBe(
      'At 20 requests a second, of which 0.5 % fail, no step is long enough for the guards to be sure of a failing version.',
    );
  });
});
