import type { Shadowed, Why } from '../governed.ts';
import { wildcardsOver } from '../hosts.ts';
import { gatewaysOf, type ObjectIndex, parentKey } from '../object-index.ts';
import type { GatewayRoute, VirtualService } from '../objects.ts';
import { groupRoutes, routeId } from '../rules/of-gateway-api.ts';
import { httpRulesOf, idOf, type Rules } from '../rules/of-virtual-service.ts';
import { byRank, type Placed, rankOf, ranks } from '../visibility.ts';
import type { Asked } from './asked.ts';

/** What may route the requests to a host. */
export interface Source extends Placed {
  rules(): Rules;
}

export interface Sources {
  readonly tried: readonly Source[];
  /** What names the host and is not tried at all. */
  readonly left: readonly Shadowed[];
}

/** The objects that may route the requests of a mesh client to a host, in the order in which they are tried. */
export function sourcesFor(index: ObjectIndex, asked: Asked): Sources {
  const exact = virtualServiceSources(index, asked, [asked.host], httpRulesOf);
  const routes = routeSources(index, asked, ['HTTPRoute', 'GRPCRoute']);
  const own = [...exact.tried, ...routes.tried].toSorted(byRank);
  const wild = wildcardSources(index, asked);
  const left = [...exact.left, ...routes.left, ...misspelled(index, asked), ...wild.left];

  // One wildcard at most is used for a service, and none if an object names the service, even if its rules are not for the caller.
  const isNamed = own.length > 0 || routes.left.length > 0;
  const tried = isNamed ? own : wild.tried.slice(0, 1);
  const beaten = isNamed ? wild.tried : wild.tried.slice(1);
  return { tried, left: [...left, ...beaten.map((each) => lost(each, tried[0], 'closer-host'))] };
}

export function lost({ id }: Source, by: Source | undefined, why: Why): Shadowed {
  return { object: id, why, ...(by === undefined ? {} : { by: by.id }) };
}

/** VirtualServices of the mesh with one of these hosts that the caller sees. */
export function virtualServiceSources(
  index: ObjectIndex,
  { host, caller, scope }: Asked,
  hosts: readonly string[],
  rulesOf: (index: ObjectIndex, object: VirtualService) => Rules,
): Sources {
  const tried: Source[] = [];
  const left: Shadowed[] = [];
  for (const object of new Set(hosts.flatMap((each) => index.virtualServices.get(each)))) {
    if (!gatewaysOf(object).includes('mesh')) continue;
    const { createdAt, namespace, name } = object;
    const id = idOf(object);
    const rank = rankOf(index.settings, object, caller.namespace);
    if (rank === undefined) left.push({ object: id, why: 'not-exported' });
    else if (!scope.shows(namespace, host)) left.push({ object: id, why: 'hidden-by-sidecar' });
    else tried.push({ id, rank, createdAt, namespace, name, rules: () => rulesOf(index, object) });
  }
  return { tried, left };
}

/** The longest wildcard first; of one wildcard, by rank and age. */
function wildcardSources(index: ObjectIndex, asked: Asked): Sources {
  const all = wildcardsOver(asked.host).map((pattern) => virtualServiceSources(index, asked, [pattern], httpRulesOf));
  return {
    tried: all.flatMap(({ tried }) => tried.toSorted(byRank)),
    left: all.flatMap(({ left }) => left),
  };
}

/** Routes of the parent's own namespace are for everybody, those of another one for callers there. */
export function routeSources(
  index: ObjectIndex,
  { known, caller }: Pick<Asked, 'known' | 'caller'>,
  kinds: readonly GatewayRoute['kind'][],
): Sources {
  if (known === undefined) return { tried: [], left: [] };
  const parent = parentKey({ kind: known.source.kind, namespace: known.namespace, name: known.source.name });
  const routes = index.routes.get(parent).filter(({ kind }) => kinds.includes(kind));
  const isForCaller = ({ namespace }: GatewayRoute) => [caller.namespace, known.namespace].includes(namespace);
  const groups = groupRoutes(index, routes.filter(isForCaller), {
    parent: (each) => parentKey(each) === parent,
    isGranted: () => true,
  });
  return {
    tried: groups.map(({ oldest, port, rules }) => {
      const { createdAt, namespace, name } = oldest;
      const rank = namespace === caller.namespace ? rankOfRoute(oldest) : ranks.public;
      return { id: routeId(oldest), rank, createdAt, namespace, name, port, rules: () => ({ rules, dead: [] }) };
    }),
    left: routes.filter((each) => !isForCaller(each)).map((each) => ({ object: routeId(each), why: 'consumer-route' })),
  };
}

function rankOfRoute({ kind }: GatewayRoute): Placed['rank'] {
  return kind === 'GRPCRoute' ? ranks.ownGrpcRoute : ranks.ownHttpRoute;
}

/** `reviews.default` and `reviews.default.svc` are taken as they are, and are nobody's names. */
function misspelled(index: ObjectIndex, { known }: Asked): readonly Shadowed[] {
  if (known?.source.kind !== 'Service') return [];
  const { namespace, name } = known.source;
  return [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${known.host}.`]
    .flatMap((spelling) => index.virtualServices.get(spelling))
    .filter((each) => gatewaysOf(each).includes('mesh'))
    .map((each) => ({ object: idOf(each), why: 'host-spelling' }));
}
