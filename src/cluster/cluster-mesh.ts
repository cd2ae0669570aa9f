import type { Change } from '../domain/change.ts';
import { ledgerAnnotation, record } from '../domain/ledger.ts';
import { type ChangeId, type RoutingObject, resolveHost, type ServiceName } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import type { Route } from '../domain/route.ts';
import { LedgerUnreadableError, RejectedError } from '../workflow/errors.ts';
import type { Edit, Found, Log, OpenRoute, Written } from '../workflow/ports.ts';
import { toEvent } from './event.ts';
import type { KubeClient } from './kube-client.ts';
import { AlreadyExistsError, ConflictError, NotFoundError } from './kube-errors.ts';
import {
  type DestinationRule,
  destinationHosts,
  destinationRules,
  ledgerOf,
  readDestinationRule,
  readVirtualService,
  splitOf,
  toRoute,
  type VirtualService,
  virtualServices,
  weightsPatch,
} from './virtual-service.ts';
import { WatchCache } from './watch-cache.ts';

interface Watched {
  readonly services: WatchCache<VirtualService>;
  readonly rules: WatchCache<DestinationRule>;
}

/** The routing table of one cluster. What decides is read live; the watch cache only finds names. */
export class ClusterMesh {
  readonly #cluster: string;
  readonly #client: KubeClient;
  readonly #log: Log;
  readonly #namespaces = new Map<string, Promise<Watched>>();

  constructor(cluster: string, client: KubeClient, log: Log) {
    this.#cluster = cluster;
    this.#client = client;
    this.#log = log;
  }

