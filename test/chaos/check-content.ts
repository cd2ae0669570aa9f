import { isDeepStrictEqual } from 'node:util';
import { type ContentEdit, verbOf } from '../../src/domain/change/edit.ts';
import { ledgerAnnotation } from '../../src/domain/routing/ledger.ts';
import { type Marks, refText } from '../../src/domain/routing/object.ts';
import type { Effect } from './effects.ts';
import type { Report } from './findings.ts';
import type { LiveObject } from './history.ts';

/** A content edit may write only what the plan says, and only over what the plan was made from. */
export function checkContent({ id, before, after }: Effect, edit: ContentEdit, report: Report): void {
  const which = refText(edit.object);
  const shown = { edit, before, after };
  const did = before === undefined ? 'create' : after === undefined ? 'delete' : 'replace';
  const wanted = verbOf(edit);
  if (did !== wanted) {
    report.violation('I2', `${id} should ${wanted} ${which}, but did ${did} it`, shown);
    return;
  }
  const over = before === undefined ? [] : overwritten(edit, before);
  if (over.length > 0) report.violation('I2', `${id} overwrote edits of others in ${which}: ${over}`, shown);
  const made = after === undefined ? [] : madeOtherwise(edit, before, after);
  if (made.length > 0) report.violation('I1', `${id} wrote to ${which} what its plan does not have: ${made}`, shown);
}

/** What was overwritten although it was neither the state planned from nor the target. */
function overwritten({ before, after }: ContentEdit, live: LiveObject): readonly string[] {
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
function madeOtherwise(edit: ContentEdit, before: LiveObject | undefined, after: LiveObject): readonly string[] {
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
