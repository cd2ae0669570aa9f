import { describe, expect, it } from 'vitest';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import type { RampState } from '../../../src/domain/ramp/ramp-state.ts';
import { rampCard } from '../../../src/slack/card/ramp.ts';
import { changeId, reviewsObject } from '../../support/builders.ts';

const at = '2026-11-22T14:03:11.000Z';
const split = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;
const away = { object: reviewsObject, rule: 'default', at, manager: 'kubectl-edit', live: { v1: 60, v3: 40 } };

function ramp(state: RampState): Ramp {
  return {
    id: 'r-00000001',
    request: 'r',
    name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    version: 'v3',
    by: 'U01ALICE',
    origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
    before: split(0),
    steps: [
      { percent: 10, stay: { kind: 'for', ms: 300_000 }, to: split(10) },
      { percent: 100, stay: { kind: 'for', ms: 300_000 }, to: split(100) },
    ],
    changes: [{ step: 1, id: changeId(1) }],
    acceptedAt: at,
    state,
    rev: 4,
  };
}

const held = { kind: 'held', step: 1, since: at, at, leftMs: 0, hold: { because: 'moved', away } } as const;

function buttonsOf(state: RampState): readonly string[] {
  const { blocks } = rampCard({ ramp: ramp(state), change: undefined });
  const elements = blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  return elements.flatMap((element) => (element.type === 'button' ? [element.text.text] : []));
}

describe('the card of a ramp that is held', () => {
  it('because somebody moved the weights, offers to go on from there, to put them back, and to roll back', () => {
    expect(buttonsOf(held)).toEqual(['Go on from here', 'Put back', 'Roll back to v1 100 %', 'History']);
    const { text } = rampCard({ ramp: ramp(held), change: undefined });
    expect(text).toContain('`kubectl-edit` moved the weights');
    expect(text).toContain('*Put back* makes it v1 90 %, v3 10 % again, and watches that for its full time.');
  });

  it('has nothing to put back before its first step, or for another reason', () => {
    expect(buttonsOf({ ...held, step: 0 })).toEqual(['Go on from here', 'Roll back to v1 100 %', 'History']);
    expect(buttonsOf({ ...held, hold: { because: 'late', lateMs: 1 } })).toEqual([
      'Go on',
      'Roll back to v1 100 %',
      'History',
    ]);
  });

  it('says that its step is being put back', () => {
    const stepping = { kind: 'stepping', step: 1, live: 1, since: at, change: changeId(2), from: split(40) } as const;
    expect(rampCard({ ramp: ramp(stepping), change: undefined }).text).toContain('10 % being put back');
  });

  it('because policy says no by now, says in words why', () => {
    const hold = { because: 'denied', denied: 'guard-required', rule: { name: 'payments', line: 7 } } as const;
    expect(rampCard({ ramp: ramp({ ...held, hold }), change: undefined }).text).toContain(
      'policy does not allow the next step: the guard may not be left out (rule `payments`, line 7 of the policy file).',
    );
  });

  describe('says what going on does', () => {
    const proof = { guard: 'errors', canary: { requests: 9, bad: 9 }, others: { requests: 9, bad: 0 } } as const;
    const asking = { percent: 10, stay: { kind: 'ask' }, to: split(10) } as const;
    const last = ramp(held).steps[1] ?? asking;
    const late = { because: 'late', lateMs: 1 } as const;
    const guard = { because: 'guard', proof } as const;
    const makes = '*Go on* makes 100 %.';
    const asks = '*Go on* asks whether 100 % may be made.';
    const runs = '*Go on* lets the ramp run on.';
    const ends = 'ends the ramp here; the split stays.';

    it.each<[string, Partial<typeof held> | object, Ramp['steps'][0], string]>([
      ['its time is over', { hold: late }, last, makes],
      ['its time is over, and its step asks', { hold: late }, asking, asks],
      ['a guard held a step that asks', { hold: guard }, asking, asks],
      ['a guard held it when its time was over', { hold: guard }, last, makes],
      ['some of its time is left', { hold: guard, leftMs: 9_000 }, last, runs],
      ['some time of the last step is left', { hold: guard, leftMs: 9_000, step: 2 }, last, runs],
      ['the time of the last step is over', { hold: guard, step: 2 }, last, `*Go on* ${ends}`],
      ['somebody moved the weights at the last step', { step: 2 }, last, `*Go on from here* ${ends}`],
      ['somebody moved the weights', {}, asking, '*Go on from here* makes 100 % of what is live.'],
    ])('where %s', (_, state, first, words) => {
      const { text } = rampCard({
        ramp: { ...ramp({ ...held, ...state }), steps: [first, last] },
        change: undefined,
      });

      expect(text).toContain(words);
    });
  });
});
