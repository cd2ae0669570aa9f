import { globMatches } from './glob.ts';

/** What a freeze is to cover, as it was typed: `prod-eu/payments`, with stars wherever they are wanted. */
export interface TypedScope {
  readonly pattern: string;
  /** Where it is named apart, the pattern begins with the namespace: the only way for a cluster with a slash in its name. */
  readonly cluster?: string | undefined;
}

export type Scope =
  /** `target`: the glob over `cluster/namespace/service`. `clusters`: those of ours that it reaches. */
  | { readonly kind: 'covers'; readonly target: string; readonly clusters: readonly string[] }
  /** It begins with what no cluster of ours is called. */
  | { readonly kind: 'no-cluster'; readonly cluster: string; readonly clusters: readonly string[] }
  | { readonly kind: 'no-scope' };

const namePattern = /^[a-z0-9.*-]{1,253}$/;
const clusterPattern = /^[^\s/`]{1,253}$/;

/**
 * Read from the left, as targets of the policy file are: a cluster is all that is in it, a cluster and a namespace every service of that
 * namespace. So `bookinfo/reviews` is no service here, and says so unless a cluster is called bookinfo.
 */
export function readScope({ pattern, cluster }: TypedScope, clusters: readonly string[]): Scope {
  if (!isScope({ pattern, cluster })) return { kind: 'no-scope' };
  const [first = '', ...rest] = cluster === undefined ? pattern.split('/') : [cluster, ...pattern.split('/')];
  const reached = clusters.filter((each) => globMatches(first, each));
  if (reached.length === 0) return { kind: 'no-cluster', cluster: first, clusters };
  return { kind: 'covers', target: [first, ...wholeRest(first, rest)].join('/'), clusters: reached };
}

export function isScope({ pattern, cluster }: TypedScope): boolean {
  const parts = pattern.split('/');
  const names = cluster === undefined ? parts.slice(1) : parts;
  return (
    names.length <= 2 &&
    names.every((name) => namePattern.test(name)) &&
    (cluster !== undefined || clusterPattern.test(parts[0] ?? ''))
  );
}

function wholeRest(cluster: string, [namespace, service]: readonly string[]): readonly string[] {
  if (namespace === undefined) return cluster === '**' ? [] : ['**'];
  if (service !== undefined) return [namespace, service];
  return namespace.endsWith('**') ? [namespace] : [namespace, '*'];
}
