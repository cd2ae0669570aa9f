import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import type { State, StateOf } from '../../../src/domain/change/state.ts';
import { approvalReply, pendingReply } from '../../../src/slack/replies/approval.ts';
import { denialText } from '../../../src/slack/words/policy-words.ts';
import type { ApprovalAnswer } from '../../../src/workflow/deciding/awaiting.ts';
import { applied as appliedState, change, changeId, found } from '../../support/builders.ts';

const at = '2026-11-22T14:05:00.000Z';
const rule = { name: 'reviews', line: 4 };
const needs = {
  by: [{ kind: 'group' as const, name: 'sre', users: ['U02BOB', 'U03CAROL'] }],
  count: 2,
  expiresMs: 1_800_000,
  rule,
};
const awaiting: StateOf<'awaiting'> = { kind: 'awaiting', expiresAt: '2026-11-22T14:33:11.000Z', needs };
const waits = change({ state: awaiting });
const approvals = ['U02BOB', 'U03CAROL'].map((by) => ({ by, at }));
const applied = appliedState();
const stamp = '0123456789abcdef';

describe('whoever decides is told', () => {
  it.each<[ApprovalAnswer, string | RegExp]>([
    [{ kind: 'approved', change: waits, missing: 1, lost: [] }, 'counts; 1 more is needed.'],
    [{ kind: 'approved', change: waits, missing: 3, lost: [] }, 'counts; 3 more are needed.'],
    [
      { kind: 'approved', change: waits, missing: 1, lost: ['U02BOB'] },
      'What <@U02BOB> approved counts no more, since policy does not let them any longer.',
    ],
    [{ kind: 'approved', change: waits, missing: 0, lost: [] }, 'Approved: c-00000001 (reviews · 50 % to v3)'],
    [{ kind: 'approved-before', change: waits, missing: 1, lost: [] }, 'each person counts once; 1 more is needed.'],
    [{ kind: 'rejected', change: waits }, 'Rejected: c-00000001'],
    [{ kind: 'withdrawn', change: waits }, 'Withdrawn: c-00000001'],
    [
      { kind: 'decided', change: change({ state: { kind: 'rejected', at, by: 'U02BOB' } }) },
      'does not wait for approval any more: rejected by <@U02BOB>, <!date^1795356300^',
    ],
    [{ kind: 'decided', change: change({ state: { kind: 'expired', at } }) }, 'it expired, <!date^1795356300^'],
    [
      { kind: 'decided', change: change({ state: applied, approvals }) },
      /approved by <@U02BOB>, <!date\^1795356\d+\^[^>]*>; <@U03CAROL>, <!date\^[^>]*>; it is applied/,
    ],
    [
      { kind: 'decided', change: change({ state: { kind: 'void', at, because: 'moved', moved: [], stamp } }) },
      'its plan does not stand any more',
    ],
    [{ kind: 'planned-anew', change: waits }, 'planned anew since you saw it'],
    [
      { kind: 'seen-first', change: { ...waits, state: awaiting, insistedBy: 'U04DAVE' } },
      /^\*Not approved yet:\* c-00000001 .* was planned anew by <@U04DAVE> .* the plan now: v1 100 → 50 %, v3 0 → 50 %\.$/,
    ],
    [{ kind: 'voided', change: waits }, 'nothing was decided. Its card says why; *Plan again*'],
    [{ kind: 'not-yours', change: waits }, 'Only whoever asked for c-00000001'],
    [{ kind: 'cannot-tell', change: waits, why: 'Slack <did> not answer' }, 'nothing was counted: Slack &lt;did&gt;'],
    [{ kind: 'unknown-change', id: changeId(7) }, '`/shift pending` shows what waits'],
    [
      { kind: 'denied', change: waits, denial: { reason: 'not-allowed', deed: 'approve', who: needs.by, rule } },
      'You may not approve here; `sre` may (rule `reviews`, line 4 of the policy file)',
    ],
    [{ kind: 'denied', change: waits, denial: { reason: 'own-request', rule } }, 'somebody else has to approve it'],
  ])('%j', (answer, words) => {
    expect(approvalReply(answer).text).toEqual(
      typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words),
    );
  });

  it('that nobody approves here any more, and what to do', () => {
    expect(denialText({ reason: 'not-allowed', deed: 'approve', who: [], rule })).toBe(
      'The policy file asks for no approval here any more, so nobody approves (rule `reviews`, line 4 of the policy file). The asker withdraws it, and types the command again.',
    );
  });
});

describe('what waits for people', () => {
  it('is told with what it would do, who asked, how many approved, and until when', () => {
    const held: State = { kind: 'held', at, because: 'moved', found: [found({ v1: 70, v2: 30 })], stamp };
    const { text } = pendingReply([
      change({ state: awaiting, approvals: approvals.slice(1) }),
      change({ id: changeId(2), state: held }),
    ]);

    expect(text.split('\n')).toEqual([
      'c-00000001 (reviews · 50 % to v3): v1 100 % → v1 50 %, v3 50 %, asked by <@U01ALICE>; 1 of 2 approvals, until <!date^1795357991^{date_short_pretty} {time}|22 Nov 2026, 14:33 UTC>',
      'c-00000002 (reviews · 50 % to v3): v1 100 % → v1 50 %, v3 50 %, asked by <@U01ALICE>; held, since the object moved',
    ]);
  });

  it('is counted where it does not fit, and nothing is cut in half', () => {
    const all: Change[] = Array.from({ length: 500 }, (_, n) => change({ id: changeId(n), state: awaiting }));
    const { text } = pendingReply(all);
    const lines = text.split('\n');

    expect(text.length).toBeLessThan(3_000);
    expect(lines.at(-1)).toBe(`… +${500 - (lines.length - 1)}`);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/UTC>$/);
  });

  it('is nothing', () => {
    expect(pendingReply([]).text).toBe('Nothing waits for a decision.');
  });
});
