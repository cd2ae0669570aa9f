import type { Caller, Shadowed, Why } from '../governed.ts';
import { wildcardsOver } from '../hosts.ts';
import { gatewaysOf, type ObjectIndex, parentKey } from '../object-index.ts';
import type { GatewayRoute, RoutingId, VirtualService } from '../objects.ts';
import { groupRoutes, routeId } from '../rules/of-gateway-api.ts';
import { httpRulesOf, idOf } from '../rules/of-virtual-service.ts';
import type { Prepared } from '../rules/prepared.ts';
import type { KnownHost } from '../services.ts';
import type { Scope } from './sidecar.ts';
import { byRank, type Placed, type Rank, rankOf, ranks } from '../visibility.ts';

/** What may route the requests to a host. */
export interface Source extends Placed {
  /** Those that it has for requests. */
  rules(): { readonly rules: readonly Prepared[]; readonly dead: readonly Shadowed[] };
}

export interface Sources {
  /** In the order in which they are tried. */
  readonly tried: readonly Source[];
  /** What names the host and is not tried at all. */
  readonly left: readonly Shadowed[];
}

type MeshCaller = Extract<Caller, { kind: 'mesh' }>;

/** The objects that may route the requests of a mesh client to a host, by rank and age. */
export function sourcesFor(
  index: ObjectIndex,
  { host, known, caller, scope }: { host: string; known: KnownHost | undefined; caller: MeshCaller; scope: Scope },
): Sources {
  const exact = visible(index, index.virtualServices.get(host), { host, caller, scope });
  const api = known === undefined ? noSources : apiSources(index, known, caller);
  const own = [...exact.tried, ...api.tried].toSorted(byRank);
  const spelled = misspelled(index, known);
  const left = [...exact.left, ...api.left, ...spelled];
  const wild = wildcardSources(index, { host, caller, scope });
  const isNamed = own.length > 0 || api.left.length > 0;
  const [nearest, ...further] = wild.tried;
  if (!isNamed && nearest !== undefined) {
    return { tried: [nearest], left: [...left, ...wild.left, ...further.map((each) => lost(each, nearest, 'closer-host'))] };
  }
  const [by] = own;
  return { tried: own, left: [...left, ...wild.left, ...wild.tried.map((each) => lost(each, by, 'closer-host'))] };
}

const noSources: Sources = { tried: [], left: [] };

export function lost({ id }: Source, by: Source | undefined, why: Why): Shadowed {
  return { object: id, why, ...(by === undefined ? {} : { by: by.id }) };
}

function rankOfRoute({ kind }: GatewayRoute): Rank {
  return kind === 'GRPCRoute' ? ranks.ownGrpcRoute : ranks.ownHttpRoute;
}

function visible(
  index: ObjectIndex,
  objects: readonly VirtualService[],
  { host, caller, scope }: { host: string; caller: MeshCaller; scope: Scope },
): Sources {
  const tried: Source[] = [];
  const left: Shadowed[] = [];
  for (const object of objects.filter((each) => gatewaysOf(each).includes('mesh'))) {
    const rank = rankOf(index.settings, object, caller.namespace);
    if (rank === undefined) left.push({ object: idOf(object), why: 'not-exported' });
    else if (!scope.shows(object.namespace, host)) left.push({ object: idOf(object), why: 'hidden-by-sidecar' });
    else tried.push(ofVirtualService(index, object, rank));
  }
  return { tried, left };
}

export function ofVirtualService(index: ObjectIndex, object: VirtualService, rank: Rank): Source {
  const { createdAt, namespace, name } = object;
  return { id: idOf(object), rank, createdAt, namespace, name, rules: () => httpRulesOf(index, object) };
}

/** The longest wildcard first; of one wildcard, by rank and age. */
function wildcardSources(
  index: ObjectIndex,
  { host, caller, scope }: { host: string; caller: MeshCaller; scope: Scope },
): Sources {
  const all = wildcardsOver(host).map((pattern) =>
    visible(index, index.virtualServices.get(pattern), { host, caller, scope }),
  );
  return {
    tried: all.flatMap(({ tried }) => tried.toSorted(byRank)),
    left: all.flatMap(({ left }) => left),
  };
}

/** Routes of the parent's own namespace are for everybody, those of another one for callers there. */
function apiSources(index: ObjectIndex, known: KnownHost, { namespace }: MeshCaller): Sources {
  const { kind, name } = known.source;
  const parent = { kind, namespace: known.namespace, name };
  const routes = index.routes.get(parentKey(parent)).filter(({ kind: of }) => of === 'HTTPRoute' || of === 'GRPCRoute');
  const forCaller = (route: GatewayRoute) => [namespace, known.namespace].includes(route.namespace);
  const groups = groupRoutes(index, routes.filter(forCaller), {
    parent: (each) => parentKey(each) === parentKey(parent),
    isGranted: () => true,
  });
  return {
    tried: groups.map(({ oldest, port, rules }): Source => {
      const { createdAt, namespace: of, name: named } = oldest;
      const rank = of === namespace ? rankOfRoute(oldest) : ranks.public;
      return { id: routeId(oldest), rank, createdAt, namespace: of, name: named, port, rules: () => ({ rules, dead: [] }) };
    }),
    left: routes.filter((each) => !forCaller(each)).map((each) => ({ object: routeId(each), why: 'consumer-route' })),
  };
}

/** `reviews.default` and `reviews.default.svc` are taken as they are, and are nobody's names. */
function misspelled(index: ObjectIndex, known: KnownHost | undefined): readonly Shadowed[] {
  if (known?.source.kind !== 'Service') return [];
  const { namespace, name } = known.source;
  return [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${known.host}.`]
    .flatMap((spelling) => index.virtualServices.get(spelling))
    .filter((each) => gatewaysOf(each).includes('mesh'))
    .map((each) => ({ object: idOf(each), why: 'host-spelling' }));
}
