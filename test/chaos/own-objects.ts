import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/sandbox/kube-api/server.ts';

/** Where the requests for `portal` are handed over to. */
export const delegate = 'portal-routes';

/** Objects with more than weights. Everything else in them must stay unchanged. */
export function ownObjects(): readonly KubeObject[] {
  return read(['checkout', 'search', 'catalog'].map(serviceYaml).join('---'), delegateYaml, httpRouteYaml);
}

/** The service that is in the second cluster, too. */
export function objectsInSecond(): readonly KubeObject[] {
  return read(serviceYaml('catalog'));
}

function read(...texts: readonly string[]): readonly KubeObject[] {
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
}

function versionsYaml(name: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: default }
spec:
  host: ${name}
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }, { name: v3, labels: { version: v3 } }]
---`;
}

function serviceYaml(name: string): string {
  return `${versionsYaml(name)}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: ${name}
  namespace: default
  labels: { team: payments }
  annotations: { example.com/owner: payments }
spec:
  hosts: [${name}]
  http:
    - name: testers
      match: [{ headers: { end-user: { exact: jason } } }]
      route: [{ destination: { host: ${name}, subset: v2 } }]
    - name: primary
      timeout: 3s
      retries: { attempts: 3, perTryTimeout: 1s }
      route:
        - { destination: { host: ${name}, subset: v1, port: { number: 8080 } }, weight: 70, headers: { response: { set: { x-served: v1 } } } }
        - { destination: { host: ${name}, subset: v2, port: { number: 8080 } }, weight: 30 }
`;
}

/** `portal` hands all requests over, and nobody may write it. */
const delegateYaml = `${versionsYaml('portal')}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: portal, namespace: default, labels: { team: front } }
spec:
  hosts: [portal]
  http: [{ name: all, delegate: { name: ${delegate} } }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${delegate}, namespace: default, labels: { team: front } }
spec:
  http:
    - timeout: 5s
      route:
        - { destination: { host: portal, subset: v1 }, weight: 80 }
        - { destination: { host: portal, subset: v2 }, weight: 20 }
`;

const httpRouteYaml = `${['cart', 'cart-v1', 'cart-v2', 'cart-v3']
  .map(
    (name) => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec: { ports: [{ port: 9080, name: http }] }
---`,
  )
  .join('')}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: cart, namespace: default, labels: { team: shop } }
spec:
  parentRefs: [{ group: '', kind: Service, name: cart, port: 9080 }]
  rules:
    - name: testers
      matches: [{ headers: [{ name: end-user, value: jason }] }]
      backendRefs: [{ name: cart-v2, port: 9080 }]
    - name: primary
      timeouts: { request: 3s }
      backendRefs:
        - { name: cart-v1, port: 9080, weight: 70 }
        - { name: cart-v2, port: 9080, weight: 30 }
`;
