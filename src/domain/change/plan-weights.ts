import { type Ledger, moveIn, type Revision } from '../routing/ledger.ts';
import { rulesNamed } from '../routing/named-rule.ts';
import { versionNamed } from '../routing/named-version.ts';
import type { ChangeId } from '../routing/names.ts';
import { definerOf } from '../routing/object.ts';
import { restorers, weightsOwner } from '../routing/owner.ts';
import { describePinned } from '../routing/pinned.ts';
import { defaultRule, findRule, pinnedRules, type Route, type Rule } from '../routing/route.ts';
import {
  giveShare,
  giveWhole,
  keepingPlaces,
  type Move,
  type Percentages,
  type Split,
  sameShares,
  total,
  versionsOf,
  weightOf,
} from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import { nearest } from '../text/nearest.ts';
import type { Change } from './change.ts';
import { findEdit, findMove, type WeightsEdit } from './edit.ts';
import type { Refusal, Refused, WhichRule } from './refusal.ts';

/** What a person wants of a rule. */
export type Wish =
  | { readonly kind: 'share'; readonly version: string; readonly percent: number }
  | { readonly kind: 'whole'; readonly shares: Percentages };

/** Where a plan starts: from what the object holds, or from what the waiting changes will leave. */
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

export type PlanOfWeights = PlannedWeights | Refused;

/** What the waiting changes will leave of one rule: the target of the last one that moves it, or the live split if none does. */
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
    /** Plans even if another tool sets the weights. For a policy that allows it. */
    readonly mayOverrideOwner?: boolean;
  },
): PlanOfWeights {
  const found = chooseRule(route, options.rule, options.mayOverrideOwner);
  if (found.kind === 'refused') return found;

  const { rule } = found;
  const start = options.start ?? { split: rule.split, seq: route.ledger.seq };
  const meant = wishMeant(rule, wish);
  const unserved = firstUnserved(rule, start.split, wishedShares(meant));
  if (unserved !== undefined) return refused(unknownVersion(route, rule, unserved));

  const target = wanted(rule, start.split, meant);
  if (target.kind === 'refused') return target;
  const left = firstUnserved(rule, start.split, target.split);
  if (left !== undefined && meant.kind === 'share')
    return refused({
      reason: 'undefined-live',
      version: left,
      percent: shareIn(start.split, left),
      wanted: meant.version,
    });
  return toSplit(route, rule, start, target.split);
}

/**
 * The same for every rule that splits between versions, in one edit. Rules that already are as wished are left out. If none splits, it is
 * the rule that is meant without a name.
 */
export function planShiftOfAll(
  route: Route,
  wish: Wish,
  {
    startOf,
    mayOverrideOwner = false,
    among,
  }: {
    readonly startOf: (rule: string) => Start | undefined;
    readonly mayOverrideOwner?: boolean;
    /** The keys of those that are meant, where it is not all of them: also one with a single version. */
    readonly among?: readonly string[] | undefined;
  },
): PlanOfWeights {
  const meant = rulesOfAll(route, among);
  if ('kind' in meant) return meant;
  return joined(
    meant.map((rule) =>
      planShift(route, wish, { rule, start: rule === undefined ? undefined : startOf(rule), mayOverrideOwner }),
    ),
  );
}

/** The keys of the rules that a change of all of them is about: those that split, or else the one that is meant without a name. */
export function rulesOfAll(
  route: Pick<Route, 'object' | 'rules'>,
  among?: readonly string[],
): readonly (string | undefined)[] | Extract<PlanOfWeights, { kind: 'refused' }> {
  const keys = (among === undefined ? splitting(route) : versioned(route, among)).map(({ key }) => key);
  if (keys.length > 0) return keys;
  return among === undefined
    ? [rulesNamed(route, undefined)[0]?.key]
    : refused({ reason: 'no-default-rule', ...whichOf(route.rules) });
}

/** The rules that split between versions, and the one that takes all the rest. Another with one version pins its requests to that. */
function splitting({ rules }: Pick<Route, 'rules'>): readonly Rule[] {
  return rules.filter(
    ({ key, unsplittable, split }) =>
      unsplittable === undefined && (key === defaultRule || Object.keys(split).length > 1),
  );
}

/** Those of the rules that send to versions. A destination without a subset sends to all of them. */
function versioned({ object, rules }: Pick<Route, 'object' | 'rules'>, among: readonly string[]): readonly Rule[] {
  const isOfAll = ({ backends = [], split }: Rule) =>
    object.kind === 'VirtualService' &&
    backends.some(({ version, label }) => label === undefined && Object.hasOwn(split, version));
  return rules.filter((rule) => among.includes(rule.key) && rule.unsplittable === undefined && !isOfAll(rule));
}

/** The wish with the names that the versions have in the rule. */
function wishMeant(rule: Rule, wish: Wish): Wish {
  if (wish.kind === 'share') return { ...wish, version: versionNamed(rule, wish.version) };
  const named = Object.entries(wish.shares).map(([typed, percent]) => [versionNamed(rule, typed), percent] as const);
  const isClear = new Set(named.map(([version]) => version)).size === named.length;
  return isClear ? { kind: 'whole', shares: Object.fromEntries(named) } : wish;
}

/** A split to restore exactly. */
export interface Return {
  readonly rule: string;
  readonly split: Split;
}

