import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Edits, WeightsEdit } from '../../../src/domain/change/edit.ts';
import {
  firstUnserved,
  type PlanOfWeights,
  planReturn,
  planReturns,
  planShift,
  planShiftOfAll,
  since,
  startBehind,
  type Wish,
} from '../../../src/domain/change/plan-weights.ts';
import type { Refusal } from '../../../src/domain/change/refusal.ts';
import { type Revision, record } from '../../../src/domain/routing/ledger.ts';
import { describePinned } from '../../../src/domain/routing/pinned.ts';
import type { Route } from '../../../src/domain/routing/route.ts';
import { type Move, type Split, sameShares, total, versionsOf, weightOf } from '../../../src/domain/routing/split.ts';
import { aPercent, aSplit, aVersion, aWhole } from '../../support/arbitraries.ts';
import {
  change,
  changeId,
  changeOf as changeOfEdits,
  contentEdit,
  jason,
  reviews,
  reviewsObject,
  revision,
  rule,
  weightsEdit,
} from '../../support/builders.ts';

const orders = rule({ v1: 100 }, { key: 'orders', name: 'orders', match: 'path starts with /orders' });

describe('planShift', () => {
  it.each`
    live                  | wish                         | to
    ${{ v1: 100 }}        | ${share('v3', 50)}           | ${{ v1: 50, v3: 50 }}
    ${{ v1: 90, v2: 10 }} | ${share('v2', 25)}           | ${{ v1: 75, v2: 25 }}
    ${{ v1: 90, v2: 10 }} | ${share('v1', 0)}            | ${{ v1: 0, v2: 100 }}
    ${{ v1: 50, v2: 50 }} | ${whole({ v3: 100 })}        | ${{ v1: 0, v2: 0, v3: 100 }}
    ${{ v1: 50, v2: 50 }} | ${whole({ v1: 80, v3: 20 })} | ${{ v1: 80, v2: 0, v3: 20 }}
    ${{ v1: 1, v2: 1 }}   | ${share('v1', 10)}           | ${{ v1: 10, v2: 90 }}
    ${{ v1: 0, v2: 0 }}   | ${share('v1', 100)}          | ${{ v1: 100, v2: 0 }}
  `('plans to turn $live into $to for $wish.kind', ({ live, wish, to }) => {
    expect(planShift(reviews(live, { seq: 7 }), wish, {})).toEqual({
      kind: 'planned',
      edit: weightsEdit({ from: live, to, seq: 7 }),
      warnings: [],
    });
  });

  it.each`
    version          | versions              | nearest
    ${'v4'}          | ${['v1', 'v2', 'v3']} | ${undefined}
    ${'v33'}         | ${['v1', 'v2', 'v3']} | ${'v3'}
    ${'constructor'} | ${['v1', 'v2', 'v3']} | ${undefined}
  `('refuses $version, which nothing defines, and names the nearest: $nearest', ({ version, versions, nearest }) => {
    const refusal = { reason: 'unknown-version', definer: 'DestinationRule', version, versions, nearest };

    expect(refusalOf(planShift(reviews({ v1: 100 }), share(version, 50), {}))).toEqual(refusal);
    expect(refusalOf(planShift(reviews({ v1: 100 }), share(version, 0), {}))).toEqual(refusal);
    expect(refusalOf(planShift(reviews({ v1: 100 }), whole({ v1: 100, [version]: 0 }), {}))).toEqual(refusal);
  });

  it('refuses to give anything to a version whose subset is gone', () => {
    const route = reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { served: ['v2', 'v3'] })] });

    expect(refusalOf(planShift(route, share('v1', 60), {}))).toMatchObject({
      reason: 'unknown-version',
      version: 'v1',
    });
  });

  it('refuses to leave anything to a live version that nothing defines, and names who could take it', () => {
    const route = reviews({}, { rules: [rule({ v1: 60, v2: 40 }, { served: ['v2', 'v3'] })] });

    expect(refusalOf(planShift(route, share('v3', 50), {}))).toEqual({
      reason: 'undefined-live',
      version: 'v1',
      percent: 60,
      wanted: 'v3',
    });
    expect(changeOf(planShift(route, share('v3', 100), {})).to).toEqual({ v1: 0, v2: 0, v3: 100 });
  });

  it('takes everything from a version whose subset is gone', () => {
    const route = reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { served: ['v2', 'v3'] })] });

    expect(changeOf(planShift(route, share('v2', 100), {})).to).toEqual({ v1: 0, v2: 100 });
    expect(changeOf(planShift(route, share('v1', 0), {})).to).toEqual({ v1: 0, v2: 100 });
  });

  it('refuses a version that has no destination where the others share no host', () => {
    const route = reviews({}, { rules: [rule({ v1: 50, 'other.default': 50 }, { host: undefined })] });

    expect(refusalOf(planShift(route, share('v3', 50), {}))).toEqual({ reason: 'several-hosts', version: 'v3' });
    expect(changeOf(planShift(route, share('v1', 80), {})).to).toEqual({ v1: 80, 'other.default': 20 });
  });

  it('needs no destination for a version that is to get nothing', () => {
    const route = reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { host: undefined })] });

    expect(changeOf(planShift(route, whole({ v1: 80, v2: 20, v3: 0 }), {})).to).toMatchObject({ v1: 80, v2: 20 });
  });

  it('refuses what is there already, and says since which change', () => {
    const made = revision({ to: { v1: 50, v3: 50 } });
    const route = reviews({ v1: 1, v3: 1 }, { revisions: [made] });

    expect(refusalOf(planShift(route, share('v3', 50), {}))).toEqual({
      reason: 'already-there',
      split: { v1: 1, v3: 1 },
      since: made,
      waiting: undefined,
    });
  });

  it.each`
    what                                  | revisions
    ${'nobody is known to have'}          | ${[]}
    ${'somebody else has'}                | ${[revision({ to: { v1: 90, v3: 10 } })]}
    ${'a change of another rule has not'} | ${[revision({ rule: '#1' })]}
  `('does not name a change for a split that $what made', ({ revisions }) => {
    const route = reviews({ v1: 50, v3: 50 }, { revisions });

    expect(refusalOf(planShift(route, share('v3', 50), {}))).toMatchObject({
      reason: 'already-there',
      since: undefined,
    });
  });

  it('refuses what will be there once a waiting change is applied, and names that', () => {
    const start = { split: { v1: 50, v3: 50 }, seq: 1, after: changeId(5) };

    expect(refusalOf(planShift(reviews({ v1: 100 }), share('v3', 50), { start }))).toMatchObject({
      reason: 'already-there',
      waiting: changeId(5),
    });
  });

  it('starts from what a waiting change will leave', () => {
    const start = { split: { v1: 50, v3: 50 }, seq: 4, after: changeId(5) };

    expect(planShift(reviews({ v1: 100 }, { seq: 3 }), share('v1', 80), { start })).toMatchObject({
      kind: 'planned',
      edit: weightsEdit({ from: { v1: 50, v3: 50 }, to: { v1: 80, v3: 20 }, seq: 4, behind: changeId(5) }),
    });
  });

  it('counts on the destination that a waiting change will add', () => {
    const route = reviews({}, { rules: [rule({ v1: 100 }, { host: undefined })] });
    const start = { split: { v1: 50, v3: 50 }, seq: 1, after: changeId(5) };

    expect(changeOf(planShift(route, share('v3', 80), { start })).to).toEqual({ v1: 20, v3: 80 });
  });

  it.each`
    live                         | wish               | others
    ${{ v1: 100, v2: 0, v3: 0 }} | ${share('v1', 60)} | ${['v2', 'v3']}
    ${{ v1: 100 }}               | ${share('v1', 60)} | ${[]}
  `('asks who gets the rest when $wish.version of $live gives some away', ({ live, wish, others }) => {
    expect(refusalOf(planShift(reviews(live), wish, {}))).toEqual({
      reason: 'nobody-else',
      version: 'v1',
      percent: 60,
      others,
    });
  });

  it('names the pinned rules above the default one, which it does not reach', () => {
    const dead = { ...jason, key: '#3', match: 'path = /late' };
    const route = reviews({}, { rules: [jason, rule({ v1: 100 }), dead] });

    expect(changeOf(planShift(route, share('v3', 50), {}), 'all').pinned).toEqual(['end-user = jason → v2']);
  });

  it('shifts a pinned rule when that is named', () => {
    const route = reviews({}, { rules: [jason, rule({ v1: 100 })] });

    expect(planShift(route, share('v3', 50), { rule: '#1' })).toMatchObject({
      kind: 'planned',
      edit: weightsEdit({ rule: '#1', from: { v2: 100 }, to: { v2: 50, v3: 50 } }),
    });
  });

  it('shifts the only rule that there is, though it has a match and no name', () => {
    const route = reviews({}, { rules: [jason] });

    expect(planShift(route, share('v3', 50), {})).toMatchObject({ kind: 'planned', edit: { moves: [{ rule: '#1' }] } });
  });

  it('asks which rule is meant where several have the name', () => {
    const twins = [1, 2].map((place) => ({ ...jason, key: `#${place} a = ${place}`, name: 'twin' }));

    expect(refusalOf(planShift(reviews({}, { rules: twins }), share('v3', 50), { rule: 'twin' }))).toEqual({
      reason: 'several-rules',
      rule: 'twin',
      rules: ['#1 a = 1', '#2 a = 2'],
      choices: twins.map(({ key, match, split }) => ({ key, match, split })),
    });
  });

  it('says that open connections are cut, every time', () => {
    const tcp = rule({ v1: 100 }, { sticky: 'connection' });

    expect(planShift(reviews({}, { rules: [tcp] }), share('v3', 50), {})).toMatchObject({
      warnings: [{ kind: 'cuts-connections' }],
    });
  });

  it('knows a version by its short name, and in whatever case', () => {
    const among = rule(
      { 'reviews-v1': 90, 'reviews-v3': 10 },
      { served: ['reviews-v1', 'reviews-v3'], shortNames: { 'reviews-v1': 'v1', 'reviews-v3': 'v3' } },
    );
    const to = (wish: Wish) => changeOf(planShift(reviews({}, { rules: [among] }), wish, {}), 'all').moves[0].to;

    expect(to(share('v3', 50))).toEqual({ 'reviews-v1': 50, 'reviews-v3': 50 });
    expect(to({ kind: 'whole', shares: { V1: 20, 'reviews-v3': 80 } })).toEqual({ 'reviews-v1': 20, 'reviews-v3': 80 });
  });

  it.each`
    bounds             | from                        | to
    ${undefined}       | ${{ v1: 9_000, v3: 1_000 }} | ${{ v1: 5_000, v3: 5_000 }}
    ${{ most: 5_000 }} | ${{ v1: 9_000, v3: 1_000 }} | ${{ v1: 50, v3: 50 }}
    ${{ sum: 10_000 }} | ${{ v1: 1, v3: 0 }}         | ${{ v1: 5_000, v3: 5_000 }}
  `('writes $to from $from where weights have the bounds $bounds', ({ bounds, from, to }) => {
    const route = reviews({}, { rules: [rule(from, { bounds })] });

    expect(changeOf(planShift(route, share('v3', 50), {}), 'all').moves[0].to).toEqual(to);
  });

  it.each`
    rules                         | named         | refusal
    ${[jason, orders]}            | ${undefined}  | ${{ reason: 'no-default-rule', rules: ['#1', 'orders'] }}
    ${[]}                         | ${undefined}  | ${{ reason: 'no-default-rule', rules: [] }}
    ${[jason, rule({ v1: 100 })]} | ${'jason'}    | ${{ reason: 'unknown-rule', rule: 'jason', rules: ['#1', 'default'] }}
    ${[jason]}                    | ${'default'}  | ${{ reason: 'unknown-rule', rule: 'default', rules: ['#1'] }}
    ${[rule({ v1: 100 })]}        | ${'toString'} | ${{ reason: 'unknown-rule', rule: 'toString', rules: ['default'] }}
  `('refuses with $refusal.reason where rule $named is wanted of $rules.length', ({ rules, named, refusal }) => {
    expect(refusalOf(planShift(reviews({}, { rules }), share('v3', 50), { rule: named }))).toMatchObject(refusal);
  });

  it.each(['redirect', 'direct-response', 'delegate', 'no-destination', 'ambiguous-destinations'] as const)(
    'refuses a rule that cannot be split: %s',
    (because) => {
      const route = reviews({}, { rules: [rule({}, { unsplittable: because })] });
      const refusal = { reason: 'rule-cannot-be-split', rule: 'default', because };

      expect(refusalOf(planShift(route, share('v3', 50), {}))).toEqual(refusal);
      expect(refusalOf(planReturn(route, takingBack(revision())))).toEqual(refusal);
    },
  );
});

