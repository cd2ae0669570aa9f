import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import type { Change } from '../../src/domain/change/change.ts';
import { changeInHand } from '../../src/domain/ramp/next.ts';
import { type Ramp, targetsAt } from '../../src/domain/ramp/ramp.ts';
import { rampCard } from '../../src/slack/card/ramp.ts';
import { applied, change, changeId, reviewsObject } from '../support/builders.ts';
import { checkRamps } from './check-ramps.ts';
import { cluster, historyKey, readObject } from './history.ts';

const beganMs = Date.parse('2026-11-22T14:00:00.000Z');
const at = (second: number) => new Date(beganMs + second * 1000).toISOString();
const split = (v3: number) => [{ object: reviewsObject, rule: 'default', split: { v1: 100 - v3, v3 } }] as const;

const ramp: Ramp = {
  id: 'r-00000001',
  request: 'r',
  name: { cluster: 'sandbox', namespace: 'default', service: 'reviews' },
  version: 'v3',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  before: split(0),
  steps: [
    { percent: 10, stay: { kind: 'for', ms: 15_000 }, to: split(10) },
    { percent: 50, stay: { kind: 'ask' }, to: split(50) },
    { percent: 100, stay: { kind: 'for', ms: 15_000 }, to: split(100) },
  ],
  changes: [],
  acceptedAt: at(0),
  state: { kind: 'finished', at: at(80) },
  rev: 9,
};

/** A change of the ramp: which step, accepted and applied when, in seconds. */
interface Made {
  readonly step: number;
  readonly from: number;
  readonly until: number;
  /** What it wrote, if that is not what the step is. */
  readonly wrote?: number;
  /** It was held then, and discarded at its end. */
  readonly heldAt?: number;
}

const allThree: readonly Made[] = [
  { step: 1, from: 0, until: 1 },
  { step: 2, from: 16, until: 17 },
  { step: 3, from: 60, until: 61 },
];
const pressed = event('ramp-resumed', 60, { deed: 'next' });
const finished = event('ramp-finished', 80);

function event(kind: AuditEvent['kind'], second: number, more: Partial<AuditEvent> = {}): AuditEvent {
  return { id: `r-00000001.${second}`, kind, at: at(second), rampId: ramp.id, ...more };
}

interface Run {
  readonly made?: readonly Made[];
  readonly audit?: readonly AuditEvent[];
  readonly state?: Ramp['state'];
  readonly cards?: number;
  readonly text?: string;
  readonly unknownPosts?: readonly string[];
  readonly other?: Ramp;
  /** The place of the write by which a ramp was superseded. */
  readonly supersededAt?: number;
  /** What somebody else made of the rule, and when. */
  readonly moved?: { readonly v3: number; readonly second: number };
}

function wrongIn(run: Run = {}): readonly string[] {
  const { made = allThree, audit = [pressed, finished], state = ramp.state, cards = 1, other } = run;
  const changes = made.map(({ step, from, until, heldAt }, index): Change => {
    const id = changeId(index + 1);
    const of = { id: ramp.id, step, of: 3 };
    const state: Change['state'] =
      heldAt === undefined ? applied({ at: at(until) }) : { kind: 'discarded', at: at(until), by: ramp.by };
    return change({ id, ramp: of, acceptedAt: at(from), state });
  });
  const own: Ramp = { ...ramp, state, changes: changes.map(({ id }, index) => ({ id, step: made[index]?.step ?? 0 })) };
  const records = new Map(changes.map((each) => [each.id, each]));
  const writes = made.flatMap(({ step, wrote, heldAt }, index) => {
    if (heldAt !== undefined) return [];
    const [target] = wrote === undefined ? targetsAt(ramp, step) : split(wrote);
    return {
      id: changeId(index + 1),
      object: reviewsObject,
      nth: 10 * (index + 1),
      after: withSplit(target.split),
    };
  });
  const by = { id: changeId(9), object: reviewsObject, nth: run.supersededAt ?? 1_000, after: undefined };
  const id = changeInHand(own);
  const card = rampCard({ ramp: own, change: id && records.get(id) });
  const message = { text: run.text ?? card.text, blocks: card.blocks, channel: 'C01CHANNEL' };
  const messages = Array.from({ length: cards }, (_, index) => ({ ...message, ts: `1.${index}` }));
  const { moved } = run;
  const object = withSplit(split(moved?.v3 ?? 0)[0].split);
  const events =
    moved === undefined
      ? []
      : [{ type: 'MODIFIED', cluster, object, atMs: Date.parse(at(moved.second)), nth: 0 } as const];
  const history = new Map([[historyKey(reviewsObject), events]]);
  const found: string[] = [];
  checkRamps(
    {
      ramps: other === undefined ? [own] : [own, other],
      ...{ records, audit, messages, history, requests: [], unknownPosts: new Set(run.unknownPosts) },
    },
    [...writes, by],
    { violation: (invariant, what) => found.push(`${invariant} ${what}`), note: () => {} },
  );
  return found.filter((what) => other === undefined || !what.includes(`${other.id} has no card`));
}

