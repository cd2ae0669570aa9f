import { findRule, type Weights } from '../routing/route.ts';
import { sameShares } from '../routing/split.ts';
import type { Base, Change } from './change.ts';
import { startBehind } from './plan.ts';

/**
 * Whether the object, with what is applied before, still gives the plan that people were shown; the base that it then has. An
 * approval is for that plan and for no other.
 */
export function planStands(change: Change, route: Weights, waiting: readonly Change[]): Base | undefined {
  const { base, rule, from } = change;
  const split = findRule(route, rule)?.split;
  if (split === undefined || route.uid !== base.uid) return undefined;

  const start = startBehind(route, waiting, rule) ?? { split, seq: route.ledger.seq, after: undefined };
  if (start.seq !== base.seq || !sameShares(start.split, from)) return undefined;
  const follows = [undefined, start.after, route.ledger.revisions[0]?.id].includes(base.after);
  return follows ? { uid: base.uid, seq: start.seq, after: start.after } : undefined;
}
