import { setTimeout as delay } from 'node:timers/promises';
import { type Change, mainEdit, placeOf } from '../domain/change/change.ts';
import { lookedAfterMs } from '../domain/change/fate.ts';
import { type Following, followingOf } from '../domain/map/following.ts';
import { followedRules } from '../domain/map/governing.ts';
import { defaultSettings, isOfMap, type MeshSettings } from '../domain/map/objects.ts';
import type { PodCount } from '../domain/map/pods.ts';
import { emptyLedger, type Ledger, ledgerAnnotation, newestByRule, readLedger } from '../domain/routing/ledger.ts';
import { type ChangeId, type RampId, readHost, type ServiceName } from '../domain/routing/names.ts';
import { hasRules, type ObjectContent, type ObjectRef } from '../domain/routing/object.ts';
import type { Route, Weights } from '../domain/routing/route.ts';
import type { Definition } from '../domain/routing/undefined-versions.ts';
import { LedgerUnreadableError } from '../workflow/errors.ts';
import type { Aged, Found, Glance, ObjectRules, OpenObject, SoughtChange, Touched } from '../workflow/ports/mesh.ts';
import type { Log } from '../workflow/ports/process.ts';
import type { Provenance } from '../workflow/ports/provenance.ts';
import { besidesOf } from './besides.ts';
import type { KubeClient } from './client/kube-client.ts';
import { AlreadyExistsError } from './client/kube-errors.ts';
import type { Definitions } from './definitions.ts';
import { definitionOf, listRules, noRules, type RulesOf, rulesFor, rulesIn, rulesNow } from './destination-rules.ts';
import { toEvent } from './event.ts';
import { findService, rulesOf } from './find-service.ts';
import { getLive } from './get-live.ts';
import type { DestinationRule } from './kinds/destination-rule.ts';
import type { RoutingObject } from './kinds/kind.ts';
import { kinds } from './kinds/kinds.ts';
import { withoutLedger } from './ledger-annotation.ts';
import { MapFeed } from './map/map-feed.ts';
import { Surroundings } from './map/surroundings.ts';
import { allKinds } from './map/watched-kinds.ts';
import { Namespaces } from './namespaces.ts';
import { hadChange, momentOf, openObject, picture } from './open-object.ts';
import type { RoutingObjects } from './routing-objects.ts';
import { ServedKinds } from './served-kinds.ts';
import { refOfObject, toRoute } from './to-route.ts';

/** If the cluster has not confirmed the objects for longer than this, we ask again before we say anything about them. */
const freshMs = 10_000;
/** How long a person waits for that. A request that we may accept gets less time than one that only shows: Slack waits 3 s. */
const patienceMs = { find: 1_000, show: 2_000, map: 300 };

/** How often we try to see the whole cluster, where we could not: most bots may see their namespaces alone. */
const wholeAgainMs = 15 * 60_000;

/** The routing table of one cluster. Decisions use live reads; the watch cache only finds names. */
export class ClusterMesh {
  readonly #cluster: string;
  readonly #client: KubeClient;
  readonly #log: Log;
  readonly #domain: string;
  readonly #provenance: Provenance | undefined;
  readonly #served: ServedKinds;
  readonly #feed: MapFeed;
  /** Where we may see the whole cluster, the map knows it. */
  readonly #wholeCluster: Surroundings;
  readonly #namespaces: Namespaces;
  readonly #listeners = new Set<(touched: Touched) => void>();

  constructor(
    cluster: string,
    client: KubeClient,
    log: Log,
    { provenance, ...settings }: MeshSettings & { readonly provenance?: Provenance | undefined } = defaultSettings,
  ) {
    this.#provenance = provenance;
    this.#cluster = cluster;
    this.#client = client;
    this.#log = log;
    this.#domain = settings.clusterDomain;
    this.#feed = new MapFeed(settings);
    this.#served = new ServedKinds(client);
    const whole = { namespace: undefined, kinds: allKinds(this.#served), againMs: wholeAgainMs, log };
    this.#wholeCluster = new Surroundings(client, this.#feed, whole);
    this.#namespaces = new Namespaces(client, this.#served, {
      log,
      feed: this.#feed,
      domain: this.#domain,
      onChange: (before, after) => this.#tell(before, after),
      onFound: (object) => this.#tellFound(object),
    });
  }

