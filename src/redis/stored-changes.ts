import { z } from 'zod';
import type { AuditEvent } from '../domain/change/audit.ts';
import { type Change, isForPeople, isToBeSeen, isUnsettled, isWaiting } from '../domain/change/change.ts';
import { type ChangeId, isChangeId, objectKey, type RoutingObject } from '../domain/routing/names.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../workflow/errors.ts';
import type { Accepted, AcceptOptions, Begun, Changes, Line, Writing } from '../workflow/ports/changes.ts';
import type { Log } from '../workflow/ports/process.ts';
import { type AuditOptions, toldIn } from './audit-stream.ts';
import {
  acceptScript,
  beginScript,
  keepScript,
  lineScript,
  noteWritingScript,
  openScript,
  recentScript,
  restScript,
  strandedScript,
  updateScript,
} from './change-scripts.ts';
import { ask, type Connection, requestTimeoutMs } from './connect.ts';
import { keys, newsChannel } from './keys.ts';
import { parseJson } from './signature.ts';
import { objectRefSchema, readStoredChange, storeChange } from './stored-change.ts';

/** RECORD_KEY signs the records, too. */
export interface StoreOptions extends AuditOptions {
  /** Told of records that cannot be read, each once. */
  readonly log?: Pick<Log, 'warn'> | undefined;
}

/** Slack delivers again for up to five minutes or so. */
const rememberRequestSeconds = 3600;
/** Ended changes are kept so long; their effect is in the ledger for good. */
const keepEndedSeconds = 30 * 24 * 3600;
/** What an answer needs to come back: what Redis takes later than that before we give up would be told as not taken. */
const answerMs = 200;
/** How long it is looked after whether what was applied still stands. */
const recentMs = 24 * 3600_000;
const maxRecent = 500;
const row = z.tuple([z.string(), z.string(), z.string(), z.string()]);
const rows = z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]));
const writing = z.array(objectRefSchema.extend({ since: z.string().min(1).max(100) }));
const beginReply = z.tuple([z.enum(['begun', 'not-first', 'busy', 'resting', 'ended'])], z.string());
const strandedReply = z.array(z.tuple([z.string(), z.string()]));
const lineReply = z.tuple([z.number(), rows, z.tuple([z.coerce.number(), z.coerce.number()])]);

/** The changes in Redis. Every transition is one script, so that no two processes see half of it. */
export class StoredChanges implements Changes {
  readonly #redis: Connection;
  readonly #key: string | undefined;
  readonly #audit: AuditOptions;
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #unreadable = new Set<string>();
  /** How far Redis' clock is ahead of our clock that never jumps, as last seen. */
  #clockAheadMs = Date.now() - performance.now();

  constructor(redis: Connection, { recordKey, auditDays, log }: StoreOptions = {}) {
    this.#redis = redis;
    this.#key = recordKey;
    this.#audit = { recordKey, auditDays };
    this.#log = log;
  }

