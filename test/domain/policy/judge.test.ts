import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Freeze } from '../../../src/domain/policy/freeze.ts';
import type { Who } from '../../../src/domain/policy/groups.ts';
import {
  type Ask,
  type Denial,
  type DenialReason,
  denialReasons,
  judge,
  judgeReach,
} from '../../../src/domain/policy/judge.ts';
import { together } from '../../../src/domain/policy/judge-object.ts';
import { noPolicy, type Policy, type PolicyRule } from '../../../src/domain/policy/policy.ts';
import { ask, policyRule, step } from '../../support/policies.ts';
import {
  alice,
  anAsk,
  aPolicy,
  approve,
  bob,
  by,
  fewer,
  freeze,
  hold,
  known,
  payments,
  sre,
} from '../../support/policy-arbitraries.ts';

/** `allowed`, `needs-approval`, or the reason of the denial. */
function outcome(policy: Policy, asked: Ask): string {
  const { verdict } = judge(policy, asked);
  return verdict.kind === 'refused' ? verdict.denial.reason : verdict.kind;
}

function under(rule: Partial<PolicyRule> = {}, asked: Partial<Ask> = {}, freezes: readonly Freeze[] = []): string {
  return outcome({ ...noPolicy, rules: [policyRule(rule)], freezes }, ask(asked));
}

describe('without a policy file', () => {
  it.each`
    standing                                         | deed          | says
    ${{ kind: 'member' }}                            | ${'shift'}    | ${'allowed'}
    ${{ kind: 'member' }}                            | ${'rollback'} | ${'allowed'}
    ${{ kind: 'outsider' }}                          | ${'shift'}    | ${'outsider'}
    ${{ kind: 'outsider' }}                          | ${'rollback'} | ${'outsider'}
    ${{ kind: 'guest' }}                             | ${'shift'}    | ${'guest'}
    ${{ kind: 'bot' }}                               | ${'shift'}    | ${'bot'}
    ${{ kind: 'deactivated' }}                       | ${'shift'}    | ${'deactivated'}
    ${{ kind: 'unknown', why: 'it did not answer' }} | ${'shift'}    | ${'person-unknown'}
  `('a $standing.kind who wants to $deed gets: $says', ({ standing, deed, says }) => {
    expect(outcome(noPolicy, ask({ who: { id: 'U01ALICE', standing }, deed }))).toBe(says);
  });

  it('objects that another controller owns, or that are locked or frozen, are not changed', () => {
    expect(outcome(noPolicy, ask({ holds: [hold()] }))).toBe('locked');
    expect(outcome(noPolicy, ask({ holds: [hold({ kind: 'freeze' })] }))).toBe('frozen');
  });
});

describe('the rule that decides', () => {
  const rules = [
    policyRule({ name: 'payments', line: 2, target: 'prod-*/payments/*', shift: [bob] }),
    policyRule({ name: 'prod', line: 5, target: 'prod-*/**', maxStep: step(10) }),
    policyRule({ name: 'reviews', line: 8, target: '*/*/reviews' }),
  ];

  it.each`
    targets                                                 | rule                             | says
    ${['prod-eu/payments/api']}                             | ${{ name: 'payments', line: 2 }} | ${'not-allowed'}
    ${['prod-eu/default/api']}                              | ${{ name: 'prod', line: 5 }}     | ${'step-too-large'}
    ${['test/default/reviews']}                             | ${{ name: 'reviews', line: 8 }}  | ${'allowed'}
    ${['test/default/ratings']}                             | ${undefined}                     | ${'no-rule'}
    ${['test/default/reviews', 'prod-eu/payments/reviews']} | ${{ name: 'payments', line: 2 }} | ${'not-allowed'}
  `('for $targets is the first that matches any of its names: $says', ({ targets, rule, says }) => {
    const policy = { ...noPolicy, rules };

    expect(judge(policy, ask({ targets })).rule).toEqual(rule);
    expect(outcome(policy, ask({ targets }))).toBe(says);
  });
});

