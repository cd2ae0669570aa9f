import { z } from 'zod';
import { failReasons } from '../../domain/change/state.ts';
import { guardKinds } from '../../domain/guard/verdict.ts';
import { denialReasons } from '../../domain/policy/judge.ts';
import { guardActs } from '../../domain/policy/ramps/guard-rule.ts';
import { confoundedReasons, stickyReasons } from '../../domain/ramp/confounded.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { isSequence } from '../../domain/ramp/sequence.ts';
import { changeIdSchema, rampIdSchema, splitSchema } from '../../domain/routing/ledger.ts';
import { LaterRecordError, UntrustedRecordError } from '../../workflow/errors.ts';
import { isSigned, parseJson, type RecordKey, sign } from '../signature.ts';
import {
  approvalSchema,
  approvalStates,
  holdSchema,
  objectInClusterSchema,
  originSchema,
  ruleRefSchema,
  timeSchema,
} from './record-parts.ts';
import type { StoredChange } from './stored-change.ts';

const recordVersion = 1;
/** A ramp over several clusters. Whoever does not know of them leaves it to others. */
const versionOfSequences = 2;

const objectRef = objectInClusterSchema.extend({ cluster: z.string() });
const target = z.strictObject({ object: objectRef, rule: z.string(), split: splitSchema });
const targets = z.tuple([target], target);
const ms = z.int().min(0);
const number = z.int().min(0);
const stay = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('for'), ms }),
  z.strictObject({ kind: z.literal('ask') }),
]);
const step = z.strictObject({ percent: z.int().min(0).max(100), stay, to: targets });

const tally = z.strictObject({ requests: number, bad: number });
const batch = z.strictObject({ canary: tally, others: tally });
const unreached = z.record(z.string(), number);
const proof = z.strictObject({
  guard: z.enum([...guardKinds, 'unreached', 'own']),
  oneIn: z.number().optional(),
  ...batch.shape,
  unreached: unreached.optional(),
});
const evidence = z.array(z.array(z.number()));
const seen = z.array(z.strictObject({ callers: z.record(z.string(), batch), more: batch }));
const guards = z.strictObject({
  rule: z.strictObject({
    errors: z.strictObject({ times: z.number(), atMost: z.number().optional() }),
    latency: z.strictObject({ times: z.number() }).optional(),
    blind: z.enum(['wait', 'go']),
    act: z.enum(guardActs),
    query: z.strictObject({ query: z.string(), atMost: z.number(), looks: z.int(), act: z.enum(guardActs) }).optional(),
    mayBeOff: z.boolean(),
  }),
  cursor: z.strictObject({ step: number, until: timeSchema }).optional(),
  astray: z.strictObject({ since: timeSchema, rightAt: timeSchema.optional() }).optional(),
  errors: evidence,
  absolute: evidence.optional(),
  latency: z.strictObject({ slowerThanMs: z.number(), evidence, seen }).optional(),
  follow: evidence,
  own: z.strictObject({ beyond: number, value: z.number().optional() }).optional(),
  seen,
  last: z
    .strictObject({
      step: number,
      from: timeSchema,
      until: timeSchema,
      counted: batch,
      unreached,
      confounded: z.enum(confoundedReasons).optional(),
    })
    .optional(),
  recent: z.array(z.strictObject({ step: number, from: timeSchema, until: timeSchema, counted: batch })).optional(),
  looking: z.strictObject({ nextAt: timeSchema, scrapeMs: ms.optional(), shownAt: timeSchema.optional() }).optional(),
  confounded: z.enum(confoundedReasons).optional(),
  confoundedBy: z.string().optional(),
  sticky: z.enum(stickyReasons).optional(),
  silencedAt: number.optional(),
});

const goingBack = {
  why: z.enum(['aborted', 'taken-back']),
  by: z.string(),
  at: timeSchema,
  reason: z.string().optional(),
  proof: proof.optional(),
};

const hold = z.discriminatedUnion('because', [
  z.strictObject({
    because: z.literal('moved'),
    away: z.strictObject({
      object: objectRef,
      rule: z.string(),
      at: z.string(),
      manager: z.string().optional(),
      live: splitSchema,
    }),
  }),
  z.strictObject({
    because: z.literal('step-failed'),
    reason: z.enum(failReasons),
    detail: z.string().optional(),
  }),
  z.strictObject({
    because: z.literal('back-failed'),
    reason: z.enum([...failReasons, 'denied']),
    detail: z.string().optional(),
    back: z.strictObject(goingBack),
  }),
  z.strictObject({ because: z.literal('no-plan'), refusal: z.string() }),
  z.strictObject({
    because: z.literal('denied'),
    denied: z.enum(denialReasons).optional(),
    hold: holdSchema.optional(),
    heldUntil: timeSchema.optional(),
    rule: ruleRefSchema.optional(),
  }),
  z.strictObject({ because: z.literal('late'), lateMs: ms }),
  z.strictObject({ because: z.literal('guard'), proof }),
  z.strictObject({ because: z.literal('not-asked-on') }),
]);

