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
import { readStoredChange, type StoredChange, storeChange } from '../../src/redis/records/stored-change.ts';
import { StoredChanges } from '../../src/redis/stored-changes.ts';
import { findRedisServer, type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { LaterRecordError, UntrustedRecordError } from '../../src/workflow/errors.ts';
import { cardsOf } from '../../src/workflow/showing/cards.ts';
import { revision } from '../support/builders.ts';
import { InMemoryCards } from '../support/in-memory-cards.ts';
import { InMemoryChanges } from '../support/in-memory-changes.ts';
import { InMemoryChat } from '../support/in-memory-chat.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';

/** Formats that each version of the bot has written. Files here never change: a new format is a new file. */
const format = z.object({
  records: z.record(z.string(), z.string()),
  job: z.looseObject({ v: z.number(), id: z.string() }),
  ledger: z.string(),
});
const ofVersion1 = ['v1', 'v1-seen', 'v1-objects', 'v1-seen-services', 'v1-decisions', 'v1-moved'].map(formatOf);
const ofVersion2 = ['v2', 'v2-objects', 'v2-seen'].map(formatOf);
const written = [...ofVersion1, ...ofVersion2];
/** What each record of version 1 is when it is written again. */
const rewrittenVersion1 = z.record(z.string(), z.record(z.string(), z.string())).parse(JSON.parse(textOf('v2-of-v1')));
const [newest] = ofVersion2;
if (newest === undefined) throw new Error('no format files');
const queued = newest.records['queued'] ?? '';

const id: ChangeId = 'c-7F3K9QXZ';
const redisBinary = await findRedisServer().catch(() => undefined);

const records = written.flatMap(recordsIn);

function textOf(name: string): string {
  return readFileSync(join(import.meta.dirname, `formats/${name}.json`), 'utf8');
}

function formatOf(version: string) {
  return { version, ...format.parse(JSON.parse(textOf(version))) };
}

function recordsIn({ version, records: all }: ReturnType<typeof formatOf>) {
  return Object.entries(all).map(([name, text]) => ({ version, name, kind: kindOf(text), text }));
}

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
  { what: 'of another version', edit: (text: string) => text.replace(/"v":\d/, '"v":3') },
  {
    what: 'with a field that we do not know',
    edit: (text: string) => text.replace(/"v":\d/, '$&,"witnesses":["U02BOB"]'),
  },
];

describe('a record of every format', () => {
  it.each(ofVersion2.flatMap(recordsIn))('is read as it was meant: $version $name', ({ kind, text }) => {
    const { rev, ...rest } = z.looseObject({ rev: z.number() }).parse(JSON.parse(text));

    const change = readStoredChange({ rev: String(rev), kind, record: text, mac: '' }, undefined);

    expect({ v: 2, ...change }).toEqual({ ...rest, rev });
    expect(JSON.parse(storeChange(change, undefined).record)).toEqual(JSON.parse(text));
  });

  it.each(ofVersion1.flatMap(recordsIn))(
    'is read as it was meant, and written again as we write now: $version $name',
    ({ version, name, kind, text }) => {
      const { rev } = z.looseObject({ rev: z.number() }).parse(JSON.parse(text));
      const now = rewrittenVersion1[version]?.[name] ?? '';

      const change = readStoredChange({ rev: String(rev), kind, record: text, mac: '' }, undefined);

      expect(JSON.parse(storeChange(change, undefined).record)).toEqual(JSON.parse(now));
      expect(readStoredChange({ rev: String(rev), kind, record: now, mac: '' }, undefined)).toStrictEqual(change);
    },
  );

  it.each(ofVersion1.flatMap(recordsIn))(
    'is refused where it says that it is of another version than it is: $version $name',
    ({ kind, text }) => {
      const { rev } = z.looseObject({ rev: z.number() }).parse(JSON.parse(text));
      const record = text.replace('"v":1', '"v":2');

      expect(() => readStoredChange({ rev: String(rev), kind, record, mac: '' }, undefined)).toThrow(
        UntrustedRecordError,
      );
    },
  );

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
    ({ version, kind, edited }) => {
      const { rev } = z.looseObject({ rev: z.number() }).parse(edited);
      const stored = { rev: String(rev), kind, record: JSON.stringify(edited), mac: '' };
      const next = rewritten(stored);

      if (version.startsWith('v1')) expect(JSON.stringify(next)).toMatch(/^"refused"$|"later":"more"/);
      else expect(['refused', edited]).toContainEqual(next);
    },
  );

  it.each(later)(
    'counts as written by a later version if our key signed it, and its card is left alone: $what',
    async ({ edit }) => {
      const { id, ...rest } = readStoredChange({ rev: '0', kind: 'queued', record: queued, mac: '' }, undefined);
      const record = edit(storeChange({ id, ...rest }, undefined).record);
      const stored = {
        rev: '0',
        kind: 'queued',
        record,
        mac: createHmac('sha256', 'our key').update(record).digest('hex'),
      };
      const [cardLog, log] = [new InMemoryCards(), new InMemoryLog()];
      const changes = Object.assign(new InMemoryChanges(), { read: async () => readStoredChange(stored, 'our key') });
      const placed = await cardLog.claim(id);
      await placed?.place({ channel: 'C1', ts: '1.1', shownRev: -1 });
      await placed?.release();
      cardLog.owe(id, 0);
      const disowned: string[] = [];
      const chat = Object.assign(new InMemoryChat(), {
        disown: async () => {
          disowned.push(id);
        },
      });
      const cards = cardsOf({
        changes,
        ramps: { read: () => Promise.resolve(undefined) },
        cards: cardLog,
        chat,
        approvers: () => Promise.resolve([]),
        log,
        aside: () => {},
        lookAgain: () => {},
      });

      await expect(cards.show(id)).rejects.toThrow(LaterRecordError);

      expect(disowned).toEqual([]);
      expect(await cardLog.owed()).toEqual([id]);
    },
  );

  it('is refused in an unknown state', () => {
    const text = queued.replace('{"kind":"queued"}', '{"kind":"awaiting-moonrise"}');

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
    expect(readLedger(edit(newest.ledger)).kind).toBe('unreadable');
  });

  it('keeps what a later version adds to a revision', () => {
    const reading = readLedger(newest.ledger.replace('"rule":"default"', '"rule":"default","approvedBy":["U02BOB"]'));

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
    await jobs.add('apply', { ...newest.job, hurry: true });

    await expect.poll(() => given).toEqual([id]);
  });

  it('does not run a job of a later version, and keeps it', async () => {
    await jobs.add('apply', { ...newest.job, v: 3 });

    await expect.poll(() => jobs.getFailedCount()).toBe(1);
    expect(given).toEqual([]);
  });

  it.each(later)('leaves a record $what unchanged, and does not apply it', async ({ edit }) => {
    const fields = { rev: '0', kind: 'queued', record: edit(queued), mac: '' };
    await redis.hset(keys.change(id), fields);
    const store = new StoredChanges(redis);

    await expect(store.read(id)).rejects.toThrow(UntrustedRecordError);
    await expect(store.begin(id, 5_000)).rejects.toThrow(UntrustedRecordError);

    expect(await redis.hgetall(keys.change(id))).toEqual(fields);
  });
});
