/** An error in one field, in the API server's words. */
export interface FieldError {
  readonly reason: string;
  /** The field's path, or `<nil>` if the real server names none. */
  readonly field: string;
  readonly message: string;
}

export const NO_FIELD = '<nil>';

/** From here on the server reads a whole number as a float, not as an int64. */
const LARGEST_INT64 = 2 ** 63;

/** A value as the server's messages show it: as JSON, except floats, which have Go's format. */
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

/** For an object or a list. The server's message does not show its value. */
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
  const limit = most === 1 ? '1 item' : `${most} items`;
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${limit}` };
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

/** Whether the error makes the server skip the schema's validation rules. */
export function isBlocking(error: FieldError): boolean {
  return BLOCKING.has(error.reason);
}

/** Joins errors into one text, without repeating equal ones. */
export function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  return texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
}