describe('planReturn', () => {
  it('brings back the weights as they stood, on the scale they stood in', () => {
    const made = revision({ from: { v1: 2, v2: 1 }, to: { v1: 50, v2: 25, v3: 25 } });
    const route = reviews({ v1: 50, v2: 25, v3: 25 }, { revisions: [made] });

    expect(planReturn(route, takingBack(made))).toMatchObject({
      kind: 'planned',
      edit: { moves: [{ from: { v1: 50, v2: 25, v3: 25 }, to: { v1: 2, v2: 1, v3: 0 } }] },
    });
  });

  it('gives nothing to a version that came since, and keeps its place', () => {
    const route = reviews({ v1: 30, v2: 30, v3: 40 }, { revisions: [revision()] });

    expect(changeOf(planReturn(route, takingBack(revision()))).to).toEqual({ v1: 100, v2: 0, v3: 0 });
  });

  it('refuses what would bring back a version whose subset is gone, and names it', () => {
    const made = revision({ from: { v1: 100 }, to: { v1: 0, v3: 100 } });
    const route = reviews({}, { rules: [rule({ v1: 0, v3: 100 }, { served: ['v3'] })], revisions: [made] });

    expect(refusalOf(planReturn(route, takingBack(made)))).toMatchObject({ reason: 'unknown-version', version: 'v1' });
  });

  it('does without a version that is gone and had nothing', () => {
    const made = revision({ from: { v1: 0, v2: 100 }, to: { v1: 0, v2: 50, v3: 50 } });
    const route = reviews({}, { rules: [rule({ v2: 50, v3: 50 }, { served: ['v2', 'v3'] })], revisions: [made] });

    expect(changeOf(planReturn(route, takingBack(made))).to).toEqual({ v2: 100, v3: 0 });
  });

  it('adds a destination that somebody took away, beside the one host of the others', () => {
    const made = revision({ from: { v1: 50, v2: 50 }, to: { v1: 0, v2: 100 } });
    const route = reviews({ v2: 100 }, { revisions: [made] });
    const elsewhere = reviews({}, { rules: [rule({ v2: 100 }, { host: undefined })], revisions: [made] });

    expect(changeOf(planReturn(route, takingBack(made))).to).toEqual({ v2: 50, v1: 50 });
    expect(refusalOf(planReturn(elsewhere, takingBack(made)))).toEqual({ reason: 'several-hosts', version: 'v1' });
  });

  it('refuses where everything is back already', () => {
    const made = revision();
    const route = reviews({ v1: 100, v3: 0 }, { revisions: [made] });

    expect(refusalOf(planReturn(route, takingBack(made)))).toMatchObject({ reason: 'already-there', since: undefined });
  });

  it('refuses where the rule is gone', () => {
    const route = reviews({ v1: 100 });

    expect(refusalOf(planReturn(route, takingBack(revision({ rule: 'primary' }))))).toEqual({
      reason: 'unknown-rule',
      rule: 'primary',
      rules: ['default'],
    });
  });

  it('refuses where there was no such rule to return to: all zeros are no split', () => {
    expect(refusalOf(planReturn(reviews({ v1: 100 }), { rule: 'default', split: {} }))).toEqual({
      reason: 'nothing-to-roll-back',
      rule: 'default',
    });
  });

  it('starts from what a waiting change will leave', () => {
    const start = { split: { v1: 20, v3: 80 }, seq: 2, after: changeId(5) };

    expect(planReturn(reviews({ v1: 50, v3: 50 }, { seq: 1 }), takingBack(revision()), { start })).toMatchObject({
      edit: { seq: 2, behind: changeId(5), moves: [{ from: { v1: 20, v3: 80 }, to: { v1: 100, v3: 0 } }] },
    });
  });
});

