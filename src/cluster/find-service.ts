import type { RuleRef } from '../domain/map/governed.ts';
import { governing } from '../domain/map/governing.ts';
import { isOfMap, type RoutingId } from '../domain/map/objects.ts';
import type { TrafficMap } from '../domain/map/traffic-map.ts';
import { isHost, resolveHost, type ServiceName, shortIn } from '../domain/routing/names.ts';
import type { ObjectKind, ObjectRef } from '../domain/routing/object.ts';
import { objectWord, readObjectWord } from '../domain/routing/object-word.ts';
import type { Route } from '../domain/routing/route.ts';
import { nearest } from '../domain/text/nearest.ts';
import type { Found, ObjectRules } from '../workflow/ports/mesh.ts';
import type { RoutingObject } from './kinds/kind.ts';

/** What is known of a cluster beside the objects that route. */
export interface Sight {
  readonly map: TrafficMap;
  /** Of the cluster. */
  readonly domain?: string | undefined;
  /** The map has all pods and EndpointSlices of the service's namespace. */
  readonly seesPods: boolean;
}

/** As much of a routing object as tells what it is called. */
export interface Findable extends Pick<Route, 'hosts' | 'gateways'> {
  readonly kind: ObjectKind;
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/**
 * The object that routes a service. What requests really follow, by the map, comes first, wherever it is. If they follow nothing, it is the
 * object of the namespace with the host, or else with the name. `vs/edge` is that object.
 */
export function findService(objects: readonly Findable[], name: ServiceName, { map, domain, seesPods }: Sight): Found {
  const { cluster } = name;
  const named = readObjectWord(name.service);
  const refs =
    named === undefined
      ? (governors(map, name) ?? matching(objects, name, domain))
      : objects.map(refOf).filter((each) => each.kind === named.kind && each.name === named.name);
  const [only, ...more] = refs.map((each): ObjectRef => ({ cluster, ...each }));
  if (only !== undefined && more.length > 0) return { kind: 'several', objects: [only, ...more] };
  if (only !== undefined) return { kind: 'found', object: only };

  const known = [...new Set(objects.map((each) => serviceOf(each, domain)))].toSorted();
  const host = named === undefined ? map.hostMeant(name.service, name.namespace) : undefined;
  const unrouted = host === undefined ? undefined : map.serviceOf(host, { seesPods });
  return {
    kind: 'unknown-service',
    services: known,
    nearest: unrouted === undefined ? nearest(named?.name ?? name.service, known) : undefined,
    ...(unrouted !== undefined && { unrouted }),
  };
}

/** Rules by their keys, object by object. What is not seen is left out. */
export function rulesOf(
  refs: readonly RuleRef[],
  seen: (object: RoutingId) => Pick<RoutingObject, 'places'> | undefined,
): readonly (Omit<ObjectRules, 'object'> & { readonly object: Omit<ObjectRef, 'cluster'> })[] {
  const byObject = Map.groupBy(refs, ({ object: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`);
  return [...byObject.values()].flatMap((all) => {
    const [first] = all;
    const places = (first && seen(first.object)?.places()) ?? [];
    const rules = all.flatMap(({ list, at }) => places.find((each) => each.list === list && each.at === at)?.key ?? []);
    if (first === undefined || rules.length === 0) return [];
    const { kind, namespace, name } = first.object;
    return [{ object: { kind, namespace, name }, rules }];
  });
}

/** Undefined if requests for the service follow nothing that we know. */
function governors(
  map: TrafficMap,
  { service, namespace }: ServiceName,
): readonly Omit<ObjectRef, 'cluster'>[] | undefined {
  const found = governing(map, map.hostMeant(service, namespace)).filter(({ kind }) => isOfMap(kind));
  return found.length === 0 ? undefined : found;
}

function matching(
  objects: readonly Findable[],
  name: ServiceName,
  domain: string | undefined,
): readonly Omit<ObjectRef, 'cluster'>[] {
  const byHost = objects.filter((object) => routes(object, name, domain));
  const matches =
    byHost.length > 0 ? preferred(byHost, name) : objects.filter(({ metadata }) => metadata.name === name.service);
  return matches.map(refOf);
}

function refOf({ kind, metadata: { namespace, name } }: Findable): Omit<ObjectRef, 'cluster'> {
  return { kind, namespace, name };
}

/** Objects of the mesh come before those that only gateways use. Without any, the object with the service's name is meant. */
function preferred(all: readonly Findable[], { service }: ServiceName): readonly Findable[] {
  const inMesh = all.filter(({ gateways }) => gateways.includes('mesh'));
  if (inMesh.length > 0) return inMesh;
  const named = all.filter(({ metadata }) => metadata.name === service);
  return named.length > 0 ? named : all;
}

/** Hosts are compared as Istio resolves them: in the namespace of the rule that holds them, and whatever their case. */
function routes(
  { metadata, hosts }: Findable,
  { service, namespace }: ServiceName,
  domain: string | undefined,
): boolean {
  const wanted = resolveHost(service, namespace, domain).toLowerCase();
  return hosts.some(
    (host) => host === service || resolveHost(host, metadata.namespace, domain).toLowerCase() === wanted,
  );
}

/** What people call the service that an object routes: its first host that can be typed, in short form if it is in the same namespace. */
function serviceOf({ kind, metadata, hosts }: Findable, domain: string | undefined): string {
  const host = hosts.map((each) => each.toLowerCase()).find(isHost);
  if (host === undefined) return hosts.length === 0 ? metadata.name : objectWord({ kind, name: metadata.name });
  return shortIn({ namespace: metadata.namespace, domain }, host);
}
