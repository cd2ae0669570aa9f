import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/domain/change/change.ts';
import type { ObjectEdit } from '../../../src/domain/change/edit.ts';
import type { ObjectRef } from '../../../src/domain/routing/object.ts';
import { readStoredChange, storeChange } from '../../../src/redis/records/stored-change.ts';
import { stampOf } from '../../../src/workflow/judging/stamp.ts';
import { live, reviewsObject as reviews, reviews as routeOf, rule } from '../../support/builders.ts';

const at = '2026-11-22T14:04:00.000Z';
const ratings: ObjectRef = { ...reviews, name: 'ratings' };
const ratingsRule: ObjectRef = { ...ratings, kind: 'DestinationRule' };

/** A shift as version 1 stored it. */
const shift = {
  v: 1,
  id: 'c-7F3K9QXZ',
  request: 'trigger:1.2.3',
  object: reviews,
  service: 'reviews',
  rule: 'default',
  by: 'U01ALICE',
  origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
  from: { v1: 100 },
  to: { v1: 50, v3: 50 },
  base: { uid: 'u', seq: 3 },
  pinned: [],
  acceptedAt: '2026-11-22T14:03:11.000Z',
  state: { kind: 'queued' },
  rev: 0,
};
const spec = { spec: { hosts: ['reviews'] } };

