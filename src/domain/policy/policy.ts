import { type Freeze, freezesAt } from './freeze.ts';
import { globMatches, globsOverlap } from './glob.ts';
import type { Who } from './groups.ts';

/** Who may do what, where, when. */
export interface Policy {
  /** The first that matches decides, and what none matches is refused. Undefined without a policy file: everybody of the team may. */
  readonly rules: readonly PolicyRule[] | undefined;
  readonly freezes: readonly Freeze[];
}

export const noPolicy: Policy = { rules: undefined, freezes: [] };

/** Where in the policy file something stands. */
export interface RuleRef {
  /** Its own name, or its target. */
  readonly name: string;
  readonly line: number;
}

export interface PolicyRule extends RuleRef {
  /** A glob over `cluster/namespace/service`. */
  readonly target: string;
  /** Where it may be asked for; undefined is anywhere. */
  readonly channels: readonly string[] | undefined;
  readonly shift: readonly Who[];
  readonly approve: ApproveRule | undefined;
  /** In percent points of one version's share. */
  readonly maxStep: number | undefined;
  readonly rollback: RollbackRule;
  /** Whose changes go through a freeze here. */
  readonly duringFreeze: readonly Who[];
  /** Whether an object that another controller owns may be changed. */
  readonly overrideOwner: boolean;
}

export interface ApproveRule {
  readonly by: readonly Who[];
  readonly count: number;
  /** Needed when the share of a version grows to so many percent or more. */
  readonly from: number;
  readonly expiresMs: number;
}

/** A rollback stays one click, for whoever may shift, unless a rule says otherwise. */
export interface RollbackRule {
  /** Who may, beside those who may shift. */
  readonly also: readonly Who[];
  /** Who alone may. */
  readonly only: readonly Who[] | undefined;
  /** Whether it takes the rule's approval like any change. */
  readonly approve: boolean;
  /** Whether it goes through those freezes that let rollbacks through. */
  readonly duringFreeze: boolean;
}

/** The rule that an object falls under, by whichever of its names. */
export function ruleFor({ rules }: Policy, targets: readonly string[]): PolicyRule | undefined {
  return rules?.find(({ target }) => targets.some((name) => globMatches(target, name)));
}

/**
 * The rules that its names fall under, each for itself, since what writes an object whole may take any host: no name leads around the
 * rule of another. A name of its own namespace that no rule is about goes with the others; undefined stands for one of elsewhere.
 */
export function rulesForEach(
  policy: Policy,
  targets: readonly string[],
): readonly [PolicyRule | undefined, ...(PolicyRule | undefined)[]] {
  const [own = ''] = targets;
  const home = own.slice(0, own.lastIndexOf('/') + 1);
  const found = targets.map((name) => {
    const isAbroad = !name.startsWith(home);
    const reached = isAbroad && name.includes('*') ? rulesReached(policy, [name]) : [];
    const rule = ruleFor(policy, [name]);
    return { isAbroad, rules: reached.length > 0 ? reached : rule === undefined ? [] : [rule] };
  });
  const rules = [...new Set(found.flatMap((each) => each.rules))];
  const [first, ...more] = rules;
  if (first === undefined) return [undefined];
  return found.some((each) => each.isAbroad && each.rules.length === 0) ? [undefined, ...rules] : [first, ...more];
}

/** The rules that some object within these globs may fall under. */
export function rulesReached({ rules = [] }: Policy, globs: readonly string[]): readonly PolicyRule[] {
  return rules.filter(({ target }) => globs.some((glob) => globsOverlap(target, glob)));
}

/** Whether locks and freezes within these globs stop rollbacks somewhere, too. */
export function stopsRollbacks(policy: Policy, globs: readonly string[]): boolean {
  return rulesReached(policy, globs).some(({ rollback }) => !rollback.duringFreeze);
}

/** All whom a judgement about these targets may have to look for. */
export function whoMatters(policy: Policy, targets: readonly string[], at: Date): readonly Who[] {
  const excepted = freezesAt(policy.freezes, targets, at).flatMap(({ except }) => except.who);
  return [...namedIn(ruleFor(policy, targets)), ...excepted];
}

/** The same where each name counts for itself. */
export function whoMattersForEach(policy: Policy, targets: readonly string[], at: Date): readonly Who[] {
  return [...rulesForEach(policy, targets).flatMap(namedIn), ...whoMatters(policy, targets, at)];
}

function namedIn(rule: PolicyRule | undefined): readonly Who[] {
  if (rule === undefined) return [];
  const { shift, approve, rollback, duringFreeze } = rule;
  return [...shift, ...(approve?.by ?? []), ...rollback.also, ...(rollback.only ?? []), ...duringFreeze];
}
