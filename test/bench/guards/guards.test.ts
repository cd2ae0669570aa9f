import { describe, expect, it } from 'vitest';
import { columns, experiments } from './experiments.ts';
import { exceeds, excesses, linesBeside, summaryOf, tableOfMethods } from './report.ts';
import { type Result, simulate } from './simulate.ts';

describe('the simulation of guards, in short', () => {
  it('takes back no more than promised if nothing is wrong, and finds what is', async () => {
    const results = await simulate({ ramps: 60, seed: 'suite', threads: 0 });
    const of = (experiment: string) => results.find(({ name }) => name === experiment)?.rows.map(summaryOf) ?? [];

    expect(excesses(results)).toEqual([]);
    expect(of(columns.staying)[0]).toMatchObject({ taken: 60 });
    expect(of('a caller that bypasses the split').map(({ taken }) => taken)).toEqual([0, expect.any(Number), 60, 60]);
    expect(tableOfMethods(results)).toHaveLength(2 + of(columns.null).length);
    expect(linesBeside(results).length).toBeGreaterThan(experiments.length);
  });

  it('draws the same ramps in other threads', { timeout: 120_000 }, async () => {
    const [here, there] = [
      await simulate({ ramps: 1, seed: 'same', threads: 0 }),
      await simulate({ ramps: 1, seed: 'same', threads: 2 }),
    ];

    expect(there).toEqual(here);
  });

  it('tells bad luck from a promise that is not kept', () => {
    expect([10, 20, 21, 22, 30].map((taken) => exceeds(taken, 10_000, 0.001))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect([0, 1, 2, 3].map((taken) => exceeds(taken, 60, 0.001))).toEqual([false, false, false, true]);
    expect([1_000, 1_200].map((taken) => exceeds(taken, 100_000, 0.01))).toEqual([false, true]);
    const row = { name: 'no promise', from: 1, seconds: Array.from({ length: 100 }, () => 15) };
    const result: Result = { name: 'all alarms', isNull: true, rows: [row, { ...row, name: 'this', alpha: 0.01 }] };

    expect(excesses([result]).map(({ experiment, name }) => [experiment, name])).toEqual([['all alarms', 'this']]);
    expect(excesses([{ ...result, isNull: false }])).toEqual([]);
  });
});
