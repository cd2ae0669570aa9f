import { describe, expect, it } from 'vitest';
import type { ContentEdit } from '../../../src/domain/change/edit.ts';
import { type AppliedChange, fateOf, isTold } from '../../../src/domain/change/fate.ts';
import type { Applied } from '../../../src/domain/change/state.ts';
import type { Route } from '../../../src/domain/routing/route.ts';
import {
  applied,
  change,
  changeId,
  contentEdit,
  jason,
  reviews,
  reviewsObject,
  reviewsUid,
  revision,
  rule,
  weightsEdit,
} from '../../support/builders.ts';

const seenAt = '2026-11-22T15:00:00.000Z';
const madeAt = '2026-11-22T14:03:11.000Z';
const ours = revision();
const argo = { manager: 'argocd-controller', at: '2026-11-22T14:03:20Z' };

describe('the fate of an applied change', () => {
  it.each<[string, Partial<Applied>, Route | undefined, object]>([
    ['stands as it was made', {}, live({ v1: 50, v3: 50 }), { kind: 'stands' }],
    [
      'stands on another scale, and beside a version without traffic',
      {},
      live({ v1: 1, v2: 0, v3: 1 }),
      { kind: 'stands' },
    ],
    ['stands though the object was made anew', {}, reviews({ v1: 50, v3: 50 }, { uid: 'u' }), { kind: 'stands' }],
    ['stands as admission made it', {}, live({ v1: 60, v3: 40 }, { manager: 'shiftbot' }), { kind: 'stands' }],
    ['was put back', {}, live({ v1: 100 }), moved('weights', { v1: 100 }, argo.manager)],
    [
      'was moved while our own write is the newest of the object without our record',
      {},
      { ...reviews({ v1: 100 }), lastWriter: { manager: 'shiftbot', at: '' } },
      moved('ledger-lost', { v1: 100 }),
    ],
    [
      'lost its history and its weights',
      {},
      { ...reviews({ v1: 100 }), lastWriter: argo },
      moved('ledger-lost', { v1: 100 }, argo.manager),
    ],
    [
      'lost its object to another',
      {},
      { ...reviews({ v1: 100 }, { uid: 'u' }), lastWriter: argo },
      moved('made-anew', { v1: 100 }, argo.manager),
    ],
    [
      'lost its rule',
      {},
      { ...reviews({}, { rules: [jason], revisions: [ours] }), lastWriter: argo },
      moved('rule-gone', {}, argo.manager),
    ],
    ['lost its object', {}, undefined, moved('object-gone', {})],
    [
      'was followed by a later change',
      {},
      reviews({ v1: 10 }, { revisions: [revision({ id: changeId(2) }), ours] }),
      { kind: 'followed' },
    ],
    [
      'was followed on an object that was made anew',
      {},
      reviews({ v1: 10 }, { uid: 'u', revisions: [revision({ id: changeId(2), at: '2026-11-22T14:05:00Z' })] }),
      { kind: 'followed' },
    ],
    [
      'is not followed by what an old copy remembers',
      {},
      reviews({ v1: 10 }, { revisions: [revision({ id: changeId(2), at: '2026-11-20T14:05:00Z' })] }),
      moved('ledger-lost', { v1: 10 }),
    ],
    [
      'is not followed on another rule',
      {},
      live({ v1: 100 }, {}, [revision({ id: changeId(2), rule: 'api' }), ours]),
      moved('weights', { v1: 100 }, argo.manager),
    ],
    ['was taken back', { rolledBack: { by: 'U02BOB', change: changeId(2) } }, live({ v1: 100 }), { kind: 'followed' }],
    ['was followed, by its own record', { later: changeId(2) }, live({ v1: 100 }), { kind: 'followed' }],
  ])('%s', (_, marks, route, fate) => {
    expect(fateOf(made(marks), weightsEdit(), route, seenAt)).toMatchObject(fate);
  });

  it.each`
    at                          | told
    ${argo.at}                  | ${'2026-11-22T14:03:20.000Z'}
    ${''}                       | ${seenAt}
    ${'the day before <!here>'} | ${seenAt}
  `('is told with the time of the write, $at, or else with when it was seen', ({ at, told }) => {
    expect(fateOf(made(), weightsEdit(), live({ v1: 100 }, { at }), seenAt)).toMatchObject({ away: { at: told } });
  });
});