describe('what a rule says', () => {
  it.each<[string, Partial<PolicyRule>, Partial<Ask>, string]>([
    ['everyone may', {}, {}, 'allowed'],
    ['nobody may', { shift: [] }, {}, 'not-allowed'],
    ['she may', { shift: [alice] }, {}, 'allowed'],
    ['another may', { shift: [bob] }, {}, 'not-allowed'],
    ['her group may', { shift: [sre] }, { who: by('U03CAROL') }, 'allowed'],
    ['another group may', { shift: [sre] }, {}, 'not-allowed'],
    ['her user group may', { shift: [payments] }, { memberships: known('U01ALICE') }, 'allowed'],
    ['another user group may', { shift: [payments] }, { memberships: known('U02BOB') }, 'not-allowed'],
    ['a user group of unknown members may', { shift: [payments] }, {}, 'membership-unknown'],
    ['one of two groups may, and one is unknown', { shift: [payments, alice] }, {}, 'allowed'],
    ['in her channel', { channels: ['C01CHANNEL'] }, {}, 'allowed'],
    ['in another channel', { channels: ['C02'] }, {}, 'wrong-channel'],
    ['in another channel, also for a rollback', { channels: ['C02'] }, { deed: 'rollback' }, 'wrong-channel'],
    ['a guest, as everyone', {}, { who: by('U09', 'guest') }, 'guest'],
    [
      'a guest, by a user group',
      { shift: [payments] },
      { who: by('U09', 'guest'), memberships: known('U09') },
      'guest',
    ],
    ['a guest, by id', { shift: [{ kind: 'user', id: 'U09' }] }, { who: by('U09', 'guest') }, 'allowed'],
    ['a bot, by a group of ids', { shift: [sre] }, { who: by('U02BOB', 'bot') }, 'allowed'],
    ['an outsider, by id', { shift: [bob] }, { who: by('U02BOB', 'outsider') }, 'allowed'],
    ['an outsider, by id for rollbacks', { rollback: also(bob) }, { who: by('U02BOB', 'outsider') }, 'outsider'],
    ['a deactivated person, by id', { shift: [bob] }, { who: by('U02BOB', 'deactivated') }, 'deactivated'],
    [
      'an unknown person, by id',
      { shift: [bob] },
      { who: { id: 'U02BOB', standing: { kind: 'unknown', why: '' } } },
      'allowed',
    ],
    ['a step of maxStep', { maxStep: step(50) }, {}, 'allowed'],
    ['a step over maxStep', { maxStep: step(49) }, {}, 'step-too-large'],
    ['a promotion over maxStep', { maxStep: step(49) }, { deed: 'promote' }, 'step-too-large'],
    [
      'a step that may be larger',
      { maxStep: step(50) },
      { growth: { step: 0, reached: 100, isAtLeast: true } },
      'step-unmeasured',
    ],
    [
      'a step that may be larger, with an approval',
      { maxStep: step(50), approve },
      { growth: { step: 0, reached: 100, isAtLeast: true } },
      'needs-approval',
    ],
    ['a step back of any size', { maxStep: step(1) }, { deed: 'rollback' }, 'allowed'],
    ['a share under the limit', { approve }, { growth: { step: 24, reached: 24.9 } }, 'allowed'],
    ['a share at the limit', { approve }, { growth: { step: 1, reached: 25 } }, 'needs-approval'],
    ['an unknown share', { approve }, { growth: undefined }, 'needs-approval'],
    ['any share', { approve: { ...approve, from: 0 } }, { growth: { step: 0, reached: 0 } }, 'needs-approval'],
    ['a locked object', {}, { holds: [hold()] }, 'locked'],
    ['a locked object, for the person who locked it', {}, { holds: [hold()], who: by('U02BOB') }, 'allowed'],
    ['unlocking a locked object', {}, { holds: [hold()], deed: 'unlock' }, 'allowed'],
    ['a freeze that people set', {}, { holds: [hold({ kind: 'freeze' })] }, 'frozen'],
  ])('%s', (_, rule, asked, says) => {
    expect(under(rule, asked)).toBe(says);
  });
});

