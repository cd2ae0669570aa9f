import { isObject, type Json, type JsonObject } from '../text/json.ts';
import type { ObjectRef } from './object.ts';

/** An object as it is written, and not as a cluster has it. */
type Written = Pick<ObjectRef, 'kind' | 'namespace' | 'name'>;

/** The hosts that an object is asked for, as they are written. A star where it takes every host. */
export function hostsNamed({ kind, namespace, name }: Written, spec: JsonObject): readonly string[] {
  switch (kind) {
    case 'VirtualService':
      return textsIn(spec['hosts']);
    case 'DestinationRule':
      return textsIn(spec['host']);
    case 'ServiceSplitter':
    case 'ServiceResolver':
      return [name];
    case 'TrafficSplit':
      return textsIn(spec['service']);
    default:
      return hostsOfRoute(namespace, spec);
  }
}

/** The Services that a route is bound to, and its own host names, which hold at Gateways. */
function hostsOfRoute(namespace: string, { parentRefs, hostnames }: JsonObject): readonly string[] {
  const parents = objectsIn(parentRefs);
  const named = textsIn(hostnames);
  const isAtGateway = parents.some(({ kind }) => kind !== 'Service');
  return [
    ...(isAtGateway && named.length === 0 ? ['*'] : named),
    ...parents.filter(({ kind }) => kind === 'Service').map((parent) => serviceHost(parent, namespace)),
  ];
}

/** The hosts that an object sends requests to, or copies of them, by any of its rules. As they are written. */
export function destinationsIn({ kind, namespace, name }: Written, spec: JsonObject): readonly string[] {
  switch (kind) {
    case 'VirtualService':
      return once(['http', 'tcp', 'tls'].flatMap((list) => objectsIn(spec[list])).flatMap(destinationsOfRule));
    case 'ServiceSplitter':
      return once(objectsIn(spec['splits']).map((split) => consulHost(split, name)));
    case 'ServiceResolver':
      return once(consulTargets(spec).map((target) => consulHost(target, name)));
    case 'DestinationRule':
    case 'TrafficSplit':
      return [];
    default:
      return once(
        objectsIn(spec['rules'])
          .flatMap(backendsOfRule)
          .map((backend) => serviceHost(backend, namespace)),
      );
  }
}

function destinationsOfRule({ route, mirrors, mirror }: JsonObject): readonly string[] {
  const all = [...objectsIn(route), ...objectsIn(mirrors)].map(({ destination }) => destination);
  return [...all, mirror].flatMap((each) => (isObject(each) ? textsIn(each['host']) : []));
}

/** With those that get copies, of whatever filter. */
function backendsOfRule({ backendRefs, filters }: JsonObject): readonly JsonObject[] {
  const backends = objectsIn(backendRefs);
  const all = [...objectsIn(filters), ...backends.flatMap((backend) => objectsIn(backend['filters']))];
  const copies = all
    .flatMap((filter) => Object.values(filter))
    .flatMap((how) => (isObject(how) ? how['backendRef'] : []));
  return [...backends, ...copies.filter(isObject)];
}

/** Where the requests of a ServiceResolver may go in place of its own service. */
function consulTargets({ redirect, failover }: JsonObject): readonly JsonObject[] {
  const overs = isObject(failover) ? Object.values(failover).filter(isObject) : [];
  return [...(isObject(redirect) ? [redirect] : []), ...overs, ...overs.flatMap(({ targets }) => objectsIn(targets))];
}

/** `.` separates what a service is in another namespace. */
function consulHost({ service, namespace }: JsonObject, own: string): string {
  return [textOf(service) ?? own, textOf(namespace)].filter((part) => part !== undefined).join('.');
}

function serviceHost({ name, namespace }: JsonObject, own: string): string {
  const place = textOf(namespace) ?? own;
  return place === own ? (textOf(name) ?? '') : `${textOf(name)}.${place}.svc`;
}

function objectsIn(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function textsIn(value: Json | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).flatMap((each) => textOf(each) ?? []);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function once(hosts: readonly string[]): readonly string[] {
  return [...new Set(hosts)];
}
