import { admit } from './admission.ts';
import { decodeBody } from './decode.ts';
import { type FieldError, invalid } from './field-error.ts';
import { type Kind, resourceOf } from './kinds.ts';
import type { JsonObject, KubeObject, ObjectMeta } from './object.ts';
import type { Api, ResourceRequest } from './request.ts';
import { orderedMetadata, save, withManagedFields } from './save.ts';
import { conflict, internal, invalidObject } from './status.ts';
import type { Stored } from './store.ts';
import { checkName, checkNamespace, existing, judged, refuseOtherType } from './write-checks.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

/** PUT. */
export function replace(api: Api, request: ResourceRequest, body: string): KubeObject {
  const options = writeOptions(request, 'UpdateOptions');
  const { object } = judged(request, options, decodeBody(request, body));
  checkName(request, object.metadata);
  checkNamespace(request, object.metadata);
  const current = existing(api, request);
  const { uid } = object.metadata;
  if (uid !== undefined && uid !== current.object.metadata.uid) throw uidPrecondition(request, uid, current);
  return update(api, request, options, current, object);
}

function uidPrecondition({ kind, name }: ResourceRequest, uid: string, { object, key }: Stored): Error {
  const path = ['/registry', ...(kind.group === '' ? [] : [kind.group]), kind.plural, key].join('/');
  const failed = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`;
  const why = `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: ${failed}`;
  return conflict(resourceOf(kind), name, why);
}

/** Stores the result of a PUT or a PATCH, if it is valid and changes something. */
export function update(
  api: Api,
  request: ResourceRequest,
  options: WriteOptions,
  current: Stored,
  given: KubeObject,
): KubeObject {
  const { kind, version } = request;
  checkResourceVersion(request, given.metadata.resourceVersion, current);
  refuseOtherType(kind, version, given);
  const next = nextObject(request, current.object, given);
  // The webhook is registered for objects, not for their subresources.
  const asked = request.subresource === '' ? api : { ...api, webhook: false };
  const errors = uidErrors(current.object.metadata.uid, given.metadata.uid);
  request.warnings.push(...admit(asked, kind, next, 3, errors));
  if (JSON.stringify(next) === current.json) return current.object;

  const managed = withManagedFields(current.object, next, request, options);
  if (options.dryRun) return managed;
  if (isLastFinalizerGone(next.metadata)) {
    api.store.delete(kind, current);
    return managed;
  }
  return save(api, kind, current.key, managed).object;
}

/** The object after the write, but with the old resourceVersion and managedFields. */
function nextObject({ kind, subresource }: ResourceRequest, current: KubeObject, given: KubeObject): KubeObject {
  const { apiVersion, kind: kindName, metadata, status: _, ...rest } = current;
  if (subresource === 'status') return { apiVersion, kind: kindName, metadata, ...rest, ...pick(given, 'status') };

  const { status: __, ...wished } = given;
  const kept = kind.schema === undefined ? pick(given, 'status') : pick(current, 'status');
  const next = { ...wished, ...kept, apiVersion, kind: kindName, metadata };
  return { ...next, metadata: nextMetadata(kind, current, next, given.metadata) };
}

function pick(object: KubeObject, name: string): JsonObject {
  return object[name] === undefined ? {} : { [name]: object[name] };
}

function nextMetadata(kind: Kind, current: KubeObject, next: KubeObject, given: ObjectMeta): ObjectMeta {
  const { annotations, finalizers, generateName, labels, ownerReferences } = given;
  const { generation = 0 } = current.metadata;
  const isChanged = kind.schema !== undefined && specOf(next) !== specOf(current);
  // A client sends one empty entry to reset managedFields.
  const isReset = given.managedFields?.length === 1 && Object.keys(given.managedFields[0] ?? {}).length === 0;
  return orderedMetadata({
    ...current.metadata,
    annotations,
    finalizers,
    generateName,
    generation: isChanged ? generation + 1 : current.metadata.generation,
    labels,
    managedFields: isReset ? undefined : current.metadata.managedFields,
    ownerReferences,
  });
}

/** The part of an object whose changes the generation counts. */
function specOf({ metadata: _, status: __, ...rest }: KubeObject): string {
  return JSON.stringify(rest);
}

function isLastFinalizerGone({ deletionTimestamp, finalizers = [] }: ObjectMeta): boolean {
  return deletionTimestamp !== undefined && finalizers.length === 0;
}

function checkResourceVersion({ kind, name }: ResourceRequest, given: string | undefined, current: Stored): void {
  if (given !== undefined && !/^\d+$/.test(given)) {
    throw internal(`strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
  }
  const resource = resourceOf(kind);
  const isUnconditional = given === undefined || Number(given) === 0;
  if (isUnconditional && kind.schema !== undefined) {
    throw invalidObject(resource, name, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  if (!isUnconditional && Number(given) !== current.resourceVersion) {
    const advice = 'please apply your changes to the latest version and try again';
    throw conflict(resource, name, `the object has been modified; ${advice}`);
  }
}

/** Listed twice, like the real server does. */
function uidErrors(uid: string | undefined, given: string | undefined): readonly FieldError[] {
  if (given === undefined || given === uid) return [];
  const error = invalid('metadata.uid', given, 'field is immutable');
  return [error, error];
}
