import { describe, expect, it } from 'vitest';
import { card } from '../../../src/slack/card/card.ts';
import { rampCard } from '../../../src/slack/card/ramp.ts';
import { isChart, rampChart } from '../../../src/slack/card/ramp-chart.ts';
import { change } from '../../support/builders.ts';
import { aRampTo, counted, guardsAfter, plannedSteps } from '../../support/ramp-builders.ts';

const looks = [counted([1, 100], [9, 900]), counted([4, 80], [0, 900])];

describe('the chart of a ramp', () => {
  it('has a line for the canary and one for the others, with the share that failed at each look', () => {
    expect(rampChart(aRampTo({ guards: guardsAfter(looks) }))).toEqual({
      type: 'data_visualization',
      title: 'Requests that failed, at each look',
      chart: {
        type: 'line',
        series: [
          {
            name: 'v3',
            data: [
              { label: '14:03:36', value: 1 },
              { label: '14:03:51', value: 5 },
            ],
          },
          {
            name: 'others',
            data: [
              { label: '14:03:36', value: 1 },
              { label: '14:03:51', value: 0 },
            ],
          },
        ],
        axis_config: { categories: ['14:03:36', '14:03:51'], x_label: 'Time in UTC', y_label: '% of requests' },
      },
    });
  });

  it('stands once on the card, before its buttons', () => {
    const { blocks } = rampCard({ ramp: aRampTo({ guards: guardsAfter(looks) }), change: undefined });

    expect(blocks.filter(isChart)).toHaveLength(1);
    expect(blocks.slice(-2).map(({ type }) => type)).toEqual(['data_visualization', 'actions']);
    expect(card(change()).blocks.filter(isChart)).toEqual([]);
  });

  it.each`
    case                                      | counts
    ${'no look'}                              | ${[]}
    ${'one look: there is no line to draw'}   | ${looks.slice(0, 1)}
    ${'looks that saw nothing of the canary'} | ${[counted([0, 0], [9, 900]), counted([0, 0], [9, 900])]}
    ${'looks with nobody to compare with'}    | ${[counted([1, 100], [0, 0]), counted([1, 100], [0, 0])]}
  `('is left out with $case', ({ counts }) => {
    expect(rampChart(aRampTo({ guards: guardsAfter(counts) }))).toBeUndefined();
    expect(rampChart(aRampTo())).toBeUndefined();
  });

  it('adds a look that saw nothing of one side to its neighbour, and shows no 0 % for it', () => {
    const guards = guardsAfter([...looks, counted([0, 0], [36, 900]), counted([10, 100], [90, 900])]);

    expect(rampChart(aRampTo({ guards }))?.chart.series.map(({ data }) => data.map(({ value }) => value))).toEqual([
      [1, 5, 10],
      [1, 2, 10],
    ]);
  });

  it('keeps to the limits of Slack, however long a version is called and however often it looked', () => {
    const version = `${'long-'.repeat(40)}name`;
    const guards = guardsAfter(Array.from({ length: 300 }, (_, at) => counted([at % 3, 10], [1, 90])));
    const chart = rampChart(aRampTo({ steps: plannedSteps([10, 100], version), guards }));

    expect(chart?.title.length).toBeLessThanOrEqual(50);
    expect(chart?.chart.axis_config.categories).toHaveLength(20);
    expect(new Set(chart?.chart.axis_config.categories).size).toBe(20);
    expect(chart?.chart.series.map(({ data }) => data.length)).toEqual([20, 20]);
    for (const { name } of chart?.chart.series ?? []) expect([...name].length).toBeLessThanOrEqual(20);
  });

  it('names the day where it goes over midnight', () => {
    const guards = guardsAfter(Array.from({ length: 3_000 }, () => counted([1, 10], [1, 90])));

    expect(rampChart(aRampTo({ guards }))?.chart.axis_config.categories.at(-1)).toBe('11-23 02:33:21');
  });
});
