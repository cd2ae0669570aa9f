import { z } from 'zod';
import type { Bucket, LimitOutcome, Limits } from '../workflow/ports/limits.ts';
import type { Connection } from './connect.ts';
import { keys } from './keys.ts';
import { Script } from './script.ts';

/** The count of refusals expires after this time if nobody asks for it, because the process that should have asked is gone. */
const rememberRefusedMs = 2 * 60_000;

/** Slack repeats a delivery for about five minutes after the last attempt. */
const rememberRequestMs = 20 * 60_000;

const reply = z.tuple([z.int(), z.int(), z.int()]);

/** Counts commands in Redis, and so for all processes together. Uses the clock of Redis. */
export class StoredLimits implements Limits {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  async take(request: string, buckets: readonly Bucket[]): Promise<LimitOutcome> {
    const [first] = buckets;
    if (first === undefined) return { kind: 'taken' };
    const [place, refused, nextInMs] = reply.parse(
      await takeScript.run(
        this.#redis,
        [keys.overLimit(first.name), keys.counted(request), ...buckets.map(({ name }) => keys.bucket(name))],
        [rememberRefusedMs, rememberRequestMs, ...buckets.flatMap(({ atOnce, everyMs }) => [atOnce, everyMs])],
      ),
    );
    if (place === 0) return { kind: 'taken' };
    return { kind: 'refused', bucket: buckets[place - 1]?.name ?? first.name, refused, nextInMs };
  }

  async refusedSince(bucket: string): Promise<number> {
    return z.int().parse(await refusedScript.run(this.#redis, [keys.overLimit(bucket)], []));
  }
}

/**
 * A bucket is one number: the time when it is full again (the theoretical arrival time of the generic cell rate algorithm). Returns 0, or
 * the index of the empty bucket, the number of refusals, and the time until the next one is allowed.
 */
const takeScript = new Script(`
  local most = 2 ^ 31
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local before = redis.call('GET', KEYS[2])
  if before == '0' then return { 0, 0, 0 } end
  if before then
    local place, refused, wait = string.match(before, '^(%d+) (%d+) (%d+)$')
    place = tonumber(place or before) -- an older version stored only the place
    if place and place >= 1 and place <= #KEYS - 2 then
      return { place, math.min(tonumber(refused or 2), most), math.min(tonumber(wait or 0), most) }
    end
  end

  local full = {}
  for place = 1, #KEYS - 2 do
    local atOnce, every = tonumber(ARGV[2 * place + 1]), tonumber(ARGV[2 * place + 2])
    local stored = tonumber(redis.call('GET', KEYS[place + 2]) or '0') or 0
    full[place] = math.min(math.max(stored, now), now + atOnce * every) -- no bucket is fuller
    local wait = full[place] - (atOnce - 1) * every - now
    if wait > 0 then
      local refused = redis.pcall('INCR', KEYS[1])
      if type(refused) ~= 'number' or refused > most then
        redis.call('SET', KEYS[1], 1)
        refused = 1
      end
      if refused == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
      redis.call('SET', KEYS[2], string.format('%d %d %d', place, refused, math.ceil(wait)), 'PX', ARGV[2])
      return { place, refused, math.ceil(wait) }
    end
  end
  for place = 1, #KEYS - 2 do
    local after = full[place] + tonumber(ARGV[2 * place + 2])
    redis.call('SET', KEYS[place + 2], string.format('%.3f', after), 'PX', math.ceil(after - now))
  end
  redis.call('SET', KEYS[2], 0, 'PX', ARGV[2])
  return { 0, 0, 0 }`);

const refusedScript = new Script(`
  local refused = math.min(tonumber(redis.call('GET', KEYS[1]) or '0') or 0, 2 ^ 31)
  redis.call('DEL', KEYS[1])
  return refused`);
