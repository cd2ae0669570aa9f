import { describe, expect, it } from 'vitest';
import { changeInHand } from '../../src/domain/ramp/next.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import { rampCard } from '../../src/slack/card/ramp.ts';
import { cluster, historyKey } from '../chaos/history.ts';
import { applied, change, changeId, reviewsObject } from '../support/builders.ts';
import { checkRamps, type RampsLeft } from './ramps.ts';

const at = '2026-11-22T14:03:11.000Z';
const split = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;
const finished: Ramp = {
  id: 'r-00000001',
  request: 'r',
  name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
  version: 'v3',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  before: split(0),
  steps: [
    { percent: 10, stay: { kind: 'ask' }, to: split(10) },
    { percent: 100, stay: { kind: 'for', ms: 300_000 }, to: split(100) },
  ],
  changes: [
    { step: 1, id: changeId(1) },
    { step: 2, id: changeId(2) },
  ],
  acceptedAt: at,
  state: { kind: 'finished', at },
  rev: 4,
};
const back = { kind: 'back', why: 'aborted', by: 'U02BOB', at, step: 1 } as const;

/** What a ramp left where all went well, with `v3` per cent of the rule live. */
function left(ramp: Ramp, v3: number, more: Partial<RampsLeft> = {}): RampsLeft {
  const records = new Map(ramp.changes.map(({ id }) => [id, change({ id, state: applied({ at }) })]));
  const route = [
    { destination: { host: 'reviews', subset: 'v1' }, weight: 100 - v3 },
    { destination: { host: 'reviews', subset: 'v3' }, weight: v3 },
  ];
  const metadata = { namespace: 'default', name: 'reviews', uid: 'u-1', resourceVersion: '7' };
  const object = { kind: 'VirtualService' as const, metadata, spec: { http: [{ route }] } };
  const history = new Map([
    [historyKey(reviewsObject), [{ type: 'MODIFIED' as const, cluster, object, atMs: 0, nth: 0 }]],
  ]);
  const id = changeInHand(ramp);
  const shown = rampCard({ ramp, change: id && records.get(id) });
  const messages = [{ channel: 'C01CHANNEL', ts: '1.000001', user: 'U0BOT', text: shown.text, blocks: shown.blocks }];
  return { ramps: [ramp], records, history, messages, events: [], strike: undefined, ...more };
}

function wrongIn(evidence: RampsLeft): readonly string[] {
  return checkRamps(evidence).map(({ invariant, what }) => `${invariant} ${what}`);
}