/** Works out the way back to a recorded split of one rule, no matter what came after it. */
export function planReturn(
  route: Route,
  back: Return,
  { start, mayOverrideOwner }: { readonly start?: Start | undefined; readonly mayOverrideOwner?: boolean } = {},
): PlanOfWeights {
  const found = chooseRule(route, back.rule, mayOverrideOwner);
  if (found.kind === 'refused') return found;
  // If a change of more than weights found no such rule, its recorded split is empty. Writing that would set all weights to 0.
  if (Object.keys(back.split).length === 0) return refused({ reason: 'nothing-to-roll-back', rule: back.rule });

  const { rule } = found;
  const from = start ?? { split: rule.split, seq: route.ledger.seq };
  return toSplit(route, rule, from, keepingPlaces(from.split, back.split));
}

/** The same for several rules of one object, in one edit. Rules that already have their split are left out. If all do, it is refused. */
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
  return joined(backs.map((back) => planReturn(route, back, { start: startOf(back.rule), mayOverrideOwner })));
}

/** Plans for several rules of one object as one edit. What is there already is left out, and refused if it is all. */
function joined(plans: readonly PlanOfWeights[]): PlanOfWeights {
  const refusals = plans.filter((plan) => plan.kind === 'refused');
  const serious = refusals.find(({ refusal }) => refusal.reason !== 'already-there');
  const [first, ...more] = plans.filter((plan) => plan.kind === 'planned');
  if (serious !== undefined) return serious;
  if (first === undefined) return refusals[0] ?? refused({ reason: 'nothing-to-roll-back' });
  const [move] = first.edit.moves;
  const moves: readonly [Move, ...Move[]] = [move, ...more.flatMap(({ edit }) => edit.moves)];
  const pinned = [first, ...more].flatMap(({ edit }) => edit.pinned);
  const warnings = first.warnings.concat(
    more.flatMap((each) => each.warnings.filter(({ kind }) => kind === 'cuts-connections')),
  );
  const once = warnings.filter(
    ({ kind }, at) => kind !== 'cuts-connections' || warnings.findIndex((each) => each.kind === kind) === at,
  );
  return { kind: 'planned', edit: { ...first.edit, moves, pinned }, warnings: once };
}

/** The revision that made the rule what it is now, if we made it and nobody has moved it since. */
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
  if (unserved !== undefined) return refused(unknownVersion(route, rule, unserved));
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

/** Warns of connections every time; of owners before our first change, and again if our last one did not stay. One that stays shows that the owner leaves the weights alone. */
function warningsOf(route: Route, rule: Rule): readonly PlanWarning[] {
  const cut: readonly PlanWarning[] = rule.sticky === 'connection' ? [{ kind: 'cuts-connections' }] : [];
  if (since(route, rule) !== undefined) return cut;
  const { kind } = route.object;
  const of = kind === 'VirtualService' ? {} : { of: kind };
  return [...cut, ...restorers(route.owners ?? []).map((owner) => ({ kind: 'puts-back', owner, ...of }) as const)];
}

/** The first version that would get traffic though nothing defines it. A version that stays at 0 is fine if it was there before. */
export function firstUnserved(rule: Rule, before: Split, wished: Split): string | undefined {
  return Object.keys(wished).find(
    (version) => !rule.served.includes(version) && (weightOf(wished, version) > 0 || !Object.hasOwn(before, version)),
  );
}

/** In whole percent. */
function shareIn(split: Split, version: string): number {
  const sum = total(split);
  return sum === 0 ? 0 : Math.round((weightOf(split, version) * 100) / sum);
}

function unknownVersion({ object }: Route, rule: Rule, version: string): Refusal {
  const near = nearest(version, rule.served);
  return { reason: 'unknown-version', version, versions: rule.served, nearest: near, definer: definerOf(object.kind) };
}

function chooseRule(
  route: Route,
  key: string | undefined,
  mayOverrideOwner = false,
): { readonly kind: 'rule'; readonly rule: Rule } | Refused {
  const owner = weightsOwner(route.owners ?? []);
  if (owner !== undefined && !mayOverrideOwner) return refused({ reason: 'owned', owner });

  const [rule, ...more] = rulesNamed(route, key);
  if (rule === undefined && key === undefined) return refused({ reason: 'no-default-rule', ...whichOf(route.rules) });
  if (rule === undefined) return refused({ reason: 'unknown-rule', rule: key ?? '', rules: keys(route.rules) });
  if (more.length > 0) return refused({ reason: 'several-rules', rule: key ?? '', ...whichOf([rule, ...more]) });
  if (rule.unsplittable !== undefined)
    return refused({
      ...{ reason: 'rule-cannot-be-split', rule: rule.key, because: rule.unsplittable },
      ...(rule.handsTo !== undefined && { handsTo: rule.handsTo }),
    });
  return { kind: 'rule', rule };
}

function wanted(
  { bounds }: Rule,
  split: Split,
  wish: Wish,
): { readonly kind: 'split'; readonly split: Split } | Refused {
  if (wish.kind === 'whole') return { kind: 'split', split: giveWhole(split, wish.shares, bounds) };
  const { version, percent } = wish;
  const given = giveShare(split, version, percent, bounds);
  return given.kind === 'split' ? given : refused({ reason: 'nobody-else', version, percent, others: given.others });
}

function wishedShares(wish: Wish): Percentages {
  return wish.kind === 'share' ? { [wish.version]: wish.percent } : wish.shares;
}

function whichOf(rules: readonly Rule[]): WhichRule {
  const able = rules.filter(({ unsplittable }) => unsplittable === undefined);
  return { rules: keys(rules), choices: able.map(({ key, match, split }) => ({ key, match, split })) };
}

function keys(rules: readonly Rule[]): readonly string[] {
  return rules.map(({ key }) => key);
}

function refused(refusal: Refusal): Refused {
  return { kind: 'refused', refusal };
}
