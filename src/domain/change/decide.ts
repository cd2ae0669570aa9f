import { isUntouched } from '../routing/content.ts';
import { findRevision, numberOf, type Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { findRule, type LiveObject, type Weights } from '../routing/route.ts';
import { isPlaced } from '../routing/rule-key.ts';
import { keepingPlaces, type Move, sameShares } from '../routing/split.ts';
import type { Change } from './change.ts';
import { type ContentEdit, defaultMove, deletes, findEdit, type ObjectEdit, type WeightsEdit } from './edit.ts';
import { firstUnserved, startBehind } from './plan-weights.ts';
import type { FailReason, HoldReason } from './state.ts';

/** What to do about one object of an accepted change, now that the object has been read. */
export type Decision =
  | { readonly kind: 'write' }
  /** An earlier attempt got through: the object's history has our own id, or the object is gone as planned. */
  | { readonly kind: 'done'; readonly revision?: Revision | undefined; readonly seq: number }
  | { readonly kind: 'superseded'; readonly by?: ChangeId | undefined }
  | { readonly kind: 'held'; readonly because: HoldReason }
  | { readonly kind: 'failed'; readonly because: FailReason; readonly detail?: string | undefined };

/**
 * An edit is bound to what it was planned from: the object's uid, its seq, and what it overwrites (the splits that it moves, or all of
 * its content). If all of that is unchanged, we write. Every other case has its own answer. So no worker, however late or doubled,
 * overwrites what it has not seen.
 */
export function decide(id: ChangeId, edit: ObjectEdit, live: LiveObject | undefined): Decision {
  if (live === undefined) return withoutObject(edit);
  if (isDone(id, edit, live)) {
    const revision = findRevision(live.ledger, id);
    return { kind: 'done', revision, seq: numberOf(live.ledger, id) ?? seqAfter(edit) };
  }
  if (edit.uid !== live.uid) return { kind: 'held', because: edit.uid === undefined ? 'moved' : 'recreated' };
  const newest = live.ledger.revisions[0]?.id;
  if (live.ledger.seq > edit.seq) return { kind: 'superseded', by: newest };
  if (live.ledger.seq < edit.seq)
    return { kind: 'held', because: edit.behind === undefined ? 'ledger-lost' : 'predecessor-missing' };
  // An edit that was planned behind a change may follow only that one, not another that took its number.
  if (edit.behind !== undefined && newest !== edit.behind) return { kind: 'superseded', by: newest };
  return edit.kind === 'weights' ? weightsStill(edit, live) : contentStill(edit, live);
}

/** The number that a change has in the object's history once it is written. */
export function seqAfter(edit: ObjectEdit): number {
  const { seq } = edit.kind === 'content' && edit.ledger !== undefined ? edit.ledger : edit;
  return seq + 1;
}

/**
 * The edit as it would be applied now, if the object still gives the plan that people were shown. Otherwise undefined, because an
 * approval is for that plan only. `before`: the changes that will be applied first.
 */
export function stillPlanned(
  edit: ObjectEdit,
  live: LiveObject | undefined,
  before: readonly Pick<Change, 'id' | 'edits'>[],
): ObjectEdit | undefined {
  if (edit.kind === 'weights') return live && weightsPlanned(edit, live, before);
  const isBehind = before.some(({ edits }) => findEdit(edits, edit.object) !== undefined);
  return !isBehind && decide(noChange, edit, live).kind === 'write' ? edit : undefined;
}

/** The same, as far as the watch cache can tell. The cache has no content. */
export function seemsPlanned(edit: ObjectEdit, seen: Weights | undefined): boolean {
  if (edit.kind === 'weights') return seen !== undefined && weightsPlanned(edit, seen, []) !== undefined;
  if (seen === undefined || edit.uid === undefined) return seen?.uid === edit.uid;
  const { rule, from } = defaultMove(edit);
  return seen.uid === edit.uid && seen.ledger.seq === edit.seq && sameShares(findRule(seen, rule)?.split ?? {}, from);
}

/** An id that is in no history. */
const noChange: ChangeId = 'c-';

function weightsPlanned(
  edit: WeightsEdit,
  seen: Weights,
  before: readonly Pick<Change, 'id' | 'edits'>[],
): WeightsEdit | undefined {
  if (seen.uid !== edit.uid) return undefined;
  const { object } = edit;
  const starts = edit.moves.map(({ rule, from }) => {
    const split = findRule(seen, rule)?.split;
    const start = startBehind({ object, rules: seen.rules }, before, rule) ?? { split, seq: seen.ledger.seq };
    const isSame = split !== undefined && start.split !== undefined && sameShares(start.split, from);
    return isSame && start.seq === edit.seq ? start : undefined;
  });
  const [first] = starts;
  if (first === undefined || starts.includes(undefined)) return undefined;
  const after = 'after' in first ? first.after : undefined;
  const follows = [undefined, after, seen.ledger.revisions[0]?.id].includes(edit.behind);
  const { behind: _, ...rest } = edit;
  return follows ? { ...rest, seq: first.seq, ...(after !== undefined && { behind: after }) } : undefined;
}

function withoutObject(edit: ObjectEdit): Decision {
  if (deletes(edit)) return { kind: 'done', seq: seqAfter(edit) };
  const isToBeCreated = edit.kind === 'content' && edit.before === undefined;
  return isToBeCreated ? { kind: 'write' } : { kind: 'failed', because: 'object-gone' };
}

function isDone(id: ChangeId, edit: ObjectEdit, live: LiveObject): boolean {
  if (deletes(edit)) return live.isGoing === true && edit.uid === live.uid;
  return findRevision(live.ledger, id) !== undefined;
}

function weightsStill({ moves }: WeightsEdit, live: LiveObject): Decision {
  const answers = moves.map((move) => moveStill(move, live));
  return answers.find(({ kind }) => kind !== 'write') ?? { kind: 'write' };
}

function moveStill(move: Move, live: LiveObject): Decision {
  const rule = findRule(live, move.rule);
  // A rule that is known by its place may be there yet, with another match, or one place further.
  if (rule === undefined && isPlaced(move.rule)) return { kind: 'held', because: 'moved' };
  if (rule === undefined) return { kind: 'failed', because: 'rule-gone' };
  if (rule.unsplittable !== undefined) return { kind: 'failed', because: 'rule-changed', detail: rule.unsplittable };
  if (!sameShares(rule.split, move.from) && !sameShares(rule.split, move.to)) return { kind: 'held', because: 'moved' };

  const to = keepingPlaces(rule.split, move.to);
  const added = Object.keys(to).some((version) => !Object.hasOwn(rule.split, version));
  if (added && rule.host === undefined) return { kind: 'failed', because: 'rule-changed', detail: 'several-hosts' };

  const unserved = firstUnserved(rule, rule.split, to);
  return unserved === undefined ? { kind: 'write' } : { kind: 'failed', because: 'version-gone', detail: unserved };
}

/** What somebody else wrote since is kept: the change is held. If they wrote just what we planned, we write it again, with the history. */
function contentStill({ before, after }: ContentEdit, { content }: LiveObject): Decision {
  const isThereAlready = isUntouched({ before: after, after: before }, content);
  return isUntouched({ before, after }, content) || isThereAlready
    ? { kind: 'write' }
    : { kind: 'held', because: 'moved' };
}
