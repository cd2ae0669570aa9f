import { createHash } from 'node:crypto';
import { type Aim, type Change, effectOf, revisionOf, serviceOf, type WholeAim } from '../../domain/change/change.ts';
import { type ContentEdit, isContentEdit, type ObjectEdit } from '../../domain/change/edit.ts';
import { planReturns } from '../../domain/change/plan-weights.ts';
import { standingSince, takenBackIn, undoneWith } from '../../domain/change/undo.ts';
import { isAsLeft, takenBack } from '../../domain/routing/content.ts';
import { emptyLedger, findRevision, movesIn, newestOn, type Revision, record } from '../../domain/routing/ledger.ts';
import type { ChangeId, ServiceName } from '../../domain/routing/names.ts';
import { isSameObject, type ObjectRef } from '../../domain/routing/object.ts';
import { ourManager } from '../../domain/routing/owner.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import { type Move, sameShares } from '../../domain/routing/split.ts';
import type { Desk } from '../desk.ts';
import { mayOverrideOwner, namedBy } from '../judging/judge-live.ts';
import { editsOf, goingBefore, type ObjectAim, type Plan, type Planned, planEdits } from './plan.ts';

/** A change that is to be taken back, as far as it took effect. */
export interface Taking {
  readonly id: ChangeId;
  readonly by: string;
  readonly at: string;
  readonly name: ServiceName;
  readonly aim: Aim;
  readonly parts: readonly [Part, ...Part[]];
}

/** What it did to one object. */
export type Part =
  | { readonly kind: 'weights'; readonly object: ObjectRef; readonly revision: Revision }
  | { readonly kind: 'content'; readonly object: ObjectRef; readonly edit: ContentEdit; readonly revision: Revision };

/** What a rollback would undo, if a person must confirm it. */
export interface Undo {
  /** What would be taken back. */
  readonly target: { readonly id: ChangeId; readonly by: string; readonly at: string };
  /** One for each rule: from what is live now to what would be live. */
  readonly moves: readonly Move[];
  /** Our later changes that would be undone too, newest first, each once. */
  readonly changes: readonly Revision[];
  /** Somebody else moved it since our newest change. `manager`: the last writer by `managedFields`, if that is not us. */
  readonly moved?: { readonly manager?: string | undefined } | undefined;
  /** Another rollback of the service within the last minute. */
  readonly recent?: { readonly id: ChangeId; readonly by: string; readonly at: string } | undefined;
  /** A hash of what is undone. A confirmation is only valid for what was shown. */
  readonly stamp: string;
}

/** What a stored change did; undefined if it did not take effect. */
export function takingStored(stored: Change): Taking | undefined {
  const [first, ...more] = effectOf(stored).map((edit): Part => partOf(stored, edit));
  if (first === undefined) return undefined;
  const { id, by, aim } = stored;
  return { id, by, at: endedAt(stored), name: serviceOf(stored), aim, parts: [first, ...more] };
}

/** What a revision in an object's history did, if its record is lost and it moved only weights. */
export function takingRevision(revision: Revision, object: ObjectRef, name: ServiceName): Taking {
  const { id, by, at } = revision;
  return { id, by, at, name, aim: { kind: 'split' }, parts: [{ kind: 'weights', object, revision }] };
}

function partOf(stored: Change, edit: ObjectEdit): Part {
  const revision = revisionOf(stored, edit, new Date(endedAt(stored)));
  const { object } = edit;
  return isContentEdit(edit) ? { kind: 'content', object, edit, revision } : { kind: 'weights', object, revision };
}

function endedAt({ state, acceptedAt }: Change): string {
  return 'at' in state ? state.at : acceptedAt;
}

/** Plans the way back to before a change: what it created is deleted, what it deleted is created again, and its weights return. */
export function planTakingBack(desk: Desk, { parts, aim, name }: Taking): Promise<Planned> {
  const aims = parts.map((part): ObjectAim => {
    if (part.kind === 'content') return aimBack(part);
    const { object, revision } = part;
    return {
      kind: 'weights',
      object,
      plan: (live, startOf) => {
        const by = takenBackIn(live.ledger, revision.id); // the record may be older than the history
        if (by !== undefined) return { kind: 'refused', refusal: { reason: 'already-rolled-back', by } };
        const [first, ...more] = movesIn(findRevision(live.ledger, revision.id) ?? revision);
        const backs = [
          { rule: first.rule, split: first.from },
          ...more.map(({ rule, from }) => ({ rule, split: from })),
        ] as const;
        const named = namedBy(
          live,
          backs.map(({ rule }) => rule),
        );
        return planReturns(live, backs, { startOf, mayOverrideOwner: mayOverrideOwner(desk, named) });
      },
    };
  });
  const whole = wholeAim(aim);
  const back: Aim = { kind: 'back', ...(whole !== undefined && { before: whole }) };
  return planEdits(desk, aims, { aim: back, service: name.service, isAhead: true });
}

