import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { findService, rulesOf } from '../../src/cluster/find-service.ts';
import type { KnownService, RoutingObject } from '../../src/cluster/kinds/kind.ts';
import { kinds } from '../../src/cluster/kinds/kinds.ts';
import { picture } from '../../src/cluster/open-object.ts';
import type { Change } from '../../src/domain/change/change.ts';
import { type Following, followingOf } from '../../src/domain/map/following.ts';
import { followedRules } from '../../src/domain/map/governing.ts';
import { isOfMap, type MeshObject } from '../../src/domain/map/objects.ts';
import type { PodBehind, PodCount } from '../../src/domain/map/pods.ts';
import { emptyLedger, type Ledger, newestByRule } from '../../src/domain/routing/ledger.ts';
import type { ChangeId, Place, RampId, ServiceName } from '../../src/domain/routing/names.ts';
import { hasRules, type ObjectContent, type ObjectRef, refText } from '../../src/domain/routing/object.ts';
import { defaultRule, findRule, type LiveObject, type Route, type Weights } from '../../src/domain/routing/route.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import type { Standing } from '../../src/domain/routing/standing.ts';
import type { Definition } from '../../src/domain/routing/undefined-versions.ts';
import { LedgerUnreadableError } from '../../src/workflow/errors.ts';
import type {
  DryRun,
  Found,
  Glance,
  Mesh,
  ObjectRules,
  OpenObject,
  SoughtChange,
  Touched,
  Written,
} from '../../src/workflow/ports/mesh.ts';
import type { Provenance } from '../../src/workflow/ports/provenance.ts';
import { reviewsObject } from './builders.ts';
import { MeshFaults } from './mesh-faults.ts';
import { afterWrite, ledgerAfter, placeOf, refuseUnknown, resultOf, type Writing } from './object-writes.ts';
import { contentOfRoute, withSplit } from './route-content.ts';
import { type Kept, StoredObjects } from './stored-objects.ts';

/** A cluster in memory, with the rules of an API server: a write based on an old read is a conflict. */
export class InMemoryMesh extends MeshFaults implements Mesh {
  clusters: readonly string[];
  /** Signs the histories from now on, and tells what in them is ours. */
  provenance?: Provenance;
  readonly #objects = new StoredObjects();
  readonly #announced = new Map<ChangeId, Change>();
  readonly #listeners = new Set<(touched: Touched) => void>();

  constructor(routes: readonly Route[] = [], clusters: readonly string[] = [reviewsObject.cluster]) {
    super();
    this.clusters = clusters;
    for (const route of routes) this.put(route);
  }

  /** Serves one more cluster. */
  serveAlso(cluster: string): void {
    this.clusters = [...this.clusters, cluster];
  }

