import { describe, expect, it } from 'vitest';
import { defaultGuard } from '../../../src/domain/policy/ramps/guard-rule.ts';
import { newGuards } from '../../../src/domain/ramp/guards.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import { rampCard } from '../../../src/slack/card/ramp.ts';
import { tookText } from '../../../src/slack/card/ramp-finished.ts';
import type { RampShown } from '../../../src/workflow/ports/cards.ts';
import { applied, change, changeId, reviewsObject } from '../../support/builders.ts';
import { aRampTo } from '../../support/ramp-builders.ts';

const at = '2026-11-22T14:28:11.000Z';
const guards = newGuards(defaultGuard, 4);
const running = (step: number) => ({ kind: 'running', step, since: at, dueAt: '2026-11-22T14:33:11.000Z' }) as const;

function textOf(overrides: Partial<Ramp>, of?: RampShown['change']): string {
  return rampCard({ ramp: aRampTo(overrides), change: of }).text;
}

describe("a ramp's card", () => {
  it('says at the last step until when it is watched, and that it may be forgotten then', () => {
    const said = /until <!date\^\d+\^[^|]*\|14:33:11 UTC>, then the ramp is over and nobody needs to look any more\./;

    expect(textOf({ state: running(4), guards })).toMatch(new RegExp(`Watched ${said.source}`));
    expect(textOf({ state: running(4) })).toMatch(new RegExp(`it stays so ${said.source}`));
  });

  it('says of a step that was left out that it was, also where it is read aloud', () => {
    const changes = [1, 4].map((step) => ({ step, id: changeId(step) }));
    const { text, blocks } = rampCard({ ramp: aRampTo({ changes, state: running(4) }), change: undefined });

    expect(text).toContain('10 % ✓ · 25 % left out · 50 % left out · *100 % now*.');
    expect(JSON.stringify(blocks)).toContain('10 % ✓ · ~25 %~ · ~50 %~ · *100 % now*');
  });

  describe('of one that has finished', () => {
    const finished = { state: { kind: 'finished', at } } as const;

    it('says when, how long it took, that nothing more happens by itself, and what stays', () => {
      expect(textOf(finished)).toMatch(
        /\*Finished\* at <!date\^\d+\^[^|]*\|14:28:11 UTC> after 25 min\. Nothing more happens by itself, and nobody needs to look any more\. v1 keeps its place at 0 %\./,
      );
    });

    it('counts from its approval, not from when it was asked for', () => {
      expect(textOf({ ...finished, approvals: [{ by: 'U02BOB', at: '2026-11-22T14:23:11.000Z' }] })).toContain(
        'after 5 min',
      );
    });

    it('does not say what stays where somebody moved it since', () => {
      const moved = change({ state: applied({ rolledBack: { by: 'U02BOB', change: changeId(7) } }) });
      const text = textOf(finished, moved);

      expect(text).toContain(`The split was changed since, by ${changeId(7)}.`);
      expect(text).not.toContain('keeps its place');
    });

    it('names no version that never had traffic', () => {
      const before = [{ object: { ...reviewsObject, cluster: 'sandbox' }, rule: 'default', split: { v1: 0 } }] as const;

      expect(textOf({ ...finished, before })).not.toContain('place at 0 %');
    });
  });

  it.each`
    ms             | text
    ${0}           | ${'0 s'}
    ${59_000}      | ${'59 s'}
    ${60_000}      | ${'1 min'}
    ${1_500_000}   | ${'25 min'}
    ${7_200_000}   | ${'2 h'}
    ${11_100_000}  | ${'3 h 5 min'}
    ${172_800_000} | ${'2 d'}
    ${187_200_000} | ${'2 d 4 h'}
  `('says $ms ms as $text', ({ ms, text }) => {
    expect(tookText(ms)).toBe(text);
  });
});
