import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import type { Violation } from '../chaos/findings.ts';

/** Every decision that the record of a ramp shows is one event of the audit: never none, never two. */
export function rampsAudited({ id, state, approvals = [] }: Ramp, events: readonly AuditEvent[]): readonly Violation[] {
  const about = events.filter(({ rampId, changeId }) => rampId === id && changeId === undefined);
  const count = (kind: AuditKind) => about.filter((event) => event.kind === kind).length;
  // The next step is told as a ramp that was resumed, too.
  const resumed = about.filter((event) => event.kind === 'ramp-resumed' && event.deed === 'resume').length;
  const expected: readonly (readonly [AuditKind, number])[] = [
    ['approved', approvals.length],
    ['ramp-paused', resumed + (state.kind === 'paused' ? 1 : 0)],
    ['ramp-goes-back', state.kind === 'back' ? 1 : 0],
    ['ramp-is-back', state.kind === 'back' ? 1 : 0],
    ['ramp-finished', state.kind === 'finished' ? 1 : 0],
    ['ramp-stopped', state.kind === 'held' ? 1 : 0],
  ];
  return expected.flatMap(([kind, wanted]) => {
    const found = count(kind);
    if (found === wanted) return [];
    const what = `the audit has ${found} events (${kind}) of ${id} and not ${wanted}`;
    return [{ invariant: found < wanted ? 'I4' : 'I1', what, evidence: { state, about } } as const];
  });
}
