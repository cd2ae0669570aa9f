import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addAbsolute } from '../../../src/domain/guard/absolute.ts';
import { addBatch, type Batch } from '../../../src/domain/guard/batch.ts';
import { upperBound } from '../../../src/domain/guard/bound.ts';
import { type Evidence, logEvidence, noEvidence, suspectedRatios } from '../../../src/domain/guard/evidence.ts';
import { addFollow, followRatios, noFollowEvidence } from '../../../src/domain/guard/follow.ts';

const aBatch = z
  .strictObject({ n1: z.number(), c: z.number(), n0: z.number(), b: z.number() })
  .transform(({ n1, c, n0, b }): Batch => ({ canary: { requests: n1, bad: c }, others: { requests: n0, bad: b } }));
const named = z.strictObject({ name: z.string() });
const batches = z.array(aBatch);
const logs = z.array(z.number());

/** Computed by another program, from the same formulas. */
const vectors = z
  .strictObject({
    ratios: z.array(z.number()),
    comparative: z.array(named.extend({ tolerance: z.number(), batches, lnE: logs })),
    absolute: z.array(
      named.extend({
        atMost: z.number(),
        batches: z.array(z.strictObject({ n: z.number(), bad: z.number() })),
        lnE: logs,
      }),
    ),
    anewAtEachStep: z.array(named.extend({ steps: z.number(), batches, lnE: logs })),
    perCaller: z.array(named.extend({ callers: z.array(batches), lnE: z.number() })),
    upperBound95: z.array(named.extend({ batches, bound: z.number().nullable() })),
    follow: z.strictObject({
      ratios: z.array(z.number()),
      cases: z.array(
        named.extend({
          batches: z.array(z.strictObject({ n1: z.number(), n0: z.number(), share: z.number() })),
          lnE: z.number(),
        }),
      ),
    }),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8')));

function logsAfterEach<B>(
  start: Evidence,
  all: readonly B[],
  add: (evidence: Evidence, batch: B, at: number) => Evidence,
) {
  let evidence = start;
  return all.map((batch, at) => {
    evidence = add(evidence, batch, at);
    return logEvidence(evidence);
  });
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, 8);
}

describe('the evidence of the vectors', () => {
  it('suspects the same ratios', () => {
    expect(suspectedRatios).toEqual(vectors.ratios);
    expect(followRatios).toEqual(vectors.follow.ratios);
  });

  it.each(vectors.comparative)('of a comparison: $name', ({ tolerance, batches: all, lnE }) => {
    expectClose(
      logsAfterEach(noEvidence(1), all, (evidence, batch) => addBatch(evidence, 1, batch, tolerance)),
      lnE,
    );
  });

  it.each(vectors.absolute)('of an absolute bound: $name', ({ atMost, batches: all, lnE }) => {
    expectClose(
      logsAfterEach(noEvidence(1), all, (evidence, { n, bad }) =>
        addAbsolute(evidence, 1, { requests: n, bad }, atMost),
      ),
      lnE,
    );
  });

  it.each(vectors.anewAtEachStep)('that begins anew at each step: $name', ({ steps, batches: all, lnE }) => {
    expectClose(
      logsAfterEach(noEvidence(steps), all, (evidence, batch, at) => addBatch(evidence, at + 1, batch)),
      lnE,
    );
  });

  it.each(vectors.perCaller)('of several callers: $name', ({ callers, lnE }) => {
    const after = logsAfterEach(noEvidence(1), callers.flat(), (evidence, batch) => addBatch(evidence, 1, batch));

    expect(after.at(-1)).toBeCloseTo(lnE, 8);
  });

  it.each(vectors.follow.cases)('that traffic does not follow: $name', ({ batches: all, lnE }) => {
    const after = logsAfterEach(noFollowEvidence(1), all, (evidence, { n1, n0, share }) => {
      const batch = { canary: { requests: n1, bad: 0 }, others: { requests: n0, bad: 0 } };
      return addFollow(evidence, 1, batch, share);
    });

    expect(after.at(-1)).toBeCloseTo(lnE, 8);
  });

  it.each(vectors.upperBound95)('that leaves an upper bound: $name', ({ batches: all, bound }) => {
    const found = upperBound(all);

    if (bound === null) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(bound, 5);
  });
});
