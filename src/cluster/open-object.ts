import { z } from 'zod';
import {
  emptyLedger,
  findRevision,
  type Ledger,
  ledgerAnnotation,
  readLedger,
  record,
} from '../domain/routing/ledger.ts';
import { type Marks, type ObjectContent, type ObjectRef, refText } from '../domain/routing/object.ts';
import type { Route, RuleSplit } from '../domain/routing/route.ts';
import type { Move } from '../domain/routing/split.ts';
import type { JsonObject } from '../domain/text/json.ts';
import { RejectedError } from '../workflow/errors.ts';
import type { DryRun, OpenObject, SoughtChange, Writable, Written } from '../workflow/ports/mesh.ts';
import type { Provenance } from '../workflow/ports/provenance.ts';
import type { JsonPatch, KubeClient, KubeReply, Resource } from './client/kube-client.ts';
import { AlreadyExistsError, ConflictError, NotFoundError } from './client/kube-errors.ts';
import { getLive } from './get-live.ts';
import { marks, nothingDefined, parseObject, type RoutingObject } from './kinds/kind.ts';
import { kinds } from './kinds/kinds.ts';
import { ledgerText, withoutLedger } from './ledger-annotation.ts';

/** It came as JSON, so it holds nothing else. We need not check all of it. */
const json = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
/** What an object holds, as the API server sends it. After a dry run of a create it has no resourceVersion. */
const whole = z.object({
  metadata: z.object({ labels: marks.optional(), annotations: marks.optional() }),
  spec: json.default({}),
});
/** The part of an object that says what we did to it. */
const marked = z.object({ metadata: z.object({ annotations: marks.optional() }) });

const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** Where an object is. */
export interface Place {
  readonly ref: ObjectRef;
  /** The version of its kind that the cluster serves. */
  readonly resource: Resource;
  /** Signs what is added to the history. Absent where nobody has a key. */
  readonly provenance?: Provenance | undefined;
}

/** An object as it was read live. */
export interface Reading {
  readonly body: unknown;
  readonly object: RoutingObject;
  readonly route: Route;
}

/** What was read, or that nothing was there, and the one write that this reading allows. */
export function openObject(
  client: KubeClient,
  { ref, resource, provenance }: Place,
  reading: Reading | undefined,
): OpenObject {
  const live = reading && {
    ...reading.route,
    content: contentOf(ref, reading.body),
    isGoing: reading.object.metadata.deletionTimestamp !== undefined,
  };
  return {
    live,
    write: (edit, revision, { dryRun = false } = {}) => {
      const begins = live?.ledger ?? (edit.kind === 'content' ? edit.ledger : undefined) ?? emptyLedger;
      const recorded = record(begins, revision);
      const ledger = provenance?.sign(recorded, ref) ?? recorded;
      return write(client, { ref, resource, object: reading?.object, edit, ledger, dryRun });
    },
  };
}

export function momentOf(client: KubeClient, { ref: { namespace }, resource }: Place): Promise<string> {
  return client.version(resource, namespace);
}

/** Whether an object had a change in its ledger at any time since a moment. Undefined if the server does not remember that far back. */
export async function hadChange(
  client: KubeClient,
  { ref: { namespace, name }, resource }: Place,
  { id, since }: SoughtChange,
): Promise<boolean | undefined> {
  const objects = await client.eventsSince(resource, { namespace, name, since });
  return objects?.some((object) => {
    const { annotations } = marked.safeParse(object).data?.metadata ?? {};
    const reading = readLedger(annotations?.[ledgerAnnotation]);
    return reading.kind === 'ledger' && findRevision(reading.ledger, id) !== undefined;
  });
}

/** How an object with this content would route. */
export function picture(
  ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>,
  { spec }: ObjectContent,
  domain?: string,
): Pick<Route, 'hosts' | 'gateways' | 'rules'> {
  const { kind, namespace, name } = ref;
  const object = { metadata: { name, namespace, uid: '', resourceVersion: '' }, spec };
  const routing = kinds[kind].read(object, { whose: `${namespace}/${name} is to be a ${kind}`, domain });
  const { hosts, gateways } = routing;
  return { hosts, gateways, rules: routing.rules(nothingDefined) };
}

/**
 * Sets the weights of these rules and the history, and touches nothing else. `replace` of the resourceVersion is the guard: if it is
 * stale, the API server answers 409. A failed `test` would be a 422, like any malformed patch.
 */
export function weightsPatch(object: RoutingObject, moves: readonly Move[], ledger: Ledger): JsonPatch {
  const { kind, metadata } = object;
  const weights = object.weights(moves);
  const text = ledgerText(metadata.annotations, ledger, { kind, ...metadata });
  return [guard(object), ledgerOperation(metadata.annotations, text), ...weights];
}

interface Writing extends Place {
  readonly object: RoutingObject | undefined;
  readonly edit: Writable;
  readonly ledger: Ledger;
  readonly dryRun: DryRun;
}

