import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEnd, readEnd, resolveEnd } from '../../../src/domain/language/end.ts';

/** A Wednesday, 13:00 in Berlin and 07:00 in New York. */
const now = new Date('2026-11-25T12:00:00Z');
const day = 86_400_000;

function resolved(text: string, timezone = 'UTC', at = now, longestMs = 400 * day): string {
  const [word, ...words] = text.split(' ');
  const end = word === 'for' || word === 'until' ? readEnd(word, words) : undefined;
  if (end === undefined) throw new Error(`${text} is no end`);
  const { kind, at: ends } = resolveEnd(end, { now: at, timezone, longestMs });
  return kind === 'ends' ? ends.toISOString() : kind;
}

describe('an end', () => {
  it.each`
    typed                       | timezone              | at
    ${'for 2h'}                 | ${'Europe/Berlin'}    | ${'2026-11-25T14:00:00.000Z'}
    ${'for 90m'}                | ${'UTC'}              | ${'2026-11-25T13:30:00.000Z'}
    ${'until 18:00'}            | ${'UTC'}              | ${'2026-11-25T18:00:00.000Z'}
    ${'until 18:00'}            | ${'Europe/Berlin'}    | ${'2026-11-25T17:00:00.000Z'}
    ${'until 9:00'}             | ${'UTC'}              | ${'2026-11-26T09:00:00.000Z'}
    ${'until 9:00'}             | ${'America/New_York'} | ${'2026-11-25T14:00:00.000Z'}
    ${'until friday 18:00'}     | ${'UTC'}              | ${'2026-11-27T18:00:00.000Z'}
    ${'until fri 18:00'}        | ${'Europe/Berlin'}    | ${'2026-11-27T17:00:00.000Z'}
    ${'until wednesday 13:00'}  | ${'UTC'}              | ${'2026-11-25T13:00:00.000Z'}
    ${'until wednesday 12:00'}  | ${'UTC'}              | ${'2026-12-02T12:00:00.000Z'}
    ${'until tuesday 00:00'}    | ${'UTC'}              | ${'2026-12-01T00:00:00.000Z'}
    ${'until tomorrow 9:00'}    | ${'UTC'}              | ${'2026-11-26T09:00:00.000Z'}
    ${'until tomorrow 1:00'}    | ${'Asia/Tokyo'}       | ${'2026-11-25T16:00:00.000Z'}
    ${'until today 12:01'}      | ${'UTC'}              | ${'2026-11-25T12:01:00.000Z'}
    ${'until today 12:00'}      | ${'UTC'}              | ${'over'}
    ${'until 2026-12-01 09:00'} | ${'Europe/Berlin'}    | ${'2026-12-01T08:00:00.000Z'}
    ${'until 2026-11-24 09:00'} | ${'UTC'}              | ${'over'}
    ${'until 2028-02-29 00:00'} | ${'UTC'}              | ${'too-long'}
    ${'for 401d'}               | ${'UTC'}              | ${'too-long'}
  `('typed as "$typed" in $timezone is $at', ({ typed, timezone, at }) => {
    expect(resolved(typed, timezone)).toBe(at);
  });

  it.each`
    what                                                       | typed                       | at
    ${'a time that the clock skips is the moment it would be'} | ${'until 2026-03-29 02:30'} | ${'2026-03-29T01:30:00.000Z'}
    ${'a time that comes twice is the first'}                  | ${'until 2026-10-25 02:30'} | ${'2026-10-25T00:30:00.000Z'}
    ${'after a night that is an hour longer'}                  | ${'until 2026-10-25 09:00'} | ${'2026-10-25T08:00:00.000Z'}
    ${'after a night that is an hour shorter'}                 | ${'until 2026-03-29 09:00'} | ${'2026-03-29T07:00:00.000Z'}
  `('$what', ({ typed, at }) => {
    expect(resolved(typed, 'Europe/Berlin', new Date('2026-03-01T00:00:00Z'))).toBe(at);
  });

  it.each([
    ['for', ''],
    ['for', '2'],
    ['for', '2 h'],
    ['for', '0h'],
    ['for', '1.5h'],
    ['until', ''],
    ['until', 'friday'],
    ['until', '25:00'],
    ['until', '12:60'],
    ['until', 'fr 12:00'],
    ['until', 'someday 12:00'],
    ['until', '2026-02-30 09:00'],
    ['until', 'friday 18:00 sharp'],
  ] as const)('is not %s "%s"', (word, text) => {
    expect(readEnd(word, text === '' ? [] : text.split(' '))).toBeUndefined();
  });

  it('by a day of the week is always within the next seven days, at that time of that day', () => {
    const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 23 }),
        fc.date({ min: now, max: new Date('2030-01-01'), noInvalidDate: true }),
        (which, hour, at) => {
          const ends = new Date(resolved(`until ${days[which]} ${hour}:00`, 'UTC', at));

          expect([ends.getUTCDay(), ends.getUTCHours(), ends.getUTCMinutes()]).toEqual([which, hour, 0]);
          expect(ends.getTime()).toBeGreaterThan(at.getTime());
          expect(ends.getTime() - at.getTime()).toBeLessThanOrEqual(7 * day);
        },
      ),
    );
  });

  it('is read as it is written', () => {
    for (const text of ['for 2h', 'for 90m', 'until 18:00', 'until friday 18:00', 'until 2026-12-01 09:00']) {
      const [word = '', ...words] = text.split(' ');
      const end = readEnd(word === 'for' ? 'for' : 'until', words);
      expect(end && formatEnd(end)).toBe(text);
    }
  });
});
