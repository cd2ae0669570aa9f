import { findRevision, type Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { findRule, type Route } from '../routing/route.ts';
import { keepingPlaces, type Split, sameShares } from '../routing/split.ts';
import type { Change, FailReason, HoldReason } from './change.ts';
import { firstUnserved } from './plan.ts';

/** What to do with an accepted change, now that the object has been read. */
export type Decision =
  | { readonly kind: 'write' }
  /** Our own id stands in the ledger: an earlier attempt got through. */
  | { readonly kind: 'done'; readonly revision: Revision; readonly seq: number }
  | { readonly kind: 'superseded'; readonly by?: ChangeId | undefined }
  | { readonly kind: 'held'; readonly because: HoldReason; readonly live: Split }
  | { readonly kind: 'failed'; readonly because: FailReason; readonly detail?: string | undefined };

/**
 * A change is bound to what it was planned from: the object's uid, its seq, the rule's split. All as planned: write. Anything else
 * has an answer of its own, so that no worker, however late or doubled, writes over what it has not seen.
 */
export function decide(change: Change, route: Route): Decision {
  const own = findRevision(route.ledger, change.id);
  if (own !== undefined) return { kind: 'done', revision: own, seq: seqOf(route, own) };

  const rule = findRule(route, change.rule);
  const live = rule?.split ?? {};
  if (route.uid !== change.base.uid) return { kind: 'held', because: 'recreated', live };
  if (route.ledger.seq > change.base.seq) return { kind: 'superseded', by: route.ledger.revisions[0]?.id };
  if (route.ledger.seq === change.base.seq && !follows(change, route))
    return { kind: 'superseded', by: route.ledger.revisions[0]?.id };
  if (route.ledger.seq < change.base.seq) return { kind: 'held', because: missing(change), live };
  if (rule === undefined) return { kind: 'failed', because: 'rule-gone' };
  if (rule.unsplittable !== undefined) return { kind: 'failed', because: 'rule-changed', detail: rule.unsplittable };
  if (!sameShares(rule.split, change.from) && !sameShares(rule.split, change.to))
    return { kind: 'held', because: 'moved', live };

  const to = keepingPlaces(rule.split, change.to);
  const added = Object.keys(to).some((version) => !Object.hasOwn(rule.split, version));
  if (added && rule.host === undefined) return { kind: 'failed', because: 'rule-changed', detail: 'several-hosts' };

  const unserved = firstUnserved(rule, rule.split, to);
  return unserved === undefined ? { kind: 'write' } : { kind: 'failed', because: 'version-gone', detail: unserved };
}

/** The number of a revision: the newest has the ledger's seq, the one before it one less. */
function seqOf(route: Route, revision: Revision): number {
  return route.ledger.seq - route.ledger.revisions.indexOf(revision);
}

/** A change that was planned behind another follows that one, and not whatever else took its number. */
function follows({ base }: Change, { ledger }: Route): boolean {
  return base.after === undefined || ledger.revisions[0]?.id === base.after;
}

function missing(change: Change): HoldReason {
  return change.base.after === undefined ? 'ledger-lost' : 'predecessor-missing';
}
