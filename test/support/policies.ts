import { readDuration } from '../../src/domain/language/duration.ts';
import type { Hours } from '../../src/domain/policy/hours.ts';
import type { Ask } from '../../src/domain/policy/judge.ts';
import type { AskOfObject } from '../../src/domain/policy/judge-object.ts';
import type { MaxStep } from '../../src/domain/policy/pace.ts';
import type { Policy, PolicyRule } from '../../src/domain/policy/policy.ts';
import { type RampAsk, rampAskOf } from '../../src/domain/policy/ramps/ramp-ask.ts';
import type { NamedRamp } from '../../src/domain/policy/ramps/ramp-rule.ts';
import { type Hosts, namesOf } from '../../src/domain/policy/targets.ts';
import { readHours } from '../../src/policy-file/hours-text.ts';
import { readNamedSteps } from '../../src/policy-file/ramp-steps.ts';
import { readPolicy } from '../../src/policy-file/read-policy.ts';
import { reviewsObject } from './builders.ts';

/** A rule in line 1 that lets everybody shift everything. */
export function policyRule(overrides: Partial<PolicyRule> = {}): PolicyRule {
  return {
    name: 'all',
    line: 1,
    target: '**',
    channels: undefined,
    shift: [{ kind: 'everyone' }],
    approve: undefined,
    maxStep: undefined,
    rollback: { also: [], only: undefined, approve: false, duringFreeze: true },
    duringFreeze: [],
    overrideOwner: false,
    withoutPods: false,
    ...overrides,
  };
}

/** Alice, a full member, gives a version half of `reviews`. */
export function ask(overrides: Partial<Ask> = {}): Ask {
  return {
    who: { id: 'U01ALICE', standing: { kind: 'member' } },
    channel: 'C01CHANNEL',
    targets: ['sandbox/default/reviews'],
    deed: 'shift',
    growth: { step: 50, reached: 50 },
    at: new Date('2026-11-25T12:00:00Z'), // a Wednesday
    holds: [],
    memberships: new Map(),
    ...overrides,
  };
}

/** So many points, within the time that a policy file gives it if it says none. */
export function step(points: number): MaxStep {
  return { points, everyMs: 60_000 };
}

/** The same about `reviews` with these hosts, which lies in `sandbox/default`. */
export function askOfObject(
  { targets: _, ...asked }: Ask,
  { hosts = ['reviews'], routed = [], name = 'reviews' }: Partial<Hosts> & { readonly name?: string } = {},
): AskOfObject {
  return { ...asked, names: namesOf({ object: { ...reviewsObject, name }, hosts, routed }) };
}

/** A ramp of the policy file, in line 1. */
export function namedRamp(name: string, text: string, every?: string): NamedRamp {
  const read = readNamedSteps(text, every === undefined ? undefined : readDuration(every));
  if (!read.ok) throw new Error(read.wrong);
  return { name, steps: read.steps, text: every === undefined ? text : `${text} every ${every}`, line: 1 };
}

/** A ramp with these steps from v1 to v3, as policy is asked about it. `has`: what v3 has before. */
export function rampOf(
  { steps: [first, ...more] }: Pick<NamedRamp, 'steps'>,
  { guards = true, has = 0 }: { readonly guards?: boolean; readonly has?: number } = {},
): RampAsk {
  const split = (percent: number) => ({ v1: 100 - percent, v3: percent });
  const planned = ({ percent, stay }: NamedRamp['steps'][number]) => ({ to: split(percent), stay });
  return rampAskOf({ origin: split(has), steps: [planned(first), ...more.map(planned)], guards });
}

export function hours(text: string): Hours {
  const read = readHours(text);
  if (!read.ok) throw new Error(read.wrong);
  return read.hours;
}

/** The policy of a file. */
export function policyOf(text: string): Policy {
  const read = readPolicy(Buffer.from(text));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.policy;
}

/** Everybody may ask, and so many of these have to approve what gives a version 25 % or more. */
export function approvedBy(ids: readonly string[], count = 1, more = ''): Policy {
  const approve = `{ by: [sre], count: ${count}, from: 25, expires: 30m }`;
  return policyOf(`groups: { sre: [${ids.join(', ')}] }
rules: [{ name: r, target: "**", shift: [everyone], approve: ${approve}${more} }]`);
}
