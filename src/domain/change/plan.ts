import type { Ledger, Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { type Owner, restorers, weightsOwner } from '../routing/owner.ts';
import {
  defaultRule,
  findRule,
  pinnedRules,
  type Route,
  type Rule,
  type Unsplittable,
  type Weights,
} from '../routing/route.ts';
import {
  giveShare,
  giveWhole,
  keepingPlaces,
  type Percentages,
  type Split,
  sameShares,
  versionsOf,
  weightOf,
} from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import { nearest } from '../text/nearest.ts';
import type { Base, Change } from './change.ts';
import { isSameObject } from './edit.ts';

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

/** What a wish would do to one rule of the live object. */
export interface PlannedChange {
  readonly kind: 'change';
  readonly rule: string;
  readonly from: Split;
  readonly to: Split;
  readonly base: Base;
  /** Rules with a match that the split does not reach, in words. */
  readonly pinned: readonly string[];
  readonly warnings: readonly PlanWarning[];
  readonly reverts?: ChangeId | undefined;
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
  | { readonly reason: 'nothing-to-roll-back' }
  | { readonly reason: 'unknown-change'; readonly id: ChangeId; readonly known: readonly ChangeId[] }
  | { readonly reason: 'already-rolled-back'; readonly by: Pick<Revision, 'id' | 'by'> }
  /** It did more than set weights, and what was there before stood in its record alone. */
  | { readonly reason: 'record-lost'; readonly revision: Revision };

export type Plan = PlannedChange | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly refusal: Refusal;
}

/** What the changes that wait will leave: the last one's target, or what is live where none of them touches the rule. */
export function startBehind(route: Weights, inLine: readonly Change[], rule: string): Start | undefined {
  const waiting = inLine.filter(writesItsObject);
  const last = waiting.at(-1);
  if (last === undefined) return undefined;
  const split = waiting.findLast((change) => change.rule === rule)?.to ?? findRule(route, rule)?.split ?? {};
  return { split, seq: last.base.seq + 1, after: last.id };
}

/** A rule file of versions alone stands in the line of a VirtualService that it leaves as it is. */
function writesItsObject({ object, edits }: Change): boolean {
  return edits === undefined || edits.objects.some((edit) => isSameObject(edit, object));
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
): Plan {
  const found = chooseRule(route, options.rule, options.mayOverrideOwner);
  if (found.kind === 'refused') return found;

  const { rule } = found;
  const start = options.start ?? { split: rule.split, seq: route.ledger.seq };
  const unserved = firstUnserved(rule, start.split, wishedShares(wish));
  if (unserved !== undefined) return refused(unknownVersion(rule, unserved));

  const target = wanted(start.split, wish);
  return target.kind === 'refused' ? target : toSplit(route, rule, start, target.split);
}

/** A split that the ledger has recorded, to be brought back exactly. */
export interface Return {
  readonly rule: string;
  readonly split: Split;
  /** The change that is taken back. */
  readonly reverts?: ChangeId | undefined;
  /** As in `planShift`. */
  readonly mayOverrideOwner?: boolean;
}

/** Works out the way back to a recorded split, whatever came after it. */
export function planReturn(route: Route, back: Return, start?: Start): Plan {
  const found = chooseRule(route, back.rule, back.mayOverrideOwner);
  if (found.kind === 'refused') return found;

  const { rule } = found;
  const from = start ?? { split: rule.split, seq: route.ledger.seq };
  const target = keepingPlaces(from.split, back.split);
  const plan = toSplit(route, rule, from, target);
  return plan.kind === 'change' ? { ...plan, reverts: back.reverts } : plan;
}

/** What a rollback brings back: what was before the newest revision of the rule, or what the named one made. */
export function chooseReturn(
  ledger: Ledger,
  rule: string,
  backTo: ChangeId | undefined,
):
  | { readonly kind: 'return'; readonly back: Return; readonly revision: Revision }
  | { readonly kind: 'refused'; readonly refusal: Refusal } {
  const revisions = ledger.revisions.filter((revision) => revision.rule === rule);
  const [newest] = revisions;
  if (newest === undefined) return refused({ reason: 'nothing-to-roll-back' });
  if (backTo === undefined) return { kind: 'return', back: takingBack(newest), revision: newest };

  const named = revisions.find((revision) => revision.id === backTo);
  if (named === undefined)
    return refused({ reason: 'unknown-change', id: backTo, known: revisions.map(({ id }) => id) });
  const next = revisions[revisions.indexOf(named) - 1];
  return { kind: 'return', back: { rule, split: named.to, reverts: next?.id }, revision: named };
}

export function takingBack(revision: Revision): Return {
  return { rule: revision.rule, split: revision.from, reverts: revision.id };
}

/** The change whose revision made the rule what it is now, if it was one of ours and nobody moved it since. */
export function since(route: Route, rule: Rule): Revision | undefined {
  const newest = route.ledger.revisions.find((revision) => revision.rule === rule.key);
  return newest !== undefined && sameShares(newest.to, rule.split) ? newest : undefined;
}

function toSplit(route: Route, rule: Rule, start: Start, to: Split): Plan {
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
  return {
    kind: 'change',
    rule: rule.key,
    from: start.split,
    to,
    base: { uid: route.uid, seq: start.seq, after: start.after },
    pinned: rule.key === defaultRule ? pinnedRules(route).map(describePinned) : [],
    warnings: warningsOf(route, rule),
  };
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

/** `end-user = jason → v2` */
export function describePinned(rule: Pick<Rule, 'match' | 'key' | 'split'>): string {
  const versions = Object.entries(rule.split).filter(([, weight]) => weight > 0);
  return `${rule.match ?? rule.key} → ${versions.map(([version]) => version).join(', ') || 'no version'}`;
}

function refused(refusal: Refusal): Refused {
  return { kind: 'refused', refusal };
}
