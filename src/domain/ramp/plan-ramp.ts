import { planShift, type Start } from '../change/plan-weights.ts';
import type { Refusal } from '../change/refusal.ts';
import { versionNamed } from '../routing/named-version.ts';
import { refOf } from '../routing/object.ts';
import { defaultRule, findRule, type Route } from '../routing/route.ts';
import type { Split } from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import type { PlannedStep, Ramp } from './ramp.ts';
import type { RampStep, RampSteps } from './steps.ts';
import type { RampTargets } from './targets.ts';

/** What a ramp would do to an object, all steps. */
export type PlanOfRamp =
  | ({ readonly kind: 'planned'; readonly warnings: readonly PlanWarning[] } & Pick<
      Ramp,
      'version' | 'before' | 'steps'
    >)
  /** `step`: the number of the step that cannot be made. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly step: number };

/** A rule that a ramp moves. Without its key it is the one that is meant where none is named. */
export interface RampedRule {
  readonly rule?: string | undefined;
  /** What earlier changes will leave of it. */
  readonly start?: Start | undefined;
}

interface Wish {
  readonly version: string;
  readonly steps: RampSteps;
  /** No two of the same rule. */
  readonly rules: readonly [RampedRule, ...RampedRule[]];
}

interface How {
  readonly mayOverrideOwner?: boolean;
  /** Others are moved with it, so it need not move in every step. */
  readonly isOneOfMany?: boolean;
}

/**
 * Works out the splits of all steps, each from what the one before leaves: the others share the rest in the proportions that they have
 * there. Of several rules those that have the share already stay. The route is not changed.
 */
export function planRamp(route: Route, { version, steps, rules }: Wish, how: How = {}): PlanOfRamp {
  const all = rules.map((each) =>
    walk(route, each, { version, steps, mayOverrideOwner: how.mayOverrideOwner ?? false }),
  );
  const stop = all.find((each) => each.kind === 'refused');
  if (stop !== undefined) return stop;
  const walked = all.flatMap((each) => (each.kind === 'walked' ? [each] : []));
  const still = steps.findIndex((_, at) => walked.every(({ there }) => there[at] !== undefined));
  const why = walked[0]?.there[still];
  const isTold = how.isOneOfMany !== true || walked.every(({ there }) => !there.includes(undefined));
  if (why !== undefined && isTold) return { kind: 'refused', refusal: why, step: still + 1 };

  const targets = (splitOf: (rule: Walked) => Split): RampTargets => {
    const [first, ...more] = walked.map((each) => ({
      object: refOf(route.object),
      rule: each.key,
      split: splitOf(each),
    }));
    if (first === undefined) throw new Error('a ramp moves at least one rule');
    return [first, ...more];
  };
  const planned = (step: RampStep, at: number): PlannedStep => ({
    ...step,
    to: targets(({ splits }) => splits[at] ?? {}),
  });
  const [first, ...more] = steps;
  return {
    kind: 'planned',
    version: walked[0]?.version ?? version,
    before: targets(({ before }) => before),
    steps: [planned(first, 0), ...more.map((step, at) => planned(step, at + 1))],
    warnings: walked.flatMap(({ warnings }) => warnings),
  };
}

/** One rule, all steps. */
interface Walked {
  readonly kind: 'walked';
  readonly key: string;
  readonly version: string;
  readonly before: Split;
  readonly splits: readonly Split[];
  /** For each step why the rule stays as it is in it, if it does. */
  readonly there: readonly (Refusal | undefined)[];
  readonly warnings: readonly PlanWarning[];
}

interface Way {
  readonly version: string;
  readonly steps: RampSteps;
  readonly mayOverrideOwner: boolean;
}

function walk(
  route: Route,
  { rule, start }: RampedRule,
  { version, steps, mayOverrideOwner }: Way,
): Walked | Extract<PlanOfRamp, { kind: 'refused' }> {
  let key = rule ?? defaultRule;
  let before = start?.split ?? findRule(route, key)?.split ?? {};
  const splits: Split[] = [];
  const there: (Refusal | undefined)[] = [];
  let from = start;
  let warnings: readonly PlanWarning[] = [];
  for (const [at, { percent }] of steps.entries()) {
    const plan = planShift(route, { kind: 'share', version, percent }, { rule, start: from, mayOverrideOwner });
    if (plan.kind === 'refused' && plan.refusal.reason !== 'already-there') return { ...plan, step: at + 1 };
    if (at === 0 && plan.kind === 'planned') {
      const [move] = plan.edit.moves;
      [key, before, warnings] = [move.rule, move.from, plan.warnings];
    }
    const split = plan.kind === 'planned' ? plan.edit.moves[0].to : (from?.split ?? before);
    splits.push(split);
    there.push(plan.kind === 'refused' ? plan.refusal : undefined);
    from = { split, seq: (start?.seq ?? route.ledger.seq) + at + 1 };
  }
  const found = findRule(route, key);
  const meant = found === undefined ? version : versionNamed(found, version);
  return { kind: 'walked', key, version: meant, before, splits, there, warnings };
}
