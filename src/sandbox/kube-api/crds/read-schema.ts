import { z } from 'zod';
import { re2, re2Fault } from '../../../domain/text/re2.ts';
import type { Pattern, Rule, Schema } from '../schema.ts';
import { meetsRule } from './cel.ts';

/** Reads a schema as CustomResourceDefinitions have it. Refuses keywords that we do not know: they must not be ignored. */
export const publishedSchema: z.ZodType<Schema> = z.lazy(() =>
  z.union([z.discriminatedUnion('type', [object, text, number, list, flag]), intOrString]),
);

const rules = z
  .array(z.strictObject({ rule: z.string(), message: z.string() }))
  .transform((all) => all.map(({ rule, message }): Rule => ({ message, holds: (self) => meetsRule(rule, self) })));

const common = {
  nullable: z.boolean().optional(),
  default: z.unknown().optional(),
  'x-kubernetes-validations': rules.optional(),
};

const text = z
  .strictObject({
    ...common,
    type: z.literal('string'),
    enum: z.array(z.string()).optional(),
    format: z.enum(['byte', 'date-time']).optional(),
    minLength: z.int().optional(),
    maxLength: z.int().optional(),
    pattern: z.string().transform(compiled).optional(),
  })
  .transform(withRules);

const number = z
  .strictObject({
    ...common,
    type: z.enum(['integer', 'number']),
    enum: z.array(z.number()).optional(),
    format: z.enum(['int32', 'int64', 'double']).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  })
  .transform(withRules);

const flag = z.strictObject({ ...common, type: z.literal('boolean') }).transform(withRules);

const intOrString = z
  .strictObject({
    nullable: common.nullable,
    anyOf: z.tuple([z.strictObject({ type: z.literal('integer') }), z.strictObject({ type: z.literal('string') })]),
    'x-kubernetes-int-or-string': z.literal(true),
  })
  .transform(({ nullable }): Schema => ({ type: 'int-or-string', nullable }));

const list = z
  .strictObject({
    ...common,
    type: z.literal('array'),
    items: publishedSchema,
    minItems: z.int().optional(),
    maxItems: z.int().optional(),
    'x-kubernetes-list-type': z.enum(['atomic', 'set', 'map']).optional(),
    'x-kubernetes-list-map-keys': z.array(z.string()).optional(),
  })
  .transform(({ 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': listMapKeys, ...rest }) =>
    withRules({ ...rest, listMapKeys, listType: listType === 'atomic' ? undefined : listType }),
  );

/** How Istio writes that at most one of some fields may be set: none of them, or exactly one. */
const atMostOne = z
  .tuple([z.strictObject({ not: z.unknown() })], z.strictObject({ required: z.tuple([z.string()]) }))
  .transform(([_, ...alternatives]) => alternatives.flatMap(({ required }) => required));

/** An object with fields of its own, or a map from any name to values of one schema. */
const object = z
  .strictObject({
    ...common,
    type: z.literal('object'),
    properties: z.record(z.string(), publishedSchema).optional(),
    required: z.array(z.string()).optional(),
    oneOf: atMostOne.optional(),
    allOf: z.array(z.strictObject({ oneOf: atMostOne })).optional(),
    'x-kubernetes-preserve-unknown-fields': z.literal(true).optional(),
    additionalProperties: publishedSchema.optional(),
    maxProperties: z.int().optional(),
  })
  .transform((node, context) => {
    const { additionalProperties: values, maxProperties, type, nullable, default: fallback, ...rest } = node;
    const { 'x-kubernetes-validations': rules, ...ofAnObject } = rest;
    const shared = { nullable, default: fallback, rules };
    const misplaced = values === undefined ? { maxProperties } : ofAnObject;
    if (Object.values(misplaced).some((keyword) => keyword !== undefined)) {
      context.addIssue({ code: 'custom', message: 'keywords of an object and of a map in one schema' });
    }
    if (values !== undefined) return { ...shared, type: 'map' as const, values, maxProperties };

    const { properties = {}, required, oneOf, allOf } = ofAnObject;
    const atMostOneOf = oneOf === undefined ? allOf?.map((one) => one.oneOf) : [oneOf];
    const preserveUnknownFields = ofAnObject['x-kubernetes-preserve-unknown-fields'];
    return { ...shared, type, properties, required, atMostOneOf, preserveUnknownFields };
  });

function withRules<Node extends { readonly 'x-kubernetes-validations'?: readonly Rule[] | undefined }>(node: Node) {
  const { 'x-kubernetes-validations': rules, ...rest } = node;
  return { ...rest, rules };
}

function compiled(pattern: string, context: z.RefinementCtx): Pattern {
  const regex = re2(pattern);
  if (regex !== undefined) return { text: pattern, regex };
  context.addIssue({ code: 'custom', message: re2Fault(pattern) ?? '' });
  return z.NEVER;
}
