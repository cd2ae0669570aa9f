import { describe, expect, it } from 'vitest';
import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import { applied, change, changeId } from '../support/builders.ts';
import { auditedOnce } from './audited.ts';

const at = '2026-11-22T14:03:11.000Z';
const approved = change({
  approvals: [{ by: 'U02BOB', at }],
  state: applied({ at }),
});

function events(...kinds: readonly AuditKind[]): readonly AuditEvent[] {
  return kinds.map((kind, rev) => ({ id: `${approved.id}.${rev}`, kind, at, changeId: approved.id }));
}

function wrongIn(told: readonly AuditEvent[], isAsked = true): readonly string[] {
  return auditedOnce(told, [approved], () => isAsked).map(({ invariant, what }) => `${invariant} ${what}`);
}

describe('the judge of the audit', () => {
  it('finds nothing where each decision is one event, whoever else was told no', () => {
    const refused = { id: 'g-1', kind: 'refused', at, changeId: approved.id } as const;

    expect(wrongIn([...events('awaiting', 'approved', 'applied'), refused])).toEqual([]);
    expect(wrongIn(events('approved', 'applied'), false)).toEqual([]);
  });

  it('finds a decision that was not told', () => {
    expect(wrongIn(events('awaiting', 'applied'))).toEqual(['I4 the audit has 0 events (approved) and not 1']);
    expect(wrongIn([])).toHaveLength(3);
  });

  it('finds one that was told twice, and an event that is there twice', () => {
    expect(wrongIn(events('awaiting', 'approved', 'approved', 'applied'))).toEqual([
      'I1 the audit has 2 events (approved) and not 1',
    ]);
    const told = events('awaiting', 'approved', 'applied');
    const again = told.slice(0, 1).map((event) => ({ ...event, changeId: changeId(9) }));
    expect(wrongIn([...told, ...again])).toEqual([`I1 the audit has ${approved.id}.0 twice`]);
  });
});
