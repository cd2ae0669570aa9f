import { z } from 'zod';
import { MapFeed } from '../../cluster/map/map-feed.ts';
import { type MeshKind, readMeshObject } from '../../cluster/map/read-object.ts';
import type { ObjectState } from '../../cluster/watch-cache.ts';
import type { Caller, Governed, GovernedRule, RuleRef } from '../../domain/map/governed.ts';
import { parseAuthority } from '../../domain/map/hosts.ts';
import { defaultSettings, type Gateway, type Id, type Labels, type Service } from '../../domain/map/objects.ts';
import type { TrafficMap } from '../../domain/map/traffic-map.ts';
import { ingressGateway, isIngress, labelsOf, type Pod, servicePort, type Workload } from './pods.ts';
import { readTreatments, type Treatment, type Treatments, together } from './treatment.ts';

/** Who asks for which host. */
export interface Asking {
  /** Fully qualified. */
  readonly host: string;
  /** As the caller wrote it. */
  readonly authority?: string | undefined;
  readonly source: Workload;
}

/** A service, and the labels of its pods. */
interface Selecting {
  readonly service: Service;
  readonly selector: Labels;
}

const withSelector = z.object({
  spec: z.object({ selector: z.record(z.string(), z.string()).default({}) }),
});

/** What the proxies know: the routing objects of the cluster, by the traffic map, and the pods that serve here. */
export class Routing {
  readonly #feed = new MapFeed({ ...defaultSettings, seesAllPods: true });
  readonly #treatments = new Map<string, Treatments>();
  readonly #gateways = new Map<string, Gateway>();
  readonly #pods = new Map<string, Pod>();
  /** By name: what the cluster has, and where it has none, one for each app. */
  readonly #services = new Map<string, Selecting>();
  readonly #ownServices = new Map<string, Selecting>();

  constructor() {
    const { name, namespace } = ingressGateway;
    this.map.put({ kind: 'Pod', name, namespace, labels: { istio: 'ingressgateway', app: name } });
  }

  get map(): TrafficMap {
    return this.#feed.map;
  }

  /** A new state of an object of the cluster. */
  take(kind: MeshKind, state: ObjectState): void {
    if (kind === '/Service') this.#takeService(state);
    else this.#takeRouting(kind, state);
  }

  #takeRouting(kind: MeshKind, state: ObjectState): void {
    this.#feed.of(kind)(state);
    const { namespace, name, object } = state;
    const id = { kind: kind.split('/')[1] ?? '', namespace, name };
    this.#treatments.set(keyOf(id), object === undefined ? [] : readTreatments(kind, object));
    if (id.kind === 'Gateway') this.#takeGateway(`${kind} ${namespace}/${name}`, kind, object);
  }

  /** Istio makes pods for each Gateway of the Gateway API. Here the ingress stands for them. */
  #takeGateway(key: string, kind: MeshKind, object: unknown): void {
    const read = object === undefined ? undefined : readMeshObject(kind, object);
    if (read?.kind !== 'Gateway' && read?.kind !== 'ApiGateway') {
      this.#gateways.delete(key);
      return;
    }
    this.#gateways.set(key, read);
    if (read.kind !== 'ApiGateway') return;
    const labels = { 'gateway.networking.k8s.io/gateway-name': read.name };
    this.map.put({ kind: 'Pod', namespace: read.namespace, name: `${read.name}-istio`, labels });
  }

  /** The pods that run here. Those of the cluster are not asked for: its services select ours. */
  serve(pods: readonly Pod[]): void {
    for (const pod of pods) {
      const { namespace, name, app, labels } = pod;
      this.#pods.set(name, pod);
      this.map.put({ kind: 'Pod', namespace, name, labels });
      const ports = [{ number: servicePort, name: 'http', protocol: 'TCP' }];
      const service: Service = { kind: 'Service', namespace, name: app, exportTo: [], clusterIps: [], ports };
      this.#ownServices.set(keyOf(service), { service, selector: { app } });
    }
    for (const id of [...this.#ownServices.values(), ...this.#services.values()]) this.#putService(id.service);
  }

  #takeService({ namespace, name, object }: ObjectState): void {
    const id = { kind: 'Service', namespace, name };
    const service = object === undefined ? undefined : readMeshObject('/Service', object);
    const read = withSelector.safeParse(object).data;
    if (service?.kind === 'Service' && read !== undefined)
      this.#services.set(keyOf(id), { service, selector: read.spec.selector });
    else this.#services.delete(keyOf(id));
    this.#putService(id);
  }

  /** With the endpoints that a cluster would write for it. */
  #putService(id: Id): void {
    const found = this.#services.get(keyOf(id)) ?? this.#ownServices.get(keyOf(id));
    const slice = { kind: 'EndpointSlice', namespace: id.namespace, name: id.name } as const;
    if (found === undefined) {
      this.map.remove(id);
      this.map.remove(slice);
      return;
    }
    const { service, selector } = found;
    const wanted = Object.entries(selector);
    const selected = [...this.#pods.values()].filter(
      ({ namespace, labels }) =>
        namespace === id.namespace && wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value),
    );
    const endpoints = selected.map(({ name }) => ({ address: name, ready: true, pod: name }));
    this.map.put(service);
    this.map.put({ ...slice, service: id.name, ports: service.ports, endpoints });
  }

  readonly podAt = (address: string): Pod | undefined => this.#pods.get(address);

  /** Who routes a request. What no Gateway is written for goes to the product page at the ingress, too, as if it came from a client. */
  governing(asking: Asking): Governed {
    return (isIngress(asking.source) && this.#atGateway(asking)) || this.#inMesh(asking);
  }

  #atGateway({ authority = '' }: Asking): Governed | undefined {
    const { name } = parseAuthority(authority);
    for (const { namespace, name: gateway, servers } of this.#gateways.values()) {
      for (const { port } of servers) {
        const governed = this.map.of(name, { kind: 'gateway', gateway: `${namespace}/${gateway}` }, port);
        if (governed.rules.length > 0) return governed;
      }
    }
    return undefined;
  }

  #inMesh({ host, authority = '', source }: Asking): Governed {
    const caller: Caller = { kind: 'mesh', namespace: source.namespace, labels: labelsOf(source) };
    const port = isIngress(source) ? undefined : parseAuthority(authority).port;
    return this.map.of(host, caller, port);
  }

  treatmentOf({ object, list, at, delegate }: GovernedRule): Treatment {
    const root = this.#treatmentAt({ object, list, at });
    return delegate === undefined ? root : together(root, this.#treatmentAt(delegate));
  }

  #treatmentAt({ object, at }: RuleRef): Treatment {
    return this.#treatments.get(keyOf(object))?.[at] ?? {};
  }
}

function keyOf({ kind, namespace, name }: Id): string {
  return `${kind} ${namespace}/${name}`;
}
