import type { Route, Rule } from '../routing/route.ts';
import { sameShares, weightOf } from '../routing/split.ts';
import type { Confounded } from './guards.ts';

/** What routes the requests of a service: the rule that a ramp moves, its object, and all other objects that may send requests there. */
export interface Surroundings {
  readonly route: Pick<Route, 'rules'>;
  readonly rule: Rule;
  readonly others: readonly Pick<Route, 'rules'>[];
  /** Another ramp moves a rule of the same object. */
  readonly hasOtherRamp: boolean;
}

/**
 * Whether requests come to the versions of a rule otherwise than by its split: then the metrics cannot tell them apart, and a guard may hold
 * and never takes back.
 */
export function confoundedBy({ route, rule, others, hasOtherRamp }: Surroundings): Confounded | undefined {
  if (
    rule.besides?.includes('mirror') === true ||
    others.some(({ rules }) => rules.some((each) => mirrors(each, rule)))
  )
    return 'mirrored';
  if (hasOtherRamp) return 'other-ramp';
  if (route.rules.some((other) => other.key !== rule.key && disturbs(other, rule))) return 'other-rule';
  if (others.some(({ rules }) => rules.some((other) => disturbs(other, rule)))) return 'other-object';
  return undefined;
}

function mirrors(other: Rule, rule: Rule): boolean {
  return other.besides?.includes('mirror') === true && sharesHost(other, rule);
}

/** It sends requests to one of the versions, in other shares. */
function disturbs(other: Rule, rule: Rule): boolean {
  return sharesHost(other, rule) && hasWeight(other, rule) && !sameShares(other.split, rule.split);
}

function sharesHost({ backends = [] }: Rule, { backends: own = [] }: Rule): boolean {
  return backends.some(({ host }) => own.some((each) => each.host === host));
}

function hasWeight(other: Rule, { split }: Rule): boolean {
  return Object.keys(split).some((version) => weightOf(other.split, version) > 0);
}
