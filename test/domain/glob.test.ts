import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globCovers, globMatches } from '../../src/domain/glob.ts';

const aPattern = fc
  .array(fc.constantFrom('a', 'b', '/', '*', '**', '.'), { maxLength: 8 })
  .map((parts) => parts.join(''));
const aShortPattern = fc.array(fc.constantFrom('a', '/', '*', '**'), { maxLength: 4 }).map((parts) => parts.join(''));
const aText = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 8 }).map((parts) => parts.join(''));

describe('a target', () => {
  it.each`
    pattern                  | text                                | matches
    ${'prod/payments/api'}   | ${'prod/payments/api'}              | ${true}
    ${'prod/payments/api'}   | ${'prod/payments/api2'}             | ${false}
    ${'prod/payments/api'}   | ${'xprod/payments/api'}             | ${false}
    ${'prod-*/payments/*'}   | ${'prod-eu/payments/api'}           | ${true}
    ${'prod-*/payments/*'}   | ${'prod-/payments/api'}             | ${true}
    ${'prod-*/payments/*'}   | ${'prod/payments/api'}              | ${false}
    ${'prod-*/payments/*'}   | ${'prod-eu/payments2/api'}          | ${false}
    ${'*/*/*'}               | ${'eu/default/reviews'}             | ${true}
    ${'*/*/*'}               | ${'arn:aws:eks:eu:1:cluster/a/b/c'} | ${false}
    ${'**/b/c'}              | ${'arn:aws:eks:eu:1:cluster/a/b/c'} | ${true}
    ${'prod-*/**'}           | ${'prod-eu/payments/api'}           | ${true}
    ${'prod-*/**'}           | ${'staging/prod-eu/api'}            | ${false}
    ${'**'}                  | ${'any/thing/at-all'}               | ${true}
    ${'**'}                  | ${''}                               | ${true}
    ${'*-api/*/*'}           | ${'a-api-api/b/c'}                  | ${true}
    ${'a/b/www.example.com'} | ${'a/b/wwwxexample.com'}            | ${false}
    ${'a/b/*v*'}             | ${'a/b/reviews'}                    | ${true}
    ${'a/b/*v*'}             | ${'a/b/ratings'}                    | ${false}
  `('$pattern matches $text: $matches', ({ pattern, text, matches }) => {
    expect(globMatches(pattern, text)).toBe(matches);
  });

  it('says what a regular expression would say', () => {
    fc.assert(
      fc.property(aPattern, aText, (pattern, text) => {
        const source = pattern
          .replaceAll('.', '\\.')
          .replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
        expect(globMatches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
    );
  });

  it('is not slowed down by a pattern that would set a regular expression to backtracking', () => {
    const started = performance.now();
    globMatches('*a'.repeat(100), `${'a'.repeat(2_000)}b`);
    globMatches('**a'.repeat(60), `${'a'.repeat(2_000)}b`);

    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('a target that covers another', () => {
  it.each`
    wide            | narrow                  | covers
    ${'**'}         | ${'prod/payments/*'}    | ${true}
    ${'prod-*/**'}  | ${'prod-eu/payments/*'} | ${true}
    ${'prod-*/**'}  | ${'prod-*/**'}          | ${true}
    ${'*/*/*'}      | ${'**'}                 | ${false}
    ${'*/*/*'}      | ${'prod/**'}            | ${false}
    ${'prod/*/api'} | ${'prod/*/*'}           | ${false}
    ${'prod/a*/*'}  | ${'prod/*/*'}           | ${false}
  `('$wide covers $narrow: $covers', ({ wide, narrow, covers }) => {
    expect(globCovers(wide, narrow)).toBe(covers);
  });

  it('matches whatever the other matches', () => {
    fc.assert(
      fc.property(aShortPattern, aShortPattern, aText, (wide, narrow, text) => {
        if (globCovers(wide, narrow) && globMatches(narrow, text)) expect(globMatches(wide, text)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});
