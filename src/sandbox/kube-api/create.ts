import { randomInt, randomUUID } from 'node:crypto';
import { admit } from './admission.ts';
import { withDefaults } from './built-in.ts';
import { cannotBeHandled, decodeBody, decodeObject } from './decode.ts';
import { apiVersion, resourceOf } from './kinds.ts';
import type { KubeObject } from './object.ts';
import type { Api, ResourceRequest } from './request.ts';
import { now, orderedMetadata, save, type WriteTarget, withManagedFields } from './save.ts';
import { alreadyExists, badRequest, internal } from './status.ts';
import { keyOf } from './store.ts';
import { checkNamespace, judged, refuseOtherType, requireNamespace } from './write-checks.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

/** The characters at the end of generated names. None of them looks like another. */
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

/** POST. */
export function create(api: Api, request: ResourceRequest, body: string): KubeObject {
  const options = writeOptions(request, 'CreateOptions');
  const { object } = judged(request, options, decodeBody(request, body));
  checkNamespace(request, object.metadata);
  requireNamespace(api, request);
  return createObject(api, request, options, object);
}

/** Creates an object that no client sent. Keeps its status, since no controller here would write one. */
export function createLoaded(api: Api, target: WriteTarget, given: KubeObject): void {
  const options = { dryRun: false, manager: 'sandbox', fieldValidation: 'Strict' };
  const { object, complaints } = decodeObject(target.kind, { ...given }, []);
  if (complaints.length > 0) throw badRequest(cannotBeHandled(target.kind, target.version, complaints.join(', ')));
  const created = createObject(api, target, options, object);
  const status = object['status'];
  if (status === undefined || created['status'] !== undefined) return;
  const key = keyOf(target.namespace, created.metadata.name ?? '');
  save(api, target.kind, key, { ...created, status });
}

function createObject(api: Api, request: WriteTarget, options: WriteOptions, given: KubeObject): KubeObject {
  const { kind, version, namespace } = request;
  refuseOtherType(kind, version, given);
  if (given.metadata.resourceVersion !== undefined) {
    throw internal('resourceVersion should not be set on objects to be created');
  }

  const object = withDefaults(kind, newObject(request, given));
  request.warnings?.push(...admit(api, kind, object, 1));
  const { name = '' } = object.metadata;
  const key = keyOf(namespace, name);
  if (api.store.get(kind, key) !== undefined) throw alreadyExists(resourceOf(kind), name);

  const managed = withManagedFields(undefined, object, request, options);
  if (options.dryRun) return managed;
  return save(api, kind, key, managed).object;
}

function newObject({ kind, namespace }: WriteTarget, given: KubeObject): KubeObject {
  const { annotations, finalizers, generateName, labels, ownerReferences, name } = given.metadata;
  const metadata = orderedMetadata({
    annotations,
    creationTimestamp: now(),
    finalizers,
    generateName,
    generation: kind.schema === undefined ? undefined : 1,
    labels,
    name: name ?? (generateName === undefined ? undefined : generateName + suffix()),
    namespace: namespace === '' ? undefined : namespace,
    ownerReferences,
    uid: randomUUID(),
  });
  const { status, ...rest } = given;
  const object = { ...rest, apiVersion: apiVersion(kind, kind.versions[0]), metadata };
  // A custom resource's status is a subresource, so a create drops it. Built-in kinds keep theirs: no kubelet here would write it.
  return kind.schema === undefined && status !== undefined ? { ...object, status } : object;
}

function suffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX[randomInt(SUFFIX.length)]).join('');
}
