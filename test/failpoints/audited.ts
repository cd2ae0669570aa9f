import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import type { Change } from '../../src/domain/change/change.ts';
import type { State } from '../../src/domain/change/state.ts';
import type { Violation } from '../chaos/findings.ts';

/** What the audit tells of a state that a change has come to; a change may be held more than once. */
const endings: Partial<Record<State['kind'], AuditKind>> = {
  applied: 'applied',
  rejected: 'rejected',
  withdrawn: 'withdrawn',
  expired: 'expired',
  void: 'voided',
  discarded: 'discarded',
  superseded: 'superseded',
};

/** Every decision that a record shows is one event of the audit: never none, never two. `isAsked`: not put in line by the stage itself. */
export function auditedOnce(
  events: readonly AuditEvent[],
  records: Iterable<Change>,
  isAsked: (change: Change) => boolean,
): readonly Violation[] {
  const told = events.filter(({ kind }) => kind !== 'refused' && kind !== 'denied');
  return [
    ...twice(events),
    ...[...records].flatMap((change) => {
      const about = told.filter(({ changeId }) => changeId === change.id);
      return expected(change, isAsked(change)).flatMap(({ kinds, count }) => {
        const found = about.filter(({ kind }) => kinds.includes(kind));
        if (found.length === count) return [];
        const what = `the audit has ${found.length} events (${kinds.join(', ')}) and not ${count}`;
        return [{ invariant: found.length < count ? 'I4' : 'I1', what, evidence: { change, about } } as const];
      });
    }),
  ];
}

interface Expected {
  readonly kinds: readonly AuditKind[];
  readonly count: number;
}

function expected({ state, ramp, approvals = [], insistedBy }: Change, isAsked: boolean): readonly Expected[] {
  const ending = endings[state.kind];
  return [
    { kinds: ['accepted', 'awaiting'], count: isAsked ? 1 : 0 },
    { kinds: ['approved'], count: ramp === undefined ? approvals.length : 0 }, // those of a ramp are of all its steps
    { kinds: ['planned-anew'], count: insistedBy === undefined ? 0 : 1 },
    ...(ending === undefined ? [] : [{ kinds: [ending], count: 1 }]),
  ];
}

function twice(events: readonly AuditEvent[]): readonly Violation[] {
  const ids = events.map(({ id }) => id);
  const again = ids.filter((id, at) => ids.indexOf(id) !== at);
  return again.map((id) => ({ invariant: 'I1', what: `the audit has ${id} twice`, evidence: events }));
}
