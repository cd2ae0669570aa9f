import { z } from 'zod';
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
const virtualService = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({ http: z.array(rule) }),
});

export type LiveService = z.infer<typeof virtualService>;
export type Weights = Readonly<Record<string, number>>;

/** What the API server's watch told: an object as it was after one write, and when we heard of it. */
export interface ObjectEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: LiveService;
  readonly atMs: number;
}

const watched = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: virtualService });
const list = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(virtualService) });

export const servicesPath = '/apis/networking.istio.io/v1/namespaces/default/virtualservices';

export function readService(value: unknown): LiveService {
  return virtualService.parse(value);
}

/** Writes down every event of every VirtualService, from a watch of its own that nothing disturbs. */
export class HistoryRecorder {
  readonly #kube: Pick<KubeApi, 'url' | 'token'>;
  readonly #stop = new AbortController();
  readonly #events = new Map<string, ObjectEvent[]>();
  #watching: Promise<void> = Promise.resolve();

  constructor(kube: Pick<KubeApi, 'url' | 'token'>) {
    this.#kube = kube;
  }

  get events(): ReadonlyMap<string, readonly ObjectEvent[]> {
    return this.#events;
  }

  async start(): Promise<void> {
    const { metadata, items } = list.parse(await this.#get(servicesPath));
    for (const object of items) this.#take({ type: 'ADDED', object });
    const path = `${servicesPath}?watch=true&resourceVersion=${metadata.resourceVersion}`;
    const { body } = await this.#ask(path, this.#stop.signal);
    if (body === null) throw new Error('the watch has no body');
    this.#watching = this.#follow(body);
  }

  /** Until the watch has told what is live now: nothing is missing from the record. */
  async caughtUp(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const { items } = list.parse(await this.#get(servicesPath));
      if (items.every((live) => this.#newest(live) === live.metadata.resourceVersion)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the record of the API server is not complete');
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
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
    if (!success) return; // a bookmark, which we did not ask for
    const { name } = event.object.metadata;
    this.#events.set(name, [...(this.#events.get(name) ?? []), { ...event, atMs: Date.now() }]);
  }

  #newest({ metadata }: LiveService): string | undefined {
    return this.#events.get(metadata.name)?.at(-1)?.object.metadata.resourceVersion;
  }

  async #get(path: string): Promise<unknown> {
    return (await this.#ask(path)).json();
  }

  #ask(path: string, signal?: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#kube.token()}` };
    return fetch(this.#kube.url + path, { headers, ...(signal && { signal }) });
  }
}

/** The weights of a rule, read without any code of the bot: `default` is the last rule, which has no match. */
export function weightsOf({ spec }: LiveService, ruleName: string): Weights | undefined {
  const found = ruleName === 'default' ? spec.http.findLast(({ match }) => match === undefined) : undefined;
  const route = (found ?? spec.http.find(({ name }) => name === ruleName))?.route;
  const [only] = route ?? [];
  if (route?.length === 1 && only !== undefined) return { [subsetOf(only)]: 100 };
  return route && Object.fromEntries(route.map((each) => [subsetOf(each), each.weight ?? 0]));
}

/** The object without what a change of ours may touch: weights, new destinations, the ledger, and what the server counts. */
export function untouchable({ metadata, spec, ...others }: LiveService, known: LiveService): unknown {
  const { resourceVersion: _, generation: __, managedFields: ___, annotations = {}, ...kept } = metadata;
  const { 'shiftbot.dev/history': ____, ...ofOthers } = annotations;
  const http = spec.http.map(({ route, ...rest }, at) => ({
    ...rest,
    route: route?.slice(0, known.spec.http[at]?.route?.length ?? 0).map(({ weight: _____, ...rest }) => rest),
  }));
  return { ...others, metadata: { ...kept, annotations: ofOthers }, spec: { ...spec, http } };
}

function subsetOf(at: z.infer<typeof destination>): string {
  return at.destination.subset ?? at.destination.host;
}