  async find(name: ServiceName): Promise<Found> {
    const { services } = await this.#watched(name.namespace);
    const { objects } = services;
    const byHost = objects.filter((object) => routes(object, name));
    const matches =
      byHost.length > 0 ? preferred(byHost, name) : objects.filter(({ metadata }) => metadata.name === name.service);
    const [only, ...more] = matches;
    if (more.length > 0) return { kind: 'several', objects: matches.map(({ metadata }) => metadata.name) };
    if (only !== undefined) return { kind: 'found', object: this.#objectOf(only) };

    const known = [...new Set(objects.map(serviceOf))].toSorted();
    return { kind: 'unknown-service', services: known, nearest: nearest(name.service, known) };
  }

  async read(object: RoutingObject): Promise<OpenRoute | undefined> {
    const { namespace, name } = object;
    const { services } = await this.#watched(namespace);
    const cached = services.get(name);
    const [live, rules] = await Promise.all([this.#getLive(namespace, name), this.#rulesFor(namespace, cached)]);
    if (live === undefined) return undefined;

    const uncovered = destinationHosts(live).some((host) => !rules.some((rule) => definesHost(rule, host)));
    const all = uncovered ? await this.#listRules(namespace) : rules;
    const route = toRoute(this.#cluster, live, rulesIn(all));
    return { route, write: (edit, options) => this.#write(live, edit, options?.dryRun ?? false) };
  }

  async services(namespace: string): Promise<readonly Route[]> {
    const { services, rules } = await this.#watched(namespace);
    const rulesOf = rulesIn(rules.objects);
    return services.objects.map((object) => this.#toRouteOrWithoutLedger(object, rulesOf));
  }

  async findChange(id: ChangeId): Promise<RoutingObject | undefined> {
    const watched = await Promise.allSettled(this.#namespaces.values());
    const objects = watched.flatMap((each) => (each.status === 'fulfilled' ? each.value.services.objects : []));
    const holding = objects.find(({ metadata }) => metadata.annotations?.[ledgerAnnotation]?.includes(`"${id}"`));
    return holding === undefined ? undefined : this.#objectOf(holding);
  }

  async announce(change: Change): Promise<void> {
    try {
      await this.#client.createEvent(change.object.namespace, toEvent(change));
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error; // another worker left it
    }
  }

  async ping(): Promise<void> {
    await this.#client.ping();
  }

  /** Lists and watches a namespace before anybody asks for it. */
  async warm(namespace: string): Promise<void> {
    await this.#watched(namespace);
  }

  async close(): Promise<void> {
    for (const each of await Promise.allSettled(this.#namespaces.values())) {
      if (each.status === 'rejected') continue;
      each.value.services.stop();
      each.value.rules.stop();
    }
    await this.#client.close();
  }

  async #write(live: VirtualService, { rule, to, revision }: Edit, dryRun: boolean): Promise<Written> {
    const { namespace, name } = live.metadata;
    const ledger = record(ledgerOf(live), revision);
    try {
      const reply = await this.#client.patch(
        virtualServices,
        namespace,
        name,
        weightsPatch(live, rule, to, ledger),
        dryRun,
      );
      return {
        kind: 'written',
        live: splitOf(readVirtualService(reply.body), rule),
        seq: ledger.seq,
        warnings: reply.warnings,
      };
    } catch (error) {
      if (error instanceof ConflictError || error instanceof NotFoundError) return { kind: 'conflict' };
      throw error;
    }
  }

  async #getLive(namespace: string, name: string): Promise<VirtualService | undefined> {
    try {
      return readVirtualService(await this.#client.get(virtualServices, namespace, name));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** The DestinationRules that the watch has seen for an object's hosts, read live. */
  async #rulesFor(namespace: string, object: VirtualService | undefined): Promise<readonly DestinationRule[]> {
    if (object === undefined) return [];
    const { rules } = await this.#watched(namespace);
    const hosts = destinationHosts(object);
    const seen = rules.objects.filter((rule) => hosts.some((host) => definesHost(rule, host)));
    const live = await Promise.all(seen.map((rule) => this.#getRule(namespace, rule.metadata.name)));
    return live.filter((rule) => rule !== undefined);
  }

  async #getRule(namespace: string, name: string): Promise<DestinationRule | undefined> {
    try {
      return readDestinationRule(await this.#client.get(destinationRules, namespace, name));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async #listRules(namespace: string): Promise<readonly DestinationRule[]> {
    const { items } = await this.#client.list(destinationRules, namespace);
    return items.map(readDestinationRule).filter((rule) => rule !== undefined);
  }

  /** A namespace is watched from when it is first named, if there is anything in it to watch. */
  async #watched(namespace: string): Promise<Watched> {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const starting = this.#startWatching(namespace);
    this.#namespaces.set(namespace, starting);
    try {
      const watched = await starting;
      if (watched.services.objects.length === 0) this.#forget(namespace, watched);
      return watched;
    } catch (error) {
      this.#namespaces.delete(namespace);
      throw error;
    }
  }

  async #startWatching(namespace: string): Promise<Watched> {
    const services = new WatchCache(this.#client, virtualServices, namespace, readVirtualService, this.#log);
    const rules = new WatchCache(this.#client, destinationRules, namespace, readDestinationRule, this.#log);
    try {
      await Promise.all([services.start(), rules.start()]);
      return { services, rules };
    } catch (error) {
      services.stop();
      rules.stop();
      if (error instanceof NotFoundError)
        throw new RejectedError('this cluster does not know networking.istio.io/v1: is Istio installed?', {
          cause: error,
        });
      throw error;
    }
  }

  #forget(namespace: string, { services, rules }: Watched): void {
    services.stop();
    rules.stop();
    this.#namespaces.delete(namespace);
  }

  #objectOf({ metadata }: VirtualService): RoutingObject {
    return { cluster: this.#cluster, namespace: metadata.namespace, kind: 'VirtualService', name: metadata.name };
  }

  /** One object with a ledger that is not ours must not hide all the others. */
  #toRouteOrWithoutLedger(object: VirtualService, rulesOf: (host: string) => readonly DestinationRule[]): Route {
    try {
      return toRoute(this.#cluster, object, rulesOf);
    } catch (error) {
      if (!(error instanceof LedgerUnreadableError)) throw error;
      const { [ledgerAnnotation]: _, ...annotations } = object.metadata.annotations ?? {};
      return toRoute(this.#cluster, { ...object, metadata: { ...object.metadata, annotations } }, rulesOf);
    }
  }
}

/** In the mesh only one of them holds; beside those that only gateways see, that one is meant, or the one that is called so. */
function preferred(all: readonly VirtualService[], { service }: ServiceName): readonly VirtualService[] {
  const inMesh = all.filter(({ spec }) => spec.gateways.includes('mesh'));
  if (inMesh.length > 0) return inMesh;
  const named = all.filter(({ metadata }) => metadata.name === service);
  return named.length > 0 ? named : all;
}

/** Hosts are compared as Istio resolves them: in the namespace of the rule that holds them. */
function routes({ metadata, spec }: VirtualService, { service, namespace }: ServiceName): boolean {
  const wanted = resolveHost(service, namespace);
  return spec.hosts.some((host) => host === service || resolveHost(host, metadata.namespace) === wanted);
}

function definesHost({ metadata, spec }: DestinationRule, host: string): boolean {
  return resolveHost(spec.host, metadata.namespace) === host;
}

function rulesIn(rules: readonly DestinationRule[]): (host: string) => readonly DestinationRule[] {
  const byHost = Map.groupBy(rules, ({ metadata, spec }) => resolveHost(spec.host, metadata.namespace));
  return (host) => byHost.get(host) ?? [];
}

/** What people call the service that an object routes: its first host, short where it is in the same namespace. */
function serviceOf({ metadata, spec }: VirtualService): string {
  const [host = metadata.name] = spec.hosts;
  const suffix = `.${metadata.namespace}.svc.cluster.local`;
  return host.endsWith(suffix) ? host.slice(0, -suffix.length) : host;
}
