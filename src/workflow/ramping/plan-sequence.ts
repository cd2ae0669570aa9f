import type { Change } from '../../domain/change/change.ts';
import { rulesOfAll, startBehind } from '../../domain/change/plan-weights.ts';
import { type PlanOfRamp, planRamp } from '../../domain/ramp/plan-ramp.ts';
import type { PlannedStep } from '../../domain/ramp/ramp.ts';
import { inSequence } from '../../domain/ramp/sequence.ts';
import type { RampSteps } from '../../domain/ramp/steps.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import { defaultRule, type LiveObject } from '../../domain/routing/route.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import { objectsOfAll } from '../asking/objects-of-all.ts';
import { unlessInsisted, warnOfReach, withoutPods } from '../asking/plan.ts';
import { warnOfPods } from '../asking/pods.ts';
import type { Desk } from '../desk.ts';
import { mayOverrideOwner, namedBy } from '../judging/judge-live.ts';
import type { AskedRamp, RampAnswer } from './ramp-answer.ts';

type PlannedRamp = Extract<PlanOfRamp, { kind: 'planned' }>;
type Refused = Extract<RampAnswer, { kind: 'not-found' | 'ramp-refused' }>;

/** What a ramp would do to one object. */
interface Part {
  readonly kind: 'part';
  readonly live: LiveObject;
  readonly plan: PlannedRamp;
  /** What waits before its first step. */
  readonly inLine: readonly Change[];
}

/** Nothing of it is to be moved. */
interface There {
  readonly kind: 'there';
  readonly refused: Refused;
}

/** A ramp that can be made, from what is live in each of its clusters. */
export interface PlannedSequence {
  readonly kind: 'planned';
  readonly plan: Pick<PlannedRamp, 'version' | 'before' | 'steps'>;
  readonly warnings: readonly PlanWarning[];
  /** The objects that it moves, in the order of its clusters. */
  readonly lives: readonly [LiveObject, ...LiveObject[]];
  /** How many changes wait before the first step. */
  readonly waiting: number;
  /** All that waits for any of the objects, in the order of each. */
  readonly inLine: readonly Change[];
}

interface Wish {
  readonly asked: AskedRamp;
  readonly steps: RampSteps;
  /** The service in each cluster. */
  readonly names: readonly [ServiceName, ...ServiceName[]];
}

/** Plans all steps in all clusters. What has the share of all steps already is left out. */
export async function planSequence(desk: Desk, wish: Wish): Promise<PlannedSequence | Refused> {
  const all = (await Promise.all(wish.names.map((name) => planIn(desk, wish, name)))).flat();
  const refused = all.find((each) => each.kind !== 'part' && each.kind !== 'there');
  if (refused !== undefined) return refused;
  const parts = all.flatMap((each) => (each.kind === 'part' ? [each] : []));
  const [first, ...more] = parts;
  if (first === undefined) {
    const [there] = all.flatMap((each) => (each.kind === 'there' ? [each.refused] : []));
    if (there === undefined) throw new Error('a ramp is planned in at least one cluster');
    return there;
  }
  const inClusters = [...Map.groupBy(parts, ({ live }) => live.object.cluster).values()].map(together);
  const [one, ...others] = inClusters;
  const plan =
    one === undefined || others.length === 0 ? (one ?? first.plan) : inSequence([one, ...others], wish.steps);
  return {
    kind: 'planned',
    plan: { ...plan, version: first.plan.version },
    warnings: parts.flatMap((each) => each.plan.warnings),
    lives: [first.live, ...more.map(({ live }) => live)],
    waiting: first.inLine.length,
    inLine: [...new Map(parts.flatMap(({ inLine }) => inLine.map((change) => [change.id, change]))).values()],
  };
}

/** The objects of one cluster, each step in all of them. */
function together(parts: readonly Part[]): Pick<PlannedRamp, 'before' | 'steps'> {
  const [first, ...more] = parts.map(({ plan }) => plan);
  if (first === undefined) throw new Error('a group has at least one part');
  const inAll = (step: PlannedStep, at: number): PlannedStep => {
    const [head, ...tail] = step.to;
    return { ...step, to: [head, ...tail, ...more.flatMap(({ steps }) => steps[at]?.to ?? [])] };
  };
  const [head, ...tail] = first.before;
  const [step, ...later] = first.steps;
  return {
    before: [head, ...tail, ...more.flatMap(({ before }) => before)],
    steps: [inAll(step, 0), ...later.map((each, at) => inAll(each, at + 1))],
  };
}

/** With `--all-routes` all objects by which requests for the service come; else its one. */
async function planIn(desk: Desk, wish: Wish, name: ServiceName): Promise<readonly (Part | Refused | There)[]> {
  const { options } = wish.asked;
  const found = await desk.mesh.find(name);
  if (options.allRules !== true || (found.kind !== 'found' && found.kind !== 'several')) {
    if (found.kind !== 'found') return [{ kind: 'not-found', name, found }];
    const isOneOfMany = wish.names.length > 1;
    return [await planOf(desk, wish, { name, object: found.object, isOneOfMany })];
  }
  const objects = await objectsOfAll(desk, name, found.kind === 'found' ? [found.object] : found.objects);
  const isOneOfMany = wish.names.length > 1 || objects.length > 1;
  return Promise.all(objects.map((each) => planOf(desk, wish, { name, ...each, isOneOfMany })));
}

interface About {
  readonly name: ServiceName;
  readonly object: ObjectRef;
  /** With `--all-routes` the rules that are meant, where it is not all that split. */
  readonly among?: readonly string[] | undefined;
  readonly isOneOfMany: boolean;
}

async function planOf(
  desk: Desk,
  { asked, steps }: Wish,
  { name, object, among, isOneOfMany }: About,
): Promise<Part | Refused | There> {
  const { live } = await desk.mesh.open(object);
  if (live === undefined) return { kind: 'not-found', name, found: { kind: 'gone', object } };
  const { options, version } = asked;
  const meant = options.allRules === true ? rulesOfAll(live, among) : [keyOfNamed(live, options.rule)];
  if ('kind' in meant) return { kind: 'there', refused: { ...meant, kind: 'ramp-refused', name, step: 1 } };
  const { waiting } = await desk.changes.lines([object]);
  const [first, ...more] = meant.map((rule) => ({ rule, start: startBehind(live, waiting, rule ?? defaultRule) }));
  const named = namedBy(
    live,
    meant.map((rule) => rule ?? defaultRule),
  );
  const how = { mayOverrideOwner: mayOverrideOwner(desk, named), isOneOfMany };
  const plan = planRamp(live, { version, steps, rules: [first ?? {}, ...more] }, how);
  if (plan.kind === 'refused') {
    const refused: Refused = { ...plan, kind: 'ramp-refused', name };
    return isOneOfMany && plan.refusal.reason === 'already-there' ? { kind: 'there', refused } : refused;
  }
  const warnings = [...plan.warnings, ...(await warningsOf(desk, live, plan))];
  const refusal =
    unlessInsisted(name, live.object, warnings) ??
    withoutPods(desk, { named, warnings, anyway: options.anyway === true });
  if (refusal !== undefined) return { kind: 'ramp-refused', name, refusal, step: 1 };
  return { kind: 'part', live, plan: { ...plan, warnings }, inLine: waiting };
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
