import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rulesDecidingWhole } from '../../../src/domain/policy/deciding.ts';
import { type Ask, judge } from '../../../src/domain/policy/judge.ts';
import { type AskOfObject, heldBack, judgeObject } from '../../../src/domain/policy/judge-object.ts';
import { noPolicy, type Policy, type PolicyRule } from '../../../src/domain/policy/policy.ts';
import { holdsFor, type SetHold } from '../../../src/domain/policy/set-hold.ts';
import { namesOf, targetsOf } from '../../../src/domain/policy/targets.ts';
import { reviewsObject } from '../../support/builders.ts';
import { ask, askOfObject, policyRule } from '../../support/policies.ts';
import { alice, anAsk, aPolicy, approve, at, bob, fewer, freeze, hold, sre } from '../../support/policy-arbitraries.ts';

const his = policyRule({ name: 'his', line: 2, target: '*/*/reviews', shift: [bob] });
const hers = policyRule({ name: 'hers', line: 3, target: '*/*/details', shift: [alice] });
const rest = policyRule({ name: 'rest', line: 9, target: '**' });

function outcome(policy: Policy, asked: AskOfObject): string {
  const { verdict } = judgeObject(policy, asked);
  return verdict.kind === 'refused' ? verdict.denial.reason : verdict.kind;
}

function under(rules: readonly PolicyRule[], hosts: Parameters<typeof askOfObject>[1], asked: Partial<Ask> = {}) {
  return outcome({ ...noPolicy, rules }, askOfObject(ask(asked), hosts));
}

