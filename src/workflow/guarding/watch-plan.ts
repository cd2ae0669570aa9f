import { rulesDeciding } from '../../domain/policy/deciding.ts';
import { defaultGuard, type GuardRule, strictest } from '../../domain/policy/ramps/guard-rule.ts';
import { type Named, namesOf } from '../../domain/policy/targets.ts';
import { canaryOf } from '../../domain/ramp/direction.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { isAtOnce } from '../../domain/ramp/steps.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import type { Desk } from '../desk.ts';
import type { AskedRamp } from '../ramping/ramp-answer.ts';
import { type Foresight, foresee } from './outlook.ts';
import { inTheWayOf, othersIn } from './surroundings.ts';

/** A step that guards cannot look at twice says nothing, so it is not watched. */
export function tooShort(
  steps: Ramp['steps'],
  { shortestMs }: Foresight,
): { readonly step: number; readonly shortestMs: number } | undefined {
  if (shortestMs === undefined) return undefined;
  const at = steps.findIndex(({ stay }) => stay.kind === 'for' && !isAtOnce(stay) && stay.ms < shortestMs);
  return at < 0 ? undefined : { step: at + 1, shortestMs };
}

/** How the guards watch a ramp where the requests of all its clusters are counted, unless they are turned off: as the strictest rule has it. */
export function guardRuleFor(
  { policies, countedClusters }: Pick<Desk, 'policies' | 'countedClusters'>,
  { options }: Pick<AskedRamp, 'options'>,
  touched: readonly Named[],
): GuardRule | undefined {
  const isCounted = touched.every(({ object }) => countedClusters.includes(object.cluster));
  if (options.noGuard === true || !isCounted) return undefined;
  const deciding = touched.flatMap((named) => rulesDeciding(policies.current(), namesOf(named)));
  return strictest(deciding.map(({ rule }) => rule?.guard ?? defaultGuard));
}

/** A request is slow by what the last hour was like, and no result of the ramp may affect that: without an answer it cannot begin. */
export function cannotBeFixed(rule: GuardRule | undefined, foresight: Foresight | undefined): boolean {
  return rule?.latency !== undefined && foresight?.isUnreachable === true;
}

/** What is known before the ramp begins, and fixed then. */
export async function foresightOf(
  desk: Desk,
  live: LiveObject,
  planned: Pick<Ramp, 'before' | 'steps'>,
  { errors, latency }: GuardRule,
): Promise<Foresight> {
  const [{ rule: key, split }] = planned.before;
  const canary = canaryOf(planned);
  const others = Object.keys(split).filter((version) => !canary.includes(version));
  const guards = 2 + (errors.atMost === undefined ? 0 : 1) + (latency === undefined ? 0 : 1);
  const rule = findRule(live, key);
  const versions = rule && [...canary, ...othersIn(rule, canary)];
  const [foreseen, inTheWay] = await Promise.all([
    foresee(desk, { live, rule: key, steps: planned.steps, guards, ...(latency !== undefined && { others }) }),
    rule && versions && inTheWayOf(desk, { live, rule, versions }),
  ]);
  return { ...foreseen, ...(inTheWay !== undefined && { inTheWay }) };
}
