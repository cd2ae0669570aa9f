import { z } from 'zod';
import type { AuditEvent } from '../domain/change/audit.ts';
import { holdsFor, keyOfHold, type SetHold, touchesAny } from '../domain/policy/set-hold.ts';
import { changeIdSchema } from '../domain/routing/ledger.ts';
import { UntrustedRecordError } from '../workflow/errors.ts';
import type { HeldOutcome, Holds, SetOptions } from '../workflow/ports/holds.ts';
import { type AuditOptions, tellInScript, toldIn } from './audit-stream.ts';
import type { Connection } from './connect.ts';
import { keys } from './keys.ts';
import { whoSchema } from './records/record-parts.ts';
import { Script } from './script.ts';
import { isSigned, parseJson, sign } from './signature.ts';

const rememberSeconds = 3600;

const time = z.iso.datetime().transform((text) => new Date(text));
const schema = z.strictObject({
  v: z.literal(1),
  id: changeIdSchema,
  kind: z.enum(['lock', 'freeze']),
  name: z.string().optional(),
  target: z.string(),
  by: z.string(),
  reason: z.string().optional(),
  since: time,
  until: time,
  timezone: z.string().optional(),
  except: z.strictObject({ rollback: z.boolean(), who: z.array(whoSchema) }),
});
const stored = z.array(z.tuple([z.string(), z.string()]));
const storedKinds = z.tuple([stored, stored]).transform(([locks, freezes]) => ({ locks, freezes }));
const outcome = z.enum(['set', 'set-before', 'taken']);

/**
 * Locks and freezes in Redis, one hash for each kind; a hash expires after its last hold. A value starts with the end and the id, so that
 * the scripts can read them. A hold is used only if its signature fits. An entry that somebody deleted from Redis cannot be noticed.
 */
export class StoredHolds implements Holds {
  readonly #redis: Connection;
  readonly #options: AuditOptions;

  constructor(redis: Connection, options: AuditOptions = {}) {
    this.#redis = redis;
    this.#options = options;
  }

  async on(targets: readonly string[], at: Date): Promise<readonly SetHold[]> {
    const reply = await onScript.run(this.#redis, [keys.locks, keys.freezes], [at.getTime()]);
    const { locks, freezes } = storedKinds.parse(reply);
    const near = locks.filter(([target]) => touchesAny(target, targets)); // another lock may be unreadable: it stops nothing here
    return this.#read([...near, ...freezes], at).filter((hold) => holdsFor(hold, targets, at));
  }

  async all(at: Date): Promise<readonly SetHold[]> {
    const reply = await allScript.run(this.#redis, [keys.locks, keys.freezes], [at.getTime()]);
    return this.#read(reply, at).toSorted((one, other) => other.since.getTime() - one.since.getTime());
  }

  async set(hold: SetHold, { at, instead, event }: SetOptions): Promise<HeldOutcome> {
    const record = JSON.stringify({ v: 1, ...hold });
    const value = `${hold.until.getTime()} ${hold.id} ${sign(record, this.#options.recordKey)} ${record}`;
    const told = toldIn(event, this.#options);
    const reply = await setScript.run(
      this.#redis,
      [hashOf(hold), keys.heldBy(hold.id), ...told.keys],
      [keyOfHold(hold), value, hold.id, instead?.id ?? '', at.getTime(), rememberSeconds, ...told.args],
    );
    return outcome.parse(reply);
  }

  async release(hold: SetHold, event?: AuditEvent): Promise<boolean> {
    const told = toldIn(event, this.#options);
    const reply = await releaseScript.run(
      this.#redis,
      [hashOf(hold), ...told.keys],
      [keyOfHold(hold), hold.id, ...told.args],
    );
    return reply === 1;
  }

  #read(reply: unknown, at: Date): readonly SetHold[] {
    return stored
      .parse(reply)
      .map(([field, value]) => this.#parse(field, value))
      .filter(({ until }) => until > at);
  }

  #parse(field: string, value: string): SetHold {
    const [, until = '', id = '', mac = '', record = ''] = /^(\d+) (\S+) (\S*) (.*)$/s.exec(value) ?? [];
    if (!isSigned({ record, mac }, this.#options.recordKey))
      throw new UntrustedRecordError(`the signature of the lock or freeze ${field} does not fit`);
    const parsed = schema.safeParse(parseJson(record));
    if (!parsed.success) throw new UntrustedRecordError(z.prettifyError(parsed.error));
    const { v: _, ...hold } = parsed.data;
    if (keyOfHold(hold) === field && hold.id === id && hold.until.getTime() === Number(until)) return hold;
    throw new UntrustedRecordError(`the lock or freeze ${field} has the record of another one`);
  }
}

function hashOf({ kind }: SetHold): string {
  return kind === 'lock' ? keys.locks : keys.freezes;
}

/** Holds that have not ended. One whose end cannot be read has not ended. */
const standing = `
  local function add(found, field, value, now)
    if not value then return end
    local ends = string.match(value, '^(%d+) ')
    if not ends or tonumber(ends) > tonumber(now) then found[#found + 1] = { field, value } end
  end
  local function addAll(found, hash, now)
    local all = redis.call('HGETALL', hash)
    for at = 1, #all, 2 do add(found, all[at], all[at + 1], now) end
  end`;

const onScript = new Script(`${standing}
  local locks, freezes = {}, {}
  addAll(locks, KEYS[1], ARGV[1])
  addAll(freezes, KEYS[2], ARGV[1])
  return { locks, freezes }`);

const allScript = new Script(`${standing}
  local found = {}
  addAll(found, KEYS[1], ARGV[1])
  addAll(found, KEYS[2], ARGV[1])
  return found`);

/** Also deletes holds that have ended, so that nothing else must clean up. The hash expires a minute after its last hold ends. */
const setScript = new Script(`${tellInScript}
  local hash, heldBy, audit, audited = unpack(KEYS)
  local field, value, id, instead, now, remember = unpack(ARGV)
  if redis.call('EXISTS', heldBy) == 1 then return 'set-before' end
  local current = redis.call('HGET', hash, field)
  if current then
    local ends, other = string.match(current, '^(%d+) (%S+) ')
    if not ends or (tonumber(ends) > tonumber(now) and other ~= instead) then return 'taken' end
  end

  redis.call('HSET', hash, field, value)
  redis.call('SET', heldBy, '1', 'EX', remember)
  tell(audit, audited, unpack(ARGV, 7))
  local last = 0
  local all = redis.call('HGETALL', hash)
  for at = 1, #all, 2 do
    local ends = tonumber(string.match(all[at + 1], '^(%d+) ') or '0')
    if ends <= tonumber(now) then redis.call('HDEL', hash, all[at]) end
    last = math.max(last, ends)
  end
  redis.call('PEXPIRE', hash, string.format('%.0f', last - tonumber(now) + 60000))
  return 'set'`);

const releaseScript = new Script(`${tellInScript}
  local hash, audit, audited = unpack(KEYS)
  local current = redis.call('HGET', hash, ARGV[1])
  local id = current and string.match(current, '^%d+ (%S+) ')
  if id ~= ARGV[2] then return 0 end
  redis.call('HDEL', hash, ARGV[1])
  tell(audit, audited, unpack(ARGV, 3))
  return 1`);