  async find(name: ServiceName): Promise<Found> {
    this.#wholeCluster.lookAgain();
    const { services, surroundings } = await this.#namespaces.watched(name.namespace);
    await surroundings.known(patienceMs.map);
    const seesPods = this.#seesPods(name.namespace);
    const find = () =>
      findService(
        services.objects,
        { ...name, cluster: this.#cluster },
        { map: this.#feed.map, domain: this.#domain, seesPods },
      );
    const found = find();
    if (found.kind === 'found') return found;
    const aged = await this.#confirm(services, patienceMs.find); // no refusal from old data
    return { ...find(), ...aged };
  }

  async open(ref: ObjectRef): Promise<OpenObject> {
    const opened = await this.#open(ref);
    return {
      ...opened,
      write: async (edit, revision, options) => {
        const written = await opened.write(edit, revision, options);
        if (written.kind === 'written' && !options?.dryRun) this.#keepWatching(ref);
        return written;
      },
    };
  }

  async #open(ref: ObjectRef): Promise<OpenObject> {
    const { kind, namespace, name } = ref;
    const [resource, seen] = await Promise.all([this.#served.of(kind), this.#rulesSeenFor(ref)]);
    // All at once, because a person waits.
    const [body, rules, besides] = await Promise.all([
      getLive(this.#client, resource, namespace, name),
      rulesNow(this.#client, seen),
      besidesOf(this.#client, ref),
    ]);
    const provenance = this.#provenance;
    const place = { ref, resource, provenance };
    if (body === undefined) {
      const awaitedBy = isOfMap(kind) ? this.#feed.map.handedOver({ kind, namespace, name }) : [];
      return { ...openObject(this.#client, place, undefined), ...(awaitedBy.length > 0 && { awaitedBy }) };
    }
    const object = kinds[kind].read(body, { domain: this.#domain });
    const rulesOf = await this.#covering(object, rules);
    const definitions = { ...besides, rulesOf, ...this.#byMap(ref.namespace) };
    const route = toRoute(this.#cluster, object, definitions);
    const ledger = (await provenance?.check(route.ledger, ref)) ?? route.ledger;
    return openObject(this.#client, place, { body, object, route: { ...route, ledger } });
  }

  async moment(ref: ObjectRef): Promise<string> {
    return momentOf(this.#client, { ref, resource: await this.#served.of(ref.kind) });
  }

  async hadChange(ref: ObjectRef, sought: SoughtChange): Promise<boolean | undefined> {
    return hadChange(this.#client, { ref, resource: await this.#served.of(ref.kind) }, sought);
  }

  picture(object: ObjectRef, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'> {
    return picture(object, content, this.#domain);
  }

  async definitions(namespace: string, { live }: { readonly live: boolean }): Promise<readonly Definition[]> {
    const seen = async () => (await this.#namespaces.watched(namespace)).rules.objects;
    const rules = live ? await listRules(this.#client, namespace) : await seen();
    return rules.map((rule) => definitionOf(rule, this.#domain));
  }

  async services(namespace: string): Promise<Glance<readonly Route[]>> {
    const { services, rules } = await this.#namespaces.watched(namespace);
    const aged = await this.#confirm(services, patienceMs.show);
    const rulesOf = this.#rulesIn(rules.objects);
    return { seen: services.objects.map((object) => this.#seen(object, rulesOf)), ...aged };
  }

  async sendingTo(hosts: readonly string[]): Promise<readonly Route[]> {
    const watched = await this.#namespaces.all();
    const rules = watched.flatMap((each) => each.rules.objects);
    const rulesOf = this.#rulesIn(this.#rulesFor(hosts, rules));
    return watched
      .flatMap(({ services }) => services.objects)
      .filter((object) => object.reachedHosts().some((host) => hosts.includes(host)))
      .map((object) => this.#seen(object, rulesOf));
  }

  async glance({ kind, namespace, name }: ObjectRef): Promise<Weights | undefined> {
    if (!hasRules(kind)) return undefined;
    const { services } = await this.#namespaces.watched(namespace);
    const object = services.get(kind, name);
    if (object === undefined) return undefined;
    // Without what defines versions: it says nothing about weights, there may be thousands, and this is called often.
    const { handedOver } = this.#byMap(namespace);
    return this.#toRouteOrWithoutLedger(object, { rulesOf: noRules, handedOver });
  }

  async following({ kind, namespace, name }: ObjectRef, rule: string): Promise<Following | undefined> {
    const { services, surroundings } = await this.#namespaces.watched(namespace);
    await surroundings.known(patienceMs.map);
    const object = services.get(kind, name);
    const place = object?.places().find(({ key }) => key === rule);
    if (!isOfMap(kind) || place === undefined) return undefined;
    const seesAll = this.#feed.sees('networking.istio.io/VirtualService');
    return followingOf(this.#feed.map, { object: { kind, namespace, name }, rule: place, seesAll });
  }

  async followed({ service, namespace }: ServiceName): Promise<readonly ObjectRules[]> {
    const { surroundings } = await this.#namespaces.watched(namespace);
    await surroundings.known(patienceMs.map);
    const { map } = this.#feed;
    const refs = followedRules(map, map.hostMeant(service, namespace));
    const places = [...new Set(refs.map(({ object }) => object.namespace))];
    const watched = new Map(
      await Promise.all(places.map(async (place) => [place, await this.#namespaces.watched(place)] as const)),
    );
    const rules = rulesOf(refs, ({ kind, namespace: place, name }) => watched.get(place)?.services.get(kind, name));
    return rules.map(({ object, ...rest }) => ({ object: { cluster: this.#cluster, ...object }, ...rest }));
  }

  pods(host: string, labels: Readonly<Record<string, string>>): PodCount | undefined {
    const { namespace } = readHost(host, '');
    const isKnown = Object.keys(labels).length === 0 ? this.#seesEndpoints(namespace) : this.#seesPods(namespace);
    return isKnown ? this.#feed.map.podsOf(host, labels) : undefined;
  }

  onTouched(listen: (touched: Touched) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  async findChange(id: ChangeId | RampId): Promise<ObjectRef | undefined> {
    const objects = (await this.#namespaces.all()).flatMap(({ services }) => services.objects);
    const holding = objects.find(({ metadata }) => metadata.annotations?.[ledgerAnnotation]?.includes(`"${id}"`));
    return holding === undefined ? undefined : this.#objectOf(holding);
  }

  async announce(change: Change): Promise<void> {
    try {
      const resource = await this.#served.of(mainEdit(change).object.kind);
      await this.#client.createEvent(placeOf(change).namespace, toEvent(change, resource));
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
    void this.#wholeCluster.start();
  }

  async close(): Promise<void> {
    this.#wholeCluster.stop();
    await this.#namespaces.close();
    await this.#client.close();
  }

  /** The DestinationRules that the watch has seen for an object's hosts. */
  async #rulesSeenFor({ kind, namespace, name }: ObjectRef): Promise<readonly DestinationRule[]> {
    if (kinds[kind].definedBy !== 'DestinationRule') return [];
    const { services, rules } = await this.#namespaces.watched(namespace);
    const hosts = services.get(kind, name)?.destinationHosts() ?? [];
    return this.#rulesFor(hosts, rules.objects);
  }

  /** The watch may not have seen the rules of every host that the object has now. Then we list all rules of the namespace. */
  async #covering(object: RoutingObject, rules: readonly DestinationRule[]): Promise<RulesOf> {
    const known = this.#rulesIn(rules);
    if (kinds[object.kind].definedBy !== 'DestinationRule') return known;
    const isCovered = object.destinationHosts().every((host) => known(host).length > 0);
    return isCovered ? known : this.#rulesIn(await listRules(this.#client, object.metadata.namespace));
  }

  #seesEndpoints(namespace: string): boolean {
    return this.#feed.sees('discovery.k8s.io/EndpointSlice', namespace);
  }

  #seesPods(namespace: string): boolean {
    return this.#seesEndpoints(namespace) && this.#feed.sees('/Pod', namespace);
  }

  /** Empty if the cluster has confirmed the objects within the last 10 s, or does so now. */
  async #confirm(services: RoutingObjects, withinMs: number): Promise<Aged> {
    const isFresh = () => services.ageMs <= freshMs;
    if (isFresh()) return {};
    const asked = services.refresh().catch((err: unknown) => {
      this.#log.warn({ err, cluster: this.#cluster }, 'the cluster was asked anew and did not answer');
    });
    await Promise.race([asked, delay(withinMs)]);
    return isFresh() ? {} : { asOf: new Date(Date.now() - services.ageMs) };
  }

  /** Before the first object was created, the namespace had nothing to watch. */
  #keepWatching({ namespace }: ObjectRef): void {
    this.#namespaces.watched(namespace).catch((err: unknown) => {
      this.#log.warn({ err, cluster: this.#cluster, namespace }, 'a namespace that was written to is not watched');
    });
  }

  #rulesIn(rules: readonly DestinationRule[]): RulesOf {
    return rulesIn(rules, this.#domain);
  }

  #rulesFor(hosts: readonly string[], rules: readonly DestinationRule[]): readonly DestinationRule[] {
    return rulesFor(hosts, rules, this.#domain);
  }

  #tell(before: RoutingObject | undefined, after: RoutingObject | undefined): void {
    const one = after ?? before;
    const changes = [...new Set([before, after].flatMap((each) => newestByRule(ledgerOf(each))))];
    if (one === undefined || (changes.length === 0 && before !== undefined)) return;
    for (const listen of this.#listeners) listen({ object: this.#objectOf(one), changes });
  }

  #tellFound(object: RoutingObject): void {
    const [newest] = ledgerOf(object).revisions;
    if (newest !== undefined && Date.parse(newest.at) > Date.now() - lookedAfterMs) this.#tell(object, object);
  }

  #objectOf(object: RoutingObject): ObjectRef {
    return refOfObject(this.#cluster, object);
  }

  /** What the traffic map knows of the objects of a namespace, and of the hosts that they send to. */
  #byMap(namespace: string): Pick<Definitions, 'elsewhere' | 'handedOver' | 'rolloutOf'> {
    const { map } = this.#feed;
    return {
      elsewhere: (host) => map.subsetsOf(host, namespace),
      handedOver: (object) => map.handedOver(object),
      rolloutOf: (host) => map.rolloutOf(host),
    };
  }

  #seen(object: RoutingObject, rulesOf: RulesOf): Route {
    return this.#toRouteOrWithoutLedger(object, { rulesOf, ...this.#byMap(object.metadata.namespace) });
  }

  /** One object with an unreadable ledger must not hide all the others. */
  #toRouteOrWithoutLedger(object: RoutingObject, definitions: Definitions): Route {
    try {
      return toRoute(this.#cluster, object, definitions);
    } catch (error) {
      if (!(error instanceof LedgerUnreadableError)) throw error;
      const metadata = { ...object.metadata, annotations: withoutLedger(object.metadata.annotations) };
      return toRoute(this.#cluster, { ...object, metadata }, definitions);
    }
  }
}

/** Empty if the object has none, or one that is not ours. */
function ledgerOf(object: RoutingObject | undefined): Ledger {
  const reading = readLedger(object?.metadata.annotations?.[ledgerAnnotation]);
  return reading.kind === 'unreadable' ? emptyLedger : reading.ledger;
}
