import { type Change, objectsOf } from '../domain/change/change.ts';
import { objectKey } from '../domain/routing/object.ts';

/** The place of a waiting change in its lines. Empty if it is in none. */
export interface PlaceInLine {
  readonly place: string;
  /** No worker has a lease on it, and it does not rest. */
  readonly isFree: boolean;
}

/**
 * The changes that wait only for a worker: they are free, and no other of `changes` is before them in a line. Changes that are not in
 * `changes` do not count: their records may be unreadable, and those must not hold up a line.
 */
export function strandedOf(changes: readonly Change[], standing: ReadonlyMap<string, PlaceInLine>): readonly Change[] {
  const still = changes.flatMap((change) => {
    const its = standing.get(change.id);
    return its === undefined ? [] : [{ change, ...its }];
  });
  const taken = new Set<string>();
  const stranded = still.toSorted(byPlace).filter(({ change, isFree }) => {
    const lines = objectsOf(change).map(objectKey);
    const isFirst = !lines.some((line) => taken.has(line));
    for (const line of lines) taken.add(line);
    return isFirst && isFree;
  });
  return stranded.map(({ change }) => change);
}

type Placed = { readonly change: Pick<Change, 'id'> } & PlaceInLine;

/** Sorts as Redis sorts a line. A change without a place comes last: it lost its place, or a replica of version 1 put it in line. */
function byPlace(a: Placed, b: Placed): number {
  if (a.place === b.place)
    return a.place === '' || a.change.id === b.change.id ? 0 : a.change.id < b.change.id ? -1 : 1;
  return scoreOf(a) < scoreOf(b) ? -1 : 1;
}

function scoreOf({ place }: Placed): number {
  if (place === '') return Number.POSITIVE_INFINITY;
  return place === '-inf' ? Number.NEGATIVE_INFINITY : Number(place);
}
