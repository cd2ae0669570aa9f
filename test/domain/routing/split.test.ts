import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  giveShare,
  giveWhole,
  keepingPlaces,
  percentages,
  type Split,
  sameShares,
  total,
  versionsOf,
  weightOf,
} from '../../../src/domain/routing/split.ts';
import { aPercent, aSplit, aVersion, aWhole } from '../../support/arbitraries.ts';

const maxWeight = 2_147_483_647;

describe('giveShare', () => {
  it.each`
    from                                    | version          | share  | to
    ${{ v1: 100, v2: 0 }}                   | ${'v2'}          | ${25}  | ${{ v1: 75, v2: 25 }}
    ${{ v1: 33, v2: 33, v3: 34 }}           | ${'v3'}          | ${33}  | ${{ v1: 34, v2: 33, v3: 33 }}
    ${{ v1: 50, v2: 30, v3: 20 }}           | ${'v3'}          | ${50}  | ${{ v1: 31, v2: 19, v3: 50 }}
    ${{ v1: 90, v2: 10 }}                   | ${'v2'}          | ${0}   | ${{ v1: 100, v2: 0 }}
    ${{ v1: 90, v2: 10 }}                   | ${'v2'}          | ${100} | ${{ v1: 0, v2: 100 }}
    ${{ v1: 100, v2: 0 }}                   | ${'v1'}          | ${60}  | ${{ v1: 60, v2: 40 }}
    ${{ v1: 100 }}                          | ${'v3'}          | ${10}  | ${{ v1: 90, v3: 10 }}
    ${{ v1: 100 }}                          | ${'v1'}          | ${100} | ${{ v1: 100 }}
    ${{ v1: 100 }}                          | ${'v3'}          | ${0}   | ${{ v1: 100, v3: 0 }}
    ${{ v1: 0, v2: 0 }}                     | ${'v2'}          | ${50}  | ${{ v1: 50, v2: 50 }}
    ${{ v1: 0, v2: 0, v3: 0 }}              | ${'v1'}          | ${100} | ${{ v1: 100, v2: 0, v3: 0 }}
    ${{ v1: 1, v2: 1, v3: 1 }}              | ${'v1'}          | ${50}  | ${{ v1: 50, v2: 25, v3: 25 }}
    ${{ v1: 1, v2: 1, v3: 1 }}              | ${'v1'}          | ${33}  | ${{ v1: 33, v2: 34, v3: 33 }}
    ${{ v1: 2, v2: 1 }}                     | ${'v2'}          | ${50}  | ${{ v1: 50, v2: 50 }}
    ${{ v1: 150, v2: 50 }}                  | ${'v2'}          | ${50}  | ${{ v1: 100, v2: 100 }}
    ${{ v1: 500, v2: 300, v3: 200 }}        | ${'v3'}          | ${50}  | ${{ v1: 310, v2: 190, v3: 500 }}
    ${{ v1: maxWeight, v2: 0 }}             | ${'v2'}          | ${10}  | ${{ v1: 90, v2: 10 }}
    ${{ v1: 2_147_483_600, v2: 0 }}         | ${'v2'}          | ${25}  | ${{ v1: 1_610_612_700, v2: 536_870_900 }}
    ${{ 1: 50, 2: 50 }}                     | ${'2'}           | ${30}  | ${{ 1: 70, 2: 30 }}
    ${{ v1: 100 }}                          | ${'constructor'} | ${20}  | ${{ v1: 80, constructor: 20 }}
    ${{ 'a.default': 80, 'b.default': 20 }} | ${'b.default'}   | ${60}  | ${{ 'a.default': 40, 'b.default': 60 }}
  `('turns $from into $to when $version is given $share %', ({ from, version, share, to }) => {
    expect(giveShare(from, version, share)).toEqual({ kind: 'split', split: to });
  });

  it.each`
    from                         | version | share | others
    ${{ v1: 100, v2: 0, v3: 0 }} | ${'v1'} | ${60} | ${['v2', 'v3']}
    ${{ v1: 0, v2: 0, v3: 0 }}   | ${'v2'} | ${99} | ${['v1', 'v3']}
    ${{ v1: 100 }}               | ${'v1'} | ${50} | ${[]}
    ${{}}                        | ${'v1'} | ${50} | ${[]}
  `(
    'says that nobody else has anything when $version of $from is given $share %',
    ({ from, version, share, others }) => {
      expect(giveShare(from, version, share)).toEqual({ kind: 'nobody-else', others });
    },
  );

  it('gives up a sum that a single weight could not hold', () => {
    const given = giveShare({ v1: 2_147_483_600, v2: 2_147_483_600 }, 'v1', 100);

    expect(given).toEqual({ kind: 'split', split: { v1: 100, v2: 0 } });
  });

  it('keeps the order of the object and puts a new version last', () => {
    expect(Object.keys(splitOf(giveShare({ v3: 10, v1: 80, v2: 10 }, 'v4', 50)))).toEqual(['v3', 'v1', 'v2', 'v4']);
  });

  it('gives weights that are whole, in range, and sum to 100 or to what they summed to', () => {
    givenAShare((from, _version, _percent, to) => {
      for (const weight of Object.values(to))
        expect(Number.isInteger(weight) && weight >= 0 && weight <= maxWeight).toBe(true);
      expect(total(from) % 100 === 0 ? [100, total(from)] : [100]).toContain(total(to));
    });
  });

  it('gives exactly the share that was asked for', () => {
    givenAShare((_from, version, percent, to) => {
      expect(weightOf(to, version) * 100).toBe(percent * total(to));
      expect(weightOf(percentages(to), version)).toBe(percent);
    });
  });

  it('keeps every version, and adds none but the one that was named', () => {
    givenAShare((from, version, _percent, to) => {
      expect(new Set(Object.keys(to))).toEqual(new Set([...Object.keys(from), version]));
    });
  });

  it('never lets a version overtake another that had more', () => {
    givenAShare((from, version, _percent, to) => {
      const others = Object.keys(from).filter((other) => other !== version);
      for (const a of others) {
        for (const b of others)
          if (weightOf(from, a) > weightOf(from, b)) expect(weightOf(to, a)).toBeGreaterThanOrEqual(weightOf(to, b));
      }
    });
  });

  it('is nowhere further than one percent from the exact proportion', () => {
    givenAShare((from, version, percent, to) => {
      const others = Object.keys(from).filter((other) => other !== version);
      const sum = others.reduce((all, other) => all + weightOf(from, other), 0);
      if (sum === 0) return;
      for (const other of others) {
        const exact = ((100 - percent) * weightOf(from, other)) / sum;
        expect(Math.abs((weightOf(to, other) * 100) / total(to) - exact)).toBeLessThan(1 + 1e-6);
      }
    });
  });

  it('gives nothing to a version that had nothing, unless it is the only other one', () => {
    givenAShare((from, version, _percent, to) => {
      const others = Object.keys(from).filter((other) => other !== version);
      if (others.length < 2) return;
      for (const other of others) if (weightOf(from, other) === 0) expect(weightOf(to, other)).toBe(0);
    });
  });

  it('does nothing more when the same share is given again', () => {
    givenAShare((_from, version, percent, to) => {
      expect(giveShare(to, version, percent)).toSatisfy(
        (again) => again.kind === 'nobody-else' || weightOf(again.split, version) === weightOf(to, version),
      );
    });
  });
});