  async find(name: ServiceName): Promise<Found> {
    if (!this.clusters.includes(name.cluster)) return { kind: 'unknown-cluster', clusters: this.clusters };
    const here = this.#routesOf(name).map(({ object: { kind, ...metadata }, hosts, gateways }) => ({
      ...{ kind, metadata, hosts, gateways },
    }));
    const found = findService(here, name, { map: this.#objects.mapOf(name.cluster), seesPods: true });
    return found.kind === 'found' ? found : { ...found, ...this.aged };
  }

  async open(ref: ObjectRef): Promise<OpenObject> {
    await turn();
    this.reach(ref.cluster);
    const read = await this.readWith(() => ({ kept: this.#objects.get(ref), live: this.wholeOf(ref) }));
    if (read.kept !== undefined && read.kept.ledger === undefined)
      throw new LedgerUnreadableError(`the annotation of ${refText(ref)} is not ours`);
    const { provenance } = this;
    const ledger = read.live && ((await provenance?.check(read.live.ledger, ref)) ?? read.live.ledger);
    const kept = read.kept && { ...read.kept, ledger };
    const live = read.live && { ...read.live, ledger: ledger ?? emptyLedger };
    const awaitedBy = live === undefined ? this.#objects.handedOverTo(ref) : [];
    return {
      live,
      ...(awaitedBy.length > 0 && { awaitedBy }),
      write: (edit, revision, options) =>
        this.#write({ ref, kept, edit, revision, provenance }, options?.dryRun ?? false),
    };
  }

  async moment(_: ObjectRef): Promise<string> {
    await turn();
    return String(this.#objects.moment);
  }

  async hadChange(ref: ObjectRef, { id, since }: SoughtChange): Promise<boolean | undefined> {
    await turn();
    return this.#objects.hadChange(ref, id, Number(since));
  }

  picture(object: ObjectRef, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'> {
    return picture(object, content);
  }

  async definitions(place: Place): Promise<readonly Definition[]> {
    return this.#objects.definitions(place);
  }

  async services(place: Place): Promise<Glance<readonly Route[]>> {
    return { seen: this.#routesOf(place), ...this.aged };
  }

  async sendingTo(cluster: string, hosts: readonly string[]): Promise<readonly Route[]> {
    const routes = this.#objects.services
      .filter(({ object }) => object.cluster === cluster)
      .map((kept) => this.#objects.live(kept));
    const reached = ({ backends = [], mirrors = [] }: Route['rules'][number]) => [...backends, ...mirrors];
    return routes.filter(({ rules }) => rules.flatMap(reached).some(({ host }) => hosts.includes(host)));
  }

  async glance(object: ObjectRef): Promise<Weights | undefined> {
    return hasRules(object.kind) ? this.wholeOf(object) : undefined;
  }

  async following(object: ObjectRef, rule: string): Promise<Following | undefined> {
    const { kind, cluster, namespace, name } = object;
    const place = this.#placesOf(object)
      ?.places()
      .find(({ key }) => key === rule);
    if (place === undefined || !isOfMap(kind)) return undefined;
    return followingOf(this.#objects.mapOf(cluster), { object: { kind, namespace, name }, rule: place, seesAll: true });
  }

  async followed({ cluster, namespace, service }: ServiceName): Promise<readonly ObjectRules[]> {
    const map = this.#objects.mapOf(cluster);
    const refs = followedRules(map, map.hostMeant(service, namespace));
    return rulesOf(refs, (id) => this.#placesOf({ cluster, ...id })).map(({ object, rules }) => ({
      object: { cluster, ...object },
      rules,
    }));
  }

  async pods(_: string, host: string, labels: Readonly<Record<string, string>>): Promise<PodCount | undefined> {
    const here = this.#objects
      .podsOf(host)
      ?.filter((pod) => Object.entries(labels).every(([key, value]) => pod.labels[key] === value));
    return here && { ready: here.filter(({ ready }) => ready).length, all: here.length };
  }

  /** The pods of a resolved host are known from now on. */
  runs(host: string, pods: readonly PodBehind[]): void {
    this.#objects.run(host, pods);
  }

  /** Gateways and their pods are known from now on, or other objects that are not ours. */
  surround(...objects: readonly MeshObject[]): void {
    this.#objects.surround(objects);
  }

  onTouched(listen: (touched: Touched) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  async findChange(id: ChangeId | RampId): Promise<ObjectRef | undefined> {
    return this.#objects.services.find(({ ledger = emptyLedger }) =>
      ledger.revisions.some((revision) => revision.id === id || revision.ramp?.id === id),
    )?.object;
  }

  async announce(change: Change): Promise<void> {
    if (!this.#announced.has(change.id)) this.#announced.set(change.id, change);
  }

  /** Creates an object, or replaces it by a new one with another uid. */
  put(route: Route): void {
    const { object, uid, ledger, lastWriter, owners, rules: given } = route;
    this.#store({ object, uid, content: contentOfRoute(route), ledger, lastWriter, owners, given });
  }

  /** Stores an object as if somebody had applied it. */
  putWhole(object: ObjectRef, content: ObjectContent): void {
    this.#store({ object, uid: randomUUID(), content, ledger: emptyLedger, lastWriter: byHand('kubectl') });
  }

  /** Controllers write the status of an object. */
  stand(object: ObjectRef, standing: Standing): void {
    this.#store({ ...this.#keptOf(object), standing });
  }

  /** A Service that a route may send requests to. */
  addService(place: Place, service: KnownService): void {
    this.#objects.addService(place, service);
  }

  /** The live content of an object; undefined if there is no object. */
  contentOf(object: ObjectRef): ObjectContent | undefined {
    return this.#objects.get(object)?.content;
  }

  /** The live object with its uid, ledger and more. */
  wholeOf(object: ObjectRef): LiveObject | undefined {
    const kept = this.#objects.get(object);
    return kept && this.#objects.live(kept);
  }

  /** The live route, for assertions. */
  routeOf(object: ObjectRef): Route {
    return this.#objects.live(this.#keptOf(object));
  }

  splitOf(object: ObjectRef, rule = defaultRule): Split {
    return findRule(this.routeOf(object), rule)?.split ?? {};
  }

  ledgerOf(object: ObjectRef): Ledger {
    return this.routeOf(object).ledger;
  }

  /** Lets somebody else write a whole object; `undefined` deletes it. */
  editWhole(
    object: ObjectRef,
    edit: (content: ObjectContent) => ObjectContent | undefined,
    manager = 'kubectl-edit',
  ): void {
    const kept = this.#keptOf(object);
    const content = edit(kept.content);
    if (content === undefined) this.remove(object);
    else this.#store({ ...kept, content, given: undefined, lastWriter: byHand(manager) });
  }

  /** Somebody else writes how an object routes. */
  editByHand(object: ObjectRef, edit: (route: Route) => Route, manager = 'kubectl-edit'): void {
    const route = edit(this.routeOf(object));
    const { content } = this.#keptOf(object);
    const { uid, ledger, owners, rules: given } = route;
    const written = { ...content, ...contentOfRoute(route) };
    this.#store({ object, uid, content: written, ledger, owners, given, lastWriter: byHand(manager) });
  }

  moveByHand(object: ObjectRef, split: Split, rule = defaultRule): void {
    const kept = this.#keptOf(object);
    const content = withSplit(kept.content, placeOf(this.routeOf(object), rule), split);
    this.#store({ ...kept, content, lastWriter: byHand('kubectl-edit') });
  }

  /** Changes the versions that DestinationRules define. */
  serve(object: ObjectRef, served: readonly string[], rule = defaultRule): void {
    const given = this.routeOf(object).rules.map((each) => (each.key === rule ? { ...each, served } : each));
    this.#objects.amend({ ...this.#keptOf(object), given });
  }

  /** As if somebody gave the versions of a rule these labels, in their DestinationRule. */
  relabel(
    object: ObjectRef,
    selects: Readonly<Record<string, Readonly<Record<string, string>>>>,
    host = 'reviews',
  ): void {
    const backends = Object.entries(selects).map(([version, labels]) => ({
      version,
      host,
      selects: labels,
    }));
    const given = this.routeOf(object).rules.map((each) => ({ ...each, backends }));
    this.#objects.amend({ ...this.#keptOf(object), given });
  }

  remove(object: ObjectRef): void {
    const before = this.#objects.get(object);
    this.#objects.remove(object);
    this.#tell(object, before, undefined);
  }

  /** Like `kubectl replace --force`: the same name and rules, another uid, and no ledger. */
  recreate(object: ObjectRef): void {
    const kept = this.#keptOf(object);
    this.remove(object);
    this.#store({ ...kept, uid: randomUUID(), ledger: emptyLedger });
  }

  spoilLedger(object: ObjectRef): void {
    this.#store({ ...this.#keptOf(object), ledger: undefined });
  }

  /** The history has outgrown all but its newest changes. */
  outgrow(object: ObjectRef, newest: number): void {
    const kept = this.#keptOf(object);
    const { seq, revisions } = kept.ledger ?? emptyLedger;
    this.#store({ ...kept, ledger: { seq, revisions: revisions.slice(0, newest) } });
  }

  /** Forgets all past events, as an API server does after a while. */
  forget(): void {
    this.#objects.forget();
  }

  /** The changes for which an Event was created. */
  get announced(): readonly ChangeId[] {
    return [...this.#announced.keys()];
  }

  async #write(writing: Writing, dryRun: DryRun): Promise<Written> {
    await turn();
    const { ref, kept, edit } = writing;
    const fault = this.beginWrite(dryRun);
    if (fault === 'conflict') return { kind: 'conflict' };
    if (this.#objects.get(ref)?.version !== kept?.version) return { kind: 'conflict' };

    const next = afterWrite(writing, kept && this.#objects.live(kept));
    if (dryRun === 'strict') refuseUnknown(ref, next?.content);
    if (dryRun === false && next === undefined) this.remove(ref);
    if (dryRun === false && next !== undefined) this.#store(next);
    if (fault !== undefined) throw fault;
    const { seq } = ledgerAfter(writing);
    return { kind: 'written', seq, ...resultOf(edit, next), warnings: this.warnings };
  }

  #placesOf(object: ObjectRef): Pick<RoutingObject, 'places'> | undefined {
    const { kind, namespace, name } = object;
    const content = this.contentOf(object);
    const metadata = { name, namespace, uid: '', resourceVersion: '' };
    return content && kinds[kind].read({ metadata, spec: content.spec });
  }

  #keptOf(object: ObjectRef): Kept {
    const kept = this.#objects.get(object);
    if (kept === undefined) throw new Error(`there is no ${object.name}`);
    return kept;
  }

  #store(kept: Omit<Kept, 'version'>): void {
    const before = this.#objects.get(kept.object);
    this.#objects.write(kept);
    this.#tell(kept.object, before, kept);
  }

  #tell(object: ObjectRef, ...states: readonly (Pick<Kept, 'ledger'> | undefined)[]): void {
    const changes = [...new Set(states.flatMap((each) => newestByRule(each?.ledger ?? emptyLedger)))];
    const isOthers = changes.length === 0 && states[0] !== undefined;
    if (this.isDeaf || isOthers || !hasRules(object.kind)) return;
    for (const listen of this.#listeners) listen({ object, changes });
  }

  #routesOf({ cluster, namespace }: Place): readonly Route[] {
    const here = this.#objects.services.filter(
      ({ object }) => object.cluster === cluster && object.namespace === namespace,
    );
    return here.map((kept) => this.#objects.live(kept));
  }
}

function byHand(manager: string): NonNullable<Route['lastWriter']> {
  return { manager, at: new Date().toISOString() };
}
