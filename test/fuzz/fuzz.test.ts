import { describe, expect, it } from 'vitest';
import { fuzz, reportOf } from './run.ts';
import { target } from './target.ts';
import { targets } from './targets.ts';

const seed = 'suite';

describe('hostile input', () => {
  it.each(targets)(
    'to $name makes nothing throw, is handled in 5 ms, and changes no prototype',
    async (each) => {
      const report = await fuzz({ targets: [each], inputs: 1_500, seed });

      expect(report.violations, reportOf(report, seed)).toEqual([]);
    },
    60_000,
  );
});

describe('the fuzzer', () => {
  const numbers = (run: (input: number) => unknown, judge: () => string | undefined = () => undefined) =>
    target({ name: 'numbers', share: 1, make: (random) => random.between(0, 9), run, judge });
  const found = async (each: ReturnType<typeof numbers>) =>
    (await fuzz({ targets: [each], inputs: 2_000, seed })).violations.map(({ what }) => what);

  it('finds an input that throws', async () => {
    const [first] = await found(
      numbers((input) => {
        if (input === 7) throw new Error('seven');
      }),
    );

    expect(first).toContain('throws Error: seven');
  });

  it('finds a wrong answer', async () => {
    expect(
      await found(
        numbers(
          (input) => input,
          () => 'is no number',
        ),
      ),
    ).toContain('is no number');
  });

  it('finds an input that is always slow', async () => {
    const spin = () => {
      const before = process.cpuUsage();
      while (process.cpuUsage(before).user < 30_000);
    };

    expect((await fuzz({ targets: [numbers(spin)], inputs: 1, seed, only: 0 })).violations[0]?.what).toMatch(/takes/);
  });

  it('finds an input that changes a prototype', async () => {
    const planted = numbers(() => Object.defineProperty(Object.prototype, 'planted', { value: 1, configurable: true }));
    try {
      expect(await found(planted)).toContain('a prototype was changed');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'planted');
    }
  });

  it('makes the same input from the same seed', async () => {
    const seen: number[] = [];
    const listening = numbers((input) => seen.push(input));
    await fuzz({ targets: [listening], inputs: 10, seed });
    await fuzz({ targets: [listening], inputs: 10, seed, only: 7 });

    expect(seen.at(-1)).toBe(seen[7]);
  });
});
