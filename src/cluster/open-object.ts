import { z } from 'zod';
import type { ObjectContent, ObjectRef } from '../domain/change/edit.ts';
import { findRevision, type Ledger, ledgerAnnotation, readLedger } from '../domain/routing/ledger.ts';
import type { RoutingObject } from '../domain/routing/names.ts';
import type { Route } from '../domain/routing/route.ts';
import type { RuleKind } from '../domain/routing/rule-file.ts';
import { LedgerUnreadableError, RejectedError } from '../workflow/errors.ts';
import type { FoundObject, OpenObject, Put, SoughtChange } from '../workflow/ports/mesh.ts';
import type { JsonPatch, KubeClient, Reply, Resource } from './client/kube-client.ts';
import { AlreadyExistsError, ConflictError, NotFoundError } from './client/kube-errors.ts';
import { destinationRules, ledgerText, readVirtualService, toRoute, virtualServices } from './kinds/virtual-service.ts';
import { ownersOf } from './object-owners.ts';

const resources: Readonly<Record<RuleKind, Resource>> = {
  VirtualService: virtualServices,
  DestinationRule: destinationRules,
};

const marks = z.record(z.string(), z.string());
const writer = z.object({
  manager: z.string().default('unknown'),
  time: z.string().default(''),
  fieldsV1: z.looseObject({ 'f:spec': z.unknown() }).optional().catch(undefined),
});
/** What we read of an object that may be replaced whole. */
const ruleObject = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    labels: marks.optional(),
    annotations: marks.optional(),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z.array(z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() })).default([]),
    managedFields: z.array(writer).default([]),
  }),
  spec: z.record(z.string(), z.json()).default({}),
});
type RuleObject = z.infer<typeof ruleObject>;
/** As much of an object as tells what we did to it. */
const marked = z.object({ metadata: z.object({ annotations: marks.optional() }) });
/** What a write is answered with; of a dry run that creates, the object has no version. */
const written = z.object({
  metadata: z.object({ labels: marks.optional(), annotations: marks.optional() }),
  spec: ruleObject.shape.spec,
});

/** Reads an object live, so that it can be written whole. */
export async function openObject(client: KubeClient, object: ObjectRef): Promise<OpenObject> {
  const live = await getLive(client, object);
  return {
    seen: live && toFound(object, live),
    put: (next, ledger, { dryRun = false } = {}) =>
      put(client, { object, live, next, ledger, dryRun: dryRun !== false, isStrict: dryRun === 'strict' }),
  };
}

export function momentOf(client: KubeClient, { kind, namespace }: ObjectRef): Promise<string> {
  return client.version(resources[kind], namespace);
}

/** Whether an object had a change in its ledger at any time since a moment; undefined where the server does not remember that long. */
export async function hadChange(
  client: KubeClient,
  { kind, namespace, name }: ObjectRef,
  { id, since }: SoughtChange,
): Promise<boolean | undefined> {
  const objects = await client.eventsSince(resources[kind], { namespace, name, since });
  return objects?.some((object) => {
    const { annotations } = marked.safeParse(object).data?.metadata ?? {};
    const reading = readLedger(annotations?.[ledgerAnnotation]);
    return reading.kind === 'ledger' && findRevision(reading.ledger, id) !== undefined;
  });
}

/** How a VirtualService of that content would route. */
export function picture({ cluster, namespace, name }: RoutingObject, { spec }: ObjectContent): Route {
  const object = { metadata: { name, namespace, uid: '', resourceVersion: '' }, spec };
  return toRoute(cluster, readVirtualService(object, `${namespace}/${name} is to be a VirtualService`), () => []);
}

interface Putting {
  readonly object: ObjectRef;
  readonly live: RuleObject | undefined;
  readonly next: ObjectContent | undefined;
  readonly ledger: Ledger;
  readonly dryRun: boolean;
  readonly isStrict: boolean;
}

async function put(client: KubeClient, putting: Putting): Promise<Put> {
  try {
    const { object, live, next, dryRun, isStrict } = putting;
    if (next !== undefined) {
      const reply = await (live === undefined ? create : replace)(client, putting, next);
      if (isStrict) refuseUnknown(reply);
      return toPut(object, reply);
    }
    if (live === undefined) return { kind: 'put', warnings: [] };
    const { uid, resourceVersion } = live.metadata;
    const { kind, namespace, name } = object;
    const warnings = await client.delete(resources[kind], namespace, name, { uid, resourceVersion }, dryRun);
    return { kind: 'put', warnings };
  } catch (error) {
    if (error instanceof ConflictError || error instanceof AlreadyExistsError) return { kind: 'conflict' };
    if (!(error instanceof NotFoundError)) throw error;
    if (putting.live !== undefined) return { kind: 'conflict' };
    throw new RejectedError(error.message, { cause: error }); // there is not even the namespace
  }
}

