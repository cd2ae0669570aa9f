import { create } from './create.ts';
import { deleteCollection, deleteOne } from './delete.ts';
import { list, type ObjectList } from './list.ts';
import { parseVersion } from './list-options.ts';
import { isObject, type JsonObject, type KubeObject } from './object.ts';
import { patch } from './patch.ts';
import { type Answer, acceptedForm, json, objectList, oneObject } from './representation.ts';
import type { Api, ResourceRequest } from './request.ts';
import { badRequest, methodNotAllowed, PageNotFound, StatusError, tooLargeResourceVersion } from './status.ts';
import { replace } from './update.ts';
import { existing } from './write-checks.ts';

/** Answers every request except a watch. */
export function handle(api: Api, verb: string, request: ResourceRequest, body: string): Answer {
  refuseImpossible(verb, request);
  acceptedForm(request.accept);
  if (verb === 'get') return get(api, request);
  if (verb === 'list') return objectList(request, list(api, request));
  if (verb === 'create') return oneObject(request, 201, create(api, request, body));
  if (verb === 'update') return oneObject(request, 200, replace(api, request, body));
  if (verb === 'patch') return oneObject(request, 200, patch(api, request, body));
  if (verb === 'delete') return deleted(request, deleteOne(api, request, body));
  return objectList(request, listOf(api, deleteCollection(api, request, body)));
}

/** Like the real server: an unknown subresource is 404, and an unsupported verb is 405. */
function refuseImpossible(verb: string, request: ResourceRequest): void {
  const { kind, namespace, name, subresource } = request;
  const isCustom = kind.schema !== undefined;
  if (subresource !== '' && subresource !== 'status') throw noSuchSubresource(request);
  if (subresource !== '' && !['get', 'update', 'patch'].includes(verb)) throw notAVerb(verb, request);
  const isCollection = name === '';
  if (kind.namespaced && namespace === '' && !(isCollection && (verb === 'list' || verb === 'watch'))) {
    throw isCustom ? new PageNotFound() : methodNotAllowed();
  }
  if (isCollection && (verb === 'update' || verb === 'patch')) {
    throw isCustom ? badRequest('name must be provided') : methodNotAllowed();
  }
  if (verb === 'create' && !isCollection && !isCustom) throw methodNotAllowed();
  if (!['get', 'list', 'create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb))
    throw notAVerb('', request);
}

function noSuchSubresource({ kind, name }: ResourceRequest): Error {
  const { group, plural, schema } = kind;
  if (schema === undefined) {
    return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  }
  return new StatusError(404, 'NotFound', `${plural}.${group} ${JSON.stringify(name)} not found`, {
    name,
    group,
    kind: plural,
  });
}

function notAVerb(verb: string, { kind }: ResourceRequest): Error {
  if (kind.schema === undefined) return methodNotAllowed();
  const { group, plural } = kind;
  const message = `${verb} is not supported on resources of kind "${plural}.${group}"`;
  return new StatusError(405, 'MethodNotAllowed', message, { group, kind: plural });
}

function get(api: Api, request: ResourceRequest): Answer {
  const asked = parseVersion(request.query.get('resourceVersion') ?? '', 'get') ?? 0;
  if (asked > api.store.version) throw tooLargeResourceVersion(asked, api.store.version);
  const stored = existing(api, request);
  return oneObject(request, 200, stored.object, stored.json);
}

/** A Status is always JSON. An object that finalizers keep is sent in the form that the client asked for. */
function deleted(request: ResourceRequest, result: JsonObject): Answer {
  return isKubeObject(result) ? oneObject(request, 200, result) : json(200, result);
}

function isKubeObject(result: JsonObject): result is JsonObject & KubeObject {
  return result['kind'] !== 'Status' && isObject(result['metadata']);
}

function listOf({ store }: Api, items: ObjectList['items']): ObjectList {
  return { items, resourceVersion: String(store.version), continueToken: '' };
}
