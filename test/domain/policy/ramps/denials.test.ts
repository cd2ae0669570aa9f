import { describe, expect, it } from 'vitest';
import { type Ask, judge } from '../../../../src/domain/policy/judge.ts';
import { noPolicy, type Policy, type PolicyRule } from '../../../../src/domain/policy/policy.ts';
import { defaultGuard } from '../../../../src/domain/policy/ramps/guard-rule.ts';
import { ask, hours, namedRamp, policyRule, rampOf, step } from '../../../support/policies.ts';

const careful = namedRamp('careful', '1, 5, 25, 50, 100', '10m');
const slow = namedRamp('slow', '1, 5', '1h');
const quick = namedRamp('quick', '25, 100', '1m');
const ramps: Policy['ramps'] = new Map([careful, slow, quick].map((each) => [each.name, each]));
const only: Partial<PolicyRule> = { ramp: { only: true } };
const bound: Partial<PolicyRule> = { ramp: { only: true, noSteeperThan: careful } };
const approve = { by: [{ kind: 'everyone' }], count: 1, from: 30, expiresMs: 1 } as const;
const unmeasured = { step: 0, reached: 100, isAtLeast: true };
const nothing = { step: 0, reached: 100 };
const single = rampOf(namedRamp('single', '1', '20m'));

function verdict(rule: Partial<PolicyRule>, asked: Partial<Ask>) {
  return judge({ ...noPolicy, rules: [policyRule(rule)], ramps }, ask(asked)).verdict;
}

function outcome(rule: Partial<PolicyRule>, asked: Partial<Ask>): string {
  const said = verdict(rule, asked);
  return said.kind === 'refused' ? said.denial.reason : said.kind;
}

describe('where traffic goes up by ramps only', () => {
  it.each<[string, Partial<PolicyRule>, Partial<Ask>, string]>([
    ['a single shift is refused', only, {}, 'ramp-only'],
    ['a promotion is refused', only, { deed: 'promote', growth: { step: 100, reached: 100 } }, 'ramp-only'],
    ['a shift of one point is refused', only, { growth: { step: 1, reached: 1 } }, 'ramp-only'],
    ['a ramp is allowed', only, { ramp: rampOf(quick) }, 'allowed'],
    ['a ramp of one step is a single shift', only, { ramp: single }, 'ramp-only'],
    ['a ramp of one step within the limit is allowed', bound, { ramp: single }, 'allowed'],
    ['a rollback is allowed', only, { deed: 'rollback' }, 'allowed'],
    ['what moves nothing is allowed', only, { growth: nothing }, 'allowed'],
    ['a lock is allowed', only, { deed: 'lock', growth: undefined }, 'allowed'],
    ['what cannot be measured is refused', only, { growth: unmeasured }, 'ramp-only'],
    ['what cannot be measured needs the approval', { ...only, approve }, { growth: unmeasured }, 'needs-approval'],
    ['a measured step needs a ramp, with an approval too', { ...only, approve }, {}, 'ramp-only'],
    ['where it may be a single shift, it is allowed', { ramp: { only: false } }, {}, 'allowed'],
  ])('%s', (_, rule, asked, says) => {
    expect(outcome(rule, asked)).toBe(says);
  });

  it('the answer has the ramps that may be typed', () => {
    const told = ({ name, text }: typeof careful) => ({ name, text });

    expect(verdict(only, {})).toMatchObject({ denial: { ramps: [careful, slow, quick].map(told), isMeasured: true } });
    expect(verdict(bound, {})).toMatchObject({ denial: { bound: told(careful), ramps: [careful, slow].map(told) } });
    expect(verdict(only, { growth: unmeasured })).toMatchObject({ denial: { isMeasured: false } });
  });

  it('the ramp is said before the step, because smaller steps would not help', () => {
    expect(outcome({ ...only, maxStep: step(10) }, {})).toBe('ramp-only');
  });
});

