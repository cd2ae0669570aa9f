import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge, noRequests } from '../../../src/domain/guard/batch.ts';
import { type LookCounts, mostLooksKept, withLook } from '../../../src/domain/ramp/recent-looks.ts';

const startMs = Date.parse('2026-11-22T14:03:11.000Z');
const tally = fc.record({ requests: fc.nat(1_000), bad: fc.nat(1_000) });

/** Looks one after the other, each 15 s, in steps that come one after the other. */
const looks = fc
  .array(fc.record({ canary: tally, others: tally, isNewStep: fc.boolean() }), { maxLength: 120 })
  .map((all) => {
    let step = 1;
    return all.map(({ isNewStep, ...counted }, at): LookCounts => {
      if (isNewStep && step < 20) step += 1;
      const time = (number: number) => new Date(startMs + number * 15_000).toISOString();
      return { step, from: time(at), until: time(at + 1), counted };
    });
  });

const kept = (all: readonly LookCounts[]) => all.reduce<readonly LookCounts[]>(withLook, []);

describe('the looks that are kept for the chart', () => {
  it('are all there while there is room', () => {
    fc.assert(
      fc.property(looks, (all) => {
        fc.pre(all.length <= mostLooksKept);
        expect(kept(all)).toEqual(all);
      }),
    );
  });

  it('are at most as many as a chart takes, in order, without a gap or an overlap, and the newest as it was', () => {
    fc.assert(
      fc.property(looks, (all) => {
        const some = kept(all);

        expect(some.length).toBeLessThanOrEqual(mostLooksKept);
        expect(some.at(-1)?.until).toBe(all.at(-1)?.until);
        for (const [at, look] of some.slice(1).entries()) expect(look.from).toBe(some[at]?.until);
      }),
    );
  });

  it('have together the counts of all looks of the steps that they are about', () => {
    fc.assert(
      fc.property(looks, (all) => {
        const some = kept(all);
        const [first] = some;
        const since = all.filter(({ from }) => first !== undefined && from >= first.from);
        const sum = (each: readonly LookCounts[]) =>
          each.reduce((total, { counted }) => merge(total, counted), noRequests);

        expect(sum(some)).toEqual(sum(since));
        expect(new Set(some.map(({ step }) => step))).toEqual(new Set(since.map(({ step }) => step)));
      }),
    );
  });
});
