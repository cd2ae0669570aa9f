import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addBatch, type Batch, merge, noRequests } from '../../../src/domain/guard/batch.ts';
import { type Evidence, logEvidence, logsOf, noEvidence, suspectedRatios } from '../../../src/domain/guard/evidence.ts';

const aShare = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const aTolerance = fc.constantFrom(1, 1.2, 2, 5);
const aTally = (most: number) =>
  fc
    .integer({ min: 0, max: most })
    .chain((requests) => fc.record({ requests: fc.constant(requests), bad: fc.integer({ min: 0, max: requests }) }));
const aBatch: fc.Arbitrary<Batch> = fc.record({ canary: aTally(500), others: aTally(5_000) });

function sumTo(most: number, term: (at: number) => number): number {
  return Array.from({ length: most + 1 }, (_, at) => term(at)).reduce((sum, each) => sum + each, 0);
}

function logChoose(n: number, k: number): number {
  return sumTo(k - 1, (at) => Math.log((n - at) / (k - at)));
}

/** The chance that `hits` of `all` fall on a side that each falls on with this chance. */
function binomial(hits: number, all: number, chance: number): number {
  return Math.exp(logChoose(all, hits) + hits * Math.log(chance) + (all - hits) * Math.log1p(-chance));
}

function logFactors(batch: Batch): Evidence[number] {
  return addBatch(noEvidence(1), 1, batch)[0] ?? [];
}

describe('a likelihood ratio', () => {
  it('is 1 on average if each failure falls on the canary with the share of requests', () => {
    fc.assert(
      fc.property(aShare, fc.integer({ min: 0, max: 60 }), (share, failures) => {
        for (const at of suspectedRatios.keys()) {
          const mean = sumTo(failures, (suspected) => {
            const logs = logsOf({ share, suspected, other: failures - suspected });
            return binomial(suspected, failures, share) * Math.exp(logs[at] ?? Number.NaN);
          });
          expect(mean).toBeCloseTo(1, 8);
        }
      }),
    );
  });

  it('is 1 on average at the ratio that is tolerated, and less below it', () => {
    fc.assert(
      fc.property(aShare, fc.integer({ min: 1, max: 40 }), aTolerance, (share, failures, tolerated) => {
        const onCanary = (share * tolerated) / (1 - share + share * tolerated);
        for (const at of suspectedRatios.keys()) {
          const meanIf = (chance: number) =>
            sumTo(failures, (suspected) => {
              const draw = { share, suspected, other: failures - suspected };
              return (
                binomial(suspected, failures, chance) * Math.exp(logsOf(draw, suspectedRatios, tolerated)[at] ?? 0)
              );
            });
          expect(meanIf(onCanary)).toBeCloseTo(1, 8);
          expect(meanIf(onCanary * 0.9)).toBeLessThan(1);
        }
      }),
    );
  });

  it('is at most 1 on average if all requests are alike and a fixed number of them fails, which is hypergeometric', () => {
    const counts = fc.record({ canary: fc.integer({ min: 1, max: 40 }), others: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(counts, fc.nat({ max: 80 }), ({ canary, others }, wanted) => {
        const failures = Math.min(wanted, canary + others);
        const chanceOf = (bad: number) =>
          bad > canary || failures - bad > others
            ? 0
            : Math.exp(
                logChoose(canary, bad) + logChoose(others, failures - bad) - logChoose(canary + others, failures),
              );
        for (const at of suspectedRatios.keys()) {
          const mean = sumTo(failures, (bad) => {
            const chance = chanceOf(bad);
            if (chance === 0) return 0;
            const batch = { canary: { requests: canary, bad }, others: { requests: others, bad: failures - bad } };
            return chance * Math.exp(logFactors(batch)[at] ?? Number.NaN);
          });
          expect(mean).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  it.each([
    ['no traffic', noRequests],
    ['nobody to compare with', { canary: { requests: 6_000, bad: 300 }, others: { requests: 0, bad: 0 } }],
    ['a canary without requests', { canary: { requests: 0, bad: 0 }, others: { requests: 500, bad: 9 } }],
    ['no failures', { canary: { requests: 100, bad: 0 }, others: { requests: 900, bad: 0 } }],
  ])('is exactly 1 with %s', (_, batch) => {
    expect(logFactors(batch).map(Math.abs)).toEqual(suspectedRatios.map(() => 0));
    expect(addBatch(noEvidence(1), 1, batch, 2)[0]?.map(Math.abs)).toEqual(suspectedRatios.map(() => 0));
  });
});

describe('evidence', () => {
  it('is the same for a batch and for its parts at the same share', () => {
    fc.assert(
      fc.property(aBatch, fc.integer({ min: 2, max: 5 }), aTolerance, (part, times, tolerated) => {
        const parts = Array.from({ length: times }, () => part);
        const whole = parts.reduce(merge, noRequests);

        const [inParts = []] = parts.reduce((sums, each) => addBatch(sums, 1, each, tolerated), noEvidence(1));
        const [atOnce = []] = addBatch(noEvidence(1), 1, whole, tolerated);

        for (const [at, sum] of atOnce.entries()) expect(inParts[at]).toBeCloseTo(sum, 6);
      }),
    );
  });

  it('does not depend on the order of the batches of a step', () => {
    fc.assert(
      fc.property(fc.array(aBatch, { maxLength: 6 }), (batches) => {
        const gathered = (all: readonly Batch[]) =>
          logEvidence(all.reduce((sums, each) => addBatch(sums, 1, each), noEvidence(3)));

        expect(gathered(batches.toReversed())).toBeCloseTo(gathered(batches), 6);
      }),
    );
  });

  it('survives the way into a record and back', () => {
    fc.assert(
      fc.property(aBatch, (batch) => {
        const evidence = addBatch(noEvidence(4), 2, batch);

        expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence.map((sums) => sums.map((sum) => sum + 0)));
      }),
    );
  });

  it('is a number, however many requests fail', () => {
    const all = { canary: { requests: 1e9, bad: 1e9 }, others: { requests: 1e9, bad: 0 } };

    expect(logEvidence(addBatch(noEvidence(20), 20, all))).toBeGreaterThan(1e8);
    expect(Number.isFinite(logEvidence(addBatch(noEvidence(20), 1, { canary: all.others, others: all.canary })))).toBe(
      true,
    );
  });

  it('finds a fault that comes late in spite of a long good past', () => {
    const good = { canary: { requests: 20_000, bad: 100 }, others: { requests: 20_000, bad: 100 } };
    const bad = { canary: { requests: 3_000, bad: 60 }, others: { requests: 3_000, bad: 15 } };

    const anew = logEvidence(addBatch(addBatch(noEvidence(2), 1, good), 2, bad));
    const never = logEvidence(addBatch(addBatch(noEvidence(1), 1, good), 1, bad));

    expect(anew).toBeGreaterThan(Math.log(1_000));
    expect(never).toBeLessThan(Math.log(100));
  });
});
