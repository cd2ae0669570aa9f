import { type Change, deedOf, moveTo, type State, shownAs } from '../../domain/change/change.ts';
import { type PlannedChange, planReturn, startBehind } from '../../domain/change/plan.ts';
import type { Denial, Verdict } from '../../domain/policy/judge.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { findRule, type Route } from '../../domain/routing/route.ts';
import { sameShares } from '../../domain/routing/split.ts';
import { catchUp } from '../applying/settle.ts';
import { accept, replace } from '../asking/accept.ts';
import { editsObjects } from '../asking/open-edits.ts';
import { addJob, goingBefore, stateOf } from '../asking/submit.ts';
import { aboutChange, eventOf, moveOn, noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeAll, judgeLive, mayOverrideOwner, type Named, ofEdits, wantedOf } from '../judging/judge-live.ts';
import { type HeldAnswer, planEditsAnew, type Stuck } from './held-edits.ts';

const maxTries = 5;

/**
 * *Apply anyway* and *Plan again*: the same aim, planned from the object as the card shows it and judged for whoever clicks. `seen`:
 * what the card showed that was clicked.
 */
export async function planAnew(desk: Desk, id: ChangeId, asker: Asker, seen?: string): Promise<HeldAnswer> {
  return heard(desk, asker, 'plan-anew', await planFromLive(desk, id, asker, seen));
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
    if (editsObjects(change)) {
      const answer = await planEditsAnew(desk, change, state, asker);
      if (answer === 'moved') continue;
      return answer;
    }
    const line = await desk.changes.line(change.object);
    const route = (await desk.mesh.read(change.object))?.route;
    if (route === undefined) return { kind: 'object-gone', change };
    if (hasMoved(state, change.rule, route)) {
      const anew = moveTo(change, shownAnew(state, change.rule, route));
      const happened = { kind: 'refused', asker, deed: 'plan-anew', because: 'moved-again' } as const;
      if (await moveOn(desk, anew, happened)) return { kind: 'moved-again', change: anew };
      continue;
    }

    const { rule, to: split, reverts } = change;
    const back = { rule, split, reverts, mayOverrideOwner: mayOverrideOwner(desk, route) };
    const ahead = deedOf(change) === 'rollback';
    const plan = planReturn(route, back, startBehind(route, goingBefore(line, ahead), change.rule));
    if (plan.kind === 'refused') return { kind: 'refused', change, refusal: plan.refusal };
    const { verdict, rule: decidedBy } = await judgeLive(desk, asker, { deed: deedOf(change), route, plan });
    if (verdict.kind === 'refused') return { kind: 'denied', change, denial: verdict.denial };

    const next = askedAnew(desk, change, { plan, verdict, asker });
    refuseIfLate(desk, asker);
    const event = eventOf(next, { kind: 'planned-anew', asker, deed: 'plan-anew', rule: decidedBy }, desk.now());
    const accepted = await accept(desk, next, { line: line.version, ahead, event }, asker);
    if (accepted.kind !== 'accepted') continue;
    if (next.state.kind === 'queued') addJob(desk, next);
    return { kind: 'planned-anew', change: next };
  }
  throw new Error(`change ${id} or its line moved ${maxTries} times`);
}

/** Ends a held change without effect. */
export async function discard(desk: Desk, id: ChangeId, asker: Asker): Promise<HeldAnswer> {
  return heard(desk, asker, 'discard', await drop(desk, id, asker));
}

async function drop(desk: Desk, id: ChangeId, asker: Asker): Promise<HeldAnswer> {
  const change = await desk.changes.read(id);
  if (change === undefined) return { kind: 'unknown-change', id };
  if (change.state.kind !== 'held') return { kind: 'decided', change };
  const done = await catchUp(desk, change);
  if (done !== undefined) return { kind: 'decided', change: done };
  const route = change.edits === undefined ? (await desk.mesh.read(change.object))?.route : ofEdits(change);
  const denial = route === undefined ? undefined : await mayNotDiscard(desk, asker, change, route);
  if (denial !== undefined) return { kind: 'denied', change, denial };

  const next = moveTo(change, { kind: 'discarded', at: desk.now().toISOString(), by: asker.user });
  if (await replace(desk, next, asker, { kind: 'discarded', deed: 'discard' }))
    return { kind: 'discarded', change: next };
  return { kind: 'decided', change: (await desk.changes.read(id)) ?? change };
}

/** Whoever was told no is noted; what was done stands in the store already. */
function heard(desk: Desk, asker: Asker, deed: 'plan-anew' | 'discard', answer: HeldAnswer): HeldAnswer {
  switch (answer.kind) {
    case 'planned-anew':
    case 'discarded':
      break;
    case 'unknown-change':
      noteRefused(desk, asker, { deed, changeId: answer.id, because: answer.kind });
      break;
    case 'denied':
      noteDenied(desk, asker, answer.denial, { deed, ...aboutChange(answer.change) });
      break;
    case 'refused':
      noteRefused(desk, asker, { deed, ...aboutChange(answer.change), because: answer.refusal.reason });
      break;
    case 'decided':
    case 'moved-again':
    case 'object-gone':
    case 'as-it-is':
    case 'not-now':
      noteRefused(desk, asker, { deed, ...aboutChange(answer.change), because: answer.kind });
  }
  return answer;
}

/** Whoever asked for it may drop it, whatever policy has become. */
async function mayNotDiscard(desk: Desk, asker: Asker, change: Change, route: Named): Promise<Denial | undefined> {
  if (asker.user === change.by) return undefined;
  const { verdict } = await judgeAll(desk, asker, wantedOf(change, route, 'discard'));
  return verdict.kind === 'refused' ? verdict.denial : undefined;
}

interface Anew {
  readonly plan: PlannedChange;
  readonly verdict: Exclude<Verdict, { kind: 'refused' }>;
  readonly asker: Asker;
}

/** Approvals were for the plan before, and end with it. */
function askedAnew(desk: Desk, change: Change, { plan, verdict, asker }: Anew): Change {
  const { from, to, base } = plan;
  return {
    ...moveTo(change, stateOf(verdict, desk.now())),
    from,
    to,
    base,
    approvals: undefined,
    insistedBy: asker.user,
    acceptedAt: desk.now().toISOString(),
  };
}

/** Not what the card shows: other weights, or another object of the same name. */
function hasMoved({ uid, live }: Stuck, rule: string, route: Route): boolean {
  const isOther = uid !== undefined && uid !== route.uid;
  return isOther || (live !== undefined && !sameShares(findRule(route, rule)?.split ?? {}, live));
}

function shownAnew(state: Stuck, rule: string, route: Route): State {
  const live = findRule(route, rule)?.split ?? {};
  return { ...state, uid: route.uid, live, lastWriter: route.lastWriter?.manager };
}
