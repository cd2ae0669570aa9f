import { z } from 'zod';
import { changeIdSchema } from '../../src/domain/routing/ledger.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import { type ObjectRef, objectKey } from '../../src/domain/routing/object.ts';
import type { Connection } from '../../src/redis/connect.ts';

/** A change as version 1 stores it: one split of one VirtualService, or several whole objects. */
export interface Version1Record {
  readonly v: 1;
  readonly id: ChangeId;
  readonly object: ObjectRef;
  readonly state: { readonly kind: string };
  readonly rev: number;
}

export function version1Record(
  overrides: Partial<Version1Record> & Pick<Version1Record, 'id'> & object,
): Version1Record {
  const object: ObjectRef = { cluster: 'sandbox', namespace: 'default', kind: 'VirtualService', name: 'reviews' };
  return {
    ...{ v: 1, request: `request of ${overrides.id}`, object, service: object.name, rule: 'default', by: 'U01ALICE' },
    ...{ origin: { team: 'T01TEAM', channel: 'C01CHANNEL' }, from: { v1: 100 }, to: { v1: 50, v3: 50 } },
    ...{ base: { uid: 'u', seq: 0 }, pinned: [], acceptedAt: '2026-11-22T14:03:11.000Z' },
    ...{ state: { kind: 'queued' }, rev: 0 },
    ...overrides,
  };
}

const root = '{shiftbot}';
const keys = {
  change: (id: string) => `${root}:change:${id}`,
  line: (object: string) => `${root}:line:${object}`,
  lineVersion: (object: string) => `${root}:line-version:${object}`,
  begun: (object: string) => `${root}:begun:${object}`,
  resting: (object: string) => `${root}:resting:${object}`,
  open: `${root}:open`,
  owed: `${root}:owed`,
};

/** The scripts of version 1, without what they do for the audit, the news and repeated requests. Never changed. */
const acceptScript = `
  local change, line, version, open, owed = unpack(KEYS)
  local id, rev, kind, record, mac, seen, ahead, at, prefix, keep = unpack(ARGV)
  local stored = redis.call('HMGET', change, 'rev', 'kind', 'record', 'mac')
  local isAskedAnew = stored[2] == 'held' or stored[2] == 'awaiting' or stored[2] == 'void'
  if stored[1] and not (tonumber(stored[1]) == tonumber(rev) - 1 and isAskedAnew) then return 'known' end
  if tonumber(redis.call('GET', version) or '0') ~= tonumber(seen) then return 'moved' end

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
  redis.call('HDEL', change, 'tries', 'writing')
  redis.call('ZADD', open, at, id)
  redis.call('ZADD', owed, rev, id)
  return 'accepted'`;

const beginScript = `
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
  return { 'begun' }`;

const restScript = `
  local change, begun, resting = unpack(KEYS)
  local id, ms = unpack(ARGV)
  if redis.call('EXISTS', change) == 0 then return 0 end
  redis.call('HINCRBY', change, 'tries', 1)
  redis.call('SET', resting, id, 'PX', ms)
  if redis.call('GET', begun) == id then redis.call('DEL', begun) end
  return 1`;

const updateScript = `
  local change, line, version, begun, open, owed = unpack(KEYS)
  local id, rev, kind, record, mac, keep, staysOpen = unpack(ARGV)
  local stored = redis.call('HGET', change, 'rev')
  if not stored or tonumber(stored) ~= tonumber(rev) - 1 then return 0 end
  redis.call('HSET', change, 'rev', rev, 'kind', kind, 'record', record, 'mac', mac)
  redis.call('ZADD', owed, rev, id)
  if kind == 'queued' or kind == 'applying' then return 1 end
  if redis.call('LREM', line, 0, id) > 0 then redis.call('INCR', version) end
  if redis.call('GET', begun) == id then redis.call('DEL', begun) end
  if staysOpen == '0' then
    redis.call('ZREM', open, id)
    redis.call('EXPIRE', change, keep)
  end
  return 1`;