describe('where a ramp may be no steeper than another', () => {
  it.each<[string, Partial<Ask>, string]>([
    ['that ramp is allowed', { ramp: rampOf(careful) }, 'allowed'],
    ['a slower one is allowed', { ramp: rampOf(slow) }, 'allowed'],
    ['a quicker one is refused', { ramp: rampOf(quick) }, 'too-steep'],
    ['one that goes back is not asked about', { ramp: rampOf(quick), deed: 'rollback' }, 'allowed'],
    ['a single shift is not a ramp', {}, 'allowed'],
  ])('%s', (_, asked, says) => {
    expect(outcome({ ramp: { only: false, noSteeperThan: careful } }, asked)).toBe(says);
  });

  it('the answer says at which step', () => {
    const ramp = rampOf(namedRamp('typed', '1 for 10m, 6 for 1h, 100'));

    expect(verdict(bound, { ramp })).toEqual({
      kind: 'refused',
      denial: {
        ...{ reason: 'too-steep', bound: { name: 'careful', text: '1, 5, 25, 50, 100 every 10m' } },
        ...{ step: 2, percent: 6, fromMs: 600_000, allowed: 5, untilAsked: false },
        rule: { name: 'all', line: 1 },
      },
    });
  });
});

describe('a ramp without guards', () => {
  const ramp = rampOf(careful, { guards: false });

  it.each<[string, Partial<PolicyRule>, string]>([
    ['is refused', {}, 'guard-required'],
    ['is refused where the guard may not be off', { guard: defaultGuard }, 'guard-required'],
    ['is allowed where it may', { guard: { ...defaultGuard, mayBeOff: true } }, 'allowed'],
  ])('%s', (_, rule, says) => {
    expect(outcome(rule, { ramp })).toBe(says);
  });

  it('is allowed without a policy file', () => {
    expect(judge(noPolicy, ask({ ramp })).verdict.kind).toBe('allowed');
  });
});

describe('outside the hours of a rule', () => {
  const rule = { hours: hours('Mon-Fri 9-12 Europe/Berlin') }; // it is Wednesday 13:00 there

  it.each<[string, Partial<Ask>, string]>([
    ['a shift up is refused', {}, 'outside-hours'],
    ['a step of a ramp has to wait', { ramp: rampOf(careful) }, 'outside-hours'],
    ['what cannot be measured is refused', { growth: unmeasured }, 'outside-hours'],
    ['a rollback is allowed', { deed: 'rollback' }, 'allowed'],
    ['a shift up within them is allowed', { at: new Date('2026-11-26T08:00:00Z') }, 'allowed'],
  ])('%s', (_, asked, says) => {
    expect(outcome(rule, asked)).toBe(says);
  });

  it('the answer says when they begin', () => {
    expect(verdict(rule, {})).toEqual({
      kind: 'refused',
      denial: {
        ...{ reason: 'outside-hours', hours: 'Mon-Fri 9-12 Europe/Berlin', timezone: 'Europe/Berlin' },
        ...{ opens: new Date('2026-11-26T08:00:00Z'), rule: { name: 'all', line: 1 } },
      },
    });
  });

  it('what would be refused at any time is said first', () => {
    expect(outcome({ ...rule, ...bound }, { ramp: rampOf(quick) })).toBe('too-steep');
    expect(outcome({ ...rule, maxStep: step(10) }, {})).toBe('step-too-large');
  });
});

describe('the approval of a ramp', () => {
  it.each`
    steps           | growth                       | says
    ${'10, 29'}     | ${{ step: 10, reached: 10 }} | ${'allowed'}
    ${'10, 30'}     | ${{ step: 10, reached: 10 }} | ${'needs-approval'}
    ${'10, 100'}    | ${undefined}                 | ${'needs-approval'}
    ${'10, 20'}     | ${undefined}                 | ${'allowed'}
    ${'29, 10, 29'} | ${{ step: 19, reached: 29 }} | ${'allowed'}
  `('is for its largest share up: $steps: $says', ({ steps, growth, says }) => {
    expect(outcome({ approve }, { ramp: rampOf(namedRamp('typed', steps, '5m')), growth })).toBe(says);
  });
});
