import { revisionOf } from '../../src/domain/change/change.ts';
import { type Decision, decide } from '../../src/domain/change/decide.ts';
import type { WeightsEdit } from '../../src/domain/change/edit.ts';
import { type PlanOfWeights, planReturns, planShift, type Wish } from '../../src/domain/change/plan-weights.ts';
import type { LiveObject, Route, Rule } from '../../src/domain/routing/route.ts';
import { type Move, percentages, type Split, sameShares, total, weightOf } from '../../src/domain/routing/split.ts';
import type { Random } from '../chaos/random.ts';
import { change, changeId, live, reviews, rule } from '../support/builders.ts';
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
  readonly shift: PlanOfWeights;
  readonly back: PlanOfWeights;
  readonly decisions: readonly Decided[];
}

/** About a plan that was just made, and about the same once it is applied. */
interface Decided {
  readonly before: Decision;
  readonly after: Decision;
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
    const backs = planBack(route, named, back);
    return { shift, back: backs, decisions: [shift, backs].flatMap((plan) => decided(route, plan)) };
  },
  judge: ({ wish }, { shift, back, decisions }) =>
    wrongInPlan(shift) ??
    wrongInPlan(back) ??
    wrongShare(shift, wish) ??
    firstOf(decisions, ({ before, after }) => {
      if (before.kind !== 'write' && before.kind !== 'failed') return `a plan just made is ${before.kind}`;
      return after.kind === 'done' ? undefined : `a plan that was applied is ${after.kind}`;
    }),
});

/** Of one rule, or of two at once. */
function planBack(route: Route, named: string | undefined, split: Split): PlanOfWeights {
  const backs = [...new Set([named ?? 'default', 'default'])].map((key) => ({ rule: key, split }));
  const [first = { rule: 'default', split }, ...more] = backs;
  return planReturns(route, [first, ...more], { startOf: () => undefined });
}

function decided(route: Route, plan: PlanOfWeights): readonly Decided[] {
  if (plan.kind === 'refused') return [];
  const id = changeId(9);
  return [{ before: decide(id, plan.edit, live(route)), after: decide(id, plan.edit, written(route, plan.edit)) }];
}

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

function written(route: Route, edit: WeightsEdit): LiveObject {
  const { seq, revisions } = route.ledger;
  const done = revisionOf(change({ id: changeId(9) }), edit, new Date(0));
  return live({ ...route, ledger: { seq: seq + 1, revisions: [done, ...revisions] } });
}

function wrongInPlan(plan: PlanOfWeights): string | undefined {
  return plan.kind === 'refused' ? undefined : firstOf(plan.edit.moves, wrongInMove);
}

function wrongInMove({ from, to }: Move): string | undefined {
  const weights = Object.values(to);
  if (weights.some((weight) => !Number.isInteger(weight) || weight < 0 || weight > 2_147_483_647))
    return 'a weight is not valid';
  if (sameShares(from, to)) return 'a plan changes nothing';
  const lost = Object.keys(from).find((version) => !Object.hasOwn(to, version));
  if (lost !== undefined) return `the destination of ${lost} is lost`;
  const sum = total(percentages(to));
  return sum === 100 || total(to) === 0 ? undefined : `percentages sum to ${sum}`;
}

function firstOf<T>(all: readonly T[], wrong: (each: T) => string | undefined): string | undefined {
  return all.map(wrong).find((what) => what !== undefined);
}

function wrongShare(plan: PlanOfWeights, wish: Wish): string | undefined {
  if (plan.kind === 'refused') return undefined;
  const wanted: Split = wish.kind === 'share' ? { [wish.version]: wish.percent } : wish.shares;
  const given = percentages(plan.edit.moves[0].to);
  const other = Object.keys(wanted).find((version) => weightOf(given, version) !== weightOf(wanted, version));
  return other === undefined
    ? undefined
    : `${other} gets ${weightOf(given, other)} and not ${weightOf(wanted, other)} %`;
}
