import { isObject, type JsonObject, type KubeObject, type ManagedFieldsEntry, type ObjectMeta } from './object.ts';

/** The writer, as an entry of managedFields names it. */
export interface Manager {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time: string;
}

/** Fields by path. The value of a leaf is JSON, so that changes can be found. */
type Fields = Map<string, string>;

/** Separates the parts of a path. No field's name contains it. */
const SEPARATOR = '\u0000';
/** The value of an object; its fields have their own paths. */
const NODE = '{';

/**
 * The managedFields after a write. Only the writer owns what it added or changed. What was removed has no owner. A list is owned
 * as a whole, as in Istio's schemas.
 */
export function managedFieldsAfter(
  before: KubeObject | undefined,
  after: KubeObject,
  by: Manager,
): ManagedFieldsEntry[] {
  const had = before === undefined ? new Map<string, string>() : fieldsOf(before);
  const has = fieldsOf(after);
  const touched = [...has.keys()].filter((path) => had.get(path) !== has.get(path));
  const removed = [...had.keys()].filter((path) => !has.has(path));
  // The object still has the earlier entries, unless its writer asked to reset them.
  const entries = after.metadata.managedFields ?? [];
  if (touched.length === 0 && removed.length === 0) return [...entries];

  const mine = entries.find((entry) => isOf(entry, by));
  const others = entries.filter((entry) => entry !== mine);
  const kept = others.flatMap((entry) => without(entry, new Set([...touched, ...removed])));
  return [...kept, ...ownEntry(mine, touched, new Set(removed), by)].sort(byTime);
}

function ownEntry(
  mine: ManagedFieldsEntry | undefined,
  touched: readonly string[],
  removed: ReadonlySet<string>,
  by: Manager,
): readonly ManagedFieldsEntry[] {
  if (touched.length === 0) return mine === undefined ? [] : without(mine, removed);

  const owned = mine === undefined ? [] : decode(mine.fieldsV1).filter((path) => !removed.has(path));
  const { manager, apiVersion, subresource, time } = by;
  return [
    {
      apiVersion,
      fieldsType: 'FieldsV1',
      fieldsV1: encode([...new Set([...owned, ...touched])]),
      manager,
      operation: 'Update',
      ...(subresource === undefined ? {} : { subresource }),
      time,
    },
  ];
}

function isOf(entry: ManagedFieldsEntry, by: Manager): boolean {
  return (
    entry.manager === by.manager &&
    entry.operation === 'Update' &&
    entry.apiVersion === by.apiVersion &&
    entry.subresource === by.subresource
  );
}

function without(entry: ManagedFieldsEntry, lost: ReadonlySet<string>): readonly ManagedFieldsEntry[] {
  const owned = decode(entry.fieldsV1);
  const left = owned.filter((path) => !lost.has(path));
  if (left.length === owned.length) return [entry];
  return left.length === 0 ? [] : [{ ...entry, fieldsV1: encode(left) }];
}

function byTime(one: ManagedFieldsEntry, other: ManagedFieldsEntry): number {
  return (
    one.time.localeCompare(other.time) ||
    one.manager.localeCompare(other.manager) ||
    one.apiVersion.localeCompare(other.apiVersion) ||
    (one.subresource ?? '').localeCompare(other.subresource ?? '')
  );
}

function fieldsOf(object: KubeObject): Fields {
  const fields: Fields = new Map();
  addMetadata(object.metadata, fields);
  for (const [name, value] of Object.entries(object)) {
    if (name !== 'apiVersion' && name !== 'kind' && name !== 'metadata') add(value, `f:${name}`, fields);
  }
  return fields;
}

function addMetadata(metadata: ObjectMeta, fields: Fields): void {
  const { labels, annotations, generateName, finalizers, ownerReferences } = metadata;
  const parts = { annotations, generateName, labels };
  for (const [name, value] of Object.entries(parts)) {
    if (value !== undefined) add(value, under('f:metadata', `f:${name}`), fields);
  }
  addSet(finalizers, 'finalizers', (one) => `v:${JSON.stringify(one)}`, fields);
  addSet(ownerReferences, 'ownerReferences', (one) => `k:${JSON.stringify({ uid: one['uid'] })}`, fields);
}

function addSet<T>(values: readonly T[] | undefined, name: string, keyOf: (value: T) => string, fields: Fields): void {
  if (values === undefined) return;
  const path = under('f:metadata', `f:${name}`);
  fields.set(path, NODE);
  for (const value of values) fields.set(under(path, keyOf(value)), JSON.stringify(value));
}

function add(value: unknown, path: string, fields: Fields): void {
  fields.set(path, isObject(value) ? NODE : JSON.stringify(value));
  if (!isObject(value)) return;
  for (const [name, part] of Object.entries(value)) add(part, under(path, `f:${name}`), fields);
}

function under(path: string, part: string): string {
  return path + SEPARATOR + part;
}

/** Nests paths as FieldsV1 does. `.` means that an object is owned together with some of its fields. */
function encode(paths: readonly string[]): JsonObject {
  return nest(paths.map((path) => path.split(SEPARATOR)));
}

function nest(paths: readonly (readonly string[])[]): JsonObject {
  const parts = Map.groupBy(paths, ([first = '.']) => first);
  if (parts.size === 1 && parts.has('.')) return {};
  const names = [...parts.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, name === '.' ? {} : nest(below(parts.get(name)))]));
}

function below(paths: readonly (readonly string[])[] = []): readonly (readonly string[])[] {
  return paths.map(([, ...rest]) => rest);
}

function decode(fieldsV1: JsonObject, path = ''): string[] {
  const names = Object.keys(fieldsV1);
  if (names.length === 0) return path === '' ? [] : [path];
  return names.flatMap((name) => {
    if (name === '.') return [path];
    const part = fieldsV1[name];
    return isObject(part) ? decode(part, path === '' ? name : under(path, name)) : [];
  });
}
