import { setTimeout as delay } from 'node:timers/promises';
import { NotPermittedError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { NotFoundError } from '../client/kube-errors.ts';
import { WatchCache } from '../watch-cache.ts';
import type { MapFeed } from './map-feed.ts';
import type { MeshKind } from './read-object.ts';
import type { WatchedKind } from './watched-kinds.ts';

export interface Around {
  /** Undefined: the whole cluster. */
  readonly namespace: string | undefined;
  readonly kinds: readonly WatchedKind[];
  /** How often we look for what was not served, or not permitted, before. */
  readonly againMs: number;
  readonly log: Log;
}

/** What is watched for the traffic map alone. What is not served, or not for us to see, the map does without. */
export class Surroundings {
  readonly #client: KubeClient;
  readonly #feed: MapFeed;
  readonly #around: Around;
  readonly #caches = new Map<MeshKind, WatchCache<true>>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #first: Promise<void> | undefined;

  constructor(client: KubeClient, feed: MapFeed, around: Around) {
    this.#client = client;
    this.#feed = feed;
    this.#around = around;
  }

  /** Resolves when all that can be watched is listed. Never rejects: what fails is not known to the map, and the log says so. */
  start(): Promise<void> {
    const starting = this.#start();
    this.#first ??= starting;
    return starting;
  }

  /** Resolves when all was listed once, or after so many milliseconds. Until then the map knows less, and says nothing that is not so. */
  async known(withinMs: number): Promise<void> {
    await Promise.race([this.#first, delay(withinMs, undefined, { ref: false })]);
  }

  async #start(): Promise<void> {
    this.#lookedAt = performance.now();
    const missing = this.#around.kinds.filter(({ kind }) => !this.#caches.has(kind));
    for (const each of missing) await this.#startOne(each); // one by one: what people ask for goes before
  }

  /** Once started, looks for what was missing, now and then. Nobody waits for it. */
  lookAgain(): void {
    const sinceMs = performance.now() - this.#lookedAt;
    if (Number.isFinite(sinceMs) && sinceMs >= this.#around.againMs) void this.start();
  }

  stop(): void {
    this.#isStopped = true;
    for (const cache of this.#caches.values()) cache.stop();
  }

  async #startOne({ kind, resource: find, relistMs }: WatchedKind): Promise<void> {
    const { namespace, log } = this.#around;
    try {
      const resource = await find();
      if (resource === undefined) return;
      const onState = this.#feed.of(kind, namespace === undefined ? 'cluster' : 'namespace');
      const watched = { resource, namespace, log, read: () => true as const, onState };
      const cache = new WatchCache<true>(this.#client, relistMs === undefined ? watched : { ...watched, relistMs });
      await cache.start();
      if (this.#isStopped) return cache.stop();
      this.#caches.set(kind, cache);
      this.#feed.nowWatched(kind, namespace);
    } catch (err) {
      const isMissing = err instanceof NotFoundError || err instanceof NotPermittedError;
      log[isMissing ? 'info' : 'warn']({ err, kind, namespace }, 'the traffic map does without a kind of objects');
    }
  }
}
