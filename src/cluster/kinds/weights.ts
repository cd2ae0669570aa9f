import { type Move, type Split, weightOf } from '../../domain/routing/split.ts';
import { RejectedError } from '../../workflow/errors.ts';
import type { JsonPatch } from '../client/kube-client.ts';

/** The destinations of one rule, as its object holds them, and how their weights are written. */
export interface Weighed {
  readonly key: string;
  /** Where the list of destinations is. */
  readonly path: string;
  readonly versions: readonly string[];
  /** What the weights count as; parallel to `versions`. */
  readonly weights: readonly number[];
  /** A single destination has everything, whatever its weight says. */
  readonly ignoresSole?: boolean;
  /** The number that is written for a weight of a split; the weight itself if absent. */
  readonly written?: (weight: number) => number;
  /** A new destination beside the others, without its weight. Undefined if there is nothing to put it beside. */
  readonly beside: (version: string) => object | undefined;
}

/** A patch that sets the weights of these rules, and adds destinations for versions that get some and have none. */
export function weightsOf(what: string, rules: readonly Weighed[], moves: readonly Move[]): JsonPatch {
  return moves.flatMap(({ rule: wanted, to }) => {
    const found = rules.find(({ key }) => key === wanted);
    if (found === undefined) throw new RejectedError(`${what} has no rule ${wanted}`);
    return operations(found, to);
  });
}

function operations(
  { path, versions, weights, ignoresSole, written = (weight) => weight, beside }: Weighed,
  to: Split,
) {
  const added = Object.entries(to).filter(([version, weight]) => !versions.includes(version) && weight > 0);
  if (ignoresSole === true && versions.length + added.length === 1) return [];

  const changed = versions.flatMap((version, at) => {
    const weight = weightOf(to, version);
    const isSame = weights[at] === weight;
    return isSame ? [] : [{ op: 'add' as const, path: `${path}/${at}/weight`, value: written(weight) }];
  });
  const more = added.map(([version, weight]) => {
    const destination = beside(version);
    if (destination === undefined) throw new RejectedError(`there is no destination to put ${version} beside`);
    return { op: 'add' as const, path: `${path}/-`, value: { ...destination, weight: written(weight) } };
  });
  return [...changed, ...more];
}

/** The split of a rule. Destinations that nothing tells apart have their weights together. */
export function splitOf({
  versions,
  weights,
  ignoresSole,
}: Pick<Weighed, 'versions' | 'weights' | 'ignoresSole'>): Split {
  const [only] = versions;
  if (ignoresSole === true && versions.length === 1 && only !== undefined) return { [only]: 100 };
  const sums = new Map<string, number>();
  for (const [at, version] of versions.entries())
    sums.set(version, (sums.get(version) ?? 0) + Math.max(0, weights[at] ?? 0));
  return Object.fromEntries(sums);
}
