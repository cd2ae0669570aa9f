import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSteps } from '../../../src/domain/ramp/read-steps.ts';
import { formatSteps, longestStepMs, mostSteps, shortestStepMs } from '../../../src/domain/ramp/steps.ts';
import { processorMs } from '../../support/processor-time.ts';

const good: readonly (readonly [typed: string, steps: string])[] = [
  ['10,25,50,100 every 5m', '10,25,50,100 every 5m'],
  [' 10 ,25 , 50,100  every 5m ', '10,25,50,100 every 5m'],
  ['10 25 50 100 EVERY 5M', '10,25,50,100 every 5m'],
  ['10,,25, every 5m', '10,25 every 5m'],
  ['10%, 25 %, 50 % every 5m', '10,25,50 every 5m'],
  ['1, 5, 25, 50, 100 every 10m', '1,5,25,50,100 every 10m'],
  ['100,50,0 every 1h', '100,50,0 every 1h'],
  ['10,50,20 every 15s', '10,50,20 every 15s'],
  ['10,100 every 7d', '10,100 every 7d'],
  ['10..100 by 10 every 5m', '10,20,30,40,50,60,70,80,90,100 every 5m'],
  ['10 .. 100 by 30 every 5m', '10,40,70,100 every 5m'],
  ['10..100 by 40 every 5m', '10,50,90,100 every 5m'],
  ['100..0 by 40 every 5m', '100,60,20,0 every 5m'],
  ['0..100 by 100 every 5m', '0,100 every 5m'],
  ['1, 5..25 by 10, 100 every 5m', '1,5,15,25,100 every 5m'],
  ['5..100 by 5 every 5m', '5,10,15,20,25,30,35,40,45,50,55,60,65,70,75,80,85,90,95,100 every 5m'],
  ['10 for 30m, 50 ask, 100', '10 for 30m, 50 ask, 100 for 30m'],
  ['10 for 30m, 50 for 1h, 100', '10 for 30m, 50 for 1h, 100 for 1h'],
  ['10 for 5m, 100', '10,100 every 5m'],
  ['10 ask, 100', '10 ask, 100 for 5m'],
  ['10 ask, 50 ask, 100 for 2h', '10 ask, 50 ask, 100 for 2h'],
  ['10, 50 ask, 100 every 5m', '10 for 5m, 50 ask, 100 for 5m'],
  ['10 for 1h, 50, 100 every 5m', '10 for 1h, 50 for 5m, 100 for 5m'],
  ['50 for 20m', '50 for 20m'],
  ['50 every 20m', '50 for 20m'],
  ['linear10every1m', '10,20,30,40,50,60,70,80,90,100 every 1m'],
  ['linear30every10m', '30,60,90,100 every 10m'],
  ['Linear50PercentEvery3Minutes', '50,100 every 3m'],
  ['CodeDeployDefault.ECSLinear50PercentEvery1Minutes', '50,100 every 1m'],
  ['canary10for5m', '10,100 every 5m'],
  ['Canary10Percent30Minutes', '10,100 every 30m'],
  ['CodeDeployDefault.LambdaCanary10Percent5Minutes', '10,100 every 5m'],
];

