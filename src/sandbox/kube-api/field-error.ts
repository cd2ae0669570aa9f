/** What is wrong with one field, in the API server's words. */
export interface FieldError {
  readonly reason: string;
  /** The path, or `<nil>` where the server itself has none. */
  readonly field: string;
  readonly message: string;
}

export const NO_FIELD = '<nil>';

/** Above this a whole number is no int64 to the server, but a float. */
const LARGEST_INT64 = 2 ** 63;

/** A value as the server repeats it: JSON, but for floats, which Go writes in a way of its own. */
function asSaid(value: unknown): string {
  return typeof value !== 'number' || isInt64(value) ? JSON.stringify(value) : floatAsSaid(value);
}

export function floatAsSaid(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(value);
  return `${mantissa}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}

export function isInt64(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < LARGEST_INT64;
}

export function required(field: string, detail = ''): FieldError {
  return {
    reason: 'FieldValueRequired',
    field,
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${asSaid(value)}: ${detail}` };
}

/** Of a whole object or list, which the server does not repeat in its answer. */
export function invalidAsAWhole(field: string, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` };
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { ...invalid(field, value, detail), reason: 'FieldValueTypeInvalid' };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const listed = supported.map((one) => JSON.stringify(String(one))).join(', ');
  const message = `Unsupported value: ${asSaid(value)}: supported values: ${listed}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

export function tooLong(field: string, bytes: number): FieldError {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${bytes} bytes` };
}

export function tooMany(field: string, actual: number, most: number): FieldError {
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${most} items` };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${JSON.stringify(value)}` };
}

export function forbidden(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}

const BLOCKING = new Set([
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueNotSupported',
]);

/** Whether the object's shape is too wrong for the schema's rules to be asked. */
export function isBlocking(error: FieldError): boolean {
  return BLOCKING.has(error.reason);
}

/** Several errors as one text; a text that occurs twice is said once. */
export function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  return texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
}
