import { isDeepStrictEqual } from 'node:util';
import { type Change, doesText } from '../../src/domain/change/change.ts';
import { isSameObject, kindOf, type ObjectEdit, type ObjectRef, refText } from '../../src/domain/change/edit.ts';
import { ledgerAnnotation, type Revision } from '../../src/domain/routing/ledger.ts';
import type { Report, Violation } from './check.ts';
import type { Effect } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { LiveObject } from './history.ts';

export type ChangeOfObjects = Change & { readonly edits: NonNullable<Change['edits']> };

type Wrong = Pick<Violation, 'invariant' | 'what'>;
type Marks = Readonly<Record<string, string>>;

export function isOfObjects(change: Change | undefined): change is ChangeOfObjects {
  return change?.edits !== undefined;
}

export function refOfLive({ kind, metadata: { namespace, name } }: LiveObject): ObjectRef {
  return { kind, namespace, name };
}

/** What an accepted plan says of an object. */
export function editOf({ edits }: ChangeOfObjects, object: LiveObject): ObjectEdit | undefined {
  return edits.objects.find((edit) => isSameObject(edit, refOfLive(object)));
}

/** A deletion leaves no ledger: it is that of the change whose plan was to delete just this object. */
export function deleterOf({ records }: Pick<Evidence, 'records'>, object: LiveObject): ChangeOfObjects | undefined {
  return [...records.values()].filter(isOfObjects).find((change) => {
    const edit = editOf(change, object);
    return edit !== undefined && edit.after === undefined && edit.uid === object.metadata.uid;
  });
}

/** What a change may write of an object is what its accepted plan says, over what that was made from, and nothing else. */
export function checkEdit(change: ChangeOfObjects, effect: Effect, report: Report): void {
  const { before, after } = effect;
  const object = after ?? before;
  const edit = object && editOf(change, object);
  const wrong: readonly Wrong[] =
    edit === undefined ? [foundIn('I1', change, 'wrote what its plan does not name')] : wrongIn(change, edit, effect);
  for (const { invariant, what } of wrong) report.violation(invariant, what, { change, before, after });
}

function wrongIn(change: ChangeOfObjects, edit: ObjectEdit, effect: Effect): readonly Wrong[] {
  const { before, after, ledgerBefore, revision } = effect;
  const which = refText(edit);
  const did = before === undefined ? 'create' : after === undefined ? 'delete' : 'replace';
  if (did !== kindOf(edit)) return [foundIn('I2', change, `was to ${kindOf(edit)} ${which}, and did ${did} it`)];

  const isOther = before !== undefined && (before.metadata.uid !== edit.uid || ledgerBefore.seq !== edit.seq);
  const over = before === undefined ? [] : overwritten(edit, before);
  const made = after === undefined ? [] : madeOtherwise(edit, before, after);
  return [
    ...(isOther ? [foundIn('I2', change, `was planned on another ${which} than it was written over`)] : []),
    ...(over.length > 0 ? [foundIn('I2', change, `wrote over what others had made of ${which}: ${over}`)] : []),
    ...(made.length > 0 ? [foundIn('I1', change, `made of ${which} what its plan does not say: ${made}`)] : []),
    ...(revision !== undefined && !isRecordedAs(revision, change, edit)
      ? [foundIn('I1', change, `recorded on ${which} what was not accepted`)]
      : []),
  ];
}

/** What was written over although it was neither as it was planned from nor as it is to be. */
function overwritten({ before, after }: ObjectEdit, live: LiveObject): readonly string[] {
  const isAsSome = (value: unknown, ...all: readonly unknown[]) => all.some((each) => isDeepStrictEqual(each, value));
  const plans = after === undefined ? [before] : [before, after];
  const spec = isAsSome(live.spec, ...plans.map((plan) => plan?.spec)) ? [] : ['spec'];
  const marks = (['labels', 'annotations'] as const).flatMap((kind) => {
    const now = marksOf(live, kind);
    const keys = keysOf(before?.[kind], after?.[kind], after === undefined ? now : undefined).filter(
      (key) => after === undefined || before?.[kind]?.[key] !== after[kind]?.[key],
    );
    return keys.filter((key) => !isAsSome(now[key], ...plans.map((plan) => plan?.[kind]?.[key])));
  });
  return [...spec, ...marks];
}

