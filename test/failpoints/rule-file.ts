import { parse, parseAllDocuments } from 'yaml';
import type { ObjectKind, ObjectRef } from '../../src/domain/routing/object.ts';
import type { KubeObject } from '../../src/sandbox/kube-api/server.ts';
import { cluster } from '../chaos/history.ts';

/** What is called so needs no approval, whatever is done to it. */
export const freeNames = 'file-*';

/** Where every object of a rule file leads: it lasts longer than what a case deletes, and needs no approval either. */
export const backend = 'file-backend';

export function freeServiceOf(number: number): string {
  return `file-${number}`;
}

/** The number of a case, and the namespace of its lane. */
interface Placed {
  readonly number: number;
  readonly namespace: string;
}

/** What the rule file of a case is about, in the order in which it is written. */
export function refsOf({ number, namespace }: Placed): readonly ObjectRef[] {
  const own = freeServiceOf(number);
  const ref = (kind: ObjectKind, name: string) => ({ cluster, kind, namespace, name });
  return [ref('DestinationRule', own), ref('VirtualService', own), ref('VirtualService', `${own}-b`)];
}

/** As an operator would write it. */
export function fileOf({ number, namespace }: Placed): string {
  const own = freeServiceOf(number);
  return [versionsOf(own, namespace), routeAsInFile(own, namespace), routeAsInFile(`${own}-b`, namespace)].join(
    '---\n',
  );
}

/** The same objects, live as the file has them. */
export function objectsOf(placed: Placed): readonly KubeObject[] {
  return parseAllDocuments(fileOf(placed)).map((document) => document.toJS());
}

/** A VirtualService that the file replaces; what it does not name is to stay as it is. */
export function routeBefore({ number, namespace }: Placed): KubeObject {
  return parse(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: ${freeServiceOf(number)}
  namespace: ${namespace}
  labels: { team: payments, tier: back }
  annotations: { note: theirs }
spec:
  hosts: [${freeServiceOf(number)}]
  http: [{ timeout: 3s, route: [{ destination: { host: ${backend}, subset: v1 } }] }]
`);
}

function versionsOf(name: string, namespace: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  host: ${name}
  subsets: [{ name: v1, labels: { version: v1 } }]
`;
}

/** One user sees v2, whatever the split. */
function routeAsInFile(name: string, namespace: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace}, labels: { tier: front } }
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
