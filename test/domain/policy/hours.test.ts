import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOpening, withinHours } from '../../../src/domain/policy/hours.ts';
import { hours } from '../../support/policies.ts';

const working = hours('Mon-Fri 09:00-17:00 Europe/Berlin');

function next(text: string, at: string): string {
  return nextOpening(hours(text), new Date(at)).toISOString().replace('.000Z', 'Z');
}

describe('hours', () => {
  it.each`
    at                            | within
    ${'2026-11-25T07:59:59.999Z'} | ${false}
    ${'2026-11-25T08:00:00Z'}     | ${true}
    ${'2026-11-25T15:59:59.999Z'} | ${true}
    ${'2026-11-25T16:00:00Z'}     | ${false}
    ${'2026-11-28T12:00:00Z'}     | ${false}
    ${'2026-07-01T07:00:00Z'}     | ${true}
    ${'2026-07-01T15:00:00Z'}     | ${false}
  `('go by the clock of their place: $at is within Mon-Fri 9-17 in Berlin: $within', ({ at, within }) => {
    expect(withinHours(working, new Date(at))).toBe(within);
  });

  it.each`
    text                     | at                        | within
    ${'Fri 22-06 UTC'}       | ${'2026-11-27T21:59:00Z'} | ${false}
    ${'Fri 22-06 UTC'}       | ${'2026-11-27T22:00:00Z'} | ${true}
    ${'Fri 22-06 UTC'}       | ${'2026-11-28T05:59:00Z'} | ${true}
    ${'Fri 22-06 UTC'}       | ${'2026-11-28T06:00:00Z'} | ${false}
    ${'Fri 22-06 UTC'}       | ${'2026-11-27T05:00:00Z'} | ${false}
    ${'Sun 22-06 UTC'}       | ${'2026-11-30T05:59:00Z'} | ${true}
    ${'Sun 22-06 UTC'}       | ${'2026-11-30T06:00:00Z'} | ${false}
    ${'Mon-Sun 0-24 UTC'}    | ${'2026-11-29T23:59:59Z'} | ${true}
    ${'Mon, Sat 9-17 UTC'}   | ${'2026-11-28T12:00:00Z'} | ${true}
    ${'Mon, Sat 9-17 UTC'}   | ${'2026-11-27T12:00:00Z'} | ${false}
    ${'Mon 9-12, 13-17 UTC'} | ${'2026-11-30T12:30:00Z'} | ${false}
    ${'Mon 9-12, 13-17 UTC'} | ${'2026-11-30T13:00:00Z'} | ${true}
    ${'Sat-Mon 9-17 UTC'}    | ${'2026-11-29T12:00:00Z'} | ${true}
    ${'Sat-Mon 9-17 UTC'}    | ${'2026-12-01T12:00:00Z'} | ${false}
  `('$text are over midnight and in several parts: $at: $within', ({ text, at, within }) => {
    expect(withinHours(hours(text), new Date(at))).toBe(within);
  });
});

describe('the next opening', () => {
  it.each`
    text                              | at                        | opens
    ${'Mon-Fri 9-17 Europe/Berlin'}   | ${'2026-11-25T12:00:00Z'} | ${'2026-11-25T12:00:00Z'}
    ${'Mon-Fri 9-17 Europe/Berlin'}   | ${'2026-11-25T16:00:00Z'} | ${'2026-11-26T08:00:00Z'}
    ${'Mon-Fri 9-17 Europe/Berlin'}   | ${'2026-11-27T16:00:01Z'} | ${'2026-11-30T08:00:00Z'}
    ${'Mon-Fri 9-17 Europe/Berlin'}   | ${'2026-03-27T20:00:00Z'} | ${'2026-03-30T07:00:00Z'}
    ${'Mon-Fri 9-17 Europe/Berlin'}   | ${'2026-10-23T20:00:00Z'} | ${'2026-10-26T08:00:00Z'}
    ${'Mon 9-17 Europe/Berlin'}       | ${'2026-11-23T16:00:00Z'} | ${'2026-11-30T08:00:00Z'}
    ${'Sun 02:15-05 Europe/Berlin'}   | ${'2026-03-29T00:00:00Z'} | ${'2026-03-29T01:00:00Z'}
    ${'Sun 02:15-2:45 Europe/Berlin'} | ${'2026-03-29T00:00:00Z'} | ${'2026-04-05T00:15:00Z'}
    ${'Sun 2:30-3 Europe/Berlin'}     | ${'2026-10-25T01:00:00Z'} | ${'2026-10-25T01:30:00Z'}
    ${'Sun 1-2:30 Europe/Berlin'}     | ${'2026-10-25T00:45:00Z'} | ${'2026-10-25T01:00:00Z'}
    ${'Mon 0-1 Pacific/Apia'}         | ${'2011-12-30T09:59:00Z'} | ${'2012-01-01T10:00:00Z'}
    ${'Fri 0-24 Pacific/Apia'}        | ${'2011-12-30T09:59:00Z'} | ${'2012-01-05T10:00:00Z'}
  `('of $text after $at is $opens', ({ text, at, opens }) => {
    expect(next(text, at)).toBe(opens);
  });
});

