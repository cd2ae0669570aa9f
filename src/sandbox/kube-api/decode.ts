import { parse as parseYaml } from 'yaml';
import { GoJsonReader, GoSyntaxError } from './go-json.ts';
import { apiVersion, type Kind } from './kinds.ts';
import { isObject, type JsonObject, type KubeObject } from './object.ts';
import { DecodeError, decodeMetadata, goType } from './object-meta.ts';
import { prune, sorted } from './prune.ts';
import type { ResourceRequest } from './request.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

/** A sent object, without fields that its kind does not have. */
export interface Decoded {
  readonly object: KubeObject;
  /** What strict field validation refuses, e.g. `unknown field "spec.bogus"`. */
  readonly complaints: readonly string[];
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const SUMMARY_LENGTH = 30;

/** Reads the body of a POST or a PUT. */
export function decodeBody({ kind, version, contentType }: ResourceRequest, body: string): Decoded {
  const { raw, duplicates } = parseBody(kind, contentType, body);
  const expected = apiVersion(kind, version);
  const typed = withTypeMeta(kind, expected, raw, body);
  if (kind.schema === undefined && typed.kind !== kind.kind) {
    const why = `converting (${version}.${typed.kind}) to (${version}.${kind.kind}): unknown conversion`;
    throw badRequest(`${typed.kind} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`);
  }
  if (typed.apiVersion !== expected) {
    const said = `the API version in the data (${typed.apiVersion}) does not match the expected API version (${expected})`;
    throw badRequest(said);
  }
  return decodeOr(
    () => decodeObject(kind, typed, duplicates),
    (why) => badRequest(cannotBeHandled(kind, version, why)),
  );
}

export function cannotBeHandled({ kind }: Kind, version: string, why: string): string {
  return `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`;
}

/** Reads an object that has an apiVersion and a kind. Throws a DecodeError. */
export function decodeObject(
  kind: Kind,
  { apiVersion, kind: kindName, metadata, ...rest }: JsonObject,
  duplicates: readonly string[],
): Decoded {
  const unknown: string[] = [];
  const meta = decodeMetadata(metadata, unknown);
  const parts = kind.schema === undefined ? sorted(rest) : prune(kind.schema, rest, '', unknown);
  const object = { apiVersion: String(apiVersion), kind: String(kindName), metadata: meta, ...(parts as JsonObject) };
  return {
    object,
    complaints: [
      ...duplicates.map((path) => `duplicate field "${path}"`),
      ...unknown.map((path) => `unknown field "${path}"`),
    ],
  };
}

/** Runs a decoder. Turns a DecodeError into the answer for this kind of request. */
export function decodeOr<T>(decode: () => T, refusal: (why: string) => Error): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof DecodeError) throw refusal(cause.message);
    throw cause;
  }
}

/** Parses JSON, and lists the fields that occur twice. Throws a GoSyntaxError. */
export function parseJson(text: string): { readonly raw: unknown; readonly duplicates: readonly string[] } {
  const duplicates = new GoJsonReader(text).duplicates();
  return { raw: JSON.parse(text), duplicates };
}

function parseBody(kind: Kind, contentType: string, body: string): ReturnType<typeof parseJson> {
  const mediaType = contentType.split(';')[0]?.trim() ?? '';
  if (mediaType === 'application/yaml') return { raw: parseYamlBody(kind, body), duplicates: [] };
  if (mediaType !== '' && mediaType !== 'application/json') throw unsupportedMediaType(ACCEPTED);
  try {
    return parseJson(body);
  } catch (cause) {
    if (!(cause instanceof GoSyntaxError)) throw cause;
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${cause.message}`, body);
  }
}

function parseYamlBody(kind: Kind, body: string): unknown {
  try {
    return parseYaml(body);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw unrecognized(kind, `yaml: ${cause.message.split('\n')[0]}`, body);
  }
}

/** Objects of built-in kinds may leave out apiVersion and kind: the path names them. */
function withTypeMeta(kind: Kind, expected: string, raw: unknown, body: string): KubeObject | (JsonObject & TypeMeta) {
  const refuse = (why: string) => unrecognized(kind, why, body);
  if (raw !== null && !isObject(raw)) {
    throw refuse(
      `couldn't get version/kind; json parse error: ${cannotUnmarshal(raw, `Go value of type ${TYPE_META}`)}`,
    );
  }
  const isBuiltIn = kind.schema === undefined;
  const { apiVersion = isBuiltIn ? expected : '', kind: kindName = isBuiltIn ? kind.kind : '', ...rest } = raw ?? {};
  if (typeof apiVersion !== 'string') throw refuse(notText(apiVersion, 'apiVersion'));
  if (typeof kindName !== 'string') throw refuse(notText(kindName, 'kind'));
  if (kindName === '') throw refuse(`Object 'Kind' is missing in '${body}'`);
  return { apiVersion, kind: kindName, ...rest };
}

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

function notText(value: unknown, field: string): string {
  return `couldn't get version/kind; json parse error: ${cannotUnmarshal(value, `Go struct field .${field} of type string`)}`;
}

function cannotUnmarshal(value: unknown, into: string): string {
  return `json: cannot unmarshal ${goType(value)} into ${into}`;
}

function unrecognized({ kind }: Kind, why: string, body: string): Error {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`);
}

/** The beginning of a body: as text if it looks like JSON, else in hexadecimal. */
function summary(body: string): string {
  if (body === '') return '<empty>';
  const cut = Buffer.from(body).subarray(0, SUMMARY_LENGTH);
  const shown = body.startsWith('{') ? cut.toString() : cut.toString('hex');
  return Buffer.byteLength(body) > SUMMARY_LENGTH ? `${shown} ...` : shown;
}