describe('a rollback', () => {
  it.each<[string, Partial<PolicyRule>, Partial<Ask>, readonly Freeze[], string]>([
    ['is for everyone who may shift, without approval', { approve }, {}, [], 'allowed'],
    ['is not for people who may not shift', { shift: [bob] }, {}, [], 'not-allowed'],
    ['is for those the rule adds', { shift: [bob], rollback: also(alice) }, {}, [], 'allowed'],
    ['is for those in `only`', { shift: [bob], rollback: { ...also(), only: [alice] } }, {}, [], 'allowed'],
    ['is for nobody outside `only`', { rollback: { ...also(), only: [bob] } }, {}, [], 'not-allowed'],
    [
      'needs approval if the rule says so',
      { approve, rollback: { ...also(), approve: true } },
      {},
      [],
      'needs-approval',
    ],
    ['is allowed during a freeze', {}, {}, [freeze()], 'allowed'],
    ['is stopped by a freeze without exceptions', {}, {}, [freeze({ except: { rollback: false, who: [] } })], 'frozen'],
    [
      'is stopped by a freeze if the rule says so',
      { rollback: { ...also(), duringFreeze: false } },
      {},
      [freeze()],
      'frozen',
    ],
    ['is stopped by a lock of somebody else', {}, { holds: [hold()] }, [], 'locked'],
    [
      'is allowed through a lock that lets rollbacks through',
      {},
      { holds: [hold({ except: { rollback: true, who: [] } })] },
      [],
      'allowed',
    ],
  ])('%s', (_, rule, asked, freezes, says) => {
    expect(under(rule, { deed: 'rollback', growth: { step: 100, reached: 100 }, ...asked }, freezes)).toBe(says);
  });
});

describe('a freeze', () => {
  it.each<[string, Partial<PolicyRule>, Partial<Ask>, Freeze, string]>([
    ['stops a shift', {}, {}, freeze(), 'frozen'],
    ['stops a promotion', {}, { deed: 'promote' }, freeze(), 'frozen'],
    ['stops nothing before its time', {}, {}, freeze({}, false), 'allowed'],
    ['stops nothing elsewhere', {}, {}, freeze({ target: 'prod/**' }), 'allowed'],
    ['lets those through that it excepts', {}, {}, freeze({ except: { rollback: true, who: [alice] } }), 'allowed'],
    ['lets those through that the rule excepts', { duringFreeze: [alice] }, {}, freeze(), 'allowed'],
    ['stops members of a group with unknown members', { duringFreeze: [payments] }, {}, freeze(), 'frozen'],
    [
      'lets members of a known group through',
      { duringFreeze: [payments] },
      { memberships: known('U01ALICE') },
      freeze(),
      'allowed',
    ],
    ['does not stop an approval', { approve: { ...approve, by: [alice] } }, { deed: 'approve' }, freeze(), 'allowed'],
  ])('%s', (_, rule, asked, frozen, says) => {
    expect(under(rule, asked, [frozen])).toBe(says);
  });
});

describe('an approval', () => {
  it.each<[string, Partial<PolicyRule>, Partial<Ask>, string]>([
    ['is for an approver', { approve }, { who: by('U02BOB') }, 'allowed'],
    ['is not for people who may only shift', { approve }, {}, 'not-allowed'],
    ['is not for the requester', { approve }, { who: by('U02BOB'), requester: 'U02BOB' }, 'own-request'],
    ['is not for an outsider', { approve }, { who: by('U09', 'outsider') }, 'outsider'],
    [
      'is not for a guest',
      { approve: { ...approve, by: [{ kind: 'everyone' }] } },
      { who: by('U09', 'guest') },
      'guest',
    ],
    ['is not for a bot', { approve: { ...approve, by: [{ kind: 'everyone' }] } }, { who: by('U09', 'bot') }, 'bot'],
    ['is not for people who left', { approve }, { who: by('U02BOB', 'deactivated') }, 'deactivated'],
    ['is for nobody if the rule asks for none', {}, {}, 'not-allowed'],
    ['is not given in another channel', { approve, channels: ['C02'] }, { who: by('U02BOB') }, 'wrong-channel'],
  ])('%s', (_, rule, asked, says) => {
    expect(under(rule, { deed: 'approve', requester: 'U07', ...asked })).toBe(says);
  });

  it('may be rejected by the requester if they are an approver', () => {
    expect(under({ approve }, { deed: 'reject', who: by('U02BOB'), requester: 'U02BOB' })).toBe('allowed');
    expect(under({ approve, maxStep: step(49) }, { deed: 'reject', who: by('U02BOB') })).toBe('allowed');
    expect(under({ approve, maxStep: step(49) }, { deed: 'approve', who: by('U02BOB') })).toBe('step-too-large');
  });
});

