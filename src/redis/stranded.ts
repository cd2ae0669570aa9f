import { type Change, objectsOf } from '../domain/change/change.ts';
import { objectKey } from '../domain/routing/object.ts';

/** Where a waiting change stands in its lines; empty where it stands in none. */
export interface PlaceInLine {
  readonly place: string;
  /** Nobody has it in hand, and it does not rest. */
  readonly isFree: boolean;
}

/**
 * Of these changes, which wait for nobody but a worker: they are free, and no other of these stands before them in a line. What is not
 * among these does not count. It may be a record that nobody can read, and that must not hold up its line.
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

/** As Redis sorts a line. What has no place comes last: it has lost it, or a replica of version 1 has lined it up. */
function byPlace(a: Placed, b: Placed): number {
  if (a.place === b.place)
    return a.place === '' || a.change.id === b.change.id ? 0 : a.change.id < b.change.id ? -1 : 1;
  return scoreOf(a) < scoreOf(b) ? -1 : 1;
}

function scoreOf({ place }: Placed): number {
  if (place === '') return Number.POSITIVE_INFINITY;
  return place === '-inf' ? Number.NEGATIVE_INFINITY : Number(place);
}
