import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { KubeClient } from '../../src/cluster/client/kube-client.ts';
import { PooledKubeConfig } from '../../src/cluster/client/kube-config.ts';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { Clusters } from '../../src/cluster/clusters.ts';
import { ServedKinds } from '../../src/cluster/served-kinds.ts';
import { defaultSettings } from '../../src/domain/map/objects.ts';
import { type ObjectKind, objectKinds } from '../../src/domain/routing/object.ts';
import { ourManager } from '../../src/domain/routing/owner.ts';
import { kubeconfig } from '../../src/sandbox/kube-api/kubeconfig.ts';
import { type KubeApiOptions, serviceAccount, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import type { Provenance } from '../../src/workflow/ports/provenance.ts';
import { reviewsObject } from './builders.ts';
import { eventually } from './eventually.ts';
import { InMemoryLog } from './in-memory-log.ts';

/** The kubeconfig of a real API server. Without it, the suites that need one are skipped. */
export const realKubeconfig = process.env['TEST_KUBECONFIG'];

export const clusterName = reviewsObject.cluster;

const metadata = z.looseObject({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const object = z.looseObject({ kind: z.string(), metadata, spec: z.unknown() });
export type LiveObject = z.infer<typeof object>;

const istio = 'apis/networking.istio.io/v1';
const gateway = 'apis/gateway.networking.k8s.io/v1';
const consul = 'apis/consul.hashicorp.com/v1alpha1';

/** Where the objects of a kind are, and what they are called there. */
const places: Readonly<Record<string, readonly [api: string, plural: string]>> = {
  VirtualService: [istio, 'virtualservices'],
  DestinationRule: [istio, 'destinationrules'],
  HTTPRoute: [gateway, 'httproutes'],
  GRPCRoute: [gateway, 'grpcroutes'],
  TCPRoute: [gateway, 'tcproutes'],
  TLSRoute: [gateway, 'tlsroutes'],
  ServiceSplitter: [consul, 'servicesplitters'],
  ServiceResolver: [consul, 'serviceresolvers'],
  TrafficSplit: ['apis/split.smi-spec.io/v1alpha4', 'trafficsplits'],
  Service: ['api/v1', 'services'],
};

type Access = Readonly<Record<string, readonly string[]>>;

interface Server {
  readonly kubeconfig: string;
  /** Returns the token of a service account. */
  token(namespace: string, account: string): string;
  stop(): Promise<void>;
}

/** An own namespace on some API server, with the means to change it as an operator would. */
export class KubeWorld {
  readonly namespace = `contracts-${randomUUID().slice(0, 8)}`;
  readonly log = new InMemoryLog();
  readonly #server: Server;
  readonly #admin: { readonly url: string; readonly token: string };
  readonly #agent: Agent;
  readonly #clients: KubeClient[] = [];
  readonly #meshes: Clusters[] = [];

  constructor(server: Server) {
    this.#server = server;
    const { clusters, users } = kubeconfigFile.parse(parse(server.kubeconfig));
    const ca = clusters[0].cluster['certificate-authority-data'];
    this.#admin = { url: clusters[0].cluster.server, token: users[0].user.token };
    this.#agent = new Agent(ca === undefined ? {} : { connect: { ca: Buffer.from(ca, 'base64').toString() } });
  }

  get url(): string {
    return this.#admin.url;
  }

  async begin(): Promise<this> {
    await this.ask('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: this.namespace },
    });
    return this;
  }

  async end(): Promise<void> {
    for (const mesh of this.#meshes) await mesh.close();
    for (const client of this.#clients) await client.close();
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.namespace}`;
    const kinds = [...Object.keys(places).map((kind) => this.pathOf(kind)), this.#events];
    for (const path of [...kinds, `${rbac}/roles`, `${rbac}/rolebindings`]) await this.#try('DELETE', path);
    await this.#try('DELETE', `/api/v1/namespaces/${this.namespace}`);
    await this.#agent.close();
    await this.#server.stop();
  }

  /** The mesh as the bot sees it, with the rights of a token. `provenance`: it signs the histories. */
  mesh(token?: string, url?: string, provenance?: Provenance): Clusters {
    const client = new KubeClient(this.#config(token, url));
    const mesh = new Clusters(
      new Map([[clusterName, new ClusterMesh(clusterName, client, this.log, { ...defaultSettings, provenance })]]),
    );
    this.#meshes.push(mesh);
    return mesh;
  }

  client(token?: string, url?: string): KubeClient {
    const client = new KubeClient(this.#config(token, url));
    this.#clients.push(client);
    return client;
  }

  /** The token of the namespace's service account, with the rights that it was given. */
  token(name: string): string {
    return this.#server.token(this.namespace, name);
  }

  /** Gives the service account of the namespace rights on resources, and returns its token. */
  async permit(name: string, access: Access): Promise<string> {
    await grantRole(this, name, access);
    return this.token(name);
  }

  /** Reads an object from YAML and creates it. */
  async create(yaml: string): Promise<LiveObject> {
    const manifest = z.looseObject({ kind: z.string() }).parse(parse(yaml));
    const body = { apiVersion: placeOf(manifest.kind).api.replace(/^apis?\//, ''), ...manifest };
    return object.parse(await this.ask('POST', this.pathOf(manifest.kind), body));
  }

  async get(name: string, kind = 'VirtualService'): Promise<LiveObject> {
    return object.parse(await this.ask('GET', `${this.pathOf(kind)}/${name}`));
  }

  /** A JSON Patch from somebody else. */
  async edit(
    name: string,
    patch: readonly object[],
    by = 'kubectl-edit',
    kind = 'VirtualService',
  ): Promise<LiveObject> {
    return object.parse(await this.ask('PATCH', `${this.pathOf(kind)}/${name}?fieldManager=${by}`, patch));
  }

  async remove(name: string, kind = 'VirtualService'): Promise<void> {
    await this.ask('DELETE', `${this.pathOf(kind)}/${name}`);
  }

  async events(): Promise<readonly { readonly reason: string; readonly message: string }[]> {
    const event = z.object({ reason: z.string(), message: z.string() });
    return z.object({ items: z.array(event) }).parse(await this.ask('GET', this.#events)).items;
  }

  pathOf(kind: string): string {
    const { api, plural } = placeOf(kind);
    return `/${api}/namespaces/${this.namespace}/${plural}`;
  }

  path(plural: string): string {
    return `/apis/networking.istio.io/v1/namespaces/${this.namespace}/${plural}`;
  }

  /** A request with the admin's rights; with a token, as the bot sends it. Throws if it fails. */
  async ask(method: Dispatcher.HttpMethod, path: string, body?: unknown, token?: string): Promise<unknown> {
    const isNamed = token === undefined || method === 'GET' || path.includes('fieldManager=');
    const query = isNamed ? '' : `${path.includes('?') ? '&' : '?'}fieldManager=${ourManager}`;
    const { statusCode, body: reply } = await request(this.#admin.url + path + query, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${token ?? this.#admin.token}`,
        'content-type': method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
    return JSON.parse(text);
  }

  get #events(): string {
    return `/api/v1/namespaces/${this.namespace}/events`;
  }

  /** One of the two servers may not know the resource. Then there is nothing to delete. */
  async #try(method: Dispatcher.HttpMethod, path: string): Promise<void> {
    await this.ask(method, path).catch(() => undefined);
  }

  #config(token: string | undefined, url: string | undefined): PooledKubeConfig {
    const file = kubeconfigFile.parse(parse(this.#server.kubeconfig));
    const config = new PooledKubeConfig();
    const cluster = { ...file.clusters[0], cluster: { ...file.clusters[0].cluster, ...(url && { server: url }) } };
    const user = { ...file.users[0], user: token === undefined ? file.users[0].user : { token } };
    config.loadFromString(stringify({ ...file, clusters: [cluster], users: [user] }));
    return config;
  }
}

/** A namespace on a fresh API server of the sandbox. */
export async function sandboxKube(options: Partial<KubeApiOptions> = {}): Promise<KubeWorld> {
  const api = await startKubeApi({ port: 0, ...options });
  const kube = new KubeWorld({
    kubeconfig: api.kubeconfig(),
    token: (namespace, account) => api.token(serviceAccount(namespace, account)),
    stop: () => api.stop(),
  });
  return kube.begin();
}

/** A namespace on the real API server of TEST_KUBECONFIG, which accepts made-up tokens. */
export async function realKube(): Promise<KubeWorld> {
  const kube = new KubeWorld({
    kubeconfig: await readFile(realKubeconfig ?? '', 'utf8'),
    token: (namespace, account) => `sa:${namespace}:${account}`,
    stop: async () => {},
  });
  return kube.begin();
}

/** The kinds that the API server of TEST_KUBECONFIG does not serve. What is about them is skipped there, by name. */
export async function unservedByReal(): Promise<readonly ObjectKind[]> {
  if (realKubeconfig === undefined) return [];
  const kube = await realKube();
  const served = new ServedKinds(kube.client());
  const found = await Promise.all(objectKinds.map(async (kind) => ({ kind, resource: await served.find(kind) })));
  await kube.end();
  return found.filter(({ resource }) => resource === undefined).map(({ kind }) => kind);
}

/** Grants rights through RBAC, and waits until they are in force. */
async function grantRole(kube: KubeWorld, name: string, access: Access): Promise<void> {
  const { namespace } = kube;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const type = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } };
  const rules = Object.entries(access).map(([resource, verbs]) => ({
    apiGroups: [resource === 'events' ? '' : 'networking.istio.io'],
    resources: [resource],
    verbs,
  }));
  await kube.ask('POST', `${rbac}/roles`, { ...type, kind: 'Role', rules });
  await kube.ask('POST', `${rbac}/rolebindings`, {
    ...type,
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const [resource = ''] = Object.keys(access);
  await eventually(() => kube.ask('GET', kube.path(resource), undefined, kube.token(name)));
}

/** A client of a server that gives the answers of a test. */
export async function clientOfStub(
  handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  options: ConstructorParameters<typeof KubeClient>[1] = {},
): Promise<KubeClient> {
  const server = createHttpServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const config = new PooledKubeConfig();
  config.loadFromString(kubeconfig(`http://127.0.0.1:${port}`, 'a token'));
  const client = new KubeClient(config, options);
  onTestFinished(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return client;
}

interface Wire {
  readonly url: string;
  cut(): void;
  /** Takes no connection any more, and keeps its port: a server of another test could come to answer there. */
  cutForGood(): void;
  close(): Promise<void>;
}

/** A connection between client and server that a test can cut. */
export async function startWire(target: string): Promise<Wire> {
  const { hostname, port } = new URL(target);
  const ends = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.resetAndDestroy();
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = z.object({ port: z.number() }).parse(server.address());
  const cut = () => {
    for (const end of ends) end.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    cutForGood: () => {
      isCut = true;
      cut();
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const kubeconfigFile = z.looseObject({
  clusters: z.tuple([
    z.looseObject({
      cluster: z.looseObject({ server: z.url(), 'certificate-authority-data': z.string().optional() }),
    }),
  ]),
  users: z.tuple([z.looseObject({ user: z.looseObject({ token: z.string() }) })]),
});

function placeOf(kind: string): { readonly api: string; readonly plural: string } {
  const place = places[kind];
  if (place === undefined) throw new Error(`no tests about ${kind}`);
  const [api, plural] = place;
  return { api, plural };
}
