import { describe, expect, it } from 'vitest';
import type { Edits } from '../../../src/domain/change/edit.ts';
import type { Who } from '../../../src/domain/policy/groups.ts';
import { type Denial, denialReasons, type Judgement } from '../../../src/domain/policy/judge.ts';
import { whyReply } from '../../../src/slack/replies/why.ts';
import { denialText, needsText, policyProblemText } from '../../../src/slack/words/policy-words.ts';
import { change, contentEdit, reviewsObject, weightsEdit } from '../../support/builders.ts';
import { planOf } from './plans.ts';

const now = new Date('2026-11-22T15:03:11Z');

const rule = { name: 'payments', line: 7 };
const sre: Who = { kind: 'group', name: 'sre', users: ['U02BOB'] };
const until = new Date('2026-11-30T07:00:00Z');
const hold = {
  kind: 'freeze',
  name: 'weekend',
  until,
  timezone: 'Europe/Berlin',
  line: 14,
  except: { rollback: true, who: [] },
} as const;
const careful = { name: 'careful', text: '1, 5, 25, 50, 100 every 10m' };
const soon = { version: 'v3', points: 20, since: until, from: new Date('2026-11-30T07:10:00Z'), everyMs: 600_000 };
const steep = { step: 2, percent: 25, fromMs: 300_000, allowed: 1, untilAsked: false };

