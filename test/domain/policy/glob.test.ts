import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globCovers, globFault, globMatches, globsOverlap } from '../../../src/domain/policy/glob.ts';
import { processorMs } from '../../support/processor-time.ts';

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

  it('matches the same texts as a regular expression', () => {
    fc.assert(
      fc.property(aPattern, aText, (pattern, text) => {
        const source = pattern
          .replaceAll('.', '\\.')
          .replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'));
        expect(globMatches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
    );
  });

  it('is fast for a pattern that makes regular expressions backtrack', () => {
    const text = `${'a'.repeat(2_000)}b`;

    expect(processorMs(() => globMatches('*a'.repeat(100), text))).toBeLessThan(500);
    expect(processorMs(() => globMatches('**a'.repeat(60), text))).toBeLessThan(500);
  });
});

describe('a pattern that is taken', () => {
  it.each`
    pattern                  | fault
    ${'a'.repeat(700)}       | ${undefined}
    ${'*a'.repeat(12)}       | ${undefined}
    ${'**/*'}                | ${undefined}
    ${'*a'.repeat(13)}       | ${'write at most 12 stars'}
    ${`${'a'.repeat(400)}*`} | ${'write at most 400 characters'}
  `('has few stars: $fault', ({ pattern, fault }) => {
    expect(globFault(pattern)).toBe(fault);
  });

  it('is compared with another in little time', () => {
    const [one, other] = ['x', 'y'].map((end) => `${'*a'.repeat(12)}${'a'.repeat(370)}${end}`);

    expect(processorMs(() => globsOverlap(one ?? '', other ?? ''))).toBeLessThan(100);
    expect(processorMs(() => globCovers(one ?? '', other ?? ''))).toBeLessThan(20);
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

  it('matches everything that the other matches', () => {
    fc.assert(
      fc.property(aShortPattern, aShortPattern, aText, (wide, narrow, text) => {
        if (globCovers(wide, narrow) && globMatches(narrow, text)) expect(globMatches(wide, text)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('two patterns', () => {
  it.each`
    one             | other             | overlap
    ${'prod-*/**'}  | ${'*/payments/*'} | ${true}
    ${'prod-*/a/*'} | ${'prod-eu/b/*'}  | ${false}
    ${'prod-*/a/*'} | ${'stage/**'}     | ${false}
    ${'**'}         | ${'a/b/c'}        | ${true}
    ${'a/b/c'}      | ${'a/b/c'}        | ${true}
    ${'a/b/c'}      | ${'a/b/cd'}       | ${false}
    ${'a/*/c'}      | ${'a/b/*'}        | ${true}
    ${'a/*'}        | ${'a/b/c'}        | ${false}
    ${'*x'}         | ${'y*'}           | ${true}
    ${'*-eu/p/*'}   | ${'prod-*/p/*'}   | ${true}
  `('$one and $other overlap: $overlap', ({ one, other, overlap }) => {
    expect([globsOverlap(one, other), globsOverlap(other, one)]).toEqual([overlap, overlap]);
  });

  it('overlap if some text matches both', () => {
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 6 })
      .map((parts) => parts.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, pattern, text, (one, other, each) => {
        if (globMatches(one, each) && globMatches(other, each)) expect(globsOverlap(one, other)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('are compared quickly, whatever they are', () => {
    expect(processorMs(() => globsOverlap('a*'.repeat(250), 'b*'.repeat(250)))).toBeLessThan(500);
    expect(processorMs(() => globsOverlap('**a'.repeat(150), '**b'.repeat(150)))).toBeLessThan(500);
  });
});
