import { describe, expect, it } from 'vitest';
import { answerReply } from '../../../src/slack/replies/change.ts';
import type { RollbackAnswer } from '../../../src/workflow/asking/take-one-back.ts';
import { changeId, contentEdit, reviewsObject, revision, weightsEdit } from '../../support/builders.ts';
import { wrongInMessage } from '../../support/slack-reading.ts';
import { planOf } from './plans.ts';

type Confirm = Extract<RollbackAnswer, { kind: 'confirm' }>;

const name = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const now = new Date('2026-11-22T14:04:11Z');
const move = { rule: 'default', from: { v2: 100 }, to: { v1: 100, v2: 0 } };
const orders = { rule: 'orders', from: { v4: 100 }, to: { v2: 100 } };
const target = { id: changeId(1), by: 'U01ALICE', at: '2026-11-22T14:03:11Z' };
const later = revision({ id: changeId(2), by: 'U02BOB' });

function asked(undo: Partial<Confirm['undo']>, more: Partial<Confirm> = {}) {
  const whole = { moves: [move], changes: [], target, stamp: '0123456789abcdef', ...undo };
  return answerReply({ kind: 'confirm', id: changeId(1), name, undo: whole, ...more }, now);
}

/** Without the bars. */
function linesOf(undo: Partial<Confirm['undo']>, more: Partial<Confirm> = {}): readonly string[] {
  return asked(undo, more)
    .text.replaceAll('\u00A0', ' ')
    .replaceAll(/ +[▰▱]+/g, '')
    .split('\n');
}

const rows = ['`v1    0 → 100 %`', '`v2  100 → 0 %`'];

describe('what is asked before a rollback', () => {
  it('says what it takes back, what the split becomes, and what goes with it, each once', () => {
    const more = revision({ id: changeId(3), by: 'U03CAROL', rule: 'orders' });

    expect(linesOf({ changes: [more, later] })).toEqual([
      '*This is no longer the last change of `reviews`.* Rolling back c-00000001 of <@U01ALICE> would undo more:',
      ...rows,
      'undone too: c-00000003 by <@U03CAROL> (rule `orders`), c-00000002 by <@U02BOB>',
    ]);
  });

  it('has a button that answers to what was shown', () => {
    const { blocks } = asked({ changes: [later] });

    expect(JSON.stringify(blocks)).toContain('"value":"c-00000001@0123456789abcdef"');
    expect(JSON.stringify(blocks)).toContain('"text":"Roll back to v1 100 %"');
  });

  it.each`
    manager                | words
    ${undefined}           | ${'and what somebody else set by hand since.'}
    ${'kubectl-edit'}      | ${'and what somebody else set by hand since.'}
    ${'argocd-controller'} | ${'and what was set by `argocd-controller` since.'}
    ${'terraform'}         | ${'and what was set by `terraform` since.'}
  `('says who moved it: $manager', ({ manager, words }) => {
    expect(linesOf({ moved: { manager } }).at(-1)).toBe(words);
    expect(linesOf({ moved: { manager } })[0]).toContain('would undo more:');
  });

  it('says first who has just rolled back, and then what this one would do', () => {
    const recent = { id: changeId(5), by: 'U02BOB', at: '2026-11-22T14:03:59Z' };

    expect(linesOf({ recent })).toEqual([
      '<@U02BOB> rolled back `reviews` 12 s ago (c-00000005). This one is not done yet: rolling back c-00000001 of <@U01ALICE> as well would do this:',
      ...rows,
    ]);
    expect(linesOf({ recent, changes: [later] })[0]).toMatch(/as well would undo more:$/);
  });

  it('shows each rule where there are several, and does not say that it would undo more where it would not', () => {
    const lines = linesOf({ moves: [move, orders] });

    expect(lines).toEqual([
      '*Not done yet:* c-00000001 of <@U01ALICE> (rules `default`, `orders`) moved several rules of `reviews`, and all of them go back:',
      'Rule `default`',
      ...rows,
      'Rule `orders`',
      '`v2    0 → 100 %`',
      '`v4  100 → 0 %`',
    ]);
    expect(JSON.stringify(asked({ moves: [move, orders] }).blocks)).toContain('"text":"Roll back all the same"');
  });

  it('names a rule that is not the default one', () => {
    expect(linesOf({ moves: [orders], changes: [later] })[0]).toContain(
      'Rolling back c-00000001 of <@U01ALICE> (rule `orders`) would undo more:',
    );
  });

  it('shows each object that is written whole, and says where what it was is not served any more', () => {
    const versions = [{ host: 'reviews.default.svc.cluster.local', version: 'v2' }];
    const edit = contentEdit({ object: reviewsObject, from: { v2: 100 }, to: { v1: 100, v2: 0 }, after: { spec: {} } });
    const ratings = contentEdit({ object: { ...reviewsObject, kind: 'DestinationRule' }, before: { spec: {} } });
    const plan = planOf([edit, ratings], { warnings: [{ kind: 'undefined-versions', versions }] });
    const shown = JSON.stringify(asked({}, { plan }).blocks);

    expect(linesOf({}, { plan })).toEqual([
      '*Not done yet:* what `reviews` was before c-00000001 of <@U01ALICE> is not served any more.',
      ...rows,
      expect.stringContaining('*No DestinationRule of the namespace defines* `v2` of `reviews`'),
    ]);
    expect(shown).toContain('*Create* `VirtualService reviews`');
    expect(shown).toContain('*Delete* `DestinationRule reviews`');
    expect(shown).toContain('"text":"Roll back all the same"');
  });

  it('names the objects where there are several, of which it moves weights alone', () => {
    const ratings = weightsEdit({ object: { ...reviewsObject, name: 'ratings' } });
    const plan = planOf([weightsEdit(), ratings]);

    expect(linesOf({ changes: [later] }, { plan }).filter((line) => line.startsWith('`VirtualService'))).toEqual([
      '`VirtualService reviews`',
      '`VirtualService ratings`',
    ]);
  });

  it('is fit for Slack however much it undoes', () => {
    const long = '<!channel>`*'.repeat(30);
    const split = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`${long}${at}`, at]));
    const moves = Array.from({ length: 30 }, () => ({ rule: long, from: split, to: split }));
    const changes = Array.from({ length: 30 }, () => revision({ by: long, rule: long }));

    expect(wrongInMessage(asked({ moves, changes, moved: { manager: long } }))).toBeUndefined();
  });
});
