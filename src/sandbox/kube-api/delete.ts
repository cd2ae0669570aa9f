import { parseJson } from './decode.ts';
import { type FieldError, notSupported } from './field-error.ts';
import { GoSyntaxError } from './go-json.ts';
import { KINDS, NAMESPACES, resourceOf } from './kinds.ts';
import { selected } from './list.ts';
import { at, field, isObject, type JsonObject, type KubeObject } from './object.ts';
import type { Api, ResourceRequest } from './request.ts';
import { now } from './save.ts';
import { badRequest, conflict, forbiddenTo } from './status.ts';
import type { Stored } from './store.ts';
import { existing } from './write-checks.ts';
import { dryRunErrors, refuseOptions } from './write-options.ts';

const PROPAGATION_POLICIES = ['Foreground', 'Background', 'Orphan', 'nil'];
/** Namespaces that cannot be deleted. */
const KEPT_NAMESPACES = ['default', 'kube-system', 'kube-public'];

/** DELETE of one object. Returns a Status, or the object if finalizers keep it. */
export function deleteOne(api: Api, request: ResourceRequest, body: string): JsonObject {
  const { kind, name } = request;
  const options = deleteOptions(request, body);
  const current = existing(api, request);
  if (kind === NAMESPACES && KEPT_NAMESPACES.includes(name)) {
    throw forbiddenTo(resourceOf(kind), name, 'this namespace may not be deleted');
  }
  checkPreconditions(request, options.preconditions, current);
  if ((current.object.metadata.finalizers ?? []).length > 0) return markDeleted(api, request, options.dryRun, current);

  if (!options.dryRun) remove(api, request, current);
  return success(request, current);
}

/** DELETE of a collection. Returns what was deleted. */
export function deleteCollection(api: Api, request: ResourceRequest, body: string): readonly Stored[] {
  const { dryRun } = deleteOptions(request, body);
  const doomed = selected(api, request);
  if (!dryRun) for (const stored of doomed) remove(api, request, stored);
  return doomed;
}

/** Deletes an object, and with a namespace everything in it. In a real cluster a controller does that a moment later. */
function remove(api: Api, { kind }: ResourceRequest, stored: Stored): void {
  if (kind === NAMESPACES) {
    for (const inside of KINDS.filter(({ namespaced }) => namespaced)) {
      const prefix = `${stored.key}/`;
      for (const object of api.store.all(inside)) if (object.key.startsWith(prefix)) api.store.delete(inside, object);
    }
  }
  api.store.delete(kind, stored);
}

function markDeleted(api: Api, { kind }: ResourceRequest, dryRun: boolean, { object, key }: Stored): KubeObject {
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) return object;

  const deletionTimestamp = now();
  const generation = metadata.generation === undefined ? {} : { generation: metadata.generation + 1 };
  const marked = { ...metadata, ...generation, deletionGracePeriodSeconds: 0, deletionTimestamp };
  if (dryRun) return { ...object, metadata: marked };
  return api.store.put(kind, key, (resourceVersion) => ({ ...object, metadata: { ...marked, resourceVersion } }))
    .object;
}

function success({ kind, name }: ResourceRequest, { object }: Stored): JsonObject {
  const { group, plural } = kind;
  const details = { name, ...(group === '' ? {} : { group }), kind: plural, uid: object.metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

interface DeleteOptions {
  readonly dryRun: boolean;
  readonly preconditions: unknown;
}

/** Options are in the query or in the body. If there is a body, the query is ignored. */
function deleteOptions({ query }: ResourceRequest, body: string): DeleteOptions {
  const sent = body === '' ? undefined : parseOptions(body);
  const fromBody = field(sent, 'dryRun');
  const inBody = Array.isArray(fromBody) ? fromBody.map(String) : [];
  const dryRun = sent === undefined ? query.getAll('dryRun') : inBody;
  const policy = sent === undefined ? (query.get('propagationPolicy') ?? undefined) : field(sent, 'propagationPolicy');
  refuseOptions('DeleteOptions', [...dryRunErrors(dryRun), ...policyErrors(policy)]);
  return { dryRun: dryRun.includes('All'), preconditions: field(sent, 'preconditions') };
}

function policyErrors(policy: unknown): readonly FieldError[] {
  const isKnown = policy === undefined || PROPAGATION_POLICIES.includes(String(policy));
  return isKnown ? [] : [notSupported('propagationPolicy', policy, PROPAGATION_POLICIES)];
}

function parseOptions(body: string): unknown {
  try {
    const { raw } = parseJson(body);
    if (isObject(raw)) return checkedKind(raw);
  } catch (cause) {
    if (!(cause instanceof GoSyntaxError)) throw cause;
    throw badRequest(`couldn't get version/kind; json parse error: ${cause.message}`);
  }
  throw badRequest(`couldn't get version/kind; json parse error: no object`);
}

function checkedKind(options: JsonObject): JsonObject {
  const { kind = 'DeleteOptions', apiVersion = 'meta.k8s.io/v1' } = options;
  if (kind === 'DeleteOptions') return options;
  const scheme = 'pkg/apis/meta/internalversion/scheme/register.go:27';
  throw badRequest(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "${scheme}"`,
  );
}

/** Unlike the conflicts of a PUT, these name the kind and the stored values. */
function checkPreconditions({ kind, name }: ResourceRequest, preconditions: unknown, { object }: Stored): void {
  const { uid, resourceVersion } = object.metadata;
  const subject = { group: kind.group, kind: kind.kind };
  const wantedUid = at(preconditions, 'uid');
  if (wantedUid !== undefined && wantedUid !== uid) {
    const why = `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid})`;
    throw conflict(subject, name, `${why}. The object might have been deleted and then recreated`);
  }
  const wanted = at(preconditions, 'resourceVersion');
  if (wanted !== undefined && wanted !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${resourceVersion})`;
    throw conflict(subject, name, `${why}. The object might have been modified`);
  }
}
