import { readHost, resolveHost } from '../routing/names.ts';
import { audienceOf, callersOf } from './callers.ts';
import { type Client, type Cluster, clusterOf } from './clusters/cluster.ts';
import { definitionFor } from './clusters/subsets.ts';
import { governGateway } from './gateways/gateway.ts';
import { routerOf, servedHosts } from './gateways/listeners.ts';
import type { Caller, Governed, GovernedRule, RuleRef, Share } from './governed.ts';
import { intersection, namedHosts, parseAuthority } from './hosts.ts';
import { governConnections, governMesh } from './mesh/mesh.ts';
import { ObjectIndex } from './object-index.ts';
import {
  defaultSettings,
  type Gateway,
  type HandedOver,
  type Id,
  isSameId,
  type Labels,
  type MeshObject,
  type MeshSettings,
  type RoutingId,
  type Subset,
} from './objects.ts';
import { type PodCount, podsOf } from './pods.ts';
import { headlessAt, hostAt, knownHost } from './services.ts';
import { type UnroutedService, unroutedService } from './unrouted.ts';

/** Rules that are asked about, at a host and for a caller that follow them. */
export interface Followed {
  readonly governed: Governed;
  readonly rules: readonly GovernedRule[];
}

/** Who routes the requests to a host, worked out when it is asked from the objects of a cluster. */
export class TrafficMap {
  readonly #index: ObjectIndex;

  constructor(settings: MeshSettings) {
    this.#index = new ObjectIndex(settings);
  }

  /** An object that is new, or as it is now. Only what it names is touched. */
  put(object: MeshObject): void {
    this.#index.put(object);
  }

  remove(id: Id): void {
    this.#index.remove(id);
  }

