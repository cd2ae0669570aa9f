import { findRevision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { ourManager } from '../routing/owner.ts';
import { findRule, pinnedRules, type Weights } from '../routing/route.ts';
import { sameShares } from '../routing/split.ts';
import { sameJson } from '../text/json.ts';
import type { Applied, Change, MovedAway } from './change.ts';
import { isSameObject, type ObjectEdit } from './edit.ts';
import { describePinned } from './plan.ts';

/** What became of the weights that an applied change made. */
export type Fate =
  | { readonly kind: 'stands' }
  /** A newer change of ours set the rule since, so this one says nothing about what is live. `by`: one that its card does not tell. */
  | { readonly kind: 'followed'; readonly by?: ChangeId | undefined }
  | { readonly kind: 'moved'; readonly away: MovedAway };

export type AppliedChange = Change & { readonly state: Applied };

export function isApplied(change: Change | undefined): change is AppliedChange {
  return change?.state.kind === 'applied';
}

/**
 * Told by the weights alone: a route that was made anew, or has lost its history, and holds what the change made has lost nothing.
 * `route` is undefined where the object does not exist; `seenAt` is when it was read.
 */
export function fateOf(
  { id, rule: key, base, state }: AppliedChange,
  route: Weights | undefined,
  seenAt: string,
): Fate {
  if (state.later !== undefined || state.rolledBack !== undefined) return { kind: 'followed' };
  if (route === undefined) return moved({ at: seenAt, live: {}, how: 'object-gone' });

  const newest = route.ledger.revisions.find((revision) => revision.rule === key);
  const own = findRevision(route.ledger, id);
  // Where our line is gone, an older copy of the ledger may have been put back; only a newer revision follows us.
  if (newest !== undefined && newest.id !== id && (own !== undefined || newest.at > state.at))
    return { kind: 'followed', by: newest.id };

  const rule = findRule(route, key);
  if (rule !== undefined && sameShares(rule.split, state.live)) return { kind: 'stands' };
  const { lastWriter } = route;
  // Nobody but us set the rules, and so they are what admission made of them.
  if (own !== undefined && rule !== undefined && lastWriter?.manager === ourManager) return { kind: 'stands' };
  return moved({
    at: timeOf(lastWriter?.at) ?? seenAt,
    manager: lastWriter?.manager === ourManager ? undefined : lastWriter?.manager,
    live: rule?.split ?? {},
    how: howMoved({
      isAnother: base.uid !== '' && route.uid !== base.uid,
      hasRule: rule !== undefined,
      hasRecord: own !== undefined,
    }),
  });
}

/**
 * What became of one object that a change made, replaced or deleted. Beside the split its pinned rules count: they are where a file that
 * somebody applies again differs.
 */
export function fateOfEdit(
  change: AppliedChange & Pick<Change, 'edits'>,
  edit: ObjectEdit,
  route: Weights | undefined,
  seenAt: string,
): Fate {
  const { state, object } = change;
  const isMain = isSameObject(edit, object);
  if (edit.after === undefined) return fateOfDeleted(change, route, seenAt, edit.name);
  const base = { uid: edit.uid ?? '', seq: edit.seq };
  const fate = fateOf({ ...change, base, state: { ...state, live: isMain ? state.live : edit.to } }, route, seenAt);
  if (fate.kind === 'moved') return moved({ ...fate.away, name: edit.name });
  if (fate.kind === 'followed' || route === undefined) return fate;
  if (sameJson(pinnedRules(route).map(describePinned), edit.pinned)) return fate;
  const { lastWriter } = route;
  if (lastWriter?.manager === ourManager) return fate;
  const live = findRule(route, change.rule)?.split ?? {};
  const at = timeOf(lastWriter?.at) ?? seenAt;
  return moved({ at, manager: lastWriter?.manager, live, how: 'pinned-rules', name: edit.name });
}

function fateOfDeleted({ state, rule }: AppliedChange, route: Weights | undefined, seenAt: string, name: string): Fate {
  if (route === undefined) return { kind: 'stands' };
  if (state.later !== undefined || state.rolledBack !== undefined) return { kind: 'followed' };
  const newest = route.ledger.revisions[0];
  if (newest !== undefined && newest.at > state.at) return { kind: 'followed' };
  const live = findRule(route, rule)?.split ?? {};
  return moved({
    at: timeOf(route.lastWriter?.at) ?? seenAt,
    manager: route.lastWriter?.manager,
    live,
    how: 'made-anew',
    name,
  });
}

/** Whether the card tells this fate already. */
export function isTold({ state: { movedAway: told } }: AppliedChange, fate: Fate): boolean {
  if (fate.kind === 'followed') return fate.by === undefined;
  if (fate.kind === 'stands') return told === undefined;
  const { how, manager, live, name } = fate.away;
  return (
    told !== undefined &&
    told.how === how &&
    told.name === name &&
    told.manager === manager &&
    sameShares(told.live, live)
  );
}

function moved(away: MovedAway): Fate {
  return { kind: 'moved', away };
}

function howMoved(found: { isAnother: boolean; hasRule: boolean; hasRecord: boolean }): MovedAway['how'] {
  if (found.isAnother) return 'made-anew';
  if (!found.hasRule) return 'rule-gone';
  return found.hasRecord ? 'weights' : 'ledger-lost';
}

/** `managedFields` come from outside, and may hold no time or none that can be read. */
function timeOf(at: string | undefined): string | undefined {
  const ms = Date.parse(at ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
