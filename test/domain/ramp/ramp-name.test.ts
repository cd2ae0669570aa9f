import { describe, expect, it } from 'vitest';
import { isRampName } from '../../../src/domain/ramp/ramp-name.ts';

describe('the name of a ramp', () => {
  it.each(['careful', 'v3', 'slow-2', 'a', 'fifty', 'canary', 'linear', 'now', 'a'.repeat(63)])('may be %s', (name) => {
    expect(isRampName(name)).toBe(true);
  });

  it.each([
    ...['', '5o', '-a', 'a_b', 'a.b', 'Careful', 'größer', 'a b', 'a'.repeat(64), 'careful\n'],
    ...['every', 'for', 'ask', 'by', 'to', 'ramp', 'nan', 'infinity'],
    ...['dry-run', 'dryrun', 'noop', 'no-op', 'dry', 'dry-rnu'],
    ...['linear10every1m', 'linear10', 'canary10for5m'],
  ])('is not %j', (text) => {
    expect(isRampName(text)).toBe(false);
  });
});