  /** The host that a caller reaches by a name, an authority (`reviews:9080`) or an address. */
  hostOf(authority: string, caller: Caller): string {
    const { name, port } = parseAuthority(authority);
    if (caller.kind === 'gateway') return name;
    const { namespace = '' } = caller;
    const found = namedHosts(name, namespace, this.#index.settings.clusterDomain).find(
      (host) => knownHost(this.#index, host, namespace) !== undefined,
    );
    return found ?? hostAt(this.#index, name) ?? headlessAt(this.#index, name, port) ?? name;
  }

  /** The host that people mean by a name in a namespace: a short one is a service there. */
  hostMeant(name: string, namespace: string): string {
    return resolveHost(name, namespace, this.#index.settings.clusterDomain).toLowerCase();
  }

  /** Without a port: the first that takes HTTP, else the first. */
  of(host: string, caller: Caller, port?: number): Governed {
    return caller.kind === 'mesh'
      ? governMesh(this.#index, host, caller, port)
      : governGateway(this.#index, host, caller, port);
  }

  /** The kinds of callers that are told apart for a host. Absent namespace: any that is not listed. */
  callers(host: string): readonly Caller[] {
    return callersOf(this.#index, host);
  }

  /** What each kind of caller sees of a host. A namespace whose clients see what all others see is left out. */
  views(host: string, port?: number): readonly Governed[] {
    const all = this.callers(host).map((caller) => this.of(host, caller, port));
    const [general] = all;
    return all.filter((each) => each === general || each.caller.kind === 'gateway' || !isSameView(each, general));
  }

  /** Where a share of a rule's requests ends for a caller. */
  clusterOf(share: Pick<Share, 'host' | 'subset' | 'port' | 'isInvalid'>, caller: Caller): Cluster {
    return clusterOf(this.#index, share, this.#client(caller));
  }

  /** All of a host: where requests go that no rule takes. */
  serviceShare(host: string, caller: Caller, port: number): Share {
    const known = caller.kind === 'mesh' ? knownHost(this.#index, host, caller.namespace ?? '') : undefined;
    return { host: known?.alias ?? known?.host ?? host, port, weight: 100 };
  }

  /** What becomes of the requests that an object is written for: its hosts, as each kind of caller asks for them. A delegate has those of its roots. */
  asked(object: RoutingId): readonly Governed[] {
    return this.#audience([object]);
  }

  /** The objects that have a destination at a host. */
  leadingTo(host: string): readonly RoutingId[] {
    return this.#index.destinedTo.get(host);
  }

  /** Whether there is a Service or a ServiceEntry of that host that clients of the namespace may use. */
  isKnown(host: string, namespace = ''): boolean {
    return knownHost(this.#index, host, namespace) !== undefined;
  }

  /** What DestinationRules define for a host: for clients of a namespace, of the service's own, and of all others. */
  subsetsOf(host: string, namespace: string): readonly Subset[] {
    const known = knownHost(this.#index, host, namespace) ?? { host, namespace: readHost(host, namespace).namespace };
    const clients = [namespace, known.namespace, ''];
    const all = clients.flatMap((each) => definitionFor(this.#index, known, { namespace: each })?.subsets ?? []);
    return all.filter(({ name }, at) => all.findIndex((each) => each.name === name) === at);
  }

  /** The pods of a Service that have these labels; undefined if they are not known. */
  podsOf(host: string, labels: Labels): PodCount | undefined {
    return podsOf(this.#index, host, labels);
  }

  /** The Service of a host, as it is without any object that routes it; undefined if there is none, or it is not seen. */
  serviceOf(host: string, sight: { readonly seesPods: boolean }): UnroutedService | undefined {
    return unroutedService(this.#index, host, sight);
  }

  /** The Argo Rollout that moves pods between the Services of a split (host-level splitting). */
  rolloutOf(host: string): string | undefined {
    return this.#index.services.get(host)[0]?.rollout;
  }

  /** Whether a gateway is seen, and the pods that it is for. */
  hasGateway(caller: Extract<Caller, { kind: 'gateway' }>): boolean {
    const gateway = this.#gatewayOf(caller);
    return gateway !== undefined && routerOf(this.#index, gateway) !== undefined;
  }

  /** Whether a gateway has a server for a host that objects of a namespace name. */
  serves(caller: Extract<Caller, { kind: 'gateway' }>, host: string, namespace: string): boolean {
    const gateway = this.#gatewayOf(caller);
    const patterns = gateway?.servers.flatMap((server) => servedHosts({ gateway, server }, namespace)) ?? [];
    return patterns.some((pattern) => intersection(pattern, host) !== undefined);
  }

  /** The hosts that an object names: a wildcard stays one. */
  hostsOf(object: RoutingId): readonly string[] {
    const found = this.#index.get(object);
    if (found?.kind === 'VirtualService') return found.hosts.map((host) => this.#index.hostIn(found, host));
    return [...new Set(audienceOf(this.#index, object).map(({ host }) => host))];
  }

  /** The objects that hand requests over to a VirtualService, whether these come to anything or not. */
  handedOver({ kind, namespace, name }: RoutingId): readonly HandedOver[] {
    const roots = kind === 'VirtualService' ? this.#index.delegating.get(`${namespace}/${name}`) : [];
    return roots.map((root) => ({ by: { namespace: root.namespace, name: root.name }, hosts: this.hostsOf(root) }));
  }

  /** Where requests follow an object, or one of its rules. */
  touching(object: RoutingId, rule?: Pick<RuleRef, 'list' | 'at'>): readonly Followed[] {
    const isMeant = (ref: RuleRef | undefined) =>
      ref !== undefined &&
      isSameId(ref.object, object) &&
      (rule === undefined || (ref.list === rule.list && ref.at === rule.at));
    return this.#followed([object], (each) => isMeant(each) || isMeant(each.delegate));
  }

  /** Which rules lead to pods, by their addresses; those that no rule leads to are followed with none. */
  reaching(addresses: ReadonlySet<string>): readonly Followed[] {
    const services = new Set([...addresses].flatMap((address) => this.#index.servicesOf(address)));
    const objects = [...services].flatMap((host) => this.#index.destinedTo.get(host));
    const leads = ({ shares }: GovernedRule, { caller }: Governed) =>
      shares.some((share) => this.#leadsTo(share, caller, addresses));
    return [...this.#followed(objects, leads), ...this.#unruled([...services], addresses)];
  }

  #followed(
    objects: readonly RoutingId[],
    isMeant: (rule: GovernedRule, of: Governed) => boolean,
  ): readonly Followed[] {
    return this.#audience(objects)
      .map((governed) => ({ governed, rules: governed.rules.filter((rule) => isMeant(rule, governed)) }))
      .filter(({ rules }) => rules.length > 0);
  }

  #audience(objects: readonly RoutingId[]): readonly Governed[] {
    const asked = new Map<string, Governed>();
    for (const { host, caller } of objects.flatMap((each) => audienceOf(this.#index, each))) {
      for (const port of this.#portsOf(host, caller)) {
        asked.set(JSON.stringify([host, caller, port]), this.of(host, caller, port));
        const streams = caller.kind === 'mesh' ? governConnections(this.#index, host, caller, port) : undefined;
        if (streams !== undefined) asked.set(JSON.stringify([host, caller, port, streams.protocol]), streams);
      }
    }
    return [...asked.values()];
  }

  #unruled(hosts: readonly string[], addresses: ReadonlySet<string>): readonly Followed[] {
    return hosts
      .flatMap((host) =>
        this.callers(host).flatMap((caller) => this.#portsOf(host, caller).map((port) => this.of(host, caller, port))),
      )
      .filter(({ otherwise }) => otherwise === 'service')
      .filter(({ host, caller, port = 0 }) => this.#leadsTo(this.serviceShare(host, caller, port), caller, addresses))
      .map((governed) => ({ governed, rules: [] }));
  }

  #leadsTo(share: Share, caller: Caller, addresses: ReadonlySet<string>): boolean {
    const cluster = this.clusterOf(share, caller);
    return cluster.kind === 'pods' && cluster.backends.some(({ address }) => addresses.has(address));
  }

  /** Undefined: the one that `of` takes if it is not told. */
  #portsOf(host: string, caller: Caller): readonly (number | undefined)[] {
    const ports =
      caller.kind === 'mesh'
        ? (this.#index.services.get(host)[0]?.ports ?? []).map(({ number }) => number)
        : (this.#gatewayOf(caller)?.servers ?? []).map(({ port }) => port);
    return ports.length === 0 ? [undefined] : [...new Set(ports)];
  }

  #gatewayOf({ gateway: named }: Extract<Caller, { kind: 'gateway' }>): Gateway | undefined {
    const [namespace = '', name = ''] = named.split('/');
    return this.#index.gateway(namespace, name);
  }

  #client(caller: Caller): Client {
    if (caller.kind === 'mesh') return { ...caller, namespace: caller.namespace ?? '' };
    const gateway = this.#gatewayOf(caller);
    const router = gateway === undefined ? undefined : routerOf(this.#index, gateway);
    return router ?? { namespace: this.#index.settings.rootNamespace };
  }
}

export function trafficMap(objects: Iterable<MeshObject>, settings: MeshSettings = defaultSettings): TrafficMap {
  const map = new TrafficMap(settings);
  for (const object of objects) map.put(object);
  return map;
}

function isSameView(one: Governed, other: Governed | undefined): boolean {
  return JSON.stringify({ ...one, caller: undefined }) === JSON.stringify({ ...other, caller: undefined });
}
