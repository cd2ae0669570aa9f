import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatLedger, readLedger, record } from '../../src/domain/routing/ledger.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import {
  type Connection,
  connectForRequests,
  connectForWorker,
  readRedisUrl,
  whenReady,
} from '../../src/redis/connect.ts';
import { type RunningWorker, startWorker } from '../../src/redis/job-queue.ts';
import { keys, queuePrefix } from '../../src/redis/keys.ts';
import { readStoredChange, type StoredChange, storeChange } from '../../src/redis/stored-change.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { LaterRecordError, UntrustedRecordError } from '../../src/workflow/errors.ts';
import { cardsOf } from '../../src/workflow/showing/cards.ts';
import { revision } from '../support/builders.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { House } from '../workflow/house.ts';

/** Formats that each version of the bot has written. Files here never change: a new format is a new file. */
const format = z.object({
  records: z.record(z.string(), z.string()),
  job: z.looseObject({ v: z.number(), id: z.string(), object: z.looseObject({}) }),
  ledger: z.string(),
});
const written = ['v1', 'v1-seen', 'v1-objects', 'v1-seen-services', 'v1-decisions', 'v1-moved'].map((version) => ({
  version,
  ...format.parse(JSON.parse(readFileSync(join(import.meta.dirname, `formats/${version}.json`), 'utf8'))),
}));
const [v1] = written;
if (v1 === undefined) throw new Error('no format files');

const id: ChangeId = 'c-7F3K9QXZ';
const redisBinary = await findRedisServer().catch(() => undefined);

const records = written.flatMap(({ version, records: all }) =>
  Object.entries(all).map(([name, text]) => ({ version, name, kind: kindOf(text), text })),
);

function kindOf(record: string): string {
  return z.looseObject({ state: z.looseObject({ kind: z.string() }) }).parse(JSON.parse(record)).state.kind;
}

/** Adds one field to the record: one variant for each object inside it. */
function additions(value: unknown, at = ''): readonly { readonly at: string; readonly edited: unknown }[] {
  if (Array.isArray(value))
    return value.flatMap((each, place) =>
      additions(each, `${at}/${place}`).map((one) => ({ ...one, edited: value.with(place, one.edited) })),
    );
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.entries(value).flatMap(([name, each]) =>
    additions(each, `${at}/${name}`).map((one) => ({ ...one, edited: { ...value, [name]: one.edited } })),
  );
  return at === '' ? within : [{ at, edited: { ...value, later: 'more' } }, ...within];
}

/** What the current version would write next. */
function rewritten(stored: StoredChange): unknown {
  try {
    return JSON.parse(storeChange(readStoredChange(stored, undefined), undefined).record);
  } catch (error) {
    if (error instanceof UntrustedRecordError) return 'refused';
    throw error;
  }
}

/** What a later version might write. */
const later = [
  { what: 'of another version', edit: (text: string) => text.replace('"v":1', '"v":2') },
  {
    what: 'with a field that we do not know',
    edit: (text: string) => text.replace('"v":1', '"v":1,"witnesses":["U02BOB"]'),
  },
];

describe('a record of every format', () => {
  it.each(records)('keeps its meaning: $version $name', ({ kind, text }) => {
    const { rev, ...rest } = z.looseObject({ rev: z.number() }).parse(JSON.parse(text));

    const change = readStoredChange({ rev: String(rev), kind, record: text, mac: '' }, undefined);

    expect({ v: 1, ...change }).toEqual({ ...rest, rev });
    expect(JSON.parse(storeChange(change, undefined).record)).toEqual(JSON.parse(text));
  });

  it.each(records.flatMap((each) => later.map((next) => ({ ...each, ...next }))))(
    'is refused if a part of it is unknown: $version $name $what',
    ({ kind, text, edit }) => {
      const { rev } = z.looseObject({ rev: z.number() }).parse(JSON.parse(text));

      expect(() => readStoredChange({ rev: String(rev), kind, record: edit(text), mac: '' }, undefined)).toThrow(
        UntrustedRecordError,
      );
    },
  );

  it.each(records.flatMap((each) => additions(JSON.parse(each.text)).map((more) => ({ ...each, ...more }))))(
    'is kept whole or refused if a later version adds to it: $version $name $at',
    ({ kind, edited }) => {
      const { rev } = z.looseObject({ rev: z.number() }).parse(edited);
      const stored = { rev: String(rev), kind, record: JSON.stringify(edited), mac: '' };

      expect(['refused', edited]).toContainEqual(rewritten(stored));
    },
  );

  it.each(later)(
    'counts as written by a later version if our key signed it, and its card is left alone: $what',
    async ({ edit }) => {
      const { id, ...rest } = readStoredChange(
        { rev: '0', kind: 'queued', record: v1.records['queued'] ?? '', mac: '' },
        undefined,
      );
      const record = edit(storeChange({ id, ...rest }, undefined).record);
      const stored = {
        rev: '0',
        kind: 'queued',
        record,
        mac: createHmac('sha256', 'our key').update(record).digest('hex'),
      };
      const house = new House();
      const changes = Object.assign(Object.create(house.changes), {
        read: async () => readStoredChange(stored, 'our key'),
      });
      const placed = await house.cardLog.claim(id);
      await placed?.place({ channel: 'C1', ts: '1.1', shownRev: -1 });
      await placed?.release();
      house.cardLog.owe(id, 0);
      const disowned: string[] = [];
      const chat = Object.assign(Object.create(house.chat), { disown: async () => disowned.push(id) });
      const cards = cardsOf({
        changes,
        cards: house.cardLog,
        chat,
        log: house.log,
        aside: () => {},
        lookAgain: () => {},
      });

      await expect(cards.show(id)).rejects.toThrow(LaterRecordError);

      expect(disowned).toEqual([]);
      expect(await house.cardLog.owed()).toEqual([id]);
    },
  );

  it('is refused in an unknown state', () => {
    const text = (v1.records['queued'] ?? '').replace('{"kind":"queued"}', '{"kind":"awaiting-moonrise"}');

    expect(() => readStoredChange({ rev: '0', kind: 'awaiting-moonrise', record: text, mac: '' }, undefined)).toThrow(
      UntrustedRecordError,
    );
  });
});

