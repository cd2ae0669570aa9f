import { type Change, revisionOf } from '../../src/domain/change/change.ts';
import type { ContentEdit, Edits, ObjectEdit } from '../../src/domain/change/edit.ts';
import type { State } from '../../src/domain/change/state.ts';
import { emptyLedger, formatLedger, type Ledger, readLedger, record } from '../../src/domain/routing/ledger.ts';
import { type ObjectContent, type ObjectRef, refOf } from '../../src/domain/routing/object.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { card } from '../../src/slack/card/card.ts';
import { applied, changeOf, contentEdit } from '../support/builders.ts';
import { check } from './check.ts';
import type { Evidence } from './evidence.ts';
import { cluster, historyKey, type LiveObject, type ObjectEvent, readObject } from './history.ts';

export const at = '2026-11-22T14:03:12.000Z';
const ref = (kind: ObjectRef['kind'], name: string): ObjectRef => ({ cluster, kind, namespace: 'default', name });
export const routing = (weight: number): JsonObject => ({
  hosts: ['reviews'],
  http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' }, weight }] }],
});

/** Versions are created, reviews is replaced, and ratings is deleted. */
export const created = contentEdit({ object: ref('DestinationRule', 'reviews'), after: { spec: { host: 'reviews' } } });
export const replaced = contentEdit({
  object: ref('VirtualService', 'reviews'),
  uid: 'uid-reviews',
  from: { v1: 100 },
  to: { v1: 100 },
  before: { labels: { team: 'books', tier: 'back' }, spec: routing(1) },
  after: { labels: { team: 'books', tier: 'front' }, spec: routing(2) },
});
export const deleted = contentEdit({
  object: ref('VirtualService', 'ratings'),
  uid: 'uid-ratings',
  from: { v1: 100 },
  before: { spec: routing(3) },
  ledger: emptyLedger,
});
const edits: Edits = [created, replaced, deleted];
export const change = changeOf(edits, { state: applied({}, edits), rev: 2 });

/** The same change with other edits; it tells what these make. */
export function planned(...[first, ...more]: Edits): Change {
  const all: Edits = [first, ...more];
  return { ...change, edits: all, state: applied({}, all) };
}

/** An object as it is after an edit of the change, with what is otherwise about it. */
export function live(
  { object, uid }: ObjectEdit,
  content: ObjectContent,
  version: string,
  ledger?: Ledger,
): LiveObject {
  const { kind, namespace, name } = object;
  const history = ledger === undefined ? {} : { 'shiftbot.dev/history': formatLedger(ledger) };
  const annotations = { ...content.annotations, ...history };
  const { labels, spec } = content;
  const metadata = { namespace, name, uid: uid ?? `uid-${name}-new`, resourceVersion: version, labels, annotations };
  return readObject({ kind, metadata, spec });
}

export function recorded(edit: ObjectEdit, before = emptyLedger, by: Change = change): Ledger {
  return record(before, revisionOf(by, edit, new Date(at)));
}

/** As a record keeps it. */
export function asRead(ledger: Ledger): Ledger {
  const reading = readLedger(formatLedger(ledger));
  if (reading.kind !== 'ledger') throw new Error(reading.why);
  return reading.ledger;
}

export function event(type: ObjectEvent['type'], object: LiveObject): ObjectEvent {
  return { type, cluster, object, atMs: 0, nth: 0 };
}

export const was = (edit: ContentEdit) => event('ADDED', live(edit, edit.before ?? { spec: {} }, '1'));
export const isMade = event('ADDED', live(created, created.after ?? { spec: {} }, '2', recorded(created)));
export const isReplaced = event('MODIFIED', live(replaced, replaced.after ?? { spec: {} }, '3', recorded(replaced)));
export const isDeleted = event('DELETED', live(deleted, deleted.before ?? { spec: {} }, '4'));
export const untouched = { made: [], replaced: [was(replaced)], deleted: [was(deleted)] };

interface Events {
  readonly made: readonly ObjectEvent[];
  readonly replaced: readonly ObjectEvent[];
  readonly deleted: readonly ObjectEvent[];
}

export interface Run extends Partial<Events> {
  readonly foreign?: readonly string[];
  readonly as?: Change;
  readonly and?: readonly Change[];
}

/** The change is accepted, applied and shown, and so are others, with what a test wants to be otherwise. */
export function run({ foreign = [], as = change, and = [], ...events }: Run = {}) {
  const {
    made = [isMade],
    replaced: ofReviews = [was(replaced), isReplaced],
    deleted: ofRatings = [was(deleted), isDeleted],
  } = events;
  const evidence: Evidence = {
    history: new Map([
      [historyKey(created.object), made],
      [historyKey(replaced.object), ofReviews],
      [historyKey(deleted.object), ofRatings],
    ]),
    foreign: new Set(foreign),
    records: new Map([as, ...and].map((each) => [each.id, each])),
    owed: [],
    requests: [],
    messages: [as, ...and].map((each, at) => ({ ...card(each), ts: `1.${at}`, channel: 'C01CHANNEL' })),
    unknownPosts: new Set(),
    ramps: [],
    audit: [],
  };
  return check(evidence).violations.map(({ invariant, what }) => `${invariant} ${what}`);
}

/** It says that it was this number of its first object. */
export function numbered(of: Change, seq: number): Change {
  return { ...of, state: applied({ seq }, of.edits) };
}

export function stopped(...written: readonly ObjectEdit[]): Change {
  const state: State = {
    kind: 'failed',
    at,
    because: 'half-applied',
    written: written.map(({ object }) => refOf(object)),
  };
  return { ...change, state };
}
