import { setTimeout as delay } from 'node:timers/promises';
import type { Change } from '../domain/change/change.ts';
import type { ObjectRef } from '../domain/change/edit.ts';
import { ledgerAnnotation, readLedger, record } from '../domain/routing/ledger.ts';
import { type ChangeId, type RoutingObject, resolveHost, type ServiceName } from '../domain/routing/names.ts';
import type { Route, Weights } from '../domain/routing/route.ts';
import type { Definition } from '../domain/routing/undefined-versions.ts';
import { LedgerUnreadableError } from '../workflow/errors.ts';
import type {
  Aged,
  Edit,
  Found,
  Glance,
  OpenObject,
  OpenRoute,
  SoughtChange,
  Touched,
  Written,
} from '../workflow/ports/mesh.ts';
import type { Log } from '../workflow/ports/process.ts';
import type { KubeClient } from './client/kube-client.ts';
import { AlreadyExistsError, ConflictError, NotFoundError } from './client/kube-errors.ts';
import { toEvent } from './event.ts';
import { findService } from './find-service.ts';
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
} from './kinds/virtual-service.ts';
import { Namespaces } from './namespaces.ts';
import { hadChange, momentOf, openObject } from './open-object.ts';
import type { WatchCache } from './watch-cache.ts';

/** What the cluster has not confirmed for longer is asked for again before anything is said of it. */
const freshMs = 10_000;
/** How long a person waits for that: what is to be accepted has less time than what is only shown, and must be answered within 3 s. */
const patienceMs = { find: 1_000, show: 2_000 };

/** The routing table of one cluster. What decides is read live; the watch cache only finds names. */
export class ClusterMesh {
  readonly #cluster: string;
  readonly #client: KubeClient;
  readonly #log: Log;
  readonly #namespaces: Namespaces;
  readonly #listeners = new Set<(touched: Touched) => void>();

  constructor(cluster: string, client: KubeClient, log: Log) {
    this.#cluster = cluster;
    this.#client = client;
    this.#log = log;
    this.#namespaces = new Namespaces(client, log, (before, after) => this.#tell(before, after));
  }

  async find(name: ServiceName): Promise<Found> {
    const { services } = await this.#namespaces.watched(name.namespace);
    const found = findService(services.objects, name, (each) => this.#objectOf(each));
    if (found.kind === 'found') return found;
    const aged = await this.#confirm(services, patienceMs.find); // nothing is refused by what may be long gone
    return { ...findService(services.objects, name, (each) => this.#objectOf(each)), ...aged };
  }

  async read(object: RoutingObject): Promise<OpenRoute | undefined> {
    const { namespace, name } = object;
    const { services } = await this.#namespaces.watched(namespace);
    const cached = services.get(name);
    const [live, rules] = await Promise.all([this.#getLive(namespace, name), this.#rulesFor(namespace, cached)]);
    if (live === undefined) return undefined;

    const uncovered = destinationHosts(live).some((host) => !rules.some((rule) => definesHost(rule, host)));
    const all = uncovered ? await this.#listRules(namespace) : rules;
    const route = toRoute(this.#cluster, live, rulesIn(all));
    return { route, write: (edit, options) => this.#write(live, edit, options?.dryRun ?? false) };
  }

  open(object: ObjectRef): Promise<OpenObject> {
    return openObject(this.#client, object);
  }

  moment(object: ObjectRef): Promise<string> {
    return momentOf(this.#client, object);
  }

  hadChange(object: ObjectRef, sought: SoughtChange): Promise<boolean | undefined> {
    return hadChange(this.#client, object, sought);
  }

  async definitions(namespace: string, { live }: { readonly live: boolean }): Promise<readonly Definition[]> {
    const rules = live ? await this.#listRules(namespace) : (await this.#namespaces.watched(namespace)).rules.objects;
    return rules.map(toDefinition);
  }

  async services(namespace: string): Promise<Glance<readonly Route[]>> {
    const { services, rules } = await this.#namespaces.watched(namespace);
    const aged = await this.#confirm(services, patienceMs.show);
    const rulesOf = rulesIn(rules.objects);
    return { seen: services.objects.map((object) => this.#toRouteOrWithoutLedger(object, rulesOf)), ...aged };
  }

  async glance({ namespace, name }: RoutingObject): Promise<Weights | undefined> {
    const { services } = await this.#namespaces.watched(namespace);
    const object = services.get(name);
    // Without the DestinationRules, which say nothing of weights: there may be thousands, and this is asked often.
    return object === undefined ? undefined : this.#toRouteOrWithoutLedger(object, () => []);
  }

  onTouched(listen: (touched: Touched) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  async findChange(id: ChangeId): Promise<RoutingObject | undefined> {
    const objects = (await this.#namespaces.all()).flatMap(({ services }) => services.objects);
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
    await this.#namespaces.watched(namespace);
  }

  async close(): Promise<void> {
    await this.#namespaces.close();
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
    const { rules } = await this.#namespaces.watched(namespace);
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

  /** Empty where the cluster has answered within the last 10 s, if only because it was asked now. */
  async #confirm(services: WatchCache<VirtualService>, withinMs: number): Promise<Aged> {
    const isFresh = () => services.ageMs <= freshMs;
    if (isFresh()) return {};
    const asked = services.refresh().catch((err: unknown) => {
      this.#log.warn({ err, cluster: this.#cluster }, 'the cluster was asked anew and did not answer');
    });
    await Promise.race([asked, delay(withinMs)]);
    return isFresh() ? {} : { asOf: new Date(Date.now() - services.ageMs) };
  }

  #tell(before: VirtualService | undefined, after: VirtualService | undefined): void {
    const one = after ?? before;
    const changes = [...new Set([...newestChanges(before), ...newestChanges(after)])];
    if (one === undefined || changes.length === 0 || this.#listeners.size === 0) return;
    const touched = { object: this.#objectOf(one), changes };
    for (const listen of this.#listeners) listen(touched);
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

/** The newest change of each rule, as the ledger has them; an object without a ledger has none, nor one whose ledger is not ours. */
function newestChanges(object: VirtualService | undefined): readonly ChangeId[] {
  const reading = readLedger(object?.metadata.annotations?.[ledgerAnnotation]);
  if (reading.kind === 'unreadable') return [];
  const byRule = Map.groupBy(reading.ledger.revisions, ({ rule }) => rule);
  return [...byRule.values()].flatMap(([newest]) => newest?.id ?? []);
}

function rulesIn(rules: readonly DestinationRule[]): (host: string) => readonly DestinationRule[] {
  const byHost = Map.groupBy(rules, ({ metadata, spec }) => resolveHost(spec.host, metadata.namespace));
  return (host) => byHost.get(host) ?? [];
}

function toDefinition({ metadata, spec }: DestinationRule): Definition {
  const versions = spec.subsets.map(({ name }) => name);
  return { name: metadata.name, host: resolveHost(spec.host, metadata.namespace), versions };
}

function definesHost({ metadata, spec }: DestinationRule, host: string): boolean {
  return resolveHost(spec.host, metadata.namespace) === host;
}
