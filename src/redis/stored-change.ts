import { z } from 'zod';
import { type Change, failReasons, holdReasons, movedHow, voidReasons } from '../domain/change/change.ts';
import { editVerbs, objectMoves } from '../domain/change/edit.ts';
import { unmeasuredReasons } from '../domain/change/seen.ts';
import { denialReasons, movingDeeds } from '../domain/policy/judge.ts';
import { changeIdSchema, revisionSchema, splitSchema } from '../domain/routing/ledger.ts';
import { tools } from '../domain/routing/owner.ts';
import { ruleKinds } from '../domain/routing/rule-file.ts';
import { LaterRecordError, UntrustedRecordError } from '../workflow/errors.ts';
import { isSigned, parseJson, sign } from './signature.ts';

/** A change as Redis keeps it. `rev` and `kind` stand beside the record so that scripts can compare them. */
export interface StoredChange {
  readonly rev: string;
  readonly kind: string;
  readonly record: string;
  readonly mac: string;
}

/** How the object of a record or a job is read. */
export const objectSchema = z.object({
  cluster: z.string(),
  namespace: z.string(),
  kind: z.literal('VirtualService'),
  name: z.string(),
});

/** All of it strict: what a later version of us adds is not dropped by one that writes the record again, but refused. */
const rolledBack = z.strictObject({ by: z.string(), change: changeIdSchema });
/** How a record names an object of whatever kind. */
export const objectRefSchema = z.strictObject({ kind: z.enum(ruleKinds), namespace: z.string(), name: z.string() });
const time = z.iso.datetime();
const ruleRef = z.strictObject({ name: z.string(), line: z.int() });
/** How somebody whom a policy names is read. */
export const whoSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('everyone') }),
  z.strictObject({ kind: z.literal('user'), id: z.string() }),
  z.strictObject({ kind: z.literal('group'), name: z.string(), users: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('usergroup'), name: z.string(), id: z.string() }),
]);
const needs = z.strictObject({
  by: z.array(whoSchema),
  count: z.int().min(1),
  expiresMs: z.int().min(1),
  rule: ruleRef,
});
const count = z.record(z.string(), z.int().min(0));
const counts = { answered: count, unanswered: count };
const services = z.array(z.strictObject({ namespace: z.string(), name: z.string(), ...counts }));
const seen = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('counted'), from: time, until: time, ...counts, services: services.optional() }),
  z.strictObject({ kind: z.literal('not-measured'), because: z.enum(unmeasuredReasons) }),
]);
const content = z.strictObject({
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  spec: z.record(z.string(), z.json()),
});
const state = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('awaiting'), expiresAt: time, needs }),
  z.strictObject({ kind: z.literal('rejected'), at: time, by: z.string(), reason: z.string().optional() }),
  z.strictObject({ kind: z.literal('withdrawn'), at: time, by: z.string() }),
  z.strictObject({ kind: z.literal('expired'), at: time }),
  z.strictObject({
    kind: z.literal('void'),
    at: time,
    because: z.enum(voidReasons),
    uid: z.string().optional(),
    live: splitSchema.optional(),
    lastWriter: z.string().optional(),
    denied: z.enum(denialReasons).optional(),
    hold: z
      .strictObject({
        name: z.string().optional(),
        by: z.string().optional(),
        reason: z.string().optional(),
        line: z.int().optional(),
      })
      .optional(),
    heldUntil: time.optional(),
    rule: ruleRef.optional(),
    stamp: z.string().optional(),
    moved: z
      .array(
        objectRefSchema.extend({
          how: z.enum(objectMoves),
          by: changeIdSchema.optional(),
          content: content.optional(),
        }),
      )
      .optional(),
  }),
  z.strictObject({ kind: z.literal('queued') }),
  z.strictObject({ kind: z.literal('applying') }),
  z.strictObject({
    kind: z.literal('applied'),
    at: time,
    seq: z.int(),
    tookMs: z.number(),
    live: splitSchema,
    warnings: z.array(z.string()),
    rolledBack: rolledBack.optional(),
    later: changeIdSchema.optional(),
    movedAway: z
      .strictObject({
        at: z.string(),
        manager: z.string().optional(),
        live: splitSchema,
        how: z.enum(movedHow),
        name: z.string().optional(),
      })
      .optional(),
    seen: seen.optional(),
    toBeSeen: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('held'),
    at: time,
    because: z.enum(holdReasons),
    uid: z.string(),
    live: splitSchema,
    lastWriter: z.string().optional(),
    object: objectRefSchema.optional(),
    stamp: z.string().optional(),
    found: z.array(objectRefSchema.extend({ content })).optional(),
  }),
  z.strictObject({ kind: z.literal('superseded'), at: time, by: changeIdSchema.optional() }),
  z.strictObject({ kind: z.literal('discarded'), at: time, by: z.string() }),
  z.strictObject({
    kind: z.literal('failed'),
    at: time,
    because: z.enum(failReasons),
    detail: z.string().optional(),
    settled: z.boolean().optional(),
    object: objectRefSchema.optional(),
    written: z.array(objectRefSchema).optional(),
    rolledBack: rolledBack.optional(),
  }),
]);

