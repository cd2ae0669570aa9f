import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import type { Applied } from '../../../src/domain/change/state.ts';
import { defaultGuard } from '../../../src/domain/policy/ramps/guard-rule.ts';
import { isBack } from '../../../src/domain/ramp/direction.ts';
import { newGuards } from '../../../src/domain/ramp/guards.ts';
import { nextDeed } from '../../../src/domain/ramp/next.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import type { RampState } from '../../../src/domain/ramp/ramp-state.ts';
import type { Stay } from '../../../src/domain/ramp/steps.ts';
import { change, changeId, reviewsObject } from '../../support/builders.ts';

const applied: Applied = { kind: 'applied', at: '2026-11-22T14:00:00.000Z', made: [], tookMs: 5, warnings: [] };
const at = (time: string) => new Date(`2026-11-22T${time}.000Z`);
const fiveMinutes: Stay = { kind: 'for', ms: 300_000 };

function ramp(state: RampState, stay: Stay = fiveMinutes): Ramp {
  const target = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;
  return {
    id: 'r-00000001',
    request: 'r',
    name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    version: 'v3',
    by: 'U01ALICE',
    origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
    before: target(0),
    steps: [
      { percent: 10, stay, to: target(10) },
      { percent: 100, stay: fiveMinutes, to: target(100) },
    ],
    changes: [{ step: 1, id: changeId(1) }],
    acceptedAt: '2026-11-22T13:59:59.000Z',
    state,
    rev: 3,
  };
}

const running = (dueAt = '2026-11-22T14:05:00.000Z'): RampState => ({
  kind: 'running',
  step: 1,
  since: applied.at,
  dueAt,
});
const tally = { requests: 412, bad: 8 };
const suspected = { guard: 'errors', oneIn: 100, canary: tally, others: tally } as const;
const stepping = {
  kind: 'stepping',
  step: 1,
  change: changeId(1),
  live: 0,
  since: '2026-11-22T13:59:59.000Z',
  from: [{ object: reviewsObject, rule: 'default', split: { v1: 100, v3: 0 } }],
} as const satisfies RampState;
const goingBack: RampState = {
  kind: 'going-back',
  why: 'aborted',
  by: 'U02BOB',
  at: applied.at,
  step: 1,
  seen: stepping.from,
  change: changeId(1),
};
const done = (more: Partial<Applied> = {}): Change => change({ id: changeId(1), state: { ...applied, ...more } });
const ended = (state: Change['state']): Change => change({ id: changeId(1), state });

