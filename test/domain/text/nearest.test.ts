import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/domain/text/nearest.ts';

describe('nearest', () => {
  it.each`
    word             | candidates                | found
    ${'v33'}         | ${['v1', 'v2', 'v3']}     | ${'v3'}
    ${'v4'}          | ${['v1', 'v2', 'v3']}     | ${undefined}
    ${'rolback'}     | ${['rollback', 'status']} | ${'rollback'}
    ${'revies'}      | ${['reviews', 'ratings']} | ${'reviews'}
    ${'zzzzzz'}      | ${['reviews']}            | ${undefined}
    ${'v1'}          | ${[]}                     | ${undefined}
    ${''}            | ${['v1']}                 | ${undefined}
    ${'v1'}          | ${['v1', 'v2']}           | ${'v1'}
    ${'constructer'} | ${['constructor']}        | ${'constructor'}
  `('to $word among $candidates is $found', ({ word, candidates, found }) => {
    expect(nearest(word, candidates)).toBe(found);
  });

  it('is found among long names at once', () => {
    const names = Array.from({ length: 1000 }, (_, at) => `${'x'.repeat(4000)}${at}`);

    expect(nearest('y'.repeat(4000), names)).toBeUndefined();
  });
});
