import type { Ramp } from '../domain/ramp/ramp.ts';
import { dueAtMs, isOver } from '../domain/ramp/ramp-state.ts';
import type { RampTarget } from '../domain/ramp/targets.ts';
import { isRampId } from '../domain/routing/names.ts';
import { type ObjectRef, objectKey } from '../domain/routing/object.ts';
import { owedAs } from '../workflow/ports/cards.ts';
import type { RampedRule } from '../workflow/ports/changes.ts';
import { tellInScript } from './audit-stream.ts';
import { keys } from './keys.ts';
import { keepEndedSeconds } from './line-scripts.ts';
import { storeRamp } from './records/stored-ramp.ts';
import { Script } from './script.ts';
import type { RecordKey } from './signature.ts';

/** The keys and arguments with which `rampOf` moves a ramp. No ramp: the same keys, so that a script can number those after them. `isQuiet`: its card owes nothing. */
export function movingIn(
  ramp: Ramp | undefined,
  key: RecordKey | undefined,
  isQuiet = false,
): { readonly keys: readonly string[]; readonly args: readonly (string | number)[] } {
  const redisKeys = [keys.ramp(ramp?.id ?? ''), keys.ramps, keys.rampOn];
  if (ramp === undefined) return { keys: redisKeys, args: [''] };
  const { rev, kind, record, mac } = storeRamp(ramp, key);
  const due = dueAtMs(ramp.state) ?? '+inf';
  const rules = JSON.stringify(ramp.before.map(ruleField));
  return {
    keys: redisKeys,
    args: [ramp.id, rev, kind, record, mac, isOver(ramp.state) ? 1 : 0, due, rules, isQuiet ? '' : owedAs(ramp)],
  };
}

function ruleField({ object, rule }: RampTarget): string {
  return `${objectKey(object)} ${rule}`;
}

/** Which rules of these objects a ramp moves, as Redis keeps it: fields and ids by turns. */
export function rampedRules(objects: readonly ObjectRef[], stored: readonly string[]): readonly RampedRule[] {
  return stored.flatMap((field, at) => {
    const id = stored[at + 1] ?? '';
    const object = at % 2 === 0 ? objects.find((each) => field.startsWith(`${objectKey(each)} `)) : undefined;
    if (object === undefined || !isRampId(id)) return [];
    return [{ object, rule: field.slice(objectKey(object).length + 1), ramp: id }];
  });
}

/**
 * Lua: a ramp's next record, with when it is due and which rules it moves. A ramp at rev 0 is new: nobody may have it yet, and no other
 * ramp may move one of its rules.
 */
export const moveRampInScript = `
  local function rampOf(keys, args)
    if args[1] == '' then return false end
    local hash, ramps, rampOn = unpack(keys)
    local id, rev, kind, record, mac, isOver, due, rules, shown = unpack(args)
    local fields = cjson.decode(rules)
    local ramp = {}

    function ramp.isTaken()
      for _, field in ipairs(fields) do
        local other = redis.call('HGET', rampOn, field)
        if other and other ~= id then return true end
      end
      return false
    end

    function ramp.isMoved()
      local stored = redis.call('HGET', hash, 'rev')
      if rev == '0' then return stored or ramp.isTaken() end
      return not stored or tonumber(stored) ~= tonumber(rev) - 1
    end

    function ramp.put(owed)
      redis.call('HSET', hash, 'rev', rev, 'kind', kind, 'record', record, 'mac', mac)
      if shown ~= '' then redis.call('ZADD', owed, shown, id) end
      for _, field in ipairs(fields) do
        if isOver == '0' then redis.call('HSET', rampOn, field, id)
        elseif redis.call('HGET', rampOn, field) == id then redis.call('HDEL', rampOn, field) end
      end
      if isOver == '0' then redis.call('ZADD', ramps, due, id)
      else
        redis.call('ZREM', ramps, id)
        redis.call('EXPIRE', hash, ${keepEndedSeconds})
      end
    end
    return ramp
  end`;

/** The first write must be one that a full Redis refuses. After any other, Redis would accept the rest too. */
export const createRampScript = new Script(`${tellInScript}${moveRampInScript}
  local owed, audit, audited, refused = unpack(KEYS, 4, 7)
  local ramp = rampOf({ unpack(KEYS, 1, 3) }, { unpack(ARGV, 1, 9) })
  if redis.call('EXISTS', KEYS[1]) == 1 then return 'known' end
  if redis.call('EXISTS', refused) == 1 then return 'refused-before' end
  if ramp.isTaken() then return 'taken' end
  ramp.put(owed)
  redis.pcall('PUBLISH', ARGV[10], ARGV[1])
  tell(audit, audited, unpack(ARGV, 11))
  return 'created'`);

/** `news` tells other processes: this one may die before it shows the card. */
export const updateRampScript = new Script(`${tellInScript}${moveRampInScript}
  local owed, audit, audited, decided = unpack(KEYS, 4, 7)
  local ramp = rampOf({ unpack(KEYS, 1, 3) }, { unpack(ARGV, 1, 9) })
  if ramp.isMoved() then return 0 end
  if decided and redis.call('EXISTS', decided) == 1 then return 0 end
  ramp.put(owed)
  if decided then redis.call('SET', decided, ARGV[1], 'EX', 3600) end
  if ARGV[9] ~= '' then redis.pcall('PUBLISH', ARGV[10], ARGV[1]) end
  tell(audit, audited, unpack(ARGV, 11))
  return 1`);

export const openRampsScript = new Script(`
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local fields = redis.pcall('HMGET', ARGV[1] .. id, 'rev', 'kind', 'record', 'mac')
    if fields.err then fields = { '' } end
    if fields[1] then found[#found + 1] = { id, fields[1], fields[2] or '', fields[3] or '', fields[4] or '' }
    else redis.call('ZREM', KEYS[1], id) end
  end
  return found`);
