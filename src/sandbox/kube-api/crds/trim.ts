import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isObject, type JsonObject } from '../object.ts';

const definition = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    group: z.string(),
    names: z.object({
      kind: z.string(),
      plural: z.string(),
      singular: z.string(),
      shortNames: z.array(z.string()).optional(),
      categories: z.array(z.string()).optional(),
    }),
    scope: z.string(),
    versions: z.array(
      z.object({
        name: z.string(),
        served: z.boolean(),
        storage: z.boolean(),
        additionalPrinterColumns: z
          .array(z.object({ name: z.string(), description: z.string().optional(), jsonPath: z.string() }))
          .optional(),
        schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()) }),
      }),
    ),
  }),
});

/**
 * The parts of a CustomResourceDefinition that the sandbox needs: no descriptions of fields, and one schema for all versions. Versions with
 * another schema than the storage version are left out.
 */
export function trimmed(published: unknown): { readonly name: string; readonly definition: object } {
  const { metadata, spec } = definition.parse(published);
  const { group, names, scope } = spec;
  const storage = spec.versions.find((version) => version.storage);
  if (storage === undefined) throw new Error(`${metadata.name} has no storage version`);

  const openAPIV3Schema = withoutDescriptions(storage.schema.openAPIV3Schema);
  const versions = spec.versions.filter(
    ({ served, schema }) => served && isDeepStrictEqual(withoutDescriptions(schema.openAPIV3Schema), openAPIV3Schema),
  );
  const { additionalPrinterColumns } = storage;
  return {
    name: metadata.name,
    definition: {
      group,
      names,
      scope,
      versions: versions.toSorted(byPriority).map(({ name }) => name),
      ...(additionalPrinterColumns && { additionalPrinterColumns }),
      openAPIV3Schema,
    },
  };
}

interface Version {
  readonly name: string;
  readonly storage: boolean;
}

/** The storage version first, and beta versions before alpha ones. */
function byPriority(one: Version, other: Version): number {
  return Number(other.storage) - Number(one.storage) || other.name.localeCompare(one.name);
}

/** A field may be called `description`: only the keyword is removed. */
function withoutDescriptions(schema: JsonObject): JsonObject {
  const { description: _, ...rest } = schema;
  return Object.fromEntries(Object.entries(rest).map(([keyword, value]) => [keyword, trimmedPart(keyword, value)]));
}

function trimmedPart(keyword: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  if (keyword === 'items' || keyword === 'additionalProperties') return withoutDescriptions(value);
  if (keyword !== 'properties') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, schema]) => [name, isObject(schema) ? withoutDescriptions(schema) : schema]),
  );
}