describe('an object of several hosts', () => {
  it.each`
    what                                 | name         | hosts                               | routed         | says
    ${'one that she may not move'}       | ${'both'}    | ${['details', 'reviews']}           | ${[]}          | ${'not-allowed'}
    ${'only those that she may move'}    | ${'both'}    | ${['details', 'shop.example.com']}  | ${[]}          | ${'allowed'}
    ${'a destination that is not hers'}  | ${'edge'}    | ${['shop.example.com']}             | ${['reviews']} | ${'not-allowed'}
    ${'no host, as a delegate has none'} | ${'routes'}  | ${[]}                               | ${['reviews']} | ${'not-allowed'}
    ${'all of a namespace'}              | ${'wild'}    | ${['*.default.svc.cluster.local']}  | ${['details']} | ${'not-allowed'}
    ${'all of another namespace'}        | ${'wild'}    | ${['*.bank.svc.cluster.local']}     | ${[]}          | ${'not-allowed'}
    ${'a capital'}                       | ${'x'}       | ${['Reviews']}                      | ${[]}          | ${'not-allowed'}
    ${'a dot at the end'}                | ${'x'}       | ${['reviews.default.']}             | ${[]}          | ${'not-allowed'}
    ${'another cluster domain'}          | ${'x'}       | ${['reviews.default.svc.k8s.corp']} | ${[]}          | ${'not-allowed'}
    ${'a name that is no service'}       | ${'x'}       | ${['example.com']}                  | ${[]}          | ${'allowed'}
    ${'its own name that is a service'}  | ${'reviews'} | ${['shop.example.com', 'details']}  | ${[]}          | ${'not-allowed'}
  `('is judged by each of them: $what', ({ name, hosts, routed, says }) => {
    expect(under([his, hers, rest], { name, hosts, routed })).toBe(says);
  });

  it('needs a rule for each host, and the host without one is named', () => {
    const { verdict } = judgeObject(
      { ...noPolicy, rules: [hers] },
      askOfObject(ask(), { hosts: ['details'], routed: ['api'] }),
    );

    expect(verdict).toMatchObject({
      denial: {
        reason: 'no-rule',
        targets: ['sandbox/default/api'],
        host: { name: 'sandbox/default/api', isRoutedOnly: true },
      },
    });
  });

  it('is not let through by an early rule for its own name', () => {
    const early = policyRule({ name: 'edge', target: '*/*/edge', line: 1 });

    expect(under([early, his, rest], { name: 'edge', hosts: ['shop.example.com'], routed: ['reviews'] })).toBe(
      'not-allowed',
    );
    expect(under([{ ...early, shift: [bob] }, rest], { name: 'edge', hosts: ['shop', 'api'] })).toBe('not-allowed');
  });

  it('tells what each rule says of each host', () => {
    const { hosts } = judgeObject(
      { ...noPolicy, rules: [his, hers, rest] },
      askOfObject(ask(), { name: 'both', hosts: ['details', 'reviews'] }),
    );

    expect(hosts?.map(({ host, rule, says }) => [host.name, rule?.name, says])).toEqual([
      ['sandbox/default/details', 'hers', 'allowed'],
      ['sandbox/default/reviews', 'his', 'refused'],
    ]);
  });

  it('needs what each rule asks for', () => {
    const rules = [
      { ...his, shift: [alice], approve },
      { ...hers, approve: { by: [alice], count: 1, from: 0, expiresMs: 60_000 } },
    ];

    expect(
      judgeObject({ ...noPolicy, rules }, askOfObject(ask(), { name: 'both', hosts: ['details', 'reviews'] })).verdict,
    ).toEqual({
      kind: 'needs-approval',
      needs: {
        ...{ by: [alice], count: 1, expiresMs: 60_000, rule: { name: 'hers', line: 3 } },
        also: [{ by: [sre], count: 2, rule: { name: 'his', line: 2 } }],
      },
    });
  });

  it('is held by a freeze on any of them, except for those whom the rule of that host lets through', () => {
    const frozen = hold({ kind: 'freeze', target: 'sandbox/default/reviews', except: { rollback: true, who: [] } });
    const rules = [{ ...his, shift: [alice], duringFreeze: [alice] }, hers, rest];
    const both = { name: 'both', hosts: ['details', 'reviews'] };

    expect(under([{ ...his, shift: [alice] }, hers], both, { holds: [frozen] })).toBe('frozen');
    expect(under(rules, both, { holds: [frozen] })).toBe('allowed');
    expect(under(rules, both, { holds: [{ ...frozen, target: 'sandbox/default/*' }] })).toBe('frozen');
  });

  it('is held by a freeze of the file on any of them', () => {
    const policy = { ...noPolicy, rules: [rest], freezes: [freeze({ target: '*/*/reviews' })] };
    const asked = askOfObject(ask(), { name: 'edge', hosts: ['shop.example.com'], routed: ['reviews'] });

    expect(outcome(policy, asked)).toBe('frozen');
    expect(heldBack({ ...noPolicy, freezes: policy.freezes }, asked)).toMatchObject({ reason: 'frozen' });
  });
});

const aService = fc.constantFrom('reviews', 'details', 'edge', 'api');
const aSpelling = aService.chain((service) =>
  fc.constantFrom(
    service,
    `${service}.default.svc.cluster.local`,
    `${service.toUpperCase()}.default.svc.`,
    `${service}.default.svc.k8s.corp`,
  ),
);
const aTarget = fc.constantFrom('**', 'sandbox/**', 'prod/**', '*/*/reviews', '*/default/*', '*/*/edge', '*/*/d*');
const aPolicyOfTargets = fc.tuple(aPolicy, fc.array(aTarget, { minLength: 3, maxLength: 3 })).map(
  ([policy, targets]): Policy => ({
    ...policy,
    rules: policy.rules?.map((rule, at) => ({ ...rule, target: targets[at] ?? rule.target, line: at + 1 })),
  }),
);
const hosts = fc.record({
  name: aService,
  hosts: fc.array(aSpelling, { maxLength: 3 }),
  routed: fc.array(aSpelling, { maxLength: 2 }),
});
const leaves = ['refused', 'needs-approval', 'allowed'];

function leave(policy: Policy, asked: AskOfObject): number {
  return leaves.indexOf(judgeObject(policy, asked).verdict.kind);
}