/** The server's own refusal (`fieldValidation=Strict`) has the whole object in its words. */
function refuseUnknown({ warnings }: Reply): void {
  const unknown = warnings.filter((warning) => warning.startsWith('unknown field '));
  if (unknown.length > 0) throw new RejectedError(unknown.join(', '));
}

function create(client: KubeClient, { object, ledger, dryRun }: Putting, next: ObjectContent): Promise<Reply> {
  const { kind, namespace, name } = object;
  const { group, version } = resources[kind];
  const { labels } = next;
  const annotations = withLedger(next, ledger);
  const metadata = { name, namespace, ...(labels && { labels }), annotations };
  const body = { apiVersion: `${group}/${version}`, kind, metadata, spec: next.spec };
  return client.create(resources[kind], namespace, body, dryRun);
}

/** `replace` of the resourceVersion is the guard, as for weights; what is neither spec nor mark stays as it is. */
function replace(client: KubeClient, { object, live, ledger, dryRun }: Putting, next: ObjectContent): Promise<Reply> {
  const { kind, namespace, name } = object;
  const patch: JsonPatch = [
    { op: 'replace', path: '/metadata/resourceVersion', value: live?.metadata.resourceVersion },
    ...labelsOperation(live?.metadata.labels, next.labels),
    { op: 'add', path: '/metadata/annotations', value: withLedger(next, ledger) },
    { op: 'add', path: '/spec', value: next.spec },
  ];
  return client.patch(resources[kind], namespace, name, patch, dryRun);
}

function labelsOperation(live: ObjectContent['labels'], next: ObjectContent['labels']): JsonPatch {
  if (next !== undefined) return [{ op: 'add', path: '/metadata/labels', value: next }];
  return live === undefined ? [] : [{ op: 'remove', path: '/metadata/labels' }];
}

function withLedger({ annotations }: ObjectContent, ledger: Ledger): Readonly<Record<string, string>> {
  return { ...annotations, [ledgerAnnotation]: ledgerText(annotations, ledger) };
}

async function getLive(client: KubeClient, object: ObjectRef): Promise<RuleObject | undefined> {
  try {
    return parse(ruleObject, object, await client.get(resources[object.kind], object.namespace, object.name));
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

function toPut(object: ObjectRef, { body, warnings }: Reply): Put {
  return { kind: 'put', content: contentOf(parse(written, object, body)), warnings };
}

function parse<T>(schema: z.ZodType<T>, { kind, namespace, name }: ObjectRef, object: unknown): T {
  const parsed = schema.safeParse(object);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError({ issues: parsed.error.issues.slice(0, 2) }).slice(0, 300);
  throw new RejectedError(`the API server sent a ${kind} ${namespace}/${name} that we cannot read: ${why}`);
}

function toFound(object: ObjectRef, live: RuleObject): FoundObject {
  const { metadata } = live;
  const lastWriter = lastWriterOf(metadata);
  return {
    uid: metadata.uid,
    content: contentOf(live),
    ledger: ledgerOf(object, live),
    isGoing: metadata.deletionTimestamp !== undefined,
    lastWriter: lastWriter && { manager: lastWriter.manager, at: lastWriter.time },
    owners: ownersOf({ ...metadata, kind: object.kind }, lastWriter?.manager, undefined),
  };
}

/** Without our record, which is kept beside the content. */
function contentOf({ metadata: { labels, annotations = {} }, spec }: z.infer<typeof written>): ObjectContent {
  const { [ledgerAnnotation]: _, ...others } = annotations;
  return {
    ...(labels && { labels }),
    ...(Object.keys(others).length > 0 && { annotations: others }),
    spec,
  };
}

function ledgerOf({ kind, namespace, name }: ObjectRef, { metadata }: RuleObject): Ledger {
  const reading = readLedger(metadata.annotations?.[ledgerAnnotation]);
  if (reading.kind === 'ledger') return reading.ledger;
  throw new LedgerUnreadableError(
    `the annotation ${ledgerAnnotation} of ${kind} ${namespace}/${name} holds what shiftbot did not write: ${reading.why}`,
  );
}

/** Whoever changed the spec last; the times alone are whole seconds, and count every annotation. */
function lastWriterOf({ managedFields }: RuleObject['metadata']): z.infer<typeof writer> | undefined {
  const ofSpec = managedFields.filter(({ fieldsV1 }) => fieldsV1?.['f:spec'] !== undefined);
  const writers = ofSpec.length > 0 ? ofSpec : managedFields;
  return writers.toSorted((a, b) => a.time.localeCompare(b.time)).at(-1);
}
