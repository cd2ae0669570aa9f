import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/domain/change/decide.ts';
import type { Rule, Unsplittable } from '../../../src/domain/routing/route.ts';
import { type Split, sameShares } from '../../../src/domain/routing/split.ts';
import { aSplit } from '../../support/arbitraries.ts';
import { change, changeId, jason, reviews, reviewsUid, revision, rule } from '../../support/builders.ts';

/** Asked for when the object had seq 3: v1 100 → v1 50, v3 50. */
const asked = change({ id: changeId(7), base: { uid: reviewsUid, seq: 3 } });
const behind = change({ id: changeId(7), base: { uid: reviewsUid, seq: 3, after: changeId(6) } });
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
    expect(decide(asked, route)).toEqual({ kind: 'write' });
  });

  it('when the change it waited for is applied', () => {
    const route = reviews({ v1: 100 }, { seq: 3, revisions: [revision({ id: changeId(6) })] });

    expect(decide(behind, route)).toEqual({ kind: 'write' });
  });

  it('when several hosts have a destination for each of its versions', () => {
    expect(decide(asked, withRule({ host: undefined }, { v1: 100, v3: 0 }))).toEqual({
      kind: 'write',
    });
  });

  it('when a version that it gives nothing is gone', () => {
    const emptied = change({ from: { v1: 50, v2: 50, v3: 0 }, to: { v1: 80, v2: 20, v3: 0 } });
    const route = reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { served: ['v1', 'v2'], host: undefined })] });

    expect(decide(emptied, route)).toEqual({ kind: 'write' });
  });
});

describe('a change whose id stands in the ledger is done', () => {
  const own = revision({ id: asked.id });
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
    expect(decide(asked, route)).toEqual({ kind: 'done', revision: own, seq });
  });
});

describe('a change is superseded', () => {
  it('by the newest one in the ledger, when another was applied since', () => {
    const newer = revision({ id: changeId(9) });
    const route = reviews({ v1: 100 }, { seq: 5, revisions: [newer, revision({ id: changeId(8) })] });

    expect(decide(asked, route)).toEqual({ kind: 'superseded', by: changeId(9) });
    expect(decide(behind, route)).toEqual({ kind: 'superseded', by: changeId(9) });
  });

  it('by one without a name, when its line of the ledger is lost', () => {
    expect(decide(asked, reviews({ v1: 100 }, { seq: 4 }))).toEqual({ kind: 'superseded', by: undefined });
  });
});

describe('a change is held', () => {
  it.each`
    what                                           | planned   | route                                                      | because                  | live
    ${'the object was recreated'}                  | ${asked}  | ${reviews({ v1: 100 }, { seq: 3, uid: recreated })}        | ${'recreated'}           | ${{ v1: 100 }}
    ${'the object was recreated without history'}  | ${asked}  | ${reviews({ v1: 100 }, { seq: 0, uid: recreated })}        | ${'recreated'}           | ${{ v1: 100 }}
    ${'the object was recreated with more of it'}  | ${asked}  | ${reviews({ v2: 100 }, { seq: 9, uid: recreated })}        | ${'recreated'}           | ${{ v2: 100 }}
    ${'the object was recreated without its rule'} | ${asked}  | ${reviews({}, { seq: 3, uid: recreated, rules: [jason] })} | ${'recreated'}           | ${{}}
    ${'the ledger was lost'}                       | ${asked}  | ${reviews({ v1: 100 }, { seq: 0 })}                        | ${'ledger-lost'}         | ${{ v1: 100 }}
    ${'the change before it was not applied'}      | ${behind} | ${reviews({ v1: 100 }, { seq: 2 })}                        | ${'predecessor-missing'} | ${{ v1: 100 }}
    ${'somebody else moved the weights'}           | ${asked}  | ${reviews({ v1: 90, v2: 10 }, { seq: 3 })}                 | ${'moved'}               | ${{ v1: 90, v2: 10 }}
    ${'somebody else took everything away'}        | ${asked}  | ${reviews({ v1: 0 }, { seq: 3 })}                          | ${'moved'}               | ${{ v1: 0 }}
    ${'somebody else moved half of the way'}       | ${asked}  | ${reviews({ v1: 75, v3: 25 }, { seq: 3 })}                 | ${'moved'}               | ${{ v1: 75, v3: 25 }}
  `('when $what', ({ planned, route, because, live }) => {
    expect(decide(planned, route)).toEqual({ kind: 'held', because, live });
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
    expect(decide(asked, route)).toEqual({ kind: 'failed', because, detail });
  });

  it('but not for a version that is gone and from which it takes everything', () => {
    const leaving = change({ from: { v1: 50, v2: 50 }, to: { v1: 0, v2: 100 } });
    const route = reviews({}, { rules: [rule({ v1: 50, v2: 50 }, { served: ['v2'] })] });

    expect(decide(leaving, route)).toEqual({ kind: 'write' });
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
        if (decide(planned, route).kind !== 'write') return;
        const live = route.rules.find(({ key }) => key === planned.rule)?.split ?? {};

        expect(route.uid).toBe(planned.base.uid);
        expect(route.ledger.seq).toBe(planned.base.seq);
        expect(sameShares(live, planned.from) || sameShares(live, planned.to)).toBe(true);
        expect(route.ledger.revisions.map(({ id }) => id)).not.toContain(planned.id);
      }),
      { numRuns: 1000 },
    );
  });

  it('a change that would be written is not, once the object is another one or has another seq', () => {
    fc.assert(
      fc.property(aRoute, fc.constantFrom(asked, behind), fc.integer({ min: 0, max: 9 }), (route, planned, seq) => {
        fc.pre(decide(planned, route).kind === 'write' && seq !== planned.base.seq);

        expect(decide(planned, { ...route, uid: recreated })).toMatchObject({ kind: 'held', because: 'recreated' });
        expect(decide(planned, { ...route, ledger: { ...route.ledger, seq } }).kind).toBe(
          seq > planned.base.seq ? 'superseded' : 'held',
        );
      }),
    );
  });

  it('a change whose id stands in the ledger is done, and no other is', () => {
    fc.assert(
      fc.property(aRoute, (route) => {
        const recorded = route.ledger.revisions.some(({ id }) => id === asked.id);

        expect(decide(asked, route).kind === 'done').toBe(recorded);
      }),
      { numRuns: 500 },
    );
  });
});
