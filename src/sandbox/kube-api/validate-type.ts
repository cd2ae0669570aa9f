import { type FieldError, invalid, isInt64, NO_FIELD, typeInvalid } from './field-error.ts';
import type { NumberSchema, Schema, StringSchema } from './schema.ts';

const FORMATS = {
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/,
  'date-time': /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[-+]\d{2}:\d{2})$/,
};
const LARGEST_INT32 = 2_147_483_647;
const SMALLEST_INT32 = -2_147_483_648;

/** The names of types in messages about a string with a format. For some types the server's library has none. */
const goTypes: Readonly<Record<string, string>> = { boolean: '', object: '', integer: 'int64', number: 'float64' };

/** The errors in a value's type, in the words of the server's schema library. */
export function typeErrors(schema: Schema, value: unknown, path: string): readonly FieldError[] {
  if (schema.type === 'integer' || schema.type === 'number') return numberErrors(schema, value, path);

  const actual = typeOf(value);
  if (schema.type === 'string' && schema.format !== undefined && actual !== 'string' && actual !== 'null') {
    return notOfTextFormat(schema.format, actual, path);
  }
  if (schema.type === 'int-or-string') {
    return actual === 'integer' || actual === 'string' ? [] : [wrong(path, actual, 'integer or string')];
  }
  const expected = schema.type === 'map' ? 'object' : schema.type;
  if (actual !== expected) return [wrong(path, actual, expected)];
  return schema.type === 'string' ? formatErrors(schema, String(value), path) : [];
}

/** The server's library accepts a list for a string with a format. It calls other types by their names in Go. */
function notOfTextFormat(format: string, actual: string, path: string): readonly FieldError[] {
  return actual === 'array' ? [] : [wrong(path, goTypes[actual] ?? actual, format)];
}

/** The message shows a string of the wrong format. Messages about a wrong type show only the type. */
function formatErrors({ format }: StringSchema, value: string, path: string): readonly FieldError[] {
  if (format === undefined || FORMATS[format].test(value)) return [];
  return [typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`)];
}

function numberErrors(schema: NumberSchema, value: unknown, path: string): readonly FieldError[] {
  const actual = typeOf(value);
  const { type, format } = schema;
  // For a number with a format, the server's library does not name the type of a boolean or an object.
  if (format !== undefined && (actual === 'boolean' || actual === 'object')) return [wrong(path, '', format)];
  if (actual !== 'integer' && actual !== 'number') return [wrong(path, actual, type)];
  if (type === 'number') return [];
  if (actual === 'number') return notWhole(format, path);
  return format === 'int32' && !isInt32(value) ? [notOfFormat(format, path)] : [];
}

function notWhole(format: NumberSchema['format'], path: string): readonly FieldError[] {
  const seen = format === undefined ? wrong(path, 'number', 'integer') : wrong(path, 'float64', format);
  return [seen, notOfFormat(format, path)];
}

function notOfFormat(format: NumberSchema['format'], path: string): FieldError {
  const expected = format === undefined ? 'integer (default format)' : `integer with format ${format}`;
  return invalid(NO_FIELD, '', `Checked value must be of type ${expected} in ${path}`);
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && value >= SMALLEST_INT32 && value <= LARGEST_INT32;
}

function wrong(path: string, actual: string, expected: string): FieldError {
  return typeInvalid(path, actual, `${path} in body must be of type ${expected}: ${JSON.stringify(actual)}`);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'number') return typeof value;
  return isInt64(value) ? 'integer' : 'number';
}
