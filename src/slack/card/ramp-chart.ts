import type { Block } from '@slack/types';
import { shareBad } from '../../domain/guard/batch.ts';
import { canaryOf } from '../../domain/ramp/direction.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { bothLooks, type LookCounts } from '../../domain/ramp/recent-looks.ts';
import { visible } from '../../domain/text/typed-text.ts';

/** A chart of Slack, of 2026-06: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block. `@slack/types` 3.2 lacks it. */
export interface ChartBlock extends Block {
  readonly type: 'data_visualization';
  readonly title: string;
  readonly chart: {
    readonly type: 'line';
    readonly series: readonly Series[];
    readonly axis_config: {
      readonly categories: readonly string[];
      readonly x_label: string;
      readonly y_label: string;
    };
  };
}

/** One line. It has one point for each category, and its name is its own. */
interface Series {
  readonly name: string;
  readonly data: readonly { readonly label: string; readonly value: number }[];
}

export function isChart(block: Block): boolean {
  return block.type === 'data_visualization';
}

/** Slack's limit for names and labels. */
const maxLabel = 20;
const others = 'others';

/**
 * Which share of the requests failed at each look: a line for the versions that grow, and one for the others. A share, because there are
 * not as many requests on one side as on the other. Undefined where there is nothing to draw a line through.
 */
export function rampChart(ramp: Ramp): ChartBlock | undefined {
  const looks = comparable(ramp.guards?.recent ?? []);
  if (looks.length < 2) return undefined;
  const labels = labelsOf(looks);
  const line = (name: string, side: 'canary' | 'others'): Series => ({
    name,
    data: looks.map(({ counted }, at) => ({ label: labels[at] ?? '', value: percentBad(counted[side]) })),
  });
  return {
    type: 'data_visualization',
    title: 'Requests that failed, at each look',
    chart: {
      type: 'line',
      series: [line(canaryLabel(ramp), 'canary'), line(others, 'others')],
      axis_config: { categories: labels, x_label: 'Time in UTC', y_label: '% of requests' },
    },
  };
}

/** A side of which a look saw nothing has no share. Its counts are added to those of its neighbour in the step. */
function comparable(looks: readonly LookCounts[]): readonly LookCounts[] {
  const joined: LookCounts[] = [];
  for (const look of looks) {
    const last = joined.at(-1);
    if (last !== undefined && last.step === look.step && !(hasBoth(last) && hasBoth(look)))
      joined.splice(-1, 1, bothLooks(last, look));
    else joined.push(look);
  }
  return joined.filter(hasBoth);
}

function hasBoth({ counted: { canary, others } }: LookCounts): boolean {
  return canary.requests > 0 && others.requests > 0;
}

function percentBad(tally: LookCounts['counted']['canary']): number {
  return Math.round(shareBad(tally) * 10_000) / 100;
}

/** `14:03:11`, with the day before it if there are several days. */
function labelsOf(looks: readonly LookCounts[]): readonly string[] {
  const days = new Set(looks.map(({ until }) => until.slice(0, 10)));
  const from = days.size > 1 ? 5 : 11;
  return looks.map(({ until }) => new Date(until).toISOString().slice(from, 19).replace('T', ' '));
}

function canaryLabel(ramp: Ramp): string {
  const name = [...visible(canaryOf(ramp).join(', ')).trim()];
  const fitting = name.length > maxLabel ? [...name.slice(0, maxLabel - 1), '…'] : name;
  return fitting.length === 0 || fitting.join('') === others ? 'new version' : fitting.join('');
}
