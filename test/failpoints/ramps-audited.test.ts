import { describe, expect, it } from 'vitest';
import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import { reviewsObject } from '../support/builders.ts';
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

function wrongIn(ramp: Ramp, kinds: readonly AuditKind[]): readonly string[] {
  const events = kinds.map((kind, index): AuditEvent => ({ id: `e-${index}`, kind, at, rampId: ramp.id }));
  return rampsAudited(ramp, events).map(({ invariant, what }) => `${invariant} ${what}`);
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
      ['I4 the audit has 0 events (ramp-paused) of r-00000001 and not 1'],
      ['I4 the audit has 0 events (ramp-stopped) of r-00000001 and not 1'],
      ['I4 the audit has 0 events (ramp-finished) of r-00000001 and not 1'],
    ]);
  });
});
