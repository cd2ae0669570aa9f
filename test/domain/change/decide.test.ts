import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, seemsPlanned, stillPlanned } from '../../../src/domain/change/decide.ts';
import type { ContentEdit, WeightsEdit } from '../../../src/domain/change/edit.ts';
import { emptyLedger, type Ledger } from '../../../src/domain/routing/ledger.ts';
import type { ObjectContent } from '../../../src/domain/routing/object.ts';
import type { LiveObject, Route, Rule, Unsplittable } from '../../../src/domain/routing/route.ts';
import { type Split, sameShares } from '../../../src/domain/routing/split.ts';
import { aSplit } from '../../support/arbitraries.ts';
import {
  change,
  changeId,
  contentEdit,
  jason,
  live,
  reviews,
  reviewsObject,
  reviewsUid,
  revision,
  rule,
  weightsEdit,
} from '../../support/builders.ts';

/** Asked for when the object had seq 3: v1 100 → v1 50, v3 50. */
const asked = weightsEdit({ seq: 3 });
const behind = weightsEdit({ seq: 3, behind: changeId(6) });
const id = changeId(7);
const decideOn = (edit: WeightsEdit, route: Route) => decide(id, edit, live(route));
const recreated = '6f1c0e5a-0000-4000-8000-000000000002';

function withRule(overrides: Partial<Rule>, split: Split = { v1: 100 }) {
  return reviews({}, { seq: 3, rules: [rule(split, overrides)] });
}

describe('a change is written', () => {
  it.each`
    what                                      | route
    ${'the object is as it was planned from'} | ${reviews({ v1: 100 }, { seq: 3 })}
    ${'the same shares stand in another sum'} | ${reviews({ v1: 1 }, { seq: 3 })}
    ${'a version without traffic was added'}  | ${reviews({ v1: 100, v2: 0 }, { seq: 3 })}
    ${'somebody else made it so already'}     | ${reviews({ v1: 50, v3: 50 }, { seq: 3 })}
    ${'somebody else made it so otherwise'}   | ${reviews({ v1: 3, v3: 3 }, { seq: 3 })}
    ${'another rule was added'}               | ${reviews({}, { seq: 3, rules: [jason, rule({ v1: 100 })] })}
  `('when $what', ({ route }) => {
    expect(decideOn(asked, route)).toEqual({ kind: 'write' });
  });

  it('when the change it waited for is applied', () => {
    const route = reviews({ v1: 100 }, { seq: 3, revisions: [revision({ id: changeId(6) })] });

    expect(decideOn(behind, route)).toEqual({ kind: 'write' });
  });

  it('when several hosts have a destination for each of its versions', () => {
    expect(decideOn(asked, withRule({ host: undefined }, { v1: 100, v3: 0 }))).toEqual({
      kind: 'write',
    });
  });

  it('when a version that it gives nothing is gone', () => {
    const emptied = weightsEdit({ from: { v1: 50, v2: 50, v3: 0 }, to: { v1: 80, v2: 20, v3: 0 } });
    const route = reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { served: ['v1', 'v2'], host: undefined })] });

    expect(decideOn(emptied, route)).toEqual({ kind: 'write' });
  });
});

describe('a change whose id stands in the ledger is done', () => {
  const own = revision({ id });
  const later = revision({ id: changeId(8) });

  it.each`
    what                                   | route                                                                        | seq
    ${'as the newest'}                     | ${reviews({ v1: 50, v3: 50 }, { seq: 4, revisions: [own] })}                 | ${4}
    ${'below a later one'}                 | ${reviews({ v1: 100 }, { seq: 5, revisions: [later, own] })}                 | ${4}
    ${'though somebody moved the weights'} | ${reviews({ v1: 1, v2: 99 }, { seq: 4, revisions: [own] })}                  | ${4}
    ${'though the object was recreated'}   | ${reviews({ v1: 50, v3: 50 }, { seq: 4, revisions: [own], uid: recreated })} | ${4}
    ${'though its rule is gone'}           | ${reviews({}, { seq: 4, revisions: [own], rules: [] })}                      | ${4}
    ${'though the seq was turned back'}    | ${reviews({ v1: 100 }, { seq: 1, revisions: [own] })}                        | ${1}
  `('$what', ({ route, seq }) => {
    expect(decideOn(asked, route)).toEqual({ kind: 'done', revision: own, seq });
  });
});