describe('planShiftOfAll', () => {
  const api = rule({ v1: 80, v2: 20 }, { key: 'api', name: 'api', match: 'path starts with /api' });
  const all = (rules: Route['rules'], wish: Wish = share('v2', 50)) =>
    planShiftOfAll(reviews({}, { seq: 4, rules }), wish, { startOf: () => undefined });

  it('moves every rule that splits between versions, in one edit, and no other', () => {
    const pinned = { ...jason, split: { v2: 100 } };
    const moved = changeOf(all([pinned, api, rule({ v1: 100, v2: 0 })]), 'all');

    expect(moved.moves).toEqual([
      { rule: 'api', from: { v1: 80, v2: 20 }, to: { v1: 50, v2: 50 } },
      { rule: 'default', from: { v1: 100, v2: 0 }, to: { v1: 50, v2: 50 } },
    ]);
  });

  it('leaves out what is there already, and refuses where one of them cannot be so, or none splits', () => {
    const there = rule({ v1: 50, v2: 50 });
    expect(changeOf(all([api, there]), 'all').moves).toMatchObject([{ rule: 'api' }]);
    expect(refusalOf(all([there]))).toMatchObject({ reason: 'already-there' });
    expect(refusalOf(all([{ ...api, served: ['v1'] }, rule({ v1: 100, v2: 0 })], share('v3', 50)))).toMatchObject({
      reason: 'unknown-version',
    });
    expect(refusalOf(all([jason, orders]))).toMatchObject({ reason: 'no-default-rule' });
  });

  it('moves the rule that is meant without a name where none splits yet', () => {
    expect(changeOf(all([jason, rule({ v1: 100 })]), 'all').moves).toEqual([
      { rule: 'default', from: { v1: 100 }, to: { v1: 50, v2: 50 } },
    ]);
  });
});