  async read(id: ChangeId): Promise<Change | undefined> {
    const fields = await ask(this.#redis, (redis) => redis.hmget(keys.change(id), 'rev', 'kind', 'record', 'mac'));
    if (fields[0] === null) return undefined;
    return this.#parse(id, row.parse(fields.map((field) => field ?? '')));
  }

  async line(object: RoutingObject): Promise<Line> {
    const key = objectKey(object);
    const reply = await lineScript.run(this.#redis, [keys.line(key), keys.lineVersion(key)], [keys.change('')]);
    const [version, waiting, [seconds, micros]] = lineReply.parse(reply);
    this.#clockAheadMs = seconds * 1000 + micros / 1000 - performance.now();
    return { version, waiting: this.#readable(waiting).filter(isWaiting) };
  }

  async accept(change: Change, { line, ahead, askedAs, event }: AcceptOptions): Promise<Accepted> {
    const key = objectKey(change.object);
    const told = toldIn(event, this.#audit);
    const { rev, kind, record, mac } = storeChange(change, this.#key);
    const reply = await acceptScript.run(
      this.#redis,
      [
        keys.change(change.id),
        keys.line(key),
        keys.lineVersion(key),
        keys.open,
        keys.owed,
        keys.askedAs(askedAs ?? change.id),
        keys.refused(askedAs ?? change.id),
        ...told.keys,
      ],
      [
        change.id,
        rev,
        kind,
        record,
        mac,
        line,
        ahead ? 1 : 0,
        Date.parse(change.acceptedAt),
        this.#deadline(),
        keys.change(''),
        keepEndedSeconds,
        askedAs === undefined ? 0 : rememberRequestSeconds,
        newsChannel,
        ...told.args,
      ],
    );
    const [outcome, ...stored] = z
      .tuple([z.enum(['accepted', 'known', 'refused-before', 'moved', 'late'])], z.string())
      .parse(reply);
    if (outcome === 'known') return { kind: 'known', change: this.#parse(change.id, row.parse(stored)) };
    if (outcome === 'late') throw new StoreUnavailableError('Redis took the change too late, so it was not stored');
    return { kind: outcome };
  }

  async acceptedAs(request: ChangeId): Promise<ChangeId | undefined> {
    const id = await ask(this.#redis, (redis) => redis.get(keys.askedAs(request)));
    return id !== null && isChangeId(id) ? id : undefined;
  }

  async noteRefused(request: ChangeId): Promise<void> {
    await ask(this.#redis, (redis) => redis.set(keys.refused(request), '1', 'EX', rememberRequestSeconds));
  }

  async begin(change: Pick<Change, 'id' | 'object'>, leaseMs: number): Promise<Begun> {
    await this.read(change.id); // what cannot be read is refused before it is touched
    const begun = await this.#begin(change, leaseMs);
    if (begun.kind !== 'not-first' || (await this.#isReadable(begun.first))) return begun;

    // It stays as it is, but it does not hold up the line; whoever can read it finds the ledger ahead of it.
    await ask(this.#redis, (redis) => redis.lrem(keys.line(objectKey(change.object)), 0, begun.first));
    return this.begin(change, leaseMs);
  }

  async #begin({ id, object }: Pick<Change, 'id' | 'object'>, leaseMs: number): Promise<Begun> {
    const key = objectKey(object);
    const reply = await beginScript.run(
      this.#redis,
      [keys.change(id), keys.line(key), keys.lineVersion(key), keys.begun(key), keys.resting(key), keys.owed],
      [id, leaseMs, keys.change('')],
    );
    const [outcome, ...rest] = beginReply.parse(reply);
    switch (outcome) {
      case 'begun': {
        const [tries = '0', ...fields] = rest;
        return { kind: 'begun', change: this.#parse(id, row.parse(fields)), tries: Number(tries) };
      }
      case 'not-first':
        return { kind: 'not-first', first: z.string().refine(isChangeId).parse(rest[0]) };
      case 'resting':
        return { kind: 'resting', forMs: Number(rest[0]) };
      case 'busy':
      case 'ended':
        return { kind: outcome };
    }
  }

  async keep({ id, object }: Change, leaseMs: number): Promise<void> {
    await keepScript.run(this.#redis, [keys.begun(objectKey(object))], [id, leaseMs]);
  }

  async rest({ id, object }: Change, forMs: number): Promise<void> {
    const key = objectKey(object);
    await restScript.run(this.#redis, [keys.change(id), keys.begun(key), keys.resting(key)], [id, forMs]);
  }

  async noteWriting(id: ChangeId, all: readonly Writing[]): Promise<void> {
    await noteWritingScript.run(this.#redis, [keys.change(id)], [JSON.stringify(all)]);
  }

  /** Not signed: whoever alters it can keep a change from being ended, and no more. */
  async writing(id: ChangeId): Promise<readonly Writing[]> {
    const text = await ask(this.#redis, (redis) => redis.hget(keys.change(id), 'writing'));
    return writing.safeParse(parseJson(text ?? '')).data ?? [];
  }

  async stranded(waiting: readonly Change[]): Promise<readonly Change[]> {
    if (waiting.length === 0) return [];
    const redisKeys = waiting.flatMap(({ id, object }) => {
      const key = objectKey(object);
      return [keys.change(id), keys.line(key), keys.begun(key), keys.resting(key)];
    });
    const reply = await strandedScript.run(
      this.#redis,
      redisKeys,
      waiting.map(({ id }) => id),
    );
    const firsts = new Map(strandedReply.parse(reply));
    const free = waiting.filter(({ id }) => firsts.has(id));
    // Where the line begins with something else, or was lost, whoever comes puts it right.
    return [...Map.groupBy(free, ({ object }) => objectKey(object)).values()].flatMap((changes) => {
      const first = changes.find(({ id }) => firsts.get(id) === id);
      return first === undefined ? changes.slice(0, 1) : [first];
    });
  }

  async update(next: Change, event?: AuditEvent): Promise<boolean> {
    const key = objectKey(next.object);
    const told = toldIn(event, this.#audit);
    const { rev, kind, record, mac } = storeChange(next, this.#key);
    const reply = await updateScript.run(
      this.#redis,
      [
        keys.change(next.id),
        keys.line(key),
        keys.lineVersion(key),
        keys.begun(key),
        keys.open,
        keys.owed,
        keys.recent,
        ...told.keys,
      ],
      [
        next.id,
        rev,
        kind,
        record,
        mac,
        keepEndedSeconds,
        isForPeople(next) || isUnsettled(next) || isToBeSeen(next) ? 1 : 0,
        recentMs,
        newsChannel,
        ...told.args,
      ],
    );
    return reply === 1;
  }

  async areQuiet(): Promise<boolean> {
    return (await ask(this.#redis, (redis) => redis.exists(keys.open, keys.owed))) === 0;
  }

  async open(): Promise<readonly Change[]> {
    const reply = await openScript.run(this.#redis, [keys.open], [keys.change('')]);
    return this.#readable(rows.parse(reply));
  }

  async recentlyApplied(): Promise<readonly Change[]> {
    const reply = await recentScript.run(this.#redis, [keys.recent], [keys.change(''), recentMs, maxRecent]);
    return this.#readable(rows.parse(reply));
  }

  #parse(id: string, [rev, kind, record, mac]: z.infer<typeof row>): Change {
    const change = readStoredChange({ rev, kind, record, mac }, this.#key);
    if (change.id === id) return change;
    throw new UntrustedRecordError(`the record of ${id} is that of another change`);
  }

  /** One record that cannot be read must not hide all the others. */
  #readable(stored: z.infer<typeof rows>): readonly Change[] {
    return stored.flatMap(([id, ...fields]) => {
      try {
        return [this.#parse(id, fields)];
      } catch (error) {
        if (!(error instanceof UntrustedRecordError)) throw error;
        if (!this.#unreadable.has(id)) this.#log?.warn({ changeId: id, err: error }, 'a stored change is left out');
        this.#unreadable.add(id);
        return [];
      }
    });
  }

  async #isReadable(id: ChangeId): Promise<boolean> {
    try {
      await this.read(id);
      return true;
    } catch (error) {
      if (error instanceof UntrustedRecordError) return false;
      throw error;
    }
  }

  /**
   * By Redis' own clock, when we will have stopped waiting for an answer. A frozen Redis runs what it was sent when it thaws; by
   * then the person has been told that nothing was accepted, so nothing may be.
   */
  #deadline(): number {
    return Math.ceil(performance.now() + this.#clockAheadMs + requestTimeoutMs - answerMs);
  }
}
