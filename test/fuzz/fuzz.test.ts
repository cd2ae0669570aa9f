import { describe, expect, it } from 'vitest';
import { fuzz, reportOf } from './run.ts';
import { target } from './target.ts';
import { targets } from './targets.ts';

const seed = 'suite';

describe('whatever comes from outside', () => {
  it.each(targets)(
    'to $name throws nothing, is answered in 5 ms, and changes nothing that all objects share',
    async (each) => {
      const report = await fuzz({ targets: [each], inputs: 1_500, seed });

      expect(report.violations, reportOf(report, seed)).toEqual([]);
    },
    60_000,
  );
});

describe('the fuzz itself', () => {
  const numbers = (run: (input: number) => unknown, judge: () => string | undefined = () => undefined) =>
    target({ name: 'numbers', share: 1, make: (random) => random.between(0, 9), run, judge });
  const found = async (each: ReturnType<typeof numbers>) =>
    (await fuzz({ targets: [each], inputs: 2_000, seed })).violations.map(({ what }) => what);

  it('finds what throws', async () => {
    const [first] = await found(
      numbers((input) => {
        if (input === 7) throw new Error('seven');
      }),
    );

    expect(first).toContain('throws Error: seven');
  });

  it('finds what does not hold', async () => {
    expect(
      await found(
        numbers(
          (input) => input,
          () => 'is no number',
        ),
      ),
    ).toContain('is no number');
  });

  it('finds what is slow each time', async () => {
    const spin = () => {
      const before = process.cpuUsage();
      while (process.cpuUsage(before).user < 30_000);
    };

    expect((await fuzz({ targets: [numbers(spin)], inputs: 1, seed, only: 0 })).violations[0]?.what).toMatch(/takes/);
  });

  it('finds what changes all objects', async () => {
    const planted = numbers(() => Object.defineProperty(Object.prototype, 'planted', { value: 1, configurable: true }));
    try {
      expect(await found(planted)).toContain('what all objects share was changed');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'planted');
    }
  });

  it('makes the same input of the same seed', async () => {
    const seen: number[] = [];
    const listening = numbers((input) => seen.push(input));
    await fuzz({ targets: [listening], inputs: 10, seed });
    await fuzz({ targets: [listening], inputs: 10, seed, only: 7 });

    expect(seen.at(-1)).toBe(seen[7]);
  });
});
