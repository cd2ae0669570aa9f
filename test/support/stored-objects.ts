import { definedFor } from '../../src/cluster/definitions.ts';
import { isHashed, readDestinationRule } from '../../src/cluster/kinds/destination-rule.ts';
import type { KnownService } from '../../src/cluster/kinds/kind.ts';
import { kinds } from '../../src/cluster/kinds/kinds.ts';
import { readServiceResolver } from '../../src/cluster/kinds/service-resolver.ts';
import { readMeshObject } from '../../src/cluster/map/read-object.ts';
import { picture } from '../../src/cluster/open-object.ts';
import type { MeshObject } from '../../src/domain/map/objects.ts';
import type { PodBehind } from '../../src/domain/map/pods.ts';
import { type TrafficMap, trafficMap } from '../../src/domain/map/traffic-map.ts';
import { emptyLedger, findRevision, type Ledger } from '../../src/domain/routing/ledger.ts';
import { type ChangeId, type NamedService, type Place, readHost, resolveHost } from '../../src/domain/routing/names.ts';
import {
  groupOf,
  hasRules,
  isSameObject,
  type ObjectContent,
  type ObjectRef,
  objectKey,
  refOf,
} from '../../src/domain/routing/object.ts';
import type { Owner } from '../../src/domain/routing/owner.ts';
import type { LiveObject, Route, Rule } from '../../src/domain/routing/route.ts';
import type { Standing } from '../../src/domain/routing/standing.ts';
import type { Definition } from '../../src/domain/routing/undefined-versions.ts';
import { objectsIn } from './route-content.ts';

/** An object as the cluster in memory keeps it: all that it does follows from its content. */
export interface Kept {
  readonly object: ObjectRef;
  readonly uid: string;
  readonly content: ObjectContent;
  /** Undefined where the annotation is not what we wrote. */
  readonly ledger: Ledger | undefined;
  readonly lastWriter?: Route['lastWriter'];
  readonly owners?: readonly Owner[] | undefined;
  /** What controllers say of it. */
  readonly standing?: Standing | undefined;
  /** Rules as a test gave them, with what the content cannot say: what serves them, why they cannot be split. Their splits are in the content. */
  readonly given?: readonly Rule[] | undefined;
  /** Grows with every write, by us and by others. */
  readonly version: number;
}

const defaultVersions = ['v1', 'v2', 'v3'];

/** The objects of the cluster in memory, and what it remembers of them. */
export class StoredObjects {
  readonly #kept = new Map<string, Kept>();
  /** What was written or removed, in that order; undefined where everything before was forgotten. */
  readonly #past: (Pick<Kept, 'object' | 'ledger'> | undefined)[] = [];
  readonly #services: (Place & KnownService)[] = [];
  readonly #around: MeshObject[] = [];
  readonly #pods = new Map<string, readonly PodBehind[]>();
  /** When an object of a uid was created, by the version of its first write. */
  readonly #created = new Map<string, number>();
  #forgotten = 0;
  #version = 0;

  get(object: ObjectRef): Kept | undefined {
    return this.#kept.get(objectKey(object));
  }