describe('planReturns', () => {
  const api = rule({ v1: 80, v2: 20 }, { key: 'api', name: 'api', match: 'path starts with /api' });
  const route = reviews({}, { seq: 4, rules: [api, rule({ v1: 50, v3: 50 })] });
  const backTo = (split: Split, ofApi: Split) =>
    planReturns(
      route,
      [
        { rule: 'default', split },
        { rule: 'api', split: ofApi },
      ],
      { startOf: () => undefined },
    );

  it('brings back all rules in one edit', () => {
    expect(changeOf(backTo({ v1: 100 }, { v1: 100 }), 'all')).toMatchObject({
      seq: 4,
      moves: [
        { rule: 'default', from: { v1: 50, v3: 50 }, to: { v1: 100, v3: 0 } },
        { rule: 'api', from: { v1: 80, v2: 20 }, to: { v1: 100, v2: 0 } },
      ],
    });
  });

  it('leaves out what is back already, and refuses where all is', () => {
    expect(changeOf(backTo({ v1: 50, v3: 50 }, { v1: 100 }), 'all').moves).toMatchObject([{ rule: 'api' }]);
    expect(refusalOf(backTo({ v1: 50, v3: 50 }, { v1: 80, v2: 20 }))).toMatchObject({ reason: 'already-there' });
  });

  it('refuses all where one of them cannot be', () => {
    expect(refusalOf(backTo({ v1: 100 }, { v9: 100 }))).toMatchObject({ reason: 'unknown-version', version: 'v9' });
  });
});

