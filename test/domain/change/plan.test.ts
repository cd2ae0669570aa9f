import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseReturn,
  describePinned,
  firstUnserved,
  type Plan,
  type PlannedChange,
  planReturn,
  planShift,
  type Refusal,
  since,
  takingBack,
  type Wish,
} from '../../../src/domain/change/plan.ts';
import { record } from '../../../src/domain/routing/ledger.ts';
import type { Route } from '../../../src/domain/routing/route.ts';
import { type Split, sameShares, total, versionsOf, weightOf } from '../../../src/domain/routing/split.ts';
import { aPercent, aSplit, aVersion, aWhole } from '../../support/arbitraries.ts';
import { changeId, jason, reviews, reviewsUid, revision, rule } from '../../support/builders.ts';

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
      kind: 'change',
      rule: 'default',
      from: live,
      to,
      base: { uid: reviewsUid, seq: 7, after: undefined },
      pinned: [],
      warnings: [],
    });
  });

  it.each`
    version          | versions              | nearest
    ${'v4'}          | ${['v1', 'v2', 'v3']} | ${undefined}
    ${'v33'}         | ${['v1', 'v2', 'v3']} | ${'v3'}
    ${'constructor'} | ${['v1', 'v2', 'v3']} | ${undefined}
  `('refuses $version, which nothing defines, and names the nearest: $nearest', ({ version, versions, nearest }) => {
    const refusal = { reason: 'unknown-version', version, versions, nearest };

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
    expect(refusalOf(planShift(route, share('v3', 50), {}))).toMatchObject({
      reason: 'unknown-version',
      version: 'v1',
    });
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
      kind: 'change',
      from: { v1: 50, v3: 50 },
      to: { v1: 80, v3: 20 },
      base: { uid: reviewsUid, seq: 4, after: changeId(5) },
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

    expect(changeOf(planShift(route, share('v3', 50), {})).pinned).toEqual(['end-user = jason → v2']);
  });

  it('shifts a pinned rule when that is named', () => {
    const route = reviews({}, { rules: [jason, rule({ v1: 100 })] });

    expect(planShift(route, share('v3', 50), { rule: '#1' })).toMatchObject({
      kind: 'change',
      rule: '#1',
      from: { v2: 100 },
      to: { v2: 50, v3: 50 },
      pinned: [],
    });
  });

  it.each`
    rules                         | named         | refusal
    ${[jason]}                    | ${undefined}  | ${{ reason: 'no-default-rule', rules: ['#1'], others: [] }}
    ${[]}                         | ${undefined}  | ${{ reason: 'no-default-rule', rules: [], others: [] }}
    ${[jason, rule({ v1: 100 })]} | ${'jason'}    | ${{ reason: 'unknown-rule', rule: 'jason', rules: ['#1', 'default'] }}
    ${[jason]}                    | ${'default'}  | ${{ reason: 'unknown-rule', rule: 'default', rules: ['#1'] }}
    ${[rule({ v1: 100 })]}        | ${'toString'} | ${{ reason: 'unknown-rule', rule: 'toString', rules: ['default'] }}
  `('refuses with $refusal.reason where rule $named is wanted of $rules.length', ({ rules, named, refusal }) => {
    expect(refusalOf(planShift(reviews({}, { rules }), share('v3', 50), { rule: named }))).toEqual(refusal);
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
      kind: 'change',
      from: { v1: 50, v2: 25, v3: 25 },
      to: { v1: 2, v2: 1, v3: 0 },
      reverts: made.id,
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

  it('starts from what a waiting change will leave', () => {
    const start = { split: { v1: 20, v3: 80 }, seq: 2, after: changeId(5) };

    expect(planReturn(reviews({ v1: 50, v3: 50 }, { seq: 1 }), takingBack(revision()), start)).toMatchObject({
      from: { v1: 20, v3: 80 },
      to: { v1: 100, v3: 0 },
      base: { seq: 2, after: changeId(5) },
    });
  });
});