/** Other ways to write steps, and the steps to copy. */
const nearMisses: readonly (readonly [typed: string, meant: string])[] = [
  ['10,25 every 5 m', '10,25 every 5m'],
  ['10,25 every 5 min', '10,25 every 5m'],
  ['10,25 every 5min', '10,25 every 5m'],
  ['10,25 every 5 minutes', '10,25 every 5m'],
  ['10,25 every 300 seconds', '10,25 every 5m'],
  ['10,25 every 2 hours', '10,25 every 2h'],
  ['10,25 every 2hrs', '10,25 every 2h'],
  ['10,25 every 1 day', '10,25 every 1d'],
  ['10,25 every 1h30m', '10,25 every 90m'],
  ['10,25 every 1h 30m', '10,25 every 90m'],
  ['10,25 every 1.5h', '10,25 every 90m'],
  ['10,25 every 05m', '10,25 every 5m'],
  ['10,25 every minute', '10,25 every 1m'],
  ['10,25 every hour', '10,25 every 1h'],
  ['10,25 each hour', '10,25 every 1h'],
  ['10,25 every 5', '10,25 every 5m'],
  ['10,25 every', '10,25 every 5m'],
  ['10,25 evry 5m', '10,25 every 5m'],
  ['10,25 evrey 5m', '10,25 every 5m'],
  ['10,25 ever 5m', '10,25 every 5m'],
  ['10,25 everry 5m', '10,25 every 5m'],
  ['10,25 each 5m', '10,25 every 5m'],
  ['10,25 per 5m', '10,25 every 5m'],
  ['10,25 at 5m', '10,25 every 5m'],
  ['10,25 every: 5m', '10,25 every 5m'],
  ['10,25 every=5m', '10,25 every 5m'],
  ['10,25 (every 5m)', '10,25 every 5m'],
  ['10,25 every 5m.', '10,25 every 5m'],
  ['10,25 every 5m!', '10,25 every 5m'],
  ['10,25 5m', '10,25 every 5m'],
  ['10,25 @5m', '10,25 every 5m'],
  ['10,25', '10,25 every 5m'],
  ['10 25 50', '10,25,50 every 5m'],
  ['10,25 for 5m', '10,25 every 5m'],
  ['10,25 fro 5m', '10,25 every 5m'],
  ['every 5m 10,25', '10,25 every 5m'],
  ['10 -> 20 every 5m', '10,20 every 5m'],
  ['10->20->50 every 5m', '10,20,50 every 5m'],
  ['10 --> 20 every 5m', '10,20 every 5m'],
  ['10 => 20 every 5m', '10,20 every 5m'],
  ['10 > 20 > 50 every 5m', '10,20,50 every 5m'],
  ['10 → 20 → 50 every 5m', '10,20,50 every 5m'],
  ['10/20/50 every 5m', '10,20,50 every 5m'],
  ['10; 20; 50 every 5m', '10,20,50 every 5m'],
  ['10|20|50 every 5m', '10,20,50 every 5m'],
  ['10-20-50 every 5m', '10,20,50 every 5m'],
  ['10 – 20 – 50 every 5m', '10,20,50 every 5m'],
  ['10 & 20 every 5m', '10,20 every 5m'],
  ['10 then 20 then 50 every 5m', '10,20,50 every 5m'],
  ['10, 20 and 50 every 5m', '10,20,50 every 5m'],
  ['10 to 20 every 5m', '10,20 every 5m'],
  ['[10,20,50] every 5m', '10,20,50 every 5m'],
  ['"10,20,50" every 5m', '10,20,50 every 5m'],
  ['10 percent, 20 percent every 5m', '10,20 every 5m'],
  ['10 pct 20 pct every 5m', '10,20 every 5m'],
  ['to 10,20 every 5m', '10,20 every 5m'],
  ['in 10,20 every 5m', '10,20 every 5m'],
  ['steps 10,20 every 5m', '10,20 every 5m'],
  ['steps: 10,20 every 5m', '10,20 every 5m'],
  ['from 10 to 100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10 to 100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10-100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10 -> 100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10…100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10...100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10.100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10:100 by 10 every 5m', '10..100 by 10 every 5m'],
  ['10..100 in steps of 10 every 5m', '10..100 by 10 every 5m'],
  ['10..100 steps of 10 every 5m', '10..100 by 10 every 5m'],
  ['10..100 step 10 every 5m', '10..100 by 10 every 5m'],
  ['10..100 +10 every 5m', '10..100 by 10 every 5m'],
  ['10%..100% by 10% every 5 m', '10..100 by 10 every 5m'],
  ['10..100 by 10 for 5m', '10..100 by 10 every 5m'],
  ['10..100 by 10 5m', '10..100 by 10 every 5m'],
  ['10..100 by 10', '10..100 by 10 every 5m'],
  ['10..100 every 5m', '10..100 by 10 every 5m'],
  ['10..100', '10..100 by 10 every 5m'],
  ['10..100 by 0 every 5m', '10..100 by 10 every 5m'],
  ['1..100 by 1 every 5m', '1..100 by 6 every 5m'],
  ['10,10,20 every 5m', '10,20 every 5m'],
  ['10,20,20 every 5m', '10,20 every 5m'],
  ['10 for 30 m, 50 ask, 100', '10 for 30m, 50 ask, 100'],
  ['10 for 30 minutes, 50 ask, 100', '10 for 30m, 50 ask, 100'],
  ['10 for 30, 50 ask, 100', '10 for 30m, 50 ask, 100'],
  ['10 30m, 50 1h, 100 2h', '10 for 30m, 50 for 1h, 100 for 2h'],
  ['10:30m, 50:1h, 100:2h', '10 for 30m, 50 for 1h, 100 for 2h'],
  ['10@30m 50@1h 100', '10 for 30m, 50 for 1h, 100'],
  ['10 (30m), 50 (1h), 100', '10 for 30m, 50 for 1h, 100'],
  ['10 during 30m, 50 ask, 100', '10 for 30m, 50 ask, 100'],
  ['10 for 30m, 50 asks, 100', '10 for 30m, 50 ask, 100'],
  ['10 for 30m, 50 aks, 100', '10 for 30m, 50 ask, 100'],
  ['10 for 30m, 50 approval, 100', '10 for 30m, 50 ask, 100'],
  ['10 for 30m, 50 manual, 100', '10 for 30m, 50 ask, 100'],
  ['10 pause 10m, 50 pause, 100', '10 for 10m, 50 ask, 100'],
  ['10 wait 10m, 50 hold, 100', '10 for 10m, 50 ask, 100'],
  ['10 for 30m, 50, 100', '10 for 30m, 50 for 30m, 100'],
  ['10, 50 for 30m, 100', '10 for 30m, 50 for 30m, 100'],
  ['10 for 30m, 50 ask, 100 ask', '10 for 30m, 50 ask, 100'],
  ['10 for 30m then 50 ask then 100', '10 for 30m, 50 ask, 100'],
  ['50 ask', '50 ask, 100'],
  ['10,25 every 5m please', '10,25 every 5m'],
  ['10,25 every 5m and more', '10,25 every 5m'],
  ['10,25 every 5m until friday', '10,25 every 5m'],
];

