import { destinationsIn, hostsNamed } from '../routing/destinations.ts';
import type { Ledger } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { hasRules, isSameObject, type ObjectContent, type ObjectRef } from '../routing/object.ts';
import { defaultRule } from '../routing/route.ts';
import type { Move } from '../routing/split.ts';

/** What an edit was planned from. The edit is valid only for this object, at this number of changes. */
export interface Bound {
  readonly object: ObjectRef;
  /** Of the object that was read. Absent if there was none. */
  readonly uid?: string | undefined;
  /** How many changes of ours the object has when this one is written. */
  readonly seq: number;
  /** The change that must be applied to the object first. */
  readonly behind?: ChangeId | undefined;
}

/** Writes weights and nothing else. Bound to the splits that it moves. */
export interface WeightsEdit extends Bound {
  readonly kind: 'weights';
  readonly moves: readonly [Move, ...Move[]];
  /** The rules above the default one, in words. A move of the default rule does not reach them. */
  readonly pinned: readonly string[];
}

/** Creates, replaces or deletes an object. Bound to all the content that it overwrites. */
export interface ContentEdit extends Bound {
  readonly kind: 'content';
  /** Absent: it is created. */
  readonly before?: ObjectContent | undefined;
  /** Absent: it is deleted. */
  readonly after?: ObjectContent | undefined;
  /** The object's history when it is deleted, or the history to start with when it is created again. */
  readonly ledger?: Ledger | undefined;
  /** The move of its default rule, if it has one before or after. */
  readonly moves: readonly Move[];
  /** The rules above the default one when it is done, in words. */
  readonly pinned: readonly string[];
}

/** What a change does to one object. */
export type ObjectEdit = WeightsEdit | ContentEdit;

/** At least one, all in one cluster, no two of the same object, in the order in which they are written. */
export type Edits = readonly [ObjectEdit, ...ObjectEdit[]];

export type ContentVerb = 'create' | 'replace' | 'delete';

export function verbOf({ before, after }: Pick<ContentEdit, 'before' | 'after'>): ContentVerb {
  if (after === undefined) return 'delete';
  return before === undefined ? 'create' : 'replace';
}

export function isContentEdit(edit: ObjectEdit): edit is ContentEdit {
  return edit.kind === 'content';
}

/** Whether an object is gone once the edit is made. */
export function deletes(edit: ObjectEdit): boolean {
  return edit.kind === 'content' && edit.after === undefined;
}

export function findEdit<E extends Pick<Bound, 'object'>>(edits: readonly E[], object: ObjectRef): E | undefined {
  return edits.find((edit) => isSameObject(edit.object, object));
}

/** The move of one rule, if the edit has it. */
export function findMove({ moves }: Pick<ObjectEdit, 'moves'>, rule: string): Move | undefined {
  return moves.find((move) => move.rule === rule);
}

/** The move of the default rule, or else the first move. An empty move if the edit has none. */
export function defaultMove({ moves }: Pick<ObjectEdit, 'moves'>): Move {
  return findMove({ moves }, defaultRule) ?? moves[0] ?? { rule: defaultRule, from: {}, to: {} };
}

/**
 * No route points to a missing version in between: first come edits that add versions, then those that route to them, then those that
 * only remove versions, which no route uses by then.
 */
export function inOrder(edits: Edits): Edits {
  const [first = edits[0], ...more] = edits.toSorted((a, b) => rank(a) - rank(b));
  return [first, ...more];
}

/** The edits whose objects split traffic once they are written. */
export function splittersOf(edits: readonly ObjectEdit[]): readonly ObjectEdit[] {
  return edits.filter(
    (edit) => hasRules(edit.object.kind) && !deletes(edit) && Object.keys(defaultMove(edit).to).length > 0,
  );
}

/** Every host that the object names before or after a content edit. The edit may move the traffic of each. */
export function hostsOf({
  object,
  before,
  after,
}: Pick<ContentEdit, 'object' | 'before' | 'after'>): readonly string[] {
  return [...new Set([before, after].flatMap((each) => (each === undefined ? [] : hostsNamed(object, each.spec))))];
}

/** Every host that it sends requests to, before or after a content edit. */
export function routedBy({
  object,
  before,
  after,
}: Pick<ContentEdit, 'object' | 'before' | 'after'>): readonly string[] {
  return [...new Set([before, after].flatMap((each) => (each === undefined ? [] : destinationsIn(object, each.spec))))];
}

function rank(edit: ObjectEdit): number {
  if (edit.kind === 'weights') return 1;
  const { object, before, after } = edit;
  if (hasRules(object.kind)) return after === undefined ? 2 : 1;
  if (after === undefined) return 4;
  const [were, are] = [subsetsOf(before), new Set(subsetsOf(after))];
  const losesSome = were.some((name) => !are.has(name));
  return losesSome && [...are].every((name) => were.includes(name)) ? 3 : 0;
}

function subsetsOf(content: ObjectContent | undefined): readonly string[] {
  const subsets = content?.spec['subsets'];
  if (Array.isArray(subsets)) return subsets.map((subset) => String(subset?.name ?? ''));
  return typeof subsets === 'object' && subsets !== null ? Object.keys(subsets) : []; // of a ServiceResolver
}
