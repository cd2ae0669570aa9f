import { isObject, type JsonObject } from './object.ts';
import type { MapSchema, ObjectSchema, Schema } from './schema.ts';

const NOTHING: ObjectSchema = { type: 'object', properties: {} };

/**
 * The value as it is stored. Fields that are not in the schema are dropped, and their paths are added to `unknown`. Nulls are
 * dropped unless the field is nullable. Defaults are filled in. Keys are sorted, so that two values are equal exactly when
 * their JSON is. If a value does not have its schema's type, all fields in it are unknown.
 */
export function prune(schema: Schema | undefined, value: unknown, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const item = schema?.type === 'array' ? schema.items : undefined;
    return value.map((one, index) => prune(item, one, `${path}[${index}]`, unknown));
  }
  if (!isObject(value)) return value;
  if (schema?.type === 'map') return pruneMap(schema, value, path, unknown);
  return pruneObject(schema?.type === 'object' ? schema : NOTHING, value, path, unknown);
}

function pruneObject(schema: ObjectSchema, value: JsonObject, path: string, unknown: string[]): JsonObject {
  const pruned: Record<string, unknown> = {};
  for (const key of keysOf(schema, value)) {
    const known = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const given = value[key] ?? (known?.nullable ? value[key] : (known?.default ?? undefined));
    if (known !== undefined && given !== undefined) {
      pruned[key] = prune(known, given, join(path, key), unknown);
    } else if (known === undefined && schema.preserveUnknownFields) {
      pruned[key] = sorted(value[key]);
    } else if (known === undefined) {
      unknown.push(join(path, key));
    }
  }
  return pruned;
}

function keysOf(schema: ObjectSchema, value: JsonObject): readonly string[] {
  const defaulted = Object.keys(schema.properties).filter((key) => schema.properties[key]?.default !== undefined);
  return [...new Set([...Object.keys(value), ...defaulted])].sort();
}

function pruneMap({ values }: MapSchema, value: JsonObject, path: string, unknown: string[]): JsonObject {
  const kept = Object.keys(value).filter((key) => value[key] !== null);
  return Object.fromEntries(kept.sort().map((key) => [key, prune(values, value[key], join(path, key), unknown)]));
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** A value without a schema, with its keys sorted. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
