import { columns } from './experiments.ts';
import type { Result, RowResult } from './simulate.ts';

/** How many of the ramps a row took back, and when. */
export interface Summary {
  readonly name: string;
  readonly taken: number;
  readonly ramps: number;
  /** Of all ramps. Infinity: most were never taken back. */
  readonly median: number;
  /** Of the ramps that were taken back. */
  readonly medianOfTaken: number;
}

/** A row that took back more ramps than it may, although nothing was wrong with them. */
export interface Excess extends Summary {
  readonly experiment: string;
  readonly alpha: number;
}

export function summaryOf({ name, seconds }: Pick<RowResult, 'name' | 'seconds'>): Summary {
  const sorted = seconds.toSorted((a, b) => a - b);
  const taken = sorted.filter(Number.isFinite);
  const middle = (times: readonly number[]) => times[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY;
  return { name, taken: taken.length, ramps: sorted.length, median: middle(sorted), medianOfTaken: middle(taken) };
}

/** The null cases in which a row with a promise did not keep it. */
export function excesses(results: readonly Result[]): readonly Excess[] {
  return results
    .filter(({ isNull }) => isNull)
    .flatMap(({ name: experiment, rows }) =>
      rows.flatMap((row) => (row.alpha === undefined ? [] : [{ ...summaryOf(row), experiment, alpha: row.alpha }])),
    )
    .filter(({ taken, ramps, alpha }) => exceeds(taken, ramps, alpha));
}

/** Whether so many false alarms are no bad luck: with a chance of alpha each, fewer than one run in 1,000 has them. */
export function exceeds(taken: number, ramps: number, alpha: number): boolean {
  let [logChance, below] = [ramps * Math.log1p(-alpha), 0];
  for (let count = 0; count < taken; count++) {
    below += Math.exp(logChance);
    logChance += Math.log(((ramps - count) / (count + 1)) * (alpha / (1 - alpha)));
  }
  return 1 - below < 0.001;
}

/** The large table: false alarms of each method, and how fast it notices. */
export function tableOfMethods(results: readonly Result[]): readonly string[] {
  const nulls = [columns.null, columns.long, columns.often, columns.outage].map((name) => summaries(results, name));
  const staying = summaries(results, columns.staying);
  const rare = summaries(results, columns.rare);
  const lines = staying.map(({ name, median }, at) => {
    const caught = rare[at];
    return row([
      name,
      ...nulls.map((column) => percent(column[at])),
      time(median),
      caught === undefined || caught.taken === 0
        ? percent(caught)
        : `${percent(caught)}, ${time(caught.medianOfTaken)}`,
    ]);
  });
  const titles = ['method', ...Object.values(columns)];
  return [row(titles), row(titles.map(() => '---')), ...lines];
}

/** A line for each row of the experiments that the large table has no column for. */
export function linesBeside(results: readonly Result[]): readonly string[] {
  const inTable: readonly string[] = Object.values(columns);
  return results
    .filter(({ name }) => !inTable.includes(name))
    .flatMap(({ name, isNull, rows }) =>
      rows.map((each) => {
        const { taken, medianOfTaken, ...summary } = summaryOf(each);
        const when = taken === 0 || isNull ? '' : `, median of these ${time(medianOfTaken)}`;
        return `- ${name}${isNull ? ' (null)' : ''}: ${summary.name}: ${percent({ ...summary, taken })}${when}`;
      }),
    );
}

function summaries(results: readonly Result[], name: string): readonly Summary[] {
  return results.find((result) => result.name === name)?.rows.map(summaryOf) ?? [];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function percent(summary: Pick<Summary, 'taken' | 'ramps'> | undefined): string {
  if (summary === undefined) return '';
  const share = (100 * summary.taken) / summary.ramps;
  return `${share.toFixed(share < 1 ? 2 : share < 10 ? 1 : 0)} %`;
}

function time(seconds: number): string {
  return Number.isFinite(seconds) ? `${seconds} s` : 'never';
}