describe('an annotation of every format', () => {
  it.each(written)('keeps its meaning, and is written back unchanged: $version', ({ ledger }) => {
    const reading = readLedger(ledger);

    expect(reading).toMatchObject({
      kind: 'ledger',
      ledger: { seq: 7, revisions: [{ id, reason: 'red stars', reverts: 'c-6QXZ0000' }, { id: 'c-6QXZ0000' }] },
    });
    if (reading.kind === 'ledger') expect(formatLedger(reading.ledger)).toBe(ledger);
  });

  it.each(later)('is refused $what', ({ edit }) => {
    expect(readLedger(edit(v1.ledger)).kind).toBe('unreadable');
  });

  it('keeps what a later version adds to a revision', () => {
    const reading = readLedger(v1.ledger.replace('"rule":"default"', '"rule":"default","approvedBy":["U02BOB"]'));

    if (reading.kind !== 'ledger') throw new Error(reading.why);
    expect(formatLedger(record(reading.ledger, revision()))).toContain('"approvedBy":["U02BOB"]');
  });
});

describe.runIf(redisBinary)('with a redis-server', () => {
  let server: RedisServer;
  let redis: Connection;
  let ours: Connection;
  let jobs: Queue;
  let worker: RunningWorker;
  let given: string[];

  beforeAll(async () => {
    server = await startRedis();
    const address = readRedisUrl(server.url);
    if (address === undefined) throw new Error(`no address: ${server.url}`);
    redis = connectForRequests(address);
    ours = connectForWorker(address);
    await Promise.all([whenReady(redis), whenReady(ours)]);
  });
  beforeEach(async () => {
    await redis.flushall();
    given = [];
    jobs = new Queue('changes', { connection: redis, prefix: queuePrefix });
    const apply = async (job: { readonly id: string }) => {
      given.push(job.id);
      return { kind: 'done' } as const;
    };
    worker = startWorker({ connection: ours, log: new InMemoryLog(), apply });
  });
  afterEach(async () => {
    await worker.close();
    await jobs.close();
  });
  afterAll(async () => {
    redis.disconnect();
    ours.disconnect();
    await server.stop();
  });

  it.each(written)('runs a job of every format: $version', async ({ job }) => {
    await jobs.add('apply', job);

    await expect.poll(() => given).toEqual([id]);
  });

  it('runs a job with an unknown field, because only the change id matters', async () => {
    await jobs.add('apply', { ...v1.job, hurry: true });

    await expect.poll(() => given).toEqual([id]);
  });

  it('does not run a job of a later version, and keeps it', async () => {
    await jobs.add('apply', { ...v1.job, v: 2 });

    await expect.poll(() => jobs.getFailedCount()).toBe(1);
    expect(given).toEqual([]);
  });

  it.each(later)('leaves a record $what unchanged, and does not apply it', async ({ edit }) => {
    const fields = { rev: '0', kind: 'queued', record: edit(v1.records['queued'] ?? ''), mac: '' };
    await redis.hset(keys.change(id), fields);
    const store = new StoredChanges(redis);
    const object = { cluster: 'sandbox', namespace: 'default', kind: 'VirtualService', name: 'reviews' } as const;

    await expect(store.read(id)).rejects.toThrow(UntrustedRecordError);
    await expect(store.begin({ id, object }, 5_000)).rejects.toThrow(UntrustedRecordError);

    expect(await redis.hgetall(keys.change(id))).toEqual(fields);
  });
});
