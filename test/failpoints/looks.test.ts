import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { addSeen } from '../../src/domain/guard/seen-so-far.ts';
import { defaultGuard } from '../../src/domain/policy/ramps/guard-rule.ts';
import { afterLook, newGuards } from '../../src/domain/ramp/guards.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import { reviewsObject } from '../support/builders.ts';
import { checkLooks } from './looks.ts';

const moment = (second: number) => new Date(Date.parse('2026-11-22T14:03:00.000Z') + second * 1000).toISOString();
const seconds = (from: number, until: number) => ({
  canary: { requests: 4 * (until - from), bad: 2 * (until - from) },
  others: { requests: 36 * (until - from), bad: 0 },
});

/** What the guards of a ramp have after these looks at its first step. */
function looked(...looks: readonly (readonly [number, number])[]): Ramp {
  const split = (v2: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v2, v2 } }] as const;
  const guards = looks.reduce(
    (all, [from, until]) =>
      afterLook(all, {
        ...{ step: 1, from: moment(from), until: moment(until), unreached: {}, configuredShare: 0.1 },
        batches: new Map([['default/gateway', seconds(from, until)]]),
      }),
    newGuards(defaultGuard, 1),
  );
  return {
    id: 'r-00000001',
    request: 'r',
    name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    version: 'v2',
    by: 'U01ALICE',
    origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
    before: split(0),
    steps: [{ percent: 10, stay: { kind: 'for', ms: 15_000 }, to: split(10) }],
    changes: [],
    acceptedAt: moment(0),
    guards,
    state: { kind: 'running', step: 1, since: moment(0), dueAt: moment(15) },
    rev: 1,
  };
}

function told(from: number, until: number, of = seconds(from, until)): AuditEvent {
  const { canary, others } = of;
  const counts = `canary ${canary.bad}/${canary.requests} others ${others.bad}/${others.requests}`;
  const detail = `${moment(from)} to ${moment(until)}; ${counts}; errors no-sign lnE 0.0000`;
  return { id: `l-${from}`, kind: 'ramp-looked', at: moment(until), rampId: 'r-00000001', step: 1, detail };
}

function wrongIn(ramp: Ramp, ...events: readonly AuditEvent[]): readonly string[] {
  return checkLooks(ramp, events, 'failing').map(({ what }) => what);
}

describe('the judge of looks', () => {
  it('finds nothing where each look begins where the one before ended, and has what was there', () => {
    expect(wrongIn(looked([10, 12], [12, 20]), told(10, 12), told(12, 20))).toEqual([]);
  });

  it('finds a look that is counted twice, though the audit has it once', () => {
    expect(wrongIn(looked([10, 12], [10, 12]), told(10, 12))).toEqual([
      'r-00000001 has 8 of 16 against 0 of 144 in step 1, and its looks 4 of 8 against 0 of 72',
      'r-00000001 has other evidence (errors) than its looks give',
      'r-00000001 has other evidence (follow) than its looks give',
    ]);
  });

  it('finds requests that are in two looks, and ones that are in none', () => {
    expect(wrongIn(looked([10, 12], [11, 13]), told(10, 12), told(11, 13))).toEqual([
      `r-00000001 looked from ${moment(11)}, and the look before ended at ${moment(12)}`,
    ]);
    expect(wrongIn(looked([10, 12], [14, 16]), told(10, 12), told(14, 16))).toHaveLength(1);
  });

  it('finds counts that nobody made', () => {
    expect(wrongIn(looked([10, 12]), told(10, 12, seconds(10, 13)))).toEqual([
      'r-00000001 counted in a look what was not there',
      'r-00000001 has 4 of 8 against 0 of 72 in step 1, and its looks 6 of 12 against 0 of 108',
      'r-00000001 has other evidence (errors) than its looks give',
      'r-00000001 has other evidence (follow) than its looks give',
    ]);
  });

  it('finds that the others are counted otherwise than in the looks', () => {
    const { canary, others } = seconds(10, 12);
    const ramp = looked([10, 12]);
    const guards = ramp.guards && {
      ...ramp.guards,
      seen: addSeen(ramp.guards.seen, 1, new Map([['default/gateway', { canary: { requests: 0, bad: 0 }, others }]])),
    };

    expect(wrongIn({ ...ramp, guards }, told(10, 12, { canary, others }))).toEqual([
      'r-00000001 has 4 of 8 against 0 of 144 in step 1, and its looks 4 of 8 against 0 of 72',
    ]);
  });

  it('finds evidence that counts a look twice, though the counts have it once', () => {
    const [once, twice] = [looked([10, 12]), looked([10, 12], [10, 12])];
    const guards = once.guards && twice.guards && { ...once.guards, errors: twice.guards.errors };

    expect(wrongIn({ ...once, guards }, told(10, 12))).toEqual([
      'r-00000001 has other evidence (errors) than its looks give',
    ]);
  });
});