function withSplit(weights: Readonly<Record<string, number>>) {
  const route = Object.entries(weights).map(([subset, weight]) => ({
    destination: { host: 'reviews', subset },
    weight,
  }));
  const metadata = { namespace: 'default', name: 'reviews', uid: 'u', resourceVersion: '7' };
  return readObject({ kind: 'VirtualService', metadata, spec: { http: [{ route }] } });
}

const back = { kind: 'back', why: 'aborted', by: 'U02BOB', at: at(80), step: 1 } as const;
const isBack = [event('ramp-goes-back', 70), event('ramp-is-back', 80)];

describe('the checker of ramps', () => {
  it('finds nothing where each step was made in its time, or when a person let it', () => {
    expect(wrongIn()).toEqual([]);
    const way = [...allThree.slice(0, 1), { step: 0, from: 70, until: 71 }];
    expect(wrongIn({ made: way, state: back, audit: isBack })).toEqual([]);
  });

  it('lets a ramp be back without a change of its own if somebody else had put it back', () => {
    const ended = { state: back, audit: [pressed, ...isBack] };
    const wrong = 'I3 r-00000001 says that it went back, but step 3 is its last one';

    expect(wrongIn({ ...ended, moved: { v3: 0, second: 70 } })).toEqual([]);
    expect(wrongIn({ ...ended, moved: { v3: 20, second: 70 } })).toContain(wrong);
    expect(wrongIn({ ...ended, moved: { v3: 0, second: 90 } })).toContain(wrong);
  });

  it('lets a ramp go back from a change that is held, and is discarded afterwards', () => {
    const made = (heldAt: number): readonly Made[] => [
      ...allThree.slice(0, 1),
      { step: 2, from: 16, until: 75, heldAt },
      { step: 0, from: 70, until: 72 },
    ];
    const run = (heldAt: number): Run => ({
      made: made(heldAt),
      state: back,
      audit: [event('held', heldAt, { changeId: changeId(2) }), ...isBack],
    });

    expect(wrongIn(run(20))).toEqual([]);
    expect(wrongIn(run(74))).toEqual(['I1 r-00000001 had two changes at once: steps 2 and 0']);
  });

  it('lets a ramp leave out steps if a person finished it', () => {
    const made = [...allThree.slice(0, 1), { step: 3, from: 60, until: 61 }];

    expect(wrongIn({ made, audit: [event('ramp-resumed', 60, { deed: 'finish' }), finished] })).toEqual([]);
    expect(wrongIn({ made })).toContain('I1 r-00000001 made step 3 after step 1');
  });

  it('lets a step be made once more for each time that a person had it put back', () => {
    const [first, second, third] = allThree;
    const again = (from: number) => ({ step: 2, from, until: from + 1 });
    const once = [first, second, again(30), third].flatMap((made) => made ?? []);
    const putBack = event('ramp-resumed', 30, { deed: 'put-back', step: 2 });
    const twice = 'I1 r-00000001 made step 2 after step 2';

    expect(wrongIn({ made: once, audit: [putBack, pressed, finished] })).toEqual([]);
    expect(wrongIn({ made: once, audit: [{ ...putBack, step: 1 }, pressed, finished] })).toEqual([twice]);
    expect(wrongIn({ made: once, audit: [pressed, finished] })).toEqual([twice]);
    const more = [...once.slice(0, 3), again(40), ...once.slice(3)];
    expect(wrongIn({ made: more, audit: [putBack, pressed, finished] })).toEqual([twice]);
  });

  it('lets a step be late by the time that its ramp was paused, and not sooner', () => {
    const stops = [event('ramp-paused', 5), event('ramp-resumed', 35)];
    const late = (from: number) =>
      [allThree[0], { step: 2, from, until: from + 1 }, allThree[2]].flatMap((m) => m ?? []);

    expect(wrongIn({ made: late(46), audit: [...stops, pressed, finished] })).toEqual([]);
    expect(wrongIn({ made: late(40), audit: [...stops, pressed, finished] })).toEqual([
      'I1 step 1 of r-00000001 lasted 9000 ms, of 15000',
    ]);
  });

  it.each<[string, string, Run]>([
    [
      'a step twice',
      'I1 r-00000001 made step 2 after step 2',
      { made: [...allThree.slice(0, 2), { step: 2, from: 30, until: 31 }, ...allThree.slice(2)] },
    ],
    [
      'a step after the way back',
      'I1 r-00000001 made step 2 after its way back',
      {
        made: [
          { step: 1, from: 0, until: 1 },
          { step: 0, from: 70, until: 71 },
          { step: 2, from: 75, until: 76 },
        ],
        state: back,
        audit: isBack,
      },
    ],
    [
      'a step after an abort',
      'I1 r-00000001 made step 2 although it was on its way back',
      { audit: [event('ramp-goes-back', 10), pressed, finished] },
    ],
    [
      'a step while it was held',
      'I1 r-00000001 made step 2 although it was held',
      { audit: [event('ramp-stopped', 10), pressed, finished] },
    ],
    [
      'a step while it was paused',
      'I1 r-00000001 made step 2 although it was paused',
      { audit: [event('ramp-paused', 10), pressed, finished] },
    ],
    ['a gate that nobody opened', 'I1 r-00000001 made step 3, and nobody let it', { audit: [finished] }],
    [
      'a step before the time of the one before was over',
      'I1 step 1 of r-00000001 lasted 9000 ms, of 15000',
      { made: [{ step: 1, from: 0, until: 1 }, { step: 2, from: 10, until: 11 }, ...allThree.slice(2)] },
    ],
    [
      'two changes at once',
      'I1 r-00000001 had two changes at once: steps 1 and 2',
      { made: [{ step: 1, from: 0, until: 30 }, ...allThree.slice(1)] },
    ],
    [
      'other weights than those of the step',
      'I1 step 2 of r-00000001 is v1=50 v3=50, but it wrote v1=40 v3=60',
      { made: allThree.map((each) => (each.step === 2 ? { ...each, wrote: 60 } : each)) },
    ],
    [
      'a ramp that says that it finished, and did not',
      'I3 r-00000001 says that it finished, but step 1 is its last one',
      { made: allThree.slice(0, 1) },
    ],
    [
      'a ramp that says that it went back, and did not',
      'I3 r-00000001 says that it went back, but step 3 is its last one',
      { state: back, audit: [pressed, ...isBack] },
    ],
    [
      'a step after another change had taken its place',
      'I1 r-00000001 made step 3 although it was superseded',
      { state: { kind: 'superseded', at: at(50), by: changeId(9) }, supersededAt: 25 },
    ],
    [
      'a ramp that never ends',
      'I6 r-00000001 is running forever',
      { state: { kind: 'running', step: 3, since: at(61), dueAt: at(76) } },
    ],
    [
      'a hold that nothing led to',
      'I4 r-00000001 is held because of late, and nothing led to that',
      { state: { kind: 'held', step: 3, since: at(61), at: at(80), leftMs: 0, hold: { because: 'late', lateMs: 1 } } },
    ],
    ['an end that the audit does not tell', 'I4 the audit tells the end of r-00000001 0 times', { audit: [pressed] }],
    ['an event twice', 'I1 the audit has r-00000001.60 twice', { audit: [pressed, pressed, finished] }],
    ['a missing card', 'I3 r-00000001 has no card', { cards: 0 }],
    ['a second card', 'I3 r-00000001 has 2 cards', { cards: 2 }],
    [
      'a card that says something else',
      'I3 the card of r-00000001 does not say what its record says',
      { text: 'something else' },
    ],
    [
      'two ramps at once',
      'I1 r-00000002 began although r-00000001 was not over',
      { other: { ...ramp, id: 'r-00000002', acceptedAt: at(40), state: back } },
    ],
  ])('finds %s', (_, violation, run) => {
    expect(wrongIn(run)).toContain(violation);
  });

  it('accepts a second card if the outcome of the first post was unknown', () => {
    expect(wrongIn({ cards: 2, unknownPosts: [ramp.id] })).toEqual([]);
  });
});
