import { isObject, type JsonObject, type ObjectMeta } from './object.ts';
import { sorted } from './prune.ts';

/** The body is JSON, but not an object of the kind. The message is that of Go's decoder. */
export class DecodeError extends Error {}

type Decoder = (value: unknown, field: string) => unknown;

const DECODERS: Readonly<Record<keyof ObjectMeta, Decoder>> = {
  annotations: decodeTexts,
  creationTimestamp: decodeText,
  deletionGracePeriodSeconds: decodeWhole,
  deletionTimestamp: decodeText,
  finalizers: decodeList,
  generateName: decodeText,
  generation: decodeWhole,
  labels: decodeTexts,
  managedFields: decodeList,
  name: decodeText,
  namespace: decodeText,
  ownerReferences: decodeList,
  resourceVersion: decodeText,
  selfLink: decodeText,
  uid: decodeText,
};

/** Reads the metadata of a body. Sorts its keys, leaves out empty fields, and adds the paths of unknown fields to `unknown`. */
export function decodeMetadata(value: unknown, unknown: string[]): ObjectMeta {
  if (value === undefined || value === null) return {};
  if (!isObject(value))
    throw new DecodeError(`json: cannot unmarshal ${goType(value)} into Go value of type v1.ObjectMeta`);

  const metadata: Record<string, unknown> = {};
  for (const name of Object.keys(value).sort()) {
    if (!isMetadataField(name)) unknown.push(`metadata.${name}`);
    else if (value[name] !== null) metadata[name] = DECODERS[name](value[name], name);
    if (isEmpty(metadata[name])) delete metadata[name];
  }
  return metadata;
}

function isMetadataField(name: string): name is keyof ObjectMeta {
  return Object.hasOwn(DECODERS, name);
}

/** Go's `omitempty`: such fields are not stored. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function decodeText(value: unknown, field: string): unknown {
  return typeof value === 'string' ? value : refuse(value, field, 'string');
}

function decodeWhole(value: unknown, field: string): unknown {
  return Number.isInteger(value) ? value : refuse(value, field, 'int64');
}

function decodeList(value: unknown, field: string): unknown {
  return Array.isArray(value) ? sorted(value) : refuse(value, field, '[]string');
}

function decodeTexts(value: unknown, field: string): JsonObject {
  if (!isObject(value)) return refuse(value, field, 'map[string]string');
  const texts = Object.keys(value)
    .sort()
    .map((key) => [key, value[key] === null ? '' : decodeText(value[key], field)]);
  return Object.fromEntries(texts);
}

function refuse(value: unknown, field: string, type: string): never {
  throw new DecodeError(
    `json: cannot unmarshal ${goType(value)} into Go struct field ObjectMeta.${field} of type ${type}`,
  );
}

export function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
