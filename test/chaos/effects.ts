import {
  emptyLedger,
  type Ledger,
  ledgerAnnotation,
  type Revision,
  readLedger,
} from '../../src/domain/routing/ledger.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';
import { type LiveObject, type ObjectEvent, refOfLive, writeKey } from './history.ts';
import { deleterOf, editOf } from './plans.ts';

/** One write by the bot: the object before and after, if there was one, and the revision that it recorded. A deletion records none. */
export interface Effect {
  readonly id: ChangeId;
  readonly object: ObjectRef;
  readonly reason: string | undefined;
  readonly before: LiveObject | undefined;
  readonly after: LiveObject | undefined;
  readonly ledgerBefore: Ledger;
  readonly ledger: Ledger;
  readonly revision: Revision | undefined;
  /** The resourceVersion. The API server of a cluster counts all writes of all its objects with it, so that it tells their order. */
  readonly version: number;
  /** Its place among the events of all clusters. */
  readonly nth: number;
  readonly atMs: number;
}

/** The number of the change in the object's history. For a deletion, the number that it would have had. */
export function numberOf({ revision, ledgerBefore, ledger }: Effect): number {
  return revision === undefined ? ledgerBefore.seq + 1 : ledger.seq;
}

/** The bot's writes among the events of an object. Other writes must only not be ours in disguise. */
export function effectsOf(events: readonly ObjectEvent[], evidence: Evidence, report: Report): readonly Effect[] {
  return events.flatMap((event, at) => {
    const earlier = events[at - 1];
    const before = earlier?.type === 'DELETED' ? undefined : earlier?.object;
    if (event.type === 'DELETED') return deletionBy(event, before ?? event.object, evidence, report);
    if (evidence.foreign.has(writeKey(event.cluster, event.object))) return [];
    const effect = writeIn(event, before, evidence);
    if (effect !== undefined) return [effect];
    // The first event shows what was there before us.
    if (earlier !== undefined)
      report.violation('I1', `a write to ${event.object.metadata.name} left nothing in the ledger`, { before, event });
    return [];
  });
}

function writeIn(
  { object: after, cluster, atMs, nth }: ObjectEvent,
  before: LiveObject | undefined,
  { records }: Evidence,
): Effect | undefined {
  const ledger = ledgerIn(after);
  const [revision] = ledger.revisions;
  if (revision === undefined || (before !== undefined && ledger.seq === ledgerIn(before).seq)) return undefined;
  const { id, reason } = revision;
  const object = refOfLive(cluster, after);
  const record = records.get(id);
  const edit = record && editOf(record, object);
  // A recreated object continues the history that its record kept.
  const kept = edit?.kind === 'content' ? edit.ledger : undefined;
  const ledgerBefore = before === undefined ? (kept ?? emptyLedger) : ledgerIn(before);
  const version = versionOf(after);
  return { id, object, reason, before, after, ledgerBefore, ledger, revision, version, atMs, nth };
}

function deletionBy(
  { object: deleted, cluster, atMs, nth }: ObjectEvent,
  before: LiveObject,
  evidence: Evidence,
  report: Report,
): readonly Effect[] {
  if (evidence.foreign.has(deleted.metadata.uid)) return [];
  const object = refOfLive(cluster, before);
  const change = deleterOf(evidence, object, before);
  if (change === undefined) {
    report.violation('I2', `${deleted.metadata.name} was DELETED, but no change should do that`, deleted);
    return [];
  }
  const ledger = ledgerIn(before);
  const { id, reason } = change;
  const what = { before, after: undefined, ledgerBefore: ledger, ledger, revision: undefined };
  return [{ id, object, reason, ...what, version: versionOf(deleted), atMs, nth }];
}

function ledgerIn({ metadata }: LiveObject): Ledger {
  const reading = readLedger(metadata.annotations?.[ledgerAnnotation]);
  if (reading.kind === 'unreadable') throw new Error(`unreadable ledger: ${reading.why}`);
  return reading.ledger;
}

function versionOf({ metadata }: LiveObject): number {
  return Number(metadata.resourceVersion);
}