describe('whatever the policy', () => {
  it('an object of one host is judged by the first rule that matches its own name or the host', () => {
    fc.assert(
      fc.property(aPolicyOfTargets, anAsk, aService, aSpelling, (policy, asked, name, host) => {
        const named = { object: { ...reviewsObject, name }, hosts: [host], routed: [host] };

        const { hosts: _, ...judged } = judgeObject(policy, { ...asked, names: namesOf(named) });

        expect(judged).toEqual(judge(policy, { ...asked, targets: targetsOf(named) }));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never allows more when a right is removed or a limit is added', () => {
    fc.assert(
      fc.property(aPolicyOfTargets, anAsk, hosts, fc.nat(14), (policy, asked, named, which) => {
        const of = askOfObject(asked, named);
        const narrowed = { ...policy, rules: policy.rules?.map((rule) => fewer(rule, which)) };

        if (asked.deed === 'approve' || asked.deed === 'reject') return;
        expect(leave(narrowed, of)).toBeLessThanOrEqual(leave(policy, of));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never allows more of an object that reaches a host than of the host alone, whatever else it has', () => {
    fc.assert(
      fc.property(aPolicyOfTargets, anAsk, hosts, aService, (policy, asked, named, service) => {
        if (asked.deed === 'approve' || asked.deed === 'reject') return;
        const holds = asked.holds.map((each) => ({ ...each, target: `sandbox/default/${service}` }));
        const alone = judge(policy, { ...asked, holds, targets: [`sandbox/default/${service}`] }).verdict.kind;
        const reaching = askOfObject(
          { ...asked, holds },
          { ...named, hosts: [...named.hosts, 'other'], routed: [service] },
        );

        expect(leave(policy, reaching)).toBeLessThanOrEqual(leaves.indexOf(alone));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a hold on a service holds every object that reaches it, by whatever spelling', () => {
    fc.assert(
      fc.property(hosts, aService, fc.boolean(), (named, service, isLock) => {
        const held: SetHold = {
          ...{ kind: isLock ? 'lock' : 'freeze', id: 'c-7F3K9QXZ', by: 'U02BOB', since: at },
          ...{ until: new Date(at.getTime() + 1), target: `sandbox/default/${service}` },
          except: { rollback: false, who: [] },
        };
        for (const spelled of [
          service,
          `${service.toUpperCase()}.default.`,
          '*.default.svc.cluster.local',
          '*.local',
        ]) {
          const object = { ...reviewsObject, name: named.name };
          expect(holdsFor(held, targetsOf({ object, ...named, routed: [...named.routed, spelled] }), at)).toBe(true);
          expect(holdsFor(held, targetsOf({ object, routed: [], hosts: [...named.hosts, spelled] }), at)).toBe(true);
        }
      }),
    );
  });
});

describe('an object that is written whole', () => {
  const rulesOf = (rules: readonly PolicyRule[], named: Parameters<typeof askOfObject>[1]) =>
    rulesDecidingWhole({ ...noPolicy, rules }, askOfObject(ask(), named).names).map(({ rule }) => rule?.name);

  it('is judged by its own name and by each host', () => {
    expect(rulesOf([his, hers, rest], { name: 'details', hosts: ['reviews'], routed: ['api'] })).toEqual([
      'hers',
      'his',
      'rest',
    ]);
  });

  it.each([noPolicy, { ...noPolicy, rules: [policyRule({ target: '*/*/x' })] }])(
    'is held by what holds its host, also if no rule is about the host',
    (policy) => {
      const held = hold({ target: 'sandbox/default/reviews' });
      const asked = askOfObject(ask({ holds: [held] }), { name: 'x', hosts: ['reviews'] });

      expect(judgeObject(policy, { ...asked, isWhole: true }).verdict).toMatchObject({ denial: { reason: 'locked' } });
    },
  );

  it('needs no rule for its own name', () => {
    expect(rulesOf([his], { name: 'x', hosts: ['reviews'] })).toEqual(['his']);
    expect(rulesOf([his], { name: 'reviews', hosts: ['x'] })).toEqual(['his']);
    expect(rulesOf([his], { name: 'reviews', hosts: ['till.bank.svc.cluster.local'] })).toEqual(['his', undefined]);
  });
});
