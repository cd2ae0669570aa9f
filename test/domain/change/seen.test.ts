import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Counted,
  type CountedRequests,
  halfWidth,
  nextLook,
  type Seen,
  sharesOf,
  tally,
} from '../../../src/domain/change/seen.ts';
import type { Applied } from '../../../src/domain/change/state.ts';
import { noLongerSeen } from '../../../src/domain/change/state.ts';
import type { Backend } from '../../../src/domain/routing/route.ts';
import { aSplit } from '../../support/arbitraries.ts';

const host = 'reviews.default.svc.cluster.local';
const at = '2026-11-22T14:03:11.000Z';
const atMs = Date.parse(at);
const applied: Applied = { kind: 'applied', at, made: [], tookMs: 84, warnings: [] };

function counted(answered: Counted['answered'], unanswered: Counted['unanswered'] = {}, untilMs = 12_000): Counted {
  return { kind: 'counted', from: at, until: new Date(atMs + untilMs).toISOString(), answered, unanswered };
}

describe('the next look at the traffic', () => {
  const none: Seen | undefined = undefined;
  const first = counted({}, {}, 12_000);
  const last = counted({}, {}, 75_000);

  it.each`
    after        | seen     | kind      | from         | until        | isFinal
    ${0}         | ${none}  | ${'wait'} | ${undefined} | ${13_000}    | ${undefined}
    ${12_999}    | ${none}  | ${'wait'} | ${undefined} | ${13_000}    | ${undefined}
    ${13_000}    | ${none}  | ${'look'} | ${2_000}     | ${12_000}    | ${false}
    ${13_000}    | ${first} | ${'wait'} | ${undefined} | ${76_000}    | ${undefined}
    ${75_000}    | ${none}  | ${'look'} | ${2_000}     | ${12_000}    | ${false}
    ${76_000}    | ${first} | ${'look'} | ${15_000}    | ${75_000}    | ${true}
    ${76_000}    | ${none}  | ${'look'} | ${15_000}    | ${75_000}    | ${true}
    ${121_000}   | ${first} | ${'look'} | ${60_000}    | ${120_000}   | ${true}
    ${599_999}   | ${none}  | ${'look'} | ${60_000}    | ${120_000}   | ${true}
    ${600_000}   | ${none}  | ${'over'} | ${undefined} | ${undefined} | ${undefined}
    ${600_000}   | ${first} | ${'over'} | ${undefined} | ${undefined} | ${undefined}
    ${90_000}    | ${last}  | ${'wait'} | ${undefined} | ${121_000}   | ${undefined}
    ${8_640_000} | ${none}  | ${'over'} | ${undefined} | ${undefined} | ${undefined}
  `('is a $kind $after ms after the change', ({ after, seen, kind, from, until, isFinal }) => {
    const look = nextLook({ at, seen }, atMs + after);

    expect(look.kind).toBe(kind);
    if (look.kind === 'wait') expect(look.untilMs - atMs).toBe(until);
    if (look.kind === 'look')
      expect([look.from.getTime() - atMs, look.until.getTime() - atMs, look.isFinal]).toEqual([from, until, isFinal]);
  });

  it('never begins before the change, nor ends after now, whenever it is made', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000, max: 1_000_000 }), (ageMs) => {
        const look = nextLook({ at, seen: undefined }, atMs + ageMs);
        if (look.kind === 'wait') expect(look.untilMs).toBeGreaterThan(atMs + ageMs);
        if (look.kind !== 'look') return;
        expect(look.from.getTime()).toBeGreaterThan(atMs);
        expect(look.until.getTime()).toBeLessThan(atMs + ageMs);
      }),
    );
  });

  it('is not made any more of a change that is no longer what is live', () => {
    expect(noLongerSeen({ ...applied, toBeSeen: true, seen: first })).toEqual({ ...applied, seen: first });
  });
});

