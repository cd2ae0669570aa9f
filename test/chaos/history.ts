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
  spec: z.looseObject({ http: z.array(rule).optional() }),
});

/** A VirtualService, or a DestinationRule, which has no `http`. */
export type LiveObject = z.infer<typeof liveObject>;
export type Weights = Readonly<Record<string, number>>;

/** An event of the API server's watch: the object after one write, and when we received it. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: LiveObject;
  readonly atMs: number;
}

const watched = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: liveObject });
const list = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(liveObject) });

/** The only cluster there is. */
export const cluster = 'sandbox';

const api = '/apis/networking.istio.io/v1';
const plurals = { VirtualService: 'virtualservices', DestinationRule: 'destinationrules' } as const;
/** In all namespaces. */
const paths = Object.values(plurals).map((plural) => `${api}/${plural}`);

/** Where objects of a kind are created. */
export function collectionOf({ kind, namespace }: Pick<ObjectRef, 'kind' | 'namespace'>): string {
  if (kind !== 'VirtualService' && kind !== 'DestinationRule') throw new Error(`no chaos about ${kind}`);
  return `${api}/namespaces/${namespace}/${plurals[kind]}`;
}

export function pathOf({ name, ...of }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return `${collectionOf(of)}/${name}`;
}

export function readObject(value: unknown): LiveObject {
  return liveObject.parse(value);
}

export function refOfLive({ kind, metadata: { namespace, name } }: LiveObject): ObjectRef {
  return { cluster, kind, namespace, name };
}

/** The key of an object's events; no two namespaces have objects of one name. */
export function historyKey(kind: ObjectKind, name: string): string {
  return `${kind} ${name}`;
}

/** Records every event of every VirtualService and DestinationRule, with its own watches, which no fault disturbs. */
export class HistoryRecorder {
  readonly #kube: Pick<KubeApi, 'url' | 'token'>;
  readonly #stop = new AbortController();
  readonly #events = new Map<string, ObjectEvent[]>();
  #watching: readonly Promise<void>[] = [];

  constructor(kube: Pick<KubeApi, 'url' | 'token'>) {
    this.#kube = kube;
  }

  get events(): ReadonlyMap<string, readonly ObjectEvent[]> {
    return this.#events;
  }

  async start(): Promise<void> {
    this.#watching = await Promise.all(
      paths.map(async (path) => {
        const { metadata, items } = list.parse(await this.#get(path));
        for (const object of items) this.#take({ type: 'ADDED', object });
        // With bookmarks, because `fetch` gives up on a body that is silent for minutes.
        const watch = `${path}?watch=true&allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}`;
        const { body } = await this.#ask(watch, this.#stop.signal);
        if (body === null) throw new Error('the watch has no body');
        return { ended: this.#follow(body) };
      }),
    ).then((all) => all.map(({ ended }) => ended));
  }

  /** Waits until the watches have reported the live state, so that the record is complete. */
  async caughtUp(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const lists = await Promise.all(paths.map(async (path) => list.parse(await this.#get(path))));
      const items = lists.flatMap((each) => each.items);
      if (items.every((live) => this.#newest(live) === live.metadata.resourceVersion)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the record of the API server is not complete');
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watching);
  }

  async #follow(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const bytes of body) {
        const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#take(JSON.parse(line));
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  #take(value: unknown): void {
    const { success, data: event } = watched.safeParse(value);
    if (!success) return; // a bookmark
    const { kind, metadata } = event.object;
    const key = historyKey(kind, metadata.name);
    this.#events.set(key, [...(this.#events.get(key) ?? []), { ...event, atMs: Date.now() }]);
  }

  #newest({ kind, metadata }: LiveObject): string | undefined {
    return this.#events.get(historyKey(kind, metadata.name))?.at(-1)?.object.metadata.resourceVersion;
  }

  async #get(path: string): Promise<unknown> {
    return (await this.#ask(path)).json();
  }

  #ask(path: string, signal?: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#kube.token()}` };
    return fetch(this.#kube.url + path, { headers, ...(signal && { signal }) });
  }
}

/** The weights of a rule, read without the bot's code. `default` is the last rule, which has no match. */
export function weightsOf({ spec: { http = [] } }: LiveObject, ruleName: string): Weights | undefined {
  const found = ruleName === 'default' ? http.findLast(({ match }) => match === undefined) : undefined;
  const route = (found ?? http.find(({ name }) => name === ruleName))?.route;
  const [only] = route ?? [];
  if (route?.length === 1 && only !== undefined) return { [subsetOf(only)]: 100 };
  return route && Object.fromEntries(route.map((each) => [subsetOf(each), each.weight ?? 0]));
}

/** The object without what a change may write: weights, new destinations and the ledger; and without fields of the server. */
export function untouchable({ metadata, spec, ...others }: LiveObject, known: LiveObject): unknown {
  const { resourceVersion: _, generation: __, managedFields: ___, annotations = {}, ...kept } = metadata;
  const { 'shiftbot.dev/history': ____, ...ofOthers } = annotations;
  const http = spec.http?.map(({ route, ...rest }, at) => ({
    ...rest,
    route: route?.slice(0, known.spec.http?.[at]?.route?.length ?? 0).map(({ weight: _____, ...rest }) => rest),
  }));
  return { ...others, metadata: { ...kept, annotations: ofOthers }, spec: { ...spec, http } };
}

function subsetOf(at: z.infer<typeof destination>): string {
  return at.destination.subset ?? at.destination.host;
}
