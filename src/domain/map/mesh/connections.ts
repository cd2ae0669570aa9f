import { type Asked, askerOf, otherwise, toShare } from './asked.ts';
import type { Governed, Protocol, Shadowed } from '../governed.ts';
import { wildcardsOver } from '../hosts.ts';
import { gatewaysOf, type ObjectIndex, parentKey } from '../object-index.ts';
import type { VirtualService } from '../objects.ts';
import { groupRoutes, routeId } from '../rules/of-gateway-api.ts';
import { connectionRulesOf, idOf } from '../rules/of-virtual-service.ts';
import type { Prepared } from '../rules/prepared.ts';
import { reach } from '../rules/reach.ts';
import { byAge, rankOf, ranks } from '../visibility.ts';

interface Part {
  readonly rank: number;
  readonly createdAt: string;
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly Prepared[];
}

/**
 * Who routes connections to a port that is not HTTP. Rules of all objects that name the host are tried one after the other, and wildcards
 * are no worse than names.
 */
export function connectionsOf(index: ObjectIndex, asked: Asked, protocol: Exclude<Protocol, 'http'>): Governed {
  const { host, caller, port } = asked;
  const named = [host, ...wildcardsOver(host)].flatMap((name) => index.virtualServices.get(name));
  const objects = named.filter((each) => gatewaysOf(each).includes('mesh'));
  const seen = objects.filter((each) => asked.scope.shows(each.namespace, host));
  const parts = [...seen.flatMap((each) => partOf(index, asked, protocol, each)), ...routeParts(index, asked)];
  const rules = parts.toSorted((one, other) => one.rank - other.rank || byAge(one, other)).flatMap((part) => part.rules);
  const reached = reach(rules, askerOf(asked), toShare(index, asked));
  const takesRest = reached.rules.some(({ matches }) => matches.length === 0);
  const shadowed = [...reached.shadowed, ...notForPort(objects, routesOf(index, asked, 'http')), ...hidden(index, asked, objects)];
  return { host, caller, port, protocol, rules: reached.rules, otherwise: otherwise(asked, takesRest), shadowed };
}

function partOf(index: ObjectIndex, { caller }: Asked, protocol: 'tcp' | 'tls', object: VirtualService): readonly Part[] {
  const rank = rankOf(index.settings, object, caller.namespace);
  if (rank === undefined) return [];
  const { createdAt, namespace, name } = object;
  return [{ rank, createdAt, namespace, name, rules: connectionRulesOf(index, object, protocol) }];
}

function routeParts(index: ObjectIndex, asked: Asked): readonly Part[] {
  const { known, caller } = asked;
  if (known === undefined) return [];
  const parent = parentKey({ kind: known.source.kind, namespace: known.namespace, name: known.source.name });
  const forCaller = [caller.namespace, known.namespace];
  const routes = routesOf(index, asked, 'connections').filter((each) => forCaller.includes(each.namespace));
  const groups = groupRoutes(index, routes, { parent: (each) => parentKey(each) === parent, isGranted: () => true });
  return groups.map(({ oldest, rules }) => ({ ...oldest, rank: oldest.namespace === caller.namespace ? ranks.ownHttpRoute : ranks.public, rules }));
}

function routesOf(index: ObjectIndex, { known }: Asked, which: 'http' | 'connections') {
  if (known === undefined) return [];
  const { source, namespace } = known;
  const all = index.routes.get(parentKey({ kind: source.kind, namespace, name: source.name }));
  return all.filter(({ kind }) => (kind === 'HTTPRoute' || kind === 'GRPCRoute') === (which === 'http'));
}

/** Rules for requests, at a port that has connections only. */
function notForPort(
  objects: readonly VirtualService[],
  routes: ReturnType<typeof routesOf>,
): readonly Shadowed[] {
  return [
    ...objects
      .filter(({ http }) => http.length > 0)
      .flatMap((object) => object.http.map((_, at) => ({ object: idOf(object), list: 'http' as const, at })))
      .map((rule) => ({ object: rule.object, rule, why: 'other-protocol' as const })),
    ...routes.map((route) => ({ object: routeId(route), why: 'other-protocol' as const })),
  ];
}

function hidden(index: ObjectIndex, { caller, scope, host }: Asked, objects: readonly VirtualService[]): readonly Shadowed[] {
  return objects.flatMap((object): Shadowed[] => {
    if (rankOf(index.settings, object, caller.namespace) === undefined) return [{ object: idOf(object), why: 'not-exported' }];
    return scope.shows(object.namespace, host) ? [] : [{ object: idOf(object), why: 'hidden-by-sidecar' }];
  });
}
