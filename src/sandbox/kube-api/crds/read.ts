import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ObjectSchema } from '../schema.ts';
import { publishedSchema } from './read-schema.ts';

/** The custom resources that are served. Each has a file in this folder. */
export const customResources: readonly string[] = [
  'virtualservices.networking.istio.io',
  'destinationrules.networking.istio.io',
  'gateways.networking.istio.io',
  'serviceentries.networking.istio.io',
  'sidecars.networking.istio.io',
  'httproutes.gateway.networking.k8s.io',
  'grpcroutes.gateway.networking.k8s.io',
  'tcproutes.gateway.networking.k8s.io',
  'tlsroutes.gateway.networking.k8s.io',
  'servicesplitters.consul.hashicorp.com',
  'serviceresolvers.consul.hashicorp.com',
  'trafficsplits.split.smi-spec.io',
];

const definition = z.strictObject({
  group: z.string(),
  names: z.strictObject({
    kind: z.string(),
    plural: z.string(),
    singular: z.string(),
    shortNames: z.array(z.string()).optional(),
    categories: z.array(z.string()).optional(),
  }),
  scope: z.enum(['Namespaced', 'Cluster']),
  versions: z.tuple([z.string()], z.string()),
  additionalPrinterColumns: z
    .array(z.strictObject({ name: z.string(), description: z.string().default(''), jsonPath: z.string() }))
    .default([]),
  openAPIV3Schema: publishedSchema,
});

/** The definition of a custom resource, from its file. */
export function readDefinition(name: string) {
  const text = readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8');
  const { group, names, scope, versions, additionalPrinterColumns, openAPIV3Schema } = definition.parse(
    JSON.parse(text),
  );
  return {
    ...names,
    group,
    versions,
    namespaced: scope === 'Namespaced',
    columns: additionalPrinterColumns.filter(({ jsonPath }) => jsonPath !== age && !isSearch(jsonPath)).map(column),
    schema: withoutCommonFields(openAPIV3Schema),
  };
}

/** Every table has this column, so definitions need not name it. */
const age = '.metadata.creationTimestamp';

/** A path that looks for an item of a list (`conditions[?(@.type=="Synced")]`). Its column is left out. */
function isSearch(jsonPath: string): boolean {
  return jsonPath.includes('[');
}

function column({ name, description, jsonPath }: z.infer<typeof definition>['additionalPrinterColumns'][number]) {
  return { name, description, path: jsonPath.split('.').slice(1) };
}

/** The fields of the kind itself. All kinds have apiVersion, kind and metadata, which are checked elsewhere. */
function withoutCommonFields(schema: z.infer<typeof publishedSchema>): ObjectSchema {
  if (schema.type !== 'object') throw new Error(`a custom resource is an object, and not of type ${schema.type}`);
  const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties;
  return { ...schema, properties };
}
