import { type Change, isEnded } from '../../domain/change/change.ts';
import type { Refusal } from '../../domain/change/refusal.ts';
import { recentRollback, takenBackIn } from '../../domain/change/undo.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { findRevision, type Revision } from '../../domain/routing/ledger.ts';
import type { ChangeId, ServiceName } from '../../domain/routing/names.ts';
import { hasRules, type ObjectRef, objectKey } from '../../domain/routing/object.ts';
import type { LiveObject } from '../../domain/routing/route.ts';
import { aboutChange, noteRefused } from '../audit.ts';
import { type Desk, requestId } from '../desk.ts';
import { type Asking, acceptedAlready, changeOf } from './answer-once.ts';
import type { Plan } from './plan.ts';
import { type Answer, offer, told } from './submit.ts';
import { planTakingBack, type Taking, takingRevision, takingStored, type Undo, undoing, undoOf } from './take-back.ts';

export type RollbackAnswer =
  | Answer
  /** What a rollback would undo, for the person to confirm. `plan`: present if it is more than weights. */
  | {
      readonly kind: 'confirm';
      readonly id: ChangeId;
      readonly name: ServiceName;
      readonly undo: Undo;
      readonly plan?: Plan | undefined;
    }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId }
  | { readonly kind: 'not-applied'; readonly change: Change }
  /** The newest change is a step of a ramp that is not over: the ramp goes back as a whole. */
  | { readonly kind: 'ramp-goes-back'; readonly ramp: Ramp }
  /** Everything already is as it was before. */
  | { readonly kind: 'taken-back'; readonly change: Change };

/** A request, and the service that it is about. */
export type AskingFor = Asking & { readonly name: ServiceName };

interface TakingRevision {
  readonly revision: Revision;
  readonly live: LiveObject;
  readonly name: ServiceName;
  readonly seen?: string | undefined;
  readonly isTyped?: boolean;
}

/** Takes a revision back by its record, if there is one: only the record has its other objects, and what it did beside weights. */
export async function takeRevisionBack(
  desk: Desk,
  asking: AskingFor,
  { revision, live, name, ...how }: TakingRevision,
): Promise<RollbackAnswer | 'moved'> {
  const stored = await desk.changes.read(revision.id);
  const taking = stored && takingStored(stored);
  if (taking !== undefined) return takeBack(desk, asking, { taking: { ...taking, name }, stored, ...how });
  if (revision.does !== undefined && stored !== undefined)
    return toldNo(desk, asking, { kind: 'not-applied', change: stored });
  if (revision.does !== undefined) return refused(desk, asking, { reason: 'record-lost', revision }, live.object);
  return takeBack(desk, asking, { taking: takingRevision(revision, live.object, name), stored, ...how });
}

interface TakingBack {
  readonly taking: Taking;
  readonly stored: Change | undefined;
  readonly seen?: string | undefined;
  /** Typed, and not clicked on the change's own card: another person may have typed the same just now. */
  readonly isTyped?: boolean;
}

/** Takes a change back, or first asks the person if more would be undone with it. */
export function takeBack(desk: Desk, asking: AskingFor, back: TakingBack): Promise<RollbackAnswer | 'moved'> {
  const { parts } = back.taking;
  const { object } = parts.find((part) => hasRules(part.object.kind)) ?? parts[0];
  return desk.turns.run(objectKey(object), () => takeBackInTurn(desk, asking, object, back));
}

