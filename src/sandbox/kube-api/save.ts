import { apiVersion, type Kind } from './kinds.ts';
import { managedFieldsAfter } from './managed-fields.ts';
import type { KubeObject, ObjectMeta } from './object.ts';
import type { Api, ResourceRequest } from './request.ts';
import { internal } from './status.ts';
import type { Stored } from './store.ts';
import type { WriteOptions } from './write-options.ts';

/** etcd's limit for one request. */
const MOST_STORED_BYTES = 1_572_864;

/** Where a write goes. It may come from a request, or from loading. */
export type WriteTarget = Pick<ResourceRequest, 'kind' | 'version' | 'namespace'> &
  Partial<Pick<ResourceRequest, 'subresource' | 'warnings'>>;

export function withManagedFields(
  before: KubeObject | undefined,
  after: KubeObject,
  { kind, version, subresource = '' }: WriteTarget,
  { manager }: WriteOptions,
): KubeObject {
  const managedFields = managedFieldsAfter(before, after, {
    manager,
    apiVersion: apiVersion(kind, version),
    ...(subresource === '' ? {} : { subresource }),
    time: now(),
  });
  const entries = managedFields.length === 0 ? undefined : managedFields;
  return { ...after, metadata: orderedMetadata({ ...after.metadata, managedFields: entries }) };
}

export function save(api: Api, kind: Kind, key: string, object: KubeObject): Stored {
  if (JSON.stringify(object).length > MOST_STORED_BYTES) throw internal('etcdserver: request is too large');
  return api.store.put(kind, key, (resourceVersion) => ({
    ...object,
    metadata: orderedMetadata({ ...object.metadata, resourceVersion }),
  }));
}

/** Metadata with sorted keys and without undefined fields, so that equal metadata has equal JSON. */
export function orderedMetadata(
  metadata: { readonly [Field in keyof ObjectMeta]: ObjectMeta[Field] | undefined },
): ObjectMeta {
  const present = Object.entries(metadata).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Kubernetes' times have no fractions of a second. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
