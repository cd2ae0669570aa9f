import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { picture } from '../../src/cluster/open-object.ts';
import type { Change } from '../../src/domain/change/change.ts';
import { isSameObject, type ObjectContent, type ObjectRef, refOf } from '../../src/domain/change/edit.ts';
import { emptyLedger, findRevision, type Ledger, record } from '../../src/domain/routing/ledger.ts';
import {
  type ChangeId,
  objectKey,
  type Place,
  type RoutingObject,
  resolveHost,
  type ServiceName,
} from '../../src/domain/routing/names.ts';
import { findRule, type Route, type Rule, type Weights } from '../../src/domain/routing/route.ts';
import { type Split, weightOf } from '../../src/domain/routing/split.ts';
import type { Definition } from '../../src/domain/routing/undefined-versions.ts';
import { nearest } from '../../src/domain/text/nearest.ts';
import { type DependencyError, LedgerUnreadableError, RejectedError } from '../../src/workflow/errors.ts';
import type {
  DryRun,
  Edit,
  Found,
  FoundObject,
  Glance,
  Mesh,
  OpenObject,
  OpenRoute,
  Put,
  SoughtChange,
  Touched,
  Written,
} from '../../src/workflow/ports/mesh.ts';
import { reviewsObject } from './builders.ts';
import { asRouting, contentOfRoute, refuseUnknown, WholeObjects, withWeights } from './whole-objects.ts';

/** What happens to a write: a conflict, or an error before or after it was stored. */
export type WriteFault = 'none' | 'conflict' | { readonly error: Error; readonly stored?: boolean };

interface Kept {
  readonly route: Route;
  /** The whole object, if it was ever written whole. Otherwise it is built from the route. */
  readonly content?: ObjectContent | undefined;
  /** Grows with every write, by us and by others. */
  readonly version: number;
  readonly ledgerIsReadable: boolean;
}

interface Putting {
  readonly cluster: string;
  readonly ref: ObjectRef;
  readonly seen: FoundObject | undefined;
  readonly next: ObjectContent | undefined;
  readonly ledger: Ledger;
}

interface Stored extends Pick<FoundObject, 'uid' | 'content' | 'ledger'> {
  readonly manager: string;
}

/** The state of an object in the past. */
interface Past extends ObjectRef {
  readonly cluster: string;
  readonly ledger: Ledger;
}

/** Routing objects in memory, with the rules of an API server: a write based on an old read is a conflict. */
export class InMemoryMesh implements Mesh {
  readonly clusters: readonly string[];
  readonly #kept = new Map<string, Kept>();
  readonly #whole = new WholeObjects();
  readonly #announced = new Map<ChangeId, Change>();
  readonly #writeFaults: WriteFault[] = [];
  readonly #readFaults: DependencyError[] = [];
  readonly #meanwhile: (() => Promise<void> | void)[] = [];
  readonly #listeners = new Set<(touched: Touched) => void>();
  #aged: { readonly asOf?: Date } = {};
  readonly #past: (Past | undefined)[] = [];
  #forgotten = 0;
  #isDeaf = false;
  #warnings: readonly string[] = [];
  #rejection: RejectedError | undefined;
  #version = 0;

  constructor(routes: readonly Route[] = [], clusters: readonly string[] = [reviewsObject.cluster]) {
    this.clusters = clusters;
    for (const route of routes) this.put(route);
  }

