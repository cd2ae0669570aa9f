import {
  duplicate,
  type FieldError,
  floatAsSaid,
  invalid,
  invalidAsAWhole,
  isInt64,
  NO_FIELD,
  notSupported,
  required,
  tooLong,
  tooMany,
} from './field-error.ts';
import { isObject, type JsonObject } from './object.ts';
import { type ListSchema, type MapSchema, type ObjectSchema, type Rule, RuleError, type Schema } from './schema.ts';
import { typeErrors } from './validate-type.ts';

/** The errors that the schema finds in a value, without its validation rules. */
export function validate(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  if (value === null && schema.nullable) return [];
  const wrongType = typeErrors(schema, value, path);
  if (wrongType.length > 0)
    return [...wrongType, ...scalarErrors(schema, value, path), ...oneOfErrors(schema, value, path)];

  if (schema.type === 'object' && isObject(value)) return objectErrors(schema, value, path);
  if (schema.type === 'map' && isObject(value)) return mapErrors(schema, value, path);
  if (schema.type === 'array' && Array.isArray(value)) return listErrors(schema, value, path);
  return scalarErrors(schema, value, path);
}

function objectErrors(schema: ObjectSchema, value: JsonObject, path: string): readonly FieldError[] {
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined);
  return [
    ...missing.map((name) => required(child(path, name))),
    ...Object.entries(schema.properties).flatMap(([name, property]) =>
      value[name] === undefined ? [] : validate(property, value[name], child(path, name)),
    ),
    ...atMostOneErrors(schema.atMostOneOf ?? [], value, path),
  ];
}

/** `required` holds for a value that is not an object, so every alternative of a `oneOf` is valid. The server skips null. */
function oneOfErrors(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  if (value === null || schema.type !== 'object' || schema.atMostOneOf === undefined) return [];
  const { atMostOneOf } = schema;
  return countErrors(
    atMostOneOf.map(({ length }) => length),
    path,
  );
}

function atMostOneErrors(groups: readonly (readonly string[])[], value: JsonObject, path: string): FieldError[] {
  return countErrors(
    groups.map((group) => group.filter((name) => value[name] !== undefined).length),
    path,
  );
}

/** One count is for a `oneOf`. Several are for an `allOf` of `oneOf`s, which adds an error. */
function countErrors(counts: readonly number[], path: string): FieldError[] {
  const broken = counts.filter((count) => count > 1);
  const errors = [...new Set(broken)].map((count) => {
    const alternatives = `must validate one and only one schema (oneOf). Found ${count} valid alternatives`;
    return invalid(NO_FIELD, '', `"${path}" ${alternatives}`);
  });
  if (broken.length === 0 || counts.length === 1) return errors;

  const none = broken.length === counts.length ? '. None validated' : '';
  return [...errors, invalid(NO_FIELD, '', `"${path}" must validate all the schemas (allOf)${none}`)];
}

function mapErrors({ values, maxProperties }: MapSchema, value: JsonObject, path: string): readonly FieldError[] {
  const names = Object.keys(value);
  const most = maxProperties ?? names.length;
  return [
    ...(names.length > most ? [tooMany(path, names.length, most)] : []),
    ...names.flatMap((name) => validate(values, value[name], child(path, name))),
  ];
}

function listErrors(schema: ListSchema, value: readonly unknown[], path: string): readonly FieldError[] {
  const { minItems = 0, maxItems = value.length } = schema;
  return [
    ...(value.length > maxItems ? [tooMany(path, value.length, maxItems)] : []),
    ...(value.length < minItems
      ? [invalid(path, value.length, `${path} in body should have at least ${minItems} items`)]
      : []),
    ...value.flatMap((item, index) => validate(schema.items, item, `${path}[${index}]`)),
    ...duplicates(schema, value, path),
  ];
}

function duplicates(
  { listType, listMapKeys = [] }: ListSchema,
  value: readonly unknown[],
  path: string,
): readonly FieldError[] {
  if (listType === undefined) return [];
  // The server treats null as an object without keys.
  const misfit = listType === 'map' ? value.findIndex((item) => item !== null && !isObject(item)) : -1;
  if (misfit !== -1) {
    return [invalid(`${path}[${misfit}]`, value[misfit], 'must be an object for an array of list-type map')];
  }

  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    const key = listType === 'map' ? pick(isObject(item) ? item : {}, listMapKeys) : item;
    const said = JSON.stringify(key);
    if (!seen.has(said)) {
      seen.add(said);
      return [];
    }
    return [duplicate(`${path}[${index}]`, key)];
  });
}

function pick(item: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, item[name]]));
}

function scalarErrors(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  const enumerated = enumErrors(schema, value, path);
  if (typeof value === 'number') return [...enumerated, ...rangeErrors(schema, value, path)];
  if (typeof value === 'string') return [...enumerated, ...textErrors(schema, value, path)];
  return enumerated;
}

function enumErrors(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  if (!('enum' in schema) || schema.enum === undefined) return [];
  const allowed: readonly unknown[] = schema.enum;
  return allowed.includes(value) ? [] : [notSupported(path, value, allowed)];
}

function rangeErrors(schema: Schema, value: number, path: string): readonly FieldError[] {
  if (!('minimum' in schema || 'maximum' in schema)) return [];
  const { minimum = value, maximum = value } = schema;
  // The message shows the limit in the number format of the value.
  const said = (limit: number) => (isInt64(value) ? limit : floatAsSaid(limit));
  if (value < minimum)
    return [invalid(path, value, `${path} in body should be greater than or equal to ${said(minimum)}`)];
  if (value > maximum)
    return [invalid(path, value, `${path} in body should be less than or equal to ${said(maximum)}`)];
  return [];
}

/** For a string, the server reports only the first error. */
function textErrors(schema: Schema, value: string, path: string): readonly FieldError[] {
  if (schema.type !== 'string') return [];
  const { minLength = 0, maxLength = value.length, pattern } = schema;
  if (value.length > maxLength) return [tooLong(path, maxLength)];
  if (value.length < minLength) {
    return [invalid(path, value, `${path} in body should be at least ${minLength} chars long`)];
  }
  if (pattern === undefined || pattern.regex.finds(value)) return [];
  return [invalid(path, value, `${path} in body should match '${pattern.text}'`)];
}

/** The errors that the validation rules find in a value of the right shape: first its own rules, then those of its parts. */
export function ruleErrors(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  const own = (schema.rules ?? []).flatMap((rule) => broken(rule, value, path));
  if (schema.type === 'array' && Array.isArray(value)) {
    return [...own, ...value.flatMap((item, index) => ruleErrors(schema.items, item, `${path}[${index}]`))];
  }
  if (!isObject(value)) return own;
  if (schema.type === 'map') {
    return [...own, ...Object.keys(value).flatMap((key) => ruleErrors(schema.values, value[key], `${path}[${key}]`))];
  }
  if (schema.type !== 'object') return own;
  return [
    ...own,
    ...Object.entries(schema.properties).flatMap(([name, property]) =>
      value[name] === undefined ? [] : ruleErrors(property, value[name], child(path, name)),
    ),
  ];
}

function broken({ holds, message }: Rule, value: unknown, path: string): readonly FieldError[] {
  try {
    if (holds(value)) return [];
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    return [invalid(path, typeof value, `${cause.message} evaluating rule: ${message}`)];
  }
  return [typeof value === 'object' ? invalidAsAWhole(path, message) : invalid(path, value, message)];
}

function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
