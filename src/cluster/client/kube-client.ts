import {
  type ConfigurationOptions,
  CoreV1Api,
  type CoreV1Event,
  CustomObjectsApi,
  Observable,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { z } from 'zod';
import { ourManager as fieldManager } from '../../domain/routing/owner.ts';
import type { PooledKubeConfig } from './kube-config.ts';
import { NotFoundError, translate } from './kube-errors.ts';
import type { ServerClock } from './server-clock.ts';

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export type JsonPatch = readonly {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}[];

/** An object from the API server, and the warnings that came with it. */
export interface KubeReply {
  readonly body: unknown;
  readonly warnings: readonly string[];
}

export interface ObjectList {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
}

const list = z.object({
  items: z.array(z.unknown()),
  metadata: z.object({
    resourceVersion: z.string().default(''),
    continue: z.string().optional(),
    /** As the library names it in lists of built-in kinds. */
    _continue: z.string().optional(),
  }),
});

interface Paging {
  readonly limit: number;
  readonly _continue?: string;
}

const resourceList = z.object({ resources: z.array(z.object({ name: z.string() })).default([]) });

const serviceList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z
        .object({
          ports: z.array(z.object({ port: z.int() })).default([]),
          selector: z.record(z.string(), z.string()).optional(),
        })
        .prefault({}),
    }),
  ),
});

interface ServiceRead {
  readonly name: string;
  readonly ports: readonly number[];
  readonly selector?: Readonly<Record<string, string>>;
}

const callTimeoutMs = 5_000;
const pageSize = 500;
/** How long to watch for past events: the server sends the events that it remembers at once. */
const memorySeconds = 1;

export interface KubeClientOptions {
  readonly timeoutMs?: number;
  /** Learns the server's time from its answers. */
  readonly clock?: Pick<ServerClock, 'asking'>;
}

/** The calls that we make to one API server. Each has a timeout. Errors are translated here and nowhere else. */
export class KubeClient {
  readonly #config: PooledKubeConfig;
  readonly #objects: CustomObjectsApi;
  readonly #core: CoreV1Api;
  readonly #version: VersionApi;
  readonly #timeoutMs: number;
  readonly #clock: KubeClientOptions['clock'];

  constructor(config: PooledKubeConfig, { timeoutMs = callTimeoutMs, clock }: KubeClientOptions = {}) {
    this.#config = config;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#objects = config.makeApiClient(CustomObjectsApi);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#version = config.makeApiClient(VersionApi);
  }

  async ping(): Promise<void> {
    await this.#call(() => this.#version.getCode(this.#limited()));
  }

  get(resource: Resource, namespace: string, name: string): Promise<unknown> {
    return this.#call(() => this.#objects.getNamespacedCustomObject({ ...resource, namespace, name }, this.#limited()));
  }

  /** All objects of a namespace, or of all namespaces, page by page. Of the core group there are Services and Pods. */
  async list(resource: Resource, namespace: string | undefined): Promise<ObjectList> {
    const items: unknown[] = [];
    for (let token: string | undefined; ; ) {
      const paging = { limit: pageSize, ...(token === undefined ? {} : { _continue: token }) };
      const page = list.parse(await this.#call(() => this.#page(resource, namespace, paging)));
      items.push(...page.items);
      token = page.metadata.continue ?? page.metadata._continue;
      if (!token) return { items, resourceVersion: page.metadata.resourceVersion };
    }
  }

  #page(resource: Resource, namespace: string | undefined, paging: Paging): Promise<unknown> {
    if (resource.group === '') return this.#corePage(resource.plural, namespace, paging);
    return namespace === undefined
      ? this.#objects.listClusterCustomObject({ ...resource, ...paging }, this.#limited())
      : this.#objects.listNamespacedCustomObject({ ...resource, namespace, ...paging }, this.#limited());
  }

  /** As the API server wrote it: the library makes Dates of the times of built-in kinds. */
  async #corePage(plural: string, namespace: string | undefined, paging: Paging): Promise<unknown> {
    return JSON.parse(JSON.stringify(await this.#coreTyped(plural, namespace, paging)));
  }

  #coreTyped(plural: string, namespace: string | undefined, paging: Paging): Promise<unknown> {
    const options = this.#limited();
    if (plural === 'pods')
      return namespace === undefined
        ? this.#core.listPodForAllNamespaces(paging, options)
        : this.#core.listNamespacedPod({ namespace, ...paging }, options);
    return namespace === undefined
      ? this.#core.listServiceForAllNamespaces(paging, options)
      : this.#core.listNamespacedService({ namespace, ...paging }, options);
  }

  /** The plurals of what is served in a version of a group; empty if the version is not served. */
  async resources({ group, version }: Pick<Resource, 'group' | 'version'>): Promise<ReadonlySet<string>> {
    try {
      const read = resourceList.parse(
        await this.#call(() => this.#objects.getAPIResources({ group, version }, this.#limited())),
      );
      return new Set(read.resources.map(({ name }) => name));
    } catch (error) {
      if (error instanceof NotFoundError) return new Set();
      throw error;
    }
  }

  /** The names, ports and selectors of the Services of a namespace. */
  async services(namespace: string): Promise<readonly ServiceRead[]> {
    const { items } = serviceList.parse(
      await this.#call(() => this.#core.listNamespacedService({ namespace }, this.#limited())),
    );
    return items.map(({ metadata: { name }, spec: { ports, selector } }) => ({
      name,
      ports: ports.map(({ port }) => port),
      ...(selector !== undefined && { selector }),
    }));
  }

