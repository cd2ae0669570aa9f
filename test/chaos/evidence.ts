import { Redis } from 'ioredis';
import type { AuditEvent } from '../../src/domain/change/audit.ts';
import type { Change } from '../../src/domain/change/change.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import { type ChangeId, isChangeId, isRampId } from '../../src/domain/routing/names.ts';
import { AuditStream } from '../../src/redis/audit-stream.ts';
import { StoredCards } from '../../src/redis/card-log.ts';
import { whenReady } from '../../src/redis/connect.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { StoredRamps } from '../../src/redis/stored-ramps.ts';
import type { CardId } from '../../src/workflow/ports/cards.ts';
import type { SlackMessage } from '../support/slack-client.ts';
import { recordKey } from './chaos-world.ts';
import type { ObjectEvent } from './history.ts';
import type { Request } from './people.ts';

/** Everything that a run left behind, for the check. */
export interface Evidence {
  /** Every event of every object, in order. */
  readonly history: ReadonlyMap<string, readonly ObjectEvent[]>;
  /** What somebody else wrote (`writeKey`), and the uids of the objects that they deleted. */
  readonly foreign: ReadonlySet<string>;
  readonly records: ReadonlyMap<ChangeId, Change>;
  /** Cards that show less than their record. */
  readonly owed: readonly CardId[];
  readonly requests: readonly Request[];
  readonly messages: readonly SlackMessage[];
  readonly unknownPosts: ReadonlySet<string>;
  readonly ramps: readonly Ramp[];
  readonly audit: readonly AuditEvent[];
}

/** The records as the bot stores them, read without a proxy. */
export class RecordReader {
  readonly #redis: Redis;
  readonly #changes: StoredChanges;
  readonly #ramps: StoredRamps;
  readonly #cards: StoredCards;
  readonly #audit: AuditStream;

  private constructor(redis: Redis) {
    this.#redis = redis;
    this.#changes = new StoredChanges(redis, { recordKey });
    this.#ramps = new StoredRamps(redis, { recordKey });
    this.#cards = new StoredCards(redis);
    this.#audit = new AuditStream(redis, { recordKey });
  }

  static async connect(url: string): Promise<RecordReader> {
    const redis = new Redis(url);
    redis.on('error', () => {}); // it restarts and comes back
    await whenReady(redis);
    return new RecordReader(redis);
  }

  async all(): Promise<ReadonlyMap<ChangeId, Change>> {
    const keys = await this.#redis.keys('*:change:*');
    const ids = keys.map((key) => key.slice(key.lastIndexOf(':') + 1)).filter(isChangeId);
    const changes = await Promise.all(ids.map((id) => this.#changes.read(id)));
    return new Map(changes.flatMap((change) => (change === undefined ? [] : [[change.id, change]])));
  }

  async ramps(): Promise<readonly Ramp[]> {
    const found = await this.#redis.keys(keys.ramp('*'));
    const ids = found.map((key) => key.slice(key.lastIndexOf(':') + 1)).filter(isRampId);
    const ramps = await Promise.all(ids.map((id) => this.#ramps.read(id)));
    return ramps.flatMap((ramp) => ramp ?? []);
  }

  /** Oldest first. */
  async events(): Promise<readonly AuditEvent[]> {
    const events: AuditEvent[] = [];
    for await (const entry of this.#audit.export(new Date(0))) if (entry.kind === 'event') events.push(entry.event);
    return events;
  }

  open(): Promise<readonly Change[]> {
    return this.#changes.open();
  }

  owed(): Promise<readonly CardId[]> {
    return this.#cards.owed();
  }

  /** Whether a card is to be written once more, because a writer that never let go may still overwrite it. */
  async isAnyInDoubt(): Promise<boolean> {
    return (await this.#redis.exists(keys.inDoubt)) === 1;
  }

  close(): void {
    this.#redis.disconnect();
  }
}