/** Marks that the plan does not set stay as they were, and so does whatever else the object has. */
function madeOtherwise(edit: ObjectEdit, before: LiveObject | undefined, after: LiveObject): readonly string[] {
  const spec = isDeepStrictEqual(after.spec, edit.after?.spec) ? [] : ['spec'];
  const marks = (['labels', 'annotations'] as const).flatMap((kind) => {
    const [were, are] = [before === undefined ? {} : marksOf(before, kind), marksOf(after, kind)];
    const [planned, to] = [edit.before?.[kind], edit.after?.[kind]];
    const wanted = (key: string) => (planned?.[key] === to?.[key] && before !== undefined ? were[key] : to?.[key]);
    return keysOf(were, are, planned, to).filter((key) => are[key] !== wanted(key));
  });
  const isElse = before !== undefined && !isDeepStrictEqual(restOf(before), restOf(after));
  return [...spec, ...marks, ...(isElse ? ['what no file says'] : [])];
}

function isRecordedAs({ by, reason, reverts, does, from, to }: Revision, change: Change, edit: ObjectEdit): boolean {
  const accepted = [change.by, change.reason, change.reverts, change.edits && doesText(change.edits)];
  return (
    isDeepStrictEqual([by, reason, reverts, does], accepted) && isDeepStrictEqual([from, to], [edit.from, edit.to])
  );
}

/** A change told as applied wrote each of its objects, one told as applied in part those that it names, any other none. */
export function checkTold(
  change: ChangeOfObjects,
  effects: readonly Effect[],
  evidence: Evidence,
  report: Report,
): void {
  const { state, edits } = change;
  const isDone = (edit: ObjectEdit) => effects.some((effect) => isAbout(effect, edit));
  if (state.kind === 'failed' && state.because === 'unreachable') {
    if (effects.length > 0) report.note('changes that took effect and whose card says that nobody knows');
    return;
  }
  const told = toldAsWritten(change);
  for (const edit of edits.objects) {
    const isTold = told.some((each) => isSameObject(each, edit));
    if (isDone(edit) && !isTold)
      report.violation('I1', `${change.id} is ${state.kind} and wrote ${refText(edit)}`, { change, effects });
    // Somebody else may have deleted what it was to delete.
    const isGoneAnyway = edit.after === undefined && evidence.foreign.has(edit.uid ?? '');
    if (!isDone(edit) && isTold && !isGoneAnyway)
      report.violation('I4', `${change.id} is ${state.kind} and never wrote ${refText(edit)}`, { change, effects });
  }
  const main = effects.find((effect) => effect.after !== undefined && isAbout(effect, change.object));
  if (state.kind === 'applied' && main !== undefined && state.seq !== main.ledger.seq)
    report.violation('I3', `${change.id} says it was number ${state.seq}, and it was ${main.ledger.seq}`, {
      change,
      main,
    });
}

function toldAsWritten({ state, edits }: ChangeOfObjects): readonly ObjectRef[] {
  if (state.kind === 'applied') return edits.objects;
  return state.kind === 'failed' ? (state.written ?? []) : [];
}

function isAbout({ before, after }: Effect, ref: ObjectRef): boolean {
  const object = after ?? before;
  return object !== undefined && isSameObject(refOfLive(object), ref);
}

function marksOf({ metadata }: LiveObject, kind: 'labels' | 'annotations'): Marks {
  const { [ledgerAnnotation]: _, ...others } = metadata[kind] ?? {};
  return others;
}

/** All but the spec, what people mark it with, and what the server counts. */
function restOf({ metadata, spec: _, ...others }: LiveObject): unknown {
  const {
    labels: __,
    annotations: ___,
    resourceVersion: ____,
    generation: _____,
    managedFields: ______,
    ...kept
  } = metadata;
  return { ...others, metadata: kept };
}

function keysOf(...all: readonly (Marks | undefined)[]): readonly string[] {
  return [...new Set(all.flatMap((marks) => Object.keys(marks ?? {})))];
}

function foundIn(invariant: Wrong['invariant'], { id }: Change, what: string): Wrong {
  return { invariant, what: `${id} ${what}` };
}
