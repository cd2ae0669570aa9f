import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/domain/guard/batch.ts';
import {
  lookEveryMs,
  nextGuardLook,
  type Scraped,
  shortestWatchedMs,
  timesToBegin,
} from '../../../src/domain/guard/looks.ts';
import { looksBeyond } from '../../../src/domain/guard/own.ts';
import { addSeen, batchesOf, nothingSeen, totalOf } from '../../../src/domain/guard/seen-so-far.ts';

const t0 = Date.parse('2026-11-22T14:03:11.000Z');
const at = (seconds: number) => new Date(t0 + seconds * 1_000).toISOString();
const step = { appliedAt: at(0) };

function scraped(since: number, until: number): Scraped {
  return { since: new Date(at(since)), until: new Date(at(until)), everyMs: 15_000 };
}

describe('the next look of a guard', () => {
  const none: string | undefined = undefined;

  it.each`
    cursor    | since | until | ended   | next
    ${none}   | ${-5} | ${9}  | ${none} | ${{ kind: 'wait' }}
    ${none}   | ${9}  | ${20} | ${none} | ${{ kind: 'wait' }}
    ${none}   | ${10} | ${20} | ${none} | ${{ kind: 'begin', cursor: at(20) }}
    ${at(-3)} | ${10} | ${20} | ${none} | ${{ kind: 'begin', cursor: at(20) }}
    ${at(-3)} | ${5}  | ${20} | ${none} | ${{ kind: 'wait' }}
    ${none}   | ${30} | ${40} | ${40}   | ${{ kind: 'wait' }}
    ${at(20)} | ${20} | ${20} | ${none} | ${{ kind: 'wait' }}
    ${at(20)} | ${5}  | ${19} | ${none} | ${{ kind: 'wait' }}
    ${at(20)} | ${22} | ${35} | ${none} | ${{ kind: 'look', from: at(20), until: at(35) }}
    ${at(20)} | ${22} | ${95} | ${60}   | ${{ kind: 'look', from: at(20), until: at(60) }}
    ${at(60)} | ${80} | ${95} | ${60}   | ${{ kind: 'wait' }}
  `(
    'is $next.kind, looked up to $cursor, samples from $since to $until, the step ended at $ended',
    ({ cursor, since, until, ended, next }) => {
      const lived = ended === undefined ? step : { ...step, endedAt: at(ended) };

      expect(nextGuardLook(lived, cursor, scraped(since, until))).toEqual(next);
    },
  );

  it('never counts anything twice or leaves anything out, whenever a process looks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 }), (seconds) => {
        const looks = [];
        let cursor: string | undefined;
        let begun: string | undefined;
        for (const second of seconds) {
          const next = nextGuardLook(step, cursor, scraped(second - 8, second));
          if (next.kind === 'look') looks.push(next);
          if (next.kind === 'begin') begun = next.cursor;
          cursor = next.kind === 'look' ? next.until : next.kind === 'begin' ? next.cursor : cursor;
        }

        expect(looks.map(({ from }) => from)).toEqual(
          [begun, ...looks.map(({ until }) => until)].slice(0, looks.length),
        );
        if (begun !== undefined) expect(Date.parse(begun)).toBeGreaterThanOrEqual(t0 + 10_000);
      }),
    );
  });

  it('can begin late, at a time that has passed, when nobody looked', () => {
    const seconds = (now: number, ended?: number) =>
      timesToBegin(ended === undefined ? step : { ...step, endedAt: at(ended) }, new Date(at(now))).map(
        (time) => (time.getTime() - t0) / 1_000,
      );

    expect(seconds(5)).toEqual([]);
    expect(seconds(20)).toEqual([20]);
    expect(seconds(50)).toEqual([25, 40, 50]);
    expect(seconds(5_000)).toEqual([25, 40, 70, 130, 310, 5_000]);
    expect(seconds(5_000, 60)).toEqual([25, 40, 60]);
  });

  it.each`
    stepMs     | scrapeMs  | everyMs
    ${300_000} | ${1_000}  | ${15_000}
    ${300_000} | ${30_000} | ${30_000}
    ${30_000}  | ${2_000}  | ${9_000}
    ${16_000}  | ${2_000}  | ${2_000}
  `('comes every $everyMs ms in a step of $stepMs ms, scraped every $scrapeMs ms', ({ stepMs, scrapeMs, everyMs }) => {
    expect(lookEveryMs(stepMs, scrapeMs)).toBe(everyMs);
  });

  it('needs a step that is long enough for two of them', () => {
    expect([1_000, 2_000, 15_000, 60_000].map(shortestWatchedMs)).toEqual([15_000, 16_000, 55_000, 190_000]);
    for (const every of [1_000, 2_000, 15_000, 60_000]) {
      const shortest = shortestWatchedMs(every);
      expect(10_000 + every + 2 * lookEveryMs(shortest, every)).toBeLessThanOrEqual(shortest);
    }
  });
});

describe('a number of the operator’s own', () => {
  it.each`
    values                      | beyond
    ${[]}                       | ${0}
    ${[0.02, 0.02]}             | ${0}
    ${[0.03, 0.021]}            | ${2}
    ${[0.03, undefined, 0.03]}  | ${2}
    ${[0.03, 0.03, 0.01, 0.03]} | ${1}
    ${[undefined]}              | ${0}
  `('was above 0.02 in $beyond looks in a row after $values', ({ values, beyond }) => {
    const after = values.reduce((row: number, value: number | undefined) => looksBeyond(row, value, 0.02), 0);

    expect(after).toBe(beyond);
  });
});

describe('what was seen so far', () => {
  const batch = (requests: number, bad: number): Batch => ({
    canary: { requests, bad },
    others: { requests: 9 * requests, bad },
  });

  it('is kept by step and caller, and summed for people', () => {
    const one = addSeen(nothingSeen(2), 1, new Map([['a/a', batch(10, 1)]]));
    const two = addSeen(one, 2, new Map(['a/a', 'b/b'].map((caller) => [caller, batch(20, 0)])));
    const three = addSeen(two, 2, new Map([['b/b', batch(5, 2)]]));

    expect(totalOf(three)).toEqual(batch(55, 3));
    expect(totalOf(three.slice(1))).toEqual(batch(45, 2));
    expect(batchesOf(three)).toEqual([batch(10, 1), batch(20, 0), batch(25, 2)]);
    expect(JSON.parse(JSON.stringify(three))).toEqual(three);
  });

  it('has room for many callers, and counts the rest without comparing them with each other', () => {
    const callers = Array.from({ length: 60 }, (_, index) => [`default/caller-${index}`, batch(1, 0)] as const);

    const seen = addSeen(nothingSeen(1), 1, new Map([...callers, ['__proto__', batch(1, 1)]]));

    expect(batchesOf(seen)).toHaveLength(50);
    expect(totalOf(seen)).toEqual(batch(61, 1));
  });
});
