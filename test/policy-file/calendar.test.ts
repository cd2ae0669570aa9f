import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FreezeWindow, windowAt, windowsAfter } from '../../src/domain/policy/freeze.ts';
import { isTimezone, readCalendar } from '../../src/policy-file/calendar.ts';

const hourMs = 3_600_000;

interface Timed {
  readonly cron: string;
  readonly hours: number;
  readonly timezone: string;
}

function freeze({ cron, hours, timezone }: Timed) {
  const read = readCalendar(cron, timezone);
  if (!read.ok) throw new Error(read.wrong);
  return { begins: read.calendar, lastsMs: hours * hourMs };
}

function written(window: FreezeWindow | undefined): string | undefined {
  return window && `${short(window.from)} – ${window.until === undefined ? '…' : short(window.until)}`;
}

function short(at: Date): string {
  return at
    .toISOString()
    .replace(/:00\.000Z$/, '')
    .replace('T', ' ');
}

const weekend: Timed = { cron: '0 18 * * FRI', hours: 62, timezone: 'Europe/Berlin' };
const night: Timed = { cron: '0 22 * * *', hours: 8, timezone: 'Europe/Berlin' };

describe('the window at a moment', () => {
  it.each<[string, Timed, string, string | undefined]>([
    ['before a weekend', weekend, '2026-11-20T16:59:59.999Z', undefined],
    ['at the start of a weekend', weekend, '2026-11-20T17:00:00.000Z', '2026-11-20 17:00 – 2026-11-23 07:00'],
    ['at the end of a weekend', weekend, '2026-11-23T06:59:59.999Z', '2026-11-20 17:00 – 2026-11-23 07:00'],
    ['after a weekend', weekend, '2026-11-23T07:00:00.000Z', undefined],
    ['before midnight', night, '2026-11-24T22:00:00Z', '2026-11-24 21:00 – 2026-11-25 05:00'],
    ['after midnight', night, '2026-11-25T04:59:00Z', '2026-11-24 21:00 – 2026-11-25 05:00'],
    ['across new year', night, '2027-01-01T00:30:00Z', '2026-12-31 21:00 – 2027-01-01 05:00'],
    [
      'on a leap day',
      { cron: '0 0 29 2 *', hours: 24, timezone: 'UTC' },
      '2028-02-29T12:00:00Z',
      '2028-02-29 00:00 – 2028-03-01 00:00',
    ],
    [
      'in a year without a leap day',
      { cron: '0 0 29 2 *', hours: 24, timezone: 'UTC' },
      '2027-03-01T00:00:00Z',
      undefined,
    ],
    [
      'in another zone',
      { cron: '0 9 * * *', hours: 1, timezone: 'Asia/Kathmandu' },
      '2026-11-25T03:30:00Z',
      '2026-11-25 03:15 – 2026-11-25 04:15',
    ],
  ])('%s', (_, timed, at, window) => {
    expect(written(windowAt(freeze(timed), new Date(at)))).toBe(window);
  });

  it.each<[string, Timed, string, string | undefined]>([
    // Berlin, 2026-03-29: 02:00 is followed by 03:00. New York, 2026-03-08: the same.
    [
      'the weekend in which Berlin loses an hour ends an hour later on its clock',
      weekend,
      '2026-03-28T12:00:00Z',
      '2026-03-27 17:00 – 2026-03-30 07:00',
    ],
    [
      'a start time that Berlin skips still counts',
      { ...night, cron: '30 2 * * *', hours: 1 },
      '2026-03-29T01:15:00Z',
      '2026-03-29 01:00 – 2026-03-29 02:00',
    ],
    [
      'a start time that New York skips still counts',
      { cron: '30 2 * * *', hours: 1, timezone: 'America/New_York' },
      '2026-03-08T07:15:00Z',
      '2026-03-08 07:00 – 2026-03-08 08:00',
    ],
    [
      'a midnight that Beirut skips still counts',
      { cron: '0 0 * * *', hours: 1, timezone: 'Asia/Beirut' },
      '2026-03-28T22:30:00Z',
      '2026-03-28 22:00 – 2026-03-28 23:00',
    ],
    // Berlin, 2026-10-25: 03:00 is followed by 02:00. New York, 2026-11-01: 02:00 by 01:00.
    [
      'the weekend in which Berlin gains an hour ends an hour earlier on its clock',
      weekend,
      '2026-10-24T12:00:00Z',
      '2026-10-23 16:00 – 2026-10-26 06:00',
    ],
    [
      'a start time that comes twice in Berlin counts the first time',
      { ...night, cron: '30 2 * * *', hours: 2 },
      '2026-10-25T01:30:00Z',
      '2026-10-25 00:30 – 2026-10-25 02:30',
    ],
    [
      'a start time that comes twice in Berlin does not count again',
      { ...night, cron: '30 2 * * *', hours: 1 },
      '2026-10-25T01:45:00Z',
      undefined,
    ],
    [
      'a start time that comes twice in New York counts the first time',
      { cron: '30 1 * * *', hours: 2, timezone: 'America/New_York' },
      '2026-11-01T07:15:00Z',
      '2026-11-01 05:30 – 2026-11-01 07:30',
    ],
  ])('when the clocks change: %s', (_, timed, at, window) => {
    expect(written(windowAt(freeze(timed), new Date(at)))).toBe(window);
  });

  it('joins windows without a gap, and ends where the next one does not start at once', () => {
    const days = freeze({ cron: '0 0 * * SAT,SUN', hours: 24, timezone: 'UTC' });

    expect(written(windowAt(days, new Date('2026-11-28T12:00:00Z')))).toBe('2026-11-28 00:00 – 2026-11-30 00:00');
  });

  it('has no end when each window starts before the last one ends', () => {
    const always = freeze({ cron: '0 0 * * *', hours: 24, timezone: 'UTC' });

    expect(written(windowAt(always, new Date('2026-11-28T12:00:00Z')))).toBe('2026-11-28 00:00 – …');
    expect(windowsAfter(always, new Date('2026-11-28T12:00:00Z'), 3)).toHaveLength(1);
  });
});

