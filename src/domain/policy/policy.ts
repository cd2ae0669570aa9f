import type { Freeze } from './freeze.ts';
import { globCovers, globMatches, globsOverlap } from './glob.ts';
import type { Who } from './groups.ts';
import type { Hours } from './hours.ts';
import type { MaxStep } from './pace.ts';
import type { GuardRule } from './ramps/guard-rule.ts';
import type { NamedRamp, RampRule } from './ramps/ramp-rule.ts';

/** Who may do what, where and when. */
export interface Policy {
  /** The first rule that matches decides, and what no rule matches is refused. Undefined without a policy file: every team member may. */
  readonly rules: readonly PolicyRule[] | undefined;
  readonly freezes: readonly Freeze[];
  /** By name, in the order of the file. */
  readonly ramps: ReadonlyMap<string, NamedRamp>;
  /** Clusters that get a change one after the other, by the name that people type for them. */
  readonly sequences: ReadonlyMap<string, readonly string[]>;
}

export const noPolicy: Policy = { rules: undefined, freezes: [], ramps: new Map(), sequences: new Map() };

/** A place in the policy file. */
export interface RuleRef {
  /** The rule's name, or its target if it has none. */
  readonly name: string;
  readonly line: number;
}

export interface PolicyRule extends RuleRef {
  /** A glob over `cluster/namespace/service`. */
  readonly target: string;
  /** The channels where it is allowed; undefined means all. */
  readonly channels: readonly string[] | undefined;
  readonly shift: readonly Who[];
  readonly approve: ApproveRule | undefined;
  /** The most that one version's share may grow, at once and within a time. */
  readonly maxStep: MaxStep | undefined;
  readonly rollback: RollbackRule;
  /** Whose changes are allowed during a freeze. */
  readonly duringFreeze: readonly Who[];
  /** Whether objects that another controller owns may be changed. */
  readonly overrideOwner: boolean;
  /** Whether `--anyway` may give traffic to a version without a ready pod. */
  readonly withoutPods: boolean;
  /** Absent: traffic may go up by a single shift or by any ramp. */
  readonly ramp?: RampRule | undefined;
  /** Absent: `defaultGuard`. */
  readonly guard?: GuardRule | undefined;
  /** When traffic may go up. Absent: at any time. */
  readonly hours?: Hours | undefined;
}

export interface ApproveRule {
  readonly by: readonly Who[];
  readonly count: number;
  /** Approval is needed when a version's share grows to this many percent or more. */
  readonly from: number;
  readonly expiresMs: number;
}

/** By default a rollback stays one click for everyone who may shift. */
export interface RollbackRule {
  /** Who may roll back, in addition to those who may shift. */
  readonly also: readonly Who[];
  /** If set, nobody else may roll back. */
  readonly only: readonly Who[] | undefined;
  /** Whether a rollback needs the rule's approval like any change. */
  readonly approve: boolean;
  /** Whether a rollback is allowed during freezes that let rollbacks through. */
  readonly duringFreeze: boolean;
}

/** The first rule that matches any of these names. */
export function ruleFor({ rules }: Policy, targets: readonly string[]): PolicyRule | undefined {
  return rules?.find(({ target }) => targets.some((name) => globMatches(target, name)));
}

/** Every rule that may decide about an object within a glob: after one that covers all of it, no rule decides about anything there. */
export function rulesReached({ rules = [] }: Policy, glob: string): readonly PolicyRule[] {
  const last = rules.findIndex(({ target }) => globCovers(target, glob));
  const before = last < 0 ? rules : rules.slice(0, last + 1);
  return before.filter(({ target }) => globsOverlap(target, glob));
}

/** Whether some rule within a glob makes rollbacks wait for locks and freezes. */
export function stopsRollbacks(policy: Policy, glob: string): boolean {
  return rulesReached(policy, glob).some(({ rollback }) => !rollback.duringFreeze);
}

/** Everyone whom a rule names. */
export function namedIn(rule: PolicyRule | undefined): readonly Who[] {
  if (rule === undefined) return [];
  const { shift, approve, rollback, duringFreeze } = rule;
  return [...shift, ...(approve?.by ?? []), ...rollback.also, ...(rollback.only ?? []), ...duringFreeze];
}
