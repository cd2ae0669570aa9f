import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, readDuration } from '../../../src/domain/language/duration.ts';

describe('a duration', () => {
  it.each`
    text     | ms
    ${'90s'} | ${90_000}
    ${'30m'} | ${1_800_000}
    ${'62h'} | ${223_200_000}
    ${'7d'}  | ${604_800_000}
  `('$text is $ms ms', ({ text, ms }) => {
    expect(readDuration(text)).toBe(ms);
  });

  it.each(['', '30', 'm', '0m', '-1h', '1.5h', '1:30', '2 h', '2H', '1h30m', '9999999d', 'NaNm'])(
    'is not %j',
    (text) => {
      expect(readDuration(text)).toBeUndefined();
    },
  );

  it('is written in a way that reads as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900_000 }), (seconds) => {
        expect(readDuration(formatDuration(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
    expect(formatDuration(5_400_000)).toBe('90m');
    expect(formatDuration(172_800_000)).toBe('2d');
  });
});
