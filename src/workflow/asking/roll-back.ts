import { createHash } from 'node:crypto';
import { type Change, isEnded, revisionOf } from '../../domain/change/change.ts';
import { chooseReturn, planReturn, startBehind, takingBack } from '../../domain/change/plan.ts';
import type { Command, Options } from '../../domain/language/command.ts';
import { findRevision, type Revision } from '../../domain/routing/ledger.ts';
import type { ChangeId, RoutingObject, ServiceName } from '../../domain/routing/names.ts';
import { findRule, keyOfNamed, type Route } from '../../domain/routing/route.ts';
import { keepingPlaces, sameShares } from '../../domain/routing/split.ts';
import { aboutChange, noteRefused } from '../audit.ts';
import { type Asker, type Desk, fillIn, locateChange, openService, requestId } from '../desk.ts';
import { mayOverrideOwner } from '../judging/judge-live.ts';
import { lastDeletionOf } from './last-deletion.ts';
import { type ChangeOfObjects, editsObjects } from './open-edits.ts';
import { type Answer, type Instead, remembered, submit } from './submit.ts';
import { type TakeBackAnswer, takeBackEdits, type Undo } from './take-back-edits.ts';

export type RollbackAnswer =
  | Answer
  | TakeBackAnswer
  /** The world moved on since the change: what a rollback would undo, to be confirmed. */
  | {
      readonly kind: 'confirm';
      readonly id: ChangeId;
      readonly name: ServiceName;
      readonly undo: Undo;
      readonly plan?: undefined;
    }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId }
  | { readonly kind: 'not-applied'; readonly change: Change };

type Rollback = Extract<Command, { verb: 'rollback' }>;

/** `/shift rollback reviews`: back to before the last change, or to what a named change made. */
export async function requestRollback(desk: Desk, command: Rollback, asker: Asker): Promise<RollbackAnswer> {
  const { options } = command;
  const name = fillIn(desk, command.service);
  if (command.backTo !== undefined) return bringBack(desk, name, command, asker);

  const askedAs = requestId(asker.request);
  const known = await acceptedBefore(desk, askedAs);
  if (known !== undefined) return { kind: 'accepted', change: known, behind: 0, again: true };
  const found = await openService(desk, name);
  const asked = { deed: 'rollback', service: name, reason: options.reason } as const;
  if (found.kind !== 'found') {
    const deletion = await lastDeletionOf(desk, name);
    if (deletion !== undefined) return takeBackStored(desk, name, deletion, { asker, askedAs, options });
    if (!options.dryRun) noteRefused(desk, asker, { ...asked, because: found.kind });
    return remembered(desk, askedAs, { kind: 'not-found', name, found });
  }
  const chosen = chooseReturn(found.open.route.ledger, keyOfNamed(found.open.route, options.rule), undefined);
  if (chosen.kind === 'refused') {
    if (!options.dryRun) noteRefused(desk, asker, { ...asked, because: chosen.refusal.reason });
    return remembered(desk, askedAs, { kind: 'refused', name, refusal: chosen.refusal });
  }

  const { id, does } = chosen.revision;
  if (does !== undefined) return takeBackTyped(desk, name, chosen.revision, { asker, askedAs, options });
  return submit<RollbackAnswer>(desk, {
    name,
    asker: await takingItBack(desk, id, asker),
    deed: 'rollback',
    options,
    askedAs,
    plan: (route, before) => planTakingBack(desk, route, before, { id, name, mayUndo: () => options.dryRun }),
    ahead: true,
  });
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

  const { object, name, stored } = located;
  if (stored !== undefined && editsObjects(stored)) {
    const askedAs = requestId(asker.request);
    const taking = { asker: await takingItBack(desk, id, asker), askedAs, seen, dryRun: false };
    return noted(desk, asker, { name, object }, await takeBackEdits(desk, stored, taking));
  }
  const answer = await submit<RollbackAnswer>(desk, {
    name,
    asker: await takingItBack(desk, id, asker),
    deed: 'rollback',
    askedAs: requestId(asker.request),
    options: { dryRun: false },
    object,
    plan: (route, before) =>
      planTakingBack(desk, route, before, { id, name, stored, mayUndo: ({ stamp }) => stamp === seen }),
    ahead: true,
  });
  return noted(desk, asker, { name, object, id }, answer);
}

/** Whoever was told no, where nothing else notes it. */
function noted(
  desk: Desk,
  asker: Asker,
  { name: service, object, id: changeId }: { name: ServiceName; object: RoutingObject; id?: ChangeId },
  answer: RollbackAnswer,
): RollbackAnswer {
  const refused = { deed: 'rollback', because: answer.kind } as const;
  if (answer.kind === 'unknown-change') noteRefused(desk, asker, { ...refused, changeId, service, object });
  if (answer.kind === 'not-applied' || answer.kind === 'taken-back')
    noteRefused(desk, asker, { ...refused, ...aboutChange(answer.change) });
  return answer;
}

interface Typed {
  readonly asker: Asker;
  readonly askedAs: ChangeId;
  readonly options: Options;
}

