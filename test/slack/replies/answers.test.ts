import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../../src/domain/change/plan.ts';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import { answerReply, heldReply, historyReply, mistakeReply, statusReply } from '../../../src/slack/replies/answers.ts';
import { commands, helpText } from '../../../src/slack/replies/help.ts';
import type { NotFound } from '../../../src/workflow/desk.ts';
import { change, changeId, jason, reviews, reviewsObject, revision, rule } from '../../support/builders.ts';

const name = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const now = new Date('2026-11-22T15:03:11Z');

describe('why a plan was not made', () => {
  it.each<[Refusal, string]>([
    [
      { reason: 'unknown-version', version: 'v33', versions: ['v1', 'v2', 'v3'], nearest: 'v3' },
      '`reviews` has no version `v33`; it has `v1`, `v2`, `v3`. Did you mean `v3`?',
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
    [{ reason: 'no-default-rule', rules: ['api', '#2'], others: [] }, 'Name one: `--route api`.'],
    [{ reason: 'unknown-rule', rule: 'apl', rules: ['api'] }, 'has no rule `apl`; it has `api`'],
    [{ reason: 'rule-cannot-be-split', rule: 'default', because: 'delegate' }, 'hands over to another VirtualService'],
    [
      { reason: 'owned', owner: { tool: 'flagger', name: 'reviews' } },
      'Flagger (canary `reviews`) sets the weights of `reviews`, and would set them again, so nothing was changed. Its canary sets these weights, so promote or roll back through it',
    ],
    [{ reason: 'owned', owner: { tool: 'argo-rollouts' } }, '`kubectl argo rollouts promote`'],
    [{ reason: 'owned', owner: { tool: 'argo-rollouts' } }, 'Where no Rollout does so any more'],
    [
      { reason: 'nobody-else', version: 'v2', percent: 30, others: [] },
      'Name another: `/shift reviews v2=30 v1=70 -n default --cluster sandbox`.',
    ],
    [{ reason: 'nothing-to-roll-back' }, 'Nothing to roll back'],
    [{ reason: 'nothing-to-roll-back' }, '`/shift status reviews -n default --cluster sandbox` shows what it has.'],
    [{ reason: 'unknown-change', id: changeId(9), known: [changeId(1)] }, 'has no c-00000009; it has `c-00000001`'],
    [
      { reason: 'already-rolled-back', by: revision({ by: 'U02BOB' }) },
      'Already rolled back, by <@U02BOB> (c-00000001).',
    ],
  ])('is told with what works instead: %o', (refusal, words) => {
    expect(answerReply({ kind: 'refused', name, refusal }, now).text).toContain(words);
  });

  it.each`
    typed                                                | suggested
    ${'reviews v3 50 --dry-run'}                         | ${'/shift reviews v3=50 v1=50 -n default --cluster sandbox --dry-run'}
    ${'reviews v3 50 --route orders --reason "red one"'} | ${'/shift reviews v3=50 v1=50 -n default --cluster sandbox --route orders --reason "red one"'}
    ${'why reviews v3 50'}                               | ${'/shift why reviews v3=50 v1=50 -n default --cluster sandbox'}
  `('suggests no more than was typed: $typed', ({ typed, suggested }) => {
    const command = parseCommand(typed);
    if (command.verb !== 'shift' && command.verb !== 'why') throw new Error(`${typed} moves nothing`);
    const refusal = { reason: 'nobody-else', version: 'v3', percent: 50, others: ['v1'] } as const;

    const { text } = answerReply({ kind: 'refused', name, refusal }, now, { typed: command });

    expect(text).toContain(`: \`${suggested}\`.`);
  });

  it('of a held change names the service with its place', () => {
    const held = { ...change(), object: { ...reviewsObject, namespace: 'shop' } };

    const { text } = heldReply({ kind: 'refused', change: held, refusal: { reason: 'nothing-to-roll-back' } }, now);

    expect(text).toContain('`/shift status reviews -n shop --cluster sandbox`');
  });

  it.each<[NotFound, string]>([
    [{ kind: 'unknown-service', services: ['ratings', 'reviews'], nearest: 'reviews' }, 'Did you mean `reviews`?'],
    [{ kind: 'unknown-service', services: ['details', 'ratings'] }, 'There is `details`, `ratings`.'],
    [{ kind: 'unknown-service', services: [] }, 'another namespace is named with `-n`'],
    [
      { kind: 'unknown-service', services: ['details'], asOf: new Date('2026-11-22T14:03:11Z') },
      'There is `details`. This is as of 14:03:11 UTC; the cluster has not answered since.',
    ],
    [{ kind: 'unknown-cluster', clusters: ['eu', 'us'] }, 'There is no cluster `sandbox`; there is `eu`, `us`.'],
    [{ kind: 'several', objects: ['reviews', 'reviews-2'] }, 'routed by `reviews`, `reviews-2` at once'],
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

describe('what only the asker sees', () => {
  it('says when a request was accepted before, by whom, and how far it is', () => {
    const again = answerReply({ kind: 'accepted', change: change({ by: 'U02BOB' }), behind: 0, again: true }, now);

    expect(again.text).toBe('Already asked for by <@U02BOB>: c-00000001, reviews · 50 % to v3 (queued).');
  });

  it('says how many stand before it', () => {
    expect(answerReply({ kind: 'accepted', change: change(), behind: 2, again: false }, now).text).toContain(
      '2 changes stand before it',
    );
  });

  it('asks before a rollback undoes what came later, and its button answers to what was shown', () => {
    const undo = {
      now: { v2: 100 },
      after: { v1: 100, v2: 0 },
      changes: [revision({ id: changeId(2), by: 'U02BOB' })],
      moved: true,
      stamp: '0123456789abcdef',
    };

    const { text, blocks } = answerReply({ kind: 'confirm', id: changeId(1), name, undo }, now);

    expect(text).toContain(
      'now:   v2 100 %\nafter: v1 100 %\nundone too: c-00000002 by <@U02BOB>\nand what somebody else set by hand since.',
    );
    expect(JSON.stringify(blocks)).toContain('"value":"c-00000001@0123456789abcdef"');
    expect(JSON.stringify(blocks)).toContain('"text":"Roll back to v1 100 %"');
  });

  it('shows of a status what is live, since when, what a split does not reach, and what waits', () => {
    const route = reviews({}, { rules: [jason, rule({ v1: 50, v3: 50 })], revisions: [revision()] });

    const { text } = statusReply(
      { kind: 'status', name, route, open: [change({ id: changeId(5), by: 'U02BOB' })], holds: [] },
      now,
    );

    expect(text.replaceAll('\u00A0', ' ').split('\n')).toEqual([
      '*reviews* in `default` (`VirtualService reviews`, for the mesh)',
      `\`v1   50 %  ${'▰'.repeat(10)}${'▱'.repeat(10)}\``,
      `\`v3   50 %  ${'▰'.repeat(10)}${'▱'.repeat(10)}\``,
      'Since c-00000001, 1 h ago, by <@U01ALICE>.',
      'Not reached by the split: `end-user = jason → v2`',
      '`/shift unpin reviews end-user=jason -n default --cluster sandbox` removes it.',
      'c-00000005 (reviews · 50 % to v3) is queued, asked by <@U02BOB>.',
    ]);
  });

  it.each`
    at                        | words
    ${'2026-11-22T15:03:00Z'} | ${'just now'}
    ${'2026-11-22T14:58:00Z'} | ${'5 min ago'}
    ${'2026-11-22T10:03:00Z'} | ${'5 h ago'}
    ${'2026-11-20T10:03:00Z'} | ${'2026-11-20 10:03 UTC'}
  `('tells $at as $words', ({ at, words }) => {
    const route = reviews({ v1: 50, v3: 50 }, { revisions: [revision({ at })] });

    expect(historyReply({ kind: 'history', name, route }, now).text).toContain(` · ${words} · `);
  });

  it('lists a history with who, what, why and what was taken back, and counts what no longer fits', () => {
    const route = reviews(
      { v1: 100 },
      { seq: 40, revisions: [revision({ id: changeId(2), reverts: changeId(1), reason: '<!channel>' }), revision()] },
    );

    const { text } = historyReply({ kind: 'history', name, route }, now);

    expect(text).toContain(
      'c-00000002 · 1 h ago · <@U01ALICE> · v1 100 → 50 %, v3 0 → 50 % · takes back c-00000001 · “&lt;!channel&gt;”',
    );
    expect(text).toContain('… +38 older');
  });

  it('stays short whatever is listed', () => {
    const routes = Array.from({ length: 300 }, () => reviews({ v1: 1 }));

    const { text } = statusReply({ kind: 'overview', place: name, routes, open: [], holds: [] }, now);

    expect([...text].length).toBeLessThan(3_000);
    expect(text).toContain('more; name one: `/shift status reviews -n default --cluster sandbox`');
  });

  it.each(['planned-anew', 'discarded', 'decided', 'moved-again'] as const)(
    'answers every click on a held change: %s',
    (kind) => {
      expect(heldReply({ kind, change: change() }, now).text).not.toBe('');
    },
  );
});

describe('an overview', () => {
  const overview = {
    kind: 'overview',
    place: name,
    open: [],
    holds: [],
    routes: [reviews({ v1: 50, v3: 50 })],
  } as const;

  it('says how old it is when the cluster does not answer, and nothing of age when it does', () => {
    const asOf = new Date('2026-11-22T14:03:11.500Z');

    expect(statusReply(overview, now).text).toBe('*default* @ sandbox\n`reviews` v1 50 %, v3 50 %');
    expect(statusReply({ ...overview, asOf }, now).text).toBe(
      '*default* @ sandbox. This is as of 14:03:11 UTC; the cluster has not answered since.\n`reviews` v1 50 %, v3 50 %',
    );
    expect(statusReply({ ...overview, asOf, routes: [] }, now).text).toContain('as of 14:03:11 UTC');
  });
});

describe('who else manages an object', () => {
  const owner = { tool: 'argo-cd', name: 'shop' } as const;

  it('is said in its status', () => {
    const route = { ...reviews({ v1: 100 }), owners: [owner] };

    expect(statusReply({ kind: 'status', name, route, open: [], holds: [] }, now).text).toContain(
      'Managed by Argo CD (application `shop`).',
    );
  });

  it('is warned of in a dry run', () => {
    const plan = {
      kind: 'change',
      rule: 'default',
      from: { v1: 100 },
      to: { v1: 50, v3: 50 },
      base: { uid: 'u', seq: 0 },
      pinned: [],
      warnings: [{ kind: 'puts-back', owner }],
    } as const;
    const trial = { kind: 'fine', warnings: [] } as const;
    const judgement = { verdict: { kind: 'allowed' }, findings: [] } as const;

    expect(answerReply({ kind: 'preview', name, plan, waiting: 0, trial, judgement }, now).text).toContain(
      '*Argo CD (application `shop`) manages this object* and may put the weights back.',
    );
  });
});

describe('help', () => {
  it('lists every command, and in a thread how to mention the bot', () => {
    const text = helpText(undefined, 'shiftbot');

    for (const { usage } of commands) expect(text).toContain(usage);
    expect(text).toContain('`@shiftbot reviews v3 50`');
  });

  it('shows the name that Slack has for the bot, and what is in it, as text', () => {
    expect(helpText(undefined, 'a`<!channel>')).toContain('`@a &lt;!channel&gt; reviews v3 50`');
  });

  it.each([...commands.map(({ topic }) => topic), 'flags'])('says more about %s', (topic) => {
    expect(helpText(topic, undefined)).not.toContain('no such topic');
  });

  it.each(['constructor', 'toString', 'nonsense', '__proto__'])('has no topic %s, and says what there is', (topic) => {
    expect(helpText(topic, undefined)).toContain('There is no such topic');
  });
});