describe('chooseReturn', () => {
  const first = revision({ id: changeId(1), from: { v1: 100 }, to: { v1: 90, v3: 10 } });
  const pinned = revision({ id: changeId(2), rule: '#1', from: { v2: 100 }, to: { v2: 50, v3: 50 } });
  const second = revision({ id: changeId(3), from: { v1: 90, v3: 10 }, to: { v1: 50, v3: 50 } });
  const third = revision({ id: changeId(4), from: { v1: 50, v3: 50 }, to: { v1: 0, v3: 100 } });
  const ledger = { seq: 4, revisions: [third, second, pinned, first] };

  it.each`
    rule         | backTo       | split          | reverts      | revision
    ${'default'} | ${undefined} | ${third.from}  | ${third.id}  | ${third}
    ${'#1'}      | ${undefined} | ${{ v2: 100 }} | ${pinned.id} | ${pinned}
    ${'default'} | ${first.id}  | ${first.to}    | ${second.id} | ${first}
    ${'default'} | ${second.id} | ${second.to}   | ${third.id}  | ${second}
    ${'default'} | ${third.id}  | ${third.to}    | ${undefined} | ${third}
  `('of rule $rule to $backTo brings back $split', ({ rule: key, backTo, split, reverts, revision: chosen }) => {
    expect(chooseReturn(ledger, key, backTo)).toEqual({
      kind: 'return',
      back: { rule: key, split, reverts },
      revision: chosen,
    });
  });

  it('takes back a rollback like any other change', () => {
    const back = revision({ id: changeId(5), from: third.to, to: third.from, reverts: third.id });

    expect(chooseReturn({ seq: 5, revisions: [back, ...ledger.revisions] }, 'default', undefined)).toMatchObject({
      back: { split: third.to, reverts: back.id },
    });
  });

  it.each`
    rule         | backTo         | refusal
    ${'primary'} | ${undefined}   | ${{ reason: 'nothing-to-roll-back' }}
    ${'primary'} | ${first.id}    | ${{ reason: 'nothing-to-roll-back' }}
    ${'default'} | ${changeId(9)} | ${{ reason: 'unknown-change', id: changeId(9), known: [third.id, second.id, first.id] }}
    ${'default'} | ${pinned.id}   | ${{ reason: 'unknown-change', id: pinned.id, known: [third.id, second.id, first.id] }}
  `('of rule $rule to $backTo is refused with $refusal.reason', ({ rule: key, backTo, refusal }) => {
    expect(chooseReturn(ledger, key, backTo)).toEqual({ kind: 'refused', refusal });
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

        expect(plan.from).toEqual(split);
        for (const version of Object.keys(split)) expect(Object.hasOwn(plan.to, version)).toBe(true);
        expect(sameShares(plan.from, plan.to)).toBe(false);
        expect(plan.base).toEqual({ uid: route.uid, seq: route.ledger.seq, after: undefined });
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
        const after = applied(route, plan, 1);

        const back = changeOf(planReturn(after.route, takingBack(after.revision)));

        for (const version of versionsOf(split, plan.to))
          expect(weightOf(back.to, version)).toBe(weightOf(split, version));
        expect(back.reverts).toBe(after.revision.id);

        const restored = applied(after.route, back, 2);
        const again = changeOf(planReturn(restored.route, takingBack(restored.revision)));

        for (const version of versionsOf(split, plan.to))
          expect(weightOf(again.to, version)).toBe(weightOf(plan.to, version));
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
function applied(route: Route, plan: PlannedChange, number: number) {
  const [old] = route.rules;
  const live = Object.entries(plan.to).filter(
    ([version, weight]) => weight > 0 || Object.hasOwn(old?.split ?? {}, version),
  );
  const made = revision({ id: changeId(number), rule: plan.rule, from: plan.from, to: plan.to });
  const rules = route.rules.map((each) => ({ ...each, split: Object.fromEntries(live) }));
  expect(total(Object.fromEntries(live))).toBe(total(plan.to));
  return { route: { ...route, rules, ledger: record(route.ledger, made) }, revision: made };
}

function changeOf(plan: Plan): PlannedChange {
  if (plan.kind === 'refused') throw new Error(`refused: ${JSON.stringify(plan.refusal)}`);
  return plan;
}

function refusalOf(plan: Plan): Refusal {
  if (plan.kind === 'change') throw new Error(`planned: ${JSON.stringify(plan)}`);
  return plan.refusal;
}

function share(version: string, percent: number): Wish {
  return { kind: 'share', version, percent };
}

function whole(shares: Split): Wish {
  return { kind: 'whole', shares };
}