/** The newest change did more than set weights: all of it is taken back, as its record has it. */
async function takeBackTyped(desk: Desk, name: ServiceName, revision: Revision, typed: Typed): Promise<RollbackAnswer> {
  const stored = await desk.changes.read(revision.id);
  if (stored !== undefined && editsObjects(stored)) return takeBackStored(desk, name, stored, typed);
  const { asker, askedAs, options } = typed;
  const { reason, dryRun } = options;
  if (!dryRun) noteRefused(desk, asker, { deed: 'rollback', service: name, reason, because: 'record-lost' });
  return remembered(desk, askedAs, { kind: 'refused', name, refusal: { reason: 'record-lost', revision } });
}

async function takeBackStored(
  desk: Desk,
  name: ServiceName,
  stored: ChangeOfObjects,
  { asker, askedAs, options: { reason, dryRun } }: Typed,
): Promise<RollbackAnswer> {
  const taking = { asker: await takingItBack(desk, stored.id, asker), askedAs, reason, dryRun };
  const answer = await takeBackEdits(desk, stored, taking);
  if (!dryRun) noted(desk, asker, { name, object: stored.object }, answer);
  return remembered(desk, askedAs, answer);
}

/** The same delivery again: what is newest has changed since, and must not be taken back by it. */
async function acceptedBefore(desk: Desk, askedAs: ChangeId): Promise<Change | undefined> {
  const id = await desk.changes.acceptedAs(askedAs);
  return id === undefined ? undefined : desk.changes.read(id);
}

function bringBack(desk: Desk, name: ServiceName, { backTo, options }: Rollback, asker: Asker): Promise<Answer> {
  return submit(desk, {
    name,
    asker,
    deed: 'rollback',
    options,
    plan: (route, before) => {
      const rule = keyOfNamed(route, options.rule);
      const chosen = chooseReturn(route.ledger, rule, backTo);
      return chosen.kind === 'refused'
        ? chosen
        : planReturn(
            route,
            { ...chosen.back, mayOverrideOwner: mayOverrideOwner(desk, route) },
            startBehind(route, before, rule),
          );
    },
    ahead: true,
  });
}

interface TakingBack {
  readonly id: ChangeId;
  readonly name: ServiceName;
  /** Whether what else would be undone may be, since the person knows of it. */
  readonly mayUndo: (undo: Undo) => boolean;
  readonly stored?: Change | undefined;
}

/** The way back to before a change, or the question whether all that came after it is to be undone too. */
function planTakingBack(
  desk: Desk,
  route: Route,
  before: readonly Change[],
  { id, name, mayUndo, stored }: TakingBack,
): ReturnType<typeof planReturn> | Instead<RollbackAnswer> {
  const revision = findRevision(route.ledger, id) ?? revisionIn(stored);
  if (revision === undefined)
    return instead(stored === undefined ? { kind: 'unknown-change', id } : { kind: 'not-applied', change: stored });
  if (revision.does !== undefined) return { kind: 'refused', refusal: { reason: 'record-lost', revision } };
  const reverted = route.ledger.revisions.find((each) => each.reverts === id);
  if (reverted !== undefined) return { kind: 'refused', refusal: { reason: 'already-rolled-back', by: reverted } };

  const undo = undoing(desk, route, before, revision);
  if (undo !== undefined && !mayUndo(undo)) return instead({ kind: 'confirm', id, name, undo });
  return planReturn(
    route,
    { ...takingBack(revision), mayOverrideOwner: mayOverrideOwner(desk, route) },
    startBehind(route, before, revision.rule),
  );
}

/** What else a rollback of this revision would undo; undefined when it stands as it was made. */
function undoing(desk: Desk, route: Route, before: readonly Change[], revision: Revision): Undo | undefined {
  const rule = findRule(route, revision.rule);
  if (rule === undefined) return undefined;
  const ours = route.ledger.revisions.filter((each) => each.rule === revision.rule);
  const begun = before
    .filter((change) => change.rule === revision.rule)
    .map((change) => revisionOf(change, desk.now()));
  const place = ours.indexOf(revision);
  const changes = [...begun.toReversed(), ...(place < 0 ? ours : ours.slice(0, place))];
  const moved = place < 0 || (ours[0] !== undefined && !sameShares(ours[0].to, rule.split));
  if (changes.length === 0 && !moved) return undefined;

  const now = begun.at(-1)?.to ?? rule.split;
  const shown = JSON.stringify([changes.map(({ id }) => id), Object.entries(now)]);
  const stamp = createHash('sha256').update(shown).digest('hex').slice(0, 16);
  return { now, after: keepingPlaces(now, revision.from), changes, moved, stamp };
}

/** The record of an applied change, where the object's history has lost it or has outgrown it. */
function revisionIn(stored: Change | undefined): Revision | undefined {
  return stored?.state.kind === 'applied' ? revisionOf(stored, new Date(stored.state.at)) : undefined;
}

/**
 * However many ask for it, a change is taken back once: the id of the rollback comes from the change it reverts. One that ended
 * without effect, or with a part of it, may be asked for again; that is another attempt, with an id of its own.
 */
async function takingItBack(desk: Desk, id: ChangeId, asker: Asker): Promise<Asker> {
  for (let attempt = 0; ; attempt += 1) {
    const request = `rollback:${id}:${attempt}`;
    const earlier = await desk.changes.read(requestId(request));
    if (earlier === undefined || earlier.state.kind === 'applied' || !isEnded(earlier)) return { ...asker, request };
  }
}

function instead(answer: RollbackAnswer): Instead<RollbackAnswer> {
  return { kind: 'instead', answer };
}
