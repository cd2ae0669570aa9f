import { findRevision, type Ledger } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import type { RuleKind } from '../routing/rule-file.ts';
import type { Split } from '../routing/split.ts';
import { type JsonObject, sameJson } from '../text/json.ts';

/** An object of the kinds that rule files hold, in a cluster that is named beside it. */
export interface ObjectRef {
  readonly kind: RuleKind;
  readonly namespace: string;
  readonly name: string;
}

type Marks = Readonly<Record<string, string>>;

/** What people write of an object: all but what the API server keeps of it, and our record. */
export interface ObjectContent {
  readonly labels?: Marks | undefined;
  readonly annotations?: Marks | undefined;
  readonly spec: JsonObject;
}

/** What an object holds. */
export interface FoundContent extends ObjectRef {
  readonly content: ObjectContent;
}

/** How an object came to be another than a plan was made from: by somebody else, or by a change of ours. */
export const objectMoves = ['written', 'made-anew', 'gone', 'ledger-lost', 'changed', 'unreadable'] as const;

/** An object that is not what a plan was made from. */
export interface MovedObject extends ObjectRef {
  readonly how: (typeof objectMoves)[number];
  /** The change of ours that it had since. */
  readonly by?: ChangeId | undefined;
  /** What it holds now; absent where it is gone, and where a record has no room for it. */
  readonly content?: ObjectContent | undefined;
}

/** What becomes of one object: what was read, and what is to be. */
export interface ObjectEdit extends ObjectRef {
  /** Of the object that was read; absent where there was none. */
  readonly uid?: string | undefined;
  /** How many changes of ours it had had. */
  readonly seq: number;
  /** Absent: it is created. */
  readonly before?: ObjectContent | undefined;
  /** Absent: it is deleted. */
  readonly after?: ObjectContent | undefined;
  /** What its history holds when it is deleted, or shall begin with when it is made anew. */
  readonly ledger?: Ledger | undefined;
  /** The splits of its default rule, where it has one. */
  readonly from: Split;
  readonly to: Split;
  /** The rules above the default one when it is done, in words. */
  readonly pinned: readonly string[];
}

export const editVerbs = ['apply', 'delete', 'unpin'] as const;

/** What a change of more than weights does. */
export interface Edits {
  readonly verb: (typeof editVerbs)[number];
  /** The rule file, or the rule that is removed, in words. */
  readonly of: string;
  readonly objects: readonly ObjectEdit[];
}

export type EditKind = 'create' | 'replace' | 'delete';

export function kindOf({ before, after }: Pick<ObjectEdit, 'before' | 'after'>): EditKind {
  if (after === undefined) return 'delete';
  return before === undefined ? 'create' : 'replace';
}

