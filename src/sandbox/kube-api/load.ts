import { createLoaded } from './create.ts';
import { apiVersion, KINDS, NAMESPACES } from './kinds.ts';
import type { KubeObject } from './object.ts';
import type { Api } from './request.ts';
import { keyOf } from './store.ts';

/** Loads objects into a new server, namespaces first. */
export function loadObjects(api: Api, objects: readonly KubeObject[]): void {
  const own = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name));
  const used = new Set(['default', ...objects.map(({ metadata }) => metadata.namespace ?? 'default')]);
  for (const name of used) {
    const isThere = api.store.get(NAMESPACES, name) !== undefined;
    if (!own.has(name) && !isThere) load(api, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const namespacesFirst = objects.toSorted((one, other) => rank(one) - rank(other));
  for (const object of namespacesFirst) load(api, object);
}

function rank({ kind }: KubeObject): number {
  return kind === NAMESPACES.kind ? 0 : 1;
}

function load(api: Api, object: KubeObject): void {
  const kind = KINDS.find(
    (one) =>
      one.kind === object.kind &&
      versionIn(one.versions, object.apiVersion) !== undefined &&
      isIn(one.group, object.apiVersion),
  );
  if (kind === undefined)
    throw new Error(`the sandbox's API server does not serve ${object.kind} of ${object.apiVersion}`);
  const version = versionIn(kind.versions, object.apiVersion) ?? kind.versions[0];
  const namespace = kind.namespaced ? (object.metadata.namespace ?? 'default') : '';
  const before = api.store.get(kind, keyOf(namespace, object.metadata.name ?? ''));
  if (before !== undefined) api.store.delete(kind, before);
  createLoaded(api, { kind, version, namespace }, { ...object, apiVersion: apiVersion(kind, version) });
}

function versionIn(versions: readonly string[], type: string): string | undefined {
  return versions.find((version) => type === version || type.endsWith(`/${version}`));
}

function isIn(group: string, type: string): boolean {
  return group === '' ? !type.includes('/') : type.startsWith(`${group}/`);
}
