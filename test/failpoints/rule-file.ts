import { parse, parseAllDocuments } from 'yaml';
import type { ObjectKind, ObjectRef } from '../../src/domain/routing/object.ts';
import type { KubeObject } from '../../src/sandbox/kube-api/server.ts';
import { cluster } from '../chaos/history.ts';

/** What is called so needs no approval, whatever is done to it. */
export const freeNames = 'file-*';

/** Where every object of a rule file leads: which versions there are lasts longer than what a case deletes. */
export const backend = 'backend';

export function freeServiceOf(number: number): string {
  return `file-${number}`;
}

/** What the rule file of a case is about, in the order in which it is written. */
export function refsOf(number: number): readonly ObjectRef[] {
  const own = freeServiceOf(number);
  const ref = (kind: ObjectKind, name: string) => ({ cluster, kind, namespace: 'default', name });
  return [ref('DestinationRule', own), ref('VirtualService', own), ref('VirtualService', `${own}-b`)];
}

/** As an operator would write it. */
export function fileOf(number: number): string {
  const own = freeServiceOf(number);
  return [versionsOf(own), routeAsInFile(own), routeAsInFile(`${own}-b`)].join('---\n');
}

/** The same objects, live as the file has them. */
export function objectsOf(number: number): readonly KubeObject[] {
  return parseAllDocuments(fileOf(number)).map((document) => document.toJS());
}

/** A VirtualService that the file replaces; what it does not name is to stay as it is. */
export function routeBefore(number: number): KubeObject {
  return parse(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: ${freeServiceOf(number)}
  namespace: default
  labels: { team: payments, tier: back }
  annotations: { note: theirs }
spec:
  hosts: [${freeServiceOf(number)}]
  http: [{ timeout: 3s, route: [{ destination: { host: ${backend}, subset: v1 } }] }]
`);
}

function versionsOf(name: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: default }
spec:
  host: ${name}
  subsets: [{ name: v1, labels: { version: v1 } }]
`;
}

/** One user sees v2, whatever the split. */
function routeAsInFile(name: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: default, labels: { tier: front } }
spec:
  hosts: [${name}]
  http:
    - match: [{ headers: { end-user: { exact: jason } } }]
      route: [{ destination: { host: ${backend}, subset: v2 } }]
    - route:
        - { destination: { host: ${backend}, subset: v1 }, weight: 70 }
        - { destination: { host: ${backend}, subset: v2 }, weight: 30 }
`;
}
