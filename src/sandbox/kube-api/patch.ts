import { type Decoded, decodeObject, decodeOr, parseJson } from './decode.ts';
import { invalid } from './field-error.ts';
import { GoSyntaxError } from './go-json.ts';
import { applyJsonPatch } from './json-patch.ts';
import { apiVersion, type Kind } from './kinds.ts';
import { applyMergePatch } from './merge-patch.ts';
import { isObject, type KubeObject } from './object.ts';
import { DecodeError } from './object-meta.ts';
import type { Api, ResourceRequest } from './request.ts';
import { badRequest, invalidObject, StatusError, unsupportedMediaType } from './status.ts';
import { update } from './update.ts';
import { checkName, checkNamespace, existing } from './write-checks.ts';
import { type WriteOptions, writeOptions } from './write-options.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** PATCH. */
export function patch(api: Api, request: ResourceRequest, body: string): KubeObject {
  const type = patchType(request);
  const options = writeOptions(request, 'PatchOptions');
  const current = existing(api, request);
  const sent = { ...current.object, apiVersion: apiVersion(request.kind, request.version) };
  const { patched, duplicates } = applied(request.kind, type, sent, body);
  const { object } = judged(request, options, patched, duplicates);
  checkName(request, object.metadata);
  checkNamespace(request, object.metadata);
  return update(api, request, options, current, object);
}

function patchType({ kind, contentType }: ResourceRequest): string {
  const type = contentType.split(';')[0]?.trim() ?? '';
  if (type === JSON_PATCH || type === MERGE_PATCH) return type;
  if (kind.schema === undefined) {
    if (type === STRATEGIC_MERGE_PATCH) return type;
    throw notOfABuiltIn();
  }
  // Server-side apply is not served here, so the answer to an apply patch does not list it.
  throw unsupportedMediaType([JSON_PATCH, MERGE_PATCH, ...(type === APPLY_PATCH ? [] : [APPLY_PATCH])]);
}

/** Built-in kinds have a shorter message. */
function notOfABuiltIn(): Error {
  return new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

function applied({ listsAreAtomic = false }: Kind, type: string, current: KubeObject, body: string) {
  const { raw, duplicates } = parsePatch(body);
  if (type === JSON_PATCH) return { patched: applyJsonPatch(structuredClone(current), raw), duplicates: [] };
  if (type === STRATEGIC_MERGE_PATCH && !listsAreAtomic) refuseListsIn(raw);
  return { patched: applyMergePatch(current, raw), duplicates };
}

/** Without lists, a strategic merge patch means the same as a merge patch. How to merge lists is not known here. */
function refuseListsIn(raw: unknown): void {
  if (Array.isArray(raw)) throw notOfABuiltIn();
  if (isObject(raw)) Object.values(raw).forEach(refuseListsIn);
}

function parsePatch(body: string): ReturnType<typeof parseJson> {
  try {
    return parseJson(body);
  } catch (cause) {
    if (cause instanceof GoSyntaxError) throw badRequest(`error decoding patch: ${cause.message}`);
    throw cause;
  }
}

/** Reads the patched object as its kind. The server reports errors in it as errors of the patch. */
function judged(
  { kind, warnings }: ResourceRequest,
  { fieldValidation }: WriteOptions,
  patched: unknown,
  duplicates: readonly string[],
): Decoded {
  const refuse = (why: string) =>
    invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(patched), why)]);
  const decoded = decodeOr(() => decodePatched(kind, patched, duplicates), refuse);
  const { complaints } = decoded;
  if (complaints.length > 0 && fieldValidation === 'Strict') {
    throw refuse(`strict decoding error: ${complaints.join(', ')}`);
  }
  if (fieldValidation === 'Warn') warnings.push(...complaints);
  return decoded;
}

function decodePatched(kind: Kind, patched: unknown, duplicates: readonly string[]): Decoded {
  if (!isObject(patched) || typeof patched['kind'] !== 'string') {
    throw new DecodeError(`Object 'Kind' is missing in '${JSON.stringify(patched)}'`);
  }
  return decodeObject(kind, patched, duplicates);
}
