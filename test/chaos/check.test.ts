import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change/change.ts';
import { formatLedger, type Revision } from '../../src/domain/routing/ledger.ts';
import { card } from '../../src/slack/card/card.ts';
import { applied, change as buildChange, changeId, reviewsUid, revision } from '../support/builders.ts';
import type { SlackMessage } from '../support/slack-client.ts';
import { check } from './check.ts';
import type { Evidence } from './evidence.ts';
import { cluster, type LiveObject, type ObjectEvent, readObject } from './history.ts';

const at = '2026-11-22T14:03:12.000Z';
const change = buildChange({ state: applied(), rev: 2 });
const done = revision();

/** A run in which one change was accepted, applied and shown, with overrides for a test. */
function run(otherwise: Partial<Evidence> & { readonly events?: readonly ObjectEvent[] } = {}): Evidence {
  const { events = [added({ v1: 100 }), modified({ v1: 50, v3: 50 }, { revisions: [done] })], ...others } = otherwise;
  return {
    history: new Map([['reviews', events]]),
    foreign: new Set(),
    records: recordsOf(change),
    owed: [],
    requests: [{ what: 'reviews v3 50', by: 'U01ALICE', id: change.id, answer: `Accepted: ${change.id}, …`, atMs: 0 }],
    messages: [cardMessage(change)],
    unknownPosts: new Set(),
    ramps: [],
    audit: [],
    ...others,
  };
}

interface Live {
  readonly revisions?: readonly Revision[];
  readonly seq?: number;
  readonly version?: string;
  readonly timeout?: string;
}

function service(
  weights: Readonly<Record<string, number>>,
  { revisions = [], seq = revisions.length, version = '1', timeout = '1s' }: Live,
): LiveObject {
  const annotations = revisions.length === 0 ? {} : { 'shiftbot.dev/history': formatLedger({ seq, revisions }) };
  const route = Object.entries(weights).map(([subset, weight]) => ({
    destination: { host: 'reviews', subset },
    weight,
  }));
  return readObject({
    kind: 'VirtualService',
    metadata: { namespace: 'default', name: 'reviews', uid: reviewsUid, resourceVersion: version, annotations },
    spec: { hosts: ['reviews'], http: [{ timeout, route }] },
  });
}

function added(weights: Readonly<Record<string, number>>): ObjectEvent {
  return { type: 'ADDED', cluster, object: service(weights, {}), atMs: 0, nth: 0 };
}

function modified(weights: Readonly<Record<string, number>>, live: Live): ObjectEvent {
  return { type: 'MODIFIED', cluster, object: service(weights, { version: '2', ...live }), atMs: 1, nth: 1 };
}

function recordsOf(...changes: readonly Change[]): Evidence['records'] {
  return new Map(changes.map((each) => [each.id, each]));
}

function cardMessage(shown: Change, ts = '1.0001'): SlackMessage {
  return { ...card(shown), ts, channel: 'C01CHANNEL' };
}

function words({ violations }: ReturnType<typeof check>): readonly string[] {
  return violations.map(({ invariant, what }) => `${invariant} ${what}`);
}

const failed: Change = { ...change, state: { kind: 'failed', at, because: 'contended' } };
const waiting = buildChange();
const next = { ...done, id: changeId(2), from: { v1: 50, v3: 50 }, to: { v1: 40, v3: 60 } };

