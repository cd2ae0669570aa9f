import { z } from 'zod';
import { type ObjectKind, type ObjectRef, objectKinds } from '../../src/domain/routing/object.ts';
import type { KubeApi } from '../../src/sandbox/kube-api/server.ts';

const destination = z.looseObject({
  destination: z.looseObject({ host: z.string(), subset: z.string().optional() }),
  weight: z.number().optional(),
});
const rule = z.looseObject({
  name: z.string().optional(),
  match: z.array(z.unknown()).optional(),
  route: z.array(destination).optional(),
});
const routeMatch = z.looseObject({ path: z.looseObject({ type: z.string(), value: z.string() }).optional() });
const routeRule = z.looseObject({
  name: z.string().optional(),
  matches: z.array(routeMatch).optional(),
  backendRefs: z.array(z.looseObject({ name: z.string(), weight: z.number().optional() })).optional(),
});
const marks = z.record(z.string(), z.string());
const liveObject = z.looseObject({
  kind: z.enum(objectKinds),
  metadata: z.looseObject({
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    labels: marks.optional(),
    annotations: marks.optional(),
  }),
  spec: z.looseObject({ http: z.array(rule).optional(), rules: z.array(routeRule).optional() }),
});

/** A VirtualService has `http`, a HTTPRoute `rules`, and a DestinationRule neither. */
export type LiveObject = z.infer<typeof liveObject>;

/** An event of the watch of a cluster's API server: the object after one write, and when we received it. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly cluster: string;
  readonly object: LiveObject;
  readonly atMs: number;
  /** How many events of all clusters came before it. What a process does in one cluster after the other comes in this order. */
  readonly nth: number;
}

const watched = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: liveObject });
const list = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(liveObject) });

/** The cluster that is meant where none is named. */
export const cluster = 'sandbox';
/** The one that comes after it in a sequence. */
export const secondCluster = 'us';

const kinds: Partial<Record<ObjectKind, { readonly group: string; readonly plural: string }>> = {
  VirtualService: { group: 'networking.istio.io', plural: 'virtualservices' },
  DestinationRule: { group: 'networking.istio.io', plural: 'destinationrules' },
  HTTPRoute: { group: 'gateway.networking.k8s.io', plural: 'httproutes' },
};
/** In all namespaces. */
const paths = Object.values(kinds).map(({ group, plural }) => `/apis/${group}/v1/${plural}`);

/** Where objects of a kind are created. */
export function collectionOf({ kind, namespace }: Pick<ObjectRef, 'kind' | 'namespace'>): string {
  const of = kinds[kind];
  if (of === undefined) throw new Error(`no chaos about ${kind}`);
  return `/apis/${of.group}/v1/namespaces/${namespace}/${of.plural}`;
}

export function pathOf({ name, ...of }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return `${collectionOf(of)}/${name}`;
}

export function readObject(value: unknown): LiveObject {
  return liveObject.parse(value);
}

/** Names the object of an event. */
export function refOfLive(of: string, { kind, metadata: { namespace, name } }: LiveObject): ObjectRef {
  return { cluster: of, kind, namespace, name };
}

/** The key of an object's events; no two namespaces of a cluster have objects of one name. */
export function historyKey({ cluster: of, kind, name }: Pick<ObjectRef, 'cluster' | 'kind' | 'name'>): string {
  return `${of} ${kind} ${name}`;
}

/** One write, for which its resourceVersion stands: each API server counts its own. */
export function writeKey(of: string, { metadata }: Pick<LiveObject, 'metadata'>): string {
  return `${of} ${metadata.resourceVersion}`;
}

type Server = Pick<KubeApi, 'url' | 'token'>;

/** Records every event of every object that a change may write, with its own watches, which no fault disturbs. */
export class HistoryRecorder {
  readonly #servers: readonly (readonly [string, Server])[];
  readonly #stop = new AbortController();
  readonly #events = new Map<string, ObjectEvent[]>();
  #count = 0;
  #watching: readonly Promise<void>[] = [];

  /** The API servers by the names of their clusters. */
  constructor(servers: Readonly<Record<string, Server>>) {
    this.#servers = Object.entries(servers);
  }

  get events(): ReadonlyMap<string, readonly ObjectEvent[]> {
    return this.#events;
  }

  async start(): Promise<void> {
    this.#watching = await this.#ofEach(async (of, server, path) => {
      const { metadata, items } = list.parse(await get(server, path));
      for (const object of items) this.#take(of, { type: 'ADDED', object });
      // With bookmarks, because `fetch` gives up on a body that is silent for minutes.
      const watch = `${path}?watch=true&allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}`;
      const { body } = await ask(server, watch, this.#stop.signal);
      if (body === null) throw new Error('the watch has no body');
      return { ended: this.#follow(of, body) };
    }).then((all) => all.map(({ ended }) => ended));
  }

  /** Waits until the watches have reported the live state, so that the record is complete. */
  async caughtUp(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const all = await this.#ofEach(async (of, server, path) => {
        const { items } = list.parse(await get(server, path));
        return items.every((live) => this.#newest(of, live) === live.metadata.resourceVersion);
      });
      if (!all.includes(false)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the record of the API servers is not complete');
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watching);
  }

  #ofEach<T>(work: (of: string, server: Server, path: string) => Promise<T>): Promise<readonly T[]> {
    return Promise.all(this.#servers.flatMap(([of, server]) => paths.map((path) => work(of, server, path))));
  }

  async #follow(of: string, body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const bytes of body) {
        const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#take(of, JSON.parse(line));
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  #take(of: string, value: unknown): void {
    const { success, data: event } = watched.safeParse(value);
    if (!success) return; // a bookmark
    const key = historyKey(refOfLive(of, event.object));
    this.#count += 1;
    const known = this.#events.get(key) ?? [];
    this.#events.set(key, [...known, { ...event, cluster: of, atMs: Date.now(), nth: this.#count }]);
  }

  #newest(of: string, live: LiveObject): string | undefined {
    return this.#events.get(historyKey(refOfLive(of, live)))?.at(-1)?.object.metadata.resourceVersion;
  }
}

async function get(server: Server, path: string): Promise<unknown> {
  return (await ask(server, path)).json();
}

function ask(server: Server, path: string, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${server.token()}` };
  return fetch(server.url + path, { headers, ...(signal && { signal }) });
}
