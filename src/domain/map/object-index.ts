import { resolveHost } from '../routing/names.ts';
import type {
  Destination,
  DestinationRule,
  EndpointSlice,
  Gateway,
  GatewayRoute,
  Id,
  MeshObject,
  MeshSettings,
  Parent,
  Pod,
  ReferenceGrant,
  Service,
  ServiceEntry,
  Sidecar,
  VirtualService,
} from './objects.ts';
import { keyOf, Shelf } from './shelf.ts';

/** The objects of a cluster, by what the map asks for. A change touches what the object names, and nothing else. */
export class ObjectIndex {
  readonly settings: MeshSettings;
  readonly #byId = new Map<string, MeshObject>();

  readonly virtualServices = new Shelf<VirtualService>((each) => each.hosts.map((host) => this.hostIn(each, host)));
  readonly ofGateway = new Shelf<VirtualService>((each) => gatewaysOf(each).filter((name) => name !== 'mesh'));
  readonly delegating = new Shelf<VirtualService>(delegatesOf);
  readonly destinedTo = new Shelf<VirtualService | GatewayRoute>((each) => this.#destinationHosts(each));
  readonly routes = new Shelf<GatewayRoute>(({ parents }) => parents.map(parentKey));
  readonly routesByHostname = new Shelf<GatewayRoute>(hostnamesOf);
  readonly destinationRules = new Shelf<DestinationRule>((each) => [
    ruleKey(each.namespace, resolveHost(each.host, each.namespace, this.settings.clusterDomain)),
  ]);
  readonly services = new Shelf<Service>((each) => [this.hostOfService(each)]);
  readonly byAddress = new Shelf<Service | ServiceEntry>((each) =>
    each.kind === 'Service' ? each.clusterIps : each.addresses,
  );
  readonly serviceEntries = new Shelf<ServiceEntry>(({ hosts }) => hosts);
  readonly slicesAt = new Shelf<EndpointSlice>(({ endpoints }) => endpoints.map(({ address }) => address));
  readonly slices = new Shelf<EndpointSlice>(({ namespace, service }) => [`${namespace}/${service}`]);
  readonly gateways = new Shelf<Gateway>(() => ['']);
  readonly sidecars = new Shelf<Sidecar>(({ namespace }) => [namespace]);
  readonly grants = new Shelf<ReferenceGrant>(({ namespace }) => [namespace]);
  readonly pods = new Shelf<Pod>(({ namespace, name, labels }) => [
    `${namespace}/${name}`,
    ...Object.entries(labels).map(([label, value]) => `${label}=${value}`),
  ]);

  constructor(settings: MeshSettings) {
    this.settings = settings;
  }

  get(id: Id): MeshObject | undefined {
    return this.#byId.get(keyOf(id));
  }

  put(object: MeshObject): void {
    this.remove(object);
    this.#byId.set(keyOf(object), object);
    for (const each of this.#shelvesOf(object)) each.put();
  }

  remove(id: Id): void {
    const old = this.get(id);
    if (old === undefined) return;
    this.#byId.delete(keyOf(id));
    for (const each of this.#shelvesOf(old)) each.remove();
  }

  virtualService(namespace: string, name: string): VirtualService | undefined {
    const found = this.get({ kind: 'VirtualService', namespace, name });
    return found?.kind === 'VirtualService' ? found : undefined;
  }

  /** Of Istio, else of the Gateway API. */
  gateway(namespace: string, name: string): Gateway | undefined {
    const found = this.get({ kind: 'Gateway', namespace, name }) ?? this.get({ kind: 'ApiGateway', namespace, name });
    return found?.kind === 'Gateway' || found?.kind === 'ApiGateway' ? found : undefined;
  }

  /** Capitals in the host of a VirtualService mean the same host, and nowhere else. */
  hostIn({ namespace }: Pick<VirtualService, 'namespace'>, host: string): string {
    return resolveHost(host, namespace, this.settings.clusterDomain).toLowerCase();
  }

  hostOfService({ namespace, name }: Pick<Service, 'namespace' | 'name'>): string {
    return resolveHost(name, namespace, this.settings.clusterDomain);
  }

  /** The host of a destination as the object that has it means it. */
  destinationHost(namespace: string, { host }: Pick<Destination, 'host'>): string {
    return resolveHost(host, namespace, this.settings.clusterDomain);
  }

  /** The hosts of the services that an address serves. */
  servicesOf(address: string): readonly string[] {
    return this.slicesAt.get(address).map(({ namespace, service: name }) => this.hostOfService({ namespace, name }));
  }

  #destinationHosts(object: VirtualService | GatewayRoute): readonly string[] {
    if (object.kind !== 'VirtualService') {
      return object.rules.flatMap(({ backends }) => backends).map((each) => this.hostOfService(each));
    }
    const http = object.http.flatMap(({ action }) => (action.kind === 'route' ? action.destinations : []));
    const connections = [...object.tcp, ...object.tls].flatMap(({ destinations }) => destinations);
    return [...http, ...connections].map((each) => this.destinationHost(object.namespace, each));
  }

  #shelvesOf(object: MeshObject): readonly { put(): void; remove(): void }[] {
    switch (object.kind) {
      case 'VirtualService':
        return [
          on(this.virtualServices, object),
          on(this.ofGateway, object),
          on(this.delegating, object),
          on(this.destinedTo, object),
        ];
      case 'DestinationRule':
        return [on(this.destinationRules, object)];
      case 'Service':
        return [on(this.services, object), on(this.byAddress, object)];
      case 'ServiceEntry':
        return [on(this.serviceEntries, object), on(this.byAddress, object)];
      case 'EndpointSlice':
        return [on(this.slices, object), on(this.slicesAt, object)];
      case 'Pod':
        return [on(this.pods, object)];
      case 'Gateway':
      case 'ApiGateway':
        return [on(this.gateways, object)];
      case 'Sidecar':
        return [on(this.sidecars, object)];
      case 'ReferenceGrant':
        return [on(this.grants, object)];
      default:
        return [on(this.routes, object), on(this.routesByHostname, object), on(this.destinedTo, object)];
    }
  }
}

export function parentKey({ kind, namespace, name }: Pick<Parent, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/** Those that a gateway knows a route by: none is any. */
export function hostnamesOf({ hostnames }: GatewayRoute): readonly string[] {
  return hostnames.length === 0 ? ['*'] : hostnames.map((host) => host.toLowerCase());
}

export function ruleKey(namespace: string, host: string): string {
  return `${namespace} ${host}`;
}

export function gatewayKey({ namespace, name }: Gateway): string {
  return `${namespace}/${name}`;
}

/** `mesh`, and gateways as `namespace/name`. */
export function gatewaysOf({ namespace, gateways }: Pick<VirtualService, 'namespace' | 'gateways'>): readonly string[] {
  if (gateways.length === 0) return ['mesh'];
  return gateways.map((name) => gatewayName(name, namespace));
}

/** A gateway without a namespace is one of the object's own. */
export function gatewayName(name: string, namespace: string): string {
  return name === 'mesh' || name.includes('/') ? name : `${namespace}/${name}`;
}

function delegatesOf({ namespace, http }: VirtualService): readonly string[] {
  return http.flatMap(({ action }) =>
    action.kind === 'delegate' ? [`${action.namespace ?? namespace}/${action.name}`] : [],
  );
}

function on<T extends Id>(shelf: Shelf<T>, object: T) {
  return { put: () => shelf.put(object), remove: () => shelf.remove(object) };
}
