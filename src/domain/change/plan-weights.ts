import { type Ledger, moveIn, type Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { type Owner, restorers, weightsOwner } from '../routing/owner.ts';
import { describePinned } from '../routing/pinned.ts';
import { defaultRule, findRule, pinnedRules, type Route, type Rule, type Unsplittable } from '../routing/route.ts';
import {
  giveShare,
  giveWhole,
  keepingPlaces,
  type Move,
  type Percentages,
  type Split,
  sameShares,
  versionsOf,
  weightOf,
} from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import { nearest } from '../text/nearest.ts';
import type { Change } from './change.ts';
import { findEdit, findMove, type WeightsEdit } from './edit.ts';

/** What a person wants of a rule. */
export type Wish =
  | { readonly kind: 'share'; readonly version: string; readonly percent: number }
  | { readonly kind: 'whole'; readonly shares: Percentages };

/** Where a plan starts: what the object holds, or what the changes that wait will leave. */
export interface Start {
  readonly split: Split;
  readonly seq: number;
  /** The change that must be applied first. */
  readonly after?: ChangeId | undefined;
}

/** What a wish would do to the weights of one object. */
export interface PlannedWeights {
  readonly kind: 'planned';
  readonly edit: WeightsEdit;
  readonly warnings: readonly PlanWarning[];
}

export type Refusal =
  /** Another controller sets the weights, and would set them again. */
  | { readonly reason: 'owned'; readonly owner: Owner }
  | {
      readonly reason: 'no-default-rule';
      readonly rules: readonly string[];
      /** Where there is no http rule at all: the lists that are there instead. */
      readonly others: readonly string[];
    }
  | { readonly reason: 'unknown-rule'; readonly rule: string; readonly rules: readonly string[] }
  | { readonly reason: 'rule-cannot-be-split'; readonly rule: string; readonly because: Unsplittable }
  | {
      readonly reason: 'unknown-version';
      readonly version: string;
      readonly versions: readonly string[];
      readonly nearest?: string | undefined;
    }
  | { readonly reason: 'several-hosts'; readonly version: string }
  | {
      readonly reason: 'nobody-else';
      readonly version: string;
      readonly percent: number;
      readonly others: readonly string[];
    }
  | {
      readonly reason: 'already-there';
      readonly split: Split;
      readonly since?: Revision | undefined;
      readonly waiting?: ChangeId | undefined;
    }
  /** `rule`: where only the changes of that one were meant. */
  | { readonly reason: 'nothing-to-roll-back'; readonly rule?: string | undefined }
  /** Every change that the history knows is taken back; the last one by this. */
  | { readonly reason: 'nothing-left'; readonly by: Pick<Revision, 'id' | 'by'>; readonly rule?: string | undefined }
  | {
      readonly reason: 'unknown-change';
      readonly id: ChangeId;
      readonly known: readonly ChangeId[];
      readonly rule?: string | undefined;
    }
  | { readonly reason: 'already-rolled-back'; readonly by: Pick<Revision, 'id' | 'by'> }
  /** It did more than set weights, and what was there before stood in its record alone. */
  | { readonly reason: 'record-lost'; readonly revision: Revision };

export type PlanOfWeights = PlannedWeights | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/** What the changes that wait will leave of one rule: the last one's target, or what is live where none of them moves it. */
export function startBehind(
  { object, rules }: Pick<Route, 'object'> & { readonly rules: readonly Pick<Rule, 'key' | 'split'>[] },
  inLine: readonly Pick<Change, 'id' | 'edits'>[],
  rule: string,
): Start | undefined {
  const waiting = inLine.flatMap(({ id, edits }) => {
    const edit = findEdit(edits, object);
    return edit === undefined ? [] : [{ id, edit }];
  });
  const last = waiting.at(-1);
  if (last === undefined) return undefined;
  const moved = waiting.findLast(({ edit }) => findMove(edit, rule) !== undefined);
  const split = (moved && findMove(moved.edit, rule)?.to) ?? findRule({ rules }, rule)?.split ?? {};
  return { split, seq: last.edit.seq + 1, after: last.id };
}

/** Works out the weights that a wish asks for. The route is not changed. */
export function planShift(
  route: Route,
  wish: Wish,
  options: {
    readonly rule?: string | undefined;
    readonly start?: Start | undefined;
    /** Plans against whoever else sets the weights; for a policy that allows it. */
    readonly mayOverrideOwner?: boolean;
  },
): PlanOfWeights {
  const found = chooseRule(route, options.rule, options.mayOverrideOwner);
  if (found.kind === 'refused') return found;

  const { rule } = found;
  const start = options.start ?? { split: rule.split, seq: route.ledger.seq };
  const unserved = firstUnserved(rule, start.split, wishedShares(wish));
  if (unserved !== undefined) return refused(unknownVersion(rule, unserved));

  const target = wanted(start.split, wish);
  return target.kind === 'refused' ? target : toSplit(route, rule, start, target.split);
}

/** A split that is to be there again, exactly. */
export interface Return {
  readonly rule: string;
  readonly split: Split;
}

/** Works out the way back to a recorded split of one rule, whatever came after it. */
export function planReturn(
  route: Route,
  back: Return,
  { start, mayOverrideOwner }: { readonly start?: Start | undefined; readonly mayOverrideOwner?: boolean } = {},
): PlanOfWeights {
  const found = chooseRule(route, back.rule, mayOverrideOwner);
  if (found.kind === 'refused') return found;
  // A change of more than weights that met no such rule and left none has nothing to return to; to write that would be all zeros.
  if (Object.keys(back.split).length === 0) return refused({ reason: 'nothing-to-roll-back', rule: back.rule });

  const { rule } = found;
  const from = start ?? { split: rule.split, seq: route.ledger.seq };
  return toSplit(route, rule, from, keepingPlaces(from.split, back.split));
}

/** The same for several rules of one object, in one edit. What is there already is left out, unless all is. */
export function planReturns(
  route: Route,
  backs: readonly [Return, ...Return[]],
  {
    startOf,
    mayOverrideOwner = false,
  }: {
    readonly startOf: (rule: string) => Start | undefined;
    readonly mayOverrideOwner?: boolean;
  },
): PlanOfWeights {
  const plans = backs.map((back) => planReturn(route, back, { start: startOf(back.rule), mayOverrideOwner }));
  const refusals = plans.filter((plan) => plan.kind === 'refused');
  const serious = refusals.find(({ refusal }) => refusal.reason !== 'already-there');
  const [first, ...more] = plans.filter((plan) => plan.kind === 'planned');
  if (serious !== undefined) return serious;
  if (first === undefined) return refusals[0] ?? refused({ reason: 'nothing-to-roll-back' });
  const [move] = first.edit.moves;
  const moves: readonly [Move, ...Move[]] = [move, ...more.flatMap(({ edit }) => edit.moves)];
  const pinned = [first, ...more].flatMap(({ edit }) => edit.pinned);
  return { ...first, edit: { ...first.edit, moves, pinned } };
}

/** The change whose revision made the rule what it is now, if it was one of ours and nobody moved it since. */
export function since(route: Route, rule: Rule): Revision | undefined {
  const newest = newestOf(route.ledger, rule.key);
  const made = newest && moveIn(newest, rule.key);
  return made !== undefined && sameShares(made.to, rule.split) ? newest : undefined;
}

/** The newest revision that moved a rule. */
export function newestOf({ revisions }: Ledger, rule: string): Revision | undefined {
  return revisions.find((revision) => moveIn(revision, rule) !== undefined);
}

function toSplit(route: Route, rule: Rule, start: Start, to: Split): PlanOfWeights {
  const unserved = firstUnserved(rule, start.split, to);
  if (unserved !== undefined) return refused(unknownVersion(rule, unserved));
  const added = versionsOf(start.split, to).find(
    (version) =>
      weightOf(to, version) > 0 && !Object.hasOwn(rule.split, version) && !Object.hasOwn(start.split, version),
  );
  if (added !== undefined && rule.host === undefined) return refused({ reason: 'several-hosts', version: added });
  if (sameShares(start.split, to)) {
    return refused({ reason: 'already-there', split: start.split, since: since(route, rule), waiting: start.after });
  }
  const { object, uid } = route;
  const edit: WeightsEdit = {
    kind: 'weights',
    object,
    uid,
    seq: start.seq,
    ...(start.after !== undefined && { behind: start.after }),
    moves: [{ rule: rule.key, from: start.split, to }],
    pinned: rule.key === defaultRule ? pinnedRules(route).map(describePinned) : [],
  };
  return { kind: 'planned', edit, warnings: warningsOf(route, rule) };
}

/** Said before the first change, and again when ours did not stay: one that stands shows that its owner leaves the weights alone. */
function warningsOf(route: Route, rule: Rule): readonly PlanWarning[] {
  if (since(route, rule) !== undefined) return [];
  return restorers(route.owners ?? []).map((owner) => ({ kind: 'puts-back', owner }));
}

/** The first version that would get traffic though nothing defines it; one that only keeps its place with 0 need only be there. */
export function firstUnserved(rule: Rule, before: Split, wished: Split): string | undefined {
  return Object.keys(wished).find(
    (version) => !rule.served.includes(version) && (weightOf(wished, version) > 0 || !Object.hasOwn(before, version)),
  );
}

function unknownVersion(rule: Rule, version: string): Refusal {
  return { reason: 'unknown-version', version, versions: rule.served, nearest: nearest(version, rule.served) };
}

function chooseRule(
  route: Route,
  key: string | undefined,
  mayOverrideOwner = false,
): { readonly kind: 'rule'; readonly rule: Rule } | Refused {
  const owner = weightsOwner(route.owners ?? []);
  if (owner !== undefined && !mayOverrideOwner) return refused({ reason: 'owned', owner });

  const rule = findRule(route, key ?? defaultRule);
  if (rule === undefined && key === undefined)
    return refused({ reason: 'no-default-rule', rules: keys(route), others: route.otherLists ?? [] });
  if (rule === undefined) return refused({ reason: 'unknown-rule', rule: key ?? '', rules: keys(route) });
  if (rule.unsplittable !== undefined)
    return refused({ reason: 'rule-cannot-be-split', rule: rule.key, because: rule.unsplittable });
  return { kind: 'rule', rule };
}

function wanted(split: Split, wish: Wish): { readonly kind: 'split'; readonly split: Split } | Refused {
  if (wish.kind === 'whole') return { kind: 'split', split: giveWhole(split, wish.shares) };
  const { version, percent } = wish;
  const given = giveShare(split, version, percent);
  return given.kind === 'split' ? given : refused({ reason: 'nobody-else', version, percent, others: given.others });
}

function wishedShares(wish: Wish): Percentages {
  return wish.kind === 'share' ? { [wish.version]: wish.percent } : wish.shares;
}

function keys(route: Route): readonly string[] {
  return route.rules.map((rule) => rule.key);
}

function refused(refusal: Refusal): Refused {
  return { kind: 'refused', refusal };
}
