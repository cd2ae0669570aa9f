import { z } from 'zod';
import type { Change } from '../../domain/change/change.ts';
import { failReasons, holdReasons, movedHow, objectMoves, voidReasons } from '../../domain/change/state.ts';
import { denialReasons, movingDeeds } from '../../domain/policy/judge.ts';
import { changeIdSchema, rampIdSchema, revisionSchema, splitSchema } from '../../domain/routing/ledger.ts';
import { LaterRecordError, UntrustedRecordError } from '../../workflow/errors.ts';
import { isSigned, parseJson, type RecordKey, sign } from '../signature.ts';
import {
  approvalSchema,
  astraySchemas,
  contentSchema,
  holdSchema,
  objectInClusterSchema,
  originSchema,
  plainStates,
  planWarningSchema,
  rolledBackSchema,
  ruleRefSchema,
  seenSchema,
  timeSchema,
} from './record-parts.ts';
import { changeOfVersion1, version1Schema } from './stored-change-v1.ts';

/** A change as Redis keeps it. `rev` and `kind` are beside the record, so that scripts can compare them. */
export interface StoredChange {
  readonly rev: string;
  readonly kind: string;
  readonly record: string;
  readonly mac: string;
}

const version = 2;
/** With a note that version 2 does not know. Whoever does not know it leaves the change to others. */
const versionOfReminded = 3;

const objectRef = objectInClusterSchema.extend({ cluster: z.string() });
const ruleSplits = z.array(z.strictObject({ rule: z.string(), split: splitSchema }));
const move = z.strictObject({ rule: z.string(), from: splitSchema, to: splitSchema });

const bound = {
  object: objectRef,
  uid: z.string().optional(),
  seq: z.int().min(0),
  behind: changeIdSchema.optional(),
  pinned: z.array(z.string()),
};
const edit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('weights'), ...bound, moves: z.tuple([move], move) }),
  z.strictObject({
    kind: z.literal('content'),
    ...bound,
    before: contentSchema.optional(),
    after: contentSchema.optional(),
    ledger: z.strictObject({ seq: z.int().min(0), revisions: z.array(revisionSchema) }).optional(),
    moves: z.array(move),
  }),
]);

const wholeAims = [
  z.strictObject({ kind: z.literal('file'), verb: z.enum(['apply', 'delete']), file: z.string() }),
  z.strictObject({ kind: z.literal('unpin'), rule: z.string() }),
  z.strictObject({ kind: z.literal('init'), service: z.string() }),
] as const;
const aim = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('split'), focus: z.string().optional() }),
  ...wholeAims,
  z.strictObject({ kind: z.literal('back'), before: z.discriminatedUnion('kind', wholeAims).optional() }),
]);

const movedObjects = z.array(
  z.strictObject({
    object: objectRef,
    how: z.enum(objectMoves),
    by: changeIdSchema.optional(),
    uid: z.string().optional(),
    live: ruleSplits,
    content: contentSchema.optional(),
    lastWriter: z.string().optional(),
  }),
);

const parents = z.array(z.string());

/** What controllers say of a route. */
const effectSchema = z.discriminatedUnion('kind', [
  ...astraySchemas,
  z.strictObject({ kind: z.literal('in-effect'), parents }),
  z.strictObject({ kind: z.literal('waits'), parents }),
  z.strictObject({
    kind: z.literal('refused'),
    parent: z.string(),
    because: z.strictObject({
      type: z.string(),
      isTrue: z.boolean(),
      reason: z.string(),
      message: z.string(),
      generation: z.int().optional(),
    }),
  }),
]);

