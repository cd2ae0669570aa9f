import { planShift, type Start } from '../change/plan-weights.ts';
import type { Refusal } from '../change/refusal.ts';
import { versionNamed } from '../routing/named-version.ts';
import { findRule, type Route } from '../routing/route.ts';
import type { Split } from '../routing/split.ts';
import type { PlanWarning } from '../routing/warning.ts';
import type { PlannedStep, Ramp } from './ramp.ts';
import type { RampStep, RampSteps } from './steps.ts';

/** What a ramp would do to one rule, all steps. */
export type PlanOfRamp =
  | ({ readonly kind: 'planned'; readonly warnings: readonly PlanWarning[] } & Pick<
      Ramp,
      'version' | 'before' | 'steps'
    >)
  /** `step`: the number of the step that cannot be made. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly step: number };

/**
 * Works out the splits of all steps, each from what the one before leaves: the others share the rest in the proportions that they have
 * there. The route is not changed.
 */
export function planRamp(
  route: Route,
  { version, steps, rule }: { readonly version: string; readonly steps: RampSteps; readonly rule?: string | undefined },
  { start, mayOverrideOwner = false }: { readonly start?: Start | undefined; readonly mayOverrideOwner?: boolean } = {},
): PlanOfRamp {
  const planOne = (step: RampStep, from: Start | undefined) =>
    planShift(route, { kind: 'share', version, percent: step.percent }, { rule, start: from, mayOverrideOwner });
  const first = planOne(steps[0], start);
  if (first.kind === 'refused') return { ...first, step: 1 };

  const { object, seq } = first.edit;
  const [move] = first.edit.moves;
  const found = findRule(route, move.rule);
  const target = (split: Split) => [{ object, rule: move.rule, split }] as const;
  const planned: PlannedStep[] = [{ ...steps[0], to: target(move.to) }];
  let split = move.to;
  for (const [at, step] of steps.slice(1).entries()) {
    const next = planOne(step, { split, seq: seq + at + 1 });
    if (next.kind === 'refused') return { ...next, step: at + 2 };
    split = next.edit.moves[0].to;
    planned.push({ ...step, to: target(split) });
  }
  const [one, ...more] = planned;
  if (one === undefined) throw new Error('a ramp has at least one step');
  const meant = found === undefined ? version : versionNamed(found, version);
  return {
    kind: 'planned',
    version: meant,
    before: target(move.from),
    steps: [one, ...more],
    warnings: first.warnings,
  };
}