describe('giveWhole', () => {
  it.each`
    from                                | shares                | to
    ${{ v1: 100, v2: 0 }}               | ${{ v1: 80, v2: 20 }} | ${{ v1: 80, v2: 20 }}
    ${{ v1: 50, v2: 50 }}               | ${{ v3: 100 }}        | ${{ v1: 0, v2: 0, v3: 100 }}
    ${{ v1: 1, v2: 1, v3: 1 }}          | ${{ v2: 100 }}        | ${{ v1: 0, v2: 100, v3: 0 }}
    ${{ v1: 200, v2: 0 }}               | ${{ v1: 50, v2: 50 }} | ${{ v1: 100, v2: 100 }}
    ${{ v1: 0, v2: 0 }}                 | ${{ v1: 1, v2: 99 }}  | ${{ v1: 1, v2: 99 }}
    ${{ v1: maxWeight, v2: maxWeight }} | ${{ v1: 50, v2: 50 }} | ${{ v1: 50, v2: 50 }}
    ${{}}                               | ${{ v1: 100 }}        | ${{ v1: 100 }}
  `('turns $from into $to when asked for $shares', ({ from, shares, to }) => {
    expect(giveWhole(from, shares)).toEqual(to);
  });

  it('gives every version its percentage, and nothing to those that are not named', () => {
    fc.assert(
      fc.property(aSplit({ min: 0 }), aWhole, (from, shares) => {
        const to = giveWhole(from, shares);

        expect(total(to) === 100 || total(to) === total(from)).toBe(true);
        for (const version of versionsOf(from, shares)) {
          expect(Object.hasOwn(to, version)).toBe(true);
          expect(weightOf(to, version) * 100).toBe(weightOf(shares, version) * total(to));
        }
      }),
    );
  });
});

