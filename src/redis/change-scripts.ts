import { tellInScript } from './audit-stream.ts';
import { keepEndedSeconds, LineScript } from './line-scripts.ts';
import { moveRampInScript } from './ramp-scripts.ts';
import { Script } from './script.ts';

/** The id and the fields of each record in `ids`, which are empty where something else stands. An id without a record is left out. */
const rowsOf = `
  local function rowsOf(ids, prefix)
    local found = {}
    for _, id in ipairs(ids) do
      local fields = redis.pcall('HMGET', prefix .. id, 'rev', 'kind', 'record', 'mac')
      if fields.err then fields = { '' } end
      if fields[1] then found[#found + 1] = { id, fields[1], fields[2] or '', fields[3] or '', fields[4] or '' } end
    end
    return found
  end`;

/** A full Redis cannot take in the lists of version 1, but we still read from it. */
export const linesScript = new LineScript(`${rowsOf}
  pcall(takeAllIn)
  local versions = {}
  for at, line in ipairs(lines) do versions[at] = versionOf(line) end
  return { versions, rowsOf(waitingInAll(), prefix), redis.call('TIME'), redis.call('HGETALL', KEYS[2]) }`);

export const openScript = new Script(`${rowsOf}
  return rowsOf(redis.call('ZRANGE', KEYS[1], 0, -1), ARGV[1])`);

export const recentScript = new Script(`${rowsOf}
  local since = redis.call('TIME')[1] * 1000 - ARGV[2]
  return rowsOf(redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', since, 'LIMIT', 0, ARGV[3]), ARGV[1])`);

/**
 * `news` tells other processes at once. If that fails or is not allowed (ACL), the next round of reconciling finds the change. The first
 * write must be one that a full Redis refuses. After any other, Redis would accept the rest too.
 */
export const acceptScript = new LineScript(`${tellInScript}${moveRampInScript}
  local change, open, owed, asked, refused, audit, audited = unpack(KEYS, 2, 8)
  local ramp = rampOf({ unpack(KEYS, 9, 11) }, { unpack(ARGV, 18) })
  local id, rev, kind, record, mac, seen, ahead, at, deadline, remember, news = unpack(ARGV, 3, 13)
  local time = redis.call('TIME')
  if tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000 > tonumber(deadline) then return { 'late' } end

  local before = remember ~= '0' and redis.call('GET', asked)
  if before and before ~= id then return { 'asked-before', before } end

  local stored = redis.call('HMGET', change, 'rev', 'kind', 'record', 'mac')
  local isAskedAnew = stored[2] == 'held' or stored[2] == 'awaiting' or stored[2] == 'void'
  if stored[1] and not (tonumber(stored[1]) == tonumber(rev) - 1 and isAskedAnew) then
    if remember ~= '0' then redis.call('SET', asked, id, 'EX', remember) end
    return { 'known', stored[1], stored[2], stored[3], stored[4] }
  end
  if not stored[1] and redis.call('EXISTS', refused) == 1 then return { 'refused-before' } end
  local mostOpen, over = tonumber(ARGV[#ARGV]), {}
  for at = 12, tonumber(ARGV[2]) - 1 do
    local count = 0
    for _, each in ipairs(redis.pcall('SMEMBERS', KEYS[at])) do
      local its = redis.pcall('HGET', prefix .. each, 'kind')
      if isWaiting(its) or its == 'awaiting' or its == 'held' then count = count + 1 else over[#over + 1] = { KEYS[at], each } end
    end
    if mostOpen > 0 and not stored[1] and count >= mostOpen then return { 'too-many' } end
  end
  takeAllIn()
  local versions = cjson.decode(seen)
  for each, line in ipairs(lines) do
    if versionOf(line) ~= versions[each] then return { 'moved' } end
  end

  if ramp and ramp.isMoved() then return { 'ramp-moved' } end

  redis.call('HSET', change, 'rev', rev, 'kind', kind, 'record', record, 'mac', mac)
  redis.call('HDEL', change, 'tries', 'writing', 'place')
  redis.call('PERSIST', change)
  if kind == 'queued' then enter(id, ahead == '1', lines) end
  redis.call('ZADD', open, at, id)
  for _, each in ipairs(over) do redis.call('SREM', each[1], each[2]) end
  for each = 12, tonumber(ARGV[2]) - 1 do
    redis.pcall('SADD', KEYS[each], id)
    redis.call('EXPIRE', KEYS[each], ${keepEndedSeconds})
  end
  redis.call('ZADD', owed, rev, id)
  redis.pcall('PUBLISH', news, id)
  tell(audit, audited, unpack(ARGV, 14, 17))
  if ramp then
    ramp.put(owed)
    tell(audit, audited, ARGV[27], ARGV[28], ARGV[16], '0')
  end
  if remember ~= '0' then redis.call('SET', asked, id, 'EX', remember) end
  return { 'accepted' }`);

