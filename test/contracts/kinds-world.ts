import type { ObjectKind } from '../../src/domain/routing/object.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { type MeshWorld, versionsOf } from './mesh-world.ts';

/** How objects of a kind are written, and what is known of them. */
export interface KindCase {
  readonly what: string;
  readonly kind: ObjectKind;
  /** The rule that is moved. */
  readonly rule: string;
  /** Three versions: two that have a destination, and one that only is defined. */
  readonly versions: readonly [string, string, string];
  /** What the weights sum to. */
  readonly whole: number;
  /** An object with much beside its weights. Of a split of two versions. */
  readonly spec: (name: string, split: Split) => JsonObject;
  /** Defines all three versions. */
  readonly define: (world: MeshWorld, name: string) => Promise<void>;
}

const port = 9080;

function inDestinationRule(world: MeshWorld, name: string): Promise<void> {
  const object = { cluster: 'sandbox', namespace: world.namespace, kind: 'DestinationRule', name } as const;
  return world.make(object, { spec: versionsOf(name, ['v1', 'v2', 'v3']) });
}

function destinations(host: string, split: Split): readonly JsonObject[] {
  return Object.entries(split).map(([subset, weight], at) => ({
    destination: { host, subset, port: { number: port } },
    ...(at === 0 && { headers: { request: { set: { 'x-first': 'yes' } } } }),
    weight,
  }));
}

const ofIstio = {
  kind: 'VirtualService',
  versions: ['v1', 'v2', 'v3'],
  whole: 100,
  define: inDestinationRule,
} as const;

/** Connections have no headers. */
function connections(host: string, split: Split): readonly JsonObject[] {
  return destinations(host, split).map(({ headers: _, ...rest }) => rest);
}

const http: KindCase = {
  ...ofIstio,
  what: 'http of a VirtualService',
  rule: 'default',
  spec: (name, split) => ({
    hosts: [name],
    http: [
      { match: [{ uri: { prefix: '/old' } }], redirect: { uri: '/new' } },
      { timeout: '2s', retries: { attempts: 3 }, rewrite: { uri: '/v2' }, route: destinations(name, split) },
    ],
  }),
};

const nameless: KindCase = {
  ...ofIstio,
  what: 'a rule without a name',
  rule: '#2 path starts with /app',
  spec: (name, split) => ({
    hosts: [name],
    http: [
      { match: [{ uri: { prefix: '/api' } }], route: destinations(name, { v1: 100 }) },
      { match: [{ uri: { prefix: '/app' } }], route: destinations(name, split), timeout: '2s' },
    ],
  }),
};

const delegate: KindCase = {
  ...ofIstio,
  what: 'a delegate, which has no hosts',
  rule: 'default',
  spec: (name, split) => ({ http: [{ route: destinations(name, split), timeout: '3s' }] }),
};

const tcp: KindCase = {
  ...ofIstio,
  what: 'tcp of a VirtualService',
  rule: 'tcp#2 port = 31401',
  spec: (name, split) => ({
    hosts: [name],
    tcp: [
      { match: [{ port: 31_400 }], route: connections(name, { v1: 100 }) },
      { match: [{ port: 31_401 }], route: connections(name, split) },
    ],
  }),
};

const tls: KindCase = {
  ...ofIstio,
  what: 'tls of a VirtualService',
  rule: 'tls#1 sni = a.example.com and port = 443',
  spec: (name, split) => ({
    hosts: ['a.example.com'],
    gateways: ['edge'],
    tls: [{ match: [{ port: 443, sniHosts: ['a.example.com'] }], route: connections(name, split) }],
    http: [{ route: destinations(name, { v1: 100 }) }],
  }),
};

function backends(split: Split): readonly JsonObject[] {
  return Object.entries(split).map(([name, weight]) => ({ group: '', kind: 'Service', name, port, weight }));
}

function boundTo(name: string): JsonObject {
  return { parentRefs: [{ group: '', kind: 'Service', name, port }] };
}

async function inServices(world: MeshWorld, name: string): Promise<void> {
  for (const service of [name, `${name}-v1`, `${name}-v2`, `${name}-v3`, `another-${name}`])
    await world.serve(service, port);
}

/** Its versions are Services, which are named after the object. */
function ofGatewayApi(kind: ObjectKind, what: string, spec: KindCase['spec']): (name: string) => KindCase {
  return (name) => ({
    kind,
    what,
    rule: 'default',
    versions: [`${name}-v1`, `${name}-v2`, `${name}-v3`],
    whole: 100,
    spec,
    define: inServices,
  });
}

const anyPath = { path: { type: 'PathPrefix', value: '/' } };

const httpRoute = ofGatewayApi('HTTPRoute', 'a HTTPRoute', (name, split) => ({
  ...boundTo(name),
  rules: [
    {
      matches: [{ ...anyPath, headers: [{ type: 'Exact', name: 'end-user', value: 'jason' }] }],
      backendRefs: backends({ [`${name}-v2`]: 1 }),
    },
    {
      matches: [anyPath],
      timeouts: { request: '2s' },
      filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-via', value: 'main' }] } }],
      backendRefs: backends(split),
    },
  ],
}));

const grpcRoute = ofGatewayApi('GRPCRoute', 'a GRPCRoute', (name, split) => ({
  ...boundTo(name),
  rules: [
    {
      matches: [{ method: { type: 'Exact', service: 'shop.Orders' } }],
      backendRefs: backends({ [`${name}-v2`]: 1 }),
    },
    { backendRefs: backends(split) },
  ],
}));

const tcpRoute = ofGatewayApi('TCPRoute', 'a TCPRoute', (name, split) => ({
  ...boundTo(name),
  rules: [{ backendRefs: backends(split) }],
}));

const tlsRoute = ofGatewayApi('TLSRoute', 'a TLSRoute', (name, split) => ({
  ...boundTo(name),
  hostnames: ['a.example.com'],
  rules: [{ backendRefs: backends(split) }],
}));

const splitter: KindCase = {
  kind: 'ServiceSplitter',
  what: 'a ServiceSplitter of Consul',
  rule: 'default',
  versions: ['v1', 'v2', 'v3'],
  whole: 10_000,
  spec: (_, split) => ({
    splits: Object.entries(split).map(([serviceSubset, weight], at) => ({
      ...(at === 0 && { requestHeaders: { set: { 'x-first': 'yes' } } }),
      serviceSubset,
      weight: weight / 100,
    })),
  }),
  define: (world, name) => {
    const object = { cluster: 'sandbox', namespace: world.namespace, kind: 'ServiceResolver', name } as const;
    const subsets = Object.fromEntries(
      ['v1', 'v2', 'v3'].map((version) => [version, { filter: `Service.Meta.version == ${version}` }]),
    );
    return world.make(object, { spec: { subsets } });
  },
};

const always = (one: KindCase) => () => one;

/** Every kind that may be shifted, each with the name of the object that it is about. */
export const kindCases = [
  ...[http, nameless, delegate, tcp, tls].map(always),
  ...[httpRoute, grpcRoute, tcpRoute, tlsRoute],
  always(splitter),
].map((caseOf, at) => ({ name: `kind-${at}`, caseOf, what: caseOf('').what }));