async function write(client: KubeClient, writing: Writing): Promise<Written> {
  try {
    const { body, warnings } = await send(client, writing);
    if (writing.dryRun === 'strict') refuseUnknown(warnings);
    return { kind: 'written', seq: writing.ledger.seq, ...resultOf(writing, body), warnings };
  } catch (error) {
    if (error instanceof ConflictError || error instanceof AlreadyExistsError) return { kind: 'conflict' };
    if (isUnfit(error) && (await isChanged(client, writing))) return { kind: 'conflict' };
    if (!(error instanceof NotFoundError)) throw error;
    if (writing.object !== undefined) return { kind: 'conflict' };
    throw new RejectedError(error.message, { cause: error }); // the namespace does not exist
  }
}

/**
 * The API server's answer to a JSON Patch that does not fit the object. It says so before it looks at the resourceVersion: somebody took away
 * a rule, or all annotations.
 */
function isUnfit(error: unknown): boolean {
  return (
    error instanceof RejectedError && error.message === 'the server rejected our request due to an error in our request'
  );
}

async function isChanged(client: KubeClient, { ref, resource, object }: Writing): Promise<boolean> {
  const now = await getLive(client, resource, ref.namespace, ref.name);
  return (
    now === undefined || versioned.safeParse(now).data?.metadata.resourceVersion !== object?.metadata.resourceVersion
  );
}

/** Sends one request, or none if there is no object and there should be none. */
async function send(client: KubeClient, writing: Writing): Promise<KubeReply> {
  const { ref, resource, object, edit, ledger, dryRun } = writing;
  const { namespace, name } = ref;
  const isDry = dryRun !== false;
  if (edit.kind === 'weights') {
    if (object === undefined) throw new RejectedError(`there is no ${refText(ref)}`);
    return client.patch(resource, namespace, name, weightsPatch(object, edit.moves, ledger), isDry);
  }
  if (edit.content !== undefined) {
    if (object === undefined)
      return client.create(resource, namespace, newObject(writing, edit.content, ledger), isDry);
    return client.patch(resource, namespace, name, contentPatch(object, edit.content, ledger), isDry);
  }
  if (object === undefined) return { body: undefined, warnings: [] };
  const { uid, resourceVersion } = object.metadata;
  const warnings = await client.delete(resource, namespace, name, { uid, resourceVersion }, isDry);
  return { body: undefined, warnings };
}

/** The object as the server returned it. */
function resultOf({ ref, edit }: Writing, body: unknown): { splits: readonly RuleSplit[]; content?: ObjectContent } {
  if (edit.kind === 'content' && edit.content === undefined) return { splits: [] };
  const content = contentOf(ref, body);
  const splits = picture(ref, content).rules.map(({ key, split }) => ({ rule: key, split }));
  return edit.kind === 'weights' ? { splits } : { splits, content };
}

/** Replaces the server's own refusal (`fieldValidation=Strict`), whose message repeats the whole object. */
function refuseUnknown(warnings: readonly string[]): void {
  const unknown = warnings.filter((warning) => warning.startsWith('unknown field '));
  if (unknown.length > 0) throw new RejectedError(unknown.join(', '));
}

function newObject({ ref, resource }: Place, { labels, annotations, spec }: ObjectContent, ledger: Ledger): object {
  const { kind, namespace, name } = ref;
  const { group, version } = resource;
  const text = ledgerText(annotations, ledger, ref);
  const metadata = { name, namespace, ...(labels && { labels }), annotations: withLedger(annotations, text) };
  return { apiVersion: `${group}/${version}`, kind, metadata, spec };
}

/** Changes only the spec, labels and annotations. */
function contentPatch(object: RoutingObject, { labels, annotations, spec }: ObjectContent, ledger: Ledger): JsonPatch {
  const { kind, metadata } = object;
  const text = ledgerText(annotations, ledger, { kind, ...metadata });
  return [
    guard(object),
    ...labelsOperation(metadata.labels, labels),
    { op: 'add', path: '/metadata/annotations', value: withLedger(annotations, text) },
    { op: 'add', path: '/spec', value: spec },
  ];
}

function guard({ metadata }: RoutingObject): JsonPatch[number] {
  return { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion };
}

function labelsOperation(live: Marks | undefined, next: Marks | undefined): JsonPatch {
  if (next !== undefined) return [{ op: 'add', path: '/metadata/labels', value: next }];
  return live === undefined ? [] : [{ op: 'remove', path: '/metadata/labels' }];
}

function ledgerOperation(annotations: Marks | undefined, text: string): JsonPatch[number] {
  if (annotations === undefined) return { op: 'add', path: '/metadata/annotations', value: withLedger({}, text) };
  return { op: 'add', path: `/metadata/annotations/${ledgerAnnotation.replace('/', '~1')}`, value: text };
}

function withLedger(annotations: Marks | undefined, text: string): Marks {
  return { ...annotations, [ledgerAnnotation]: text };
}

/** The content without our ledger, which is kept beside it. */
function contentOf(ref: ObjectRef, object: unknown): ObjectContent {
  const { metadata, spec } = parseObject(whole, object, `the API server sent a ${refText(ref)} that`);
  const { labels, annotations } = metadata;
  const others = withoutLedger(annotations);
  return { ...(labels && { labels }), ...(Object.keys(others).length > 0 && { annotations: others }), spec };
}
