import { nextOpening, withinHours } from '../hours.ts';
import type { Policy, PolicyRule } from '../policy.ts';
import type { Growth } from '../targets.ts';
import { type RampAsk, timed } from './ramp-ask.ts';
import type { NamedRamp } from './ramp-rule.ts';
import { type TooSteep, tooSteep } from './steepness.ts';

/** Why traffic may not go up in this way, or not now. */
export const upwardReasons = ['ramp-only', 'too-steep', 'guard-required', 'outside-hours'] as const;

export type UpwardDenial =
  | RampOnly
  | ({ readonly reason: 'too-steep'; readonly bound: RampTold } & TooSteep)
  | { readonly reason: 'guard-required' }
  /** A ramp waits until `opens`. To know what else is in the way of it, ask again as of then. */
  | { readonly reason: 'outside-hours'; readonly hours: string; readonly timezone: string; readonly opens: Date };

interface RampOnly {
  readonly reason: 'ramp-only';
  /** No ramp may be steeper than this one. */
  readonly bound?: RampTold | undefined;
  /** Those of the file that may be typed. */
  readonly ramps: readonly RampTold[];
  /** False: more than weights, which no ramp can do, and no approval could make up for that. */
  readonly isMeasured: boolean;
}

/** What people are told of a ramp of the file. */
export type RampTold = Pick<NamedRamp, 'name' | 'text'>;

/** Traffic that goes up, by a single shift or by a step of a ramp. */
export interface Upward {
  readonly policy: Pick<Policy, 'ramps'>;
  readonly rule: PolicyRule;
  readonly growth?: Growth | undefined;
  readonly ramp?: RampAsk | undefined;
  readonly at: Date;
}

/** A ramp of one step is a single shift that is watched. It counts as a ramp only where `noSteeperThan` limits it. */
export function rampIsWanted({ policy, rule, growth, ramp }: Upward): UpwardDenial | undefined {
  if (rule.ramp?.only !== true) return undefined;
  const { noSteeperThan: bound } = rule.ramp;
  if (ramp !== undefined && (ramp.steps.length > 1 || bound !== undefined)) return undefined;
  const isMeasured = growth === undefined || growth.step > 0;
  if (!isMeasured && rule.approve !== undefined) return undefined; // an approver looks at it instead
  const ramps = [...policy.ramps.values()].filter(
    ({ steps }) => bound === undefined || tooSteep(timed(bound.steps), timed(steps)) === undefined,
  );
  return { reason: 'ramp-only', bound: bound && toldOf(bound), ramps: ramps.map(toldOf), isMeasured };
}

export function rampIsTooSteep({ rule, ramp }: Upward): UpwardDenial | undefined {
  const bound = rule.ramp?.noSteeperThan;
  const found = bound && ramp && tooSteep(timed(bound.steps), ramp.steps);
  if (bound === undefined || found === undefined || ramp === undefined) return undefined;
  return { reason: 'too-steep', bound: toldOf(bound), ...found, step: found.step + ramp.first - 1 };
}

export function guardIsRequired({ rule, ramp }: Upward): UpwardDenial | undefined {
  return ramp === undefined || ramp.guards || rule.guard?.mayBeOff ? undefined : { reason: 'guard-required' };
}

export function hoursAreOver({ rule: { hours }, at }: Upward): UpwardDenial | undefined {
  if (hours === undefined || withinHours(hours, at)) return undefined;
  const { text, timezone } = hours;
  return { reason: 'outside-hours', hours: text, timezone, opens: nextOpening(hours, at) };
}

function toldOf({ name, text }: NamedRamp): RampTold {
  return { name, text };
}