describe('a change is superseded', () => {
  it('by the newest one in the ledger, when another was applied since', () => {
    const newer = revision({ id: changeId(9) });
    const route = reviews({ v1: 100 }, { seq: 5, revisions: [newer, revision({ id: changeId(8) })] });

    expect(decideOn(asked, route)).toEqual({ kind: 'superseded', by: changeId(9) });
    expect(decideOn(behind, route)).toEqual({ kind: 'superseded', by: changeId(9) });
  });

  it('by one without a name, when its line of the ledger is lost', () => {
    expect(decideOn(asked, reviews({ v1: 100 }, { seq: 4 }))).toEqual({ kind: 'superseded', by: undefined });
  });
});

describe('a change is held', () => {
  const placed = weightsEdit({ rule: '#1 path = /a', seq: 3 });
  const elsewhere = rule({ v1: 100 }, { key: '#2 path = /a', match: 'path = /a' });
  const other = rule({ v1: 100 }, { key: '#1 path = /b', match: 'path = /b' });

  it.each`
    what                                           | planned   | route                                                      | because
    ${'the object was recreated'}                  | ${asked}  | ${reviews({ v1: 100 }, { seq: 3, uid: recreated })}        | ${'recreated'}
    ${'the object was recreated without history'}  | ${asked}  | ${reviews({ v1: 100 }, { seq: 0, uid: recreated })}        | ${'recreated'}
    ${'the object was recreated with more of it'}  | ${asked}  | ${reviews({ v2: 100 }, { seq: 9, uid: recreated })}        | ${'recreated'}
    ${'the object was recreated without its rule'} | ${asked}  | ${reviews({}, { seq: 3, uid: recreated, rules: [jason] })} | ${'recreated'}
    ${'the ledger was lost'}                       | ${asked}  | ${reviews({ v1: 100 }, { seq: 0 })}                        | ${'ledger-lost'}
    ${'the change before it was not applied'}      | ${behind} | ${reviews({ v1: 100 }, { seq: 2 })}                        | ${'predecessor-missing'}
    ${'somebody else moved the weights'}           | ${asked}  | ${reviews({ v1: 90, v2: 10 }, { seq: 3 })}                 | ${'moved'}
    ${'somebody else took everything away'}        | ${asked}  | ${reviews({ v1: 0 }, { seq: 3 })}                          | ${'moved'}
    ${'its rule stands elsewhere'}                 | ${placed} | ${reviews({}, { seq: 3, rules: [jason, elsewhere] })}      | ${'moved'}
    ${'its rule matches something else'}           | ${placed} | ${reviews({}, { seq: 3, rules: [other] })}                 | ${'moved'}
    ${'somebody else moved half of the way'}       | ${asked}  | ${reviews({ v1: 75, v3: 25 }, { seq: 3 })}                 | ${'moved'}
  `('when $what', ({ planned, route, because }) => {
    expect(decideOn(planned, route)).toEqual({ kind: 'held', because });
  });
});

describe('a change fails for good', () => {
  it.each`
    what                                   | route                                                                             | because           | detail
    ${'its rule is gone'}                  | ${reviews({}, { seq: 3, rules: [jason] })}                                        | ${'rule-gone'}    | ${undefined}
    ${'its rule redirects now'}            | ${withRule({ unsplittable: 'redirect' })}                                         | ${'rule-changed'} | ${'redirect'}
    ${'its rule has no destination now'}   | ${reviews({}, { seq: 3, rules: [rule({}, { unsplittable: 'no-destination' })] })} | ${'rule-changed'} | ${'no-destination'}
    ${'there is no one host to add it to'} | ${withRule({ host: undefined })}                                                  | ${'rule-changed'} | ${'several-hosts'}
    ${'the new version is gone'}           | ${withRule({ served: ['v1', 'v2'] })}                                             | ${'version-gone'} | ${'v3'}
    ${'an old version is gone'}            | ${withRule({ served: ['v2', 'v3'] })}                                             | ${'version-gone'} | ${'v1'}
  `('when $what', ({ route, because, detail }) => {
    expect(decideOn(asked, route)).toEqual({ kind: 'failed', because, detail });
  });

  it('but not for a version that is gone and from which it takes everything', () => {
    const leaving = weightsEdit({ from: { v1: 50, v2: 50 }, to: { v1: 0, v2: 100 } });
    const route = reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { served: ['v2'] })] });

    expect(decideOn(leaving, route)).toEqual({ kind: 'write' });
  });
});

