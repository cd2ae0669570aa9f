import { customResources, readDefinition } from './crds/read.ts';
import type { ObjectSchema } from './schema.ts';

/** A column of `kubectl get`, after NAME and before AGE. */
export interface Column {
  readonly name: string;
  readonly description: string;
  readonly path: readonly string[];
}

/** A kind that is served. A kind with a schema is a custom resource; the others are built in. */
export interface Kind {
  readonly group: string;
  /** The first one is the storage version. */
  readonly versions: readonly [string, ...string[]];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly columns?: readonly Column[];
  readonly schema?: ObjectSchema;
  /** For a built-in kind: none of its lists has a merge key, so a strategic merge patch replaces each list as a whole. */
  readonly listsAreAtomic?: boolean;
  /** The fields that a fieldSelector may name, besides metadata.name and metadata.namespace. */
  readonly selectable?: readonly string[];
}

const core = { group: '', versions: ['v1'], namespaced: true } as const;

const rbac = {
  group: 'rbac.authorization.k8s.io',
  versions: ['v1'],
  namespaced: true,
  listsAreAtomic: true,
} as const;

export const ROLES: Kind = { ...rbac, kind: 'Role', plural: 'roles', singular: 'role' };
export const ROLE_BINDINGS: Kind = {
  ...rbac,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
};
export const CLUSTER_ROLES: Kind = {
  ...rbac,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
};
export const CLUSTER_ROLE_BINDINGS: Kind = {
  ...rbac,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
};

export const NAMESPACES: Kind = {
  ...core,
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  shortNames: ['ns'],
  columns: [{ name: 'Status', description: 'The status of the namespace', path: ['status', 'phase'] }],
};

export const KINDS: readonly Kind[] = [
  ...customResources.map(readDefinition),
  NAMESPACES,
  {
    ...core,
    kind: 'Event',
    plural: 'events',
    singular: 'event',
    shortNames: ['ev'],
    columns: [
      { name: 'Type', description: '', path: ['type'] },
      { name: 'Reason', description: '', path: ['reason'] },
      { name: 'Object', description: '', path: ['involvedObject', 'name'] },
      { name: 'Message', description: '', path: ['message'] },
    ],
    selectable: [
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
  },
  { ...core, kind: 'Service', plural: 'services', singular: 'service', shortNames: ['svc'], categories: ['all'] },
  {
    ...core,
    kind: 'Pod',
    plural: 'pods',
    singular: 'pod',
    shortNames: ['po'],
    categories: ['all'],
    columns: [{ name: 'Status', description: '', path: ['status', 'phase'] }],
    selectable: ['spec.nodeName', 'status.phase', 'status.podIP'],
  },
  { ...core, kind: 'Endpoints', plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'] },
  {
    group: 'discovery.k8s.io',
    versions: ['v1'],
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    singular: 'endpointslice',
    namespaced: true,
  },
  { ...core, kind: 'ServiceAccount', plural: 'serviceaccounts', singular: 'serviceaccount', shortNames: ['sa'] },
  ROLES,
  ROLE_BINDINGS,
  CLUSTER_ROLES,
  CLUSTER_ROLE_BINDINGS,
];

export function apiVersion({ group }: Kind, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** How error messages name the resource: `virtualservices.networking.istio.io`. */
export function resourceOf({ group, plural }: Kind): { readonly group: string; readonly kind: string } {
  return { group, kind: plural };
}