/** `VirtualService bookinfo/reviews`: identifies an object of a cluster. */
export function refText({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}

export function refOf({ kind, namespace, name }: ObjectRef): ObjectRef {
  return { kind, namespace, name };
}

export function isSameObject(a: ObjectRef, b: ObjectRef): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

/** As much of a live object as tells whether an edit may be made. */
export interface SeenObject {
  readonly uid: string;
  readonly content: ObjectContent;
  readonly ledger: Ledger;
  /** It is deleted already, and only waits for its finalizers. */
  readonly isGoing?: boolean | undefined;
}

/** What is to be done about one object of an accepted change, now that it has been read. */
export type EditDecision =
  | { readonly kind: 'done' }
  | { readonly kind: 'write' }
  | { readonly kind: 'superseded'; readonly by?: ChangeId | undefined }
  | { readonly kind: 'held'; readonly because: 'moved' | 'recreated' | 'ledger-lost' }
  /** It was to be replaced. */
  | { readonly kind: 'gone' };

/**
 * An edit is bound to what it was planned from: the object's uid, the number of its last change, and all that it writes over. So no
 * worker, however late or doubled, writes over what it has not seen. What was created by somebody else meanwhile stays theirs.
 */
export function decideEdit(id: ChangeId, edit: ObjectEdit, live: SeenObject | undefined): EditDecision {
  if (live === undefined) {
    if (edit.after === undefined) return { kind: 'done' };
    return edit.before === undefined ? { kind: 'write' } : { kind: 'gone' };
  }
  if (edit.after === undefined && live.isGoing === true && edit.uid === live.uid) return { kind: 'done' };
  if (edit.after !== undefined && findRevision(live.ledger, id) !== undefined) return { kind: 'done' };
  if (edit.uid !== live.uid) return { kind: 'held', because: edit.uid === undefined ? 'moved' : 'recreated' };
  if (live.ledger.seq > edit.seq) return { kind: 'superseded', by: live.ledger.revisions[0]?.id };
  if (live.ledger.seq < edit.seq) return { kind: 'held', because: 'ledger-lost' };
  const isThereAlready = isUntouched({ before: edit.after, after: edit.before }, live.content); // somebody did the same by hand
  return isUntouched(edit, live.content) || isThereAlready ? { kind: 'write' } : { kind: 'held', because: 'moved' };
}

/** Nobody has written what the edit writes over; a deletion writes over everything. */
export function isUntouched({ before, after }: Pick<ObjectEdit, 'before' | 'after'>, live: ObjectContent): boolean {
  if (before === undefined || !sameJson(live.spec, before.spec)) return false;
  return (['labels', 'annotations'] as const).every((marks) => {
    const keys = after === undefined ? keysOf(before[marks], live[marks]) : touched(before[marks], after[marks]);
    return keys.every((key) => markOf(live[marks], key) === markOf(before[marks], key));
  });
}

/** Whether an object still is as an edit left it. */
export function isAsLeft(
  { before, after }: Pick<ObjectEdit, 'before' | 'after'>,
  live: ObjectContent | undefined,
): boolean {
  if (after === undefined || live === undefined) return after === live;
  return isUntouched({ before: after, after: before ?? { spec: {} } }, live);
}

/** What an object becomes that is to be as `target`, while the labels and annotations that are nobody's business here stay. */
export function merged(live: ObjectContent | undefined, target: ObjectContent): ObjectContent {
  if (live === undefined) return target;
  const labels = { ...live.labels, ...target.labels };
  const annotations = { ...live.annotations, ...target.annotations };
  return content({ labels, annotations, spec: target.spec });
}

/** What takes an edit back, on the object as it is now: the spec as it was, and the labels and annotations that were set. */
export function takenBack(
  edit: Pick<ObjectEdit, 'before' | 'after'>,
  live: ObjectContent | undefined,
): ObjectContent | undefined {
  const { before, after } = edit;
  if (before === undefined || live === undefined || after === undefined) return before;
  const back = (marks: 'labels' | 'annotations') =>
    withMarks(live[marks], before[marks], touched(before[marks], after[marks]));
  return content({ labels: back('labels'), annotations: back('annotations'), spec: before.spec });
}

/** What is to be written on the object as it is now, which may have got marks since that are none of ours. */
export function contentToWrite(
  { before, after }: ObjectEdit,
  live: ObjectContent | undefined,
): ObjectContent | undefined {
  if (after === undefined || live === undefined || before === undefined) return after;
  const onto = (marks: 'labels' | 'annotations') =>
    withMarks(live[marks], after[marks], touched(before[marks], after[marks]));
  return content({ labels: onto('labels'), annotations: onto('annotations'), spec: after.spec });
}

/** The same where a person has it written over what somebody else made of the object since, or made there. */
export function contentToInsistOn(edit: ObjectEdit, live: ObjectContent | undefined): ObjectContent | undefined {
  const { before = { spec: {} } } = edit;
  return live === undefined ? edit.after : contentToWrite({ ...edit, before }, live);
}

export function isSameContent(a: ObjectContent | undefined, b: ObjectContent | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    sameJson(a.spec, b.spec) &&
    touched(a.labels, b.labels).length === 0 &&
    touched(a.annotations, b.annotations).length === 0
  );
}

/**
 * Nothing is broken before what replaces it is there: first what only adds versions, then who uses them, then what takes versions
 * away that nobody uses any more.
 */
export function inOrder<E extends Pick<ObjectEdit, 'kind' | 'before' | 'after'>>(edits: readonly E[]): readonly E[] {
  return edits.toSorted((a, b) => rank(a) - rank(b));
}

/** What splits traffic when it is done. */
export function splittersOf({ objects }: Pick<Edits, 'objects'>): readonly ObjectEdit[] {
  return objects.filter(
    ({ kind, after, to }) => kind === 'VirtualService' && after !== undefined && Object.keys(to).length > 0,
  );
}

/** Every host that an edited object is about, before and after: whichever it names is moved by it. */
export function hostsOf({ kind, before, after }: Pick<ObjectEdit, 'kind' | 'before' | 'after'>): readonly string[] {
  const hosts = [before, after].flatMap((each) => {
    const value = kind === 'VirtualService' ? each?.spec['hosts'] : each?.spec['host'];
    return Array.isArray(value) ? value : [value];
  });
  return [...new Set(hosts.filter((host) => typeof host === 'string'))];
}

function rank({ kind, before, after }: Pick<ObjectEdit, 'kind' | 'before' | 'after'>): number {
  if (kind === 'VirtualService') return after === undefined ? 2 : 1;
  if (after === undefined) return 4;
  const [were, are] = [subsetsOf(before), new Set(subsetsOf(after))];
  const losesSome = were.some((name) => !are.has(name));
  return losesSome && [...are].every((name) => were.includes(name)) ? 3 : 0;
}

function subsetsOf(content: ObjectContent | undefined): readonly string[] {
  const subsets = content?.spec['subsets'];
  if (!Array.isArray(subsets)) return [];
  return subsets.map((subset) => String(subset?.name ?? ''));
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