describe('startBehind', () => {
  const route = reviews({ v1: 100 }, { seq: 2 });
  const ratings = { ...reviewsObject, name: 'ratings' };
  const first = change({ id: changeId(1), seq: 2, to: { v1: 50, v3: 50 } });
  const ofApi = change({ id: changeId(2), seq: 3, rule: 'api', from: { v1: 1 }, to: { v2: 1 } });
  const elsewhere = change({ id: changeId(3), object: ratings, seq: 9 });
  const file = fileOf(
    contentEdit({ object: ratings, seq: 7, after: { spec: {} }, to: { v2: 100 } }),
    contentEdit({ object: reviewsObject, seq: 4, after: { spec: {} }, from: { v1: 100 }, to: { v2: 100 } }),
  );

  it.each`
    waits                   | rule         | start
    ${[]}                   | ${'default'} | ${undefined}
    ${[elsewhere]}          | ${'default'} | ${undefined}
    ${[first]}              | ${'default'} | ${{ split: { v1: 50, v3: 50 }, seq: 3, after: changeId(1) }}
    ${[first, elsewhere]}   | ${'default'} | ${{ split: { v1: 50, v3: 50 }, seq: 3, after: changeId(1) }}
    ${[first, ofApi]}       | ${'default'} | ${{ split: { v1: 50, v3: 50 }, seq: 4, after: changeId(2) }}
    ${[ofApi]}              | ${'default'} | ${{ split: { v1: 100 }, seq: 4, after: changeId(2) }}
    ${[first, ofApi, file]} | ${'default'} | ${{ split: { v2: 100 }, seq: 5, after: file.id }}
  `('of $rule behind $waits.length changes', ({ waits, rule: key, start }) => {
    expect(startBehind(route, waits, key)).toEqual(start);
  });

  it('is of the object that is planned, whichever of its objects a change names first', () => {
    expect(startBehind(reviews({ v1: 100 }, { object: ratings }), [file], 'default')).toEqual({
      split: { v2: 100 },
      seq: 8,
      after: file.id,
    });
  });
});