/** What cannot be meant otherwise: what is wrong, and what to know. */
const faults: readonly (readonly [typed: string, wrong: string, next: string])[] = [
  ['10,150 every 5m', '`150` is not a percentage', 'whole number'],
  ['10,-5 every 5m', '`-5` is not a percentage', 'whole number'],
  ['10,25.5 every 5m', '`25.5` is not a percentage', 'whole number'],
  ['0.1,1,5 every 5m', '`0.1` is not a percentage', 'whole number'],
  ['010,20 every 5m', '`010` is not a percentage', 'whole number'],
  ['10,20 every 14s', 'cannot last `14s`', '`15s` to `7d`'],
  ['10,20 every 8d', 'cannot last `8d`', '`15s` to `7d`'],
  ['10 for 1s, 20', 'cannot last `1s`', '`15s` to `7d`'],
  ['10,20 every 0m', '`0m` is not a length of time', 'its unit'],
  ['10..10 by 5 every 5m', 'begins and ends at 10 %', '`10,25,50,100 every 5m`'],
  ['10..100 by ten every 5m', '`ten` is no distance', '`10..100 by 10`'],
  ['100 ask', 'nothing to ask about', '`100 for 5m`'],
  ['50', 'how long each step is watched', '`10,25,50,100 every 5m`'],
  ['', 'No step is named', '`10,25,50,100 every 5m`'],
  ['every 5m', 'No step is named before `every`', '`10,25,50,100 every 5m`'],
  ['foo,bar every 5m', '`foo` is not understood', '`10,25,50,100 every 5m`'],
  ['linear10every', '`linear10every` is not understood', '`10,25,50,100 every 5m`'],
  ['linear1every1m', '20 steps at most', '`1..100 by 6 every 1m`'],
  ['linear0every1m', '`0` is no distance', ''],
  ['canary100for5m', 'same share, 100 %', ''],
  ['1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1 every 5m', '20 steps at most', 'These are 21'],
];

