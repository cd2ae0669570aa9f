import { apiVersion, KINDS } from './kinds.ts';
import type { JsonObject } from './object.ts';
import { componentName, componentOf } from './openapi-schema.ts';

const QUERY = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

/** Just enough OpenAPI for kubectl: `fieldValidation` tells it that the server validates, and `kubectl explain` works. */
export const OPENAPI: ReadonlyMap<string, JsonObject> = new Map<string, JsonObject>([
  [
    '/openapi/v3',
    { paths: Object.fromEntries(paths().map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}` }])) },
  ],
  ...paths().map((path): [string, JsonObject] => [`/openapi/v3/${path}`, describe(path)]),
]);

/** `api/v1`, `apis/networking.istio.io/v1`, … */
function paths(): readonly string[] {
  const all = KINDS.flatMap(({ group, versions }) =>
    versions.map((version) => (group === '' ? `api/${version}` : `apis/${group}/${version}`)),
  );
  return [...new Set(all)];
}

function describe(path: string): JsonObject {
  const [, group, version = group] = path.startsWith('api/') ? ['', '', 'v1'] : path.split('/');
  const kinds = KINDS.filter((kind) => kind.group === group && kind.versions.includes(version ?? ''));
  const operations = kinds.map(({ plural, kind, namespaced }) => {
    const scope = namespaced ? '/namespaces/{namespace}' : '';
    const type = { group, version, kind };
    const operation = { parameters: QUERY, 'x-kubernetes-group-version-kind': type, responses: {} };
    const get = { 'x-kubernetes-group-version-kind': type, 'x-kubernetes-action': 'get', responses: {} };
    return [`/${path}${scope}/${plural}/{name}`, { get, patch: { ...operation, 'x-kubernetes-action': 'patch' } }];
  });
  const title = kinds[0] === undefined ? path : apiVersion(kinds[0], version ?? '');
  const schemas = kinds.map((kind) => [componentName(kind, version ?? ''), componentOf(kind, version ?? '')]);
  return {
    openapi: '3.0.0',
    info: { title, version: '1' },
    paths: Object.fromEntries(operations),
    components: { schemas: Object.fromEntries(schemas) },
  };
}