  /** The resourceVersion that a LIST of the namespace has now. */
  async version(resource: Resource, namespace: string): Promise<string> {
    const page = await this.#call(() =>
      this.#objects.listNamespacedCustomObject({ ...resource, namespace, limit: 1 }, this.#limited()),
    );
    return list.parse(page).metadata.resourceVersion;
  }

  async patch(
    resource: Resource,
    namespace: string,
    name: string,
    body: JsonPatch,
    dryRun: boolean,
  ): Promise<KubeReply> {
    const request = { ...resource, namespace, name, body, fieldManager, ...(dryRun ? { dryRun: 'All' } : {}) };
    const options = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch, this.#limited());
    const reply = await this.#call(() => this.#objects.patchNamespacedCustomObjectWithHttpInfo(request, options));
    return { body: reply.data, warnings: readWarnings(reply.headers['warning']) };
  }

  async create(resource: Resource, namespace: string, body: object, dryRun: boolean): Promise<KubeReply> {
    const request = { ...resource, namespace, body, fieldManager, ...(dryRun ? { dryRun: 'All' } : {}) };
    const reply = await this.#call(() =>
      this.#objects.createNamespacedCustomObjectWithHttpInfo(request, this.#limited()),
    );
    return { body: reply.data, warnings: readWarnings(reply.headers['warning']) };
  }

  /** Deletes the object only if it is still the one that was read, unchanged. */
  async delete(
    resource: Resource,
    namespace: string,
    name: string,
    preconditions: { readonly uid: string; readonly resourceVersion: string },
    dryRun: boolean,
  ): Promise<readonly string[]> {
    // Everything goes into the body: if there is one, the API server ignores the query, even `dryRun`.
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, ...(dryRun ? { dryRun: ['All'] } : {}) };
    const request = { ...resource, namespace, name, body };
    const reply = await this.#call(() =>
      this.#objects.deleteNamespacedCustomObjectWithHttpInfo(request, this.#limited()),
    );
    return readWarnings(reply.headers['warning']);
  }

  async createEvent(namespace: string, body: CoreV1Event): Promise<void> {
    await this.#call(() => this.#core.createNamespacedEvent({ namespace, body, fieldManager }, this.#limited()));
  }

  /** Calls back for every event until the server ends the watch (undefined) or the watch breaks (the error). */
  watch(
    resource: Resource,
    namespace: string | undefined,
    resourceVersion: string,
    onEvent: (type: string, object: unknown) => void,
    signal: AbortSignal,
  ): Promise<unknown> {
    return this.#watch(resource, namespace, { resourceVersion, allowWatchBookmarks: true }, onEvent, signal);
  }

  /** The states of an object at each event since a resourceVersion; undefined if the server no longer remembers that far back. */
  async eventsSince(
    resource: Resource,
    { namespace, name, since }: { readonly namespace: string; readonly name: string; readonly since: string },
  ): Promise<readonly unknown[] | undefined> {
    const objects: unknown[] = [];
    let isForgotten = false;
    const query = { resourceVersion: since, fieldSelector: `metadata.name=${name}`, timeoutSeconds: memorySeconds };
    const startedMs = performance.now();
    const onEvent = (type: string, object: unknown) => {
      if (type === 'ERROR') isForgotten = true;
      else objects.push(object);
    };
    const problem = await this.#watch(resource, namespace, query, onEvent, AbortSignal.timeout(this.#timeoutMs));
    if (isForgotten) return undefined;
    // Past events come at once. If the server ends the watch early, some may be missing.
    const isWhole = performance.now() - startedMs >= memorySeconds * 900;
    if (problem !== undefined || !isWhole) throw translate(problem ?? new Error('the watch ended early'));
    return objects;
  }

  async #watch(
    resource: Resource,
    namespace: string | undefined,
    query: Readonly<Record<string, string | number | boolean>>,
    onEvent: (type: string, object: unknown) => void,
    signal: AbortSignal,
  ): Promise<unknown> {
    const path = pathOf(resource, namespace);
    const { promise: ended, resolve: end } = Promise.withResolvers<unknown>();
    const controller = await new Watch(this.#config).watch(path, query, onEvent, (error: unknown) =>
      end(error ?? undefined),
    );
    const abort = () => controller.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      return await ended;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    await this.#config.close();
  }

  /** The library has no timeout: a request to a silent server would wait forever. */
  #limited(): ConfigurationOptions {
    const hear = this.#clock?.asking();
    return {
      middleware: [
        {
          pre: (context) => {
            context.setSignal(AbortSignal.timeout(this.#timeoutMs));
            return observable(context);
          },
          post: (response) => {
            hear?.(response.headers['date']);
            return observable(response);
          },
        },
      ],
      middlewareMergeStrategy: 'append',
    };
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      throw translate(cause);
    }
  }
}

function pathOf({ group, version, plural }: Resource, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

function observable<T>(value: T): Observable<T> {
  return new Observable(Promise.resolve(value));
}

/** `299 - "text"`, several separated by commas (RFC 7234, 5.5). */
function readWarnings(header: string | undefined): readonly string[] {
  return [...(header ?? '').matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  );
}
