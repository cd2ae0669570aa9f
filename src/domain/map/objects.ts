/**
 * What the map reads of the objects of a cluster: their own fields, parsed, and only those that decide where a request goes. Everything
 * else is left out, so that 10,000 of them can be kept.
 */

export type Labels = Readonly<Record<string, string>>;

export const routingKinds = ['VirtualService', 'HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'] as const;
export type RoutingKind = (typeof routingKinds)[number];

export function isOfMap(kind: string): kind is RoutingKind {
  return routingKinds.some((each) => each === kind);
}

export interface Id<Kind extends string = string> {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** An object that has rules. */
export type RoutingId = Id<RoutingKind>;

export function isSameId(one: Id, other: Id): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

/** `creationTimestamp`: whole seconds, in UTC. Older objects often win. */
interface Aged {
  readonly createdAt: string;
}

/** `present`: there is a value, whatever it is. `segments` is a prefix that ends at a slash (PathPrefix of the Gateway API). */
export type StringMatch =
  | { readonly by: 'exact' | 'prefix' | 'segments' | 'regex'; readonly value: string }
  | { readonly by: 'present' };

export type StringMatches = Readonly<Record<string, StringMatch>>;

/** All conditions of a match must hold. */
export interface Match {
  readonly name?: string | undefined;
  readonly uri?: StringMatch | undefined;
  readonly ignoreUriCase?: boolean | undefined;
  readonly scheme?: StringMatch | undefined;
  readonly method?: StringMatch | undefined;
  readonly authority?: StringMatch | undefined;
  readonly headers?: StringMatches | undefined;
  readonly withoutHeaders?: StringMatches | undefined;
  readonly queryParams?: StringMatches | undefined;
  readonly port?: number | undefined;
  readonly sourceLabels?: Labels | undefined;
  readonly sourceNamespace?: string | undefined;
  readonly gateways?: readonly string[] | undefined;
  /** Of connections, in rules of `spec.tcp` and `spec.tls`. */
  readonly sniHosts?: readonly string[] | undefined;
  readonly destinationSubnets?: readonly string[] | undefined;
}

export interface Destination {
  /** As it is written: a short name is completed with the namespace of the object that has it. */
  readonly host: string;
  readonly subset?: string | undefined;
  readonly port?: number | undefined;
  /** As it is written: how an omitted weight counts depends on the kind. */
  readonly weight?: number | undefined;
}

/** What a rule does to a request. `none`: nothing that a proxy could do. */
export type Action =
  | { readonly kind: 'route'; readonly destinations: readonly Destination[] }
  | { readonly kind: 'redirect'; readonly status: number }
  | { readonly kind: 'answer'; readonly status: number }
  | { readonly kind: 'delegate'; readonly name: string; readonly namespace?: string | undefined }
  | { readonly kind: 'none' };

/** A rule of `spec.http`. One of its matches must hold; without matches it takes every request. */
export interface HttpRule {
  readonly name?: string | undefined;
  readonly matches: readonly Match[];
  readonly action: Action;
  /** It answers this share of its requests (in percent) itself. */
  readonly abort?: { readonly status: number; readonly percent: number } | undefined;
}

/** A rule of `spec.tcp` or `spec.tls`. */
export interface ConnectionRule {
  readonly matches: readonly Match[];
  readonly destinations: readonly Destination[];
}

export interface VirtualService extends Id<'VirtualService'>, Aged {
  /** None: a delegate. */
  readonly hosts: readonly string[];
  /** None is `mesh`. */
  readonly gateways: readonly string[];
  /** None is the default of the mesh. */
  readonly exportTo: readonly string[];
  readonly http: readonly HttpRule[];
  readonly tcp: readonly ConnectionRule[];
  readonly tls: readonly ConnectionRule[];
}

/** What one VirtualService hands over to another. */
export interface HandedOver {
  readonly by: { readonly namespace: string; readonly name: string };
  /** For which requests, resolved. */
  readonly hosts: readonly string[];
}

/** What a route of the Gateway API is attached to. */
export interface Parent {
  readonly kind: 'Service' | 'ServiceEntry' | 'Gateway' | 'Hostname';
  readonly namespace: string;
  readonly name: string;
  readonly port?: number | undefined;
  readonly sectionName?: string | undefined;
}

export interface Backend {
  readonly kind: 'Service' | 'Hostname';
  readonly namespace: string;
  readonly name: string;
  readonly port?: number | undefined;
  readonly weight?: number | undefined;
}

export interface GatewayRule {
  readonly name?: string | undefined;
  readonly matches: readonly Match[];
  readonly backends: readonly Backend[];
  readonly redirect?: { readonly status: number } | undefined;
}

export interface GatewayRoute extends Id<'HTTPRoute' | 'GRPCRoute' | 'TCPRoute' | 'TLSRoute'>, Aged {
  readonly parents: readonly Parent[];
  readonly hostnames: readonly string[];
  readonly rules: readonly GatewayRule[];
}

export interface Subset {
  readonly name: string;
  readonly labels: Labels;
}

export interface DestinationRule extends Id<'DestinationRule'>, Aged {
  readonly host: string;
  readonly exportTo: readonly string[];
  /** Whose requests it is about; absent: everybody's. */
  readonly workloadSelector?: Labels | undefined;
  readonly subsets: readonly Subset[];
}

export interface Port {
  readonly number: number;
  readonly name?: string | undefined;
  readonly protocol: string;
  readonly appProtocol?: string | undefined;
}

export interface Service extends Id<'Service'> {
  readonly exportTo: readonly string[];
  readonly clusterIps: readonly string[];
  readonly externalName?: string | undefined;
  /** The Argo Rollout that says which pods it selects. */
  readonly rollout?: string | undefined;
  readonly ports: readonly Port[];
}

export interface Endpoint {
  readonly address: string;
  readonly ready: boolean;
  readonly pod?: string | undefined;
}

export interface EndpointSlice extends Id<'EndpointSlice'> {
  readonly service: string;
  readonly ports: readonly { readonly name?: string | undefined; readonly number?: number | undefined }[];
  readonly endpoints: readonly Endpoint[];
}

export interface Pod extends Id<'Pod'> {
  readonly labels: Labels;
}

export interface ServiceEntry extends Id<'ServiceEntry'>, Aged {
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly exportTo: readonly string[];
  readonly resolution: string;
  readonly ports: readonly Port[];
  readonly endpoints: readonly { readonly address: string; readonly labels: Labels }[];
}

/** Of one listener of a gateway: which port, and for which hosts (`namespace/host`). */
export interface GatewayServer {
  readonly port: number;
  readonly protocol: string;
  readonly hosts: readonly string[];
  readonly name?: string | undefined;
  readonly httpsRedirect?: boolean | undefined;
}

/** Istio's own Gateway, or one of the Gateway API, whose pods carry its name as a label. */
export interface Gateway extends Id<'Gateway' | 'ApiGateway'>, Aged {
  readonly selector: Labels;
  readonly servers: readonly GatewayServer[];
}

export interface Sidecar extends Id<'Sidecar'>, Aged {
  readonly workloadSelector?: Labels | undefined;
  /** `namespace/host`, of all egress listeners; undefined: it says nothing, so that everything is shown. */
  readonly egressHosts?: readonly string[] | undefined;
  readonly outbound?: 'ALLOW_ANY' | 'REGISTRY_ONLY' | undefined;
}

/** Lets routes of other namespaces use the Services of its own. */
export interface ReferenceGrant extends Id<'ReferenceGrant'> {
  readonly from: readonly { readonly kind: string; readonly namespace: string }[];
  readonly to: readonly { readonly kind: string; readonly name?: string | undefined }[];
}

export type MeshObject =
  | VirtualService
  | GatewayRoute
  | DestinationRule
  | Service
  | EndpointSlice
  | Pod
  | ServiceEntry
  | Gateway
  | ReferenceGrant
  | Sidecar;

export interface MeshSettings {
  readonly clusterDomain: string;
  readonly rootNamespace: string;
  /** For VirtualServices without `exportTo`. */
  readonly virtualServiceExportTo: readonly string[];
  readonly destinationRuleExportTo: readonly string[];
  readonly outbound: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** The pods of the whole cluster are in the map. Otherwise a gateway whose pods are not there runs somewhere else. */
  readonly seesAllPods: boolean;
}

/** What istiod does where nobody told it otherwise. */
export const defaultSettings: MeshSettings = {
  clusterDomain: 'cluster.local',
  rootNamespace: 'istio-system',
  virtualServiceExportTo: ['*'],
  destinationRuleExportTo: ['*'],
  outbound: 'ALLOW_ANY',
  seesAllPods: false,
};
