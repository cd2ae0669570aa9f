import type {
  Destination,
  EndpointSlice,
  Gateway,
  GatewayRoute,
  HttpRule,
  Id,
  Match,
  MeshObject,
  Pod,
  Service,
  VirtualService,
} from '../../../src/domain/map/objects.ts';

/** A service of `default` with a pod for each version. */
export function service(
  name: string,
  versions: readonly string[],
  { port = 9080, portName = 'http', namespace = 'default' } = {},
): readonly MeshObject[] {
  const of: Service = {
    kind: 'Service',
    namespace,
    name,
    exportTo: [],
    clusterIps: [],
    ports: [{ number: port, name: portName, protocol: 'TCP' }],
  };
  const pods = versions.map(
    (version): Pod => ({
      kind: 'Pod',
      namespace,
      name: `${name}-${version}`,
      labels: { app: name, version },
    }),
  );
  const slice: EndpointSlice = {
    kind: 'EndpointSlice',
    namespace,
    name: `${name}-1`,
    service: name,
    ports: [{ name: portName, number: port }],
    endpoints: pods.map((pod) => ({ address: addressOf(pod.name), ready: true, pod: pod.name })),
  };
  return [of, slice, ...pods, subsets(name, versions, namespace)];
}

export function addressOf(pod: string): string {
  return `address of ${pod}`;
}

function subsets(host: string, versions: readonly string[], namespace: string): MeshObject {
  return {
    kind: 'DestinationRule',
    namespace,
    name: host,
    createdAt: at(0),
    host,
    exportTo: [],
    subsets: versions.map((version) => ({ name: version, labels: { version } })),
  };
}

export function at(second: number): string {
  return `2026-11-30T00:00:${String(second).padStart(2, '0')}Z`;
}

export function virtualService(
  name: string,
  http: readonly HttpRule[],
  of: Partial<Omit<VirtualService, 'kind' | 'name' | 'http'>> = {},
): VirtualService {
  return {
    kind: 'VirtualService',
    namespace: 'default',
    name,
    createdAt: at(1),
    hosts: ['reviews'],
    gateways: [],
    exportTo: [],
    http,
    tcp: [],
    tls: [],
    ...of,
  };
}

/** A rule that sends to versions of reviews: `to({ v1: 90, v2: 10 })`. */
export function to(
  split: Readonly<Record<string, number>>,
  matches: readonly Match[] = [],
  host = 'reviews',
): HttpRule {
  const destinations = Object.entries(split).map(([subset, weight]): Destination => ({ host, subset, weight }));
  return { matches, action: { kind: 'route', destinations } };
}

export function id({ kind, namespace, name }: Id): Id {
  return { kind, namespace, name };
}

/** A gateway of Istio that takes any host, and the pod that it runs in. */
export const gateway: Gateway = {
  kind: 'Gateway',
  namespace: 'default',
  name: 'gw',
  createdAt: at(0),
  selector: { istio: 'ingressgateway' },
  servers: [{ port: 8080, protocol: 'HTTP', hosts: ['*'] }],
};
export const router: MeshObject = {
  kind: 'Pod',
  namespace: 'istio-system',
  name: 'gw-1',
  labels: { istio: 'ingressgateway' },
};

/** A route of the Gateway API that takes all requests to reviews. */
export function httpRoute(name: string, of: Partial<GatewayRoute> = {}): GatewayRoute {
  return {
    kind: 'HTTPRoute',
    namespace: 'default',
    name,
    createdAt: at(5),
    parents: [{ kind: 'Service', namespace: 'default', name: 'reviews', port: 9080 }],
    hostnames: [],
    rules: [{ matches: [], backends: [{ kind: 'Service', namespace: 'default', name: 'reviews-v3', port: 9080 }] }],
    ...of,
  };
}
