import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowAt } from '../../../src/domain/policy/freeze.ts';

const minute = 60_000;

/** Something that begins at these minutes. */
function beginsAt(minutes: readonly number[]) {
  const sorted = minutes.toSorted((a, b) => a - b).map((each) => each * minute);
  return {
    after: (moment: Date) => {
      const next = sorted.find((ms) => ms > moment.getTime());
      return next === undefined ? undefined : new Date(next);
    },
  };
}

describe('windows of a freeze that reach into each other', () => {
  it('end where the last of them does', () => {
    const someMinutes = fc.uniqueArray(fc.nat(400), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(someMinutes, fc.integer({ min: 1, max: 60 }), fc.nat(400), (minutes, lasts, at) => {
        const window = windowAt({ begins: beginsAt(minutes), lastsMs: lasts * minute }, new Date(at * minute));
        const from = minutes.filter((each) => each > at - lasts).toSorted((a, b) => a - b)[0];
        let end = from === undefined || from > at ? undefined : from + lasts;
        for (const each of minutes.toSorted((a, b) => a - b))
          if (end !== undefined && from !== undefined && each > from && each <= end) end = each + lasts;

        expect(window?.until?.getTime()).toBe(end === undefined ? undefined : end * minute);
      }),
    );
  });

  it('have no known end where they go on for a year, which is found in few looks', () => {
    let looks = 0;
    const hourly = {
      after: (moment: Date) => {
        looks += 1;
        return new Date((Math.floor(moment.getTime() / (60 * minute)) + 1) * 60 * minute);
      },
    };
    const window = windowAt({ begins: hourly, lastsMs: 31 * 24 * 60 * minute }, new Date('2026-11-23T12:00:00Z'));

    expect(window).toMatchObject({ until: undefined });
    expect(looks).toBeLessThan(40);
  });
});