describe('a tally of requests', () => {
  const backends: readonly Backend[] = [
    { version: 'v1', host, label: 'v1' },
    { version: 'stable', host, label: '1.4.2' },
    { version: 'twin-a', host, label: 'twin' },
    { version: 'twin-b', host, label: 'twin' },
    { version: 'green', host: 'green.default.svc.cluster.local' },
  ];
  const requests = (overrides: Partial<CountedRequests>): CountedRequests => ({ host, requests: 7, ...overrides });

  it.each`
    what                                        | one                                                                     | answered          | unanswered
    ${'a version by its name'}                  | ${requests({ version: 'v1' })}                                          | ${{ v1: 7 }}      | ${{}}
    ${'a version by the name of its subset'}    | ${requests({ version: '1.4.2' })}                                       | ${{ stable: 7 }}  | ${{}}
    ${'a version that no subset has'}           | ${requests({ version: 'v9' })}                                          | ${{ v9: 7 }}      | ${{}}
    ${'a version that two subsets have'}        | ${requests({ version: 'twin' })}                                        | ${{ twin: 7 }}    | ${{}}
    ${'a host without subsets, as a whole'}     | ${requests({ version: 'v1', host: 'green.default.svc.cluster.local' })} | ${{ green: 7 }}   | ${{}}
    ${'an answer of nobody knows which'}        | ${requests({})}                                                         | ${{ unknown: 7 }} | ${{}}
    ${'what a version failed at, as its own'}   | ${requests({ version: 'v1', flags: 'URX' })}                            | ${{ v1: 7 }}      | ${{}}
    ${'what reached no version, by its reason'} | ${requests({ flags: 'NC' })}                                            | ${{}}             | ${{ NC: 7 }}
    ${'nothing where nothing was sent'}         | ${requests({ version: 'v1', requests: 0 })}                             | ${{}}             | ${{}}
  `('names $what', ({ one, answered, unanswered }) => {
    expect(tally([one], backends)).toEqual({ answered, unanswered });
  });

  it('adds up what has one name, and keeps the largest of very many', () => {
    const many = Array.from({ length: 30 }, (_, at) => requests({ version: `w${at}`, requests: at + 1 }));

    expect(tally([requests({ version: 'v1' }), requests({ version: 'v1', flags: 'URX' })], backends)).toEqual({
      answered: { v1: 14 },
      unanswered: {},
    });
    const { answered } = tally(many, backends);
    expect(Object.keys(answered)).toHaveLength(21);
    expect(answered).toMatchObject({ w29: 30, others: 55 });
    expect(Object.values(answered).reduce((a, b) => a + b)).toBe((30 * 31) / 2);
  });
});

describe('the shares of what was seen', () => {
  it('sum to all of it, in tenths of a percent, and none is made of nothing', () => {
    fc.assert(
      fc.property(aSplit({ min: 0 }), aSplit({ min: 0 }), aSplit(), (answered, unanswered, live) => {
        const { total, versions, unanswered: lost } = sharesOf(counted(answered, unanswered), live);
        const all = [...versions, ...lost];

        expect(all.reduce((sum, { requests }) => sum + requests, 0)).toBe(total);
        expect(all.reduce((sum, { permille }) => sum + permille, 0)).toBe(total === 0 ? 0 : 1000);
        for (const { requests, permille } of all) {
          expect(Math.abs(permille - (total === 0 ? 0 : (requests * 1000) / total))).toBeLessThan(1);
          if (requests === 0) expect(permille).toBe(0);
        }
        for (const [version, weight] of Object.entries(live))
          if (weight > 0) expect(versions.map(({ name }) => name)).toContain(version);
      }),
    );
  });

  it('tell versions and failures of one name apart', () => {
    const { versions, unanswered } = sharesOf(counted({ UH: 30 }, { UH: 10 }), {});

    expect(versions).toEqual([{ name: 'UH', requests: 30, permille: 750 }]);
    expect(unanswered).toEqual([{ name: 'UH', requests: 10, permille: 250 }]);
  });

  it.each`
    answered                    | points
    ${{ v1: 50, v3: 50 }}       | ${9.8}
    ${{ v1: 900, v3: 100 }}     | ${1.86}
    ${{ v1: 100 }}              | ${0}
    ${{ v1: 5_000, v3: 5_000 }} | ${0.98}
  `('are sure to $points points where $answered were seen', ({ answered, points }) => {
    expect(halfWidth(sharesOf(counted(answered), {}))).toBeCloseTo(points, 2);
  });
});
