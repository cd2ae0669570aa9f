import {
  emptyLedger,
  type Ledger,
  ledgerAnnotation,
  type Revision,
  readLedger,
} from '../../src/domain/routing/ledger.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { Report } from './check.ts';
import { deleterOf, editOf, isOfObjects } from './check-objects.ts';
import type { Evidence } from './evidence.ts';
import type { LiveObject, ObjectEvent } from './history.ts';

/** One write of ours: the object before and after it, where there was one, and the revision it recorded, which a deletion does not. */
export interface Effect {
  readonly id: ChangeId;
  readonly reason: string | undefined;
  readonly before: LiveObject | undefined;
  readonly after: LiveObject | undefined;
  readonly ledgerBefore: Ledger;
  readonly ledger: Ledger;
  readonly revision: Revision | undefined;
  readonly atMs: number;
}

/** Our writes among an object's events. Of the others it is only asked that they are not ours in disguise. */
export function effectsOf(events: readonly ObjectEvent[], evidence: Evidence, report: Report): readonly Effect[] {
  return events.flatMap((event, at) => {
    const earlier = events[at - 1];
    const before = earlier?.type === 'DELETED' ? undefined : earlier?.object;
    if (event.type === 'DELETED') return deletionBy(event, before ?? event.object, evidence, report);
    if (evidence.foreign.has(event.object.metadata.resourceVersion)) return [];
    const effect = writeIn(event, before, evidence);
    if (effect !== undefined) return [effect];
    // What is there at first was there before us.
    if (earlier !== undefined)
      report.violation('I1', `a write to ${event.object.metadata.name} left nothing in the ledger`, { before, event });
    return [];
  });
}

function writeIn(
  { object: after, atMs }: ObjectEvent,
  before: LiveObject | undefined,
  { records }: Evidence,
): Effect | undefined {
  const ledger = ledgerIn(after);
  const [revision] = ledger.revisions;
  if (revision === undefined || (before !== undefined && ledger.seq === ledgerIn(before).seq)) return undefined;
  const { id, reason } = revision;
  const record = records.get(id);
  // What is made anew goes on with the history that its record kept.
  const kept = isOfObjects(record) ? editOf(record, after)?.ledger : undefined;
  const ledgerBefore = before === undefined ? (kept ?? emptyLedger) : ledgerIn(before);
  return { id, reason, before, after, ledgerBefore, ledger, revision, atMs };
}

function deletionBy(
  { object, atMs }: ObjectEvent,
  before: LiveObject,
  evidence: Evidence,
  report: Report,
): readonly Effect[] {
  if (evidence.foreign.has(object.metadata.uid)) return [];
  const change = deleterOf(evidence, before);
  if (change === undefined) {
    report.violation('I2', `${object.metadata.name} was DELETED, and no change was to do so`, object);
    return [];
  }
  const ledger = ledgerIn(before);
  const { id, reason } = change;
  return [{ id, reason, before, after: undefined, ledgerBefore: ledger, ledger, revision: undefined, atMs }];
}

function ledgerIn({ metadata }: LiveObject): Ledger {
  const reading = readLedger(metadata.annotations?.[ledgerAnnotation]);
  if (reading.kind === 'unreadable') throw new Error(`a ledger that cannot be read: ${reading.why}`);
  return reading.ledger;
}
