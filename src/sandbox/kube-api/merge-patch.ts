import { isObject } from './object.ts';
import { goType } from './object-meta.ts';
import { badRequest } from './status.ts';

/** Applies a JSON merge patch: null deletes, and lists are replaced as a whole. Does not change the given document. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (patch === null) throw badRequest('Invalid JSON Patch');
  if (!isObject(patch)) {
    const why = `json: cannot unmarshal ${goType(patch)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding patch: ${why}`);
  }
  return merge(document, patch);
}

function merge(target: unknown, patch: unknown): unknown {
  // Null fields of objects in a list are dropped, too; null items stay.
  if (Array.isArray(patch)) return patch.map((item) => merge(undefined, item));
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, merge(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}