describe('percentages', () => {
  it.each`
    split                               | percent
    ${{ v1: 1, v2: 1, v3: 1 }}          | ${{ v1: 34, v2: 33, v3: 33 }}
    ${{ v1: 2, v2: 1 }}                 | ${{ v1: 67, v2: 33 }}
    ${{ v1: 5, v2: 5 }}                 | ${{ v1: 50, v2: 50 }}
    ${{ v1: 333, v2: 667 }}             | ${{ v1: 33, v2: 67 }}
    ${{ v1: maxWeight, v2: maxWeight }} | ${{ v1: 50, v2: 50 }}
    ${{ v1: 0, v2: 0 }}                 | ${{ v1: 0, v2: 0 }}
    ${{ v1: 7 }}                        | ${{ v1: 100 }}
    ${{}}                               | ${{}}
  `('reads $split as $percent', ({ split, percent }) => {
    expect(percentages(split)).toEqual(percent);
  });

  it('sum to 100, each within one of its exact share, unless nobody has anything', () => {
    fc.assert(
      fc.property(aSplit(), (split) => {
        const percent = percentages(split);

        expect(total(percent)).toBe(total(split) === 0 ? 0 : 100);
        if (total(split) === 0) return;
        for (const version of Object.keys(split)) {
          const exact = (weightOf(split, version) * 100) / total(split);
          expect(Math.abs(weightOf(percent, version) - exact)).toBeLessThan(1 + 1e-6);
        }
      }),
    );
  });

  it('of a split in whole percent are that split', () => {
    fc.assert(
      fc.property(aWhole, (split) => {
        expect(percentages(split)).toEqual(split);
      }),
    );
  });
});

