import { describe, expect, it } from 'vitest';
import { type Change, revisionOf } from '../../src/domain/change/change.ts';
import type { ContentEdit, Edits, ObjectEdit } from '../../src/domain/change/edit.ts';
import type { State } from '../../src/domain/change/state.ts';
import { emptyLedger, formatLedger, type Ledger, readLedger, record } from '../../src/domain/routing/ledger.ts';
import { type ObjectContent, type ObjectRef, refOf } from '../../src/domain/routing/object.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { card } from '../../src/slack/card/card.ts';
import { applied, changeId, changeOf, contentEdit, weightsEdit } from '../support/builders.ts';
import { check } from './check.ts';
import type { Evidence } from './evidence.ts';
import { cluster, historyKey, type LiveObject, type ObjectEvent, readObject } from './history.ts';

const at = '2026-11-22T14:03:12.000Z';
const ref = (kind: ObjectRef['kind'], name: string): ObjectRef => ({ cluster, kind, namespace: 'default', name });
const routing = (weight: number): JsonObject => ({
  hosts: ['reviews'],
  http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' }, weight }] }],
});

/** The change: creates a DestinationRule, replaces reviews, and deletes ratings. */
const created = contentEdit({ object: ref('DestinationRule', 'reviews'), after: { spec: { host: 'reviews' } } });
const replaced = contentEdit({
  object: ref('VirtualService', 'reviews'),
  uid: 'uid-reviews',
  from: { v1: 100 },
  to: { v1: 100 },
  before: { labels: { team: 'books', tier: 'back' }, spec: routing(1) },
  after: { labels: { team: 'books', tier: 'front' }, spec: routing(2) },
});
const deleted = contentEdit({
  object: ref('VirtualService', 'ratings'),
  uid: 'uid-ratings',
  from: { v1: 100 },
  before: { spec: routing(3) },
  ledger: emptyLedger,
});
const edits: Edits = [created, replaced, deleted];
const change = changeOf(edits, { state: applied({}, edits), rev: 2 });

/** The same change with other edits; it tells what these make. */
function planned(...[first, ...more]: Edits): Change {
  const all: Edits = [first, ...more];
  return { ...change, edits: all, state: applied({}, all) };
}

/** An object after an edit of the change, as it is in the cluster. */
function live({ object, uid }: ObjectEdit, content: ObjectContent, version: string, ledger?: Ledger): LiveObject {
  const { kind, namespace, name } = object;
  const history = ledger === undefined ? {} : { 'shiftbot.dev/history': formatLedger(ledger) };
  const annotations = { ...content.annotations, ...history };
  const { labels, spec } = content;
  const metadata = { namespace, name, uid: uid ?? `uid-${name}-new`, resourceVersion: version, labels, annotations };
  return readObject({ kind, metadata, spec });
}

function recorded(edit: ObjectEdit, before = emptyLedger, by: Change = change): Ledger {
  return record(before, revisionOf(by, edit, new Date(at)));
}

/** The ledger as it is stored. */
function asRead(ledger: Ledger): Ledger {
  const reading = readLedger(formatLedger(ledger));
  if (reading.kind !== 'ledger') throw new Error(reading.why);
  return reading.ledger;
}

function event(type: ObjectEvent['type'], object: LiveObject): ObjectEvent {
  return { type, object, atMs: 0 };
}

const was = (edit: ContentEdit) => event('ADDED', live(edit, edit.before ?? { spec: {} }, '1'));
const isMade = event('ADDED', live(created, created.after ?? { spec: {} }, '2', recorded(created)));
const isReplaced = event('MODIFIED', live(replaced, replaced.after ?? { spec: {} }, '3', recorded(replaced)));
const isDeleted = event('DELETED', live(deleted, deleted.before ?? { spec: {} }, '4'));
const untouched = { made: [], replaced: [was(replaced)], deleted: [was(deleted)] };

interface Events {
  readonly made: readonly ObjectEvent[];
  readonly replaced: readonly ObjectEvent[];
  readonly deleted: readonly ObjectEvent[];
}

/** A run in which the change was accepted, applied and shown, with overrides for a test. */
function run({ foreign = [], as = change, ...events }: Partial<Events> & { foreign?: string[]; as?: Change } = {}) {
  const {
    made = [isMade],
    replaced: ofReviews = [was(replaced), isReplaced],
    deleted: ofRatings = [was(deleted), isDeleted],
  } = events;
  const evidence: Evidence = {
    history: new Map([
      [historyKey('DestinationRule', 'reviews'), made],
      [historyKey('VirtualService', 'reviews'), ofReviews],
      [historyKey('VirtualService', 'ratings'), ofRatings],
    ]),
    foreign: new Set(foreign),
    records: new Map([[as.id, as]]),
    owed: [],
    requests: [],
    messages: [{ ...card(as), ts: '1.0001', channel: 'C01CHANNEL' }],
    unknownPosts: new Set(),
  };
  return check(evidence).violations.map(({ invariant, what }) => `${invariant} ${what}`);
}

/** It says that it was this number of its first object. */
function numbered(of: Change, seq: number): Change {
  return { ...of, state: applied({ seq }, of.edits) };
}

function stopped(...written: readonly ObjectEdit[]): Change {
  const state: State = {
    kind: 'failed',
    at,
    because: 'half-applied',
    written: written.map(({ object }) => refOf(object)),
  };
  return { ...change, state };
}