  write(kept: Omit<Kept, 'version'>): void {
    this.#version += 1;
    const object = refOf(kept.object);
    if (!this.#created.has(kept.uid)) this.#created.set(kept.uid, this.#version);
    this.#kept.set(objectKey(object), { ...kept, object, version: this.#version });
    this.#past.push({ object, ledger: kept.ledger });
  }

  /** Something beside the object changed what it can do. */
  amend(kept: Kept): void {
    this.#kept.set(objectKey(kept.object), kept);
  }

  remove(object: ObjectRef): void {
    const kept = this.get(object);
    if (kept === undefined) return;
    this.#kept.delete(objectKey(object));
    this.#past.push({ object: kept.object, ledger: kept.ledger });
  }

  /** What routes, everywhere. */
  get services(): readonly Kept[] {
    return [...this.#kept.values()].filter(({ object }) => hasRules(object.kind));
  }

  get moment(): number {
    return this.#past.length;
  }

  hadChange(object: ObjectRef, id: ChangeId, since: number): boolean | undefined {
    if (since < this.#forgotten) return undefined;
    return this.#past.slice(since).some((each) => {
      if (each?.ledger === undefined || !isSameObject(each.object, object)) return false;
      return findRevision(each.ledger, id) !== undefined;
    });
  }

  /** Forgets all past events, as an API server does after a while. */
  forget(): void {
    this.#past.push(undefined);
    this.#forgotten = this.#past.length;
  }

  live({ object, uid, content, ledger = emptyLedger, lastWriter, owners = [], given, standing }: Kept): LiveObject {
    const { rules, ...where } = picture(object, content);
    const derived =
      kinds[object.kind].definedBy === 'DestinationRule'
        ? this.#servedByRules(object, rules)
        : this.#rulesOf(object, content);
    const own = given?.map((rule, at) => ({ ...rule, split: rules[at]?.split ?? rule.split }));
    const said = standing === undefined ? {} : { standing };
    const beside = { ...this.#handedOver(object, where.hosts), ...this.#hashed(object, content) };
    return { object, uid, ...where, ...beside, rules: own ?? derived, ...said, ledger, lastWriter, owners, content };
  }

  #handedOver(object: ObjectRef, hosts: readonly string[]): Pick<Route, 'handedOver'> {
    const handedOver = hosts.length > 0 ? [] : this.handedOverTo(object);
    return handedOver.length === 0 ? {} : { handedOver };
  }

  /** Also of an object that is not there. */
  handedOverTo({ cluster, kind, namespace, name }: ObjectRef): NonNullable<Route['handedOver']> {
    return kind === 'VirtualService' ? this.mapOf(cluster).handedOver({ kind, namespace, name }) : [];
  }

  #hashed({ cluster, kind, namespace, name }: ObjectRef, { spec }: ObjectContent): Pick<Route, 'hashed'> {
    if (kinds[kind].definedBy !== 'DestinationRule') return {};
    const rules = [...this.#kept.values()]
      .filter(({ object }) => object.kind === 'DestinationRule' && object.cluster === cluster)
      .flatMap((rule) => readDestinationRule({ metadata: rule.object, spec: rule.content.spec }) ?? [])
      .filter(isHashed)
      .map((rule) => resolveHost(rule.spec.host, rule.metadata.namespace));
    const metadata = { name, namespace, uid: '', resourceVersion: '' };
    const hashed = kinds[kind]
      .read({ metadata, spec })
      .destinationHosts()
      .filter((host) => rules.includes(host));
    return hashed.length === 0 ? {} : { hashed };
  }

  addService({ cluster, namespace }: Place, service: KnownService): void {
    this.#services.push({ cluster, namespace, ...service });
  }

  /** Objects of kinds that are not ours. */
  surround(objects: readonly MeshObject[]): void {
    this.#around.push(...objects);
  }

  podsOf(host: string): readonly PodBehind[] | undefined {
    return this.#pods.get(host);
  }

  run(host: string, pods: readonly PodBehind[]): void {
    this.#pods.set(host, pods);
  }

  /** What traffic obeys in a cluster. */
  mapOf(cluster: string): TrafficMap {
    const written = [...this.#kept.values()]
      .filter(({ object }) => object.cluster === cluster)
      .map(({ object: { kind, ...metadata }, uid, content: { spec } }) => {
        const creationTimestamp = new Date((this.#created.get(uid) ?? 0) * 1_000).toISOString();
        return readMeshObject(`${groupOf(kind)}/${kind}`, { metadata: { ...metadata, creationTimestamp }, spec });
      });
    const services = this.#services
      .filter((each) => each.cluster === cluster)
      .map(({ name, namespace, ports }) =>
        readMeshObject('/Service', {
          metadata: { name, namespace },
          spec: { ports: ports.map((port) => ({ port, name: 'http', protocol: 'TCP' })) },
        }),
      );
    const running = [...this.#pods].flatMap(([host, pods]) => behind(readHost(host, ''), pods));
    return trafficMap([...written, ...services, ...running, ...this.#around].filter((each) => each !== undefined));
  }

  #servedByRules(object: ObjectRef, rules: readonly Rule[]): readonly Rule[] {
    return rules.map((rule) => ({ ...rule, served: this.#versionsOf(object, rule.host) }));
  }

  /** What other kinds make of Services and ServiceResolvers. */
  #rulesOf({ cluster, kind, namespace, name }: ObjectRef, { spec }: ObjectContent): readonly Rule[] {
    const metadata = { name, namespace, uid: '', resourceVersion: '' };
    const services = this.#services.filter((each) => each.cluster === cluster && each.namespace === namespace);
    const resolvers = [...this.#kept.values()]
      .filter(({ object }) => object.kind === 'ServiceResolver' && object.namespace === namespace)
      .flatMap(({ object, content }) => readServiceResolver({ metadata: object, spec: content.spec }) ?? []);
    const defined = definedFor({ kind }, { rulesOf: () => [], services, resolvers });
    return kinds[kind].read({ metadata, spec }).rules(defined);
  }

  /** What DestinationRules define, and versions v1 to v3 of every host, so that tests need not define them. */
  definitions(place: Place): readonly Definition[] {
    return [{ name: 'any', host: '*', versions: defaultVersions }, ...this.#defined(place)];
  }

  /** The versions of a host; v1 to v3 if nothing defines any. */
  #versionsOf({ cluster, namespace }: ObjectRef, host = ''): readonly string[] {
    const wanted = resolveHost(host, namespace);
    const its = this.#defined({ cluster, namespace }).filter((each) => each.host === wanted);
    const versions = its.flatMap((each) => each.versions);
    return versions.length > 0 ? versions : defaultVersions;
  }

  #defined({ cluster, namespace }: Place): readonly Definition[] {
    const rules = [...this.#kept.values()].filter(
      ({ object }) => object.kind === 'DestinationRule' && object.cluster === cluster && object.namespace === namespace,
    );
    return rules.map(({ object, content: { spec } }) => ({
      name: object.name,
      host: resolveHost(String(spec['host']), namespace),
      versions: objectsIn(spec['subsets']).map(({ name }) => String(name)),
    }));
  }
}

/** What a cluster has of the pods of a Service. */
function behind({ namespace, service }: NamedService, pods: readonly PodBehind[]): readonly MeshObject[] {
  const named = pods.map((pod, at) => ({ ...pod, name: `${service}-${at}` }));
  const endpoints = named.map(({ name, ready }) => ({ address: name, ready, pod: name }));
  return [
    ...named.map(({ name, labels }) => ({ kind: 'Pod', namespace, name, labels }) as const),
    { kind: 'EndpointSlice', namespace, name: service, service, ports: [{ name: 'http' }], endpoints },
  ];
}
