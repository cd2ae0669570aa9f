import { describe, expect, it } from 'vitest';
import { type Change, planShown, shownAs } from '../../../src/domain/change/change.ts';
import { type State, voidReasons } from '../../../src/domain/change/state.ts';
import type { Who } from '../../../src/domain/policy/groups.ts';
import { denialReasons } from '../../../src/domain/policy/judge.ts';
import { card } from '../../../src/slack/card/card.ts';
import { readButtonValue } from '../../../src/slack/words/button.ts';
import { applied, change, changeId, found } from '../../support/builders.ts';

const at = '2026-11-22T14:05:00.000Z';
const shownAt = '<!date^1795356300^{date_short_pretty} {time}|22 Nov 2026, 14:05 UTC>';
const rule = { name: 'reviews', line: 4 };
const sre: Who = { kind: 'group', name: 'sre', users: ['U01ALICE', 'U02BOB', 'U03CAROL'] };
const by = (...ids: readonly string[]) => ids.map((id) => ({ by: id, at }));

function awaiting(count = 1, who: readonly Who[] = [sre]): Extract<State, { kind: 'awaiting' }> {
  return {
    kind: 'awaiting',
    expiresAt: '2026-11-22T14:33:11.000Z',
    needs: { by: who, count, expiresMs: 1_800_000, rule },
  };
}

function voided(more: Partial<Extract<State, { kind: 'void' }>> = {}): Extract<State, { kind: 'void' }> {
  return {
    kind: 'void',
    at,
    because: 'moved',
    moved: [found({ v1: 70, v2: 30 }, { lastWriter: 'kubectl-edit' })],
    stamp: '0123456789abcdef',
    ...more,
  };
}

interface Button {
  readonly action_id: string;
  readonly value: string;
  readonly style?: string;
  readonly text: { readonly text: string };
}

function buttons(shown: Change): readonly Button[] {
  const blocks = card(shown).blocks as readonly { readonly type: string; readonly elements?: readonly Button[] }[]; // as Slack reads it
  return blocks.filter(({ type }) => type === 'actions').flatMap(({ elements = [] }) => elements);
}

/** What stands in the sections under the split, which a screen reader is told too. */
function notes(shown: Change): readonly string[] {
  const { blocks, text } = card(shown);
  const sections = blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : [])).slice(1);
  for (const each of sections) expect(text).toContain(each);
  return sections;
}

describe('the card of a change that awaits approval', () => {
  it('says what will happen, who must approve, how many and until when, and calls them once', () => {
    const shown = change({ state: awaiting(2), pinned: ['end-user = jason → v2'] });

    expect(notes(shown)).toEqual([
      '*Waits for 2 approvals* by `sre`, until <!date^1795357991^{date_short_pretty} {time}|22 Nov 2026, 14:33 UTC>. 0 of 2 given. <@U02BOB> <@U03CAROL>',
      'Not reached by the split: `end-user = jason → v2`. `/shift unpin reviews end-user=jason -n default --cluster sandbox` removes it.',
    ]);
    expect(card(shown).text).toContain('v1 100 → 50 %, v3 0 → 50 %. Waits for approval, asked by <@U01ALICE>');
  });

  it.each<[readonly Who[], string]>([
    [[{ kind: 'user', id: 'U02BOB' }], 'by <@U02BOB>, until'],
    [[{ kind: 'usergroup', name: 'payments', id: 'S01PAY' }], '<!subteam^S01PAY>'],
    [[{ kind: 'usergroup', name: 'payments', id: '!channel' }], 'by `payments`, until'],
    [[{ kind: 'everyone' }], 'by everybody of the team, until'],
  ])('names the approvers %j', (who, words) => {
    const [note = ''] = notes(change({ state: awaiting(1, who) }));

    expect(note).toContain(words);
    expect(note).not.toMatch(/<!(?:channel|here|everyone)/);
    expect(note.match(/<@U02BOB>/g) ?? []).toHaveLength(words.includes('BOB') ? 1 : 0);
  });

  it('calls neither whoever asked nor a crowd', () => {
    const crowd: Who = { kind: 'group', name: 'all', users: Array.from({ length: 300 }, (_, n) => `U9${n}`) };
    const [asked = ''] = notes(change({ state: awaiting(1, [sre]), insistedBy: 'U02BOB' }));
    const [many = ''] = notes(change({ state: awaiting(1, [crowd]) }));

    expect(asked.match(/<@\w+>/g)).toEqual(['<@U03CAROL>']);
    expect(many.match(/<@\w+>/g)).toHaveLength(8);
  });

  it('counts approvals by name, and when each was given', () => {
    const shown = change({ state: awaiting(2), approvals: by('U02BOB') });

    expect(notes(shown)).toEqual([
      expect.stringMatching(/1 of 2 given\. <@U03CAROL>$/),
      `Approved by <@U02BOB>, ${shownAt}.`,
    ]);
  });

  it('offers Approve, Reject and Withdraw, which stand for the plan that is shown', () => {
    const shown = change({ state: awaiting(), rev: 3 });
    const later = change({ state: awaiting(), rev: 4, approvals: by('U02BOB') });

    expect(buttons(shown).map(({ text, style }) => [text.text, style])).toEqual([
      ['Approve', 'primary'],
      ['Reject', undefined],
      ['Withdraw', undefined],
    ]);
    for (const { value } of [...buttons(shown), ...buttons(later)])
      expect(readButtonValue(value)).toEqual({ id: changeId(1), seen: planShown(awaiting()) });
  });

  it('says who planned it again, and does not say that it was applied', () => {
    const { text } = card(change({ state: awaiting(), insistedBy: 'U02BOB' }));

    expect(text).toContain('planned again by <@U02BOB>');
    expect(text).not.toMatch(/applied/i);
  });
});

