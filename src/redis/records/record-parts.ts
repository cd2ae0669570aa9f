import { z } from 'zod';
import { unmeasuredReasons } from '../../domain/change/seen.ts';
import { whys } from '../../domain/map/governed.ts';
import { routingKinds } from '../../domain/map/objects.ts';
import { changeIdSchema } from '../../domain/routing/ledger.ts';
import { objectKinds } from '../../domain/routing/object.ts';
import { tools } from '../../domain/routing/owner.ts';

/** Parts that records of every version have. All are strict: a field that a later version adds is refused, not dropped. */
export const timeSchema = z.iso.datetime();

export const ruleRefSchema = z.strictObject({ name: z.string(), line: z.int() });

/** The people that a policy names. */
export const whoSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('everyone') }),
  z.strictObject({ kind: z.literal('user'), id: z.string() }),
  z.strictObject({ kind: z.literal('group'), name: z.string(), users: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('usergroup'), name: z.string(), id: z.string() }),
]);

const need = z.strictObject({ by: z.array(whoSchema), count: z.int().min(1), rule: ruleRefSchema });
const needs = need.extend({ expiresMs: z.int().min(1), also: z.array(need).optional() });

/** The states of what waits for approval, or ended without one. */
export const approvalStates = [
  z.strictObject({ kind: z.literal('awaiting'), expiresAt: timeSchema, needs }),
  z.strictObject({ kind: z.literal('rejected'), at: timeSchema, by: z.string(), reason: z.string().optional() }),
  z.strictObject({ kind: z.literal('withdrawn'), at: timeSchema, by: z.string() }),
  z.strictObject({ kind: z.literal('expired'), at: timeSchema }),
] as const;

/** The states that say nothing about what the change does. */
export const plainStates = [
  ...approvalStates,
  z.strictObject({ kind: z.literal('queued') }),
  z.strictObject({ kind: z.literal('applying') }),
  z.strictObject({ kind: z.literal('superseded'), at: timeSchema, by: changeIdSchema.optional() }),
  z.strictObject({ kind: z.literal('discarded'), at: timeSchema, by: z.string() }),
] as const;

/** The lock or freeze that ended a plan. */
export const holdSchema = z.strictObject({
  name: z.string().optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
  line: z.int().optional(),
});

export const rolledBackSchema = z.strictObject({ by: z.string(), change: changeIdSchema });

const count = z.record(z.string(), z.int().min(0));
const counts = { answered: count, unanswered: count };
const services = z.array(z.strictObject({ namespace: z.string(), name: z.string(), ...counts }));
export const seenSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('counted'),
    from: timeSchema,
    until: timeSchema,
    ...counts,
    services: services.optional(),
  }),
  z.strictObject({ kind: z.literal('not-measured'), because: z.enum(unmeasuredReasons) }),
]);

export const contentSchema = z.strictObject({
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  spec: z.record(z.string(), z.json()),
});

/** An object of a cluster that is named elsewhere. */
export const objectInClusterSchema = z.strictObject({
  kind: z.enum(objectKinds),
  namespace: z.string(),
  name: z.string(),
});

const callerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('mesh'), namespace: z.string().optional() }),
  z.strictObject({ kind: z.literal('gateway'), gateway: z.string() }),
]);

const elsewhere = z.array(
  z.strictObject({
    host: z.string(),
    caller: callerSchema,
    by: z.strictObject({ kind: z.enum(routingKinds), namespace: z.string(), name: z.string() }).optional(),
    why: z.enum(whys).optional(),
  }),
);

/** Requests that follow something else, by the traffic map. */
export const astraySchemas = [
  z.strictObject({ kind: z.literal('not-followed'), elsewhere }),
  z.strictObject({ kind: z.literal('followed-in-part'), elsewhere }),
] as const;

export const planWarningSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('puts-back'),
    owner: z.strictObject({ tool: z.enum(tools), name: z.string().optional() }),
    of: z.enum(objectKinds).optional(),
  }),
  z.strictObject({ kind: z.literal('cuts-connections') }),
  z.strictObject({ kind: z.literal('no-pods'), version: z.string(), all: z.int(), percent: z.int() }),
  z.strictObject({ kind: z.literal('few-pods'), version: z.string(), ready: z.int(), all: z.int(), percent: z.int() }),
  z.strictObject({ kind: z.enum(['hashed', 'also-for']), hosts: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('gateways-only'), gateways: z.array(z.string()) }),
  ...astraySchemas.map((each) => each.extend({ rule: z.string() })),
  z.strictObject({
    kind: z.literal('undefined-versions'),
    versions: z.array(z.strictObject({ host: z.string(), version: z.string() })),
  }),
]);

export const originSchema = z.strictObject({
  team: z.string(),
  channel: z.string(),
  thread: z.string().optional(),
});

export const approvalSchema = z.strictObject({ by: z.string(), at: timeSchema });