async function takeBackInTurn(
  desk: Desk,
  asking: AskingFor,
  object: ObjectRef,
  { taking, stored, seen, isTyped = false }: TakingBack,
): Promise<RollbackAnswer | 'moved'> {
  const { id } = taking;
  const { request, last } = await attemptAt(desk, id);
  if (last !== undefined) return acceptedAlready(last);
  const rolledBack = stored !== undefined && 'rolledBack' in stored.state ? stored.state.rolledBack : undefined;
  if (rolledBack !== undefined) {
    const by = { id: rolledBack.change, by: rolledBack.by };
    return refused(desk, asking, { reason: 'already-rolled-back', by }, object);
  }

  const planned = await planTakingBack(desk, taking);
  if (planned.kind === 'refused' || planned.kind === 'as-it-is') {
    const since = (await attemptAt(desk, id)).last; // if somebody was first, there is nothing left to do
    if (since !== undefined) return acceptedAlready(since);
  }
  switch (planned.kind) {
    case 'refused':
      return refused(desk, asking, planned.refusal, object);
    case 'gone':
      return told(desk, asking, { kind: 'not-found', name: asking.name, found: planned }, { object: planned.object });
    case 'as-it-is':
      if (stored === undefined) throw new Error('planReturns refuses weights that are back already');
      return toldNo(desk, asking, { kind: 'taken-back', change: stored });
    case 'plan': {
      const { plan } = planned;
      const by = alreadyTakenBack(id, plan) ?? doneInHistory(requestId(request), plan);
      if (by !== undefined) return refused(desk, asking, { reason: 'already-rolled-back', by }, object);
      const undo = asking.mode === 'do' ? questionOf(desk, taking, plan, isTyped) : undefined;
      if (undo !== undefined && undo.stamp !== seen) {
        const isWhole = plan.edits.some(({ edit }) => edit.kind === 'content');
        return { kind: 'confirm', id, name: taking.name, undo, ...(isWhole && { plan }) };
      }
      return offer(desk, { ...asking, asker: { ...asking.asker, request }, reverts: id }, plan);
    }
  }
}

/**
 * The rollback that the objects' histories already have of this change, perhaps together with an earlier one. To do it again would go
 * forward.
 */
function alreadyTakenBack(id: ChangeId, { edits }: Plan): Revision | undefined {
  const [first, ...more] = edits.map(({ open }) => open.live && takenBackIn(open.live.ledger, id));
  return more.includes(undefined) ? undefined : first;
}

/**
 * The rollback itself, if an object's history already has it. A store that fell back to an older copy has forgotten it, and a worker would
 * take a new one for done.
 */
function doneInHistory(id: ChangeId, { edits }: Plan): Revision | undefined {
  return edits.map(({ open }) => open.live && findRevision(open.live.ledger, id)).find((each) => each !== undefined);
}

/** The question that a person must confirm first. A person who typed the command is also told of a rollback within the last minute. */
function questionOf(desk: Desk, taking: Taking, plan: Plan, isTyped: boolean): Undo | undefined {
  const undo = undoing(desk, taking, plan);
  const last = isTyped ? plan.edits.map(({ open }) => open.live && recentRollback(open.live.ledger, desk.now())) : [];
  const recent = last.find((each) => each !== undefined);
  if (recent === undefined) return undo;
  const { id, by, at } = recent;
  return { ...(undo ?? undoOf(taking, plan)), recent: { id, by, at } };
}

/**
 * A change is taken back once, however many people ask: the id of the rollback comes from the change that it reverts. If the rollback ended
 * without effect, or with a part of it, a person may ask again. That is another attempt, with its own id.
 */
async function attemptAt(
  desk: Pick<Desk, 'changes'>,
  id: ChangeId,
): Promise<{ readonly request: string; readonly last?: Change | undefined }> {
  for (let attempt = 0; ; attempt += 1) {
    const request = `rollback:${id}:${attempt}`;
    const earlier = await changeOf(desk, request);
    if (earlier === undefined) return { request };
    if (earlier.state.kind === 'applied' || !isEnded(earlier)) return { request, last: earlier };
  }
}

export function refused(desk: Desk, asking: AskingFor, refusal: Refusal, object: ObjectRef): Answer {
  return told(desk, asking, { kind: 'refused', name: asking.name, refusal }, { object });
}

type No = Extract<RollbackAnswer, { kind: 'not-applied' | 'taken-back' | 'unknown-change' }>;

/** Tells the audit of a no that only a rollback can get. */
export function toldNo(desk: Desk, { mode, asker, name }: AskingFor, answer: No, object?: ObjectRef): No {
  if (mode !== 'do') return answer;
  const about =
    answer.kind === 'unknown-change' ? { changeId: answer.id, service: name, object } : aboutChange(answer.change);
  noteRefused(desk, asker, { deed: 'rollback', because: answer.kind, ...about });
  return answer;
}
