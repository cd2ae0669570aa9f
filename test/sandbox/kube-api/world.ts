import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { type KubeApiOptions, serviceAccount, startKubeApi } from '../../../src/sandbox/kube-api/server.ts';

export const MERGE_PATCH = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON. Undefined if it is not JSON. */
  readonly body: Body | undefined;
}

const metadata = z.looseObject({
  name: z.string().optional(),
  resourceVersion: z.string().optional(),
  continue: z.string().optional(),
  generation: z.number().optional(),
  managedFields: z.array(z.looseObject({ manager: z.string() })).optional(),
});
const body = z.looseObject({
  kind: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  metadata: metadata.optional(),
  items: z.array(z.looseObject({ metadata })).optional(),
});
export type Body = z.infer<typeof body>;

const watchEvent = z.object({ type: z.string(), object: z.looseObject({ metadata: metadata.optional() }) });
export type WatchEvent = z.infer<typeof watchEvent>;

export interface Sent {
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Asks as this ServiceAccount of the namespace. Default: the admin. */
  readonly as?: string;
}

interface Server {
  readonly url: string;
  readonly token: string;
  readonly ca?: string;
  readonly tokenOf: (namespace: string, account: string) => string;
  readonly close: () => Promise<void>;
}

/** An API server, and a namespace in it that nobody else uses. */
export class World {
  readonly namespace = `answers-${Math.random().toString(36).slice(2, 8)}`;
  readonly #server: Server;
  readonly #dispatcher: Dispatcher;
  #names = 0;

  constructor(server: Server) {
    this.#server = server;
    this.#dispatcher = new Agent(server.ca === undefined ? {} : { connect: { ca: server.ca } });
  }

  path(plural: string): string {
    const group = plural.endsWith('routes') ? 'gateway.networking.k8s.io' : 'networking.istio.io';
    return `/apis/${group}/v1/namespaces/${this.namespace}/${plural}`;
  }

  get virtualServices(): string {
    return this.path('virtualservices');
  }

  async begin(): Promise<void> {
    await this.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: this.namespace } } });
  }

  async end(): Promise<void> {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.namespace}`;
    const routing = ['virtualservices', 'destinationrules', 'gateways', 'httproutes', 'serviceentries', 'sidecars'].map(
      (plural) => this.path(plural),
    );
    for (const path of [...routing, `${rbac}/rolebindings`, `${rbac}/roles`]) await this.ask('DELETE', path);
    await this.ask('DELETE', `/api/v1/namespaces/${this.namespace}`);
    await this.#dispatcher.close();
    await this.#server.close();
  }

  async ask(method: Dispatcher.HttpMethod, path: string, sent: Sent = {}): Promise<Answer> {
    const response = await request(this.#server.url + path, this.#options(method, sent));
    const text = await response.body.text();
    return { status: response.statusCode, headers: response.headers, text, body: parseBody(text) };
  }

  /** Returns the first events of a watch, and ends the watch. `meanwhile` runs after the first event. */
  async watch(path: string, count: number, meanwhile?: () => Promise<void>): Promise<readonly WatchEvent[]> {
    const { statusCode, body } = await request(this.#server.url + path, this.#options('GET', {}));
    const events: WatchEvent[] = [];
    let text = '';
    let todo = meanwhile;
    for await (const chunk of body) {
      text += String(chunk);
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      events.push(...lines.filter(Boolean).map((line) => watchEvent.parse(JSON.parse(line))));
      if (statusCode !== 200 || events.length >= count) break;
      await todo?.();
      todo = undefined;
    }
    return events;
  }

  /** Creates an object with a new name. Returns its path, and the object as the server stored it. */
  async make(object: object, plural = 'virtualservices'): Promise<{ path: string; name: string; made: Body }> {
    this.#names += 1;
    const name = `made-${this.#names}`;
    const { body, text } = await this.ask('POST', this.path(plural), { body: named(object, name) });
    if (body?.metadata?.resourceVersion === undefined) throw new Error(`not created: ${text}`);
    return { path: `${this.path(plural)}/${name}`, name, made: body };
  }

  #options(method: Dispatcher.HttpMethod, { body, type = 'application/json', headers = {}, as }: Sent) {
    const { token, tokenOf } = this.#server;
    return {
      method,
      dispatcher: this.#dispatcher,
      headers: {
        authorization: `Bearer ${as === undefined ? token : tokenOf(this.namespace, as)}`,
        'user-agent': 'answers/1.0 (test)',
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    };
  }
}

function named(object: object, name: string): object {
  const { metadata = {}, ...rest } = object as { metadata?: object };
  return { ...rest, metadata: { ...metadata, name } };
}

function parseBody(text: string): Body | undefined {
  try {
    return body.parse(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

export async function ourWorld(options: Partial<KubeApiOptions> = {}): Promise<World> {
  const api = await startKubeApi({ port: 0, ...options });
  return new World({
    url: api.url,
    token: api.token(),
    tokenOf: (namespace, account) => api.token(serviceAccount(namespace, account)),
    close: () => api.stop(),
  });
}

const kubeconfig = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }) }),
  ]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
});

/** The server in a kubeconfig with one cluster and one token. */
export async function realWorld(path: string): Promise<World> {
  const config = kubeconfig.parse(parseYaml(await readFile(path, 'utf8')));
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  return new World({
    url: server,
    token: config.users[0].user.token,
    ca: Buffer.from(ca, 'base64').toString(),
    // The test server accepts such tokens for every account.
    tokenOf: (namespace, account) => `sa:${namespace}:${account}`,
    close: () => Promise.resolve(),
  });
}