describe('since', () => {
  const made = revision({ to: { v1: 50, v3: 50 } });

  it.each`
    live                       | revisions                                | found
    ${{ v1: 50, v3: 50 }}      | ${[made]}                                | ${made}
    ${{ v1: 1, v3: 1, v2: 0 }} | ${[made]}                                | ${made}
    ${{ v1: 50, v3: 50 }}      | ${[revision({ rule: '#1' }), made]}      | ${made}
    ${{ v1: 51, v3: 49 }}      | ${[made]}                                | ${undefined}
    ${{ v1: 50, v3: 50 }}      | ${[revision({ to: { v1: 100 } }), made]} | ${undefined}
    ${{ v1: 50, v3: 50 }}      | ${[]}                                    | ${undefined}
  `('of $live is the newest change of the rule, if that made it', ({ live, revisions, found }) => {
    expect(since(reviews(live, { revisions }), rule(live))).toBe(found);
  });
});

describe('firstUnserved', () => {
  it.each`
    before                | wished                | served          | found
    ${{ v1: 100 }}        | ${{ v1: 50, v3: 50 }} | ${['v1', 'v3']} | ${undefined}
    ${{ v1: 100 }}        | ${{ v1: 50, v3: 50 }} | ${['v1']}       | ${'v3'}
    ${{ v1: 100 }}        | ${{ v1: 100, v3: 0 }} | ${['v1']}       | ${'v3'}
    ${{ v1: 90, v3: 10 }} | ${{ v1: 100, v3: 0 }} | ${['v1']}       | ${undefined}
    ${{}}                 | ${{ constructor: 0 }} | ${[]}           | ${'constructor'}
  `('of $wished after $before with $served served is $found', ({ before, wished, served, found }) => {
    expect(firstUnserved(rule(before, { served }), before, wished)).toBe(found);
  });
});

describe('describePinned', () => {
  it.each`
    pinned                                            | text
    ${jason}                                          | ${'end-user = jason → v2'}
    ${{ ...jason, split: { v1: 50, v2: 0, v3: 50 } }} | ${'end-user = jason → v1, v3'}
    ${{ ...jason, split: { v1: 0 } }}                 | ${'end-user = jason → no version'}
    ${{ ...jason, match: undefined }}                 | ${'#1 → v2'}
  `('says $text', ({ pinned, text }) => {
    expect(describePinned(pinned)).toBe(text);
  });
});

