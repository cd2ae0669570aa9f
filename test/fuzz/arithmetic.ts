import { type Change, moveTo, revisionOf } from '../../src/domain/change/change.ts';
import { decide } from '../../src/domain/change/decide.ts';
import { type Plan, planReturn, planShift, type Wish } from '../../src/domain/change/plan.ts';
import type { Route, Rule } from '../../src/domain/routing/route.ts';
import { percentages, type Split, sameShares, total, weightOf } from '../../src/domain/routing/split.ts';
import type { Random } from '../chaos/random.ts';
import { change, changeId, reviews, rule } from '../support/builders.ts';
import { items, name } from './hostile.ts';
import { target } from './target.ts';

interface Input {
  readonly rules: readonly Rule[];
  readonly wish: Wish;
  readonly named: string | undefined;
  readonly back: Split;
  readonly seq: number;
}

interface Output {
  readonly shift: Plan;
  readonly back: Plan;
  readonly decision: ReturnType<typeof decide> | undefined;
  readonly after: ReturnType<typeof decide> | undefined;
}

/** Splits, plans and decisions for objects of any shape. */
export const arithmetic = target<Input, Output>({
  name: 'arithmetic',
  share: 200,
  make: (random) => ({
    rules: items(random, 4, () => aRule(random)),
    wish: aWish(random),
    named: random.chance(0.7) ? undefined : name(random),
    back: aSplit(random),
    seq: random.between(0, 3),
  }),
  run: ({ rules, wish, named, back, seq }) => {
    const route = reviews({}, { rules, seq });
    const shift = planShift(route, wish, { rule: named });
    const planned = shift.kind === 'change' ? change({ ...shift, id: changeId(9) }) : undefined;
    return {
      shift,
      back: planReturn(route, { rule: named ?? 'default', split: back }, undefined),
      decision: planned && decide(planned, route),
      after: planned && decide(planned, written(route, planned)),
    };
  },
  judge: ({ wish }, { shift, back, decision, after }) =>
    wrongInPlan(shift) ??
    wrongInPlan(back) ??
    wrongShare(shift, wish) ??
    (decision !== undefined && decision.kind !== 'write' && decision.kind !== 'failed'
      ? `a plan just made is ${decision.kind}`
      : undefined) ??
    (after !== undefined && after.kind !== 'done' ? `a plan that was applied is ${after.kind}` : undefined),
});

function aRule(random: Random): Rule {
  const split = aSplit(random);
  const key = random.chance(0.6) ? 'default' : name(random);
  return rule(split, {
    key,
    host: random.chance(0.8) ? 'reviews' : undefined,
    served: [
      ...new Set([...Object.keys(split).filter(() => random.chance(0.9)), ...items(random, 3, () => name(random))]),
    ],
    ...(random.chance(0.1) ? { unsplittable: 'delegate' as const } : {}),
  });
}

function aSplit(random: Random): Split {
  const weight = () =>
    random.pick([0, 0, 1, 3, 33, 50, 100, random.between(0, 1_000), random.between(0, 2_147_483_647), 2_147_483_647]);
  return Object.fromEntries(items(random, random.chance(0.02) ? 40 : 5, () => [name(random), weight()]));
}

function aWish(random: Random): Wish {
  if (random.chance(0.6)) return { kind: 'share', version: name(random), percent: random.between(0, 100) };
  const first = random.between(0, 100);
  const shares = random.chance(0.5) ? { v1: 100 } : { [name(random)]: first };
  const sum = total(shares);
  return { kind: 'whole', shares: sum === 100 ? shares : { ...shares, [`other-${first}`]: 100 - sum } };
}

function written(route: Route, planned: Change): Route {
  const { seq, revisions } = route.ledger;
  const done = moveTo(planned, { kind: 'applying' });
  return { ...route, ledger: { seq: seq + 1, revisions: [revisionOf(done, new Date(0)), ...revisions] } };
}

function wrongInPlan(plan: Plan): string | undefined {
  if (plan.kind === 'refused') return undefined;
  const weights = Object.values(plan.to);
  if (weights.some((weight) => !Number.isInteger(weight) || weight < 0 || weight > 2_147_483_647))
    return 'a weight is not valid';
  if (sameShares(plan.from, plan.to)) return 'a plan changes nothing';
  const lost = Object.keys(plan.from).find((version) => !Object.hasOwn(plan.to, version));
  if (lost !== undefined) return `the destination of ${lost} is lost`;
  const sum = total(percentages(plan.to));
  return sum === 100 || total(plan.to) === 0 ? undefined : `percentages sum to ${sum}`;
}

function wrongShare(plan: Plan, wish: Wish): string | undefined {
  if (plan.kind === 'refused') return undefined;
  const wanted: Split = wish.kind === 'share' ? { [wish.version]: wish.percent } : wish.shares;
  const given = percentages(plan.to);
  const other = Object.keys(wanted).find((version) => weightOf(given, version) !== weightOf(wanted, version));
  return other === undefined
    ? undefined
    : `${other} gets ${weightOf(given, other)} and not ${weightOf(wanted, other)} %`;
}
