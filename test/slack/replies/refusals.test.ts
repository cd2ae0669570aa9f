import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../../src/domain/change/refusal.ts';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import { answerReply } from '../../../src/slack/replies/change.ts';
import { mistakeReply } from '../../../src/slack/replies/refusals.ts';
import type { NotFound } from '../../../src/workflow/desk.ts';
import { changeId, reviewsObject, revision } from '../../support/builders.ts';

const name = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const now = new Date('2026-11-22T15:03:11Z');

describe('why a plan was not made', () => {
  it.each<[Refusal, string]>([
    [
      {
        reason: 'unknown-version',
        version: 'v33',
        versions: ['v1', 'v2', 'v3'],
        nearest: 'v3',
        definer: 'DestinationRule',
      },
      '`reviews` has no version `v33`; it has `v1`, `v2`, `v3`. Did you mean `v3`?',
    ],
    [
      { reason: 'unknown-version', version: 'v3', versions: [], definer: 'ServiceResolver' },
      'I see no ServiceResolver that defines a version of `reviews`, so I know no `v3`. I looked in its namespace, and in others that I watch.',
    ],
    [
      { reason: 'unknown-version', version: 'reviews-v3', versions: [], definer: 'Service' },
      'I see no Service that `reviews-v3` of `reviews` could be. What is sent to one that is not there gets a 500.',
    ],
    [
      { reason: 'already-there', split: { v1: 100 }, since: revision() },
      '`reviews` already has v1 100 %, since 1 h ago, by change c-00000001 of <@U01ALICE>. Nothing was changed.',
    ],
    [{ reason: 'already-there', split: { v1: 100 } }, '`reviews` already has v1 100 %. Nothing was changed.'],
    [
      { reason: 'already-there', split: { v1: 100 }, waiting: changeId(7) },
      '`reviews` will have v1 100 % once c-00000007 is applied, so there is nothing to do.',
    ],
    [
      { reason: 'nobody-else', version: 'v3', percent: 50, others: ['v1', 'v2'] },
      '`v3` has everything, so say who gets the other 50 %: `/shift reviews v3=50 v1=50 -n default --cluster sandbox`.',
    ],
    [
      { reason: 'nobody-else', version: 'v2', percent: 30, others: [] },
      'Name another: `/shift reviews v2=30 v1=70 -n default --cluster sandbox`.',
    ],
    [
      { reason: 'no-pods', version: 'v3', all: 2, percent: 50, mayInsist: true },
      '*`v3` has no ready pod (0 of 2)*, and would get 50 %: what is sent there is answered with 503 (UH). Nothing was changed. Start its pods first, or type it again with `--anyway`.',
    ],
    [
      { reason: 'no-pods', version: 'v3', all: 0, percent: 50, mayInsist: false },
      '*`v3` has no pod*, and would get 50 %: what is sent there is answered with 503 (UH). Nothing was changed. Start its pods first; policy does not let `--anyway` do it.',
    ],
    [
      { reason: 'undefined-live', version: 'v4', percent: 30, wanted: 'v3' },
      '`v4` has 30 % now, and no DestinationRule that I see defines it: what is sent there is answered with 503 (NC). It cannot be given anything, so nothing was changed. `/shift reviews v3=100 -n default --cluster sandbox` takes everything from it.',
    ],
    [{ reason: 'no-default-rule', rules: ['api', '#2 path = /x'] }, 'Name one: `--route api`.'],
    [{ reason: 'several-rules', rule: 'api', rules: ['#1 path = /a', '#2 path = /x'] }, 'Name one: `--route 1`.'],
    [{ reason: 'unknown-rule', rule: 'apl', rules: ['api'] }, 'has no rule `apl`; it has `api`'],
    [{ reason: 'rule-cannot-be-split', rule: 'default', because: 'delegate' }, 'hands over to another VirtualService'],
    [
      {
        reason: 'rule-cannot-be-split',
        rule: 'default',
        because: 'delegate',
        handsTo: { namespace: 'shop', name: 'bar' },
      },
      'It is `VirtualService bar` in `shop`: `/shift status vs/bar -n shop --cluster sandbox` shows it.',
    ],
    [
      { reason: 'not-followed', object: reviewsObject, elsewhere: [] },
      'Nothing leads to it. Nothing was changed. To move it all the same, type `vs/reviews` in place of `reviews`;',
    ],
    [
      { reason: 'owned', owner: { tool: 'flagger', name: 'reviews' } },
      'Flagger (canary `reviews`) sets the weights of `reviews`, and would set them again, so nothing was changed. Its canary sets these weights, so promote or roll back through it',
    ],
    [{ reason: 'owned', owner: { tool: 'argo-rollouts' } }, '`kubectl argo rollouts promote`'],
    [{ reason: 'owned', owner: { tool: 'argo-rollouts' } }, 'Where no Rollout does so any more'],
    [{ reason: 'nothing-to-roll-back' }, 'Nothing to roll back: shiftbot has not changed `reviews` yet'],
    [{ reason: 'nothing-to-roll-back' }, '`/shift status reviews -n default --cluster sandbox` shows what it has.'],
    [{ reason: 'nothing-to-roll-back', rule: 'api' }, 'shiftbot has not changed the rule `api` of `reviews` yet'],
    [
      { reason: 'nothing-left', by: { id: changeId(4), by: 'U02BOB' }, rule: 'api' },
      'Every change of the rule `api` of `reviews` that its history knows is taken back',
    ],
    [
      { reason: 'unknown-change', id: changeId(9), known: [changeId(1)], rule: 'api' },
      'The history of the rule `api` of `reviews` has no c-00000009; it has `c-00000001`',
    ],
    [
      { reason: 'nothing-left', by: { id: changeId(4), by: 'U02BOB' } },
      'Every change of `reviews` that its history knows is taken back; the last one by c-00000004 of <@U02BOB>. `/shift rollback reviews to c-… -n default --cluster sandbox` brings one back.',
    ],
    [{ reason: 'unknown-change', id: changeId(9), known: [changeId(1)] }, 'has no c-00000009; it has `c-00000001`'],
    [
      { reason: 'already-rolled-back', by: revision({ by: 'U02BOB' }) },
      'Already rolled back, by <@U02BOB> (c-00000001).',
    ],
  ])('is told with what works instead: %o', (refusal, words) => {
    expect(answerReply({ kind: 'refused', name, refusal }, now).text).toContain(words);
  });

  const nobodyElse = { reason: 'nobody-else', version: 'v3', percent: 50, others: ['v1'] } as const;
  const nothingLeft = { reason: 'nothing-left', by: { id: changeId(4), by: 'U02BOB' } } as const;

  it.each`
    typed                                                | refusal        | suggested
    ${'reviews v3 50 --dry-run'}                         | ${nobodyElse}  | ${'/shift reviews v3=50 v1=50 -n default --cluster sandbox --dry-run'}
    ${'reviews v3 50 --route orders --reason "red one"'} | ${nobodyElse}  | ${'/shift reviews v3=50 v1=50 -n default --cluster sandbox --route orders --reason "red one"'}
    ${'why reviews v3 50'}                               | ${nobodyElse}  | ${'/shift why reviews v3=50 v1=50 -n default --cluster sandbox'}
    ${'rollback reviews --route orders --dry-run'}       | ${nothingLeft} | ${'/shift rollback reviews to c-… -n default --cluster sandbox --route orders --dry-run'}
    ${'why rollback reviews'}                            | ${nothingLeft} | ${'/shift why rollback reviews to c-… -n default --cluster sandbox'}
  `('suggests no more than was typed: $typed', ({ typed, refusal, suggested }) => {
    const command = parseCommand(typed);
    if (command.verb !== 'shift' && command.verb !== 'rollback' && command.verb !== 'why')
      throw new Error(`${typed} moves nothing`);

    const { text } = answerReply({ kind: 'refused', name, refusal }, now, { typed: command });

    expect(text).toContain(`\`${suggested}\``);
  });

  it.each<[NotFound, string]>([
    [{ kind: 'unknown-service', services: ['ratings', 'reviews'], nearest: 'reviews' }, 'Did you mean `reviews`?'],
    [{ kind: 'unknown-service', services: ['details', 'ratings'] }, 'There is `details`, `ratings`.'],
    [{ kind: 'unknown-service', services: [] }, 'another one is named with `-n`'],
    [
      { kind: 'unknown-service', services: ['details'], asOf: new Date('2026-11-22T14:03:11Z') },
      'There is `details`. This is as of 14:03:11 UTC; the cluster has not answered since.',
    ],
    [{ kind: 'unknown-cluster', clusters: ['eu', 'us'] }, 'There is no cluster `sandbox`; there is `eu`, `us`.'],
    [
      { kind: 'several', objects: [reviewsObject, { ...reviewsObject, kind: 'HTTPRoute', namespace: 'shop' }] },
      'follow several objects: `VirtualService reviews`, `HTTPRoute reviews` in `shop`. Type the one that you mean in place of the service: `vs/reviews` or `httproute/reviews`.',
    ],
    [{ kind: 'gone', object: reviewsObject }, 'There is no VirtualService `reviews` in `default` any more'],
  ])('names what there is: %o', (found, words) => {
    expect(answerReply({ kind: 'not-found', name, found }, now).text).toContain(words);
  });

  it('shows the words of a person as code, and nothing in them as markup', () => {
    const evil = { ...name, service: '<!channel>`*' };

    const { text } = answerReply(
      { kind: 'not-found', name: evil, found: { kind: 'unknown-service', services: ['<http://evil|reviews>'] } },
      now,
    );

    expect(text).not.toMatch(/<[!@#h]/);
    expect(mistakeReply({ verb: 'mistake', wrong: '`<!here>`', next: '<@U1>' }).text).toBe(
      '`&lt;!here&gt;` &lt;@U1&gt;',
    );
  });
});