describe('the checker of a run', () => {
  it('finds nothing if nothing is wrong', () => {
    expect(check(run()).violations).toEqual([]);
  });

  it('allows writes of others in between', () => {
    const edited = modified({ v1: 100 }, { version: '2', timeout: '9s' });
    const ours = modified({ v1: 50, v3: 50 }, { version: '3', timeout: '9s', revisions: [done] });

    expect(
      check(run({ events: [added({ v1: 100 }), edited, ours], foreign: new Set(['sandbox 2']) })).violations,
    ).toEqual([]);
  });

  it.each<[string, string, Partial<Evidence> & { readonly events?: readonly ObjectEvent[] }]>([
    [
      'a change that took effect twice',
      'I1 c-00000001 took effect 2 times on VirtualService default/reviews',
      {
        events: [
          added({ v1: 100 }),
          modified({ v1: 50, v3: 50 }, { revisions: [done] }),
          modified({ v1: 50, v3: 50 }, { revisions: [done, done] }),
        ],
      },
    ],
    [
      'a skipped number',
      'I1 c-00000001 took seq from 0 to 2',
      { events: [added({ v1: 100 }), modified({ v1: 50, v3: 50 }, { revisions: [done], seq: 2 })] },
    ],
    [
      'a history rewritten',
      'I1 c-00000002 rewrote the history before it',
      {
        events: [
          added({ v1: 100 }),
          modified({ v1: 50, v3: 50 }, { revisions: [done] }),
          modified({ v1: 40, v3: 60 }, { revisions: [next, { ...done, by: 'U02BOB' }] }),
        ],
      },
    ],
    [
      'weights other than those of the record',
      'I1 c-00000001 says v1=50 v3=50 but wrote v1=60 v3=40',
      { events: [added({ v1: 100 }), modified({ v1: 60, v3: 40 }, { revisions: [done] })] },
    ],
    [
      'a write without a record',
      'I1 a write to reviews left nothing in the ledger',
      { events: [added({ v1: 100 }), modified({ v1: 50, v3: 50 }, {})] },
    ],
    [
      'an overwritten edit of somebody else',
      'I2 c-00000001 was planned from v1=100 but overwrote v1=70 v2=30',
      {
        events: [added({ v1: 70, v2: 30 }), modified({ v1: 50, v2: 0, v3: 50 }, { revisions: [done] })],
      },
    ],
    [
      'a plan that was made behind another change',
      'I2 c-00000002 was planned behind c-00000003 on VirtualService default/reviews but written after c-00000001',
      {
        events: [
          added({ v1: 100 }),
          modified({ v1: 50, v3: 50 }, { revisions: [done] }),
          modified({ v1: 40, v3: 60 }, { revisions: [next, done] }),
        ],
        records: recordsOf(change, buildChange({ id: next.id, seq: 1, behind: changeId(3) })),
      },
    ],
    [
      'a record of another change',
      'I1 c-00000001 recorded on VirtualService default/reviews what was not accepted',
      { records: recordsOf({ ...change, by: 'U02BOB' }) },
    ],
    [
      'weights told that the object does not have',
      'I3 c-00000001 says that it wrote v1=20 v3=80 to VirtualService default/reviews, but it wrote v1=50 v3=50',
      { records: recordsOf({ ...change, state: applied({ live: { v1: 20, v3: 80 } }) }) },
    ],
    [
      'another field that changed',
      'I2 c-00000001 changed more than the weights of its rules',
      { events: [added({ v1: 100 }), modified({ v1: 50, v3: 50 }, { revisions: [done], timeout: '2s' })] },
    ],
    [
      'a change reported as applied that never was',
      'I4 c-00000001 is applied but never wrote VirtualService default/reviews',
      { events: [added({ v1: 100 })] },
    ],
    [
      'an effect without a record',
      'I4 c-00000001 took effect but has no record',
      { records: recordsOf(), requests: [], messages: [] },
    ],
    [
      'a change reported as failed that took effect',
      'I1 c-00000001 is failed but wrote VirtualService default/reviews',
      { records: recordsOf(failed), messages: [cardMessage(failed)] },
    ],
    [
      'a change that waits forever',
      'I6 c-00000001 is queued forever',
      { events: [added({ v1: 100 })], records: recordsOf(waiting), messages: [cardMessage(waiting)] },
    ],
    [
      'a lost accepted request',
      'I4 "reviews v3 50" was accepted, but has no record',
      { events: [added({ v1: 100 })], records: recordsOf(), messages: [] },
    ],
    [
      'a request that was not accepted but happened',
      'I1 "reviews v3 50" was not accepted, but happened',
      {
        requests: [
          { what: 'reviews v3 50', by: 'U01ALICE', id: change.id, answer: '*Not accepted:* Redis …', atMs: 0 },
        ],
      },
    ],
    [
      'a wrong card',
      'I3 the card of c-00000001 does not say what its record says',
      { messages: [cardMessage(waiting)] },
    ],
    ['a missing card', 'I3 c-00000001 has no card', { messages: [] }],
    ['a card that is still owed', 'I3 the card of c-00000001 is still owed', { owed: [change.id] }],
    [
      'two cards after a post with a known outcome',
      'I3 c-00000001 has 2 cards',
      { messages: [cardMessage(change), cardMessage(change, '2.0001')] },
    ],
  ])('finds %s', (_, violation, otherwise) => {
    expect(words(check(run(otherwise)))).toContain(violation);
  });

  it('takes a question for no answer to what is done when its button is pressed', () => {
    const answer =
      '`chaos/first` is more than a shift, so nothing was changed yet. In `default` it would replace 1 object.';

    const { violations, notes } = check(
      run({ requests: [{ what: 'apply chaos/first', by: 'U01ALICE', id: change.id, answer, atMs: 0 }] }),
    );

    expect(violations).toEqual([]);
    expect(notes.get('requests answered: shown')).toBe(1);
  });

  it('accepts a second card if the outcome of the first post was unknown', () => {
    const messages = [cardMessage(change), cardMessage(change, '2.0001')];

    const { violations, notes } = check(run({ messages, unknownPosts: new Set([change.id]) }));

    expect(violations).toEqual([]);
    expect(notes.get('cards posted twice because the outcome of the first post was unknown')).toBe(1);
  });
});
