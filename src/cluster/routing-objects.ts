import { hasRules, type ObjectKind, objectKinds } from '../domain/routing/object.ts';
import { NotPermittedError } from '../workflow/errors.ts';
import type { Log } from '../workflow/ports/process.ts';
import type { KubeClient } from './client/kube-client.ts';
import { NotFoundError } from './client/kube-errors.ts';
import type { RoutingObject } from './kinds/kind.ts';
import { kinds } from './kinds/kinds.ts';
import type { MapFeed } from './map/map-feed.ts';
import type { ServedKinds } from './served-kinds.ts';
import { WatchCache } from './watch-cache.ts';

/** How often we look for kinds that were not served, or not permitted, before. */
export const lookAgainMs = 60_000;

export interface Routing {
  readonly namespace: string;
  readonly log: Log;
  readonly feed: MapFeed;
  /** Of the cluster. */
  readonly domain: string;
  readonly onChange: (before: RoutingObject | undefined, after: RoutingObject | undefined) => void;
}

/** The objects of a namespace that split traffic, of every kind that the cluster serves and that we may see. */
export class RoutingObjects {
  readonly #client: KubeClient;
  readonly #served: ServedKinds;
  readonly #routing: Routing;
  readonly #caches = new Map<ObjectKind, WatchCache<RoutingObject>>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(client: KubeClient, served: ServedKinds, routing: Routing) {
    this.#client = client;
    this.#served = served;
    this.#routing = routing;
  }

  /** Rejects if the first LIST of a kind fails. A kind that is not served, or that we may not see, is left out, except VirtualServices. */
  async start(): Promise<void> {
    this.#lookedAt = performance.now();
    const missing = objectKinds.filter((kind) => hasRules(kind) && !this.#caches.has(kind));
    const started = await Promise.allSettled(missing.map((kind) => this.#startOne(kind)));
    const failed = started.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Looks for kinds that were missing, now and then. Nobody waits for it. */
  lookAgain(): void {
    if (performance.now() - this.#lookedAt < lookAgainMs) return;
    this.start().catch((err: unknown) => {
      this.#routing.log.warn({ err, namespace: this.#routing.namespace }, 'kinds of routes could not be looked for');
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const cache of this.#caches.values()) cache.stop();
  }

  get objects(): readonly RoutingObject[] {
    return [...this.#caches.values()].flatMap(({ objects }) => objects);
  }

  get(kind: ObjectKind, name: string): RoutingObject | undefined {
    return this.#caches.get(kind)?.get(name);
  }

  /** How long ago the cluster last confirmed all of these objects. */
  get ageMs(): number {
    return Math.max(...[...this.#caches.values()].map(({ ageMs }) => ageMs));
  }

  async refresh(): Promise<void> {
    await Promise.all([...this.#caches.values()].map((cache) => cache.refresh()));
  }

  async #startOne(kind: ObjectKind): Promise<void> {
    const { namespace, log, feed, domain, onChange } = this.#routing;
    try {
      const resource = await this.#served.find(kind);
      if (resource === undefined) return;
      const read = (object: unknown) => kinds[kind].read(object, { domain });
      const onState = feed.ofKind(kind);
      const cache = new WatchCache(this.#client, { resource, namespace, log, read, onChange, onState });
      await cache.start();
      if (this.#isStopped) cache.stop();
      else this.#caches.set(kind, cache);
    } catch (err) {
      const isMissing = err instanceof NotFoundError || err instanceof NotPermittedError;
      if (kind === 'VirtualService' || !isMissing) throw err;
      log.info({ err, kind, namespace }, 'a kind of routes is not watched');
    }
  }
}
