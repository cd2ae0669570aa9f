import { z } from 'zod';
import { type AuditEvent, isAbout } from '../domain/change/audit.ts';
import type { Audit, AuditEntry, AuditReading } from '../workflow/ports/audit.ts';
import { ask, type Connection } from './connect.ts';
import { keys } from './keys.ts';
import { readStoredEvent, storeEvent } from './records/stored-event.ts';
import { Script } from './script.ts';
import type { RecordKey } from './signature.ts';

export interface AuditOptions {
  /** The key that signs the events (RECORD_KEY). */
  readonly recordKey?: RecordKey | undefined;
  /** How long events are kept (AUDIT_DAYS). */
  readonly auditDays?: number | undefined;
}

const dayMs = 24 * 3600_000;
const keptDays = 90;
/** Slack repeats a delivery for about five minutes. */
const rememberSeconds = 3600;
const pageSize = 500;
/** A search for few events among many stops after this many, so that a person gets an answer in time. */
const mostLookedAt = 10_000;
/** The looks of guards are many, and few of them are asked for. They are read faster than they come. */
const lookCosts = 0.1;

const fields = z.tuple([z.literal('event'), z.string(), z.literal('mac'), z.string()]);

/** The keys and arguments that a script needs to add an event, after its own. Empty strings if there is no event. */
export function toldIn(
  event: AuditEvent | undefined,
  { recordKey, auditDays = keptDays }: AuditOptions,
): { readonly keys: readonly string[]; readonly args: readonly (string | number)[] } {
  const stored = event === undefined ? { event: '', mac: '' } : storeEvent(event, recordKey);
  return {
    keys: [keys.audit, keys.audited(event?.request ?? '')],
    args: [stored.event, stored.mac, auditDays * dayMs, event?.request === undefined ? 0 : rememberSeconds],
  };
}

/**
 * Lua: adds an event and deletes a few that are too old, so that the stream is bounded by age and idling costs nothing. Does not use MINID
 * of XADD, because Redis 6.0 does not have it.
 */
export const tellInScript = `
  local function tell(stream, audited, event, mac, keepMs, remember)
    if event == '' then return end
    local over = string.format('%.0f', redis.call('TIME')[1] * 1000 - keepMs)
    for _, old in ipairs(redis.call('XRANGE', stream, '-', over, 'COUNT', 10)) do redis.call('XDEL', stream, old[1]) end
    redis.call('XADD', stream, '*', 'event', event, 'mac', mac)
    if remember ~= '0' then redis.call('SET', audited, '1', 'EX', remember) end
  end`;

const noteScript = new Script(`${tellInScript}
  if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
  tell(KEYS[1], KEYS[2], unpack(ARGV))
  return 1`);

/** The audit in one Redis stream. Events of changes are added by the scripts that change their state (stored-changes.ts). */
export class AuditStream implements Audit {
  readonly #redis: Connection;
  readonly #options: AuditOptions;

  constructor(redis: Connection, options: AuditOptions = {}) {
    this.#redis = redis;
    this.#options = options;
  }

  async note(event: AuditEvent): Promise<boolean> {
    const { keys: redisKeys, args } = toldIn(event, this.#options);
    return (await noteScript.run(this.#redis, redisKeys, args)) === 1;
  }

  async read({ subject, limit }: Parameters<Audit['read']>[0]): Promise<AuditReading> {
    const entries: AuditEntry[] = [];
    let found = 0;
    let lookedAt = 0;
    for await (const entry of this.#newestFirst()) {
      if (found === limit || lookedAt === mostLookedAt) return { entries, hasMore: true };
      lookedAt += entry.kind === 'event' && entry.event.kind === 'ramp-looked' ? lookCosts : 1;
      if (entry.kind === 'event' && !isAbout(entry.event, subject)) continue;
      entries.push(entry);
      if (entry.kind === 'event') found += 1;
    }
    return { entries, hasMore: false };
  }

  async *export(since: Date): AsyncGenerator<AuditEntry> {
    let from = String(since.getTime());
    for (;;) {
      const start = from;
      const page = await ask(this.#redis, (redis) => redis.xrange(keys.audit, start, '+', 'COUNT', pageSize));
      yield* this.#entries(page);
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      from = after(last[0]);
    }
  }

  async *#newestFirst(): AsyncGenerator<AuditEntry> {
    let end = '+';
    for (;;) {
      const upTo = end;
      const page = await ask(this.#redis, (redis) => redis.xrevrange(keys.audit, upTo, '-', 'COUNT', pageSize));
      yield* this.#entries(page);
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      end = before(last[0]);
    }
  }

  #entries(page: readonly (readonly [string, readonly string[]])[]): readonly AuditEntry[] {
    return page.map(([id, stored]) => {
      const at = new Date(Number(id.split('-')[0])).toISOString();
      const read = fields.safeParse(stored);
      if (!read.success) return { kind: 'untrusted', at, text: stored.join(' ') };
      const [, event, , mac] = read.data;
      return readStoredEvent({ event, mac }, at, this.#options.recordKey);
    });
  }
}

/** The next and the previous id of the stream. Exclusive ranges would need Redis 6.2. */
function after(id: string): string {
  const [ms = '0', number = '0'] = id.split('-');
  return `${ms}-${BigInt(number) + 1n}`;
}

function before(id: string): string {
  const [ms = '0', number = '0'] = id.split('-');
  return number === '0' ? String(BigInt(ms) - 1n) : `${ms}-${BigInt(number) - 1n}`;
}