const standing = { step: number, since: timeSchema, at: timeSchema };

const state = z.discriminatedUnion('kind', [
  ...approvalStates,
  z.strictObject({
    kind: z.literal('void'),
    at: timeSchema,
    because: z.enum(['moved', 'relabelled', 'denied']),
    denied: z.enum(denialReasons).optional(),
  }),
  z.strictObject({
    kind: z.literal('stepping'),
    step: number,
    change: changeIdSchema,
    pausedBy: z.string().optional(),
    suspected: proof.optional(),
    live: number,
    since: timeSchema,
    from: targets,
  }),
  z.strictObject({
    kind: z.literal('running'),
    step: number,
    since: timeSchema,
    dueAt: timeSchema,
    waitsFor: z.enum(['hours', 'traffic']).optional(),
    isToldAgain: z.literal(true).optional(),
  }),
  z.strictObject({ kind: z.literal('paused'), ...standing, by: z.string(), leftMs: ms }),
  z.strictObject({ kind: z.literal('held'), ...standing, leftMs: ms, hold }),
  z.strictObject({
    kind: z.literal('asking'),
    ...standing,
    expiresAt: timeSchema,
    isToldAgain: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('going-back'),
    step: number,
    seen: targets,
    change: changeIdSchema.optional(),
    clusters: z.strictObject({ left: z.array(z.string()), again: z.array(z.string()) }).optional(),
    ...goingBack,
  }),
  z.strictObject({ kind: z.literal('back'), step: number, change: changeIdSchema.optional(), ...goingBack }),
  z.strictObject({ kind: z.literal('finished'), at: timeSchema }),
  z.strictObject({ kind: z.literal('superseded'), at: timeSchema, by: changeIdSchema.optional() }),
]);

const schema = z.strictObject({
  v: z.literal([recordVersion, versionOfSequences]),
  id: rampIdSchema,
  request: z.string(),
  name: z.strictObject({ cluster: z.string(), namespace: z.string(), service: z.string() }),
  version: z.string(),
  named: z.string().optional(),
  by: z.string(),
  team: z.string().optional(),
  reason: z.string().optional(),
  origin: originSchema,
  selects: z.array(z.string()).optional(),
  approvals: z.array(approvalSchema).optional(),
  before: targets,
  steps: z.tuple([step], step),
  changes: z.array(z.strictObject({ step: number, id: changeIdSchema })),
  guards: guards.optional(),
  noGuard: z.literal(true).optional(),
  acceptedAt: timeSchema,
  state,
  rev: z.int().min(0),
});

const ofLaterVersion = z.looseObject({ v: z.int().min(versionOfSequences + 1) });

export function storeRamp(ramp: Ramp, key: RecordKey | undefined): StoredChange {
  const record = JSON.stringify({ v: isSequence(ramp) ? versionOfSequences : recordVersion, ...ramp });
  return { rev: String(ramp.rev), kind: ramp.state.kind, record, mac: sign(signed(record), key) };
}

export function readStoredRamp(stored: StoredChange, key: RecordKey | undefined): Ramp {
  const { record, mac, rev, kind } = stored;
  if (!isSigned({ record: signed(record), mac }, key))
    throw new UntrustedRecordError('the signature of a stored ramp does not fit');
  const json = parseJson(record);
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw unreadable(json, parsed.error, key);
  const { v: _, ...ramp } = parsed.data;
  if (kind === ramp.state.kind && rev === String(ramp.rev)) return ramp;
  throw new UntrustedRecordError('a stored ramp and its index do not fit together');
}

/** A record that has our signature but not our shape also comes from a later version. */
function unreadable(json: unknown, { issues }: z.ZodError, key: RecordKey | undefined): UntrustedRecordError {
  const why = z.prettifyError({ issues: issues.slice(0, 5) }).slice(0, 500);
  const isLater = key !== undefined || ofLaterVersion.safeParse(json).success;
  return isLater ? new LaterRecordError(why) : new UntrustedRecordError(why);
}

/** The prefix keeps the signed record of something else from being accepted as a ramp. */
function signed(record: string): string {
  return `ramp:${record}`;
}
