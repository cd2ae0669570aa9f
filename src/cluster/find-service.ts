import { resolveHost, type ServiceName } from '../domain/routing/names.ts';
import type { ObjectRef } from '../domain/routing/object.ts';
import { nearest } from '../domain/text/nearest.ts';
import type { Found } from '../workflow/ports/mesh.ts';
import type { RoutingObject } from './kinds/kind.ts';

/** The one object that routes a service: by its hosts, or else by its own name. */
export function findService(
  objects: readonly RoutingObject[],
  name: ServiceName,
  objectOf: (found: RoutingObject) => ObjectRef,
): Found {
  const byHost = objects.filter((object) => routes(object, name));
  const matches =
    byHost.length > 0 ? preferred(byHost, name) : objects.filter(({ metadata }) => metadata.name === name.service);
  const [only, ...more] = matches;
  if (more.length > 0) return { kind: 'several', objects: matches.map(({ metadata }) => metadata.name) };
  if (only !== undefined) return { kind: 'found', object: objectOf(only) };

  const known = [...new Set(objects.map(serviceOf))].toSorted();
  return { kind: 'unknown-service', services: known, nearest: nearest(name.service, known) };
}

/** Objects of the mesh come before those that only gateways use. Without any, the object with the service's name is meant. */
function preferred(all: readonly RoutingObject[], { service }: ServiceName): readonly RoutingObject[] {
  const inMesh = all.filter(({ gateways }) => gateways.includes('mesh'));
  if (inMesh.length > 0) return inMesh;
  const named = all.filter(({ metadata }) => metadata.name === service);
  return named.length > 0 ? named : all;
}

/** Hosts are compared as Istio resolves them: in the namespace of the rule that holds them. */
function routes({ metadata, hosts }: RoutingObject, { service, namespace }: ServiceName): boolean {
  const wanted = resolveHost(service, namespace);
  return hosts.some((host) => host === service || resolveHost(host, metadata.namespace) === wanted);
}

/** What people call the service that an object routes: its first host, in short form if it is in the same namespace. */
function serviceOf({ metadata, hosts }: RoutingObject): string {
  const [host = metadata.name] = hosts;
  const suffix = `.${metadata.namespace}.svc.cluster.local`;
  return host.endsWith(suffix) ? host.slice(0, -suffix.length) : host;
}