const ofVersion1 = z.looseObject({
  v: z.literal(1),
  id: changeIdSchema,
  object: z.object({
    cluster: z.string(),
    namespace: z.string(),
    kind: z.literal('VirtualService'),
    name: z.string(),
  }),
  state: z.looseObject({ kind: z.string() }),
  rev: z.number(),
});
const keepSeconds = 30 * 24 * 3600;
const reply = z.tuple([z.enum(['begun', 'not-first', 'busy', 'resting', 'ended'])], z.string());

/** A replica of version 1, as far as Redis sees it. */
export class Version1Store {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  /** Undefined where there is none, and where it is not of version 1: such a record is refused. */
  async read(id: string): Promise<Version1Record | undefined> {
    const [rev, kind, record] = await this.#redis.hmget(keys.change(id), 'rev', 'kind', 'record');
    const parsed = ofVersion1.safeParse(JSON.parse(record ?? 'null'));
    if (!parsed.success) return undefined;
    return { ...parsed.data, rev: Number(rev), state: kind === 'applying' ? { kind } : parsed.data.state };
  }

  async line(object: ObjectRef): Promise<{ readonly version: number; readonly waiting: readonly ChangeId[] }> {
    const key = objectKey(object);
    const version = Number((await this.#redis.get(keys.lineVersion(key))) ?? 0);
    const ids = await this.#redis.lrange(keys.line(key), 0, -1);
    const records = await Promise.all(ids.map((id) => this.read(id)));
    const isWaiting = ({ state: { kind } }: Version1Record) => kind === 'queued' || kind === 'applying';
    return { version, waiting: records.flatMap((each) => (each && isWaiting(each) ? [each.id] : [])) };
  }

  /** Behind the line as it is, unless an earlier version of the line is given. */
  async accept(
    record: Version1Record,
    { ahead = false, line }: { ahead?: boolean; line?: number } = {},
  ): Promise<string> {
    const key = objectKey(record.object);
    const seen = line ?? (await this.line(record.object)).version;
    return z
      .string()
      .parse(
        await this.#redis.eval(
          acceptScript,
          5,
          ...[keys.change(record.id), keys.line(key), keys.lineVersion(key), keys.open, keys.owed],
          ...[record.id, record.rev, record.state.kind, JSON.stringify(record), '', seen, ahead ? 1 : 0, 1],
          ...[keys.change(''), keepSeconds],
        ),
      );
  }

  async begin({ id, object }: Pick<Version1Record, 'id' | 'object'>, leaseMs: number): Promise<readonly string[]> {
    if ((await this.read(id)) === undefined) return ['refused'];
    const key = objectKey(object);
    const [outcome, ...rest] = reply.parse(
      await this.#redis.eval(
        beginScript,
        6,
        ...[keys.change(id), keys.line(key), keys.lineVersion(key), keys.begun(key), keys.resting(key), keys.owed],
        ...[id, leaseMs, keys.change('')],
      ),
    );
    const [first = ''] = rest;
    if (outcome !== 'not-first' || (await this.read(first)) !== undefined) return [outcome, ...rest];
    await this.#redis.lrem(keys.line(key), 0, first);
    return this.begin({ id, object }, leaseMs);
  }

  async rest({ id, object }: Pick<Version1Record, 'id' | 'object'>, forMs: number): Promise<void> {
    const key = objectKey(object);
    await this.#redis.eval(restScript, 3, keys.change(id), keys.begun(key), keys.resting(key), id, forMs);
  }

  async update(next: Version1Record): Promise<boolean> {
    const key = objectKey(next.object);
    const took = await this.#redis.eval(
      updateScript,
      6,
      ...[keys.change(next.id), keys.line(key), keys.lineVersion(key), keys.begun(key), keys.open, keys.owed],
      ...[
        next.id,
        next.rev,
        next.state.kind,
        JSON.stringify(next),
        '',
        keepSeconds,
        next.state.kind === 'held' ? 1 : 0,
      ],
    );
    return took === 1;
  }
}
