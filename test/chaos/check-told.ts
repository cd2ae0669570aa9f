import { isDeepStrictEqual } from 'node:util';
import { type Change, isWaiting } from '../../src/domain/change/change.ts';
import { deletes, type ObjectEdit } from '../../src/domain/change/edit.ts';
import type { Made, StateOf } from '../../src/domain/change/state.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import { isSameObject, refOf, refText } from '../../src/domain/routing/object.ts';
import { said, sameWeights } from './check-weights.ts';
import { type Effect, numberOf } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';
import { tellsOf } from './plans.ts';
import { weightsOf } from './rules-seen.ts';

type EffectsById = ReadonlyMap<ChangeId, readonly Effect[]>;

/** Records and histories agree: what a record says was written is in the object's history, and nothing else is. */
export function checkRecords(evidence: Evidence, byId: EffectsById, report: Report): void {
  const { records } = evidence;
  for (const [id, effects] of byId) {
    if (!records.has(id)) report.violation('I4', `${id} took effect but has no record`, effects);
  }
  const deleted = new Set([...byId.values()].flat().flatMap(deletedIn));
  const isGone = (uid: string) => deleted.has(uid) || evidence.foreign.has(uid);
  for (const change of records.values()) checkRecord(change, byId.get(change.id) ?? [], isGone, report);
}

function deletedIn({ before, after }: Effect): readonly string[] {
  return before !== undefined && after === undefined ? [before.metadata.uid] : [];
}

/** Whether somebody deleted an object, by its uid. */
type IsGone = (uid: string) => boolean;

function checkRecord(change: Change, effects: readonly Effect[], isGone: IsGone, report: Report): void {
  const { id, state, edits } = change;
  if (isWaiting(change)) {
    report.violation('I6', `${id} is ${state.kind} forever`, { change, effects });
    return;
  }
  if (state.kind === 'failed' && state.because === 'unreachable') {
    if (effects.length > 0) report.note('changes that took effect although their card says that this is unknown');
    return;
  }
  for (const edit of edits) checkTold(change, edit, { effects, isGone, report });
  if (state.kind === 'applied') checkMade(change, state, effects, report);
}

interface Told {
  readonly effects: readonly Effect[];
  readonly isGone: IsGone;
  readonly report: Report;
}

function checkTold(change: Change, edit: ObjectEdit, { effects, isGone, report }: Told): void {
  const { id, state } = change;
  const isDone = effects.some(({ object }) => isSameObject(object, edit.object));
  const isTold = tellsOf(change, edit.object);
  const which = refText(edit.object);
  if (isDone && !isTold) report.violation('I1', `${id} is ${state.kind} but wrote ${which}`, { change, effects });
  // Somebody else may have deleted what it was to delete, or another change that went ahead.
  const isGoneAnyway = deletes(edit) && isGone(edit.uid ?? '');
  if (!isDone && isTold && !isGoneAnyway)
    report.violation('I4', `${id} is ${state.kind} but never wrote ${which}`, { change, effects });
}

/** An applied change names each of its objects, in the order of its edits, with what the object's history has. */
function checkMade(change: Change, { made }: StateOf<'applied'>, effects: readonly Effect[], report: Report): void {
  const { id, edits } = change;
  const [told, planned] = [made, edits].map((all) => all.map(({ object }) => refOf(object)));
  if (!isDeepStrictEqual(told, planned)) report.violation('I3', `${id} tells of other objects than it edits`, change);
  for (const each of made) {
    const effect = effects.find(({ object }) => isSameObject(object, each.object));
    if (effect !== undefined) checkMadeOf(each, effect, report);
  }
}

function checkMadeOf({ object, seq, live }: Made, effect: Effect, report: Report): void {
  const { id, after } = effect;
  const which = refText(object);
  const number = numberOf(effect);
  if (seq !== number)
    report.violation('I3', `${id} says that it is number ${seq} of ${which}, but it is ${number}`, effect);
  for (const { rule, split } of live) {
    const weights = after && weightsOf(after, rule);
    if (weights !== undefined && !sameWeights(weights, split))
      report.violation(
        'I3',
        `${id} says that it wrote ${said(split)} to ${which}, but it wrote ${said(weights)}`,
        effect,
      );
  }
}
