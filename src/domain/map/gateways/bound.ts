import type { Shadowed } from '../governed.ts';
import { covers, intersection, wildcardsOver } from '../hosts.ts';
import { gatewayKey, gatewaysOf, hostnamesOf, type ObjectIndex, parentKey } from '../object-index.ts';
import type { Backend, Gateway, GatewayRoute, VirtualService } from '../objects.ts';
import { groupRoutes, routeId } from '../rules/of-gateway-api.ts';
import { httpRulesOf, idOf } from '../rules/of-virtual-service.ts';
import type { Prepared } from '../rules/prepared.ts';
import { type Placed, type Rank, rankOf, ranks } from '../visibility.ts';
import { type Listener, servedHosts } from './listeners.ts';

/** What is bound to a gateway, at the host that the gateway knows it by. */
export interface Bound extends Placed {
  readonly domain: string;
  readonly gateway: Gateway;
  readonly rules: readonly Prepared[];
  readonly dead: readonly Shadowed[];
}

type At = Listener['servers'][number];

/** All that a listener has for a host, by names and by wildcards. */
export function boundTo(
  index: ObjectIndex,
  { servers, router }: Listener,
  host: string,
): { readonly bound: readonly Bound[]; readonly left: readonly Shadowed[] } {
  const bound: Bound[] = [];
  const left: Shadowed[] = [];
  const named = new Set([host, ...wildcardsOver(host)].flatMap((each) => index.virtualServices.get(each)));
  for (const at of servers) {
    for (const object of named) {
      if (!gatewaysOf(object).includes(gatewayKey(at.gateway))) continue;
      const rank = rankOf(index.settings, object, router.namespace);
      const domains = domainsOf(index, at, object).filter((domain) => covers(domain, host));
      if (rank !== undefined)
        bound.push(...domains.map((domain) => ofVirtualService(index, at.gateway, { object, rank, domain })));
      else if (domains.length > 0) left.push({ object: idOf(object), why: 'not-exported' });
    }
    bound.push(...routesOf(index, at, host));
  }
  return { bound, left };
}

function ofVirtualService(
  index: ObjectIndex,
  gateway: Gateway,
  { object, rank, domain }: { object: VirtualService; rank: Rank; domain: string },
): Bound {
  const { createdAt, namespace, name } = object;
  return { domain, gateway, rank, createdAt, namespace, name, id: idOf(object), ...httpRulesOf(index, object) };
}

/** Its hosts, as far as the server has them, too. */
function domainsOf(index: ObjectIndex, at: At, object: VirtualService): readonly string[] {
  const served = servedHosts(at, object.namespace);
  const hosts = object.hosts.map((host) => index.hostIn(object, host));
  return common(served, hosts);
}

function common(some: readonly string[], others: readonly string[]): readonly string[] {
  const both = some.flatMap((one) => others.map((other) => intersection(one, other)));
  return [...new Set(both.filter((each) => each !== undefined))];
}

function routesOf(index: ObjectIndex, { gateway, server }: At, host: string): readonly Bound[] {
  const { namespace, name } = gateway;
  if (gateway.kind !== 'ApiGateway') return [];
  const all = index.routes
    .get(parentKey({ kind: 'Gateway', namespace, name }))
    .filter(({ kind }) => kind === 'HTTPRoute' || kind === 'GRPCRoute')
    .flatMap((route) => common(server.hosts, hostnamesOf(route)).map((domain) => ({ route, domain })))
    .filter(({ domain }) => covers(domain, host));
  return [...Map.groupBy(all, ({ domain }) => domain)].flatMap(([domain, routes]) =>
    grouped(
      index,
      gateway,
      routes.map(({ route }) => route),
    ).map((each) => ({ ...each, domain })),
  );
}

function grouped(
  index: ObjectIndex,
  gateway: Gateway,
  routes: readonly GatewayRoute[],
): readonly Omit<Bound, 'domain'>[] {
  const groups = groupRoutes(index, routes, {
    parent: ({ kind, namespace, name }) =>
      kind === 'Gateway' && namespace === gateway.namespace && name === gateway.name,
    isGranted: (route, backend) => isGranted(index, route, backend),
  });
  return groups.map(({ oldest, rules }) => {
    const { createdAt, namespace, name } = oldest;
    return { gateway, rank: ranks.public, createdAt, namespace, name, id: routeId(oldest), rules, dead: [] };
  });
}

/** A ReferenceGrant in the namespace of the backend must allow it. */
function isGranted(index: ObjectIndex, route: GatewayRoute, { namespace, name }: Backend): boolean {
  if (namespace === route.namespace) return true;
  return index.grants
    .get(namespace)
    .some(
      ({ from, to }) =>
        from.some((each) => each.kind === route.kind && each.namespace === route.namespace) &&
        to.some((each) => each.kind === 'Service' && (each.name === undefined || each.name === name)),
    );
}
