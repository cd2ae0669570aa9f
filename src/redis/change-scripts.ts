import { tellInScript } from './audit-stream.ts';
import { Script } from './script.ts';

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

export const lineScript = new Script(`${rowsOf}
  return { tonumber(redis.call('GET', KEYS[2]) or '0'), rowsOf(redis.call('LRANGE', KEYS[1], 0, -1), ARGV[1]), redis.call('TIME') }`);

export const openScript = new Script(`${rowsOf}
  return rowsOf(redis.call('ZRANGE', KEYS[1], 0, -1), ARGV[1])`);

export const recentScript = new Script(`${rowsOf}
  local since = redis.call('TIME')[1] * 1000 - ARGV[2]
  return rowsOf(redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', since, 'LIMIT', 0, ARGV[3]), ARGV[1])`);

/** Others may hear of it at once; one that may not (ACL) or is not heard is found by the next round of reconciling. */
export const acceptScript = new Script(`${tellInScript}
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
  redis.call('HDEL', change, 'tries', 'writing')
  redis.call('ZADD', open, at, id)
  redis.call('ZADD', owed, rev, id)
  redis.pcall('PUBLISH', news, id)
  tell(audit, audited, unpack(ARGV, 14))
  if remember ~= '0' then redis.call('SET', asked, id, 'EX', remember) end
  return { 'accepted' }`);

export const beginScript = new Script(`
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

export const keepScript = new Script(`
  return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0`);

export const restScript = new Script(`
  local change, begun, resting = unpack(KEYS)
  local id, ms = unpack(ARGV)
  if redis.call('EXISTS', change) == 0 then return 0 end
  redis.call('HINCRBY', change, 'tries', 1)
  redis.call('SET', resting, id, 'PX', ms)
  if redis.call('GET', begun) == id then redis.call('DEL', begun) end
  return 1`);

/** Of a change that is forgotten nothing is kept. */
export const noteWritingScript = new Script(`
  return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSETNX', KEYS[1], 'writing', ARGV[1]) or 0`);

/** The changes that still wait and that nobody works on, each with the first of its line. */
export const strandedScript = new Script(`
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
export const updateScript = new Script(`${tellInScript}
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
