import { at, field, isObject, items, type JsonObject } from '../../../src/sandbox/kube-api/object.ts';
import type { Schema } from '../../../src/sandbox/kube-api/schema.ts';

/** What there is to say of each path of a schema, `[]` standing for a list's items and `{}` for a map's values. */
export type FlatSchema = Record<string, unknown>;

const COPIED = [
  'enum',
  'format',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
];
/** Fields that the API server knows of every object. */
const EVERY_OBJECT = ['apiVersion', 'kind', 'metadata'];

/** Our schema, by path. */
export function flattenOurs(schema: Schema, path = '', flat: FlatSchema = {}): FlatSchema {
  const { type } = schema;
  flat[path] = tidy({
    ...pick(schema, [...COPIED, 'nullable', 'default', 'required']),
    type: type === 'map' ? 'object' : type,
    pattern: 'pattern' in schema ? unescaped(schema.pattern?.source) : undefined,
    rules: (schema.rules ?? []).map(({ message }) => message),
    preserveUnknownFields: 'preserveUnknownFields' in schema ? schema.preserveUnknownFields : undefined,
    atMostOneOf: 'atMostOneOf' in schema ? schema.atMostOneOf?.map((group) => group.toSorted()) : undefined,
    listType: 'listType' in schema ? schema.listType : undefined,
    listMapKeys: 'listMapKeys' in schema ? schema.listMapKeys : undefined,
  });
  if (schema.type === 'map') flattenOurs(schema.values, `${path}{}`, flat);
  if (schema.type === 'array') flattenOurs(schema.items, `${path}[]`, flat);
  if (schema.type === 'object') {
    for (const [name, property] of Object.entries(schema.properties)) flattenOurs(property, `${path}.${name}`, flat);
  }
  return flat;
}

/** A published schema, by path, as far as we have words for it. */
export function flattenCrd(schema: unknown, path = '', flat: FlatSchema = {}): FlatSchema {
  const listType = field(schema, 'x-kubernetes-list-type');
  flat[path] = tidy({
    ...pick(schema, [...COPIED, 'nullable', 'default', 'required']),
    type: field(schema, 'x-kubernetes-int-or-string') === true ? 'int-or-string' : field(schema, 'type'),
    pattern: unescaped(field(schema, 'pattern')),
    rules: items(field(schema, 'x-kubernetes-validations')).map((rule) => field(rule, 'message')),
    preserveUnknownFields: field(schema, 'x-kubernetes-preserve-unknown-fields'),
    atMostOneOf: groupsOf(schema),
    listType: listType === 'atomic' ? undefined : listType,
    listMapKeys: field(schema, 'x-kubernetes-list-map-keys'),
  });
  const values = field(schema, 'additionalProperties');
  if (values !== undefined) flattenCrd(values, `${path}{}`, flat);
  const item = field(schema, 'items');
  if (item !== undefined) flattenCrd(item, `${path}[]`, flat);
  for (const [name, property] of Object.entries(field(schema, 'properties') ?? {})) {
    if (path !== '' || !EVERY_OBJECT.includes(name)) flattenCrd(property, `${path}.${name}`, flat);
  }
  return flat;
}

/** Istio's `oneOf`: none of these fields, or one. */
function groupsOf(schema: unknown): readonly (readonly unknown[])[] | undefined {
  const all = [schema, ...items(field(schema, 'allOf'))].filter((one) => field(one, 'oneOf') !== undefined);
  const groups = all.map((one) =>
    items(field(one, 'oneOf'))
      .flatMap((alternative) => items(at(alternative, 'required')))
      .sort(),
  );
  return groups.length === 0 ? undefined : groups;
}

function pick(schema: unknown, names: readonly string[]): JsonObject {
  return isObject(schema) ? Object.fromEntries(names.map((name) => [name, schema[name]])) : {};
}

/** The order of what is required means nothing, nor do escaped slashes and hyphens in a pattern. */
function tidy(facts: JsonObject): JsonObject {
  const { required, rules, ...rest } = facts;
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    required: items(required).toSorted(),
    rules: items(rules).toSorted(),
  };
}

function unescaped(pattern: unknown): string | undefined {
  return typeof pattern === 'string' ? pattern.replaceAll('\\/', '/').replaceAll('\\-', '-') : undefined;
}
