import { parseAllDocuments } from 'yaml';
import type { ObjectKind, ObjectRef } from '../../src/domain/routing/object.ts';
import type { KubeObject } from '../../src/sandbox/kube-api/server.ts';
import { cluster } from '../chaos/history.ts';

/** A service whose requests follow something else than one VirtualService of its name. */
export interface Shape {
  /** What is typed. */
  readonly service: string;
  /** What stands in the cluster, without its Services. */
  readonly refs: readonly ObjectRef[];
  readonly objects: readonly KubeObject[];
  /** The names of its Services. */
  readonly services: readonly string[];
}

/** The number of a case, and the namespace of its lane. */
interface Placed {
  readonly number: number;
  readonly namespace: string;
}

/** A route of the Gateway API, whose versions are Services. */
export function httpRouteOf({ number, namespace }: Placed): Shape {
  const name = `route-${number}`;
  const services = [name, `${name}-v1`, `${name}-v2`];
  return {
    service: name,
    refs: [{ cluster, namespace, kind: 'HTTPRoute', name }],
    objects: [...services.map((each) => serviceOf(each, namespace)), ...read(routeYaml(name, namespace))],
    services,
  };
}

/** A VirtualService that hands requests over to another one, which has the weights. */
export function delegateOf({ number, namespace }: Placed): Shape {
  const name = `root-${number}`;
  const ref = (kind: ObjectKind, of: string) => ({ cluster, namespace, kind, name: of });
  return {
    service: name,
    refs: [ref('VirtualService', `${name}-routes`), ref('VirtualService', name), ref('DestinationRule', name)],
    objects: read(delegateYaml(name, namespace)),
    services: [],
  };
}

function read(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).map((document) => document.toJS());
}

function serviceOf(name: string, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { ports: [{ port: 9080, name: 'http' }] },
  };
}

function routeYaml(name: string, namespace: string): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name}, namespace: ${namespace}, labels: { team: payments } }
spec:
  parentRefs: [{ group: '', kind: Service, name: ${name}, port: 9080 }]
  rules:
    - name: testers
      matches: [{ headers: [{ name: end-user, value: jason }] }]
      backendRefs: [{ name: ${name}-v2, port: 9080 }]
    - name: primary
      timeouts: { request: 3s }
      backendRefs:
        - { name: ${name}-v1, port: 9080, weight: 100 }
        - { name: ${name}-v2, port: 9080, weight: 0 }
`;
}

function delegateYaml(name: string, namespace: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  host: ${name}
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}-routes, namespace: ${namespace} }
spec:
  http:
    - timeout: 3s
      route:
        - { destination: { host: ${name}, subset: v1 }, weight: 100 }
        - { destination: { host: ${name}, subset: v2 }, weight: 0 }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  hosts: [${name}]
  http: [{ name: all, delegate: { name: ${name}-routes } }]
`;
}
