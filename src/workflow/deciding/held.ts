import { type Change, goesAhead, moveTo, serviceOf, shownAs } from '../../domain/change/change.ts';
import { inOrder, type ObjectEdit, type WeightsEdit } from '../../domain/change/edit.ts';
import { planReturns } from '../../domain/change/plan-weights.ts';
import type { Refusal } from '../../domain/change/refusal.ts';
import type { State, StateOf } from '../../domain/change/state.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { contentToInsistOn } from '../../domain/routing/content.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { isSameObject } from '../../domain/routing/object.ts';
import {
  historyIn,
  hostsIn,
  isObjectGone,
  movedSince,
  notAsPlanned,
  type OpenEdit,
  openEdits,
  openWeights,
} from '../applying/open.ts';
import { catchUp } from '../applying/settle.ts';
import { stampIn } from '../applying/walk.ts';
import { accept, replace } from '../asking/accept.ts';
import { editsOf, type ObjectAim, type Plan, planEdits } from '../asking/plan.ts';
import {
  type Answer,
  addJob,
  judgePlan,
  objectionTo,
  rampInTheWay,
  selectsIn,
  stateOf,
  wentThrough,
} from '../asking/submit.ts';
import { eventOf, type Hearing, heard, moveOn } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeAll, mayOverrideOwner, namedBy, wantedOf } from '../judging/judge-live.ts';
import { stampOf } from '../judging/stamp.ts';

/** The answer to a click on the card of a change that is held or void. */
export type HeldAnswer =
  /** Queued, or waiting for approval of what it would do now. */
  | { readonly kind: 'planned-anew'; readonly change: Change }
  | { readonly kind: 'discarded'; readonly change: Change }
  /** It no longer needs a decision: somebody was first. */
  | { readonly kind: 'decided'; readonly change: Change }
  /** An object moved again since the card was written; the card now shows the newer state. */
  | { readonly kind: 'moved-again'; readonly change: Change }
  | { readonly kind: 'refused'; readonly change: Change; readonly refusal: Refusal }
  | { readonly kind: 'denied'; readonly change: Change; readonly denial: Denial }
  | { readonly kind: 'object-gone'; readonly change: Change }
  /** All objects that would be written whole already are as wanted. */
  | { readonly kind: 'as-it-is'; readonly change: Change }
  /** It cannot be done now; `outcome` says why. */
  | { readonly kind: 'not-now'; readonly change: Change; readonly outcome: Answer }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId };

type Stuck = StateOf<'held' | 'void'>;

const hearings: Readonly<Record<HeldAnswer['kind'], Hearing>> = {
  'planned-anew': 'stored',
  discarded: 'stored',
  decided: 'no',
  'moved-again': 'no',
  refused: 'no',
  denied: 'no',
  'object-gone': 'no',
  'as-it-is': 'no',
  'not-now': 'no',
  'unknown-change': 'no',
};

const maxTries = 5;

/**
 * *Apply anyway* and *Plan again*: plans the same aim from the objects as the card shows them, and judges it for the person who clicks.
 * `seen`: what the clicked card showed.
 */
export async function planAnew(desk: Desk, id: ChangeId, asker: Asker, seen?: string): Promise<HeldAnswer> {
  return heard(desk, { asker, deed: 'plan-anew' }, await planFromLive(desk, id, asker, seen), hearings);
}

async function planFromLive(desk: Desk, id: ChangeId, asker: Asker, seen?: string): Promise<HeldAnswer> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const change = await desk.changes.read(id);
    if (change === undefined) return { kind: 'unknown-change', id };
    const { state } = change;
    if (state.kind !== 'held' && state.kind !== 'void') return { kind: 'decided', change };
    const done = await catchUp(desk, change);
    if (done !== undefined) return { kind: 'decided', change: done };
    if (seen !== undefined && seen !== shownAs(change)) return { kind: 'moved-again', change };
    const opened = await openEdits(desk.mesh, change);
    if (isObjectGone(opened)) return { kind: 'object-gone', change };
    const answer =
      state.stamp === stampIn(opened)
        ? await planAgain(desk, change, opened, asker)
        : await showAgain(desk, change, { state, opened, asker });
    if (answer !== 'moved') return answer;
  }
  throw new Error(`change ${id} or its objects moved during each of ${maxTries} tries`);
}

interface Shown {
  readonly state: Stuck;
  readonly opened: readonly OpenEdit[];
  readonly asker: Asker;
}

/** If the objects are no longer what the card shows, the card is updated instead. */
async function showAgain(desk: Desk, change: Change, { state, opened, asker }: Shown): Promise<HeldAnswer | 'moved'> {
  const stamp = stampIn(opened);
  const next: State =
    state.kind === 'held'
      ? { ...state, stamp, found: notAsPlanned(opened) }
      : { ...state, stamp, moved: movedSince(opened) };
  const anew = moveTo(change, next);
  const happened = { kind: 'refused', asker, deed: 'plan-anew', because: 'moved-again' } as const;
  return (await moveOn(desk, anew, happened)) ? { kind: 'moved-again', change: anew } : 'moved';
}

