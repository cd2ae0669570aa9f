import { type ObjectRef, objectKey } from '../domain/routing/object.ts';
import type { Connection } from './connect.ts';
import { keys } from './keys.ts';
import { Script } from './script.ts';

/** How long ended changes are kept. Their effect stays in the objects' histories for good. */
export const keepEndedSeconds = 30 * 24 * 3600;

/**
 * Lua: the lines of the objects that a script is about. A line is a sorted set of change ids. Each change has one place (a score, kept
 * in its hash), and that is its place in every line that it stands in. So any two changes stand in the same order in all lines that
 * they share, and no two can wait for each other.
 *
 * - A change gets the next place. One that goes ahead gets the next place below zero. One that is being applied gets `-inf`.
 * - An entry with another place than its change's own is stale. It is removed when it comes to the front. So is one whose change is no
 *   record of ours.
 * - Replicas of version 1 put their changes into lists, one for each VirtualService. `takeIn` gives these a place, too.
 */
const lineFunctions = `
  local lastPlace, prefix = KEYS[1], ARGV[1]
  local lines = {}
  for at = tonumber(ARGV[2]), #KEYS, 6 do
    local line, version, list, listVersion, begun, resting = unpack(KEYS, at, at + 5)
    lines[#lines + 1] = {
      line = line, version = version, list = list, listVersion = listVersion, begun = begun, resting = resting
    }
  end

  local function isWaiting(kind) return kind == 'queued' or kind == 'applying' end

  local function kindAndPlace(id) return unpack(redis.pcall('HMGET', prefix .. id, 'kind', 'place')) end

  local function placeOf(id)
    local kind, place = kindAndPlace(id)
    return isWaiting(kind) and place
  end

  local exact = 2 ^ 53

  local function versionOf(line)
    local version = tonumber(redis.call('GET', line.version) or '0') or 0
    return version == math.floor(version) and math.abs(version) < exact and version or 0
  end

  local function countUp(counter, orElse)
    local count = redis.pcall('INCR', counter)
    if type(count) == 'number' and count < exact then return count end
    redis.call('SET', counter, string.format('%.0f', orElse))
    return orElse
  end

  local function stir(version)
    countUp(version, 1)
    redis.call('EXPIRE', version, ${keepEndedSeconds})
  end

  local function enter(id, isAhead, into)
    local kind, place = unpack(redis.call('HMGET', prefix .. id, 'kind', 'place'))
    if kind == 'applying' then
      place = '-inf'
    elseif not place then
      local last = countUp(lastPlace, redis.call('TIME')[1] * 1000) -- after all that were given
      place = string.format('%.0f', isAhead and -last or last)
    end
    redis.call('HSET', prefix .. id, 'place', place)
    for _, line in ipairs(into) do
      if redis.call('ZADD', line.line, place, id) > 0 then stir(line.version) end
    end
  end

  local function takeIn(line)
    local list = redis.call('LRANGE', line.list, 0, -1)
    local fresh, isAhead = {}, false
    for at = #list, 1, -1 do
      local id = list[at]
      local kind, place = kindAndPlace(id)
      if kind == 'applying' then
        enter(id, false, { line })
      elseif kind == 'queued' then
        if place and redis.call('ZSCORE', line.line, id) == place then isAhead = true
        elseif isAhead then enter(id, true, { line })
        else table.insert(fresh, 1, id) end
      end
    end
    for _, id in ipairs(fresh) do enter(id, false, { line }) end
  end

  local function takeAllIn()
    for _, line in ipairs(lines) do takeIn(line) end
  end

  local function firstIn(line)
    while true do
      local id, place = unpack(redis.call('ZRANGE', line.line, 0, 0, 'WITHSCORES'))
      if not id or placeOf(id) == place then return id end
      redis.call('ZREM', line.line, id)
    end
  end

  local function leave(id)
    for _, line in ipairs(lines) do
      if redis.call('ZREM', line.line, id) > 0 then stir(line.version) end
      if redis.call('LREM', line.list, 0, id) > 0 then stir(line.listVersion) end
    end
  end

  local function waitingInAll()
    local found, places = {}, {}
    for _, line in ipairs(lines) do
      local all = redis.call('ZRANGE', line.line, 0, -1, 'WITHSCORES')
      for at = 1, #all, 2 do
        local id, place = all[at], all[at + 1]
        if not places[id] and placeOf(id) == place then
          found[#found + 1] = id
          places[id] = place == '-inf' and -math.huge or tonumber(place)
        end
      end
    end
    table.sort(found, function(a, b) return places[a] < places[b] or (places[a] == places[b] and a < b) end)
    return found
  end`;

/** A script that looks at the lines of some objects. Its own keys begin at KEYS[2], and its own arguments at ARGV[3]. */
export class LineScript {
  readonly #script: Script;

  constructor(source: string) {
    this.#script = new Script(`${lineFunctions}\n${source}`);
  }

  run(
    connection: Connection,
    own: { readonly keys: readonly string[]; readonly args: readonly (string | number)[] },
    objects: readonly ObjectRef[],
  ): Promise<unknown> {
    const first = own.keys.length + 2;
    return this.#script.run(
      connection,
      [keys.lastPlace, ...own.keys, ...objects.flatMap(keysOf)],
      [keys.change(''), first, ...own.args],
    );
  }
}

/** In version 1, a DestinationRule without a VirtualService used the line of a VirtualService of the same name. */
function keysOf(object: ObjectRef): readonly string[] {
  const [own, version1] = [objectKey(object), objectKey({ ...object, kind: 'VirtualService' })];
  return [
    keys.line(own),
    keys.lineVersion(own),
    keys.version1.line(version1),
    keys.lineVersion(version1),
    keys.version1.begun(version1),
    keys.version1.resting(version1),
  ];
}
