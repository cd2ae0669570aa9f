import { z } from 'zod';
import type { AuditEvent } from '../domain/change/audit.ts';
import { unreadableHold } from '../domain/policy/freeze.ts';
import { holdsFor, keyOfHold, type SetHold, touchesAny } from '../domain/policy/set-hold.ts';
import { changeIdSchema } from '../domain/routing/ledger.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../workflow/errors.ts';
import type { HeldOutcome, Holds, HoldsFound, SetOptions } from '../workflow/ports/holds.ts';
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
/** The fields of a hash; null if the key holds something else. */
const stored = z.array(z.tuple([z.string(), z.string()])).nullable();
const storedKinds = z.tuple([stored, stored]);
const outcome = z.enum(['set', 'set-before', 'taken', 'changed']);

/** Others set or end a hold of the same name meanwhile. */
const mostTries = 20;

/**
 * Locks and freezes in Redis, one hash for each kind; a hash expires after its last hold. A hold is used only if its signature fits, and
 * only what is signed says that it has ended: the scripts compare values, and judge none. (A value starts with the end and the id, by which
 * older versions judge.) An entry that somebody deleted from Redis cannot be noticed.
 */
export class StoredHolds implements Holds {
  readonly #redis: Connection;
  readonly #options: AuditOptions;

  constructor(redis: Connection, options: AuditOptions = {}) {
    this.#redis = redis;
    this.#options = options;
  }

  async on(targets: readonly string[], at: Date): Promise<HoldsFound> {
    const { holds, unreadable } = await this.all(at);
    return {
      holds: holds.filter((hold) => holdsFor(hold, targets, at)),
      unreadable: unreadable.filter(({ target }) => target === undefined || touchesAny(target, targets)),
    };
  }

  async all(at: Date): Promise<HoldsFound> {
    const reply = await onScript.run(this.#redis, [keys.locks, keys.freezes], []);
    const [locks, freezes] = storedKinds.parse(reply);
    const found = [this.#found('lock', locks, at), this.#found('freeze', freezes, at)];
    return {
      holds: found.flatMap(({ holds }) => holds).toSorted((one, other) => other.since.getTime() - one.since.getTime()),
      unreadable: found.flatMap(({ unreadable }) => unreadable),
    };
  }

  async set(hold: SetHold, options: SetOptions): Promise<HeldOutcome> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const entries = await this.#entries(hold.kind);
      if (entries?.every((each) => each.hold !== undefined || each.field !== keyOfHold(hold)) !== true)
        return 'unreadable';
      const reply = await this.#trySet(hold, options, entries);
      if (reply !== 'changed') return reply;
    }
    throw new StoreUnavailableError(`others kept setting ${keyOfHold(hold)}`);
  }

