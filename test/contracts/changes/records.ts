import { beforeEach, describe, expect, it } from 'vitest';
import { type Change, moveTo } from '../../../src/domain/change/change.ts';
import type { Connection } from '../../../src/redis/connect.ts';
import { keys } from '../../../src/redis/keys.ts';
import { StoredChanges } from '../../../src/redis/stored-changes.ts';
import { leaseMs } from '../../../src/workflow/applying/apply.ts';
import { UntrustedRecordError } from '../../../src/workflow/errors.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';
import { aChange, aChangeOf, accept, begin, held, ratings, reviews } from './world.ts';

/** Records that somebody altered, or that another version of us wrote. */
export function describeRecords(open: () => Connection): void {
  let redis: Connection;

  beforeEach(async () => {
    redis = open();
    await redis.flushall();
  });

  describe('a record that cannot be taken at its word', () => {
    const signed = { recordKey: 'a key' };

    it.each`
      what                            | spoil
      ${'is signed with another key'} | ${(change: Change) => new StoredChanges(redis, { recordKey: 'another' }).update(moveTo(change, held))}
      ${'is not signed'}              | ${(change: Change) => redis.hset(keys.change(change.id), 'mac', '')}
      ${'has no signature'}           | ${(change: Change) => redis.hdel(keys.change(change.id), 'mac')}
      ${'was altered'}                | ${(change: Change) => alter(change, (record) => record.replace('"v3":50', '"v3":99'))}
      ${'is another version'}         | ${(change: Change) => alter(change, (record) => record.replace('"v":2', '"v":3'))}
      ${'is no JSON'}                 | ${(change: Change) => alter(change, () => '{')}
      ${'has no text'}                | ${(change: Change) => redis.hdel(keys.change(change.id), 'record')}
      ${'has another rev beside it'}  | ${(change: Change) => redis.hset(keys.change(change.id), 'rev', '7')}
      ${'is that of another change'}  | ${copyOfAnother}
    `('is refused and left as it is: it $what', async ({ spoil }) => {
      const store = new StoredChanges(redis, signed);
      const change = aChange();
      await accept(store, change);
      await spoil(change);
      const before = await redis.hgetall(keys.change(change.id));

      await expect(store.read(change.id)).rejects.toThrow(UntrustedRecordError);
      await expect(store.begin(change.id, leaseMs)).rejects.toThrow(UntrustedRecordError);
      expect(await redis.hgetall(keys.change(change.id))).toEqual(before);
    });

    it('does not hide the others, and is logged once', async () => {
      const log = new InMemoryLog();
      const store = new StoredChanges(redis, { ...signed, log });
      const [spoiled, fine] = [aChange(), aChange()];
      await accept(store, spoiled);
      await accept(store, fine);
      await redis.hset(keys.change(spoiled.id), 'mac', 'f'.repeat(64));

      expect(await store.open()).toEqual([fine]);
      expect((await store.lines([reviews])).waiting).toEqual([fine]);
      expect(await store.open()).toEqual([fine]);

      expect(log.lines.map(({ level, fields }) => ({ level, fields }))).toMatchObject([
        { level: 'warn', fields: { changeId: spoiled.id } },
      ]);
    });

    it('does not hold up those behind it', async () => {
      const store = new StoredChanges(redis, signed);
      const [spoiled, fine] = [aChange(), aChange()];
      await accept(store, spoiled);
      await accept(store, fine);
      await redis.hset(keys.change(spoiled.id), 'mac', '');
      const before = await redis.hgetall(keys.change(spoiled.id));

      expect(await store.begin(fine.id, leaseMs)).toMatchObject({ kind: 'begun', change: { id: fine.id } });
      expect(await redis.hgetall(keys.change(spoiled.id))).toEqual(before);
    });

    it('holds up none of the lines that it stands in', async () => {
      const store = new StoredChanges(redis, signed);
      const [spoiled, fine] = [aChangeOf([reviews, ratings]), aChangeOf([ratings, reviews])];
      for (const each of [spoiled, fine]) await accept(store, each);
      await redis.hset(keys.change(spoiled.id), 'mac', '');

      expect(await store.stranded([fine])).toEqual([fine]);
      expect(await store.begin(fine.id, leaseMs)).toMatchObject({ kind: 'begun', change: { id: fine.id } });
    });

    it('is back in its place for whoever can read it', async () => {
      const [theirs, ours] = [new StoredChanges(redis, { recordKey: 'their key' }), new StoredChanges(redis, signed)];
      const [first, second] = [aChange(), aChange()];
      await accept(theirs, first);
      await accept(ours, second);
      await begin(ours, second);

      expect(await theirs.begin(first.id, leaseMs)).toMatchObject({ kind: 'begun', change: { id: first.id } });
    });

    async function alter(change: Change, edit: (record: string) => string): Promise<void> {
      const record = (await redis.hget(keys.change(change.id), 'record')) ?? '';
      await redis.hset(keys.change(change.id), 'record', edit(record));
    }

    async function copyOfAnother(change: Change): Promise<void> {
      const other = aChange();
      await accept(new StoredChanges(redis, signed), other);
      await redis.copy(keys.change(other.id), keys.change(change.id), 'REPLACE');
    }
  });

  it('without a key are read whatever their signature, since nothing can be said of it', async () => {
    const change = aChange();
    await accept(new StoredChanges(redis, { recordKey: 'once' }), change);

    expect(await new StoredChanges(redis).read(change.id)).toEqual(change);
  });
}
