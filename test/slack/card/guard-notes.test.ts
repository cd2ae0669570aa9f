import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/domain/guard/batch.ts';
import { defaultGuard, type GuardRule } from '../../../src/domain/policy/ramps/guard-rule.ts';
import { afterLook, type Known, type Looked, newGuards, type RampGuards } from '../../../src/domain/ramp/guards.ts';
import type { Ramp } from '../../../src/domain/ramp/ramp.ts';
import type { RampState } from '../../../src/domain/ramp/ramp-state.ts';
import { guardNotes } from '../../../src/slack/card/guard-notes.ts';
import { nextLine } from '../../../src/slack/card/ramp-notes.ts';
import { reviewsObject } from '../../support/builders.ts';

const at = '2026-11-22T14:03:11.000Z';
const dueAt = '2026-11-22T14:08:11.000Z';
const running: RampState = { kind: 'running', step: 1, since: at, dueAt };
const bound: GuardRule = { ...defaultGuard, errors: { times: 1, atMost: 0.05 } };
const orders = { query: 'orders', atMost: 0.02, looks: 3 } as const;
const latency: GuardRule = { ...defaultGuard, latency: { times: 1.2 } };

function batch(canary: readonly [number, number], others: readonly [number, number]): Batch {
  const [requests, bad] = canary;
  return { canary: { requests, bad }, others: { requests: others[0], bad: others[1] } };
}

/** What was counted in the first step, of the product page. */
function seen(rule: GuardRule, counted: Batch, more: Partial<Looked> = {}, known: Known = {}): RampGuards {
  return afterLook(newGuards(rule, 2, known), {
    ...{ step: 1, from: at, until: dueAt, batches: new Map([['default/productpage', counted]]) },
    ...{ unreached: {}, configuredShare: 0.1, ...more },
  });
}

function ramp(guards: RampGuards | undefined, state: RampState = running): Ramp {
  const target = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;
  const step = (percent: number) => ({ percent, stay: { kind: 'for', ms: 300_000 }, to: target(percent) }) as const;
  return {
    id: 'r-00000001',
    request: 'a request',
    name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
    version: 'v3',
    by: 'U01ALICE',
    origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
    before: target(0),
    steps: [step(10), step(50)],
    changes: [],
    acceptedAt: at,
    guards,
    state,
    rev: 0,
  };
}

const good = batch([1_000, 5], [9_000, 45]);
const more = ' Were it no worse, fewer than one ramp in 1,000 would look like this.';