function wholeAim(aim: Aim): WholeAim | undefined {
  if (aim.kind === 'back') return aim.before;
  return aim.kind === 'split' ? undefined : aim;
}

function aimBack({ object, edit, revision }: Extract<Part, { kind: 'content' }>): ObjectAim {
  const isDeletion = edit.after === undefined;
  return {
    kind: 'content',
    object,
    become: (live) => takenBack(edit, live?.content),
    // The history of the object, and its deletion.
    ledger: isDeletion ? record(edit.ledger ?? emptyLedger, revision) : undefined,
  };
}

/** What a rollback would undo; undefined if it need not be confirmed. */
export function undoing(desk: Pick<Desk, 'now'>, taking: Taking, plan: Plan): Omit<Undo, 'recent'> | undefined {
  const looks = taking.parts.map((part) => lookAt(desk, part, plan));
  const changes = [...new Map(looks.flatMap((look) => look.changes).map((each) => [each.id, each])).values()];
  const moved = looks.find((look) => look.moved !== undefined)?.moved;
  const moves = plan.edits.flatMap(({ edit }) => edit.moves);
  const hasSeveralRules = plan.edits.some(({ edit }) => edit.kind === 'weights' && edit.moves.length > 1);
  const losesRequests = plan.warnings.some(({ kind }) => kind === 'undefined-versions');
  if (changes.length === 0 && moved === undefined && !losesRequests && !hasSeveralRules) return undefined;
  return { ...undoOf(taking, plan), moves, changes, moved };
}

/** The question to confirm, if nothing else is undone. */
export function undoOf({ id, by, at }: Taking, plan: Plan): Omit<Undo, 'recent'> {
  const moves = plan.edits.flatMap(({ edit }) => edit.moves);
  const bound = editsOf(plan).map(({ object, uid, seq, behind }) => [object.name, uid, seq, behind]);
  const stamp = createHash('sha256')
    .update(JSON.stringify([id, bound, plan.stamp]))
    .digest('hex')
    .slice(0, 16);
  return { target: { id, by, at }, moves, changes: [], stamp };
}

interface Look {
  readonly changes: readonly Revision[];
  readonly moved?: Undo['moved'];
}

function lookAt({ now }: Pick<Desk, 'now'>, part: Part, plan: Plan): Look {
  const planned = plan.edits.find(({ edit }) => isSameObject(edit.object, part.object));
  if (planned === undefined) return { changes: [] }; // it already is as it was before
  const { live } = planned.open;
  const begun = goingBefore(plan.lines, true).flatMap((change) => begunOn(change, part, now()));
  if (part.kind === 'content') return lookAtContent(part, live, begun);
  if (live === undefined) return { changes: begun };
  const changes = [...begun, ...undoneWith(live.ledger, part.revision)];
  const isMoved = movesIn(part.revision).some(({ rule }) => isMovedSince(live, part.revision, rule));
  return { changes, ...(isMoved && { moved: writerOf(live) }) };
}

/**
 * A change that is being applied now comes before the rollback. The rollback also undoes it, if it moves the same rules or writes the
 * object whole.
 */
function begunOn(change: Change, { object, revision }: Part, at: Date): readonly Revision[] {
  const edit = change.edits.find((each) => isSameObject(each.object, object));
  if (edit === undefined || change.id === revision.id) return [];
  const rules = movesIn(revision).map(({ rule }) => rule);
  const isAbout = isContentEdit(edit) || edit.moves.some(({ rule }) => rules.includes(rule));
  return isAbout ? [revisionOf(change, edit, at)] : [];
}

function lookAtContent(
  { edit, revision }: Extract<Part, { kind: 'content' }>,
  live: LiveObject | undefined,
  begun: readonly Revision[],
): Look {
  const changes = [...begun, ...standingSince(live?.ledger ?? emptyLedger, revision)];
  const isMoved = changes.length === 0 && !isAsLeft(edit, live?.content);
  return { changes, ...(isMoved && { moved: live === undefined ? {} : writerOf(live) }) };
}

function isMovedSince(live: LiveObject, revision: Revision, rule: string): boolean {
  if (findRevision(live.ledger, revision.id) === undefined) return true; // what came since is not known
  const newest = newestOn(live.ledger, rule);
  return newest !== undefined && !sameShares(newest.to, findRule(live, rule)?.split ?? {});
}

function writerOf({ lastWriter }: LiveObject): NonNullable<Undo['moved']> {
  return lastWriter === undefined || lastWriter.manager === ourManager ? {} : { manager: lastWriter.manager };
}
