import type { JsonObject } from '../text/json.ts';
import type { Place } from './names.ts';

/** The kinds of object that a change may write, and a rule file may contain. */
export const writtenKinds = [
  'VirtualService',
  'DestinationRule',
  'HTTPRoute',
  'GRPCRoute',
  'TCPRoute',
  'TLSRoute',
  'ServiceSplitter',
  'ServiceResolver',
] as const;
export type WrittenKind = (typeof writtenKinds)[number];

/** The kinds of object that are read. */
export const objectKinds = [...writtenKinds, 'TrafficSplit'] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** Whether objects of a kind split traffic. The others define versions, and have no rules. */
export function hasRules(kind: ObjectKind): boolean {
  return kind !== 'DestinationRule' && kind !== 'ServiceResolver';
}

/** What defines the versions that objects of a kind divide requests among, as people name it. */
export function definerOf(kind: ObjectKind): 'DestinationRule' | 'ServiceResolver' | 'Service' {
  switch (kind) {
    case 'VirtualService':
    case 'DestinationRule':
      return 'DestinationRule';
    case 'ServiceSplitter':
    case 'ServiceResolver':
      return 'ServiceResolver';
    default:
      return 'Service';
  }
}

/** Its API group, which marks of other tools name. */
export function groupOf(kind: ObjectKind): string {
  return groups[kind];
}

const gatewayApi = 'gateway.networking.k8s.io';
const groups: Readonly<Record<ObjectKind, string>> = {
  VirtualService: 'networking.istio.io',
  DestinationRule: 'networking.istio.io',
  HTTPRoute: gatewayApi,
  GRPCRoute: gatewayApi,
  TCPRoute: gatewayApi,
  TLSRoute: gatewayApi,
  ServiceSplitter: 'consul.hashicorp.com',
  ServiceResolver: 'consul.hashicorp.com',
  TrafficSplit: 'split.smi-spec.io',
};

/** Names one object of one cluster. */
export interface ObjectRef extends Place {
  readonly kind: ObjectKind;
  readonly name: string;
}

/** Identifies an object in keys and logs. */
export function objectKey({ cluster, namespace, kind, name }: ObjectRef): string {
  return `${cluster}/${namespace}/${kind}/${name}`;
}

/** `VirtualService bookinfo/reviews`, for people who know the cluster. */
export function refText({ kind, namespace, name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/** The reference alone, of what carries more. */
export function refOf({ cluster, namespace, kind, name }: ObjectRef): ObjectRef {
  return { cluster, namespace, kind, name };
}

export function isSameObject(a: ObjectRef, b: ObjectRef): boolean {
  return objectKey(a) === objectKey(b);
}

export type Marks = Readonly<Record<string, string>>;

/** What people write of an object: all but what the API server keeps of it, and our history. */
export interface ObjectContent {
  readonly labels?: Marks | undefined;
  readonly annotations?: Marks | undefined;
  readonly spec: JsonObject;
}