describe('the next windows', () => {
  it('start after the current window', () => {
    const windows = windowsAfter(freeze(weekend), new Date('2026-11-21T12:00:00Z'), 2);

    expect(windows.map(written)).toEqual([
      '2026-11-27 17:00 – 2026-11-30 07:00',
      '2026-12-04 17:00 – 2026-12-07 07:00',
    ]);
  });

  it('hold at each of their moments, and not before or after', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'America/Santiago',
      'UTC',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 1, max: 23 }),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2028-12-31'), noInvalidDate: true }),
        (timezone, hour, hours, at) => {
          const timed = freeze({ cron: `30 ${hour} * * *`, hours, timezone });
          const [window] = windowsAfter(timed, at, 1);
          if (window?.until === undefined) return;

          expect(windowAt(timed, new Date(window.from.getTime() - 1))?.from).not.toEqual(window.from);
          expect(windowAt(timed, window.from)).toEqual(window);
          expect(windowAt(timed, new Date(window.until.getTime() - 1))?.until).toEqual(window.until);
          expect(windowAt(timed, window.until)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a cron expression', () => {
  it.each`
    expression            | wrong
    ${'0 18 * *'}         | ${'it has 4 fields and needs 5'}
    ${'0 0 18 * * FRI'}   | ${'it has 6 fields and needs 5'}
    ${'@weekly'}          | ${'it has 1 fields and needs 5'}
    ${'* * * * *'}        | ${'its first field, the minute, must be one number from 0 to 59'}
    ${'*/5 * * * *'}      | ${'its first field, the minute, must be one number from 0 to 59'}
    ${'H 18 * * *'}       | ${'its first field, the minute, must be one number from 0 to 59'}
    ${'60 18 * * *'}      | ${'Invalid value for minute: 60'}
    ${'0 25 * * *'}       | ${'Invalid value for hour: 25'}
    ${'0 18 * * FRI-MON'} | ${"From value is larger than to value: '5-1'"}
    ${'0 22-2 * * *'}     | ${"From value is larger than to value: '22-2'"}
    ${'0 0 31 2 *'}       | ${'it never happens'}
    ${'0 0 30,31 2 *'}    | ${'it never happens'}
  `('$expression is refused: $wrong', ({ expression, wrong }) => {
    expect(readCalendar(expression, 'UTC')).toEqual({ ok: false, wrong });
  });
});

describe('a time zone', () => {
  it.each(['Europe/Berlin', 'America/New_York', 'UTC'])('accepts %s', (name) => {
    expect(isTimezone(name)).toBe(true);
  });

  it.each(['', 'Nowhere/City', '+02:00', 'europe/berlin ', '2', 'Berlin'])('refuses %j', (name) => {
    expect(isTimezone(name)).toBe(false);
  });
});
