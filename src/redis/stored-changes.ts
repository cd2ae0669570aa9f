import { z } from 'zod';
import type { AuditEvent } from '../domain/audit.ts';
import { type Change, isForPeople, isUnsettled, isWaiting } from '../domain/change.ts';
import { type ChangeId, isChangeId, objectKey, type RoutingObject } from '../domain/names.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../workflow/errors.ts';
import type { Accepted, AcceptOptions, Begun, Changes, Line, Log } from '../workflow/ports.ts';
import { type AuditOptions, tellInScript, toldIn } from './audit-stream.ts';
import { ask, type Connection, requestTimeoutMs } from './connect.ts';
import { keys, newsChannel } from './keys.ts';
import { Script } from './script.ts';
import { readStoredChange, storeChange } from './stored-change.ts';

/** RECORD_KEY signs the records, too. */
export interface StoreOptions extends AuditOptions {
  /** Told of records that cannot be read, each once. */
  readonly log?: Pick<Log, 'warn'> | undefined;
}

/** Slack delivers again for up to five minutes or so. */
const rememberRequestSeconds = 3600;
/** Ended changes are kept so long; their effect is in the ledger for good. */
const keepEndedSeconds = 30 * 24 * 3600;
/** What an answer needs to come back: what Redis takes later than that before we give up would be told as not taken. */
const answerMs = 200;
/** How long it is looked after whether what was applied still stands. */
const recentMs = 24 * 3600_000;
const maxRecent = 500;
const row = z.tuple([z.string(), z.string(), z.string(), z.string()]);
const rows = z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]));
const beginReply = z.tuple([z.enum(['begun', 'not-first', 'busy', 'resting', 'ended'])], z.string());
const strandedReply = z.array(z.tuple([z.string(), z.string()]));
const lineReply = z.tuple([z.number(), rows, z.tuple([z.coerce.number(), z.coerce.number()])]);

/** The changes in Redis. Every transition is one script, so that no two processes see half of it. */
export class StoredChanges implements Changes {
  readonly #redis: Connection;
  readonly #key: string | undefined;
  readonly #audit: AuditOptions;
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #unreadable = new Set<string>();
  /** How far Redis' clock is ahead of ours, as last seen. */
  #clockAheadMs = 0;

  constructor(redis: Connection, { recordKey, auditDays, log }: StoreOptions = {}) {
    this.#redis = redis;
    this.#key = recordKey;
    this.#audit = { recordKey, auditDays };
    this.#log = log;
  }