  async find(name: ServiceName): Promise<Found> {
    if (!this.clusters.includes(name.cluster)) return { kind: 'unknown-cluster', clusters: this.clusters };
    const here = this.#routesOf(name);
    const byHost = here.filter((route) => routesService(route, name));
    const matches = byHost.length > 0 ? byHost : here.filter(({ object }) => object.name === name.service);
    const [only, ...more] = matches;
    if (more.length > 0) return { kind: 'several', objects: matches.map(({ object }) => object.name), ...this.#aged };
    if (only !== undefined) return { kind: 'found', object: only.object };

    const services = here.map(({ hosts, object }) => hosts[0] ?? object.name).toSorted();
    return { kind: 'unknown-service', services, nearest: nearest(name.service, services), ...this.#aged };
  }

  async read(object: RoutingObject): Promise<OpenRoute | undefined> {
    await turn();
    const fault = this.#readFaults.shift();
    if (fault !== undefined) throw fault;
    const kept = this.#kept.get(objectKey(object));
    await this.#meanwhile.shift()?.();
    if (kept === undefined) return undefined;
    if (!kept.ledgerIsReadable) throw new LedgerUnreadableError(`the annotation of ${object.name} is not ours`);
    return { route: kept.route, write: (edit, options) => this.#write(kept, edit, options?.dryRun ?? false) };
  }

  async open(cluster: string, ref: ObjectRef): Promise<OpenObject> {
    await turn();
    const fault = this.#readFaults.shift();
    if (fault !== undefined) throw fault;
    const seen = this.#found(cluster, ref);
    await this.#meanwhile.shift()?.();
    return { seen, put: (next, ledger, options) => this.#put({ cluster, ref, seen, next, ledger }, options?.dryRun) };
  }

  async moment(): Promise<string> {
    await turn();
    return String(this.#past.length);
  }

  async hadChange(cluster: string, ref: ObjectRef, { id, since }: SoughtChange): Promise<boolean | undefined> {
    await turn();
    if (Number(since) < this.#forgotten) return undefined;
    const past = this.#past.slice(Number(since)).filter((each) => each?.cluster === cluster && isSameObject(each, ref));
    return past.some((each) => each !== undefined && findRevision(each.ledger, id) !== undefined);
  }

  picture(object: RoutingObject, content: ObjectContent): Pick<Route, 'hosts' | 'gateways' | 'rules'> {
    return picture(object, content);
  }

  async definitions({ cluster, namespace }: Place): Promise<readonly Definition[]> {
    return this.#whole.definitions(cluster, namespace);
  }

  async services(place: Place): Promise<Glance<readonly Route[]>> {
    return { seen: this.#routesOf(place), ...this.#aged };
  }

  async glance(object: RoutingObject): Promise<Weights | undefined> {
    return this.#kept.get(objectKey(object))?.route;
  }

  onTouched(listen: (touched: Touched) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  async findChange(id: ChangeId): Promise<RoutingObject | undefined> {
    const all = [...this.#kept.values()].map(({ route }) => route);
    return all.find(({ ledger }) => ledger.revisions.some((revision) => revision.id === id))?.object;
  }

  async announce(change: Change): Promise<void> {
    if (!this.#announced.has(change.id)) this.#announced.set(change.id, change);
  }

  /** Creates an object, or replaces it by a new one with another uid. */
  put(route: Route): void {
    this.#store({ route, ledgerIsReadable: true });
  }

  /** Stores an object as if somebody had applied it. */
  putWhole(ref: ObjectRef, content: ObjectContent, cluster = reviewsObject.cluster): void {
    this.#storeWhole(cluster, ref, { content, uid: randomUUID(), ledger: emptyLedger, manager: 'kubectl' });
  }

  /** The live content of an object; undefined if there is no object. */
  contentOf(ref: ObjectRef, cluster = reviewsObject.cluster): ObjectContent | undefined {
    return this.#found(cluster, ref)?.content;
  }

  /** The live object with its uid, ledger and more. */
  wholeOf(ref: ObjectRef, cluster = reviewsObject.cluster): FoundObject | undefined {
    return this.#found(cluster, ref);
  }

  /** Lets somebody else write a whole object; `undefined` deletes it. */
  editWhole(
    ref: ObjectRef,
    edit: (content: ObjectContent) => ObjectContent | undefined,
    manager = 'kubectl-edit',
    cluster = reviewsObject.cluster,
  ): void {
    const seen = this.#found(cluster, ref);
    if (seen === undefined) throw new Error(`there is no ${ref.name}`);
    const content = edit(seen.content);
    if (content === undefined) this.#removeWhole(cluster, ref);
    else this.#storeWhole(cluster, ref, { ...seen, content, manager });
  }

  /** Forgets all past events, as an API server does after a while. */
  forget(): void {
    this.#past.push(undefined);
    this.#forgotten = this.#past.length;
  }

  /** The live route, for assertions. */
  routeOf(object: RoutingObject): Route {
    const kept = this.#kept.get(objectKey(object));
    if (kept === undefined) throw new Error(`there is no ${object.name}`);
    return kept.route;
  }

  splitOf(object: RoutingObject, rule = 'default'): Split {
    return findRule(this.routeOf(object), rule)?.split ?? {};
  }

  ledgerOf(object: RoutingObject): Ledger {
    return this.routeOf(object).ledger;
  }

  /** Lets somebody else edit the object. */
  editByHand(object: RoutingObject, edit: (route: Route) => Route, manager = 'kubectl-edit'): void {
    const route = edit(this.routeOf(object));
    const lastWriter = { manager, at: new Date().toISOString() };
    this.#store({ route: { ...route, lastWriter }, ledgerIsReadable: true });
  }

  moveByHand(object: RoutingObject, split: Split, rule = 'default'): void {
    this.editByHand(object, (route) => withRule(route, rule, (old) => ({ ...old, split })));
  }

  /** Changes the versions that DestinationRules define. */
  serve(object: RoutingObject, served: readonly string[], rule = 'default'): void {
    this.editByHand(object, (route) => withRule(route, rule, (old) => ({ ...old, served })));
  }

  remove(object: RoutingObject): void {
    const before = this.#kept.get(objectKey(object))?.route;
    this.#kept.delete(objectKey(object));
    this.#tell(object, before, undefined);
  }

  /** Makes every answer of the watch cache this old. */
  age(asOf: Date): void {
    this.#aged = { asOf };
  }

  /** Loses watch events while deaf. */
  deafen(isDeaf = true): void {
    this.#isDeaf = isDeaf;
  }

  /** Like `kubectl replace --force`: the same name and rules, another uid, and no ledger. */
  recreate(object: RoutingObject): void {
    const route = this.routeOf(object);
    this.remove(object);
    this.put({ ...route, uid: randomUUID(), ledger: emptyLedger });
  }

  spoilLedger(object: RoutingObject): void {
    this.#store({ route: this.routeOf(object), ledgerIsReadable: false });
  }

  /** The changes for which an Event was created. */
  get announced(): readonly ChangeId[] {
    return [...this.#announced.keys()];
  }

  /** The next writes fail like this, one after the other. */
  failWrites(...faults: readonly WriteFault[]): void {
    this.#writeFaults.push(...faults);
  }

  /** The next reads fail like this, one after the other. */
  failReads(...errors: readonly DependencyError[]): void {
    this.#readFaults.push(...errors);
  }

  /** Runs something between the next read and what its reader does then. */
  afterNextRead(happens: () => Promise<void> | void): void {
    this.#meanwhile.push(happens);
  }

  /** The warnings of the API server and its webhooks to every write. */
  warn(...warnings: readonly string[]): void {
    this.#warnings = warnings;
  }

  /** An admission webhook that rejects every write, also dry runs. */
  rejectEverything(error: RejectedError): void {
    this.#rejection = error;
  }

  async #write(seen: Kept, edit: Edit, dryRun: boolean): Promise<Written> {
    await turn();
    const fault = this.#faultOf(dryRun);
    if (fault === 'conflict') return { kind: 'conflict' };
    if (fault !== undefined && fault.stored !== true) throw fault.error;
    if (this.#rejection !== undefined) throw this.#rejection;

    const { object } = seen.route;
    if (this.#kept.get(objectKey(object))?.version !== seen.version) return { kind: 'conflict' };
    const rule = findRule(seen.route, edit.rule);
    if (rule === undefined) throw new RejectedError(`VirtualService ${object.name} has no rule ${edit.rule}`);
    const split = splitAfter(rule.split, edit.to);
    if (Object.values(split).every((weight) => weight === 0)) throw new RejectedError('total destination weight = 0');

    const ledger = record(seen.route.ledger, edit.revision);
    const lastWriter = { manager: 'shiftbot', at: edit.revision.at };
    const route = { ...withRule(seen.route, edit.rule, (old) => ({ ...old, split })), ledger, lastWriter };
    const content = seen.content && withWeights(seen.content, seen.route, edit.rule, split);
    if (!dryRun) this.#store({ route, content, ledgerIsReadable: true });
    if (fault !== undefined) throw fault.error;
    return { kind: 'written', live: split, seq: ledger.seq, warnings: this.#warnings };
  }

  #faultOf(dryRun: boolean): Exclude<WriteFault, 'none'> | undefined {
    const fault = dryRun ? undefined : this.#writeFaults.shift();
    return fault === 'none' ? undefined : fault;
  }

  async #put({ cluster, ref, seen, next, ledger }: Putting, dryRun: DryRun = false): Promise<Put> {
    await turn();
    const fault = this.#faultOf(dryRun !== false);
    if (fault === 'conflict') return { kind: 'conflict' };
    if (fault !== undefined && fault.stored !== true) throw fault.error;
    if (this.#rejection !== undefined) throw this.#rejection;
    if (!isDeepStrictEqual(this.#found(cluster, ref), seen)) return { kind: 'conflict' };

    if (dryRun === 'strict') refuseUnknown(ref, next);
    const uid = seen?.uid ?? randomUUID();
    if (!dryRun && next === undefined) this.#removeWhole(cluster, ref);
    if (!dryRun && next !== undefined)
      this.#storeWhole(cluster, ref, { content: next, uid, ledger, manager: 'shiftbot' });
    if (fault !== undefined) throw fault.error;
    return { kind: 'put', content: next, warnings: this.#warnings };
  }

  #found(cluster: string, ref: ObjectRef): FoundObject | undefined {
    if (ref.kind === 'DestinationRule') return this.#whole.get(cluster, ref);
    const kept = this.#kept.get(objectKey(asRouting(cluster, ref)));
    if (kept === undefined) return undefined;
    const { uid, ledger, lastWriter, owners = [] } = kept.route;
    return { uid, content: kept.content ?? contentOfRoute(kept.route), ledger, lastWriter, owners };
  }

  #storeWhole(cluster: string, ref: ObjectRef, stored: Stored): void {
    const { content, uid, ledger, manager } = stored;
    this.#past.push({ ...refOf(ref), cluster, ledger });
    const lastWriter = { manager, at: new Date().toISOString() };
    if (ref.kind === 'DestinationRule') {
      this.#whole.set(cluster, ref, { uid, content, ledger, lastWriter, owners: [] });
      return;
    }
    const object = asRouting(cluster, ref);
    const { hosts, gateways, rules } = picture(object, content);
    const served = rules.map((each) => ({ ...each, served: this.#whole.subsetsOf(cluster, ref.namespace, each.host) }));
    const route = { object, uid, hosts, gateways, rules: served, ledger, lastWriter };
    this.#store({ route, content, ledgerIsReadable: true });
  }

  #removeWhole(cluster: string, ref: ObjectRef): void {
    if (ref.kind === 'DestinationRule') this.#whole.delete(cluster, ref);
    else this.remove(asRouting(cluster, ref));
  }

  #store(kept: Omit<Kept, 'version'>): void {
    const key = objectKey(kept.route.object);
    const before = this.#kept.get(key)?.route;
    this.#version += 1;
    this.#kept.set(key, { ...kept, version: this.#version });
    this.#tell(kept.route.object, before, kept.route);
  }

  #tell(object: RoutingObject, before: Route | undefined, route: Route | undefined): void {
    const changes = [...new Set([before, route].flatMap((each) => newestChanges(each?.ledger)))];
    if (this.#isDeaf || changes.length === 0) return;
    for (const listen of this.#listeners) listen({ object, changes });
  }

  #routesOf({ cluster, namespace }: Place): readonly Route[] {
    return [...this.#kept.values()]
      .map(({ route }) => route)
      .filter(({ object }) => object.cluster === cluster && object.namespace === namespace);
  }
}

function newestChanges(ledger: Ledger = emptyLedger): readonly ChangeId[] {
  return [...Map.groupBy(ledger.revisions, ({ rule }) => rule).values()].flatMap(([newest]) => newest?.id ?? []);
}

function withRule(route: Route, key: string, edit: (rule: Rule) => Rule): Route {
  return { ...route, rules: route.rules.map((rule) => (rule.key === key ? edit(rule) : rule)) };
}

/** Existing versions keep their place, and new ones come after them. A single destination has no weight: it gets everything. */
function splitAfter(live: Split, to: Split): Split {
  const kept = Object.keys(live).map((version) => [version, weightOf(to, version)] as const);
  const added = Object.entries(to).filter(([version, weight]) => !Object.hasOwn(live, version) && weight > 0);
  return kept.length + added.length === 1 ? live : Object.fromEntries([...kept, ...added]);
}

function routesService({ hosts, object }: Route, { service, namespace }: ServiceName): boolean {
  const wanted = resolveHost(service, namespace);
  return hosts.some((host) => host === service || resolveHost(host, object.namespace) === wanted);
}
