import type { Ask } from '../../src/domain/policy/judge.ts';
import type { Policy, PolicyRule } from '../../src/domain/policy/policy.ts';
import { readPolicy } from '../../src/policy-file/read-policy.ts';

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
