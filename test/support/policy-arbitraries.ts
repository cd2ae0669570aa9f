import fc from 'fast-check';
import type { Freeze, Hold } from '../../src/domain/policy/freeze.ts';
import type { Membership, Standing, Who } from '../../src/domain/policy/groups.ts';
import { type Ask, deeds } from '../../src/domain/policy/judge.ts';
import type { PolicyRule } from '../../src/domain/policy/policy.ts';
import { defaultGuard } from '../../src/domain/policy/ramps/guard-rule.ts';
import { ask, hours, namedRamp, policyRule, rampOf } from './policies.ts';

export const alice: Who = { kind: 'user', id: 'U01ALICE' };
export const bob: Who = { kind: 'user', id: 'U02BOB' };
export const sre: Who = { kind: 'group', name: 'sre', users: ['U02BOB', 'U03CAROL'] };
export const payments: Who = { kind: 'usergroup', name: 'payments', id: 'S01PAY' };
export const approve = { by: [sre], count: 2, from: 25, expiresMs: 1_800_000 };
export const careful = namedRamp('careful', '1, 5, 25, 50, 100', '10m');
export const quick = namedRamp('quick', '25, 100', '1m');
export const at = ask().at;

/** A freeze that is always in force, or never. */
export function freeze(overrides: Partial<Freeze> = {}, holds = true): Freeze {
  return {
    name: 'weekend',
    target: '**',
    begins: { after: (after) => (holds && after < at ? new Date(at.getTime() - 1_000) : undefined) },
    lastsMs: 3_600_000,
    timezone: 'UTC',
    except: { rollback: true, who: [] },
    line: 9,
    ...overrides,
  };
}

export function hold(overrides: Partial<Hold> = {}): Hold {
  return { kind: 'lock', by: 'U02BOB', except: { rollback: false, who: [bob] }, ...overrides };
}

export function known(...users: readonly string[]): ReadonlyMap<string, Membership> {
  return new Map([['S01PAY', { kind: 'known', users: new Set(users) }]]);
}

export function by(id: string, kind: Exclude<Standing['kind'], 'unknown'> = 'member'): Ask['who'] {
  return { id, standing: { kind } };
}

const anId = fc.constantFrom('U01ALICE', 'U02BOB', 'U03CAROL', 'U04');
const aWho = fc.oneof(
  fc.constantFrom<Who>(sre, payments, { kind: 'everyone' }),
  anId.map((id): Who => ({ kind: 'user', id })),
);
const someWho = fc.array(aWho, { maxLength: 3 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const aRule = fc
  .record({
    target: fc.constantFrom('**', 'sandbox/**', 'prod/**', '*/*/reviews'),
    channels: maybe(fc.subarray(['C01CHANNEL', 'C02'], { minLength: 1 })),
    shift: someWho,
    approve: maybe(
      fc.record({ by: someWho, count: fc.integer({ min: 1, max: 3 }), from: fc.nat(100), expiresMs: fc.constant(1) }),
    ),
    maxStep: maybe(fc.record({ points: fc.integer({ min: 1, max: 100 }), everyMs: fc.constantFrom(15_000, 600_000) })),
    rollback: fc.record({ also: someWho, only: maybe(someWho), approve: fc.boolean(), duringFreeze: fc.boolean() }),
    duringFreeze: someWho,
    overrideOwner: fc.boolean(),
    withoutPods: fc.constant(false), // no judgement asks for it
    ramp: maybe(fc.record({ only: fc.boolean(), noSteeperThan: maybe(fc.constantFrom(careful, quick)) })),
    guard: maybe(fc.boolean().map((mayBeOff) => ({ ...defaultGuard, mayBeOff }))),
    hours: maybe(fc.constantFrom(hours('Mon-Fri 9-17 UTC'), hours('Mon-Fri 9-11 UTC'))),
  })
  .map((rule) => policyRule(rule));
const aFreeze = fc
  .record({ rollback: fc.boolean(), who: someWho, holds: fc.boolean() })
  .map(({ rollback, who, holds }) => freeze({ except: { rollback, who } }, holds));
export const aPolicy = fc.record({
  rules: maybe(fc.array(aRule, { minLength: 1, maxLength: 3 })),
  freezes: fc.array(aFreeze, { maxLength: 2 }),
  ramps: fc.constant(new Map([careful, quick].map((each) => [each.name, each]))),
  sequences: fc.constant(new Map()),
});
const aStanding = fc.constantFrom<Standing['kind']>('member', 'guest', 'bot', 'outsider', 'deactivated', 'unknown');
const aRise = fc.record({
  version: fc.constantFrom('v1', 'v3'),
  points: fc.integer({ min: 1, max: 100 }),
  earlier: fc.array(
    fc.record({
      points: fc.integer({ min: -50, max: 50 }),
      at: fc.nat(1_200_000).map((ms) => new Date(ask().at.getTime() - ms)),
    }),
    { maxLength: 3 },
  ),
});
export const anAsk = fc
  .record({
    who: fc.record({ id: anId, standing: aStanding.map((kind): Standing => ({ kind, why: 'so' })) }),
    channel: fc.constantFrom('C01CHANNEL', 'C02'),
    deed: fc.constantFrom(...deeds),
    goesBack: maybe(fc.boolean()),
    rises: maybe(fc.array(aRise, { maxLength: 2 })),
    growth: maybe(fc.record({ step: fc.nat(100), reached: fc.nat(100), isAtLeast: fc.boolean() })),
    ramp: maybe(
      fc
        .record({ named: fc.constantFrom(careful, quick), guards: fc.boolean() })
        .map(({ named, guards }) => rampOf(named, { guards })),
    ),
    requester: maybe(anId),
    holds: fc.array(fc.constantFrom(hold(), hold({ kind: 'freeze' })), { maxLength: 2 }),
    memberships: fc.constantFrom(known(), known('U01ALICE'), known('U04', 'U02BOB'), new Map<string, Membership>()),
  })
  .map((asked) => ask(asked));

/** The rule with a right less or a limit more. */
export function fewer(rule: PolicyRule, which: number): PolicyRule {
  const narrowed = [
    { ...rule, shift: rule.shift.slice(1) },
    { ...rule, channels: rule.channels?.slice(1) ?? ['C03'] },
    { ...rule, maxStep: { points: 1, everyMs: rule.maxStep?.everyMs ?? 600_000 } },
    { ...rule, maxStep: { points: rule.maxStep?.points ?? 100, everyMs: 86_400_000 } },
    { ...rule, overrideOwner: false },
    { ...rule, duringFreeze: [] },
    { ...rule, rollback: { ...rule.rollback, also: [] } },
    { ...rule, rollback: { ...rule.rollback, only: [] } },
    { ...rule, rollback: { ...rule.rollback, duringFreeze: false } },
    { ...rule, rollback: { ...rule.rollback, approve: true } },
    { ...rule, approve: rule.approve && { ...rule.approve, from: 0 } },
    { ...rule, approve: rule.approve && { ...rule.approve, by: rule.approve.by.slice(1) } },
    { ...rule, ramp: { ...rule.ramp, only: true } },
    { ...rule, guard: undefined },
    { ...rule, hours: hours('Sun 0-1 UTC') },
  ];
  return narrowed[which] ?? rule;
}