const denials: readonly (readonly [Denial, string])[] = [
  [{ reason: 'deactivated' }, 'this account is deactivated'],
  [
    { reason: 'outsider', rule },
    'your own user id, with your team before it (`T…/U…`) (rule `payments`, line 7 of the policy file).',
  ],
  [{ reason: 'guest' }, 'You are a guest here, so you may only do what the policy file allows to your own user id.'],
  [{ reason: 'bot' }, 'A bot may only do'],
  [
    { reason: 'person-unknown', why: 'the Slack app lacks the scope users:read: add it, and install the app again' },
    'so I do nothing: the Slack app lacks the scope users:read',
  ],
  [
    { reason: 'no-rule', targets: ['eu/default/reviews'] },
    'matches `eu/default/reviews`, and what none matches is refused',
  ],
  [
    { reason: 'wrong-channel', channels: ['C0PAY', 'G0OPS'], rule },
    'in <#C0PAY>, `G0OPS` (rule `payments`, line 7 of the policy file). Type it there.',
  ],
  [
    { reason: 'not-allowed', deed: 'shift', who: [sre, { kind: 'user', id: 'U03CAROL' }], rule },
    'You may not shift traffic here; `sre`, <@U03CAROL> may (rule `payments`, line 7 of the policy file).',
  ],
  [{ reason: 'not-allowed', deed: 'rollback', who: [], rule }, 'You may not roll back here; nobody may'],
  [
    { reason: 'membership-unknown', groups: [{ name: 'sre', why: 'Slack did not answer' }], rule },
    'so I do nothing: of `sre`, Slack did not answer',
  ],
  [{ reason: 'own-request', rule }, 'somebody else has to approve it'],
  [
    {
      reason: 'locked',
      hold: { ...hold, kind: 'lock', name: undefined, line: undefined, by: 'U02BOB', reason: 'a <!channel> test' },
    },
    'It is locked by <@U02BOB>, because of `a &lt;!channel&gt; test`, until <!date^1796022000^',
  ],
  [
    { reason: 'locked', hold: { ...hold, kind: 'lock', name: undefined, target: 'arn/prod/shop/cart', by: 'U02BOB' } },
    '`/shift lock cart -n shop --cluster arn/prod` asks whether to take it over.',
  ],
  [
    { reason: 'frozen', hold: { ...hold, name: 'INC-42', by: 'hook:INC-42' } },
    ' Ask its owner; `/shift thaw INC-42` ends it.',
  ],
  [
    { reason: 'frozen', hold },
    'Changes are frozen (`weekend`, line 14 of the policy file), until <!date^1796022000^{date_short_pretty} {time}|30 Nov 2026, 08:00 Europe/Berlin>.',
  ],
  [{ reason: 'frozen', hold: { ...hold, until: undefined } }, 'with no end in sight.'],
  [
    { reason: 'ramp-only', ramps: [], isMeasured: true, rule },
    'by ramps only (rule `payments`, line 7 of the policy file). After the version, type steps, like `10,25,50,100 every 5m`. Going back',
  ],
  [
    { reason: 'ramp-only', bound: careful, ramps: [careful], isMeasured: true },
    'After the version, type `careful` (`1, 5, 25, 50, 100 every 10m`), or steps that are no steeper than `careful`.',
  ],
  [
    { reason: 'ramp-only', bound: careful, ramps: [careful], isMeasured: false },
    'by ramps only. This is more than weights, so what it gives to a version cannot be measured',
  ],
  [
    { ...{ reason: 'too-steep', bound: careful, rule }, ...steep },
    'Step 2 of this ramp gives 25 % after 5m. `careful` (`1, 5, 25, 50, 100 every 10m`) gives 1 % at that time, and no ramp here may be steeper (rule `payments`, line 7 of the policy file). Type `careful` in place of the steps, or take smaller or longer ones.',
  ],
  [
    { ...{ reason: 'too-steep', bound: careful }, ...steep, step: 1, fromMs: 0, untilAsked: true },
    'Step 1 of this ramp gives 25 % at its start. `careful` (`1, 5, 25, 50, 100 every 10m`) gives 1 % until a person lets it go on, and',
  ],
  [
    { reason: 'guard-required', rule },
    'may not be left out here (rule `payments`, line 7 of the policy file). Type it',
  ],
  [
    {
      ...{ reason: 'outside-hours', hours: 'Mon-Fri 9-17 Europe/Berlin', timezone: 'Europe/Berlin', rule },
      opens: new Date('2026-11-30T08:00:00Z'),
    },
    'in these hours only: `Mon-Fri 9-17 Europe/Berlin` (rule `payments`, line 7 of the policy file). They begin next at <!date^1796025600^{date_short_pretty} {time}|30 Nov 2026, 09:00 Europe/Berlin>. Going back is allowed at any time.',
  ],
  [
    { reason: 'step-too-large', step: 33.333333, maxStep: 25, rule },
    '33.3 percent points more to a version, and one change may give 25 (rule',
  ],
  [
    { reason: 'step-too-large', step: 50, maxStep: 25, rule, ofRamp: { number: 3, instead: [10, 25, 50, 75, 100] } },
    'Step 3 of this ramp gives 50 percent points more to a version, and one change may give 25 (rule `payments`, line 7 of the policy file). Take smaller steps, like `10,25,50,75,100`.',
  ],
  [
    {
      ...{ reason: 'step-too-large', step: 20, maxStep: 25, rule },
      soon: { ...soon, grew: 20, left: 5 },
    },
    '`v3` grew by 20 percent points since <!date^1796022000^{date_short_pretty} {time_secs}|30 Nov 2026, 07:00:00 UTC>; it may get at most 25 in 10m (rule `payments`, line 7 of the policy file): up to 5 more now, or 20 from <!date^1796022600^{date_short_pretty} {time_secs}|30 Nov 2026, 07:10:00 UTC> on.',
  ],
  [
    { reason: 'step-too-large', step: 20, maxStep: 25, soon: { ...soon, left: 0 } },
    'is not known, for the history has no room for it; it may get at most 25 in 10m: 20 from <!date^',
  ],
  [
    {
      ...{ reason: 'step-too-large', step: 40, maxStep: 25, rule },
      fast: { number: 3, points: 40, withinMs: 600_000, fastestMs: 300_000 },
    },
    'With step 3 this ramp has given 40 percent points more to a version within 10m, and it may get 25 in 10m (rule `payments`, line 7 of the policy file). Take longer steps: the fastest that works is `every 5m`.',
  ],
  [
    { reason: 'frozen', hold, isForward: true },
    'gives a version more again: it counts as a shift. Changes are frozen (`weekend`, line 14 of the policy file)',
  ],
  [
    { reason: 'step-unmeasured', maxStep: 25, rule },
    'This is more than weights, so its step cannot be measured, and the rule names nobody who could approve it.',
  ],
  [
    {
      ...{ reason: 'not-allowed', deed: 'shift', who: [{ kind: 'user', id: 'U02BOB' }], rule },
      host: { name: 'eu/default/reviews', isRoutedOnly: true },
    },
    'may (for `eu/default/reviews`, to which it routes: rule `payments`, line 7 of the policy file).',
  ],
  [
    {
      ...{ reason: 'locked', hold: { kind: 'lock', except: { rollback: true, who: [] } } },
      host: { name: 'eu/default/reviews', isRoutedOnly: true },
    },
    'It routes to `eu/default/reviews`, which is locked',
  ],
];

