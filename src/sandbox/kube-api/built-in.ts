import { type FieldError, invalid } from './field-error.ts';
import type { Kind } from './kinds.ts';
import { at, type KubeObject } from './object.ts';

/** The few rules of built-in kinds that a client can break by accident. */
export function builtInErrors({ kind }: Kind, object: KubeObject): readonly FieldError[] {
  if (kind !== 'Event') return [];

  const { namespace = '' } = object.metadata;
  const involved = String(at(object, 'involvedObject', 'namespace') ?? '');
  // An event about an object without a namespace belongs in `default`.
  const expected = involved === '' ? 'default' : involved;
  return namespace === expected
    ? []
    : [invalid('involvedObject.namespace', involved, 'does not match event.namespace')];
}

/** Adds what the server adds to a new object of a built-in kind. */
export function withDefaults({ kind }: Kind, object: KubeObject): KubeObject {
  if (kind !== 'Namespace') return object;

  const { name = '' } = object.metadata;
  const labels = { 'kubernetes.io/metadata.name': name, ...object.metadata.labels };
  return { ...object, metadata: { ...object.metadata, labels }, spec: {}, status: { phase: 'Active' } };
}
