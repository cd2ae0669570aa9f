import { startBehind } from '../../domain/change/plan-weights.ts';
import { type PlanOfRamp, planRamp } from '../../domain/ramp/plan-ramp.ts';
import { type InCluster, inSequence } from '../../domain/ramp/sequence.ts';
import type { RampSteps } from '../../domain/ramp/steps.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import { defaultRule, type LiveObject } from '../../domain/routing/route.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import { unlessInsisted, warnOfReach, withoutPods } from '../asking/plan.ts';
import { warnOfPods } from '../asking/pods.ts';
import { type Desk, openService } from '../desk.ts';
import { mayOverrideOwner, namedBy } from '../judging/judge-live.ts';
import type { AskedRamp, RampAnswer } from './ramp-answer.ts';

type PlannedRamp = Extract<PlanOfRamp, { kind: 'planned' }>;

/** What a ramp would do in one cluster. */
interface Part {
  readonly kind: 'part';
  readonly live: LiveObject;
  readonly plan: PlannedRamp;
  /** How many changes wait before its first step. */
  readonly waiting: number;
  readonly leftOut: number;
}

type Refused = Extract<RampAnswer, { kind: 'not-found' | 'ramp-refused' }>;

/** A ramp that can be made, from what is live in each of its clusters. */
export interface PlannedSequence {
  readonly kind: 'planned';
  readonly plan: Pick<PlannedRamp, 'version' | 'before' | 'steps'>;
  readonly warnings: readonly PlanWarning[];
  /** An object for each cluster, in the order of the ramp. */
  readonly lives: readonly [LiveObject, ...LiveObject[]];
  readonly waiting: number;
}

interface Wish {
  readonly asked: AskedRamp;
  readonly steps: RampSteps;
  /** The service in each cluster. */
  readonly names: readonly [ServiceName, ...ServiceName[]];
}

/** Plans all steps in all clusters. A cluster of several in which the version has its share already is left out. */
export async function planSequence(desk: Desk, wish: Wish): Promise<PlannedSequence | Refused> {
  const all = await Promise.all(wish.names.map((name) => planIn(desk, wish, name)));
  const refused = all.find((each) => each.kind !== 'part' && each.kind !== 'there');
  if (refused !== undefined) return refused;
  const parts = all.flatMap((each) => (each.kind === 'part' ? [each] : []));
  const [first, ...more] = parts;
  if (first === undefined) {
    const [there] = all.flatMap((each) => (each.kind === 'there' ? [each.refused] : []));
    if (there === undefined) throw new Error('a ramp is planned in at least one cluster');
    return there;
  }
  const plan =
    more.length === 0 && first.leftOut === 0
      ? first.plan
      : inSequence([inCluster(first), ...more.map(inCluster)], wish.steps);
  return {
    kind: 'planned',
    plan: { ...plan, version: first.plan.version },
    warnings: parts.flatMap((each) => each.plan.warnings),
    lives: [first.live, ...more.map(({ live }) => live)],
    waiting: first.waiting,
  };
}

function inCluster({ plan, leftOut }: Part): InCluster {
  return { plan, leftOut };
}

async function planIn(
  desk: Desk,
  { asked, steps, names }: Wish,
  name: ServiceName,
): Promise<Part | Refused | { readonly kind: 'there'; readonly refused: Refused }> {
  const found = await openService(desk, name);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };
  const { live } = found;
  const rule = keyOfNamed(live, asked.options.rule);
  const named = namedBy(live, [rule ?? defaultRule]);
  const { waiting } = await desk.changes.lines([live.object]);
  const start = startBehind(live, waiting, rule ?? defaultRule);
  const planWith = (from: RampSteps) =>
    planRamp(
      live,
      { version: asked.version, steps: from, rule },
      { start, mayOverrideOwner: mayOverrideOwner(desk, named) },
    );
  const whole = planWith(steps);
  const [, next, ...later] = steps;
  const isThere =
    names.length > 1 && whole.kind === 'refused' && whole.step === 1 && whole.refusal.reason === 'already-there';
  if (isThere && next === undefined) return { kind: 'there', refused: { ...whole, kind: 'ramp-refused', name } };
  const plan = isThere && next !== undefined ? planWith([next, ...later]) : whole;
  const leftOut = isThere ? 1 : 0;
  if (plan.kind === 'refused') return { ...plan, step: plan.step + leftOut, kind: 'ramp-refused', name };
  const warnings = [...plan.warnings, ...(await warningsOf(desk, live, plan))];
  const refusal =
    unlessInsisted(name, live.object, warnings) ??
    withoutPods(desk, { named, warnings, anyway: asked.options.anyway === true });
  if (refusal !== undefined) return { kind: 'ramp-refused', name, refusal, step: 1 };
  return { kind: 'part', live, plan: { ...plan, warnings }, waiting: waiting.length, leftOut };
}

async function warningsOf(
  desk: Desk,
  live: LiveObject,
  { before, steps }: PlannedRamp,
): Promise<readonly PlanWarning[]> {
  const last = steps.at(-1) ?? steps[0];
  const ends = before.map(({ rule, split }, at) => ({ rule, from: split, to: last.to[at]?.split ?? split }));
  return [...(await warnOfReach(desk, live, before)), ...(await warnOfPods(desk, live, ends))];
}
