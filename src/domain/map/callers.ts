import type { Caller } from './governed.ts';
import { covers, isWildcard, wildcardsOver } from './hosts.ts';
import { gatewaysOf, hostnamesOf, type ObjectIndex, parentKey } from './object-index.ts';
import type { GatewayRoute, HttpRule, RoutingId, VirtualService } from './objects.ts';
import { knownHost } from './services.ts';
import { exportsOf } from './visibility.ts';

/**
 * The kinds of callers that objects tell apart for a host: clients of a namespace that something is written for, clients of any other
 * namespace, and those that come through a gateway.
 */
export function callersOf(index: ObjectIndex, host: string): readonly Caller[] {
  const names = [host, ...wildcardsOver(host)];
  const objects = names.flatMap((name) => index.virtualServices.get(name));
  const inMesh = objects.filter((each) => gatewaysOf(each).includes('mesh'));
  const known = index.services.get(host)[0] ?? knownHost(index, host, '')?.source;
  const routes = known === undefined ? [] : index.routes.get(parentKey(known));
  const namespaces = new Set([
    ...(known === undefined ? [] : [known.namespace]),
    ...inMesh.flatMap((each) => namespacesOf(index, each)),
    ...routes.map(({ namespace }) => namespace),
    ...index.sidecars.keys(),
  ]);
  const gateways = new Set([
    ...objects.flatMap(gatewaysOf).filter((name) => name !== 'mesh'),
    ...names.flatMap((name) => index.routesByHostname.get(name)).flatMap(gatewaysOfRoute),
  ]);
  const isInMesh = known !== undefined || inMesh.length > 0;
  return [
    ...(isInMesh ? [{ kind: 'mesh' } as const] : []),
    ...(isInMesh ? [...namespaces].toSorted().map((namespace) => ({ kind: 'mesh', namespace }) as const) : []),
    ...[...gateways].toSorted().map((gateway) => ({ kind: 'gateway', gateway }) as const),
  ];
}

function gatewaysOfRoute({ parents }: GatewayRoute): readonly string[] {
  return parents.filter(({ kind }) => kind === 'Gateway').map(({ namespace, name }) => `${namespace}/${name}`);
}

/** What is asked of which callers, by an object's own rules and those that it delegates to. */
function namespacesOf(index: ObjectIndex, object: VirtualService): readonly string[] {
  const exported = exportsOf(object, index.settings.virtualServiceExportTo).filter(
    (each) => each !== '*' && each !== '~',
  );
  const delegates = object.http.flatMap(({ action }) =>
    action.kind === 'delegate'
      ? (index.virtualService(action.namespace ?? object.namespace, action.name)?.http ?? [])
      : [],
  );
  const sources = [...object.http, ...delegates].flatMap(sourceNamespaces);
  return [...exported, ...sources];
}

function sourceNamespaces({ matches }: Pick<HttpRule, 'matches'>): readonly string[] {
  return matches.flatMap(({ sourceNamespace }) => (sourceNamespace === undefined ? [] : [sourceNamespace]));
}

/** The hosts and callers whose requests an object may route: a delegate those of its roots. */
export function audienceOf(
  index: ObjectIndex,
  id: RoutingId,
): readonly { readonly host: string; readonly caller: Caller }[] {
  const object = index.get(id);
  if (object === undefined) return [];
  if (object.kind !== 'VirtualService') return isRoute(object) ? ofRoute(index, object) : [];
  const roots = object.hosts.length > 0 ? [object] : index.delegating.get(`${object.namespace}/${object.name}`);
  return roots.flatMap((root) => ofVirtualService(index, root));
}

function ofVirtualService(index: ObjectIndex, object: VirtualService) {
  const gateways = gatewaysOf(object);
  return object.hosts
    .map((host) => index.hostIn(object, host))
    .flatMap((pattern) => [
      ...(gateways.includes('mesh') ? meshHosts(index, pattern) : []).flatMap((host) => meshCallers(index, host)),
      ...gateways
        .filter((name) => name !== 'mesh')
        .map((gateway) => ({ host: pattern, caller: { kind: 'gateway', gateway } as const })),
    ]);
}

/** A wildcard stands for the services that it covers. */
function meshHosts(index: ObjectIndex, pattern: string): readonly string[] {
  return isWildcard(pattern) ? index.services.keys().filter((host) => covers(pattern, host)) : [pattern];
}

function meshCallers(index: ObjectIndex, host: string) {
  return callersOf(index, host)
    .filter(({ kind }) => kind === 'mesh')
    .map((caller) => ({ host, caller }));
}

function ofRoute(index: ObjectIndex, route: GatewayRoute) {
  return route.parents.flatMap((parent) => {
    if (parent.kind === 'Service') return meshCallers(index, index.hostOfService(parent));
    if (parent.kind === 'Gateway') {
      const caller = { kind: 'gateway', gateway: `${parent.namespace}/${parent.name}` } as const;
      return hostnamesOf(route).map((host) => ({ host, caller }));
    }
    const entry = index.get(parent);
    return entry?.kind === 'ServiceEntry' ? entry.hosts.flatMap((host) => meshCallers(index, host)) : [];
  });
}

function isRoute(object: { readonly kind: string }): object is GatewayRoute {
  return object.kind.endsWith('Route');
}