  async read(id: ChangeId): Promise<Change | undefined> {
    const fields = await ask(this.#redis, (redis) => redis.hmget(keys.change(id), 'rev', 'kind', 'record', 'mac'));
    if (fields[0] === null) return undefined;
    return this.#parse(id, row.parse(fields.map((field) => field ?? '')));
  }

  async line(object: RoutingObject): Promise<Line> {
    const key = objectKey(object);
    const reply = await lineScript.run(this.#redis, [keys.line(key), keys.lineVersion(key)], [keys.change('')]);
    const [version, waiting, [seconds, micros]] = lineReply.parse(reply);
    this.#clockAheadMs = seconds * 1000 + micros / 1000 - Date.now();
    return { version, waiting: this.#readable(waiting).filter(isWaiting) };
  }

  async accept(change: Change, { line, ahead, askedAs, event }: AcceptOptions): Promise<Accepted> {
    const key = objectKey(change.object);
    const told = toldIn(event, this.#audit);
    const { rev, kind, record, mac } = storeChange(change, this.#key);
    const reply = await acceptScript.run(
      this.#redis,
      [
        keys.change(change.id),
        keys.line(key),
        keys.lineVersion(key),
        keys.open,
        keys.owed,
        keys.askedAs(askedAs ?? change.id),
        keys.refused(askedAs ?? change.id),
        ...told.keys,
      ],
      [
        change.id,
        rev,
        kind,
        record,
        mac,
        line,
        ahead ? 1 : 0,
        Date.parse(change.acceptedAt),
        this.#deadline(),
        keys.change(''),
        keepEndedSeconds,
        askedAs === undefined ? 0 : rememberRequestSeconds,
        newsChannel,
        ...told.args,
      ],
    );
    const [outcome, ...stored] = z
      .tuple([z.enum(['accepted', 'known', 'refused-before', 'moved', 'late'])], z.string())
      .parse(reply);
    if (outcome === 'known') return { kind: 'known', change: this.#parse(change.id, row.parse(stored)) };
    if (outcome === 'late') throw new StoreUnavailableError('Redis took the change too late, so it was not stored');
    return { kind: outcome };
  }

  async acceptedAs(request: ChangeId): Promise<ChangeId | undefined> {
    const id = await ask(this.#redis, (redis) => redis.get(keys.askedAs(request)));
    return id !== null && isChangeId(id) ? id : undefined;
  }

  async noteRefused(request: ChangeId): Promise<void> {
    await ask(this.#redis, (redis) => redis.set(keys.refused(request), '1', 'EX', rememberRequestSeconds));
  }

  async begin(change: Pick<Change, 'id' | 'object'>, leaseMs: number): Promise<Begun> {
    await this.read(change.id); // what cannot be read is refused before it is touched
    const begun = await this.#begin(change, leaseMs);
    if (begun.kind !== 'not-first' || (await this.#isReadable(begun.first))) return begun;

    // It stays as it is, but it does not hold up the line; whoever can read it finds the ledger ahead of it.
    await ask(this.#redis, (redis) => redis.lrem(keys.line(objectKey(change.object)), 0, begun.first));
    return this.begin(change, leaseMs);
  }

  async #begin({ id, object }: Pick<Change, 'id' | 'object'>, leaseMs: number): Promise<Begun> {
    const key = objectKey(object);
    const reply = await beginScript.run(
      this.#redis,
      [keys.change(id), keys.line(key), keys.lineVersion(key), keys.begun(key), keys.resting(key), keys.owed],
      [id, leaseMs, keys.change('')],
    );
    const [outcome, ...rest] = beginReply.parse(reply);
    switch (outcome) {
      case 'begun': {
        const [tries = '0', ...fields] = rest;
        return { kind: 'begun', change: this.#parse(id, row.parse(fields)), tries: Number(tries) };
      }
      case 'not-first':
        return { kind: 'not-first', first: z.string().refine(isChangeId).parse(rest[0]) };
      case 'resting':
        return { kind: 'resting', forMs: Number(rest[0]) };
      case 'busy':
      case 'ended':
        return { kind: outcome };
    }
  }

  async keep({ id, object }: Change, leaseMs: number): Promise<void> {
    await keepScript.run(this.#redis, [keys.begun(objectKey(object))], [id, leaseMs]);
  }

  async rest({ id, object }: Change, forMs: number): Promise<void> {
    const key = objectKey(object);
    await restScript.run(this.#redis, [keys.change(id), keys.begun(key), keys.resting(key)], [id, forMs]);
  }

  async stranded(waiting: readonly Change[]): Promise<readonly Change[]> {
    if (waiting.length === 0) return [];
    const redisKeys = waiting.flatMap(({ id, object }) => {
      const key = objectKey(object);
      return [keys.change(id), keys.line(key), keys.begun(key), keys.resting(key)];
    });
    const reply = await strandedScript.run(
      this.#redis,
      redisKeys,
      waiting.map(({ id }) => id),
    );
    const firsts = new Map(strandedReply.parse(reply));
    const free = waiting.filter(({ id }) => firsts.has(id));
    // Where the line begins with something else, or was lost, whoever comes puts it right.
    return [...Map.groupBy(free, ({ object }) => objectKey(object)).values()].flatMap((changes) => {
      const first = changes.find(({ id }) => firsts.get(id) === id);
      return first === undefined ? changes.slice(0, 1) : [first];
    });
  }

  async update(next: Change, event?: AuditEvent): Promise<boolean> {
    const key = objectKey(next.object);
    const told = toldIn(event, this.#audit);
    const { rev, kind, record, mac } = storeChange(next, this.#key);
    const reply = await updateScript.run(
      this.#redis,
      [
        keys.change(next.id),
        keys.line(key),
        keys.lineVersion(key),
        keys.begun(key),
        keys.open,
        keys.owed,
        keys.recent,
        ...told.keys,
      ],
      [
        next.id,
        rev,
        kind,
        record,
        mac,
        keepEndedSeconds,
        isForPeople(next) || isUnsettled(next) ? 1 : 0,
        recentMs,
        newsChannel,
        ...told.args,
      ],
    );
    return reply === 1;
  }

  async areQuiet(): Promise<boolean> {
    return (await ask(this.#redis, (redis) => redis.exists(keys.open, keys.owed))) === 0;
  }

  async open(): Promise<readonly Change[]> {
    const reply = await openScript.run(this.#redis, [keys.open], [keys.change('')]);
    return this.#readable(rows.parse(reply));
  }

  async recentlyApplied(): Promise<readonly Change[]> {
    const reply = await recentScript.run(this.#redis, [keys.recent], [keys.change(''), recentMs, maxRecent]);
    return this.#readable(rows.parse(reply));
  }

  #parse(id: string, [rev, kind, record, mac]: z.infer<typeof row>): Change {
    const change = readStoredChange({ rev, kind, record, mac }, this.#key);
    if (change.id === id) return change;
    throw new UntrustedRecordError(`the record of ${id} is that of another change`);
  }

  /** One record that cannot be read must not hide all the others. */
  #readable(stored: z.infer<typeof rows>): readonly Change[] {
    return stored.flatMap(([id, ...fields]) => {
      try {
        return [this.#parse(id, fields)];
      } catch (error) {
        if (!(error instanceof UntrustedRecordError)) throw error;
        if (!this.#unreadable.has(id)) this.#log?.warn({ changeId: id, err: error }, 'a stored change is left out');
        this.#unreadable.add(id);
        return [];
      }
    });
  }

  async #isReadable(id: ChangeId): Promise<boolean> {
    try {
      await this.read(id);
      return true;
    } catch (error) {
      if (error instanceof UntrustedRecordError) return false;
      throw error;
    }
  }

  /**
   * By Redis' own clock, when we will have stopped waiting for an answer. A frozen Redis runs what it was sent when it thaws; by
   * then the person has been told that nothing was accepted, so nothing may be.
   */
  #deadline(): number {
    return Math.ceil(Date.now() + this.#clockAheadMs + requestTimeoutMs - answerMs);
  }
}

/** The id and the fields of the records named in `ids`; whoever is named without a record is left out. */
const rowsOf = `
  local function rowsOf(ids, prefix)
    local found = {}
    for _, id in ipairs(ids) do
      local fields = redis.call('HMGET', prefix .. id, 'rev', 'kind', 'record', 'mac')
      if fields[1] then found[#found + 1] = { id, fields[1], fields[2] or '', fields[3] or '', fields[4] or '' } end
    end
    return found
  end`;

const lineScript = new Script(`${rowsOf}
  return { tonumber(redis.call('GET', KEYS[2]) or '0'), rowsOf(redis.call('LRANGE', KEYS[1], 0, -1), ARGV[1]), redis.call('TIME') }`);

const openScript = new Script(`${rowsOf}
  return rowsOf(redis.call('ZRANGE', KEYS[1], 0, -1), ARGV[1])`);

const recentScript = new Script(`${rowsOf}
  local since = redis.call('TIME')[1] * 1000 - ARGV[2]
  return rowsOf(redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', since, 'LIMIT', 0, ARGV[3]), ARGV[1])`);

/** Others may hear of it at once; one that may not (ACL) or is not heard is found by the next round of reconciling. */
const acceptScript = new Script(`${tellInScript}
  local change, line, version, open, owed, asked, refused, audit, audited = unpack(KEYS)
  local id, rev, kind, record, mac, seen, ahead, at, deadline, prefix, keep, remember, news = unpack(ARGV)
  local time = redis.call('TIME')
  if tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000 > tonumber(deadline) then return { 'late' } end

  local stored = redis.call('HMGET', change, 'rev', 'kind', 'record', 'mac')
  local isAskedAnew = stored[2] == 'held' or stored[2] == 'awaiting' or stored[2] == 'void'
  if stored[1] and not (tonumber(stored[1]) == tonumber(rev) - 1 and isAskedAnew) then
    if remember ~= '0' then redis.call('SET', asked, id, 'EX', remember) end
    return { 'known', stored[1], stored[2], stored[3], stored[4] }
  end
  if redis.call('EXISTS', refused) == 1 then return { 'refused-before' } end
  if tonumber(redis.call('GET', version) or '0') ~= tonumber(seen) then return { 'moved' } end

  if kind == 'queued' then
    local first = redis.call('LINDEX', line, 0)
    if ahead == '0' or not first then redis.call('RPUSH', line, id)
    elseif redis.call('HGET', prefix .. first, 'kind') == 'applying' then redis.call('LINSERT', line, 'AFTER', first, id)
    else redis.call('LPUSH', line, id) end
    redis.call('INCR', version)
    redis.call('EXPIRE', version, keep)
  end
  redis.call('PERSIST', change)
  redis.call('HSET', change, 'rev', rev, 'kind', kind, 'record', record, 'mac', mac)
  redis.call('HDEL', change, 'tries')
  redis.call('ZADD', open, at, id)
  redis.call('ZADD', owed, rev, id)
  redis.pcall('PUBLISH', news, id)
  tell(audit, audited, unpack(ARGV, 14))
  if remember ~= '0' then redis.call('SET', asked, id, 'EX', remember) end
  return { 'accepted' }`);

const beginScript = new Script(`
  local change, line, version, begun, resting, owed = unpack(KEYS)
  local id, lease, prefix = unpack(ARGV)
  local kind = redis.call('HGET', change, 'kind')
  if kind ~= 'queued' and kind ~= 'applying' then
    redis.call('LREM', line, 0, id)
    return { 'ended' }
  end

  local first = redis.call('LINDEX', line, 0)
  while first and first ~= id do
    local other = redis.call('HGET', prefix .. first, 'kind')
    if other == 'queued' or other == 'applying' then return { 'not-first', first } end
    redis.call('LREM', line, 0, first)
    first = redis.call('LINDEX', line, 0)
  end
  if not first then redis.call('RPUSH', line, id) end
  if kind == 'applying' and redis.call('GET', begun) == id then return { 'busy' } end
  if redis.call('GET', resting) == id then return { 'resting', tostring(math.max(1, redis.call('PTTL', resting))) } end

  redis.call('SET', begun, id, 'PX', lease)
  if kind == 'queued' then
    local rev = redis.call('HINCRBY', change, 'rev', 1)
    redis.call('HSET', change, 'kind', 'applying')
    redis.call('INCR', version)
    redis.call('ZADD', owed, rev, id)
  end
  local stored = redis.call('HMGET', change, 'rev', 'kind', 'record', 'mac', 'tries')
  return { 'begun', stored[5] or '0', stored[1], stored[2], stored[3], stored[4] }`);

const keepScript = new Script(`
  return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0`);

const restScript = new Script(`
  local change, begun, resting = unpack(KEYS)
  local id, ms = unpack(ARGV)
  if redis.call('EXISTS', change) == 0 then return 0 end
  redis.call('HINCRBY', change, 'tries', 1)
  redis.call('SET', resting, id, 'PX', ms)
  if redis.call('GET', begun) == id then redis.call('DEL', begun) end
  return 1`);

/** The changes that still wait and that nobody works on, each with the first of its line. */
const strandedScript = new Script(`
  local free = {}
  for at, id in ipairs(ARGV) do
    local change, line, begun, resting = unpack(KEYS, 4 * at - 3, 4 * at)
    local kind = redis.call('HGET', change, 'kind')
    if (kind == 'queued' or kind == 'applying') and redis.call('EXISTS', begun, resting) == 0 then
      free[#free + 1] = { id, redis.call('LINDEX', line, 0) or '' }
    end
  end
  return free`);

/** Others hear of it, too: whoever moved it may die before its card is shown. */
const updateScript = new Script(`${tellInScript}
  local change, line, version, begun, open, owed, recent, audit, audited = unpack(KEYS)
  local id, rev, kind, record, mac, keep, staysOpen, recentMs, news = unpack(ARGV)
  local stored = redis.call('HGET', change, 'rev')
  if not stored or tonumber(stored) ~= tonumber(rev) - 1 then return 0 end
  if kind == 'applied' and redis.call('HGET', change, 'kind') ~= 'applied' then
    local now = redis.call('TIME')[1] * 1000
    redis.call('ZADD', recent, now, id)
    redis.call('ZREMRANGEBYSCORE', recent, '-inf', now - recentMs)
  end

  redis.call('HSET', change, 'rev', rev, 'kind', kind, 'record', record, 'mac', mac)
  redis.call('ZADD', owed, rev, id)
  redis.pcall('PUBLISH', news, id)
  tell(audit, audited, unpack(ARGV, 10))
  if kind == 'queued' or kind == 'applying' then return 1 end
  if redis.call('LREM', line, 0, id) > 0 then redis.call('INCR', version) end
  if redis.call('GET', begun) == id then redis.call('DEL', begun) end
  if staysOpen == '0' then
    redis.call('ZREM', open, id)
    redis.call('EXPIRE', change, keep)
  end
  return 1`);