describe('why policy refuses', () => {
  it.each(denials)('is told with what to do: %o', (denial, words) => {
    expect(denialText(denial)).toContain(words);
  });

  it('has words for every reason there is', () => {
    expect(new Set(denials.map(([{ reason }]) => reason))).toEqual(
      new Set(denialReasons.filter((reason) => reason !== 'several-approvals')),
    );
  });

  it('pings nobody through what stands in the policy file', () => {
    const odd = '<!channel>`*';
    const texts = [
      denialText({ reason: 'no-rule', targets: [odd] }),
      denialText({
        reason: 'not-allowed',
        deed: 'lock',
        who: [{ kind: 'usergroup', name: odd, id: 'S01PAY' }],
        rule: { name: odd, line: 1 },
      }),
      denialText({ reason: 'frozen', hold: { ...hold, name: odd, reason: odd, timezone: 'UTC' } }),
      denialText({ reason: 'ramp-only', ramps: [{ name: odd, text: odd }], isMeasured: true }),
      denialText({ reason: 'too-steep', bound: { name: odd, text: odd }, ...steep }),
      denialText({ reason: 'outside-hours', hours: odd, timezone: 'UTC', opens: until }),
      policyProblemText(odd),
    ];

    for (const text of texts) expect(text).not.toMatch(/<!channel|<!subteam/);
  });
});

it('says who must approve, how many, and by when', () => {
  const needs = { by: [sre, { kind: 'everyone' }] satisfies Who[], count: 2, expiresMs: 1_800_000, rule };

  expect(needsText(needs)).toBe(
    '2 approvals by `sre`, everybody of the team, within 30m; the asker’s own does not count.',
  );
  expect(needsText({ ...needs, count: 1 })).toMatch(/^One approval by /);
});

describe('why', () => {
  const name = { cluster: 'eu', namespace: 'default', service: 'reviews' };
  const plan = planOf([weightsEdit()]);

  function told(judgement: Judgement, problem?: string): string {
    return whyReply({ kind: 'explained', name, plan, judgement }, now, { problem }).text;
  }

  it('tells the verdict, the rule and its line, and what was looked at', () => {
    const text = told({
      verdict: { kind: 'refused', denial: { reason: 'not-allowed', deed: 'shift', who: [sre], rule } },
      rule,
      findings: [
        { check: 'standing', says: 'pass' },
        { check: 'right', says: 'refuse' },
      ],
    });

    expect(text).toContain('`reviews` in `default` @ `eu`');
    expect(text).toContain('*refused*');
    expect(text).toContain('It falls under rule `payments`, line 7 of the policy file.');
    expect(text).toContain('who you are to the team: fine · your right: *refused*. Nothing was changed.');
  });

  it.each([
    ['a shift that goes back', 'back', 'it counts as a rollback.\nYou may do it'],
    ['a rollback that does not', 'shift', 'it counts as a shift.\nYou may do it'],
  ] as const)('tells of %s what it counts as', (_, countsAs, words) => {
    expect(told({ verdict: { kind: 'allowed' }, findings: [], countsAs })).toContain(words);
  });

  it('tells that no rule decides where there is none', () => {
    expect(told({ verdict: { kind: 'allowed' }, findings: [] })).toContain(
      'You may do it, and nobody must approve.\nNo rule of a policy file decides about it.',
    );
  });

  it('tells that the policy file is not what is in force', () => {
    expect(told({ verdict: { kind: 'allowed' }, findings: [] }, '4:5 no such key')).toContain(
      '*The policy file is wrong*, so the last good policy stays in force: `4:5 no such key`',
    );
  });

  it('tells of a rollback of objects how many they are, and of one that is under way that it is', () => {
    const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;
    const underWay = { kind: 'accepted', change: change(), behind: 0, again: true } as const;
    const edit = contentEdit({ object: reviewsObject, from: { v1: 100 }, to: { v1: 50, v3: 50 } });
    const edits: Edits = [edit, contentEdit({ object: { ...reviewsObject, kind: 'DestinationRule' } })];

    expect(whyReply({ kind: 'explained', name, plan: planOf(edits), judgement }, now).text).toContain(
      'v1 100 → 50 %, v3 0 → 50 %, and all else of 2 objects: *allowed*',
    );
    expect(whyReply({ kind: 'answered', answer: underWay }, now).text).toContain('Already asked for by <@U01ALICE>');
  });

  it('names each rule where there are several', () => {
    const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;
    const edit = weightsEdit();
    const orders = { rule: 'orders', from: { v2: 100 }, to: { v4: 100 } };
    const both = planOf([{ ...edit, moves: [...edit.moves, orders] }]);

    expect(whyReply({ kind: 'explained', name, plan: both, judgement }, now).text).toContain(
      ', rule `default` v1 100 → 50 %, v3 0 → 50 %; rule `orders` v2 100 → 0 %, v4 0 → 100 %: *allowed*',
    );
  });

  it('tells why there is no plan', () => {
    const refused = { kind: 'refused', name, refusal: { reason: 'nothing-to-roll-back' } } as const;
    const notFound = { kind: 'not-found', name, found: { kind: 'unknown-service', services: ['ratings'] } } as const;

    expect(whyReply({ kind: 'answered', answer: refused }, now).text).toContain('Nothing to roll back');
    expect(whyReply({ kind: 'answered', answer: notFound }, now).text).toContain('There is no service `reviews`');
  });
});
