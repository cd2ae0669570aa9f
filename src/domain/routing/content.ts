import { sameJson } from '../text/json.ts';
import type { Marks, ObjectContent } from './object.ts';

/** What an object was, and what it becomes; absent where it is not there. */
export interface Replacement {
  readonly before?: ObjectContent | undefined;
  readonly after?: ObjectContent | undefined;
}

/** Nobody has written what the replacement writes over. A deletion writes over everything. */
export function isUntouched({ before, after }: Replacement, live: ObjectContent): boolean {
  if (before === undefined || !sameJson(live.spec, before.spec)) return false;
  return (['labels', 'annotations'] as const).every((marks) => {
    const keys = after === undefined ? keysOf(before[marks], live[marks]) : touched(before[marks], after[marks]);
    return keys.every((key) => markOf(live[marks], key) === markOf(before[marks], key));
  });
}

/** Whether an object still is as a replacement left it. */
export function isAsLeft({ before, after }: Replacement, live: ObjectContent | undefined): boolean {
  if (after === undefined || live === undefined) return after === live;
  return isUntouched({ before: after, after: before ?? { spec: {} } }, live);
}

/** What an object becomes that shall be as `target`. Labels and annotations that the target does not name stay. */
export function merged(live: ObjectContent | undefined, target: ObjectContent): ObjectContent {
  if (live === undefined) return target;
  const labels = { ...live.labels, ...target.labels };
  const annotations = { ...live.annotations, ...target.annotations };
  return content({ labels, annotations, spec: target.spec });
}

/** What takes a replacement back, on the object as it is now: the spec as it was, and the labels and annotations that were set. */
export function takenBack({ before, after }: Replacement, live: ObjectContent | undefined): ObjectContent | undefined {
  if (before === undefined || live === undefined || after === undefined) return before;
  const back = (marks: 'labels' | 'annotations') =>
    withMarks(live[marks], before[marks], touched(before[marks], after[marks]));
  return content({ labels: back('labels'), annotations: back('annotations'), spec: before.spec });
}

/** What to write on the object as it is now. It keeps labels and annotations that it got since and that are not ours. */
export function contentToWrite(
  { before, after }: Replacement,
  live: ObjectContent | undefined,
): ObjectContent | undefined {
  if (after === undefined || live === undefined || before === undefined) return after;
  const onto = (marks: 'labels' | 'annotations') =>
    withMarks(live[marks], after[marks], touched(before[marks], after[marks]));
  return content({ labels: onto('labels'), annotations: onto('annotations'), spec: after.spec });
}

/** The same where a person wants it written over what somebody else made of the object since, or made there. */
export function contentToInsistOn(
  { before = { spec: {} }, after }: Replacement,
  live: ObjectContent | undefined,
): ObjectContent | undefined {
  return live === undefined ? after : contentToWrite({ before, after }, live);
}

export function isSameContent(a: ObjectContent | undefined, b: ObjectContent | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    sameJson(a.spec, b.spec) &&
    touched(a.labels, b.labels).length === 0 &&
    touched(a.annotations, b.annotations).length === 0
  );
}

/** The keys whose values differ. */
function touched(a: Marks | undefined, b: Marks | undefined): readonly string[] {
  return keysOf(a, b).filter((key) => markOf(a, key) !== markOf(b, key));
}

function keysOf(a: Marks = {}, b: Marks = {}): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function markOf(marks: Marks | undefined, key: string): string | undefined {
  return marks !== undefined && Object.hasOwn(marks, key) ? marks[key] : undefined;
}

function withMarks(live: Marks | undefined, from: Marks | undefined, keys: readonly string[]): Marks {
  const kept = Object.entries(live ?? {}).filter(([key]) => !keys.includes(key));
  const set = keys.flatMap((key) => {
    const value = markOf(from, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries([...kept, ...set]);
}

function content({ labels, annotations, spec }: ObjectContent): ObjectContent {
  return { ...(isEmpty(labels) ? {} : { labels }), ...(isEmpty(annotations) ? {} : { annotations }), spec };
}

function isEmpty(marks: Marks | undefined): boolean {
  return marks === undefined || Object.keys(marks).length === 0;
}