const state = z.discriminatedUnion('kind', [
  ...plainStates,
  z.strictObject({
    kind: z.literal('void'),
    at: timeSchema,
    because: z.enum(voidReasons),
    moved: movedObjects,
    stamp: z.string(),
    denied: z.enum(denialReasons).optional(),
    hold: holdSchema.optional(),
    heldUntil: timeSchema.optional(),
    rule: ruleRefSchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('applied'),
    at: timeSchema,
    made: z.array(z.strictObject({ object: objectRef, seq: z.int(), live: ruleSplits })),
    tookMs: z.number(),
    warnings: z.array(z.string()),
    rolledBack: rolledBackSchema.optional(),
    later: changeIdSchema.optional(),
    movedAway: z
      .strictObject({
        object: objectRef,
        rule: z.string(),
        at: z.string(),
        manager: z.string().optional(),
        live: splitSchema,
        how: z.enum(movedHow),
      })
      .optional(),
    effect: effectSchema.optional(),
    seen: seenSchema.optional(),
    toBeSeen: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('held'),
    at: timeSchema,
    because: z.enum(holdReasons),
    found: movedObjects,
    stamp: z.string(),
    isToldAgain: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('failed'),
    at: timeSchema,
    because: z.enum(failReasons),
    detail: z.string().optional(),
    settled: z.boolean().optional(),
    object: objectRef.optional(),
    written: z.array(objectRef).optional(),
    rolledBack: rolledBackSchema.optional(),
  }),
]);

const schema = z.strictObject({
  v: z.literal([version, versionOfReminded]),
  id: changeIdSchema,
  request: z.string(),
  aim,
  edits: z.tuple([edit], edit),
  service: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  origin: originSchema,
  reverts: changeIdSchema.optional(),
  warnings: z.array(planWarningSchema).optional(),
  deed: z.enum(movingDeeds),
  team: z.string().optional(),
  approvals: z.array(approvalSchema).optional(),
  selects: z.array(z.string()).optional(),
  ramp: z.strictObject({ id: rampIdSchema, step: z.int().min(0), of: z.int().min(1) }).optional(),
  insistedBy: z.string().optional(),
  acceptedAt: timeSchema,
  state,
  rev: z.int().min(0),
});

const ofVersion1 = z.looseObject({ v: z.literal(1) });
const ofLaterVersion = z.looseObject({ v: z.int().min(versionOfReminded + 1) });

/** With a key, records are signed: somebody who can write to Redis can then delay a change, but not make one. */
export function storeChange(change: Change, key: RecordKey | undefined): StoredChange {
  const record = JSON.stringify({ v: versionOf(change), ...change });
  return { rev: String(change.rev), kind: change.state.kind, record, mac: sign(record, key) };
}

export function readStoredChange(stored: StoredChange, key: RecordKey | undefined): Change {
  if (!isSigned(stored, key)) throw new UntrustedRecordError('the signature of a stored change does not fit');
  const json = parseJson(stored.record);
  return withBeginning(ofVersion1.safeParse(json).success ? readVersion1(json, key) : readRecord(json, key), stored);
}

function readRecord(json: unknown, key: RecordKey | undefined): Change {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw unreadable(json, parsed.error, key);
  const { v, ...change } = parsed.data;
  if (v === versionOf(change)) return change;
  throw new LaterRecordError(`a record of version ${v} has what another version has`);
}

function versionOf({ state: its }: Pick<Change, 'state'>): number {
  return its.kind === 'held' && its.isToldAgain === true ? versionOfReminded : version;
}

function readVersion1(json: unknown, key: RecordKey | undefined): Change {
  const parsed = version1Schema.safeParse(json);
  if (!parsed.success) throw unreadable(json, parsed.error, key);
  return changeOfVersion1(parsed.data);
}

/** A record that has our signature but not our shape also comes from a later version. */
function unreadable(json: unknown, { issues }: z.ZodError, key: RecordKey | undefined): UntrustedRecordError {
  const why = z.prettifyError({ issues: issues.slice(0, 5) }).slice(0, 500);
  const isLater = key !== undefined || ofLaterVersion.safeParse(json).success;
  return isLater ? new LaterRecordError(why) : new UntrustedRecordError(why);
}

/** A worker begins a change without rewriting its record: only `kind` and `rev` move on. */
function withBeginning(change: Change, { kind, rev }: StoredChange): Change {
  if (kind === 'applying' && change.state.kind === 'queued' && rev === String(change.rev + 1))
    return { ...change, state: { kind: 'applying' }, rev: change.rev + 1 };
  if (kind === change.state.kind && rev === String(change.rev)) return change;
  throw new UntrustedRecordError('a stored change and its index do not fit together');
}
