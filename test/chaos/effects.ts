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

/** One write by the bot: the object before and after, if there was one, and the revision that it recorded. A deletion records none. */
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

/** The bot's writes among the events of an object. Other writes must only not be ours in disguise. */
export function effectsOf(events: readonly ObjectEvent[], evidence: Evidence, report: Report): readonly Effect[] {
  return events.flatMap((event, at) => {
    const earlier = events[at - 1];
    const before = earlier?.type === 'DELETED' ? undefined : earlier?.object;
    if (event.type === 'DELETED') return deletionBy(event, before ?? event.object, evidence, report);
    if (evidence.foreign.has(event.object.metadata.resourceVersion)) return [];
    const effect = writeIn(event, before, evidence);
    if (effect !== undefined) return [effect];
    // The first event shows what was there before us.
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
  // A recreated object continues the history that its record kept.
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
    report.violation('I2', `${object.metadata.name} was DELETED, but no change should do that`, object);
    return [];
  }
  const ledger = ledgerIn(before);
  const { id, reason } = change;
  return [{ id, reason, before, after: undefined, ledgerBefore: ledger, ledger, revision: undefined, atMs }];
}

function ledgerIn({ metadata }: LiveObject): Ledger {
  const reading = readLedger(metadata.annotations?.[ledgerAnnotation]);
  if (reading.kind === 'unreadable') throw new Error(`unreadable ledger: ${reading.why}`);
  return reading.ledger;
}
