import type { Ramp } from './ramp.ts';
import type { ClustersLeft } from './ramp-state.ts';
import { clustersOf } from './sequence.ts';

/** All clusters of a ramp, the last one first. */
export function allLeft(ramp: Pick<Ramp, 'before'>): ClustersLeft {
  return { left: clustersOf(ramp).toReversed(), again: [] };
}

/** Those that may go back now, in order. */
export function nextToGoBack({ left, again }: ClustersLeft): readonly string[] {
  return left.length > 0 ? left : again;
}

/** What is left once a cluster is back. Undefined: nothing is. */
export function afterDone({ left, again }: ClustersLeft, cluster: string): ClustersLeft | undefined {
  const rest = { left: without(left, cluster), again: without(again, cluster) };
  return nextToGoBack(rest).length === 0 ? undefined : rest;
}

/** What is left once a cluster could not go back. `isLast`: all others are done, or could not either. */
export function afterFailure(
  { left, again }: ClustersLeft,
  cluster: string,
): { readonly clusters: ClustersLeft; readonly isLast: boolean } {
  const clusters = { left: without(left, cluster), again: [...without(again, cluster), cluster] };
  return { clusters, isLast: left.length === 0 || nextToGoBack(clusters)[0] === cluster };
}

function without(clusters: readonly string[], cluster: string): readonly string[] {
  return clusters.filter((each) => each !== cluster);
}
