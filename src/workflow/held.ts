import { type Change, moveTo, shownAs } from '../domain/change.ts';
import type { ChangeId } from '../domain/names.ts';
import { planReturn, type Refusal, startBehind } from '../domain/plan.ts';
import { findRule, type Route } from '../domain/route.ts';
import { sameShares } from '../domain/split.ts';
import { type Asker, type Desk, refuseIfLate } from './desk.ts';
import { accept, addJob } from './submit.ts';

/** What became of a click on a held change's card. */
export type HeldAnswer =
  | { readonly kind: 'queued'; readonly change: Change }
  | { readonly kind: 'discarded'; readonly change: Change }
  /** It is not held any more; somebody was first. */
  | { readonly kind: 'decided'; readonly change: Change }
  /** The object moved again since the card was written; the card now shows the newer state. */
  | { readonly kind: 'moved-again'; readonly change: Change }
  | { readonly kind: 'refused'; readonly change: Change; readonly refusal: Refusal }
  | { readonly kind: 'object-gone'; readonly change: Change }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId };

const maxTries = 5;

/** Queues a held change again, now bound to the object as the card shows it. `seen`: what the card showed that was clicked. */
export async function applyAnyway(desk: Desk, id: ChangeId, asker: Asker, seen?: string): Promise<HeldAnswer> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const change = await desk.changes.read(id);
    if (change === undefined) return { kind: 'unknown-change', id };
    if (change.state.kind !== 'held') return { kind: 'decided', change };
    if (seen !== undefined && seen !== shownAs(change)) return { kind: 'moved-again', change };
    const line = await desk.changes.line(change.object);
    const route = (await desk.mesh.read(change.object))?.route;
    if (route === undefined) return { kind: 'object-gone', change };
    if (hasMoved(change, route)) {
      const anew = heldAnew(change, route);
      if (await desk.changes.update(anew)) return { kind: 'moved-again', change: anew };
      continue;
    }

    const back = { rule: change.rule, split: change.to, reverts: change.reverts };
    const plan = planReturn(route, back, startBehind(route, line.waiting, change.rule));
    if (plan.kind === 'refused') return { kind: 'refused', change, refusal: plan.refusal };
    const { from, to, base } = plan;
    const next = {
      ...moveTo(change, { kind: 'queued' }),
      from,
      to,
      base,
      insistedBy: asker.user,
      acceptedAt: desk.now().toISOString(),
    };
    refuseIfLate(desk, asker);
    const accepted = await accept(desk, next, { line: line.version, ahead: false }, asker);
    if (accepted.kind !== 'accepted') continue;
    addJob(desk, next);
    desk.log.info({ changeId: id, from, to, by: asker.user }, 'held change queued again');
    return { kind: 'queued', change: next };
  }
  throw new Error(`change ${id} or its line moved ${maxTries} times`);
}

/** Ends a held change without effect. */
export async function discard(desk: Desk, id: ChangeId, asker: Asker): Promise<HeldAnswer> {
  const change = await desk.changes.read(id);
  if (change === undefined) return { kind: 'unknown-change', id };
  refuseIfLate(desk, asker);
  const next = moveTo(change, { kind: 'discarded', at: desk.now().toISOString(), by: asker.user });
  if (change.state.kind === 'held' && (await desk.changes.update(next))) {
    desk.log.info({ changeId: id, by: asker.user }, 'held change discarded');
    return { kind: 'discarded', change: next };
  }
  return { kind: 'decided', change: (await desk.changes.read(id)) ?? change };
}

/** Not what the card shows: other weights, or another object of the same name. */
function hasMoved({ state, rule }: Change, route: Route): boolean {
  return (
    state.kind === 'held' && (state.uid !== route.uid || !sameShares(findRule(route, rule)?.split ?? {}, state.live))
  );
}

function heldAnew(change: Change, route: Route): Change {
  if (change.state.kind !== 'held') return change;
  const live = findRule(route, change.rule)?.split ?? {};
  return moveTo(change, { ...change.state, uid: route.uid, live, lastWriter: route.lastWriter?.manager });
}
