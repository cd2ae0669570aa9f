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

/** The plan's edit of an object. */
export function editOf({ edits }: ChangeOfObjects, object: LiveObject): ObjectEdit | undefined {
  return edits.objects.find((edit) => isSameObject(edit, refOfLive(object)));
}

/** A deleted object has no ledger. The deletion belongs to the change whose plan was to delete exactly this object. */
export function deleterOf({ records }: Pick<Evidence, 'records'>, object: LiveObject): ChangeOfObjects | undefined {
  return [...records.values()].filter(isOfObjects).find((change) => {
    const edit = editOf(change, object);
    return edit !== undefined && edit.after === undefined && edit.uid === object.metadata.uid;
  });
}

/** A change may write to an object only what its accepted plan says, and only over what the plan was made from. */
export function checkEdit(change: ChangeOfObjects, effect: Effect, report: Report): void {
  const { before, after } = effect;
  const object = after ?? before;
  const edit = object && editOf(change, object);
  const wrong: readonly Wrong[] =
    edit === undefined
      ? [foundIn('I1', change, 'wrote an object that its plan does not have')]
      : wrongIn(change, edit, effect);
  for (const { invariant, what } of wrong) report.violation(invariant, what, { change, before, after });
}

function wrongIn(change: ChangeOfObjects, edit: ObjectEdit, effect: Effect): readonly Wrong[] {
  const { before, after, ledgerBefore, revision } = effect;
  const which = refText(edit);
  const did = before === undefined ? 'create' : after === undefined ? 'delete' : 'replace';
  if (did !== kindOf(edit)) return [foundIn('I2', change, `should ${kindOf(edit)} ${which}, but did ${did} it`)];

  const isOther = before !== undefined && (before.metadata.uid !== edit.uid || ledgerBefore.seq !== edit.seq);
  const over = before === undefined ? [] : overwritten(edit, before);
  const made = after === undefined ? [] : madeOtherwise(edit, before, after);
  return [
    ...(isOther ? [foundIn('I2', change, `was planned on another ${which} than the one it overwrote`)] : []),
    ...(over.length > 0 ? [foundIn('I2', change, `overwrote edits of others in ${which}: ${over}`)] : []),
    ...(made.length > 0 ? [foundIn('I1', change, `wrote to ${which} what its plan does not have: ${made}`)] : []),
    ...(revision !== undefined && !isRecordedAs(revision, change, edit)
      ? [foundIn('I1', change, `recorded on ${which} what was not accepted`)]
      : []),
  ];
}

/** What was overwritten although it was neither the state planned from nor the target. */
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

/** Labels and annotations that the plan does not set must stay unchanged, and so must the rest of the object. */
function madeOtherwise(edit: ObjectEdit, before: LiveObject | undefined, after: LiveObject): readonly string[] {
  const spec = isDeepStrictEqual(after.spec, edit.after?.spec) ? [] : ['spec'];
  const marks = (['labels', 'annotations'] as const).flatMap((kind) => {
    const [were, are] = [before === undefined ? {} : marksOf(before, kind), marksOf(after, kind)];
    const [planned, to] = [edit.before?.[kind], edit.after?.[kind]];
    const wanted = (key: string) => (planned?.[key] === to?.[key] && before !== undefined ? were[key] : to?.[key]);
    return keysOf(were, are, planned, to).filter((key) => are[key] !== wanted(key));
  });
  const isElse = before !== undefined && !isDeepStrictEqual(restOf(before), restOf(after));
  return [...spec, ...marks, ...(isElse ? ['other fields'] : [])];
}

function isRecordedAs({ by, reason, reverts, does, from, to }: Revision, change: Change, edit: ObjectEdit): boolean {
  const accepted = [change.by, change.reason, change.reverts, change.edits && doesText(change.edits)];
  return (
    isDeepStrictEqual([by, reason, reverts, does], accepted) && isDeepStrictEqual([from, to], [edit.from, edit.to])
  );
}

/** An applied change wrote all of its objects, a partly applied one exactly those that it names, any other none. */
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
      report.violation('I1', `${change.id} is ${state.kind} but wrote ${refText(edit)}`, { change, effects });
    // Somebody else may have deleted it first.
    const isGoneAnyway = edit.after === undefined && evidence.foreign.has(edit.uid ?? '');
    if (!isDone(edit) && isTold && !isGoneAnyway)
      report.violation('I4', `${change.id} is ${state.kind} but never wrote ${refText(edit)}`, { change, effects });
  }
  const main = effects.find((effect) => effect.after !== undefined && isAbout(effect, change.object));
  if (state.kind === 'applied' && main !== undefined && state.seq !== main.ledger.seq)
    report.violation('I3', `${change.id} says that it is number ${state.seq}, but it is ${main.ledger.seq}`, {
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

/** Everything except the spec, labels, annotations, and fields of the server. */
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