/** Plans the same aims for the same objects from what is live, if that still is what the person decides about. */
async function planAgain(
  desk: Desk,
  change: Change,
  opened: readonly OpenEdit[],
  asker: Asker,
): Promise<HeldAnswer | 'moved'> {
  const planning = { aim: change.aim, service: change.service, isAhead: goesAhead(change) };
  const planned = await planEdits(
    desk,
    change.edits.map((edit) => aimAnew(desk, edit)),
    planning,
  );
  switch (planned.kind) {
    case 'gone':
      return { kind: 'object-gone', change };
    case 'as-it-is':
      return { kind: 'as-it-is', change };
    case 'refused':
      return { kind: 'refused', change, refusal: planned.refusal };
    case 'plan':
      return isAsOpened(planned.plan, opened) ? askAnew(desk, change, planned.plan, asker) : 'moved';
  }
}

/** No object was written between the two readings. */
function isAsOpened({ edits }: Plan, opened: readonly OpenEdit[]): boolean {
  return opened.every(({ edit, open }) => {
    const again = edits.find((each) => isSameObject(each.edit.object, edit.object));
    return again === undefined || stampOf([{ edit, live: again.open.live }]) === stampOf([{ edit, live: open?.live }]);
  });
}

/** An object that was to be created and is there by now is replaced, because the person who clicked has seen it. */
function aimAnew(desk: Desk, edit: ObjectEdit): ObjectAim {
  if (edit.kind === 'weights') return weightsAnew(desk, edit);
  const { object, ledger } = edit;
  return { kind: 'content', object, become: (live) => contentToInsistOn(edit, live?.content), ledger };
}

function weightsAnew(desk: Desk, { object, moves: [first, ...more] }: WeightsEdit): ObjectAim {
  const backs = [{ rule: first.rule, split: first.to }, ...more.map(({ rule, to }) => ({ rule, split: to }))] as const;
  return {
    kind: 'weights',
    object,
    plan: (live, startOf) => {
      const named = namedBy(
        live,
        backs.map(({ rule }) => rule),
      );
      return planReturns(live, backs, { startOf, mayOverrideOwner: mayOverrideOwner(desk, named) });
    },
  };
}

/** Earlier approvals were for the old plan and end with it. */
async function askAnew(desk: Desk, change: Change, plan: Plan, asker: Asker): Promise<HeldAnswer | 'moved'> {
  const edits = inOrder(editsOf(plan));
  if (plan.edits.some(({ trial }) => trial.kind === 'moved')) return 'moved';
  const outcome = objectionTo(plan, { edits, deed: change.deed }, serviceOf(change));
  if (outcome?.kind === 'refused') return { kind: 'refused', change, refusal: outcome.refusal };
  if (outcome !== undefined) return { kind: 'not-now', change, outcome };

  const ramp = await rampInTheWay(desk, change, plan);
  if (ramp !== undefined)
    return { kind: 'not-now', change, outcome: { kind: 'ramp-runs', name: serviceOf(change), ramp } };

  const judgement = await judgePlan(desk, { ...change, asker }, plan);
  const { verdict, rule } = judgement;
  if (verdict.kind === 'refused') return { kind: 'denied', change, denial: verdict.denial };
  const next: Change = {
    ...moveTo(change, stateOf(verdict, desk.now())),
    selects: selectsIn(verdict, plan).selects,
    edits,
    warnings: plan.warnings.length > 0 ? plan.warnings : undefined,
    approvals: undefined,
    insistedBy: asker.user,
    acceptedAt: desk.now().toISOString(),
  };
  refuseIfLate(desk, asker);
  const event = eventOf(
    next,
    { kind: 'planned-anew', asker, deed: 'plan-anew', rule, ...wentThrough(judgement) },
    desk.now(),
  );
  const options = { lines: plan.lines.versions, ahead: goesAhead(change), event };
  const accepted = await accept(desk, next, options, asker);
  if (accepted.kind !== 'accepted') return 'moved';
  if (next.state.kind === 'queued') addJob(desk, next);
  return { kind: 'planned-anew', change: next };
}

/** Ends a held change without effect. */
export async function discard(desk: Desk, id: ChangeId, asker: Asker): Promise<HeldAnswer> {
  return heard(desk, { asker, deed: 'discard' }, await drop(desk, id, asker), hearings);
}

async function drop(desk: Desk, id: ChangeId, asker: Asker): Promise<HeldAnswer> {
  const change = await desk.changes.read(id);
  if (change === undefined) return { kind: 'unknown-change', id };
  if (change.state.kind !== 'held') return { kind: 'decided', change };
  const done = await catchUp(desk, change);
  if (done !== undefined) return { kind: 'decided', change: done };
  const denial = await mayNotDiscard(desk, asker, change);
  if (denial !== undefined) return { kind: 'denied', change, denial };

  const next = moveTo(change, { kind: 'discarded', at: desk.now().toISOString(), by: asker.user });
  if (await replace(desk, next, asker, { kind: 'discarded', deed: 'discard' }))
    return { kind: 'discarded', change: next };
  return { kind: 'decided', change: (await desk.changes.read(id)) ?? change };
}

/** The person who asked for the change may always drop it. If an object is gone, no rights on it are needed. */
async function mayNotDiscard(desk: Desk, asker: Asker, change: Change): Promise<Denial | undefined> {
  if (asker.user === change.by) return undefined;
  const opened = await openWeights(desk.mesh, change);
  if (isObjectGone(opened)) return undefined;
  const { verdict } = await judgeAll(
    desk,
    asker,
    wantedOf(change, hostsIn(opened), 'discard', { historyOf: historyIn(desk, opened) }),
  );
  return verdict.kind === 'refused' ? verdict.denial : undefined;
}