  async #trySet(
    hold: SetHold,
    { at, instead, event }: SetOptions,
    entries: readonly Entry[],
  ): Promise<z.infer<typeof outcome>> {
    const record = JSON.stringify({ v: 1, ...hold });
    const value = `${hold.until.getTime()} ${hold.id} ${sign(record, this.#options.recordKey)} ${record}`;
    const field = keyOfHold(hold);
    const current = entries.find((each) => each.field === field);
    const isReplaced = instead !== undefined && current?.hold?.id === instead.id;
    const isFree = current === undefined || hasEnded(current, at) || isReplaced;
    const ended = entries.filter((each) => hasEnded(each, at)).flatMap((each) => [each.field, each.value]);
    const ends = entries.map(
      (each) => each.hold?.until.getTime() ?? Number(/^\d{1,15}(?= )/.exec(each.value)?.[0] ?? 0),
    );
    const told = toldIn(event, this.#options);
    const reply = await setScript.run(
      this.#redis,
      [hashOf(hold), keys.heldBy(hold.id), ...told.keys],
      [
        ...[field, value, current?.value ?? '', isFree ? 1 : 0, rememberSeconds],
        Math.max(hold.until.getTime(), ...ends) - at.getTime() + 60_000,
        ...told.args,
        ...ended,
      ],
    );
    return outcome.parse(reply);
  }

  async release(hold: SetHold, event?: AuditEvent): Promise<boolean> {
    const field = keyOfHold(hold);
    const told = toldIn(event, this.#options);
    for (let tries = 0; tries < mostTries; tries += 1) {
      const current = (await this.#entries(hold.kind))?.find((each) => each.field === field);
      if (current?.hold?.id !== hold.id) return false;
      const redisKeys = [hashOf(hold), ...told.keys];
      if ((await releaseScript.run(this.#redis, redisKeys, [field, current.value, ...told.args])) === 1) return true;
    }
    return false;
  }

  /** All of a kind. Undefined if their key holds something else. */
  async #entries(kind: SetHold['kind']): Promise<readonly Entry[] | undefined> {
    const reply = await onScript.run(this.#redis, [keys.locks, keys.freezes], []);
    const [locks, freezes] = storedKinds.parse(reply);
    return this.#entriesIn(kind === 'lock' ? locks : freezes);
  }

  #entriesIn(all: z.infer<typeof stored>): readonly Entry[] | undefined {
    return all?.map(([field, value]) => ({ field, value, hold: this.#trusted(field, value) }));
  }

  #found(kind: SetHold['kind'], all: z.infer<typeof stored>, at: Date): HoldsFound {
    const entries = this.#entriesIn(all);
    const hash = hashOf({ kind });
    if (entries === undefined) return { holds: [], unreadable: [unreadableHold({ kind, removeWith: `DEL ${hash}` })] };
    return {
      holds: entries.flatMap(({ hold }) => (hold === undefined || hold.until <= at ? [] : [hold])),
      unreadable: entries
        .filter(({ hold }) => hold === undefined)
        .map(({ field }) => {
          const target = kind === 'lock' ? field : undefined; // a freeze may cover anything
          return unreadableHold({ kind, target, removeWith: `HDEL ${hash} ${JSON.stringify(field)}` });
        }),
    };
  }

  #trusted(field: string, value: string): SetHold | undefined {
    try {
      return this.#parse(field, value);
    } catch (error) {
      if (error instanceof UntrustedRecordError) return undefined;
      throw error;
    }
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

function hashOf({ kind }: Pick<SetHold, 'kind'>): string {
  return kind === 'lock' ? keys.locks : keys.freezes;
}

interface Entry {
  readonly field: string;
  readonly value: string;
  /** Undefined if it cannot be trusted. It then stays until somebody takes it out. */
  readonly hold: SetHold | undefined;
}

function hasEnded({ hold }: Entry, at: Date): boolean {
  return hold !== undefined && hold.until <= at;
}

const onScript = new Script(`
  local function all(hash)
    local found, flat = {}, redis.pcall('HGETALL', hash)
    if flat.err and string.find(flat.err, 'WRONGTYPE') then return false end
    if flat.err then error(flat.err) end
    for at = 1, #flat, 2 do found[#found + 1] = { flat[at], flat[at + 1] } end
    return found
  end
  return { all(KEYS[1]), all(KEYS[2]) }`);

/** Also deletes holds that have ended, so that nothing else must clean up. The hash expires a minute after its last hold ends. */
const setScript = new Script(`${tellInScript}
  local hash, heldBy, audit, audited = unpack(KEYS)
  local field, value, seen, isFree, remember, lasts = unpack(ARGV)
  if redis.call('EXISTS', heldBy) == 1 then return 'set-before' end
  if (redis.call('HGET', hash, field) or '') ~= seen then return 'changed' end
  if isFree == '0' then return 'taken' end

  redis.call('HSET', hash, field, value)
  redis.call('SET', heldBy, '1', 'EX', remember)
  tell(audit, audited, unpack(ARGV, 7, 10))
  for at = 11, #ARGV, 2 do
    if redis.call('HGET', hash, ARGV[at]) == ARGV[at + 1] then redis.call('HDEL', hash, ARGV[at]) end
  end
  redis.call('PEXPIRE', hash, string.format('%.0f', math.max(tonumber(lasts), redis.call('PTTL', hash))))
  return 'set'`);

const releaseScript = new Script(`${tellInScript}
  local hash, audit, audited = unpack(KEYS)
  if redis.call('HGET', hash, ARGV[1]) ~= ARGV[2] then return 0 end
  redis.call('HDEL', hash, ARGV[1])
  tell(audit, audited, unpack(ARGV, 3))
  return 1`);