/** `changed`: the record is not the one that was read, so its lines may be others, too. */
export const beginScript = new LineScript(`
  local change, begun, resting, owed = unpack(KEYS, 2, 5)
  local id, seen, lease, ahead = unpack(ARGV, 3, 6)
  local kind, rev = unpack(redis.call('HMGET', change, 'kind', 'rev'))
  if not isWaiting(kind) then
    leave(id)
    return { 'ended' }
  end
  if rev ~= seen then return { 'changed' } end

  takeAllIn()
  enter(id, ahead == '1', lines)
  for _, line in ipairs(lines) do
    local first = firstIn(line)
    if first ~= id then return { 'not-first', first } end
  end

  local function leftOf(key, ofVersion1)
    local left = redis.call('GET', key) == id and math.max(1, redis.call('PTTL', key)) or 0
    for _, line in ipairs(lines) do
      local its = line[ofVersion1]
      if redis.call('GET', its) == id then left = math.max(1, left, redis.call('PTTL', its)) end
    end
    return left
  end
  if kind == 'applying' and leftOf(begun, 'begun') > 0 then return { 'busy' } end
  local rests = leftOf(resting, 'resting')
  if rests > 0 then return { 'resting', tostring(rests) } end

  redis.call('SET', begun, id, 'PX', lease)
  for _, line in ipairs(lines) do
    for _, each in ipairs(redis.call('LRANGE', line.list, 0, -1)) do
      if each == id then redis.call('SET', line.begun, id, 'PX', lease) end
    end
  end
  if kind == 'queued' then
    redis.call('ZADD', owed, redis.call('HINCRBY', change, 'rev', 1), id)
    redis.call('HSET', change, 'kind', 'applying')
    enter(id, false, lines)
    for _, line in ipairs(lines) do stir(line.version) end
  end
  local stored = redis.call('HMGET', change, 'rev', 'kind', 'record', 'mac', 'tries')
  return { 'begun', stored[5] or '0', stored[1], stored[2], stored[3], stored[4] }`);

/** Takes a change out of its lines that we cannot read. Its record stays, and a process that can read it puts it back in its place. */
export const passOverScript = new LineScript(`
  for _, line in ipairs(lines) do
    redis.call('ZREM', line.line, ARGV[3])
    redis.call('LREM', line.list, 0, ARGV[3])
  end
  return 1`);

export const keepScript = new Script(`
  return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0`);

export const restScript = new Script(`
  local change, begun, resting = unpack(KEYS)
  local id, ms = unpack(ARGV)
  if redis.call('EXISTS', change) == 0 then return 0 end
  redis.call('HINCRBY', change, 'tries', 1)
  redis.call('SET', resting, id, 'PX', ms)
  redis.call('DEL', begun)
  return 1`);

/** Notes nothing for a change whose record is gone. */
export const noteWritingScript = new Script(`
  return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSETNX', KEYS[1], 'writing', ARGV[1]) or 0`);

/** The changes that still wait: their place, empty if they have none, and whether they are free (not leased, not resting). */
export const waitingScript = new Script(`
  local found = {}
  for at, id in ipairs(ARGV) do
    local change, begun, resting = unpack(KEYS, 3 * at - 2, 3 * at)
    local kind, place = unpack(redis.call('HMGET', change, 'kind', 'place'))
    if kind == 'applying' then place = '-inf' end
    if kind == 'queued' or kind == 'applying' then
      found[#found + 1] = { id, place or '', redis.call('EXISTS', begun, resting) == 0 and 1 or 0 }
    end
  end
  return found`);

/** `news` tells other processes: this one may die before it shows the card. */
export const updateScript = new LineScript(`${tellInScript}
  local change, begun, open, owed, recent, audit, audited = unpack(KEYS, 2, 8)
  local id, rev, kind, record, mac, staysOpen, recentMs, news = unpack(ARGV, 3, 10)
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
  tell(audit, audited, unpack(ARGV, 11))
  if isWaiting(kind) then return 1 end
  leave(id)
  redis.call('DEL', begun)
  if staysOpen == '0' then
    redis.call('ZREM', open, id)
    redis.call('EXPIRE', change, ${keepEndedSeconds})
  end
  return 1`);