describe('whatever the object has become', () => {
  const mostly = <T>(usual: T, ...others: readonly T[]) =>
    fc.oneof({ arbitrary: fc.constant(usual), weight: 6 }, fc.constantFrom(...others));
  const aRule = fc.record({
    split: fc.oneof({ arbitrary: fc.constantFrom({ v1: 100 }, { v1: 50, v3: 50 }), weight: 3 }, aSplit()),
    served: mostly(['v1', 'v2', 'v3'], ['v1'], ['v3'], []),
    host: mostly<string | undefined>('reviews', undefined),
    unsplittable: mostly<Unsplittable | undefined>(undefined, 'redirect'),
    key: mostly('default', '#1'),
  });
  const aRoute = fc
    .record({
      rules: fc.array(aRule, { minLength: 1, maxLength: 2 }),
      uid: mostly(reviewsUid, recreated),
      seq: mostly(3, 0, 2, 4, 9),
      ids: mostly([5, 6], [], [7, 6], [8, 7], [9, 8]),
    })
    .map(({ rules, uid, seq, ids }) => {
      const revisions = ids.map((id) => revision({ id: changeId(id) }));
      return reviews({}, { uid, seq, rules: rules.map((each) => rule(each.split, each)), revisions });
    });

  it('a change is written only over the object, the seq and the shares it was planned from, or what it would make', () => {
    fc.assert(
      fc.property(aRoute, fc.constantFrom(asked, behind), (route, planned) => {
        if (decideOn(planned, route).kind !== 'write') return;
        const [{ rule: key, from, to }] = planned.moves;
        const split = route.rules.find((each) => each.key === key)?.split ?? {};

        expect(route.uid).toBe(planned.uid);
        expect(route.ledger.seq).toBe(planned.seq);
        expect(sameShares(split, from) || sameShares(split, to)).toBe(true);
        expect(route.ledger.revisions.map((each) => each.id)).not.toContain(id);
      }),
      { numRuns: 1000 },
    );
  });

  it('a change that would be written is not, once the object is another one or has another seq', () => {
    fc.assert(
      fc.property(aRoute, fc.constantFrom(asked, behind), fc.integer({ min: 0, max: 9 }), (route, planned, seq) => {
        fc.pre(decideOn(planned, route).kind === 'write' && seq !== planned.seq);

        expect(decideOn(planned, { ...route, uid: recreated })).toMatchObject({ kind: 'held', because: 'recreated' });
        expect(decideOn(planned, { ...route, ledger: { ...route.ledger, seq } }).kind).toBe(
          seq > planned.seq ? 'superseded' : 'held',
        );
      }),
    );
  });

  it('a change whose id stands in the ledger is done, and no other is', () => {
    fc.assert(
      fc.property(aRoute, (route) => {
        const recorded = route.ledger.revisions.some((each) => each.id === id);

        expect(decideOn(asked, route).kind === 'done').toBe(recorded);
      }),
      { numRuns: 500 },
    );
  });
});

const [was, is, other] = [{ spec: { hosts: ['a'] } }, { spec: { hosts: ['b'] } }, { spec: { hosts: ['c'] } }];

function edit(overrides: Partial<ContentEdit> = {}): ContentEdit {
  return { ...contentEdit({ object: reviewsObject, uid: 'u', seq: 1, before: was, after: is }), ...overrides };
}

function seen(content: ObjectContent, overrides: Partial<LiveObject> = {}): LiveObject {
  return live(reviews({}, { uid: 'u', seq: 1 }), { content, ...overrides });
}

const withOurs: Ledger = { seq: 2, revisions: [revision({ id })] };
const created = edit({ uid: undefined, seq: 0, before: undefined });
const deleted = edit({ after: undefined });

