import { builtInErrors } from './built-in.ts';
import { type FieldError, invalid, isBlocking, NO_FIELD } from './field-error.ts';
import { istiodVerdict } from './istiod/verdict.ts';
import { apiVersion, type Kind } from './kinds.ts';
import type { KubeObject } from './object.ts';
import type { Api } from './request.ts';
import { invalidObject, StatusError } from './status.ts';
import { ruleErrors, validate } from './validate.ts';
import { metadataErrors } from './validate-metadata.ts';

const NOT_CHECKED = invalid(
  NO_FIELD,
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);
const WEBHOOK = 'validation.istio.io';

/**
 * Throws the refusal if the object may not be stored. The schema checks first, then istiod. Returns istiod's warnings.
 * `metadataChecks`: on an update the real server checks the metadata three times, and lists each error three times.
 */
export function admit(
  api: Api,
  kind: Kind,
  object: KubeObject,
  metadataChecks: 1 | 3,
  found: readonly FieldError[] = [],
): readonly string[] {
  const errors = [...found, ...objectErrors(kind, object, metadataChecks)];
  if (errors.length > 0) {
    throw invalidObject({ group: kind.group, kind: object.kind }, object.metadata.name ?? '', errors);
  }
  if (!api.webhook || kind.group !== 'networking.istio.io') return [];
  const { refusal, warnings } = istiodVerdict(object);
  if (refusal === undefined) return warnings;
  const why = `denied the request: configuration is invalid: ${refusal}`;
  throw new StatusError(400, undefined, `admission webhook "${WEBHOOK}" ${why}`);
}

/** Compares the object's kind and apiVersion with the path's. If they differ, the object is not checked further. */
export function typeMetaErrors(kind: Kind, version: string, object: KubeObject): readonly FieldError[] {
  const expected = apiVersion(kind, version);
  if (object.kind !== kind.kind) return [invalid('kind', object.kind, `must be ${kind.kind}`)];
  return object.apiVersion === expected ? [] : [invalid('apiVersion', object.apiVersion, `must be ${expected}`)];
}

function objectErrors(kind: Kind, object: KubeObject, metadataChecks: number): readonly FieldError[] {
  const metadata = metadataErrors(kind, object.metadata);
  const repeated = Array.from({ length: metadataChecks }, () => metadata).flat();
  if (kind.schema === undefined) return [...repeated, ...builtInErrors(kind, object)];

  const { apiVersion: _, kind: __, metadata: ___, ...parts } = object;
  const shape = [...repeated, ...validate(kind.schema, parts, '')];
  return shape.some(isBlocking) ? [...shape, NOT_CHECKED] : [...shape, ...ruleErrors(kind.schema, parts, '')];
}
