import { isObject } from './object.ts';
import { goType } from './object-meta.ts';
import { badRequest } from './status.ts';

/** Applies a JSON merge patch: null deletes, lists are replaced whole. The document is left as it is. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (patch === null) throw badRequest('Invalid JSON Patch');
  if (!isObject(patch)) {
    const why = `json: cannot unmarshal ${goType(patch)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding patch: ${why}`);
  }
  return merge(document, patch);
}

function merge(target: unknown, patch: unknown): unknown {
  // A null field is no field in a list either; a null item stays.
  if (Array.isArray(patch)) return patch.map((item) => merge(undefined, item));
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, merge(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}
