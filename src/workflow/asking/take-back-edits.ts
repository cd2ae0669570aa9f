import { createHash } from 'node:crypto';
import { type Change, effectOf, revisionOf } from '../../domain/change/change.ts';
import { isAsLeft, type ObjectEdit, refOf, takenBack } from '../../domain/change/edit.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import { type Ledger, type Revision, record } from '../../domain/routing/ledger.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { Split } from '../../domain/routing/split.ts';
import { type Asker, type Desk, requestId } from '../desk.ts';
import type { FoundObject } from '../ports/mesh.ts';
import type { ChangeOfObjects } from './open-edits.ts';
import { type Aim, type EditsPlan, mainEdit, planEdits } from './plan-edits.ts';

import type { Answer } from './submit.ts';
import {
  acceptEdits,
  type EditsOutcome,
  type EditsSubmission,
  judgeEdits,
  toChange,
  untilStill,
} from './submit-edits.ts';

export type TakeBackAnswer =
  | Extract<Answer, { kind: 'accepted' | 'refused' }>
  | EditsOutcome
  /** The world moved on since the change: what a rollback would undo, to be confirmed. */
  | {
      readonly kind: 'confirm';
      readonly id: Change['id'];
      readonly name: ServiceName;
      readonly undo: Undo;
      readonly plan: EditsPlan;
    }
  /** What a rollback would do, and what policy says of it. */
  | {
      readonly kind: 'would-take-back';
      readonly name: ServiceName;
      readonly plan: EditsPlan;
      readonly judgement: Judgement;
    }
  /** All is as it was before. */
  | { readonly kind: 'taken-back'; readonly change: Change }
  | { readonly kind: 'not-applied'; readonly change: Change };

export interface Undo {
  readonly now: Split;
  readonly after: Split;
  /** Our later changes on the rule that would be undone too, newest first. */
  readonly changes: readonly Revision[];
  /** Somebody else moved the weights since our newest change. */
  readonly moved: boolean;
  /** Stands for all of the above: a confirmation holds for what was shown, and for nothing else. */
  readonly stamp: string;
}

export interface TakingEditsBack {
  /** `request` is that of the rollback, which comes from the change that it takes back. */
  readonly asker: Asker;
  readonly askedAs: EditsSubmission['askedAs'];
  readonly reason?: string | undefined;
  /** The stamp of what the person was shown that it undoes. */
  readonly seen?: string | undefined;
  readonly dryRun: boolean;
}

/** Brings back what each object was before a change: what it created is deleted, what it deleted is made anew. */
export async function takeBackEdits(
  desk: Desk,
  change: ChangeOfObjects,
  taking: TakingEditsBack,
): Promise<TakeBackAnswer> {
  const { asker } = taking;
  const known = await desk.changes.read(requestId(asker.request));
  if (known !== undefined) return { kind: 'accepted', change: known, behind: 0, again: true };
  if (effectOf(change).length === 0) return { kind: 'not-applied', change };
  const { state } = change;
  const name = nameOfChange(change);
  const by = 'rolledBack' in state ? state.rolledBack : undefined;
  if (by !== undefined)
    return { kind: 'refused', name, refusal: { reason: 'already-rolled-back', by: { by: by.by, id: by.change } } };
  return untilStill(desk, asker, () => attempt(desk, change, taking));
}

async function attempt(
  desk: Desk,
  change: ChangeOfObjects,
  { asker, askedAs, reason, seen, dryRun }: TakingEditsBack,
): Promise<TakeBackAnswer | 'moved'> {
  const effect = effectOf(change);
  const { cluster } = change.object;
  const live = await Promise.all(
    effect.map(async (edit) => ({ edit, seen: (await desk.mesh.open(cluster, edit)).seen })),
  );
  const plan = await planEdits(
    desk,
    cluster,
    effect.map((edit) => aimBack(change, edit)),
  );
  if (plan === undefined) return { kind: 'taken-back', change };

  const { verb, of } = change.edits;
  const submission = { asker, askedAs, deed: 'rollback', verb, of, reason, reverts: change.id } as const;
  const name = nameOfChange(change);
  if (dryRun) {
    const judgement = await judgeEdits(desk, asker, toChange(desk, submission, plan), 'rollback');
    return { kind: 'would-take-back', name, plan, judgement };
  }
  const undo = undoing(change, live, plan);
  if (undo !== undefined && undo.stamp !== seen) return { kind: 'confirm', id: change.id, name, undo, plan };
  return acceptEdits(desk, submission, { ...plan, service: change.service });
}

function aimBack(change: ChangeOfObjects, edit: ObjectEdit): Aim {
  return {
    ref: refOf(edit),
    become: (live) => takenBack(edit, live?.content),
    ledger: edit.after === undefined ? withDeletion(change, edit) : undefined,
  };
}

/** What the object had recorded, and that it was deleted. */
function withDeletion(change: ChangeOfObjects, { ledger = { seq: 0, revisions: [] }, from, to }: ObjectEdit): Ledger {
  const at = 'at' in change.state ? change.state.at : change.acceptedAt;
  return record(ledger, revisionOf({ ...change, from, to }, new Date(at)));
}

interface Live {
  readonly edit: ObjectEdit;
  readonly seen: FoundObject | undefined;
}

/** What else a rollback would do; undefined where all objects are as the change left them, and what they were still has its versions. */
function undoing({ id }: Change, live: readonly Live[], plan: EditsPlan): Undo | undefined {
  const others = live.map(({ edit, seen }) => ({ edit, seen, later: laterThan(id, seen) }));
  const moved = others.some(({ edit, seen, later }) => later.length === 0 && !isAsLeft(edit, seen?.content));
  const changes = [...new Map(others.flatMap(({ later }) => later).map((each) => [each.id, each])).values()];
  const losesRequests = plan.warnings.some(({ kind }) => kind === 'undefined-versions');
  if (changes.length === 0 && !moved && !losesRequests) return undefined;
  const { from: now, to: after } = mainEdit(plan);
  const shown = JSON.stringify([changes.map((each) => each.id), plan.stamp]);
  return { now, after, changes, moved, stamp: createHash('sha256').update(shown).digest('hex').slice(0, 16) };
}

/** Our changes of the object since that one, newest first. */
function laterThan(id: Change['id'], seen: FoundObject | undefined): readonly Revision[] {
  const { revisions = [] } = seen?.ledger ?? {};
  const place = revisions.findIndex((revision) => revision.id === id);
  return place < 0 ? [] : revisions.slice(0, place);
}

function nameOfChange({ object, service }: Change): ServiceName {
  return { cluster: object.cluster, namespace: object.namespace, service };
}
