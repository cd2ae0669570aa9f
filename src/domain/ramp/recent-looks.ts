import { type Batch, merge } from '../guard/batch.ts';

/** What one look counted, or several neighbouring ones together. */
export interface LookCounts {
  readonly step: number;
  readonly from: string;
  readonly until: string;
  readonly counted: Batch;
}

/** As many points as a chart in chat has room for. */
export const mostLooksKept = 20;

/**
 * The looks of a ramp, for a chart of it. When there are too many, two neighbours of one step become one look with the counts of both, so
 * that nothing is left out: those that together took the shortest time.
 */
export function withLook(looks: readonly LookCounts[], look: LookCounts): readonly LookCounts[] {
  const all = [...looks, look];
  return all.length <= mostLooksKept ? all : thinned(all);
}

function thinned(looks: readonly LookCounts[]): readonly LookCounts[] {
  const pairs = looks.flatMap((look, at) => {
    const next = looks[at + 1];
    return next?.step === look.step ? [{ at, both: bothLooks(look, next) }] : [];
  });
  const [first, ...more] = pairs;
  if (first === undefined) return looks.slice(1);
  const { at, both } = more.reduce((best, pair) => (lengthMs(pair.both) < lengthMs(best.both) ? pair : best), first);
  return [...looks.slice(0, at), both, ...looks.slice(at + 2)];
}

/** Two looks as one. */
export function bothLooks(first: LookCounts, second: LookCounts): LookCounts {
  const { from } = first;
  return { ...second, from, counted: merge(first.counted, second.counted) };
}

function lengthMs({ from, until }: LookCounts): number {
  return Date.parse(until) - Date.parse(from);
}
