import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Change, isWaiting, moveTo } from '../../src/domain/change/change.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { Connection } from '../../src/redis/connect.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { aChangeOf, accept, applied, connected, reviews } from '../contracts/changes/world.ts';
import { changeId } from '../support/builders.ts';
import { Version1Store, version1Record } from './version-1.ts';

const leaseMs = 1_500;
const at = '2026-11-22T14:04:00.000Z';
const appliedThen = { kind: 'applied', at, seq: 1, live: { v1: 50, v3: 50 }, tookMs: 84, warnings: [] };
const redisBinary = await findRedisServer().catch(() => undefined);

describe.runIf(redisBinary)('while replicas of version 1 and of today work side by side', () => {
  let server: RedisServer;
  let redis: Connection;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connected(server);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('whoever accepts, begins and ends what, each change is applied once and none is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (steps) => {
        await redis.flushall();
        const course = new Course(new StoredChanges(redis), new Version1Store(redis));
        for (const step of steps) await course.take(step);
        await course.finish();

        expect([...course.applied].toSorted()).toEqual([...course.accepted].toSorted());
      }),
      { numRuns: 60 },
    );
  });
});

const names = ['reviews', 'ratings'] as const;
const anyStep = fc.oneof(
  fc.record({
    kind: fc.constant('accept' as const),
    of: fc.subarray([...names], { minLength: 1 }),
    ahead: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('accept-theirs' as const), of: fc.constantFrom(...names), ahead: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('begin' as const, 'begin-theirs' as const), nth: fc.nat(20) }),
  fc.record({ kind: fc.constantFrom('end' as const, 'end-theirs' as const), nth: fc.nat(20) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

/** Workers of both versions, who do not wait for each other's leases. */
class Course {
  readonly accepted: ChangeId[] = [];
  readonly applied: ChangeId[] = [];
  readonly #changes: StoredChanges;
  readonly #older: Version1Store;

  constructor(changes: StoredChanges, older: Version1Store) {
    this.#changes = changes;
    this.#older = older;
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'accept': {
        const [first = reviews, ...more] = step.of.map((name): ObjectRef => ({ ...reviews, name }));
        const change = aChangeOf([first, ...more], step.ahead ? { deed: 'rollback' } : {});
        await accept(this.#changes, change, { ahead: step.ahead });
        this.accepted.push(change.id);
        return;
      }
      case 'accept-theirs': {
        const id = changeId(90_000 + this.accepted.length);
        const record = version1Record({ id, object: { ...reviews, name: step.of } });
        await this.#older.accept(record, { ahead: step.ahead });
        this.accepted.push(id);
        return;
      }
      case 'begin':
      case 'begin-theirs': {
        const change = await this.#nth(step.nth, 'queued');
        if (change !== undefined) await (step.kind === 'begin' ? this.#begin(change) : this.#beginTheirs(change));
        return;
      }
      case 'end': {
        const change = await this.#nth(step.nth, 'applying');
        if (change !== undefined) await this.#end(change);
        return;
      }
      case 'end-theirs': {
        const change = await this.#nth(step.nth, 'applying');
        const record = change && (await this.#older.read(change.id));
        if (record === undefined) return;
        const next = { ...record, state: appliedThen, rev: record.rev + 1 };
        if (await this.#older.update(next)) this.applied.push(record.id);
      }
    }
  }

  /** Those of version 1 are gone by now. Every round ends one change. */
  async finish(): Promise<void> {
    for (let rounds = 0; rounds <= this.accepted.length; rounds += 1) {
      const waiting = (await this.#changes.open()).filter(isWaiting);
      if (waiting.length === 0) return;
      const begun = await Promise.all(waiting.map((change) => this.#begin(change)));
      const [first] = [
        ...begun.flatMap((each) => (each.kind === 'begun' ? [each.change] : [])),
        ...waiting.filter(({ state }) => state.kind === 'applying'), // whose worker still has it in hand
      ];
      if (first === undefined) throw new Error(`nobody can begin: ${JSON.stringify(begun)}`);
      await this.#end(first);
    }
    throw new Error('something waits without end');
  }

  #begin({ id }: Change) {
    return this.#changes.begin(id, leaseMs);
  }

  async #beginTheirs({ id }: Change): Promise<void> {
    const record = await this.#older.read(id);
    if (record !== undefined) await this.#older.begin(record, leaseMs);
  }

  async #end(change: Change): Promise<void> {
    if (await this.#changes.update(moveTo(change, applied))) this.applied.push(change.id);
  }

  async #nth(nth: number, kind: Change['state']['kind']): Promise<Change | undefined> {
    const all = (await this.#changes.open()).filter(({ state }) => state.kind === kind);
    return all[nth % Math.max(1, all.length)];
  }
}
