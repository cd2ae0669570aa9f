import { describe, expect, it } from 'vitest';
import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import { rampDecisionReply } from '../../src/slack/replies/ramps/gestures.ts';
import type { RampGesture } from '../../src/workflow/ramping/decision.ts';
import { changeId, reviewsObject } from '../support/builders.ts';
import { isPromise } from './judge.ts';
import { rampsAudited } from './ramps-audited.ts';

const at = '2026-11-22T14:03:11.000Z';
const target = [{ object: reviewsObject, rule: 'default', split: { v1: 100 } }] as const;
const back: Ramp = {
  id: 'r-00000001',
  request: 'r',
  name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
  version: 'v1',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  approvals: [{ by: 'U02BOB', at }],
  before: target,
  steps: [{ percent: 10, stay: { kind: 'ask' }, to: target }],
  changes: [],
  acceptedAt: at,
  state: { kind: 'back', why: 'aborted', by: 'U02BOB', at, step: 1 },
  rev: 4,
};
const told: readonly AuditKind[] = ['approved', 'ramp-goes-back', 'ramp-is-back'];

const gestures: readonly RampGesture[] = ['pause', 'resume', 'next', 'finish', 'put-back', 'abort'];
type Told = AuditKind | RampGesture;

function wrongIn(ramp: Ramp, all: readonly Told[], answers: readonly string[] = []): readonly string[] {
  const events = all.map((each, index): AuditEvent => ({ id: `e-${index}`, at, rampId: ramp.id, ...happened(each) }));
  return rampsAudited(ramp, events, answers).map(({ invariant, what }) => `${invariant} ${what}`);
}

/** An event by its kind, or by what a person did. */
function happened(told: Told): Pick<AuditEvent, 'kind' | 'deed'> {
  switch (told) {
    case 'pause':
      return { kind: 'ramp-paused', deed: told };
    case 'abort':
      return { kind: 'ramp-goes-back', deed: told };
    case 'resume':
    case 'next':
    case 'finish':
    case 'put-back':
    case 'go-without':
      return { kind: 'ramp-resumed', deed: told };
    default:
      return { kind: told };
  }
}

describe('the judge of the audit of ramps', () => {
  it('finds nothing where each decision is one event', () => {
    expect(wrongIn(back, told)).toEqual([]);
  });

  it.each(told)('finds that %s is missing, and that it is there twice', (kind) => {
    expect(
      wrongIn(
        back,
        told.filter((each) => each !== kind),
      ),
    ).toEqual([`I4 the audit has 0 events (${kind}) of r-00000001 and not 1`]);
    expect(wrongIn(back, [...told, kind])).toEqual([`I1 the audit has 2 events (${kind}) of r-00000001 and not 1`]);
  });

  it('finds a pause, a hold and an end that nobody is told of', () => {
    const states: readonly Ramp['state'][] = [
      { kind: 'paused', step: 1, since: at, at, by: 'U02BOB', leftMs: 1 },
      { kind: 'held', step: 1, since: at, at, leftMs: 0, hold: { because: 'not-asked-on' } },
      { kind: 'finished', at },
    ];

    expect(states.map((state) => wrongIn({ ...back, state }, ['approved']))).toEqual([
      ['I4 the audit has 0 events (ramp-paused, ramp-stopped) of r-00000001 and not 1'],
      ['I4 the audit has 0 events (ramp-paused, ramp-stopped) of r-00000001 and not 1'],
      ['I4 the audit has 0 events (ramp-finished) of r-00000001 and not 1'],
    ]);
  });

  describe('of what a person was told is done', () => {
    const running: Ramp = { ...back, approvals: [], state: { kind: 'running', step: 1, since: at, dueAt: at } };
    const saidOf = (gesture: RampGesture) => rampDecisionReply({ kind: 'done', gesture, ramp: running }).text;

    it.each(gestures)('finds that %s is missing', (gesture) => {
      expect(wrongIn(running, [], [saidOf(gesture)])).toEqual([
        `I4 the audit has 0 events (${gesture}) of r-00000001 and not 1`,
      ]);
    });

    it('finds a pause and what ended it that are both missing, and that only the pause is', () => {
      const answers = [saidOf('pause'), saidOf('resume')];

      expect(wrongIn(running, ['pause', 'resume'], answers)).toEqual([]);
      expect(wrongIn(running, [], answers)).toHaveLength(2);
      expect(wrongIn(running, ['resume'], [saidOf('resume')])).toEqual([
        'I4 the audit has 0 events (ramp-paused, ramp-stopped) of r-00000001 and not 1',
      ]);
    });

    it('counts one decision once, however often Slack delivers it', () => {
      const next = { kind: 'ramp-resumed', deed: 'next', at, rampId: running.id, request: 'click:1' } as const;
      const events = [1, 2].map((number): AuditEvent => ({ id: `e-${number}`, ...next }));
      const [first] = events;
      const changes = [1, 2, 3].map((step) => ({ step, id: changeId(step) }));
      const told = [saidOf('next'), saidOf('next')];

      expect(rampsAudited({ ...running, changes }, first === undefined ? [] : [first], told)).toEqual([]);
      expect(rampsAudited({ ...running, changes }, events, told).map(({ what }) => what)).toEqual([
        'the audit has 2 events (next) of r-00000001 and not 1',
      ]);
    });
  });

  it('takes what is said of every gesture that was done for a promise', () => {
    const said = gestures.map((gesture) => rampDecisionReply({ kind: 'done', gesture, ramp: back }).text);

    expect(said.filter((text) => !isPromise(text))).toEqual([]);
    expect(isPromise('*Not done:* it is locked.')).toBe(false);
  });

  it('finds a step after a gate that nobody let, and more decisions than there are steps', () => {
    const changes = [1, 2].map((step) => ({ step, id: changeId(step) }));
    const asking: Ramp = {
      ...back,
      approvals: [],
      changes,
      state: { kind: 'asking', step: 2, since: at, at, expiresAt: at },
    };

    expect(wrongIn(asking, ['next'])).toEqual([]);
    expect(wrongIn(asking, [])).toEqual(['I4 the audit has 0 events (next, finish) of r-00000001 and not 1']);
    expect(wrongIn(asking, ['next', 'next'])).toEqual([
      'I1 the audit has 2 events (next, finish) of r-00000001 and not 1',
    ]);
  });
});