describe('readSteps', () => {
  it.each(good)('reads %j as %s', (typed, steps) => {
    const read = readSteps(typed);

    expect('steps' in read ? formatSteps(read.steps) : read).toBe(steps);
  });

  it.each(nearMisses)('answers %j with %s to copy', (typed, meant) => {
    const read = readSteps(typed);

    expect(read).toEqual({ wrong: expect.stringMatching(/\.$/), next: `Did you mean \`${meant}\`?` });
    expect(readSteps(meant)).toHaveProperty('steps');
  });

  it('knows a hundred near misses', () => {
    expect(nearMisses.length).toBeGreaterThanOrEqual(100);
  });

  it.each(faults)('says of %j what is wrong: %s', (typed, wrong, next) => {
    const read = readSteps(typed);

    expect(read).toEqual({ wrong: expect.stringContaining(wrong), next: expect.stringContaining(next) });
  });

  it('makes a whole command of the steps that it suggests', () => {
    const inCommand = (steps: string) => `/shift reviews v3 ${steps}`;

    expect(readSteps('10 -> 50 every 5m', inCommand)).toMatchObject({
      next: 'Did you mean `/shift reviews v3 10,50 every 5m`?',
    });
    expect(readSteps('foo', inCommand)).toMatchObject({
      next: expect.stringContaining('`/shift reviews v3 10,25,50,100 every 5m`'),
    });
  });

  it('reads only steps within their bounds, and suggests only steps that it reads', () => {
    const word = fc.oneof(
      fc.nat(120).map(String),
      fc.constantFrom(
        '10',
        '50',
        '100',
        '10,50',
        '10..100',
        '..',
        ',',
        'by',
        'for',
        'ask',
        'every',
        '5m',
        '30m',
        '5',
        'm',
      ),
      fc.constantFrom(
        '->',
        '-',
        '%',
        'to',
        'then',
        'pause',
        'each',
        '1h',
        '10s',
        '9d',
        '0',
        '@',
        ':',
        '…',
        '1.5h',
        'linear10every1m',
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), fc.constantFrom('', ' '), (words, space) => {
        const read = readSteps(words.join(space));
        const text = 'steps' in read ? formatSteps(read.steps) : /^Did you mean `(.*)`\?$/.exec(read.next)?.[1];
        const again = text === undefined ? read : readSteps(text);

        if (text !== undefined) expect(again).toHaveProperty('steps');
        if (!('steps' in again)) return;
        const { steps } = again;
        expect(steps.length).toBeLessThanOrEqual(mostSteps);
        expect(steps.at(-1)?.stay.kind).toBe('for');
        for (const [at, { percent, stay }] of steps.entries()) {
          expect(percent >= 0 && percent <= 100 && Number.isInteger(percent)).toBe(true);
          expect(steps[at + 1]?.percent).not.toBe(percent);
          if (stay.kind === 'for') expect(stay.ms >= shortestStepMs && stay.ms <= longestStepMs).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('reads a range up to its end, in steps of one length but for the last', () => {
    const percent = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(percent, percent, fc.integer({ min: 6, max: 100 }), (from, to, by) => {
        fc.pre(from !== to);
        const read = readSteps(`${from}..${to} by ${by} every 5m`);
        const shares = 'steps' in read ? read.steps.map((step) => step.percent) : [];
        const distances = shares.slice(1).map((share, at) => Math.abs(share - (shares[at] ?? 0)));

        expect([shares[0], shares.at(-1)]).toEqual([from, to]);
        expect(distances.slice(0, -1).every((distance) => distance === by)).toBe(true);
        expect(distances.at(-1)).toBeLessThanOrEqual(by);
      }),
    );
  });

  it.each(['10,'.repeat(2000), '10 for 5m, 20 for 5m, '.repeat(100), '1..'.repeat(1000), 'every '.repeat(1000)])(
    'answers a long text in less than 5 ms: %#',
    (typed) => {
      expect(processorMs(() => readSteps(typed), { times: 20 })).toBeLessThan(5);
    },
  );
});
