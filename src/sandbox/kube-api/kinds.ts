import { destinationRuleSchema } from './destination-rule-schema.ts';
import { gatewaySchema } from './gateway-schema.ts';
import { httpRouteSchema } from './http-route-schema.ts';
import type { ObjectSchema } from './schema.ts';
import { virtualServiceSchema } from './virtual-service-schema.ts';

/** A column of `kubectl get`, after NAME and before AGE. */
export interface Column {
  readonly name: string;
  readonly description: string;
  readonly path: readonly string[];
}

/** A kind that is served. One with a schema is a custom resource; the others are Kubernetes' own. */
export interface Kind {
  readonly group: string;
  /** The first is the one objects are stored in. */
  readonly versions: readonly [string, ...string[]];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly columns?: readonly Column[];
  readonly schema?: ObjectSchema;
  /** Of a kind of Kubernetes' own: no list in it has keys to be merged by, so that a patch replaces each as a whole. */
  readonly listsAreAtomic?: boolean;
  /** What a fieldSelector may name beside metadata.name and metadata.namespace. */
  readonly selectable?: readonly string[];
}

const istio = {
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  namespaced: true,
  categories: ['istio-io', 'networking-istio-io'],
} as const;

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
  {
    ...istio,
    kind: 'VirtualService',
    plural: 'virtualservices',
    singular: 'virtualservice',
    shortNames: ['vs'],
    schema: virtualServiceSchema,
    columns: [
      {
        name: 'Gateways',
        description: 'The names of gateways and sidecars that should apply these routes',
        path: ['spec', 'gateways'],
      },
      { name: 'Hosts', description: 'The destination hosts to which traffic is being sent', path: ['spec', 'hosts'] },
    ],
  },
  {
    ...istio,
    kind: 'DestinationRule',
    plural: 'destinationrules',
    singular: 'destinationrule',
    shortNames: ['dr'],
    schema: destinationRuleSchema,
    columns: [{ name: 'Host', description: 'The name of a service from the service registry', path: ['spec', 'host'] }],
  },
  { ...istio, kind: 'Gateway', plural: 'gateways', singular: 'gateway', shortNames: ['gw'], schema: gatewaySchema },
  {
    group: 'gateway.networking.k8s.io',
    versions: ['v1', 'v1beta1'],
    kind: 'HTTPRoute',
    plural: 'httproutes',
    singular: 'httproute',
    namespaced: true,
    categories: ['gateway-api'],
    schema: httpRouteSchema,
    columns: [{ name: 'Hostnames', description: '', path: ['spec', 'hostnames'] }],
  },
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

/** The kind as errors about one of its resources name it: `virtualservices.networking.istio.io`. */
export function resourceOf({ group, plural }: Kind): { readonly group: string; readonly kind: string } {
  return { group, kind: plural };
}