const edits = z.strictObject({
  verb: z.enum(editVerbs),
  of: z.string(),
  objects: z.array(
    objectRefSchema.extend({
      uid: z.string().optional(),
      seq: z.int().min(0),
      before: content.optional(),
      after: content.optional(),
      ledger: z.strictObject({ seq: z.int().min(0), revisions: z.array(revisionSchema) }).optional(),
      from: splitSchema,
      to: splitSchema,
      pinned: z.array(z.string()),
    }),
  ),
});

const planWarning = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('puts-back'),
    owner: z.strictObject({ tool: z.enum(tools), name: z.string().optional() }),
  }),
  z.strictObject({
    kind: z.literal('undefined-versions'),
    versions: z.array(z.strictObject({ host: z.string(), version: z.string() })),
  }),
]);

const schema = z.strictObject({
  v: z.literal(1),
  id: changeIdSchema,
  request: z.string(),
  object: z.strictObject(objectSchema.shape),
  service: z.string(),
  rule: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  origin: z.strictObject({ team: z.string(), channel: z.string(), thread: z.string().optional() }),
  focus: z.string().optional(),
  from: splitSchema,
  to: splitSchema,
  base: z.strictObject({ uid: z.string(), seq: z.int(), after: changeIdSchema.optional() }),
  reverts: changeIdSchema.optional(),
  pinned: z.array(z.string()),
  edits: edits.optional(),
  warnings: z.array(planWarning).optional(),
  deed: z.enum(movingDeeds).optional(),
  team: z.string().optional(),
  approvals: z.array(z.strictObject({ by: z.string(), at: time })).optional(),
  insistedBy: z.string().optional(),
  acceptedAt: time,
  state,
  rev: z.int().min(0),
});

/** What is signed with our key in a shape that is not ours comes from a later version too. */
const ofLaterVersion = z.looseObject({ v: z.int().min(2) });

/** With a key, records are signed: whoever can write to Redis can then delay a change, but not make one. */
export function storeChange(change: Change, key: string | undefined): StoredChange {
  const record = JSON.stringify({ v: 1, ...change });
  return { rev: String(change.rev), kind: change.state.kind, record, mac: sign(record, key) };
}

export function readStoredChange(stored: StoredChange, key: string | undefined): Change {
  if (!isSigned(stored, key)) throw new UntrustedRecordError('the signature of a stored change does not fit');
  const json = parseJson(stored.record);
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const why = z.prettifyError({ issues: parsed.error.issues.slice(0, 5) }).slice(0, 500);
    throw key !== undefined || ofLaterVersion.safeParse(json).success
      ? new LaterRecordError(why)
      : new UntrustedRecordError(why);
  }
  const { v: _, ...change } = parsed.data;
  return withBeginning(change, stored);
}

/** A worker begins a change without rewriting its record: only `kind` and `rev` move on. */
function withBeginning(change: Change, { kind, rev }: StoredChange): Change {
  if (kind === 'applying' && change.state.kind === 'queued' && rev === String(change.rev + 1))
    return { ...change, state: { kind: 'applying' }, rev: change.rev + 1 };
  if (kind === change.state.kind && rev === String(change.rev)) return change;
  throw new UntrustedRecordError('a stored change and its index do not fit together');
}
