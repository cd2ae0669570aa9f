import { type Change, isEnded } from '../../domain/change/change.ts';
import { planReturns, type Refusal } from '../../domain/change/plan-weights.ts';
import {
  chooseNamed,
  chooseNewest,
  nextAfter,
  recentRollback,
  takenBackIn,
  wholeChangeSince,
} from '../../domain/change/undo.ts';
import type { Command } from '../../domain/language/command.ts';
import { findRevision, movesIn, type Revision } from '../../domain/routing/ledger.ts';
import type { ChangeId, ServiceName } from '../../domain/routing/names.ts';
import { type ObjectRef, objectKey } from '../../domain/routing/object.ts';
import { keyOfNamed, type LiveObject } from '../../domain/routing/route.ts';
import { aboutChange, noteRefused } from '../audit.ts';
import { type Asker, type Desk, fillIn, locateChange, openService, requestId } from '../desk.ts';
import { mayOverrideOwner } from '../judging/judge-live.ts';
import { type Asking, acceptedAlready, answerOnce, changeOf, type Mode } from './answer-once.ts';
import { lastDeletionOf } from './last-deletion.ts';
import { type Plan, type Planned, planEdits, type WeightsAim } from './plan.ts';
import { type Answer, offer, told } from './submit.ts';
import { planTakingBack, type Taking, takingRevision, takingStored, type Undo, undoing, undoOf } from './take-back.ts';

export type RollbackAnswer =
  | Answer
  /** What a rollback would undo, to be confirmed; `plan`: where it is more than weights. */
  | {
      readonly kind: 'confirm';
      readonly id: ChangeId;
      readonly name: ServiceName;
      readonly undo: Undo;
      readonly plan?: Plan | undefined;
    }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId }
  | { readonly kind: 'not-applied'; readonly change: Change }
  /** All is as it was before. */
  | { readonly kind: 'taken-back'; readonly change: Change };

type Rollback = Extract<Command, { verb: 'rollback' }>;

/** `/shift rollback reviews`: back to before the newest change that still stands, or to what a named change made. */
export function requestRollback(
  desk: Desk,
  command: Rollback,
  asker: Asker,
  mode: Mode = command.options.dryRun ? 'dry-run' : 'do',
): Promise<RollbackAnswer> {
  const { options, backTo } = command;
  const name = fillIn(desk, command.service);
  const askedAs = requestId(asker.request);
  const asking = { asker, askedAs, deed: 'rollback', mode, name, reason: options.reason } as const;
  return answerOnce<RollbackAnswer>(desk, asking, () =>
    backTo === undefined ? takeNewestBack(desk, asking, options.rule) : bringBack(desk, asking, backTo, options.rule),
  );
}

/**
 * The button of a card. `seen`: the stamp of what the person was shown that it undoes; without it, or with another, a change that
 * others came after is only shown and not yet done.
 */
export async function rollBack(desk: Desk, id: ChangeId, asker: Asker, seen?: string): Promise<RollbackAnswer> {
  const located = await locateChange(desk, id);
  if (located === undefined) {
    noteRefused(desk, asker, { deed: 'rollback', changeId: id, because: 'unknown-change' });
    return { kind: 'unknown-change', id };
  }
  const { name, stored, object } = located;
  const askedAs = requestId(asker.request);
  const asking = { asker, askedAs, deed: 'rollback', mode: 'do', name } as const;
  return answerOnce<RollbackAnswer>(desk, asking, async () => {
    const taking = stored && takingStored(stored);
    if (taking !== undefined) return takeBack(desk, asking, { taking, stored, seen });

    const { live } = await desk.mesh.open(object);
    const revision = live && findRevision(live.ledger, id); // it may be live, and not noted yet
    if (live !== undefined && revision !== undefined)
      return takeRevisionBack(desk, asking, { revision, live, name, seen });
    if (stored !== undefined) return toldNo(desk, asking, { kind: 'not-applied', change: stored });
    if (live === undefined)
      return told(desk, asking, { kind: 'not-found', name, found: { kind: 'gone', object } }, { object });
    return toldNo(desk, asking, { kind: 'unknown-change', id }, object);
  });
}

/** The newest change of the service that still stands; of a service whose object is gone, the change that deleted it. */
async function takeNewestBack(
  desk: Desk,
  asking: Named,
  typedRule: string | undefined,
): Promise<RollbackAnswer | 'moved'> {
  const { name } = asking;
  const found = await openService(desk, name);
  if (found.kind !== 'found') {
    const deletion = await lastDeletionOf(desk, name);
    const taking = deletion && takingStored(deletion);
    if (taking !== undefined) return takeBack(desk, asking, { taking, stored: deletion, isTyped: true });
    return told(desk, asking, { kind: 'not-found', name, found });
  }
  const { live } = found;
  const rule = typedRule === undefined ? undefined : keyOfNamed(live, typedRule);
  const chosen = chooseNewest(live.ledger, rule);
  if (chosen.kind === 'refused') return refused(desk, asking, chosen.refusal, live.object);
  return takeRevisionBack(desk, asking, { revision: chosen.revision, live, name, isTyped: true });
}

type Named = Asking & { readonly name: ServiceName };

interface TakingRevision {
  readonly revision: Revision;
  readonly live: LiveObject;
  readonly name: ServiceName;
  readonly seen?: string | undefined;
  readonly isTyped?: boolean;
}

