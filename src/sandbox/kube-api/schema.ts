import { durationNanoseconds } from './duration.ts';

/** A rule beyond types, as a CustomResourceDefinition's `x-kubernetes-validations` has them. */
export interface Rule {
  readonly message: string;
  /** Throws a RuleError where the rule cannot even be evaluated. */
  readonly holds: (value: never) => boolean;
}

/** Why a rule could not be evaluated, in the words of the server's rule language. */
export class RuleError extends Error {}

interface Common {
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly rules?: readonly Rule[];
}

export interface ObjectSchema extends Common {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Groups of fields of which one at most may be set: Istio's `oneOf`s. */
  readonly atMostOneOf?: readonly (readonly string[])[];
  readonly preserveUnknownFields?: boolean;
}

export interface MapSchema extends Common {
  readonly type: 'map';
  readonly values: Schema;
  readonly maxProperties?: number;
}

export interface ListSchema extends Common {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly listType?: 'set' | 'map';
  readonly listMapKeys?: readonly string[];
}

export interface StringSchema extends Common {
  readonly type: 'string';
  readonly enum?: readonly string[];
  readonly format?: 'byte' | 'date-time';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  /** The pattern as its author wrote it, where that is with needless escapes. */
  readonly patternText?: string;
}

export interface NumberSchema extends Common {
  readonly type: 'integer' | 'number';
  readonly enum?: readonly number[];
  readonly format?: 'int32' | 'int64' | 'double';
  readonly minimum?: number;
  readonly maximum?: number;
}

export type ScalarSchema = StringSchema | NumberSchema | ({ readonly type: 'boolean' | 'int-or-string' } & Common);
export type Schema = ObjectSchema | MapSchema | ListSchema | ScalarSchema;

/** Only the parts of a schema that are not its type. */
type Rest<S extends Schema> = Omit<Partial<S>, 'type' | 'properties' | 'items' | 'values'>;

export function object(properties: Readonly<Record<string, Schema>>, rest: Rest<ObjectSchema> = {}): ObjectSchema {
  return { type: 'object', properties, ...rest };
}

export function map(values: Schema, rest: Rest<MapSchema> = {}): MapSchema {
  return { type: 'map', values, ...rest };
}

export function list(items: Schema, rest: Rest<ListSchema> = {}): ListSchema {
  return { type: 'array', items, ...rest };
}

export function string(rest: Rest<StringSchema> = {}): StringSchema {
  return { type: 'string', ...rest };
}

export function integer(rest: Rest<NumberSchema> = {}): NumberSchema {
  return { type: 'integer', ...rest };
}

/** One of these words. */
export function word(...values: readonly string[]): StringSchema {
  return { type: 'string', enum: values };
}

export function nullable<S extends Schema>(schema: S): S {
  return { ...schema, nullable: true };
}

/** A rule on a value whose shape the schema has already checked: the type parameter names that shape. */
export function rule<Shape>(message: string, holds: (value: Shape) => boolean): Rule {
  return { message, holds };
}

export const text = string();
export const texts = list(text);
export const labels = map(text);
export const flag: ScalarSchema = { type: 'boolean' };
export const int32 = integer({ format: 'int32' });
export const uint32 = integer({ minimum: 0, maximum: 4_294_967_295 });
export const unsigned = integer({ minimum: 0 });
export const double: NumberSchema = { type: 'number', format: 'double' };

/** A duration as Istio writes it, of a millisecond at least. */
export const duration = string({
  rules: [rule<string>('must be a valid duration greater than 1ms', (self) => nanoseconds(self) >= 1_000_000)],
});

/** Of a text that is no duration the server's rule language says that it cannot be converted. */
export function nanoseconds(self: string): number {
  const parsed = durationNanoseconds(self);
  if (parsed === undefined) throw new RuleError("type conversion error from 'string' to 'google.protobuf.Duration'");
  return parsed;
}
