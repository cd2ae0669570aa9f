import { describe, expect, it } from 'vitest';
import { enumerate, namedCase } from './cases.ts';
import { leadsTo, type Pass } from './faults.ts';
import { instrument } from './instrument.ts';

const { steps } = instrument(
  'async function showCard() { await claim.release(); await put().catch(log); } async function put() { await post(); }',
  'workflow/showing/cards',
  'step.ts',
);
const [release = '', put = '', post = ''] = steps.map(({ name }) => name);
const delivery = 'http/slack-guard guard 2: next(request, response)';

describe('a step that is asked for by its name', () => {
  it('is a case, whether or not a run passes it', () => {
    const at = { place: 'cards put', awaits: 'post(', via: ['cards showCard'] };

    expect(namedCase('shift', 'throw-before', at, steps)).toMatchObject({ scenario: 'shift', form: 'peer', at });
  });

  it.each`
    what                                        | at
    ${'a function that is not there'}           | ${{ place: 'cards show', awaits: 'post(' }}
    ${'an await that is not there'}             | ${{ place: 'cards put', awaits: 'update(' }}
    ${'a way that is not there'}                | ${{ place: 'cards put', awaits: 'post(', via: ['cards bring'] }}
    ${'an await out of which no exception can'} | ${{ place: 'cards showCard', awaits: 'put(' }}
  `('is an error where it is $what', ({ at }) => {
    expect(() => namedCase('shift', 'throw-after', at, steps)).toThrow('the bot has no such step for throw-after');
  });

  it.each`
    path                                     | is
    ${[release]}                             | ${false}
    ${[post]}                                | ${false}
    ${[put, post]}                           | ${true}
    ${[delivery, put, post]}                 | ${true}
    ${[put, post, 'redis/connect ask 1: …']} | ${false}
  `('is met at the end of a way that leads through the places that are named: $path', ({ path, is }) => {
    const named = { place: 'cards put', awaits: 'post(', via: ['cards showCard'] };

    expect(leadsTo(path.join(' > '), named)).toBe(is);
  });
});

describe('the cases that every run has', () => {
  it('are at what a delivery waits for, and at no card', () => {
    const asked = [
      ...steps,
      { name: delivery, kind: 'await', calls: true, throws: true, begins: true },
      { name: 'process/rounds #turn 1: round()', kind: 'await', calls: true, throws: true, begins: true },
    ] as const;
    const passes = [
      passOf(delivery),
      passOf(delivery, post),
      passOf(delivery, release),
      passOf('process/rounds #turn 1: round()'),
    ];

    const { points, certain } = enumerate('shift', { passes, moments: [] }, asked);

    expect(points).toHaveLength(3);
    expect(new Set(certain.map(({ at }) => at))).toEqual(new Set([passOf(delivery)]));
  });
});

function passOf(...names: readonly string[]): Pass {
  return { path: names.join(' > '), nth: 1, name: names.at(-1) ?? '', waits: true };
}
