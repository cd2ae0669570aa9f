import type { Caller } from '../governed.ts';
import { splitHost } from '../hosts.ts';
import type { ObjectIndex } from '../object-index.ts';
import type { Gateway, GatewayServer, Labels } from '../objects.ts';
import { hasLabels } from '../rules/applies.ts';
import { keyOf } from '../shelf.ts';
import { byAge } from '../visibility.ts';

export type GatewayCaller = Extract<Caller, { kind: 'gateway' }>;

/** The pods of a gateway. They decide what is exported to it, and which labels it has as a caller. */
export interface Router {
  readonly namespace: string;
  readonly labels: Labels;
}

/** One port of a router. All Gateways whose selector fits its pods share it. */
export interface Listener {
  readonly port: number;
  readonly router: Router;
  readonly servers: readonly { readonly gateway: Gateway; readonly server: GatewayServer }[];
}

export function listenerOf(index: ObjectIndex, { gateway: named }: GatewayCaller, port?: number): Listener | undefined {
  const gateway = gatewayNamed(index, named);
  const router = gateway === undefined ? undefined : routerOf(index, gateway);
  if (gateway === undefined || router === undefined) return undefined;
  const wanted = port ?? gateway.servers[0]?.port;
  const servers = index.gateways
    .get('')
    .filter((each) => isOn(index, each, router))
    .toSorted(byAge)
    .flatMap((each) => each.servers.map((server) => ({ gateway: each, server })))
    .filter(({ server }) => server.port === wanted);
  return wanted === undefined || servers.length === 0 ? undefined : { port: wanted, router, servers };
}

/** Where its pods may be out of sight, a gateway is taken to run in the root namespace. */
export function routerOf(index: ObjectIndex, gateway: Gateway): Router | undefined {
  const wanted = selectorOf(gateway);
  const [first] = Object.entries(wanted);
  const pods = first === undefined ? [] : index.pods.get(`${first[0]}=${first[1]}`);
  const own = pods.filter(({ labels }) => hasLabels(labels, wanted));
  return (
    own.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))[0] ??
    (index.settings.seesAllPods ? undefined : { namespace: index.settings.rootNamespace, labels: wanted })
  );
}

function isOn(index: ObjectIndex, gateway: Gateway, router: Router): boolean {
  const wanted = selectorOf(gateway);
  return Object.keys(wanted).length > 0 && hasLabels(router.labels, wanted) && routerOf(index, gateway) !== undefined;
}

/** The pods that are made for a Gateway of the Gateway API carry its name. */
function selectorOf({ kind, selector, name }: Gateway): Labels {
  return kind === 'ApiGateway' ? { 'gateway.networking.k8s.io/gateway-name': name } : selector;
}

function gatewayNamed(index: ObjectIndex, named: string): Gateway | undefined {
  const [namespace = '', name = ''] = named.split('/');
  return index.gateway(namespace, name);
}

/** The hosts of a server that are for objects of a namespace. */
export function servedHosts({ gateway, server }: Listener['servers'][number], namespace: string): readonly string[] {
  return server.hosts
    .map((pattern) => splitHost(pattern))
    .filter(({ from }) => from === '*' || (from === '.' ? gateway.namespace : from) === namespace)
    .map(({ host }) => host);
}