describe('a judgement', () => {
  it('names what an approval needs, and the rule that asks for it', () => {
    const policy = { ...noPolicy, rules: [policyRule({ name: 'payments', line: 12, approve })] };

    expect(judge(policy, ask()).verdict).toEqual({
      kind: 'needs-approval',
      needs: { by: [sre], count: 2, expiresMs: 1_800_000, rule: { name: 'payments', line: 12 } },
    });
  });

  it('lists the checks up to the one that decided', () => {
    const { findings } = judge({ ...noPolicy, rules: [policyRule({ maxStep: step(10), approve })] }, ask());

    expect(findings.map(({ check, says }) => `${check} ${says}`)).toEqual([
      'standing pass',
      'rule pass',
      'channel pass',
      'right pass',
      'four-eyes pass',
      'lock pass',
      'freeze pass',
      'ramp pass',
      'steepness pass',
      'guard pass',
      'step refuse',
    ]);
  });

  it('gives the most severe reason first', () => {
    const policy = {
      ...noPolicy,
      rules: [policyRule({ channels: ['C02'], shift: [bob], maxStep: step(1), approve })],
      freezes: [freeze()],
    };
    const all = ask({ who: by('U09', 'guest'), holds: [hold()] });

    expect(outcome(policy, all)).toBe('guest');
    expect(outcome(policy, { ...all, who: by('U09') })).toBe('wrong-channel');
    expect(outcome(policy, { ...all, who: by('U09'), channel: 'C02' })).toBe('not-allowed');
    expect(outcome(policy, { ...all, who: by('U02BOB', 'guest'), channel: 'C02' })).toBe('frozen');
  });

  /** How much a verdict allows. */
  function leave(policy: Policy, asked: Ask): number {
    return ['refused', 'needs-approval', 'allowed'].indexOf(judge(policy, asked).verdict.kind);
  }

  it('never allows more when a right is removed or a limit is added', () => {
    fc.assert(
      fc.property(aPolicy, anAsk, fc.nat(14), (policy, asked, which) => {
        const narrowed = { ...policy, rules: policy.rules?.map((rule) => fewer(rule, which)) };

        expect(leave(narrowed, asked)).toBeLessThanOrEqual(leave(policy, asked));
      }),
      { numRuns: 3_000 },
    );
  });

  it('never allows more when less is known about people, or something is locked or frozen', () => {
    fc.assert(
      fc.property(aPolicy, anAsk, (policy, asked) => {
        const before = leave(policy, asked);

        expect(leave(policy, { ...asked, memberships: new Map() })).toBeLessThanOrEqual(before);
        expect(leave(policy, { ...asked, holds: [...asked.holds, hold()] })).toBeLessThanOrEqual(before);
        expect(leave({ ...policy, freezes: [...policy.freezes, freeze()] }, asked)).toBeLessThanOrEqual(before);
        if (asked.who.standing.kind === 'member') {
          const { id } = asked.who;
          expect(leave(policy, { ...asked, who: by(id, 'guest') })).toBeLessThanOrEqual(before);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('of one object can give every reason of denial, and each denial names its rule', () => {
    const seen = new Map<DenialReason, Denial>();
    fc.assert(
      fc.property(aPolicy, anAsk, (policy, asked) => {
        const { verdict, rule } = judge(policy, asked);
        if (verdict.kind !== 'refused') return;
        seen.set(verdict.denial.reason, verdict.denial);
        expect(verdict.denial.rule).toEqual(rule);
      }),
      { numRuns: 10_000, seed: 7 },
    );

    const ofOlderVersions: readonly DenialReason[] = ['several-approvals'];
    expect([...seen.keys(), ...ofOlderVersions].toSorted()).toEqual([...denialReasons].toSorted());
  });
});

function also(...who: readonly Who[]): PolicyRule['rollback'] {
  return { also: who, only: undefined, approve: false, duringFreeze: true };
}

describe('several objects together', () => {
  const byEurope = policyRule({ name: 'eu', target: 'eu/**', line: 2, approve });
  const byStage = policyRule({ name: 'stage', target: 'stage/**', line: 3, approve });
  const policy = { ...noPolicy, rules: [byEurope, byStage, policyRule({ line: 4 })] };
  const judged = (...targets: readonly string[]) => {
    const [first, ...more] = targets.map((target) => judge(policy, ask({ targets: [target] })));
    if (first === undefined) throw new Error('nothing is judged');
    return together('shift', [first, ...more]);
  };

  it('are allowed if each one is', () => {
    expect(judged('us/a/b', 'us/a/c').verdict).toEqual({ kind: 'allowed' });
  });

  it('need the approval that one of them needs', () => {
    expect(judged('us/a/b', 'eu/a/b', 'eu/a/c').verdict).toMatchObject({
      kind: 'needs-approval',
      needs: { rule: { name: 'eu' } },
    });
  });

  it('need what each rule asks for, once for each rule', () => {
    expect(judged('stage/a/b', 'us/a/b', 'eu/a/b', 'eu/a/c').verdict).toEqual({
      kind: 'needs-approval',
      needs: {
        by: [sre],
        count: 2,
        expiresMs: 1_800_000,
        rule: { name: 'stage', line: 3 },
        also: [{ by: [sre], count: 2, rule: { name: 'eu', line: 2 } }],
      },
    });
  });

  it('are approved by whoever one of the rules lets', () => {
    const rules = [policyRule({ target: 'eu/**', line: 2, approve }), policyRule({ target: 'us/**', line: 3 })];
    const decided = (who: string, requester = 'U09') =>
      together('approve', [
        judge({ ...noPolicy, rules }, ask({ targets: ['us/a/b'], deed: 'approve', who: by(who), requester })),
        judge({ ...noPolicy, rules }, ask({ targets: ['eu/a/b'], deed: 'approve', who: by(who), requester })),
      ]).verdict;

    expect(decided('U02BOB')).toEqual({ kind: 'allowed' });
    expect(decided('U01ALICE')).toMatchObject({ denial: { reason: 'not-allowed', who: [sre] } });
    expect(decided('U02BOB', 'U02BOB')).toMatchObject({ denial: { reason: 'own-request' } });
  });

  it('are refused if one is, no matter what the others need', () => {
    const frozen = {
      ...policy,
      rules: [byEurope, policyRule({ line: 4, shift: [], target: 'stage/**' }), policyRule({ line: 5 })],
    };

    const verdicts = together('shift', [
      judge(frozen, ask({ targets: ['eu/a/b'] })),
      judge(frozen, ask({ targets: ['stage/a/b'] })),
    ]);

    expect(verdicts.verdict).toMatchObject({ kind: 'refused', denial: { reason: 'not-allowed' } });
  });
});

describe('what a glob reaches', () => {
  const rules = [
    policyRule({ name: 'payments', target: '*/payments/*', shift: [payments] }),
    policyRule({ name: 'stage', target: 'stage/**', shift: [alice] }),
    policyRule({ name: 'eu', target: 'eu/**', shift: [sre] }),
  ];

  it.each`
    who           | glob                  | says
    ${'U02BOB'}   | ${'eu/default/*'}     | ${'allowed'}
    ${'U02BOB'}   | ${'eu/**'}            | ${'not-allowed'}
    ${'U02BOB'}   | ${'**'}               | ${'not-allowed'}
    ${'U01ALICE'} | ${'stage/shop/*'}     | ${'allowed'}
    ${'U01ALICE'} | ${'eu/shop/*'}        | ${'not-allowed'}
    ${'U04DAVE'}  | ${'*/payments/*'}     | ${'allowed'}
    ${'U01ALICE'} | ${'us/shop/*'}        | ${'no-rule'}
    ${'U04DAVE'}  | ${'eu/payments/till'} | ${'allowed'}
    ${'U02BOB'}   | ${'eu/payments/till'} | ${'not-allowed'}
  `('says $says to $who of $glob', ({ who, glob, says }) => {
    const asked = ask({ who: by(who), deed: 'freeze', memberships: known('U04DAVE') });
    const { verdict } = judgeReach({ ...noPolicy, rules }, { ...asked, glob });

    expect(verdict.kind === 'refused' ? verdict.denial.reason : verdict.kind).toBe(says);
  });

  it('is open to every team member without a policy file', () => {
    const says = (kind: 'member' | 'guest') =>
      judgeReach(noPolicy, { ...ask({ who: by('U01ALICE', kind), deed: 'freeze' }), glob: '**' }).verdict.kind;

    expect([says('member'), says('guest')]).toEqual(['allowed', 'refused']);
  });
});
