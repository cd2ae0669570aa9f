import { apiVersion, type Kind } from './kinds.ts';
import type { JsonObject } from './object.ts';
import type { Schema } from './schema.ts';

const METADATA = { type: 'object', description: "Standard object's metadata." };

/** The name of a kind in OpenAPI: `io.istio.networking.v1.VirtualService`. */
export function componentName({ group, kind }: Kind, version: string): string {
  const reversed = group === '' ? 'io.k8s.api.core' : group.split('.').toReversed().join('.');
  return `${reversed}.${version}.${kind}`;
}

/** The schema that `kubectl explain` shows: the fields, without the published descriptions. */
export function componentOf(kind: Kind, version: string): JsonObject {
  const properties = kind.schema === undefined ? {} : propertiesOf(kind.schema);
  return {
    type: 'object',
    description: `A ${kind.kind} of ${apiVersion(kind, version)}.`,
    properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: METADATA, ...properties },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version, kind: kind.kind }],
  };
}

function propertiesOf({ properties }: Schema & { readonly type: 'object' }): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, openApiOf(schema)]));
}

function openApiOf(schema: Schema): JsonObject {
  switch (schema.type) {
    case 'object': {
      const { required } = schema;
      return { type: 'object', properties: propertiesOf(schema), ...(required && { required }) };
    }
    case 'map':
      return { type: 'object', additionalProperties: openApiOf(schema.values) };
    case 'array':
      return { type: 'array', items: openApiOf(schema.items) };
    case 'int-or-string':
      return { 'x-kubernetes-int-or-string': true };
    default: {
      const { type } = schema;
      return {
        type,
        ...('enum' in schema && { enum: schema.enum }),
        ...('format' in schema && { format: schema.format }),
      };
    }
  }
}
