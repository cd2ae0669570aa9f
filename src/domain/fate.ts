import type { Applied, Change, MovedAway } from './change.ts';
import { findRevision } from './ledger.ts';
import { ourManager } from './owner.ts';
import { findRule, type Weights } from './route.ts';
import { sameShares } from './split.ts';

/** What became of the weights that an applied change made. */
export type Fate =
  | { readonly kind: 'stands' }
  /** A newer change of ours set the rule since, so this one says nothing about what is live. */
  | { readonly kind: 'followed' }
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
    return { kind: 'followed' };

  const rule = findRule(route, key);
  if (rule !== undefined && sameShares(rule.split, state.live)) return { kind: 'stands' };
  const { lastWriter } = route;
  // Nobody but us set the rules, and so they are what admission made of them.
  if (own !== undefined && rule !== undefined && lastWriter?.manager === ourManager) return { kind: 'stands' };
  return moved({
    at: timeOf(lastWriter?.at) ?? seenAt,
    manager: lastWriter?.manager === ourManager ? undefined : lastWriter?.manager,
    live: rule?.split ?? {},
    how: howMoved({ isAnother: route.uid !== base.uid, hasRule: rule !== undefined, hasRecord: own !== undefined }),
  });
}

/** Whether the card tells this fate already. */
export function isTold({ state: { movedAway: told } }: AppliedChange, fate: Fate): boolean {
  if (fate.kind !== 'moved') return fate.kind === 'followed' || told === undefined;
  const { how, manager, live } = fate.away;
  return told !== undefined && told.how === how && told.manager === manager && sameShares(told.live, live);
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