describe('what is next for a ramp', () => {
  it.each<[string, Ramp, Change | undefined, string, object]>([
    ['waits while its step is in line', ramp(stepping), ended({ kind: 'queued' }), '14:00:00', { kind: 'wait' }],
    [
      'runs from when its step was applied, whenever that is seen',
      ramp(stepping),
      done(),
      '14:00:40',
      { kind: 'become', state: { kind: 'running', step: 1, dueAt: '2026-11-22T14:05:00.000Z' } },
    ],
    [
      'asks after a step that says so',
      ramp(stepping, { kind: 'ask' }),
      done(),
      '14:00:40',
      { kind: 'become', state: { kind: 'asking', step: 1 } },
    ],
    [
      'stops once its step is live, if somebody paused it',
      ramp({ ...stepping, pausedBy: 'U02BOB' }),
      done(),
      '14:00:40',
      { kind: 'become', state: { kind: 'paused', step: 1, by: 'U02BOB', leftMs: 300_000 } },
    ],
    [
      'takes a step out of the line that has not begun, if a guard had a sign meanwhile',
      ramp({ ...stepping, suspected }),
      change({ id: changeId(1), state: { kind: 'queued' } }),
      '14:00:01',
      { kind: 'take-out' },
    ],
    [
      'waits for that step if a worker has it',
      ramp({ ...stepping, suspected }),
      change({ id: changeId(1), state: { kind: 'applying' } }),
      '14:00:01',
      { kind: 'wait' },
    ],
    [
      'is held for that where it is, once the step is out of the line',
      ramp({ ...stepping, step: 2, live: 1, suspected }),
      ended({ kind: 'withdrawn', at: applied.at, by: 'guard' }),
      '14:00:01',
      { kind: 'become', state: { kind: 'held', step: 1, hold: { because: 'guard', proof: suspected } } },
    ],
    [
      'is held for that, and plans no step anew',
      ramp({ ...stepping, step: 2, live: 1, suspected }),
      ended({ kind: 'superseded', at: applied.at, by: changeId(2) }),
      '14:00:01',
      { kind: 'become', state: { kind: 'held', step: 1, hold: { because: 'guard', proof: suspected } } },
    ],
    [
      'is held for that once the step is live, if it was too late to take it out',
      ramp({ ...stepping, suspected, pausedBy: 'U02BOB' }),
      done(),
      '14:00:40',
      { kind: 'become', state: { kind: 'held', step: 1, leftMs: 300_000, hold: { because: 'guard' } } },
    ],
    [
      'plans a step anew that another change came before',
      ramp(stepping),
      ended({ kind: 'superseded', at: applied.at, by: changeId(2) }),
      '14:00:01',
      { kind: 'step', step: 1 },
    ],
    [
      'is held if its step cannot be made',
      ramp(stepping),
      ended({ kind: 'failed', at: applied.at, because: 'not-permitted' }),
      '14:00:01',
      { kind: 'become', state: { kind: 'held', step: 0, hold: { because: 'step-failed', reason: 'not-permitted' } } },
    ],
    [
      'waits while it is not known whether its step took effect',
      ramp(stepping),
      ended({ kind: 'failed', at: applied.at, because: 'unreachable' }),
      '14:00:01',
      { kind: 'wait' },
    ],
    [
      'is paused where it is if its step was not made and somebody paused it meanwhile',
      ramp({ ...stepping, pausedBy: 'U02BOB' }),
      ended({ kind: 'superseded', at: applied.at, by: changeId(2) }),
      '14:00:01',
      { kind: 'become', state: { kind: 'paused', step: 0, by: 'U02BOB' } },
    ],
    [
      'is held at the step that is live if the last one could not be made at once',
      ramp({ ...stepping, step: 4, live: 1 }),
      ended({ kind: 'failed', at: applied.at, because: 'rejected' }),
      '14:00:01',
      { kind: 'become', state: { kind: 'held', step: 1, since: '2026-11-22T13:59:59.000Z' } },
    ],
    [
      'tries its way back again if that came too late or reached nobody',
      ramp(goingBack),
      ended({ kind: 'failed', at: applied.at, because: 'expired' }),
      '14:20:00',
      { kind: 'go-back' },
    ],
    [
      'is held if its way back is refused, and keeps why it was to go back',
      ramp(goingBack),
      ended({ kind: 'failed', at: applied.at, because: 'rejected', detail: 'by a webhook' }),
      '14:00:01',
      {
        kind: 'become',
        state: { kind: 'held', step: 1, hold: { because: 'back-failed', reason: 'rejected', back: { by: 'U02BOB' } } },
      },
    ],
    ['waits until its step is over', ramp(running()), done(), '14:04:59', { kind: 'wait' }],
    ['makes the next step then', ramp(running()), done(), '14:05:00', { kind: 'step', step: 2 }],
    ['and also if that was seen late', ramp(running()), done(), '14:09:59', { kind: 'step', step: 2 }],
    [
      'but not if it was seen too late',
      ramp(running()),
      done(),
      '14:10:01',
      { kind: 'become', state: { kind: 'held', hold: { because: 'late', lateMs: 301_000 } } },
    ],
    [
      'waits where nothing was seen of the canary in its step',
      { ...ramp(running()), guards: newGuards(defaultGuard, 2) },
      done(),
      '14:05:00',
      { kind: 'become', state: { kind: 'running', waitsFor: 'traffic' } },
    ],
    [
      'but is held if nobody looked for so long that there is nothing to look at',
      { ...ramp(running()), guards: newGuards(defaultGuard, 2) },
      done(),
      '14:10:01',
      { kind: 'become', state: { kind: 'held', hold: { because: 'late' } } },
    ],
    [
      'waits on, however long nothing is seen',
      {
        ...ramp({ ...running(), waitsFor: 'traffic', isToldAgain: true } as RampState),
        guards: newGuards(defaultGuard, 2),
      },
      done(),
      '23:00:00',
      { kind: 'wait' },
    ],
    [
      'is held if somebody moved what its step made, before it looks at the clock',
      ramp(running()),
      done({ movedAway: { object: reviewsObject, rule: 'default', at: applied.at, live: { v1: 1 }, how: 'weights' } }),
      '14:05:00',
      { kind: 'become', state: { kind: 'held', hold: { because: 'moved', away: { live: { v1: 1 } } } } },
    ],
    [
      'goes on if that was before its step was watched anew: somebody has put it right',
      ramp({ ...running(), since: '2026-11-22T14:00:05.000Z' } as RampState),
      done({ movedAway: { object: reviewsObject, rule: 'default', at: applied.at, live: { v1: 1 }, how: 'weights' } }),
      '14:01:00',
      { kind: 'wait' },
    ],
    [
      'tries no more steps once somebody got between it and its next step again and again',
      { ...ramp(running()), changes: Array.from({ length: 60 }, () => ({ step: 1, id: changeId(1) })) },
      done(),
      '14:05:00',
      { kind: 'become', state: { kind: 'held', hold: { because: 'step-failed', reason: 'contended' } } },
    ],
    [
      'tries its way back however often',
      { ...ramp(goingBack), changes: Array.from({ length: 60 }, () => ({ step: 1, id: changeId(1) })) },
      ended({ kind: 'failed', at: applied.at, because: 'expired' }),
      '14:20:00',
      { kind: 'go-back' },
    ],
    [
      'is over if a later change moved its rule',
      ramp(running()),
      done({ later: changeId(7) }),
      '14:01:00',
      { kind: 'become', state: { kind: 'superseded', by: changeId(7) } },
    ],
    [
      'is over if its step was taken back',
      ramp(running()),
      done({ rolledBack: { by: 'U02BOB', change: changeId(7) } }),
      '14:01:00',
      { kind: 'become', state: { kind: 'superseded', by: changeId(7) } },
    ],
    [
      'is over after the time of its last step',
      { ...ramp({ ...running(), step: 2 } as RampState), changes: [{ step: 2, id: changeId(1) }] },
      done(),
      '14:05:00',
      { kind: 'become', state: { kind: 'finished' } },
    ],
    [
      'does nothing while it is paused',
      ramp({ kind: 'paused', step: 1, since: applied.at, at: applied.at, by: 'U02BOB', leftMs: 1 }),
      done(),
      '23:00:00',
      { kind: 'wait' },
    ],
  ])('%s', (_, of, its, now, deed) => {
    expect(nextDeed(of, its, at(now))).toMatchObject(deed);
  });
});

describe('the direction of a step', () => {
  const target = (v1: number, v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1, v3 } }] as const;

  it.each`
    before      | now         | to          | back
    ${[100, 0]} | ${[50, 50]} | ${[75, 25]} | ${true}
    ${[100, 0]} | ${[50, 50]} | ${[100, 0]} | ${true}
    ${[100, 0]} | ${[50, 50]} | ${[40, 60]} | ${false}
    ${[50, 50]} | ${[60, 40]} | ${[100, 0]} | ${false}
    ${[100, 0]} | ${[100, 0]} | ${[90, 10]} | ${false}
  `('from $now to $to is back where $before was before: $back', ({ before, now, to, back }) => {
    const of = ([v1, v3]: readonly number[]) => target(v1 ?? 0, v3 ?? 0);
    expect(isBack(of(before), of(now), of(to))).toBe(back);
  });
});
