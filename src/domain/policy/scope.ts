import { globFault, globMatches } from './glob.ts';

/** What a freeze should cover, as typed: `prod-eu/payments`, with stars where wanted. */
export interface TypedScope {
  readonly pattern: string;
  /** If set, the pattern starts with the namespace. The only way to name a cluster that has a slash in its name. */
  readonly cluster?: string | undefined;
}

export type Scope =
  /** `target`: a glob over `cluster/namespace/service`. `clusters`: which of ours it reaches. */
  | { readonly kind: 'covers'; readonly target: string; readonly clusters: readonly string[] }
  /** No cluster of ours matches its first part. */
  | { readonly kind: 'no-cluster'; readonly cluster: string; readonly clusters: readonly string[] }
  | { readonly kind: 'no-scope' };

const namePattern = /^[a-z0-9.*-]{1,253}$/;
const clusterPattern = /^[^\s/`]{1,253}$/;

/**
 * Read from the left, like the targets of the policy file: a cluster alone covers everything in it; a cluster and a namespace cover all
 * services of that namespace. So `bookinfo/reviews` is not a service here: `readTypedScope` reads what people type.
 */
export function readScope({ pattern, cluster }: TypedScope, clusters: readonly string[]): Scope {
  if (!isScope({ pattern, cluster })) return { kind: 'no-scope' };
  const [first = '', ...rest] = cluster === undefined ? pattern.split('/') : [cluster, ...pattern.split('/')];
  const reached = clusters.filter((each) => globMatches(first, each));
  if (reached.length === 0) return { kind: 'no-cluster', cluster: first, clusters };
  return { kind: 'covers', target: [first, ...wholeRest(first, rest)].join('/'), clusters: reached };
}

export function isScope({ pattern, cluster }: TypedScope): boolean {
  if (globFault(pattern) !== undefined) return false;
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