describe('every plan', () => {
  const aWish: fc.Arbitrary<Wish> = fc.oneof(
    fc.record({ kind: fc.constant('share' as const), version: aVersion, percent: aPercent }),
    aWhole.map((shares) => whole(shares)),
  );
  const aRouteAndWish = fc.tuple(aSplit(), aWish, fc.nat(50)).map(([split, wish, seq]) => {
    const served = versionsOf(split, wish.kind === 'share' ? { [wish.version]: 0 } : wish.shares);
    return { route: reviews({}, { rules: [rule(split, { served })], seq }), split, wish };
  });

  it('covers every live version, moves something, and is bound to what it was made from', () => {
    fc.assert(
      fc.property(aRouteAndWish, ({ route, split, wish }) => {
        const plan = planShift(route, wish, {});
        if (plan.kind === 'refused') return;

        const [{ from, to }] = plan.edit.moves;
        expect(from).toEqual(split);
        for (const version of Object.keys(split)) expect(Object.hasOwn(to, version)).toBe(true);
        expect(sameShares(from, to)).toBe(false);
        expect(plan.edit).toMatchObject({ object: route.object, uid: route.uid, seq: route.ledger.seq });
        expect(plan.edit.behind).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('is refused only because it is there already or nobody is left to take the rest', () => {
    fc.assert(
      fc.property(aRouteAndWish, ({ route, wish }) => {
        const plan = planShift(route, wish, {});

        if (plan.kind === 'refused') expect(['already-there', 'nobody-else']).toContain(plan.refusal.reason);
      }),
      { numRuns: 300 },
    );
  });

  it('can be taken back exactly, and that again', () => {
    fc.assert(
      fc.property(aRouteAndWish, ({ route, split, wish }) => {
        const plan = planShift(route, wish, {});
        if (plan.kind === 'refused') return;
        const [{ to }] = plan.edit.moves;
        const after = made(route, plan.edit, 1);

        const back = changeOf(planReturn(after.route, takingBack(after.revision)));

        for (const version of versionsOf(split, to)) expect(weightOf(back.to, version)).toBe(weightOf(split, version));

        const restored = made(after.route, changeOf(planReturn(after.route, takingBack(after.revision)), 'all'), 2);
        const again = changeOf(planReturn(restored.route, takingBack(restored.revision)));

        for (const version of versionsOf(split, to)) expect(weightOf(again.to, version)).toBe(weightOf(to, version));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves the route as it was', () => {
    fc.assert(
      fc.property(aRouteAndWish, ({ route, wish }) => {
        const before = structuredClone(route);

        planShift(route, wish, {});

        expect(route).toEqual(before);
      }),
    );
  });
});

/** The route once the plan is live, as the object would be read: a version with 0 gets no destination that it did not have. */
function made(route: Route, { moves: [move] }: WeightsEdit, number: number) {
  const [old] = route.rules;
  const live = Object.entries(move.to).filter(
    ([version, weight]) => weight > 0 || Object.hasOwn(old?.split ?? {}, version),
  );
  const recorded = revision({ id: changeId(number), ...move });
  const rules = route.rules.map((each) => ({ ...each, split: Object.fromEntries(live) }));
  expect(total(Object.fromEntries(live))).toBe(total(move.to));
  return { route: { ...route, rules, ledger: record(route.ledger, recorded) }, revision: recorded };
}

/** What takes a revision back. */
function takingBack({ rule: key, from }: Revision): Parameters<typeof planReturn>[1] {
  return { rule: key, split: from };
}

function fileOf(...edits: Edits) {
  return changeOfEdits(edits, { id: changeId(4) });
}

function changeOf(plan: PlanOfWeights): Move;
function changeOf(plan: PlanOfWeights, what: 'all'): WeightsEdit;
function changeOf(plan: PlanOfWeights, what?: 'all'): Move | WeightsEdit {
  if (plan.kind === 'refused') throw new Error(`refused: ${JSON.stringify(plan.refusal)}`);
  return what === 'all' ? plan.edit : plan.edit.moves[0];
}

function refusalOf(plan: PlanOfWeights): Refusal {
  if (plan.kind === 'planned') throw new Error(`planned: ${JSON.stringify(plan)}`);
  return plan.refusal;
}

function share(version: string, percent: number): Wish {
  return { kind: 'share', version, percent };
}

function whole(shares: Split): Wish {
  return { kind: 'whole', shares };
}
