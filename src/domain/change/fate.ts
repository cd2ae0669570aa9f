import { findRevision, ours, type Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { hasRules, isSameObject } from '../routing/object.ts';
import { ourManager } from '../routing/owner.ts';
import { describePinned } from '../routing/pinned.ts';
import { findRule, pinnedRules, type Weights } from '../routing/route.ts';
import { type Split, sameShares } from '../routing/split.ts';
import { sameJson } from '../text/json.ts';
import type { Change } from './change.ts';
import { liveOf } from './change.ts';
import { type ContentEdit, defaultMove, deletes, type ObjectEdit } from './edit.ts';
import { newestOf } from './plan-weights.ts';
import type { Applied, MovedAway } from './state.ts';

/** What has become of the effect of an applied change. */
export type Fate =
  | { readonly kind: 'stands' }
  /** A newer change of ours set the rule, so this one no longer says what is live. `by`: the newer one, if the card does not name it. */
  | { readonly kind: 'followed'; readonly by?: ChangeId | undefined }
  | { readonly kind: 'moved'; readonly away: MovedAway };

/** For so long it is seen to that the card of an applied change is true. */
export const lookedAfterMs = 24 * 3600_000;

export type AppliedChange = Change & { readonly state: Applied };

export function isApplied(change: Change | undefined): change is AppliedChange {
  return change?.state.kind === 'applied';
}

/**
 * What has become of one object that a change wrote. The weights decide: an object that was made anew or lost its history still stands
 * if it holds what the change made. If the change wrote the whole object, its pinned rules count too: a file that somebody applies again
 * differs there. `route` is undefined if the object does not exist. `seenAt` is when it was read.
 */
export function fateOf(change: AppliedChange, edit: ObjectEdit, route: Weights | undefined, seenAt: string): Fate {
  if (deletes(edit)) return fateOfDeleted(change, edit, route, seenAt);
  const { later, rolledBack } = change.state;
  if (later !== undefined || rolledBack !== undefined) return { kind: 'followed' };
  if (route === undefined) return moved(edit, { at: seenAt, live: {}, how: 'object-gone' });
  const fates = splitsOf(change, edit).map(({ rule, split }) =>
    fateOfRule(change, edit, { rule, split, route, seenAt }),
  );
  const worst = fates.find(({ kind }) => kind === 'moved') ?? fates.find(({ kind }) => kind === 'followed');
  if (worst !== undefined || edit.kind === 'weights') return worst ?? { kind: 'stands' };
  return fateOfPinned(change, edit, route, seenAt);
}

/** The splits that it made, one for each rule. An object without a default rule has none, so nothing can be moved away. */
function splitsOf(
  { state }: AppliedChange,
  edit: ObjectEdit,
): readonly { readonly rule: string; readonly split: Split }[] {
  return liveOf(state, edit).filter(({ split }) => Object.keys(split).length > 0);
}

interface RuleMade {
  readonly rule: string;
  readonly split: Split;
  readonly route: Weights;
  readonly seenAt: string;
}

function fateOfRule(
  { id, state }: AppliedChange,
  edit: ObjectEdit,
  { rule: key, split, route, seenAt }: RuleMade,
): Fate {
  const newest = newestOf({ ...route.ledger, revisions: writtenByUs(route) }, key);
  const own = findRevision(route.ledger, id);
  if (newest !== undefined && follows(newest, { id, state }, own)) return { kind: 'followed', by: newest.id };

  const rule = findRule(route, key);
  if (rule !== undefined && sameShares(rule.split, split)) return { kind: 'stands' };
  const { lastWriter } = route;
  // We set the rules last, so the difference comes from admission.
  if (own !== undefined && rule !== undefined && lastWriter?.manager === ourManager) return { kind: 'stands' };
  return moved(edit, {
    rule: key,
    at: timeOf(lastWriter?.at) ?? seenAt,
    manager: lastWriter?.manager === ourManager ? undefined : lastWriter?.manager,
    live: rule?.split ?? {},
    how: howMoved({
      isAnother: edit.uid !== undefined && route.uid !== edit.uid,
      hasRule: rule !== undefined,
      hasRecord: own !== undefined,
    }),
  });
}

/** Where we wrote last, an older version of us may have left its revision a moment ago, and no stored record says so yet. */
function writtenByUs({ ledger: { revisions }, lastWriter }: Weights): readonly Revision[] {
  return lastWriter?.manager === ourManager ? revisions : ours(revisions);
}

/** If our entry is gone, an older copy of the history may have been restored. Then only a revision newer than our change follows it. */
function follows(newest: Revision, { id, state }: Pick<AppliedChange, 'id' | 'state'>, own?: Revision): boolean {
  return newest.id !== id && (own !== undefined || newest.at > state.at);
}

/** If a later change of ours set these rules, nobody else moved them. */
function fateOfPinned(change: AppliedChange, edit: ContentEdit, route: Weights, seenAt: string): Fate {
  const { lastWriter, ledger } = route;
  if (!hasRules(edit.object.kind) || lastWriter?.manager === ourManager) return { kind: 'stands' };
  const [newest] = writtenByUs(route);
  if (newest !== undefined && follows(newest, change, findRevision(ledger, change.id)))
    return { kind: 'followed', by: newest.id };
  if (sameJson(pinnedRules(route).map(describePinned), edit.pinned)) return { kind: 'stands' };
  const live = findRule(route, defaultMove(edit).rule)?.split ?? {};
  const at = timeOf(lastWriter?.at) ?? seenAt;
  return moved(edit, { at, manager: lastWriter?.manager, live, how: 'pinned-rules' });
}

function fateOfDeleted({ state }: AppliedChange, edit: ObjectEdit, route: Weights | undefined, seenAt: string): Fate {
  if (route === undefined) return { kind: 'stands' };
  if (state.later !== undefined || state.rolledBack !== undefined) return { kind: 'followed' };
  const [newest] = writtenByUs(route);
  if (newest !== undefined && newest.at > state.at) return { kind: 'followed' };
  const live = findRule(route, defaultMove(edit).rule)?.split ?? {};
  const at = timeOf(route.lastWriter?.at) ?? seenAt;
  return moved(edit, { at, manager: route.lastWriter?.manager, live, how: 'made-anew' });
}

/** Whether the card already shows this fate. */
export function isTold({ state: { movedAway: told } }: AppliedChange, fate: Fate): boolean {
  if (fate.kind === 'followed') return fate.by === undefined;
  if (fate.kind === 'stands') return told === undefined;
  const { object, rule, how, manager, live } = fate.away;
  return (
    told !== undefined &&
    told.how === how &&
    told.rule === rule &&
    isSameObject(told.object, object) &&
    told.manager === manager &&
    sameShares(told.live, live)
  );
}

function moved(edit: ObjectEdit, away: Omit<MovedAway, 'object' | 'rule'> & { readonly rule?: string }): Fate {
  return { kind: 'moved', away: { object: edit.object, rule: defaultMove(edit).rule, ...away } };
}

function howMoved(found: { isAnother: boolean; hasRule: boolean; hasRecord: boolean }): MovedAway['how'] {
  if (found.isAnother) return 'made-anew';
  if (!found.hasRule) return 'rule-gone';
  return found.hasRecord ? 'weights' : 'ledger-lost';
}

/** `managedFields` come from outside. Their time may be missing or unreadable. */
function timeOf(at: string | undefined): string | undefined {
  const ms = Date.parse(at ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
