import { humanDuration } from './duration.ts';
import type { Kind } from './kinds.ts';
import { at, type JsonObject, type KubeObject } from './object.ts';

const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
const AGE_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC. Populated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/api-conventions.md#metadata';

/** How much of each object is sent with its row: `None`, `Metadata` (the default) or `Object`. */
export type IncludeObject = string;

/** Objects as the table that `kubectl get` prints. */
export function table(
  kind: Kind,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  include: IncludeObject,
): JsonObject {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns(kind),
    rows: objects.map((object) => ({ cells: cells(kind, object), ...rowObject(object, include) })),
  };
}

export function partialObject({ metadata }: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function columns({ columns = [] }: Kind): readonly JsonObject[] {
  return [
    { name: 'Name', type: 'string', format: 'name', description: NAME_DESCRIPTION, priority: 0 },
    ...columns.map(({ name, description }) => ({ name, type: 'string', format: '', description, priority: 0 })),
    { name: 'Age', type: 'date', format: '', description: AGE_DESCRIPTION, priority: 0 },
  ];
}

function cells({ columns = [] }: Kind, object: KubeObject): readonly unknown[] {
  const { name, creationTimestamp = '' } = object.metadata;
  const age = humanDuration(Date.now() - Date.parse(creationTimestamp));
  return [name, ...columns.map(({ path }) => cell(at(object, ...path))), age];
}

/** A list is printed as JSON: `["reviews"]`. */
function cell(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function rowObject(object: KubeObject, include: IncludeObject): JsonObject {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : partialObject(object) };
}
