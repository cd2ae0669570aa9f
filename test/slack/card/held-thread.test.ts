import { expect, it } from 'vitest';
import { reminderText } from '../../../src/slack/card/held-thread.ts';
import { change, changeId } from '../../support/builders.ts';

it('a held change that waits calls who asked for it, and says when it ends', () => {
  const state = {
    kind: 'held',
    at: '2026-11-22T14:05:00.000Z',
    because: 'moved',
    found: [],
    stamp: '0123456789abcdef',
    isToldAgain: true,
  } as const;

  expect(reminderText(change({ id: changeId(1), state }))).toMatch(
    /^<@U01ALICE> reviews · 50 % to v3: this is still held, and nobody has decided about it\. At <!date\^1795442700\^.*> it ends as discarded\. The buttons are on its card\.$/,
  );
});