describe('the checker of a change of several objects', () => {
  it('finds nothing if each object is as the plan says', () => {
    expect(run()).toEqual([]);
  });

  it('finds nothing if only a part was written and the card says so', () => {
    expect(run({ ...untouched, made: [isMade], as: stopped(created) })).toEqual([]);
  });

  it('allows labels of others, and that somebody undoes the change', () => {
    const theirs = { ...replaced.before, labels: { ...replaced.before?.labels, mine: 'yes' }, spec: routing(1) };
    const after = { ...replaced.after, labels: { ...replaced.after?.labels, mine: 'yes' }, spec: routing(2) };
    const events = [was(replaced), event('MODIFIED', live(replaced, theirs, '7'))];

    expect(
      run({
        made: [isMade, event('DELETED', isMade.object)],
        replaced: [...events, event('MODIFIED', live(replaced, after, '8', recorded(replaced)))],
        foreign: ['7', isMade.object.metadata.uid],
      }),
    ).toEqual([]);
  });

  it('accepts an object that was already deleted', () => {
    expect(run({ deleted: [was(deleted), isDeleted], foreign: ['uid-ratings'] })).toEqual([]);
  });

  it('expects a recreated object to continue its history', () => {
    const old = asRead(recorded(created, emptyLedger, { ...change, id: changeId(8) }));
    const anew = { ...created, ledger: old };
    const as = planned(anew, replaced, deleted);
    const made = event('ADDED', live(created, { spec: { host: 'reviews' } }, '2', recorded(created, old)));

    expect(run({ made: [made], as: numbered(as, 2) })).toEqual([]);
    expect(run({ made: [isMade], as })).toContain('I1 c-00000001 took seq from 1 to 1');
  });

  it.each<[string, string, Parameters<typeof run>[0]]>([
    [
      'an object created twice',
      'I1 c-00000001 took effect 2 times on DestinationRule default/reviews',
      { made: [isMade, event('DELETED', isMade.object), isMade], foreign: [isMade.object.metadata.uid] },
    ],
    [
      'a write over the edit of somebody else',
      'I2 c-00000001 overwrote edits of others in VirtualService default/reviews: spec,tier',
      {
        replaced: [
          was(replaced),
          event('MODIFIED', live(replaced, { labels: { team: 'books', tier: 'theirs' }, spec: routing(9) }, '7')),
          event('MODIFIED', live(replaced, replaced.after ?? { spec: {} }, '8', recorded(replaced))),
        ],
        foreign: ['7'],
      },
    ],
    [
      'a deletion of an object that somebody else labelled',
      'I2 c-00000001 overwrote edits of others in VirtualService default/ratings: mine',
      {
        deleted: [
          was(deleted),
          event('MODIFIED', live(deleted, { labels: { mine: 'yes' }, spec: routing(3) }, '7')),
          isDeleted,
        ],
        foreign: ['7'],
      },
    ],
    [
      'content that the plan does not have',
      'I1 c-00000001 wrote to VirtualService default/reviews what its plan does not have: spec,team,mine',
      {
        replaced: [
          was(replaced),
          event(
            'MODIFIED',
            live(replaced, { labels: { tier: 'front', mine: 'yes' }, spec: routing(4) }, '3', recorded(replaced)),
          ),
        ],
      },
    ],
    [
      'an object that the plan does not have',
      'I1 c-00000001 wrote an object that its plan does not have: VirtualService default/reviews',
      { as: planned(created, deleted) },
    ],
    [
      'an object created instead of replaced',
      'I2 c-00000001 should replace VirtualService default/reviews, but did create it',
      {
        replaced: [was(replaced), event('DELETED', was(replaced).object), { ...isReplaced, type: 'ADDED' }],
        foreign: ['uid-reviews'],
      },
    ],
    [
      'an object other than the one that was planned on',
      'I2 c-00000001 was planned on another VirtualService default/reviews than the one it overwrote',
      { as: planned(created, { ...replaced, uid: 'uid-other' }, deleted) },
    ],
    [
      'a deletion without a request',
      'I2 ratings was DELETED, but no change should do that',
      { as: planned(created, replaced) },
    ],
    [
      'a creation without a record on the object',
      'I4 c-00000001 is applied but never wrote DestinationRule default/reviews',
      { made: [event('ADDED', live(created, { spec: { host: 'reviews' } }, '2'))] },
    ],
    [
      'a record of another change',
      'I1 c-00000001 recorded on VirtualService default/reviews what was not accepted',
      { as: { ...change, reason: 'another' } },
    ],
    [
      'an object reported as written that never was',
      'I4 c-00000001 is applied but never wrote VirtualService default/ratings',
      { deleted: [was(deleted)] },
    ],
    [
      'an object written but not reported',
      'I1 c-00000001 is failed but wrote VirtualService default/reviews',
      { deleted: [was(deleted)], as: stopped(created) },
    ],
    [
      'a change reported without effect that wrote something',
      'I1 c-00000001 is held but wrote DestinationRule default/reviews',
      {
        ...untouched,
        made: [isMade],
        as: { ...change, state: { kind: 'held', at, because: 'moved', found: [], stamp: '' } },
      },
    ],
    [
      'a wrong number',
      'I3 c-00000001 says that it is number 5 of DestinationRule default/reviews, but it is 1',
      { as: numbered(change, 5) },
    ],
    [
      'a shift that creates',
      'I2 c-00000001 is a shift, but an object was ADDED',
      { as: planned(weightsEdit({ object: created.object }), replaced, deleted) },
    ],
    [
      'objects told that are not those of the plan',
      'I3 c-00000001 tells of other objects than it edits',
      { as: { ...change, state: applied({}, [replaced, created, deleted]) } },
    ],
    [
      'a write at another number than it was planned at',
      'I2 c-00000001 was planned on number 3 of VirtualService default/reviews but written after 0',
      { as: planned(created, { ...replaced, seq: 3 }, deleted) },
    ],
  ])('finds %s', (_, violation, otherwise) => {
    expect(run(otherwise)).toContain(violation);
  });
});
