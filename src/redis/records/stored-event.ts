import { z } from 'zod';
import { type AuditEvent, auditDeeds, auditKinds } from '../../domain/change/audit.ts';
import { changeIdSchema, rampIdSchema, splitSchema } from '../../domain/routing/ledger.ts';
import { objectKinds } from '../../domain/routing/object.ts';
import type { AuditEntry } from '../../workflow/ports/audit.ts';
import { isSigned, parseJson, type RecordKey, sign } from '../signature.ts';

/** An event as Redis keeps it. */
export interface StoredEvent {
  readonly event: string;
  readonly mac: string;
}

/** Unknown fields are dropped, so that a later version can add fields to the same kinds. */
const schema = z.object({
  v: z.literal(1),
  id: z.string(),
  kind: z.enum(auditKinds),
  at: z.iso.datetime(),
  by: z.object({ user: z.string(), team: z.string().optional() }).optional(),
  channel: z.string().optional(),
  request: z.string().optional(),
  deed: z.enum(auditDeeds).optional(),
  changeId: changeIdSchema.optional(),
  rampId: rampIdSchema.optional(),
  step: z.int().optional(),
  askedBy: z.string().optional(),
  service: z.object({ cluster: z.string(), namespace: z.string(), service: z.string() }).optional(),
  object: z
    .object({ cluster: z.string(), namespace: z.string(), kind: z.enum(objectKinds), name: z.string() })
    .optional(),
  route: z.string().optional(),
  from: splitSchema.optional(),
  to: splitSchema.optional(),
  live: splitSchema.optional(),
  does: z.string().optional(),
  objects: z.array(z.string()).optional(),
  plan: z.string().optional(),
  reason: z.string().optional(),
  because: z.string().optional(),
  detail: z.string().optional(),
  rule: z.object({ name: z.string(), line: z.int() }).optional(),
  missing: z.int().optional(),
  target: z.string().optional(),
  until: z.iso.datetime().optional(),
  other: changeIdSchema.optional(),
});

export function storeEvent(told: AuditEvent, key: RecordKey | undefined): StoredEvent {
  const event = JSON.stringify({ v: 1, ...told });
  return { event, mac: sign(signed(event), key) };
}

/** `at`: when Redis stored it. That is all we know about an event that cannot be trusted. */
export function readStoredEvent({ event, mac }: StoredEvent, at: string, key: RecordKey | undefined): AuditEntry {
  const untrusted = { kind: 'untrusted', at, text: event } as const;
  if (!isSigned({ record: signed(event), mac }, key)) return untrusted;
  const parsed = schema.safeParse(parseJson(event));
  if (!parsed.success) return untrusted;
  const { v: _, ...told } = parsed.data;
  return { kind: 'event', event: told };
}

/** The prefix keeps another signed record from being accepted as an event. */
function signed(event: string): string {
  return `audit:${event}`;
}
