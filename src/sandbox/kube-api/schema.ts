import type { Re2 } from '../../domain/text/re2.ts';

/** A validation rule of a CustomResourceDefinition's `x-kubernetes-validations`. */
export interface Rule {
  readonly message: string;
  /** Throws a RuleError if the rule cannot be evaluated. */
  readonly holds: (value: unknown) => boolean;
}

/** Why a rule could not be evaluated, in the words of CEL. */
export class RuleError extends Error {}

interface Common {
  readonly nullable?: boolean | undefined;
  readonly default?: unknown;
  readonly rules?: readonly Rule[] | undefined;
}

export interface ObjectSchema extends Common {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[] | undefined;
  /** Groups of fields. At most one field of each group may be set: Istio's `oneOf`s. */
  readonly atMostOneOf?: readonly (readonly string[])[] | undefined;
  readonly preserveUnknownFields?: boolean | undefined;
}

export interface MapSchema extends Common {
  readonly type: 'map';
  readonly values: Schema;
  readonly maxProperties?: number | undefined;
}

export interface ListSchema extends Common {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly listType?: 'set' | 'map' | undefined;
  readonly listMapKeys?: readonly string[] | undefined;
}

/** A regular expression, and its text as published: messages show that. */
export interface Pattern {
  readonly text: string;
  readonly regex: Pick<Re2, 'finds'>;
}

export interface StringSchema extends Common {
  readonly type: 'string';
  readonly enum?: readonly string[] | undefined;
  readonly format?: 'byte' | 'date-time' | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly pattern?: Pattern | undefined;
}

export interface NumberSchema extends Common {
  readonly type: 'integer' | 'number';
  readonly enum?: readonly number[] | undefined;
  readonly format?: 'int32' | 'int64' | 'double' | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

export type ScalarSchema = StringSchema | NumberSchema | ({ readonly type: 'boolean' | 'int-or-string' } & Common);
export type Schema = ObjectSchema | MapSchema | ListSchema | ScalarSchema;
