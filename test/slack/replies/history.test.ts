import { describe, expect, it } from 'vitest';
import { historyReply } from '../../../src/slack/replies/history.ts';
import { changeId, reviews, revision } from '../../support/builders.ts';

const name = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const now = new Date('2026-11-22T15:03:11Z');

describe('a history', () => {
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

  it('says which of it shiftbot did not write', () => {
    const revisions = [revision({ id: changeId(2), isUnsigned: true }), revision()];

    const { text } = historyReply({ kind: 'history', name, route: reviews({ v1: 100 }, { revisions }) }, now);

    expect(text).toContain('c-00000002 · 1 h ago · _not by shiftbot_ (it names <@U01ALICE>) · v1 100');
    expect(text).toContain('c-00000001 · 1 h ago · <@U01ALICE> · v1 100');
    expect(text).toContain('counts as a shift');
  });

  it('names each rule that a change moved, where it moved several, or another than the default one', () => {
    const also = [{ rule: 'orders', from: { v2: 100 }, to: { v4: 100 } }];
    const revisions = [revision({ id: changeId(2), also }), revision({ rule: 'orders' })];

    const lines = historyReply({ kind: 'history', name, route: reviews({ v1: 100 }, { revisions }) }, now).text;

    expect(lines).toContain('· rule `default` v1 100 → 50 %, v3 0 → 50 %; rule `orders` v2 100 → 0 %, v4 0 → 100 %\n');
    expect(lines).toContain('· v1 100 → 50 %, v3 0 → 50 % · rule `orders`');
  });
});
