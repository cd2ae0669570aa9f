import { RejectedError } from '../workflow/errors.ts';
import type { Log } from '../workflow/ports/process.ts';
import type { KubeClient } from './client/kube-client.ts';
import { NotFoundError } from './client/kube-errors.ts';
import { type DestinationRule, destinationRules, readDestinationRule } from './kinds/destination-rule.ts';
import type { RoutingObject } from './kinds/kind.ts';
import type { MapFeed } from './map/map-feed.ts';
import { Surroundings } from './map/surroundings.ts';
import { around } from './map/watched-kinds.ts';
import { lookAgainMs, RoutingObjects } from './routing-objects.ts';
import type { ServedKinds } from './served-kinds.ts';
import { WatchCache } from './watch-cache.ts';

const noIstio =
  'this cluster does not serve VirtualServices and DestinationRules of networking.istio.io/v1: Istio is not installed, or older than 1.22';

export interface WatchedNamespace {
  readonly services: RoutingObjects;
  readonly rules: WatchCache<DestinationRule>;
  readonly surroundings: Surroundings;
}

interface Listeners {
  readonly onChange: (before: RoutingObject | undefined, after: RoutingObject | undefined) => void;
  /** Called for every object of the first LIST of a namespace: what happened to it before, no watch has told. */
  readonly onFound: (object: RoutingObject) => void;
}

interface Watching extends Listeners {
  readonly log: Log;
  /** The traffic map of all that is watched. */
  readonly feed: MapFeed;
  /** Of the cluster. */
  readonly domain: string;
}

/** A person waits. If the cluster takes longer, the namespace is looked at anew when it is next named. */
const servicesWithinMs = 500;

/**
 * The namespaces of a cluster that are watched. A namespace is watched from the first time it is named, unless it has nothing to watch: no object
 * that routes, and no Service.
 */
export class Namespaces {
  readonly #client: KubeClient;
  readonly #served: ServedKinds;
  readonly #log: Log;
  readonly #feed: MapFeed;
  readonly #domain: string;
  readonly #listeners: Listeners;
  readonly #known = new Map<string, Promise<WatchedNamespace>>();

  constructor(client: KubeClient, served: ServedKinds, { log, feed, domain, ...listeners }: Watching) {
    this.#client = client;
    this.#served = served;
    this.#log = log;
    this.#feed = feed;
    this.#domain = domain;
    this.#listeners = listeners;
  }

  async watched(namespace: string): Promise<WatchedNamespace> {
    const known = this.#known.get(namespace);
    if (known !== undefined) {
      const watched = await known;
      watched.services.lookAgain();
      watched.surroundings.lookAgain();
      return watched;
    }
    const starting = this.#start(namespace);
    this.#known.set(namespace, starting);
    try {
      const watched = await starting;
      if (watched.services.objects.length === 0 && !(await this.#hasServices(namespace, watched)))
        this.#forget(namespace, watched);
      return watched;
    } catch (error) {
      this.#known.delete(namespace);
      throw error;
    }
  }

  /** The namespaces whose first LIST succeeded. */
  async all(): Promise<readonly WatchedNamespace[]> {
    const started = await Promise.allSettled(this.#known.values());
    return started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }

  async close(): Promise<void> {
    for (const watched of await this.all()) stop(watched);
  }

  async #start(namespace: string): Promise<WatchedNamespace> {
    const [client, feed] = [this.#client, this.#feed];
    const common = { namespace, log: this.#log };
    const { onChange } = this.#listeners;
    const onState = feed.ofKind('DestinationRule');
    const watched = {
      services: new RoutingObjects(client, this.#served, { ...common, feed, domain: this.#domain, onChange }),
      rules: new WatchCache(client, { ...common, resource: destinationRules, read: readDestinationRule, onState }),
      surroundings: new Surroundings(client, feed, { ...common, kinds: around, againMs: lookAgainMs }),
    };
    try {
      await Promise.all([watched.services.start(), watched.rules.start()]);
      void watched.surroundings.start(); // a person waits, and without them the map only knows less
      watched.services.objects.forEach(this.#listeners.onFound);
      return watched;
    } catch (error) {
      this.#stop(namespace, watched);
      if (error instanceof NotFoundError) throw new RejectedError(noIstio, { cause: error });
      throw error;
    }
  }

  /** People ask what becomes of the requests for a Service, also where nothing routes it yet. */
  async #hasServices(namespace: string, { surroundings }: WatchedNamespace): Promise<boolean> {
    await surroundings.known(servicesWithinMs);
    return this.#feed.has('/Service', namespace);
  }

  #forget(namespace: string, watched: WatchedNamespace): void {
    this.#stop(namespace, watched);
    this.#known.delete(namespace);
  }

  #stop(namespace: string, watched: WatchedNamespace): void {
    stop(watched);
    this.#feed.forget(namespace);
  }
}

function stop({ services, rules, surroundings }: WatchedNamespace): void {
  services.stop();
  rules.stop();
  surroundings.stop();
}
