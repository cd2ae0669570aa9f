import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { cluster, secondCluster } from './history.ts';
import { delegate } from './own-objects.ts';

type Versions = readonly [string, string, ...string[]];

/** A service that people shift. */
interface Service {
  readonly versions: Versions;
  /** What requests for it follow, where that is no VirtualService of its name. */
  readonly follows?: Pick<ObjectRef, 'kind' | 'name'>;
  /** It is in both clusters. */
  readonly isInBoth?: boolean;
}

const three: Versions = ['v1', 'v2', 'v3'];
const two: Versions = ['v1', 'v2'];

const all: Readonly<Record<string, Service>> = {
  reviews: { versions: three },
  ratings: { versions: two },
  details: { versions: two },
  checkout: { versions: three },
  search: { versions: three },
  cart: { versions: three, follows: { kind: 'HTTPRoute', name: 'cart' } },
  portal: { versions: three, follows: { kind: 'VirtualService', name: delegate } },
  catalog: { versions: three, isInBoth: true },
};

export const versions: Readonly<Record<string, Versions>> = Object.fromEntries(
  Object.entries(all).map(([name, service]) => [name, service.versions]),
);

/** Those that ramps may move: a change of `search` shows at the end that every process hears. */
const { search: _, ...others } = versions;
export const ramped = others;

/** The service that goes from cluster to cluster. */
export const spread = 'catalog';

export function isInBoth(service: string): boolean {
  return all[service]?.isInBoth === true;
}

/** What people and others write. */
export const routingObjects: readonly ObjectRef[] = Object.entries(all).flatMap(([name, { follows, isInBoth }]) =>
  [cluster, ...(isInBoth === true ? [secondCluster] : [])].map((of) => ({
    cluster: of,
    namespace: 'default',
    ...(follows ?? { kind: 'VirtualService', name }),
  })),
);