describe('the judge of ramps', () => {
  it('finds nothing where every step was made once and its card says so', () => {
    expect(wrongIn(left(finished, 100))).toEqual([]);
    const aborted = {
      ...finished,
      changes: [
        { step: 1, id: changeId(1) },
        { step: 0, id: changeId(2) },
      ],
      state: back,
    };
    expect(wrongIn(left(aborted, 0))).toEqual([]);
  });

  it('does not take a step that was put back, over what somebody else had made of it, for a step made twice', () => {
    const changes = [1, 1, 2].map((step, index) => ({ step, id: changeId(index + 1) }));
    const ramp = { ...finished, changes };
    const moved = change({ id: changeId(2), from: { v1: 60, v3: 40 }, to: { v1: 90, v3: 10 }, state: applied({ at }) });
    const evidence = left(ramp, 100);

    expect(wrongIn({ ...evidence, records: new Map([...evidence.records, [moved.id, moved]]) })).toEqual([]);
  });

  it('lets each cluster of a sequence go back by a change of its own, and none twice', () => {
    const [target] = finished.before;
    const both = [target, { ...target, object: { ...reviewsObject, cluster: 'us' } }] as const;
    const changes = (steps: readonly number[]) => steps.map((step, index) => ({ step, id: changeId(index + 1) }));
    const wrong = (before: Ramp['before'], steps: readonly number[]) =>
      wrongIn(left({ ...finished, before, changes: changes(steps), state: back }, 0)).filter((what) =>
        what.includes('made'),
      );

    expect(wrong(both, [1, 2, 0, 0])).toEqual([]);
    expect(wrong(both, [1, 2, 0, 0, 0])).toEqual(['I1 r-00000001 made the steps 1, 2, 0, 0, 0']);
    expect(wrong(finished.before, [1, 2, 0, 0])).toEqual(['I1 r-00000001 made the steps 1, 2, 0, 0']);
  });

  it.each([
    ['a step twice', [1, 1, 2]],
    ['a step left out', [2]],
    ['a step after the way back', [1, 0, 2]],
  ])('finds %s', (_, steps) => {
    const changes = steps.map((step, index) => ({ step, id: changeId(index + 1) }));

    expect(wrongIn(left({ ...finished, changes }, 100))).toEqual([`I1 r-00000001 made the steps ${steps.join(', ')}`]);
  });

  it('finds another split than the record has', () => {
    expect(wrongIn(left(finished, 10))).toEqual(['I3 r-00000001 is finished at v1=0 v3=100, but v1=90 v3=10 is live']);
  });

  it('takes the word of a ramp that is held for what somebody else made of its rule, if that is so', () => {
    const away = { object: reviewsObject, rule: 'default', at, live: { v1: 55, v3: 45 } };
    const hold = { because: 'moved', away } as const;
    const ramp = { ...finished, state: { kind: 'held', step: 2, since: at, at, leftMs: 0, hold } } as const;
    const wrong = (v3: number) => checkRamps(left(ramp, v3), { ends: ['held'] }).map(({ what }) => what);

    expect(wrong(45)).toEqual([]);
    expect(wrong(100)).toEqual(['r-00000001 is held at v1=55 v3=45, but v1=0 v3=100 is live']);
  });

  it('finds a ramp that stopped though nothing was in its way, and one that does not end', () => {
    const since = { step: 2, since: at };
    const held = { kind: 'held', ...since, at, leftMs: 0, hold: { because: 'late', lateMs: 1 } } as const;
    const dueAt = new Date(Date.parse(at) + 300_000).toISOString();
    const running = { kind: 'running', ...since, dueAt } as const;

    expect(wrongIn(left({ ...finished, state: held }, 100))).toEqual([
      'I4 r-00000001 is held, and nothing led to that',
    ]);
    expect(wrongIn(left({ ...finished, state: running }, 100))).toEqual(['I6 r-00000001 is running for ever']);
  });

  it('finds a step that goes on after the last one that may be made, and a state that nothing led to', () => {
    const { strike: _, ...all } = left(finished, 100);

    const wrong = checkRamps({ ...all, strike: undefined }, { ends: ['asking'], lastStep: 1 });
    expect(wrong.map(({ what }) => what)).toEqual([
      'r-00000001 is finished, and nothing led to that',
      'r-00000001 made the steps 1, 2',
    ]);
  });

  it.each([
    ['a pause that does not stop the clock', 0],
    ['one that counts twice', 120_000],
  ])('finds %s', (_, addedMs) => {
    const nowMs = Date.now();
    const moment = (ms: number) => new Date(nowMs + ms).toISOString();
    const running = { kind: 'running', step: 2, since: moment(0), dueAt: moment(300_000 + addedMs) } as const;
    const event = (kind: 'ramp-paused' | 'ramp-resumed', deed: 'pause' | 'resume', ms: number) =>
      ({ id: kind, kind, deed, at: moment(ms), rampId: finished.id }) as const;
    const events = [event('ramp-paused', 'pause', 10_000), event('ramp-resumed', 'resume', 70_000)];

    expect(wrongIn(left({ ...finished, state: running }, 100, { events }))).toContain(
      `I1 r-00000001 watches a step for ${300_000 + addedMs} ms that lasts 300000 ms and was paused for 60000 ms`,
    );
  });

  it('finds a card that is missing, that is there twice, or that says something else', () => {
    const { messages } = left(finished, 100);
    const other = messages.map((message) => ({ ...message, text: 'something else' }));

    expect(wrongIn(left(finished, 100, { messages: [] }))).toEqual(['I3 r-00000001 has no card']);
    expect(wrongIn(left(finished, 100, { messages: [...messages, ...messages] }))).toEqual([
      'I3 r-00000001 has 2 cards',
    ]);
    expect(wrongIn(left(finished, 100, { messages: other }))).toEqual([
      'I3 the card of r-00000001 does not say what its record says',
    ]);
  });
});
