import { type Client, type Cluster, clusterOf } from './clusters/cluster.ts';
import { governGateway } from './gateways/gateway.ts';
import type { Caller, Governed, Share } from './governed.ts';
import { namedHosts, parseAuthority } from './hosts.ts';
import { routerOf } from './gateways/listeners.ts';
import { governMesh } from './mesh/mesh.ts';
import { ObjectIndex } from './object-index.ts';
import { defaultSettings, type Id, type MeshObject, type MeshSettings } from './objects.ts';
import { hostAt, knownHost } from './services.ts';

/** Who routes the requests to a host, worked out of the objects of a cluster when it is asked. */
export class TrafficMap {
  readonly #index: ObjectIndex;

  constructor(settings: MeshSettings) {
    this.#index = new ObjectIndex(settings);
  }

  /** An object that is new, or as it is now. Only hosts that it names are touched. */
  put(object: MeshObject): void {
    this.#index.put(object);
  }

  remove(id: Id): void {
    this.#index.remove(id);
  }

  /** The host that a caller reaches by a name, an authority (`reviews:9080`) or an address. */
  hostOf(authority: string, caller: Caller): string {
    const { name } = parseAuthority(authority);
    if (caller.kind === 'gateway') return name;
    const { clusterDomain } = this.#index.settings;
    const found = namedHosts(name, caller.namespace, clusterDomain).find(
      (host) => knownHost(this.#index, host, caller.namespace) !== undefined,
    );
    return found ?? hostAt(this.#index, name) ?? name;
  }

  /** Who routes what a caller sends to a name, on a port that it dials at the address which that name has. */
  at(authority: string, caller: Caller, port: number): { readonly host: string; readonly governed: Governed } {
    const host = this.hostOf(authority, caller);
    return { host, governed: this.of(host, caller, port) };
  }

  /** All that a service has: where requests go that no rule takes. */
  serviceShare(host: string, caller: Caller, port: number): Share {
    const known = caller.kind === 'mesh' ? knownHost(this.#index, host, caller.namespace) : undefined;
    return { host: known?.alias ?? known?.host ?? host, port, weight: 100 };
  }

  of(host: string, caller: Caller, port?: number): Governed {
    return caller.kind === 'mesh'
      ? governMesh(this.#index, host, caller, port)
      : governGateway(this.#index, host, caller, port);
  }

  /** Where a share of a rule's requests ends for a caller. */
  clusterOf(share: Pick<Share, 'host' | 'subset' | 'port' | 'isInvalid'>, caller: Caller): Cluster {
    return clusterOf(this.#index, share, this.#client(caller));
  }

  #client(caller: Caller): Client {
    if (caller.kind === 'mesh') return caller;
    const [namespace = '', name = ''] = caller.gateway.split('/');
    const gateway = this.#index.gateway(namespace, name);
    const router = gateway === undefined ? undefined : routerOf(this.#index, gateway);
    return router ?? { namespace: this.#index.settings.rootNamespace };
  }
}

export function trafficMap(objects: Iterable<MeshObject>, settings: MeshSettings = defaultSettings): TrafficMap {
  const map = new TrafficMap(settings);
  for (const object of objects) map.put(object);
  return map;
}
