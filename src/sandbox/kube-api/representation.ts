import { stringify } from 'yaml';
import { apiVersion, type Kind } from './kinds.ts';
import type { ObjectList } from './list.ts';
import type { JsonObject, KubeObject } from './object.ts';
import type { ResourceRequest } from './request.ts';
import { StatusError } from './status.ts';
import type { Stored } from './store.ts';
import { partialObject, table } from './table.ts';

export type Form = 'json' | 'yaml' | 'table' | 'partial';

export interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly body: string;
}

/** The first form in an Accept header that we can send. */
export function acceptedForm(accept: string): Form {
  const clauses = accept.split(',').map((clause) => clause.trim());
  const form = clauses.map(formOf).find((one) => one !== undefined);
  if (form === undefined) {
    const known = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
    throw new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${known}`);
  }
  return form;
}

function formOf(clause: string): Form | undefined {
  const [type, ...parameters] = clause.split(';').map((part) => part.trim());
  const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice('as='.length);
  if (type === 'application/yaml') return as === undefined ? 'yaml' : undefined;
  if (type !== 'application/json' && type !== '*/*' && type !== 'application/*' && type !== '') return undefined;
  if (as === undefined) return 'json';
  if (as === 'Table') return 'table';
  return as.startsWith('PartialObjectMetadata') ? 'partial' : undefined;
}

export function json(code: number, body: unknown): Answer {
  return { code, contentType: 'application/json', body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** One object, in the form and version that was asked for. */
export function oneObject(request: ResourceRequest, code: number, object: KubeObject, stored?: string): Answer {
  const form = acceptedForm(request.accept);
  if (form === 'table') return json(code, tableOf(request, [object], object.metadata.resourceVersion));
  if (form === 'partial') return json(code, partialObject(object));
  if (form === 'yaml') return { code, contentType: 'application/yaml', body: toYaml(served(request, object)) };
  return json(code, stored !== undefined && isStorageVersion(request) ? stored : served(request, object));
}

function tableOf({ kind, query }: ResourceRequest, objects: readonly KubeObject[], resourceVersion = ''): JsonObject {
  return table(kind, objects, { resourceVersion }, query.get('includeObject') ?? 'Metadata');
}

export function objectList(request: ResourceRequest, list: ObjectList): Answer {
  const form = acceptedForm(request.accept);
  const objects = list.items.map(({ object }) => object);
  const metadata = listMetadata(request.kind, list);
  if (form === 'table') {
    const { kind, query } = request;
    return json(200, table(kind, objects, tableMetadata(list), query.get('includeObject') ?? 'Metadata'));
  }
  if (form === 'partial') {
    const items = objects.map(partialObject);
    return json(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: tableMetadata(list),
      items,
    });
  }
  const type = apiVersion(request.kind, request.version);
  const body = `{"apiVersion":"${type}","items":[${list.items.map((item) => itemJson(request, item)).join(',')}],"kind":"${request.kind.kind}List","metadata":${JSON.stringify(metadata)}}`;
  return form === 'yaml'
    ? { code: 200, contentType: 'application/yaml', body: toYaml(JSON.parse(body)) }
    : json(200, body);
}

/** In lists of built-in kinds, items have no apiVersion and kind. */
function itemJson(request: ResourceRequest, { object, json }: Stored): string {
  if (request.kind.schema === undefined) {
    const { apiVersion: _, kind: __, ...rest } = object;
    return JSON.stringify(rest);
  }
  return isStorageVersion(request) ? json : JSON.stringify(served(request, object));
}

/** A list of custom resources always has a `continue`, even if it is empty. */
function listMetadata({ schema }: Kind, list: ObjectList): JsonObject {
  const { continueToken, resourceVersion, remainingItemCount } = list;
  return {
    ...(schema !== undefined || continueToken !== '' ? { continue: continueToken } : {}),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    resourceVersion,
  };
}

function tableMetadata({ continueToken, resourceVersion, remainingItemCount }: ObjectList): JsonObject {
  return {
    resourceVersion,
    ...(continueToken === '' ? {} : { continue: continueToken }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

/** An object in the version that was asked for. */
export function served({ kind, version }: ResourceRequest, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersion(kind, version) };
}

function isStorageVersion({ kind, version }: ResourceRequest): boolean {
  return version === kind.versions[0];
}

/** YAML 1.1 makes the library quote timestamps. Without quotes, clients that read YAML 1.1 would not read them as text. */
function toYaml(value: unknown): string {
  return stringify(value, { version: '1.1', indentSeq: false, lineWidth: 0 });
}
