import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isChangeId, isRampId } from '../domain/routing/names.ts';
import { StoreUnavailableError } from '../workflow/errors.ts';
import type { CardClaim, CardId, CardLog, Keeping, Place, Placed } from '../workflow/ports/cards.ts';
import { ask, type Connection } from './connect.ts';
import { keys } from './keys.ts';
import { Script } from './script.ts';

/** A claim expires after this time unless its owner renews it, however slow Slack is. So a crashed owner blocks a card only briefly. */
const claimMs = 2_000;
const renewMs = 500;
/** Longer than Slack's client waits for an answer, and than a process usually stands still. */
const inDoubtMs = 15_000;
const keepSeconds = 31 * 24 * 3600;

const field = z.string().nullable();
const claimed = z.tuple([field, field, field, field, field, field]);

/** Where cards are in Slack, kept in Redis. */
export class StoredCards implements CardLog {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  async claim(id: CardId): Promise<CardClaim | undefined> {
    const token = randomUUID();
    const heldUntilMs = performance.now() + claimMs;
    const reply = await claimScript.run(
      this.#redis,
      [keys.card(id), keys.cardClaim(id), keys.inDoubt],
      [id, token, claimMs, inDoubtMs],
    );
    if (reply === null) return undefined;

    const [channel, ts, shownRev, postBegun, doubt, said] = claimed.parse(reply);
    const placed = channel === null || ts === null ? undefined : { channel, ts, shownRev: Number(shownRev) };
    return new Claim(this.#redis, id, {
      token,
      placed,
      postBegun: postBegun !== null,
      doubt,
      said: said ?? undefined,
      heldUntilMs,
    });
  }

  async placeOf(id: CardId): Promise<Place | undefined> {
    const [channel, ts] = await ask(this.#redis, (redis) => redis.hmget(keys.card(id), 'channel', 'ts'));
    return typeof channel === 'string' && typeof ts === 'string' ? { channel, ts } : undefined;
  }

  async owed(): Promise<readonly CardId[]> {
    const ids = z.array(z.string()).parse(await owedScript.run(this.#redis, [keys.owed, keys.inDoubt], []));
    return [...new Set(ids.filter(isCardId))];
  }
}

function isCardId(text: string): text is CardId {
  return isChangeId(text) || isRampId(text);
}

interface Claimed {
  readonly token: string;
  readonly placed: Placed | undefined;
  readonly postBegun: boolean;
  /** When the card was due to be written once more, as Redis stores it; null where it is not yet, or not in doubt. */
  readonly doubt: string | null;
  readonly said: string | undefined;
  /** On the monotonic clock, from before Redis was asked. */
  readonly heldUntilMs: number;
}

class Claim implements CardClaim {
  readonly #redis: Connection;
  readonly #id: CardId;
  readonly #token: string;
  #placed: Placed | undefined;
  #mayPost = true;
  #heldUntilMs: number;
  readonly postBegun: boolean;
  readonly #doubt: string | null;
  readonly said: string | undefined;

  constructor(redis: Connection, id: CardId, { token, placed, postBegun, doubt, said, heldUntilMs }: Claimed) {
    this.#redis = redis;
    this.#id = id;
    this.#token = token;
    this.#placed = placed;
    this.#heldUntilMs = heldUntilMs;
    this.postBegun = postBegun;
    this.#doubt = doubt;
    this.said = said;
  }

  get inDoubt(): boolean {
    return this.#doubt !== null;
  }

  isHeld(): boolean {
    return performance.now() < this.#heldUntilMs;
  }

  get placed(): Placed | undefined {
    return this.#placed;
  }

  keep(): Keeping {
    const lost = new AbortController();
    const renewing = setInterval(() => void this.#renew(lost), renewMs).unref();
    const end = () => clearInterval(renewing);
    lost.signal.addEventListener('abort', end);
    return { lost: lost.signal, [Symbol.dispose]: end };
  }

  async beginPost(): Promise<void> {
    if (!this.#mayPost)
      throw new StoreUnavailableError(`the card of ${this.#id} may already be posted: look it up first`);
    this.#mayPost = false;
    const redisKeys = [keys.card(this.#id), keys.cardClaim(this.#id)];
    const begun = await beginPostScript.run(this.#redis, redisKeys, [this.#token, keepSeconds]);
    if (begun !== 1) throw new StoreUnavailableError(`the claim on the card of ${this.#id} expired`);
  }

  async forgetPost(): Promise<void> {
    await forgetPostScript.run(this.#redis, [keys.card(this.#id), keys.cardClaim(this.#id)], [this.#token]);
    this.#mayPost = true;
  }

  async beginUpdate(): Promise<void> {
    const redisKeys = [keys.card(this.#id), keys.cardClaim(this.#id)];
    const begun = await beginUpdateScript.run(this.#redis, redisKeys, [this.#token, keepSeconds]);
    if (begun !== 1) throw new StoreUnavailableError(`the claim on the card of ${this.#id} expired`);
  }

  async place(placed: Placed, { endsDoubt = true } = {}): Promise<boolean> {
    const { channel, ts, shownRev } = placed;
    const isPlaced = await placeScript.run(
      this.#redis,
      [keys.card(this.#id), keys.owed, keys.inDoubt],
      [this.#id, channel, ts, shownRev, keepSeconds, (endsDoubt ? this.#doubt : null) ?? ''],
    );
    if (isPlaced !== 1) return false;
    this.#placed = placed;
    return true;
  }

  async noteSaid(key: string): Promise<void> {
    await ask(this.#redis, (redis) => redis.hset(keys.card(this.#id), 'said', key));
  }

  async settle(): Promise<void> {
    await settleScript.run(this.#redis, [keys.card(this.#id), keys.owed], [this.#id]);
  }

  async giveUp(): Promise<void> {
    await giveUpScript.run(this.#redis, [keys.owed, keys.inDoubt], [this.#id]);
  }

  async release(): Promise<boolean> {
    const redisKeys = [keys.card(this.#id), keys.cardClaim(this.#id), keys.owed];
    return (await releaseScript.run(this.#redis, redisKeys, [this.#id, this.#token])) === 1;
  }

  /**
   * A claim that cannot be renewed expires, and another process may take it. At worst the card is written twice with the same words. If
   * Redis does not answer, we do not know who owns the claim, so we go on renewing. If we stopped, a process without a claim would wait
   * for its turn in the channel, and use up a turn that other cards need.
   */
  async #renew(lost: AbortController): Promise<void> {
    const heldUntilMs = performance.now() + claimMs;
    const renewed = renewScript.run(this.#redis, [keys.cardClaim(this.#id)], [this.#token, claimMs]);
    const answer = await renewed.catch(() => 'none');
    if (answer === 1) this.#heldUntilMs = Math.max(this.#heldUntilMs, heldUntilMs);
    else if (answer !== 'none') lost.abort();
  }
}

const redisClock = `
  local function nowMs()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
  end`;

/**
 * A writer that began a message and never released its claim has died or is paused. When it runs again, its message may overwrite ours, and it may die
 * before it can note that. So the card is written once more a while later.
 */
const claimScript = new Script(`${redisClock}
  local card, claim, inDoubt = unpack(KEYS)
  local id, token, held, doubt = unpack(ARGV)
  if not redis.call('SET', claim, token, 'PX', held, 'NX') then return false end
  local found = redis.call('HMGET', card, 'channel', 'ts', 'shownRev', 'postBegun', 'writer', 'said')
  local due = redis.call('ZSCORE', inDoubt, id)
  if due and tonumber(due) > nowMs() then due = false end
  if found[5] then
    redis.call('ZADD', inDoubt, nowMs() + doubt, id)
    redis.call('HDEL', card, 'writer')
  end
  return {found[1], found[2], found[3], found[4], due, found[6]}`);

const owedScript = new Script(`${redisClock}
  local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', nowMs())) do table.insert(ids, id) end
  return ids`);

const giveUpScript = new Script(`
  redis.call('ZREM', KEYS[2], ARGV[1])
  return redis.call('ZREM', KEYS[1], ARGV[1])`);

/** Only for the owner of the claim: after it expired, another process may have posted. */
const beginPostScript = new Script(`
  local card, claim = unpack(KEYS)
  local token, keep = unpack(ARGV)
  if redis.call('GET', claim) ~= token then return 0 end
  redis.call('HSET', card, 'postBegun', '1', 'writer', token)
  redis.call('EXPIRE', card, keep)
  return 1`);

/** Only for the owner of the claim. The writer is noted until it lets go, because it may write later than it believes. */
const beginUpdateScript = new Script(`
  local card, claim = unpack(KEYS)
  local token, keep = unpack(ARGV)
  if redis.call('GET', claim) ~= token then return 0 end
  redis.call('HSET', card, 'writer', token)
  redis.call('EXPIRE', card, keep)
  return 1`);

/** Only for the owner of the claim: a post begun after it expired belongs to another process. */
const forgetPostScript = new Script(`
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  return redis.call('HDEL', KEYS[1], 'postBegun')`);

/** A late writer with an older revision has overwritten a newer card, so the card is owed again. */
const placeScript = new Script(`
  local card, owed, inDoubt = unpack(KEYS)
  local id, channel, ts, shown, keep, doubt = unpack(ARGV)
  local at = redis.call('HMGET', card, 'channel', 'ts')
  if at[2] and (at[1] ~= channel or at[2] ~= ts) then return 0 end
  local before = tonumber(redis.call('HGET', card, 'shownRev') or '-1')
  if before > tonumber(shown) and not redis.call('ZSCORE', owed, id) then redis.call('ZADD', owed, before, id) end
  redis.call('HSET', card, 'channel', channel, 'ts', ts, 'shownRev', shown)
  redis.call('EXPIRE', card, keep)
  if redis.call('ZSCORE', inDoubt, id) == doubt then redis.call('ZREM', inDoubt, id) end
  local rev = redis.call('ZSCORE', owed, id)
  if rev and tonumber(rev) <= tonumber(shown) then redis.call('ZREM', owed, id) end
  return 1`);

const settleScript = new Script(`
  local shown = redis.call('HGET', KEYS[1], 'shownRev')
  local rev = redis.call('ZSCORE', KEYS[2], ARGV[1])
  if shown and rev and tonumber(rev) <= tonumber(shown) then redis.call('ZREM', KEYS[2], ARGV[1]) end
  return 1`);

const renewScript = new Script(`
  return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0`);

const releaseScript = new Script(`
  local card, claim, owed = unpack(KEYS)
  local id, token = unpack(ARGV)
  if redis.call('GET', claim) == token then redis.call('DEL', claim) end
  if redis.call('HGET', card, 'writer') == token then redis.call('HDEL', card, 'writer') end
  return redis.call('ZSCORE', owed, id) and 1 or 0`);
