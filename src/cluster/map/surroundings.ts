import { NotPermittedError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import type { KubeClient, Resource } from '../client/kube-client.ts';
import { NotFoundError } from '../client/kube-errors.ts';
import { WatchCache } from '../watch-cache.ts';
import type { MapFeed } from './map-feed.ts';
import type { MeshKind } from './read-object.ts';

/** How often we look for what was not served, or not permitted, before. */
const lookAgainMs = 60_000;

const istio = { group: 'networking.istio.io', version: 'v1' };
const gatewayApi = { group: 'gateway.networking.k8s.io' };

/** What the map reads of a namespace beside the objects that split traffic and those that define versions. */
const around: readonly { readonly kind: MeshKind; readonly resource: Resource }[] = [
  { kind: '/Service', resource: { group: '', version: 'v1', plural: 'services' } },
  { kind: 'networking.istio.io/Gateway', resource: { ...istio, plural: 'gateways' } },
  { kind: 'networking.istio.io/ServiceEntry', resource: { ...istio, plural: 'serviceentries' } },
  { kind: 'networking.istio.io/Sidecar', resource: { ...istio, plural: 'sidecars' } },
  { kind: 'gateway.networking.k8s.io/Gateway', resource: { ...gatewayApi, version: 'v1', plural: 'gateways' } },
  {
    kind: 'gateway.networking.k8s.io/ReferenceGrant',
    resource: { ...gatewayApi, version: 'v1beta1', plural: 'referencegrants' },
  },
];

/** What of a namespace decides where requests go, beside routing objects. What is not served, or not for us to see, the map does without. */
export class Surroundings {
  readonly #client: KubeClient;
  readonly #feed: MapFeed;
  readonly #watched: { readonly namespace: string; readonly log: Log };
  readonly #caches = new Map<MeshKind, WatchCache<true>>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(client: KubeClient, feed: MapFeed, watched: { readonly namespace: string; readonly log: Log }) {
    this.#client = client;
    this.#feed = feed;
    this.#watched = watched;
  }

  /** Resolves when all that can be watched is listed. Never rejects: what fails is not known to the map, and the log says so. */
  async start(): Promise<void> {
    this.#lookedAt = performance.now();
    const missing = around.filter(({ kind }) => !this.#caches.has(kind));
    await Promise.all(missing.map((each) => this.#startOne(each)));
  }

  /** Looks for what was missing, now and then. Nobody waits for it. */
  lookAgain(): void {
    if (performance.now() - this.#lookedAt >= lookAgainMs) void this.start();
  }

  stop(): void {
    this.#isStopped = true;
    for (const cache of this.#caches.values()) cache.stop();
  }

  async #startOne({ kind, resource }: (typeof around)[number]): Promise<void> {
    const { namespace, log } = this.#watched;
    const cache = new WatchCache<true>(this.#client, {
      ...{ resource, namespace, log },
      read: () => true,
      onState: this.#feed.of(kind),
    });
    try {
      await cache.start();
      if (this.#isStopped) cache.stop();
      else this.#caches.set(kind, cache);
    } catch (err) {
      const isMissing = err instanceof NotFoundError || err instanceof NotPermittedError;
      log[isMissing ? 'info' : 'warn']({ err, kind, namespace }, 'the traffic map does without a kind of objects');
    }
  }
}