const aZone = fc.constantFrom(
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/St_Johns', 'Asia/Kolkata', 'Asia/Kathmandu'],
  ...[
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Pacific/Apia',
    'Pacific/Chatham',
    'America/Sao_Paulo',
    'Asia/Tehran',
  ],
);
const anInstant = fc.oneof(
  fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
  // Around the changes of the clocks in Europe, which random instants seldom meet.
  fc.integer({ min: -7_200_000, max: 7_200_000 }).map((off) => new Date(Date.parse('2026-03-29T01:00:00Z') + off)),
  fc.integer({ min: -7_200_000, max: 7_200_000 }).map((off) => new Date(Date.parse('2026-10-25T01:00:00Z') + off)),
);
const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const aRange = fc
  .record({ day: fc.constantFrom(...days), from: fc.nat(1439), to: fc.integer({ min: 1, max: 1440 }) })
  .filter(({ from, to }) => from !== to);

function clockOf(minutes: number): string {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** What a clock on the wall shows there, in words, as Intl writes it. */
function shownAt(timeZone: string, at: Date): { readonly day: string; readonly minute: number } {
  const text = at.toLocaleString('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' });
  const [, day = '', hour, minute] = /^(\w{3}),? (\d\d):(\d\d)$/.exec(text) ?? [];
  return { day, minute: Number(hour) * 60 + Number(minute) };
}

describe('for any instant, place and range', () => {
  it('being within the hours is what the clock on the wall says', () => {
    fc.assert(
      fc.property(aZone, aRange, anInstant, (zone, { day, from, to }, at) => {
        const read = hours(`${day} ${clockOf(from)}-${clockOf(to)} ${zone}`);
        const shown = shownAt(zone, at);
        const dayAfter = days[(days.indexOf(day) + 1) % 7];
        const isWithin =
          from < to
            ? shown.day === day && shown.minute >= from && shown.minute < to
            : (shown.day === day && shown.minute >= from) || (shown.day === dayAfter && shown.minute < to);

        expect(withinHours(read, at)).toBe(isWithin);
      }),
      { numRuns: 2_000 },
    );
  });

  it('the next opening is within, nothing before it is, and it is where a minute begins', () => {
    fc.assert(
      fc.property(aZone, aRange, anInstant, fc.double({ min: 0, max: 1, noNaN: true }), (zone, range, at, part) => {
        const read = hours(`${range.day} ${clockOf(range.from)}-${clockOf(range.to)} ${zone}`);
        const opens = nextOpening(read, at);
        const waits = opens.getTime() - at.getTime();

        expect(withinHours(read, opens)).toBe(true);
        expect(waits).toBeGreaterThanOrEqual(0);
        if (waits === 0) return;
        expect(opens.getTime() % 60_000).toBe(0);
        for (const before of [1, 60_000, Math.ceil(waits * part), waits])
          expect(withinHours(read, new Date(Math.max(at.getTime(), opens.getTime() - Math.max(1, before))))).toBe(
            false,
          );
      }),
      { numRuns: 1_000 },
    );
  });
});
