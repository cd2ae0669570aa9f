import { Redis } from 'ioredis';
import { type Change, concerns, isWaiting, objectsOf } from '../../src/domain/change/change.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { whenReady } from '../../src/redis/connect.ts';
import { JobQueue } from '../../src/redis/job-queue.ts';
import { keys } from '../../src/redis/keys.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { StoredRamps } from '../../src/redis/stored-ramps.ts';
import { recordKey } from '../chaos/chaos-world.ts';
import { RecordReader } from '../chaos/evidence.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { isStill } from './ramps.ts';

/** A lane's Redis database, past the bot. */
export class Store {
  readonly #redis: Redis;
  readonly #changes: StoredChanges;
  readonly #queue: JobQueue;
  readonly #ramps: StoredRamps;
  readonly records: RecordReader;

  private constructor(redis: Redis, records: RecordReader) {
    this.#redis = redis;
    this.#changes = new StoredChanges(redis, { recordKey });
    this.#ramps = new StoredRamps(redis, { recordKey });
    this.#queue = new JobQueue(redis, new InMemoryLog());
    this.records = records;
  }

  static async connect(url: string): Promise<Store> {
    const redis = new Redis(url);
    await whenReady(redis);
    return new Store(redis, await RecordReader.connect(url));
  }

  async recordsOf(objects: readonly ObjectRef[]): Promise<readonly Change[]> {
    const all = [...(await this.records.all()).values()];
    return all.filter((change) => objects.some((object) => concerns(change, object)));
  }

  /** Stands in line and has a job, as if a person had asked for it. */
  async accept(change: Change): Promise<void> {
    const { versions } = await this.#changes.lines(objectsOf(change));
    await this.#changes.accept(change, { lines: versions, ahead: false });
    await this.#queue.add(change);
  }

  /** Past the bot. */
  async moveRamp(next: Ramp): Promise<void> {
    if (!(await this.#ramps.update(next, {}))) throw new Error(`${next.id} moved by itself`);
  }

  /** Their records, and nothing else: what points to them is still there. */
  async loseRamps(): Promise<void> {
    await this.#redis.del(await this.#redis.keys(keys.ramp('*')));
  }

  /** Nothing waits for a worker, no ramp moves on, and every card says what its record says. */
  async isSettled(): Promise<boolean> {
    // One after the other: what moves on owes its card from then on, so that the cards come last.
    const open = await this.records.open();
    const ramps = await this.records.ramps();
    const owed = await this.records.owed();
    return !open.some(isWaiting) && owed.length === 0 && ramps.every(isStill);
  }

  /** Whether anybody holds a job, an object's line or a card for themselves. */
  async isAnythingLocked(): Promise<boolean> {
    const keys = await Promise.all(['*:lock', '*:begun:*', '*:card-claim:*'].map((like) => this.#redis.keys(like)));
    return keys.some((found) => found.length > 0);
  }

  async empty(): Promise<void> {
    await this.#redis.flushdb();
  }

  async close(): Promise<void> {
    this.records.close();
    await this.#queue.close();
    this.#redis.disconnect();
  }
}