describe('sameShares', () => {
  it.each`
    a                           | b                             | same
    ${{ v1: 1, v2: 1 }}         | ${{ v1: 50, v2: 50 }}         | ${true}
    ${{ v1: 100 }}              | ${{ v1: 100, v2: 0 }}         | ${true}
    ${{ v2: 1, v1: 3 }}         | ${{ v1: 75, v2: 25 }}         | ${true}
    ${{ v1: 0 }}                | ${{}}                         | ${true}
    ${{ v1: 0, v2: 0 }}         | ${{ v1: 100, v2: 0 }}         | ${false}
    ${{ v1: 1, v2: 1, v3: 1 }}  | ${{ v1: 34, v2: 33, v3: 33 }} | ${false}
    ${{ v1: maxWeight, v2: 0 }} | ${{ v1: maxWeight, v2: 1 }}   | ${false}
    ${{ v1: 100 }}              | ${{ v2: 100 }}                | ${false}
    ${{}}                       | ${{ constructor: 100 }}       | ${false}
  `('of $a and $b: $same', ({ a, b, same }) => {
    expect(sameShares(a, b)).toBe(same);
    expect(sameShares(b, a)).toBe(same);
  });

  it('ignores the scale, the order and versions that have nothing', () => {
    fc.assert(
      fc.property(aSplit(), aVersion, fc.integer({ min: 1, max: 1000 }), (split, version, factor) => {
        const turned = Object.fromEntries(
          Object.entries(split)
            .toReversed()
            .map(([each, weight]) => [each, weight * factor]),
        );
        const padded = Object.hasOwn(turned, version) ? turned : { ...turned, [version]: 0 };

        expect(sameShares(split, padded)).toBe(true);
      }),
    );
  });

  it('is an equivalence', () => {
    const small = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map(([v1, v2, v3]): Split => ({ v1, v2, v3 }));
    fc.assert(
      fc.property(small, small, small, (a, b, c) => {
        expect(sameShares(a, a)).toBe(true);
        expect(sameShares(a, b)).toBe(sameShares(b, a));
        if (sameShares(a, b) && sameShares(b, c)) expect(sameShares(a, c)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('tells apart splits that differ in one weight', () => {
    fc.assert(
      fc.property(aSplit({ min: 2 }), (split) => {
        const [first = '', ...others] = Object.keys(split);
        const moved = { ...split, [first]: weightOf(split, first) + 1 };

        expect(sameShares(split, moved)).toBe(
          weightOf(split, first) > 0 && others.every((other) => weightOf(split, other) === 0),
        );
      }),
    );
  });
});

describe('keepingPlaces', () => {
  it.each`
    live                  | target                | written
    ${{ v1: 50, v3: 50 }} | ${{ v1: 100 }}        | ${{ v1: 100, v3: 0 }}
    ${{ v1: 100 }}        | ${{ v1: 1, v2: 2 }}   | ${{ v1: 1, v2: 2 }}
    ${{ v2: 100 }}        | ${{ v1: 0, v2: 100 }} | ${{ v2: 100 }}
    ${{ v1: 0 }}          | ${{ v1: 0 }}          | ${{ v1: 0 }}
    ${{}}                 | ${{ v1: 1, v2: 0 }}   | ${{ v1: 1 }}
  `('writes $target beside $live as $written', ({ live, target, written }) => {
    expect(keepingPlaces(live, target)).toEqual(written);
  });

  it('keeps every live place and the exact weights of the target', () => {
    fc.assert(
      fc.property(aSplit({ min: 0 }), aSplit({ min: 0 }), (live, target) => {
        const written = keepingPlaces(live, target);

        for (const version of Object.keys(live)) expect(Object.hasOwn(written, version)).toBe(true);
        for (const version of versionsOf(live, target))
          expect(weightOf(written, version)).toBe(weightOf(target, version));
        expect(sameShares(written, target)).toBe(true);
      }),
    );
  });
});

describe('weightOf', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'of %s is 0 where no version is called so',
    (name) => {
      expect(weightOf({ v1: 100 }, name)).toBe(0);
    },
  );
});

function splitOf(given: ReturnType<typeof giveShare>): Split {
  return given.kind === 'split' ? given.split : {};
}

function givenAShare(holds: (from: Split, version: string, percent: number, to: Split) => void): void {
  const anyShare = aSplit({ min: 0 }).chain((from) =>
    fc.tuple(fc.constant(from), fc.oneof(aVersion, fc.constantFrom('v1', ...Object.keys(from))), aPercent),
  );
  fc.assert(
    fc.property(anyShare, ([from, version, percent]) => {
      const given = giveShare(from, version, percent);
      if (given.kind === 'split') return holds(from, version, percent, given.split);

      const others = Object.keys(from).filter((other) => other !== version);
      expect(given.others).toEqual(others);
      expect(others.every((other) => weightOf(from, other) === 0) && others.length !== 1).toBe(true);
    }),
    { numRuns: 200 },
  );
}