/** What stood in `edits.objects`. */
function object({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>, more: object = {}): object {
  const rest = { from: {}, to: {}, pinned: [], ...more };
  return { kind, namespace: 'default', name, uid: 'u', seq: 3, before: spec, after: spec, ...rest };
}

function edits(verb: 'apply' | 'delete' | 'unpin', ...objects: readonly object[]): object {
  return { edits: { verb, of: 'bookinfo/all', objects } };
}

/** Reads it as a change of today, and checks that it can be stored as one. */
function read(overrides: object): Change {
  const record: { rev: number; state: { kind: string } } = { ...shift, ...overrides };
  const stored = { rev: String(record.rev), kind: record.state.kind, record: JSON.stringify(record), mac: '' };
  const change = readStoredChange(stored, undefined);
  expect(readStoredChange(storeChange(change, undefined), undefined)).toStrictEqual(change);
  return change;
}

describe('what a change of version 1 was to do', () => {
  it.each`
    what                                  | record                                                           | aim                                                                                | deed
    ${'a shift to a version'}             | ${{ focus: 'v3' }}                                               | ${{ kind: 'split', focus: 'v3' }}                                                  | ${'shift'}
    ${'a promotion'}                      | ${{ deed: 'promote' }}                                           | ${{ kind: 'split' }}                                                               | ${'promote'}
    ${'a rollback'}                       | ${{ deed: 'rollback' }}                                          | ${{ kind: 'back' }}                                                                | ${'rollback'}
    ${'a rollback of before deeds'}       | ${{ reverts: 'c-6QXZ0000', focus: 'v1' }}                        | ${{ kind: 'back' }}                                                                | ${'rollback'}
    ${'a rule file'}                      | ${edits('apply', object(reviews))}                               | ${{ kind: 'file', verb: 'apply', file: 'bookinfo/all' }}                           | ${'shift'}
    ${'a rule file that is deleted'}      | ${edits('delete', object(reviews, { after: undefined }))}        | ${{ kind: 'file', verb: 'delete', file: 'bookinfo/all' }}                          | ${'shift'}
    ${'a pinned rule that is removed'}    | ${edits('unpin', object(reviews))}                               | ${{ kind: 'unpin', rule: 'bookinfo/all' }}                                         | ${'shift'}
    ${'a rule file that is taken back'}   | ${{ ...edits('apply', object(reviews)), deed: 'rollback' }}      | ${{ kind: 'back', before: { kind: 'file', verb: 'apply', file: 'bookinfo/all' } }} | ${'rollback'}
    ${'a pinned rule that is taken back'} | ${{ ...edits('unpin', object(reviews)), reverts: 'c-6QXZ0000' }} | ${{ kind: 'back', before: { kind: 'unpin', rule: 'bookinfo/all' } }}               | ${'rollback'}
  `('is told as it was asked for: $what', ({ record, aim, deed }) => {
    expect(read(record)).toMatchObject({ aim, deed });
    expect(read(record).aim).toEqual(aim);
  });

  it('is one edit of weights where it moved one split', () => {
    const base = { uid: 'u', seq: 3, after: 'c-6QXZ0000' };

    expect(read({ base, rule: '#2', pinned: ['end-user = jason → v2'] }).edits).toStrictEqual([
      {
        kind: 'weights',
        object: reviews,
        uid: 'u',
        seq: 3,
        behind: 'c-6QXZ0000',
        moves: [{ rule: '#2', from: { v1: 100 }, to: { v1: 50, v3: 50 } }],
        pinned: ['end-user = jason → v2'],
      },
    ]);
  });

  it('is an edit of content for each of its objects, in the same cluster', () => {
    const created = object(ratingsRule, { uid: '', seq: 0, before: undefined });
    const replaced = object(reviews, { from: { v1: 100 }, to: { v3: 100 } });
    const ledger = { seq: 3, revisions: [] };
    const deleted = object(ratings, { after: undefined, ledger, from: { v1: 100 } });

    const change = read({ object: { ...reviews, cluster: 'prod' }, ...edits('apply', created, replaced, deleted) });

    const { cluster: _, ...inProd } = ratingsRule;
    expect(change.edits).toStrictEqual([
      { kind: 'content', object: { cluster: 'prod', ...inProd }, seq: 0, after: spec, moves: [], pinned: [] },
      {
        kind: 'content',
        object: { ...reviews, cluster: 'prod' },
        ...{ uid: 'u', seq: 3, before: spec, after: spec, pinned: [] },
        moves: [{ rule: 'default', from: { v1: 100 }, to: { v3: 100 } }],
      },
      {
        kind: 'content',
        object: { ...ratings, cluster: 'prod' },
        ...{ uid: 'u', seq: 3, before: spec, ledger, pinned: [] },
        moves: [{ rule: 'default', from: { v1: 100 }, to: {} }],
      },
    ]);
  });

  it('is a DestinationRule alone where that was all, though it stood in the line of a VirtualService', () => {
    const change = read({ object: ratings, ...edits('apply', object(ratingsRule)) });

    expect(change.edits.map((edit) => edit.object)).toEqual([ratingsRule]);
  });
});

describe('what became of a change of version 1', () => {
  it('is what it made of each object where it was applied', () => {
    const ledger = { seq: 6, revisions: [] };
    const objects = [
      object(ratingsRule, { uid: '', seq: 0, before: undefined, ledger }),
      object(reviews, { from: { v1: 100 }, to: { v3: 100 } }),
      object(ratings, { seq: 8, from: { v1: 100 }, to: { v2: 100 } }),
      object({ ...ratings, name: 'old' }, { seq: 1, after: undefined, from: { v1: 100 } }),
    ];
    const movedAway = { at, live: { v2: 1 }, how: 'weights', name: 'ratings' };
    const applied = { kind: 'applied', at, seq: 5, live: { v3: 99, v1: 1 }, tookMs: 84, warnings: [], movedAway };

    expect(read({ ...edits('apply', ...objects), state: applied }).state).toStrictEqual({
      ...{ kind: 'applied', at, tookMs: 84, warnings: [] },
      made: [
        { object: ratingsRule, seq: 7, live: [] },
        { object: reviews, seq: 5, live: [{ rule: 'default', split: { v3: 99, v1: 1 } }] },
        { object: ratings, seq: 9, live: [{ rule: 'default', split: { v2: 100 } }] },
        { object: { ...ratings, name: 'old' }, seq: 2, live: [] },
      ],
      movedAway: { at, live: { v2: 1 }, how: 'weights', object: ratings, rule: 'default' },
    });
  });

  it.each`
    because                  | how
    ${'moved'}               | ${'written'}
    ${'recreated'}           | ${'made-anew'}
    ${'ledger-lost'}         | ${'ledger-lost'}
    ${'predecessor-missing'} | ${'changed'}
  `('is $how where it was held: $because', ({ because, how }) => {
    const held = { kind: 'held', at, because, uid: 'w', live: { v1: 70, v3: 30 }, lastWriter: 'kubectl-edit' };

    expect(read({ state: held, rule: '#2' }).state).toMatchObject({
      found: [{ object: reviews, how, uid: 'w', live: [{ rule: '#2', split: held.live }], lastWriter: 'kubectl-edit' }],
    });
  });

  it('is all that was found of several objects where it was held, the one that stopped it first', () => {
    const { cluster: _, ...ratingsIn } = ratings;
    const { cluster: _cluster, ...reviewsIn } = reviews;
    const held = {
      ...{ kind: 'held', at, because: 'recreated', uid: '', live: {}, object: ratingsIn, stamp: 'as it was' },
      found: [
        { ...reviewsIn, content: spec },
        { ...ratingsIn, content: { spec: {} } },
      ],
    };

    expect(read({ ...edits('apply', object(reviews), object(ratings)), state: held }).state).toStrictEqual({
      ...{ kind: 'held', at, because: 'recreated', stamp: 'as it was' },
      found: [
        { object: ratings, how: 'made-anew', live: [], content: { spec: {} } },
        { object: reviews, how: 'written', uid: 'u', live: [], content: spec },
      ],
    });
  });

  it.each`
    what                              | seen                                                                  | moved
    ${'its object is gone'}           | ${{ because: 'moved' }}                                               | ${[{ object: reviews, how: 'gone', live: [] }]}
    ${'its weights were moved'}       | ${{ because: 'moved', uid: 'u', live: { v1: 1, v2: 1 } }}             | ${[{ object: reviews, how: 'written', uid: 'u', live: [{ rule: 'default', split: { v1: 1, v2: 1 } }] }]}
    ${'its rule is gone'}             | ${{ because: 'moved', uid: 'u' }}                                     | ${[{ object: reviews, how: 'written', uid: 'u', live: [] }]}
    ${'its object was made anew'}     | ${{ because: 'moved', uid: 'w', live: { v1: 100 } }}                  | ${[{ object: reviews, how: 'made-anew', uid: 'w', live: [{ rule: 'default', split: { v1: 100 } }] }]}
    ${'only its line moved'}          | ${{ because: 'moved', uid: 'u', live: { v1: 1 } }}                    | ${[]}
    ${'policy ended it'}              | ${{ because: 'denied', denied: 'frozen', uid: 'u', live: { v1: 1 } }} | ${[]}
    ${'policy ended it, long before'} | ${{ because: 'approvals' }}                                           | ${[]}
  `('is what had moved where its plan ended: $what', ({ seen, moved }) => {
    expect(read({ state: { kind: 'void', at, ...seen } }).state).toMatchObject({ kind: 'void', moved });
  });

  it('names the cluster of what stopped it, and of what was written before', () => {
    const { cluster: _, ...ratingsIn } = ratings;
    const failed = { kind: 'failed', at, because: 'half-applied', object: ratingsIn, written: [ratingsIn] };

    expect(read({ state: failed }).state).toEqual({ ...failed, object: ratings, written: [ratings] });
    expect(read({ state: { kind: 'failed', at, because: 'expired' } }).state).toStrictEqual({
      ...{ kind: 'failed', at, because: 'expired' },
    });
  });
});

describe('the stamp of a card of version 1', () => {
  it.each`
    kind      | state
    ${'held'} | ${{ kind: 'held', at, because: 'moved', uid: 'u', live: { v1: 70, v3: 30 } }}
    ${'void'} | ${{ kind: 'void', at, because: 'moved', uid: 'u', live: { v3: 3, v1: 7, v2: 0 } }}
  `('fits the object where it still is what the card shows: $kind', ({ state }) => {
    const { edits, state: read1 } = read({ state });

    const now = (split: Record<string, number>, uid = 'u') =>
      stampOf(edits.map((edit: ObjectEdit) => ({ edit, live: live(routeOf(split, { uid, seq: 9 })) })));
    expect(read1).toMatchObject({ stamp: now({ v1: 70, v3: 30 }) });
    expect(read1).toMatchObject({ stamp: now({ v2: 0, v3: 3, v1: 7 }) });
    expect(read1).not.toMatchObject({ stamp: now({ v1: 71, v3: 29 }) });
    expect(read1).not.toMatchObject({ stamp: now({ v1: 70, v3: 30 }, 'w') });
  });

  it('fits an object that has lost the rule, or is gone', () => {
    const withoutRule = read({ state: { kind: 'held', at, because: 'recreated', uid: 'w', live: {} } });
    const gone = read({ state: { kind: 'void', at, because: 'moved' } });

    const route = live(routeOf({}, { uid: 'w', rules: [rule({ v1: 1 }, { key: '#1' })] }));
    expect(withoutRule.state).toMatchObject({
      stamp: stampOf(withoutRule.edits.map((edit) => ({ edit, live: route }))),
    });
    expect(gone.state).toMatchObject({ stamp: stampOf(gone.edits.map((edit) => ({ edit, live: undefined }))) });
  });

  it('is its own where it has one', () => {
    const state = { kind: 'void', at, because: 'moved', stamp: 'as it was' };

    expect(read({ ...edits('apply', object(reviews)), state }).state).toMatchObject({ stamp: 'as it was', moved: [] });
  });
});