describe('the card of what was decided', () => {
  it.each<[State, string, string]>([
    [
      { kind: 'rejected', at, by: 'U02BOB', reason: '<!here> no & no' },
      'Rejected, not applied',
      `<@U02BOB> rejected it, ${shownAt}: “&lt;!here&gt; no &amp; no”. Nothing was changed.`,
    ],
    [{ kind: 'rejected', at, by: 'U02BOB' }, 'Rejected', `<@U02BOB> rejected it, ${shownAt}. Nothing was changed.`],
    [
      { kind: 'withdrawn', at, by: 'U01ALICE' },
      'Withdrawn',
      `<@U01ALICE> withdrew it, ${shownAt}. Nothing was changed.`,
    ],
    [{ kind: 'expired', at }, 'Expired', `It was not approved by ${shownAt}. Nothing was changed.`],
  ])('names outcome, person and time, and has no button: %j', (state, word, note) => {
    const shown = change({ state, approvals: by('U03CAROL') });

    expect(card(shown).text).toContain(word);
    expect(notes(shown)[0]).toContain(note);
    expect(notes(shown)[1]).toBe(`Approved by <@U03CAROL>, ${shownAt}.`);
    expect(buttons(shown)).toEqual([]);
  });

  it.each<State>([
    { kind: 'queued' },
    { kind: 'applying' },
    applied(),
    { kind: 'held', at, because: 'moved', found: [found({ v1: 1 })], stamp: '0123456789abcdef' },
    { kind: 'superseded', at },
    { kind: 'discarded', at, by: 'U02BOB' },
    { kind: 'failed', at, because: 'rejected' },
  ])('keeps who approved once it is $kind', (state) => {
    expect(notes(change({ state, approvals: by('U02BOB', 'U03CAROL') }))).toContain(
      `Approved by <@U02BOB>, ${shownAt}; <@U03CAROL>, ${shownAt}.`,
    );
  });
});

describe('the card of a plan that is void', () => {
  it.each<[Partial<Extract<State, { kind: 'void' }>>, string]>([
    [{}, 'made from v1 100 %; live is now v1 70 %, v2 30 %, last written by `kubectl-edit`'],
    [
      { moved: [found({ v1: 100 })] },
      'live is v1 100 % all the same, but another change came in between or goes before it',
    ],
    [{ moved: [] }, 'live is v1 100 % all the same, but another change came in between or goes before it'],
    [{ moved: [found({}, { live: [], how: 'gone' })] }, 'v1 100 %; the object or its rule is gone. Nothing'],
    [{ moved: [found({}, { live: [], how: 'unreadable' })] }, 'a history that is not what shiftbot wrote since'],
    [{ because: 'denied', denied: 'frozen', rule }, 'changes are frozen (rule `reviews`, line 4 of the policy file)'],
    [
      { because: 'denied', denied: 'frozen', heldUntil: '2026-11-23T00:00:00Z' },
      'changes are frozen, until <!date^1795392000^',
    ],
    [
      {
        ...{ because: 'denied', denied: 'frozen', heldUntil: '2026-11-23T00:00:00Z', rule },
        hold: { name: 'f-7f3k9qxz', by: 'U03CAROL', reason: 'incident <!channel>' },
      },
      'changes are frozen (`f-7f3k9qxz`) by <@U03CAROL>, because of `incident &lt;!channel&gt;`, until <!date^1795392000^',
    ],
    [
      { because: 'denied', denied: 'frozen', hold: { name: 'always', line: 9 } },
      'changes are frozen (`always`, line 9 of the policy file), with no end in sight. Nothing was changed.',
    ],
    [
      { because: 'denied', denied: 'outside-hours', heldUntil: '2026-11-23T08:00:00Z', rule },
      'it is outside the hours in which traffic may go up, until <!date^1795420800^',
    ],
    [{ because: 'approvals', rule }, 'approvals do not suffice any more'],
  ])('says why, and what is live: %j', (more, words) => {
    expect(notes(change({ state: voided(more) }))[0]).toContain(words);
  });

  it('does not say what is live where it was planned from what another change would leave', () => {
    expect(notes(change({ state: voided({ moved: [] }), behind: changeId(2) }))[0]).toBe(
      '*The plan does not hold any more.* Another change came in between or goes before it. Nothing was changed, and approvals were for that plan only.',
    );
  });

  it('says so for every reason there is', () => {
    for (const because of voidReasons)
      for (const denied of [undefined, ...denialReasons])
        expect(notes(change({ state: voided({ because, denied }) }))[0]).not.toMatch(/undefined|null/);
  });

  it('offers to plan again from what it shows', () => {
    const shown = change({ state: voided(), rev: 5 });

    expect(buttons(shown).map(({ text }) => text.text)).toEqual(['Plan again']);
    expect(readButtonValue(buttons(shown)[0]?.value)).toEqual({ id: changeId(1), seen: shownAs(shown) });
  });
});