describe('what a card says of the guards', () => {
  it.each<{ what: string; guards: RampGuards | undefined; says: readonly string[] }>([
    { what: 'no guard', guards: undefined, says: ['No guard watches this ramp: it goes by time.'] },
    { what: 'no look yet', guards: newGuards(defaultGuard, 2), says: ['The guards have not looked at this step yet.'] },
    {
      what: 'no sign',
      guards: seen(defaultGuard, good),
      says: [
        'No sign that v3 fails more often: 0.5 % of 1,000 against 0.5 % of 9,000; at most 3.2 times as often (95 %).',
      ],
    },
    {
      what: 'nothing failed',
      guards: seen(defaultGuard, batch([1_000, 0], [9_000, 0])),
      says: ['No sign that v3 fails more often: 0 % of 1,000 against 0 % of 9,000.'],
    },
    {
      what: 'too few requests: not even if all had failed',
      guards: seen(defaultGuard, batch([3, 0], [27, 0])),
      says: ['Too few requests to tell: 3 so far.'],
    },
    {
      what: 'nothing of the canary',
      guards: seen(defaultGuard, batch([0, 0], [9, 0])),
      says: ['Nothing was seen of v3 in this step so far.'],
    },
    {
      what: 'a sign that it is slow, beside none that it fails',
      guards: seen(latency, good, { slow: new Map([['a', batch([1_000, 60], [9_000, 200])]]) }, { slowerThanMs: 250 }),
      says: [
        'No sign that v3 fails more often: 0.5 % of 1,000 against 0.5 % of 9,000; at most 3.2 times as often (95 %).',
        'v3 seems to be slow more often, 6 % of 1,000 against 2.2 % of 9,000. Were it no worse, fewer than one ramp in 1,000 would look like this.',
      ],
    },
    {
      what: 'traffic that does not follow',
      guards: seen(defaultGuard, batch([200, 1], [9_000, 45])),
      says: [
        'No sign',
        'Traffic does not follow the split: 200 requests went to v3, 9,000 to the others. Did it follow, fewer than one ramp in 1,000,000,000 would look like this.',
      ],
    },
    {
      what: 'rates below one percent with the digits that tell them apart',
      guards: seen(defaultGuard, batch([100_000, 40], [900_000, 30])),
      says: [
        'v3 seems to fail more often, 0.04 % of 100,000 against 0.0033 % of 900,000. Were it no worse, fewer than',
      ],
    },
    {
      what: 'that it is over its bound, and not that it is worse than others',
      guards: seen(bound, batch([1_000, 200], [9_000, 900]), {}, { sticky: 'session' }),
      says: [
        '20 % of 1,000 requests to v3 failed in this step.',
        'v3 seems to fail more often than it may, 20 % of 1,000 against 10 % of 9,000. Were it within its bound, fewer than one ramp in 1,000',
        'Sessions stay',
      ],
    },
    {
      what: 'that latency is not watched, for want of a bound',
      guards: seen(latency, good),
      says: ['No sign', 'From when on a request is slow was not known before the ramp, so latency is not watched.'],
    },
    {
      what: 'that they only speak',
      guards: seen({ ...defaultGuard, act: 'tell' }, good),
      says: ['No sign', 'The guards only speak here, and stop nothing: policy says `act: tell`.'],
    },
    {
      what: 'sessions, and that only a bound watches it',
      guards: seen(bound, good, {}, { sticky: 'session' }),
      says: [
        '0.5 % of 1,000 requests to v3 failed in this step.',
        'Sessions stay with a version here. The versions serve different clients, so they are not compared. Only the bound of policy watches v3: 5 % may fail.',
      ],
    },
    {
      what: 'a cookie, without a bound',
      guards: seen(defaultGuard, good, {}, { sticky: 'cookie' }),
      says: [
        '0.5 %',
        'A cookie keeps clients at a version here. The versions serve different clients, so they are not compared. No bound is set in policy, so it goes by time.',
      ],
    },
    {
      what: 'connections',
      guards: newGuards(bound, 2, { sticky: 'connection' }),
      says: [
        'This rule is about connections. Their outcome is not counted, so no guard can watch it. It goes by time.',
      ],
    },
    {
      what: 'what is in the way, by its name',
      guards: seen(defaultGuard, good, { confounding: { because: 'other-object', by: 'edge/reviews' } }),
      says: [
        'No sign',
        '`edge/reviews` sends requests to these versions, too. So the guards may hold it, and do not take it back.',
      ],
    },
    {
      what: 'what is in the way, beside a number of policy that takes back',
      guards: seen({ ...defaultGuard, query: { ...orders, act: 'take-back' } }, good, {
        confounding: { because: 'other-ramp' },
      }),
      says: [
        'No sign',
        'Another ramp (in progress) moves requests of these versions, too. So the guards that compare may hold it. Only the number that policy asks for takes it back.',
      ],
    },
    {
      what: 'what is in the way, beside a bound and such a number',
      guards: seen({ ...bound, query: { ...orders, act: 'take-back' } }, good, {
        confounding: { because: 'other-ramp' },
      }),
      says: [
        'No sign',
        'Another ramp (in progress) moves requests of these versions, too. So the guards that compare may hold it. Only the bound of policy (5 %) and the number that policy asks for take it back.',
      ],
    },
    {
      what: 'what is in the way, beside a number of policy that only holds',
      guards: seen({ ...defaultGuard, query: { ...orders, act: 'hold' } }, good, {
        confounding: { because: 'other-ramp' },
      }),
      says: [
        'No sign',
        'Another ramp (in progress) moves requests of these versions, too. So the guards may hold it, and do not take it back.',
      ],
    },
    {
      what: 'what is in the way, beside a bound',
      guards: seen(bound, good, { confounding: { because: 'other-rule', by: 'end-user = jason' } }),
      says: [
        'No sign',
        'Another rule (`end-user = jason`) sends requests to these versions, too. So the guards that compare may hold it. Only the bound of policy (5 %) takes it back.',
      ],
    },
  ])('$what', ({ guards, says }) => {
    const notes = guardNotes(ramp(guards));

    expect(notes).toHaveLength(says.length);
    for (const [at, text] of says.entries()) expect(notes[at]).toMatch(new RegExp(`^${escaped(text)}`));
  });

  it('nothing twice: what it is held for is said by the hold', () => {
    const guards = seen(defaultGuard, batch([412, 11], [3_700, 11]));
    const proof = { guard: 'errors', oneIn: 1_000, ...batch([412, 11], [3_700, 11]) } as const;
    const held = { kind: 'held', step: 1, since: at, at, leftMs: 0, hold: { because: 'guard', proof } } as const;

    expect(guardNotes(ramp(guards))).toEqual([
      `v3 seems to fail more often, 2.7 % of 412 against 0.3 % of 3,700.${more}`,
    ]);
    expect(guardNotes(ramp(guards, held))).toEqual([]);
  });
});

describe('the line about the next step', () => {
  it.each<{ what: string; guards: RampGuards | undefined; unless: string }>([
    { what: 'no guard', guards: undefined, unless: '' },
    { what: 'the usual one', guards: newGuards(defaultGuard, 2), unless: ', unless v3 fails more often than v1' },
    {
      what: 'latency, too',
      guards: newGuards(latency, 2, { slowerThanMs: 250 }),
      unless: ', unless v3 fails more often or is slower than v1',
    },
    {
      what: 'a bound, too',
      guards: newGuards(bound, 2),
      unless: ', unless v3 fails more often than v1, or more than 5 % of its requests fail',
    },
    {
      what: 'sessions and a bound',
      guards: newGuards(bound, 2, { sticky: 'session' }),
      unless: ', unless more than 5 % of its requests fail',
    },
    { what: 'guards that only speak', guards: newGuards({ ...bound, act: 'tell' }, 2), unless: '' },
    {
      what: 'a number of policy',
      guards: newGuards({ ...defaultGuard, act: 'tell', query: { ...orders, act: 'hold' } }, 2),
      unless: ', unless the number that policy asks for is over 0.02',
    },
    {
      what: 'a small bound, as the policy file has it',
      guards: newGuards({ ...defaultGuard, errors: { times: 1, atMost: 0.0007 } }, 2),
      unless: ', unless v3 fails more often than v1, or more than 0.07 % of its requests fail',
    },
  ])('with $what', ({ guards, unless }) => {
    const line = nextLine(ramp(guards));

    expect(line?.startsWith('Next: 50 % at ')).toBe(true);
    expect(line).toMatch(unless === '' ? /the last step$/ : new RegExp(`the last step${escaped(unless)}$`));
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
