import { typeMetaErrors } from './admission.ts';
import { cannotBeHandled, type Decoded } from './decode.ts';
import { type Kind, NAMESPACES, resourceOf } from './kinds.ts';
import type { KubeObject, ObjectMeta } from './object.ts';
import type { Api, ResourceRequest } from './request.ts';
import { badRequest, invalidObject, notFound } from './status.ts';
import { keyOf, type Stored } from './store.ts';
import type { WriteOptions } from './write-options.ts';

export function existing(api: Api, { kind, namespace, name }: ResourceRequest): Stored {
  const stored = api.store.get(kind, keyOf(namespace, name));
  if (stored === undefined) throw notFound(resourceOf(kind), name);
  return stored;
}

/** Returns the decoded object. With complaints it throws if the client asked for strict validation, or adds them to the warnings. */
export function judged({ kind, version, warnings }: ResourceRequest, options: WriteOptions, decoded: Decoded): Decoded {
  const { complaints } = decoded;
  if (complaints.length > 0 && options.fieldValidation === 'Strict') {
    throw badRequest(cannotBeHandled(kind, version, `strict decoding error: ${complaints.join(', ')}`));
  }
  if (options.fieldValidation === 'Warn') warnings.push(...complaints);
  return decoded;
}

export function refuseOtherType(kind: Kind, version: string, object: KubeObject): void {
  const errors = typeMetaErrors(kind, version, object);
  if (errors.length > 0) {
    throw invalidObject({ group: kind.group, kind: object.kind }, object.metadata.name ?? '', errors);
  }
}

export function checkName({ name }: ResourceRequest, metadata: ObjectMeta): void {
  if (metadata.name === undefined) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}

export function checkNamespace({ kind, namespace }: ResourceRequest, metadata: ObjectMeta): void {
  if (kind.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

export function requireNamespace(api: Api, { kind, namespace }: ResourceRequest): void {
  if (kind.namespaced && api.store.get(NAMESPACES, namespace) === undefined) {
    throw notFound(resourceOf(NAMESPACES), namespace);
  }
}
