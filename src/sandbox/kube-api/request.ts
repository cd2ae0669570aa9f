import { KINDS, type Kind, NAMESPACES } from './kinds.ts';
import type { ResourceInfo } from './request-info.ts';
import type { Store } from './store.ts';

/** What every operation works on. */
export interface Api {
  readonly store: Store;
  /** Whether istiod's webhook checks writes. */
  readonly webhook: boolean;
}

/** A request about the objects of one kind. */
export interface ResourceRequest {
  readonly kind: Kind;
  readonly version: string;
  /** Empty for all namespaces, and for cluster-scoped kinds. */
  readonly namespace: string;
  /** Empty for the collection. */
  readonly name: string;
  readonly subresource: string;
  readonly query: URLSearchParams;
  readonly userAgent: string;
  readonly contentType: string;
  readonly accept: string;
  /** Collects the texts for the answer's Warning headers. */
  readonly warnings: string[];
}

/** The kind that is served at this place, or undefined. */
export function kindServed({ group, version, resource, namespace, rest }: ResourceInfo): Kind | undefined {
  const kind = KINDS.find((one) => one.group === group && one.versions.includes(version) && one.plural === resource);
  const isMisplaced = namespace !== '' && kind !== undefined && !kind.namespaced && kind !== NAMESPACES;
  return rest.length > 0 || isMisplaced ? undefined : kind;
}