/** By its record where there is one: only that knows its other objects, and what it did beside weights. */
async function takeRevisionBack(
  desk: Desk,
  asking: Named,
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

/** Takes a change back, or asks whether all that goes with it is to be undone too. */
function takeBack(desk: Desk, asking: Named, back: TakingBack): Promise<RollbackAnswer | 'moved'> {
  const { parts } = back.taking;
  const { object } = parts.find((part) => part.object.kind !== 'DestinationRule') ?? parts[0];
  return desk.turns.run(objectKey(object), () => takeBackInTurn(desk, asking, object, back));
}

async function takeBackInTurn(
  desk: Desk,
  asking: Named,
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
    const since = (await attemptAt(desk, id)).last; // somebody was first, and that is why there is nothing to do
    if (since !== undefined) return acceptedAlready(since);
  }
  switch (planned.kind) {
    case 'refused':
      return refused(desk, asking, planned.refusal, object);
    case 'gone':
      return told(desk, asking, { kind: 'not-found', name: asking.name, found: planned }, { object: planned.object });
    case 'as-it-is':
      if (stored === undefined) throw new Error('weights that are as they were are refused by their plan');
      return toldNo(desk, asking, { kind: 'taken-back', change: stored });
    case 'plan': {
      const { plan } = planned;
      const by = alreadyTakenBack(id, plan);
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

/** The objects' own histories have it taken back, perhaps with one before it: to do it again would go forward. */
function alreadyTakenBack(id: ChangeId, { edits }: Plan): Revision | undefined {
  const [first, ...more] = edits.map(({ open }) => open.live && takenBackIn(open.live.ledger, id));
  return more.includes(undefined) ? undefined : first;
}

/** The question that a person has to confirm first; a rollback within the last minute is told of whoever typed it. */
function questionOf(desk: Desk, taking: Taking, plan: Plan, isTyped: boolean): Undo | undefined {
  const undo = undoing(desk, taking, plan);
  const last = isTyped ? plan.edits.map(({ open }) => open.live && recentRollback(open.live.ledger, desk.now())) : [];
  const recent = last.find((each) => each !== undefined);
  if (recent === undefined) return undo;
  const { id, by, at } = recent;
  return { ...(undo ?? undoOf(taking, plan)), recent: { id, by, at } };
}

/**
 * However many ask for it, a change is taken back once: the id of the rollback comes from the change it reverts. One that ended
 * without effect, or with a part of it, may be asked for again; that is another attempt, with an id of its own.
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

/**
 * Brings back what a change made. Where more than weights came since, the oldest of that is taken back instead: only its record knows
 * what was there before it.
 */
async function bringBack(
  desk: Desk,
  asking: Named,
  id: ChangeId,
  typedRule: string | undefined,
): Promise<RollbackAnswer | 'moved'> {
  const { name } = asking;
  const found = await openService(desk, name);
  if (found.kind !== 'found') return told(desk, asking, { kind: 'not-found', name, found });
  const { live } = found;
  const rule = typedRule === undefined ? undefined : keyOfNamed(live, typedRule);
  const chosen = chooseNamed(live.ledger, id, rule);
  if (chosen.kind === 'refused') return refused(desk, asking, chosen.refusal, live.object);
  const { revision } = chosen;
  const whole = wholeChangeSince(live.ledger, revision);
  if (whole !== undefined) return takeRevisionBack(desk, asking, { revision: whole, live, name });
  return desk.turns.run(objectKey(live.object), () => returnInTurn(desk, asking, live, revision));
}

async function returnInTurn(
  desk: Desk,
  asking: Named,
  live: LiveObject,
  revision: Revision,
): Promise<RollbackAnswer | 'moved'> {
  const { object } = live;
  const { name } = asking;
  const planned = await planReturnTo(desk, live, revision, name);
  if (planned.kind === 'refused') return refused(desk, asking, planned.refusal, object);
  if (planned.kind !== 'plan')
    return told(desk, asking, { kind: 'not-found', name, found: { kind: 'gone', object } }, { object });
  const { plan } = planned;
  const again = plan.edits[0].open.live;
  if (again?.uid !== live.uid || again.ledger.seq !== live.ledger.seq) return 'moved'; // by what was not looked at
  return offer(desk, { ...asking, reverts: nextAfter(live.ledger, revision)?.id }, plan);
}

function planReturnTo(desk: Desk, { object }: LiveObject, revision: Revision, name: ServiceName): Promise<Planned> {
  const [first, ...more] = movesIn(revision);
  const backs = [{ rule: first.rule, split: first.to }, ...more.map(({ rule, to }) => ({ rule, split: to }))] as const;
  const aim: WeightsAim = {
    kind: 'weights',
    object,
    plan: (live, startOf) => planReturns(live, backs, { startOf, mayOverrideOwner: mayOverrideOwner(desk, live) }),
  };
  return planEdits(desk, [aim], { aim: { kind: 'back' }, service: name.service, isAhead: true });
}

function refused(desk: Desk, asking: Named, refusal: Refusal, object: ObjectRef): Answer {
  return told(desk, asking, { kind: 'refused', name: asking.name, refusal }, { object });
}

type No = Extract<RollbackAnswer, { kind: 'not-applied' | 'taken-back' | 'unknown-change' }>;

/** A person is told no by what only a rollback is told. */
function toldNo(desk: Desk, { mode, asker, name }: Named, answer: No, object?: ObjectRef): No {
  if (mode !== 'do') return answer;
  const about =
    answer.kind === 'unknown-change' ? { changeId: answer.id, service: name, object } : aboutChange(answer.change);
  noteRefused(desk, asker, { deed: 'rollback', because: answer.kind, ...about });
  return answer;
}
