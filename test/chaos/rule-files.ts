import { stringify } from 'yaml';

/** The folder of these files, which is the first part of their names. */
export const rulesFolder = 'chaos';

/**
 * What people apply by name: two files of reviews and ratings, so that a change stands in the lines of both, and one that makes an
 * object, which is deleted by name.
 */
export const ruleFiles: Readonly<Record<string, string>> = {
  first: fileOf(routeOf('reviews', { v1: 50, v3: 50 }, { pinned: 'v2' }), routeOf('ratings', { v1: 100 })),
  second: fileOf(routeOf('ratings', { v1: 60, v2: 40 }), routeOf('reviews', { v1: 20, v2: 80 }, { timeout: '5s' })),
  spare: fileOf(
    istio('DestinationRule', 'spare', { host: 'spare', subsets: [{ name: 'v1', labels: { version: 'v1' } }] }),
  ),
};

function fileOf(...objects: readonly object[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}

interface More {
  /** The version that one user sees, whatever the split. */
  readonly pinned?: string;
  readonly timeout?: string;
}

function routeOf(name: string, split: Readonly<Record<string, number>>, { pinned, timeout }: More = {}): object {
  const to = (subset: string) => ({ destination: { host: name, subset } });
  const jason = { headers: { 'end-user': { exact: 'jason' } } };
  const user = pinned === undefined ? [] : [{ match: [jason], route: [to(pinned)] }];
  const route = Object.entries(split).map(([subset, weight]) => ({ ...to(subset), weight }));
  return istio('VirtualService', name, { hosts: [name], http: [...user, { ...(timeout && { timeout }), route }] });
}

function istio(kind: string, name: string, spec: object): object {
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace: 'default' }, spec };
}