describe('an edit of content', () => {
  it.each<[string, ContentEdit, LiveObject | undefined, object]>([
    ['is as it was planned', edit(), seen(was), { kind: 'write' }],
    ['has our change already', edit(), seen(other, { ledger: withOurs }), { kind: 'done' }],
    ['was given the same by hand', edit(), seen(is), { kind: 'write' }],
    ['was written by somebody else', edit(), seen(other), { kind: 'held', because: 'moved' }],
    ['was made anew', edit(), seen(was, { uid: 'v' }), { kind: 'held', because: 'recreated' }],
    ['has lost its history', edit(), seen(was, { ledger: emptyLedger }), { kind: 'held', because: 'ledger-lost' }],
    [
      'was changed by us since',
      edit(),
      seen(was, { ledger: { seq: 2, revisions: [revision({ id: changeId(2) })] } }),
      { kind: 'superseded', by: changeId(2) },
    ],
    ['is gone', edit(), undefined, { kind: 'failed', because: 'object-gone' }],
    ['is still to be made', created, undefined, { kind: 'write' }],
    ['was made by us', created, seen(is, { ledger: withOurs }), { kind: 'done' }],
    [
      'was made by somebody else, though the same',
      created,
      seen(is, { ledger: emptyLedger }),
      { kind: 'held', because: 'moved' },
    ],
    ['is still to be deleted', deleted, seen(was), { kind: 'write' }],
    ['is deleted', deleted, undefined, { kind: 'done', seq: 2 }],
    ['is being deleted, and waits for finalizers', deleted, seen(was, { isGoing: true }), { kind: 'done' }],
    ['was written before it was deleted', deleted, seen(other), { kind: 'held', because: 'moved' }],
    [
      'was labelled before it was deleted',
      deleted,
      seen({ ...was, labels: { a: '1' } }),
      { kind: 'held', because: 'moved' },
    ],
    ['was made anew after it was deleted', deleted, seen(was, { uid: 'v' }), { kind: 'held', because: 'recreated' }],
  ])('that %s', (_, planned, found, decision) => {
    expect(decide(id, planned, found)).toMatchObject(decision);
  });

  it('is nothing of ours where somebody else has labelled it otherwise', () => {
    const found = seen({ ...was, labels: { team: 'theirs' }, annotations: { note: 'theirs' } });

    expect(decide(id, edit({ after: { ...is, labels: { tier: 'ours' } } }), found)).toEqual({ kind: 'write' });
    expect(decide(id, edit({ after: { ...is, labels: { team: 'ours' } } }), found)).toMatchObject({ kind: 'held' });
  });
});

describe('a plan that waits for approval', () => {
  const waiting = change({ id: changeId(5), seq: 3, to: { v1: 80, v3: 20 } });

  it('stands while the object gives it, behind what will be applied first', () => {
    const route = live(reviews({ v1: 100 }, { seq: 3 }));

    expect(stillPlanned(asked, route, [])).toEqual(asked);
    expect(
      stillPlanned(weightsEdit({ seq: 4, behind: changeId(5), from: { v1: 80, v3: 20 } }), route, [waiting]),
    ).toEqual(weightsEdit({ seq: 4, behind: changeId(5), from: { v1: 80, v3: 20 } }));
  });

  it('moves up once what it was planned behind is applied', () => {
    const done = live(reviews({ v1: 100 }, { seq: 3, revisions: [revision({ id: changeId(6) })] }));

    expect(stillPlanned(behind, done, [])).toEqual(asked);
  });

  it.each<[string, LiveObject | undefined]>([
    ['is gone', undefined],
    ['was made anew', live(reviews({ v1: 100 }, { seq: 3, uid: recreated }))],
    ['had another change', live(reviews({ v1: 100 }, { seq: 4 }))],
    ['was moved by somebody', live(reviews({ v1: 90, v2: 10 }, { seq: 3 }))],
    ['has lost the rule', live(reviews({}, { seq: 3, rules: [jason] }))],
  ])('does not where the object %s', (_, route) => {
    expect(stillPlanned(asked, route, [])).toBeUndefined();
    expect(seemsPlanned(asked, route)).toBe(false);
  });

  it('does not where another change goes before it', () => {
    expect(stillPlanned(asked, live(reviews({ v1: 100 }, { seq: 3 })), [waiting])).toBeUndefined();
    expect(stillPlanned(edit({ seq: 1 }), seen(was), [change({ id: changeId(5) })])).toBeUndefined();
  });

  it('of content stands while nobody has written the object', () => {
    expect(stillPlanned(edit(), seen(was), [])).toEqual(edit());
    expect(stillPlanned(edit(), seen(other), [])).toBeUndefined();
    expect(stillPlanned(created, undefined, [])).toEqual(created);
    expect(seemsPlanned(created, undefined)).toBe(true);
    expect(seemsPlanned(created, seen(was))).toBe(false);
    expect(seemsPlanned(edit(), seen(was))).toBe(true);
  });
});

describe('an edit of several rules', () => {
  const both = {
    ...weightsEdit({ seq: 3 }),
    moves: [
      { rule: 'default', from: { v1: 100 }, to: { v1: 50, v3: 50 } },
      { rule: 'api', from: { v1: 100 }, to: { v1: 80, v2: 20 } },
    ],
  } as const;
  const withApi = (split: Split) =>
    reviews({}, { seq: 3, rules: [rule(split, { key: 'api', name: 'api' }), rule({ v1: 100 })] });

  it('is written only where all of them are as planned', () => {
    expect(decideOn(both, withApi({ v1: 100 }))).toEqual({ kind: 'write' });
    expect(decideOn(both, withApi({ v2: 100 }))).toEqual({ kind: 'held', because: 'moved' });
    expect(decideOn(both, reviews({ v1: 100 }, { seq: 3 }))).toEqual({ kind: 'failed', because: 'rule-gone' });
  });
});