describe('the fate of an object that a change made, replaced or deleted', () => {
  const was = { spec: {} };
  const split = { from: { v1: 100 }, to: { v1: 50, v3: 50 } };
  const edited = contentEdit({ object: reviewsObject, uid: reviewsUid, before: was, after: was, ...split });
  const ratings = { ...reviewsObject, name: 'ratings' };
  const ofRatings = contentEdit({
    ...split,
    object: ratings,
    uid: reviewsUid,
    before: was,
    after: was,
    to: { v1: 100 },
  });
  const created = contentEdit({ object: reviewsObject, after: was, ...split });
  const deleted = contentEdit({ object: reviewsObject, uid: reviewsUid, before: was, ...split });
  const withoutSplit = contentEdit({ object: reviewsObject, uid: reviewsUid, before: was, after: was });
  const withPinned = (manager: string) => ({
    ...reviews({}, { rules: [jason, rule({ v1: 50, v3: 50 })], revisions: [ours] }),
    lastWriter: { ...argo, manager },
  });

  it.each<[string, ContentEdit, Route | undefined, object]>([
    ['stands as it was replaced', edited, live({ v1: 50, v3: 50 }), { kind: 'stands' }],
    [
      'stands as it was made, whatever uid it got',
      created,
      reviews({ v1: 50, v3: 50 }, { uid: 'new', revisions: [ours] }),
      { kind: 'stands' },
    ],
    ['was moved', edited, live({ v1: 100 }), { kind: 'moved', away: { how: 'weights', object: reviewsObject } }],
    ['is judged by its own split', ofRatings, live({ v1: 100 }), { kind: 'stands' }],
    [
      'was moved, though it is not the first',
      ofRatings,
      live({ v2: 100 }),
      { kind: 'moved', away: { how: 'weights', object: ratings } },
    ],
    [
      'got a pinned rule by somebody else',
      edited,
      withPinned(argo.manager),
      { kind: 'moved', away: { how: 'pinned-rules', manager: argo.manager } },
    ],
    ['got a pinned rule by us', edited, withPinned('shiftbot'), { kind: 'stands' }],
    ['is gone', edited, undefined, { kind: 'moved', away: { how: 'object-gone', object: reviewsObject } }],
    [
      'has no rule that could be moved',
      withoutSplit,
      reviews({}, { rules: [], revisions: [ours] }),
      { kind: 'stands' },
    ],
    [
      'had another rule set by us, before somebody wrote something else',
      edited,
      {
        ...withPinned(argo.manager),
        ledger: { seq: 2, revisions: [revision({ id: changeId(2), rule: 'api' }), ours] },
      },
      { kind: 'followed', by: changeId(2) },
    ],
    [
      'without a rule that could be moved was changed by us since',
      withoutSplit,
      {
        ...reviews({ v1: 10 }, { rules: [jason, rule({ v1: 10 })], revisions: [revision({ id: changeId(2) }), ours] }),
        lastWriter: argo,
      },
      { kind: 'followed', by: changeId(2) },
    ],
    ['is gone as it was to be', deleted, undefined, { kind: 'stands' }],
    [
      'was made anew by somebody else',
      deleted,
      { ...reviews({ v2: 100 }, { uid: 'new' }), lastWriter: argo },
      { kind: 'moved', away: { how: 'made-anew', manager: argo.manager } },
    ],
    [
      'was made anew by us',
      deleted,
      reviews({ v2: 100 }, { revisions: [revision({ id: changeId(2), at: '2026-11-22T14:05:00Z' })] }),
      { kind: 'followed' },
    ],
    [
      'was changed by us since',
      edited,
      reviews({ v1: 10 }, { revisions: [revision({ id: changeId(2) }), ours] }),
      { kind: 'followed' },
    ],
  ])('%s', (_, each, route, fate) => {
    const of = { ...made(), edits: [each], state: applied({ at: madeAt }, [each]) } as const;

    expect(fateOf(of, each, route, seenAt)).toMatchObject(fate);
  });
});

describe('what the card tells already', () => {
  const away = {
    object: reviewsObject,
    rule: 'default',
    at: seenAt,
    how: 'weights',
    manager: argo.manager,
    live: { v1: 100 },
  } as const;

  it.each`
    movedAway                          | split               | manager         | told
    ${undefined}                       | ${{ v1: 1, v3: 1 }} | ${argo.manager} | ${true}
    ${undefined}                       | ${{ v1: 100 }}      | ${argo.manager} | ${false}
    ${away}                            | ${{ v1: 1, v3: 0 }} | ${argo.manager} | ${true}
    ${away}                            | ${{ v1: 1, v3: 2 }} | ${argo.manager} | ${false}
    ${away}                            | ${{ v1: 100 }}      | ${'kubectl'}    | ${false}
    ${away}                            | ${{ v1: 1, v3: 1 }} | ${argo.manager} | ${false}
    ${{ ...away, how: 'object-gone' }} | ${{ v1: 100 }}      | ${argo.manager} | ${false}
  `('of $split by $manager after $movedAway: $told', ({ movedAway, split, manager, told }) => {
    const seen = made({ movedAway });

    expect(isTold(seen, fateOf(seen, weightsEdit(), live(split, { manager }), seenAt))).toBe(told);
  });
});

function made(marks: Partial<Applied> = {}): AppliedChange {
  return { ...change(), state: applied({ at: madeAt, ...marks }) };
}

function live(split: Record<string, number>, writer: Partial<typeof argo> = {}, revisions = [ours]): Route {
  return { ...reviews(split, { revisions }), lastWriter: { ...argo, ...writer } };
}

function moved(how: string, split: object, manager?: string) {
  return { kind: 'moved', away: { how, live: split, ...(manager !== undefined && { manager }) } };
}
