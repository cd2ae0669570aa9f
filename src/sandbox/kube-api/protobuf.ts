import type { JsonObject } from './object.ts';

const MAGIC = Buffer.from('k8s\u0000');
const LENGTH_DELIMITED = 2;

/** The fields of a message that are strings or messages, by field number. */
type Fields = ReadonlyMap<number, readonly Buffer[]>;

/** Readers of the kinds that kubectl sends as protobuf: `create namespace`, `auth can-i`, … */
const READERS: Readonly<Record<string, (object: Fields) => JsonObject>> = {
  Namespace: (object) => ({ metadata: metadataOf(object) }),
  ServiceAccount: (object) => ({ metadata: metadataOf(object) }),
  SelfSubjectReview: () => ({}),
  SelfSubjectAccessReview: (object) => ({ spec: accessSpec(fieldsOf(message(object, 2))) }),
};

/** Reads an object of such a kind. Undefined for all others, which kubectl sends as JSON. */
export function objectFromProtobuf(body: Buffer): JsonObject | undefined {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  // The envelope (runtime.Unknown): first the type, then the object.
  const envelope = fieldsOf(body.subarray(MAGIC.length));
  const type = fieldsOf(message(envelope, 1));
  const kind = text(type, 2);
  const parts = READERS[kind]?.(fieldsOf(message(envelope, 2)));
  return parts === undefined ? undefined : { apiVersion: text(type, 1), kind, ...parts };
}

function metadataOf(object: Fields): JsonObject {
  const metadata = fieldsOf(message(object, 1));
  return { name: text(metadata, 1), labels: map(metadata, 11), annotations: map(metadata, 12) };
}

function accessSpec(spec: Fields): JsonObject {
  if (!spec.has(1)) {
    const path = fieldsOf(message(spec, 2));
    return { nonResourceAttributes: { path: text(path, 1), verb: text(path, 2) } };
  }
  const resource = fieldsOf(message(spec, 1));
  const names = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];
  return {
    resourceAttributes: Object.fromEntries(names.map((name, index) => [name, text(resource, index + 1)])),
  };
}

function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  while (at < bytes.length) {
    const [tag, afterTag] = varint(bytes, at);
    const [value, afterValue] = varint(bytes, afterTag);
    at = afterValue;
    // The only other type that occurs is a number, and the second varint was its value.
    if ((tag & 7) !== LENGTH_DELIMITED) continue;
    at += value;
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), bytes.subarray(afterValue, at)]);
  }
  return fields;
}

/** Reads a number with seven bits in each byte. Returns it, and where it ends. */
function varint(bytes: Buffer, start: number): readonly [value: number, end: number] {
  let value = 0;
  for (let at = start, factor = 1; ; at += 1, factor *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at + 1];
  }
}

function message(fields: Fields, number: number): Buffer {
  return fields.get(number)?.at(-1) ?? Buffer.alloc(0);
}

function text(fields: Fields, number: number): string {
  return message(fields, number).toString();
}

function map(fields: Fields, number: number): JsonObject {
  const entries = (fields.get(number) ?? []).map(fieldsOf);
  return Object.fromEntries(entries.map((entry) => [text(entry, 1), text(entry, 2)]));
}
