import { z } from 'zod';
import type { AuditEvent } from '../domain/change/audit.ts';
import {
  type Change,
  goesAhead,
  isForPeople,
  isToBeSeen,
  isUnsettled,
  isWaiting,
  objectsOf,
  placeOf,
} from '../domain/change/change.ts';
import { lookedAfterMs } from '../domain/change/fate.ts';
import { type ChangeId, isChangeId } from '../domain/routing/names.ts';
import { type ObjectRef, objectKey } from '../domain/routing/object.ts';
import { StoreUnavailableError, UntrustedRecordError } from '../workflow/errors.ts';
import type { Accepted, AcceptOptions, Begun, Changes, Lines, Writing } from '../workflow/ports/changes.ts';
import type { Log } from '../workflow/ports/process.ts';
import { type AuditOptions, toldIn } from './audit-stream.ts';
import {
  acceptScript,
  beginScript,
  keepScript,
  linesScript,
  noteWritingScript,
  openScript,
  passOverScript,
  recentScript,
  restScript,
  updateScript,
  waitingScript,
} from './change-scripts.ts';
import { ask, type Connection, requestTimeoutMs } from './connect.ts';
import { keys, newsChannel } from './keys.ts';
import { movingIn, rampedRules } from './ramp-scripts.ts';
import { objectInClusterSchema } from './records/record-parts.ts';
import { storeChange } from './records/stored-change.ts';
import { fieldsOf, rowSchema, rowsSchema, StoredRecords } from './records/stored-records.ts';
import { parseJson, type RecordKey } from './signature.ts';
import { strandedOf } from './stranded.ts';

/** RECORD_KEY signs the records, too. */
export interface StoreOptions extends AuditOptions {
  /** Gets one warning for each record that cannot be read. */
  readonly log?: Pick<Log, 'warn'> | undefined;
}

/** Slack repeats a delivery for about five minutes. */
const rememberRequestSeconds = 3600;
/** Time for an answer to come back. If Redis took a change later than this before our timeout, we would say that it was not taken. */
const answerMs = 200;
const maxRecent = 500;
/** Without the cluster, which is that of the change. Version 1 writes the same. */
const writing = z.array(objectInClusterSchema.extend({ since: z.string().min(1).max(100) }));
const acceptReply = z.tuple(
  [z.enum(['accepted', 'known', 'asked-before', 'refused-before', 'moved', 'ramp-moved', 'too-many', 'late'])],
  z.string(),
);
const beginReply = z.tuple([z.enum(['begun', 'not-first', 'busy', 'resting', 'ended', 'changed'])], z.string());
const linesReply = z.tuple([
  z.array(z.number()),
  rowsSchema,
  z.tuple([z.coerce.number(), z.coerce.number()]),
  z.array(z.string()),
]);
const waitingReply = z.array(z.tuple([z.string(), z.string(), z.number()]));

/** The changes in Redis. Every transition is one script, so no process sees half of it. */
export class StoredChanges implements Changes {
  readonly #redis: Connection;
  readonly #key: RecordKey | undefined;
  readonly #audit: AuditOptions;
  readonly #records: StoredRecords;
  /** How far Redis' clock is ahead of our monotonic clock, as last seen. */
  #clockAheadMs = Date.now() - performance.now();

  constructor(redis: Connection, { recordKey, auditDays, log }: StoreOptions = {}) {
    this.#redis = redis;
    this.#key = recordKey;
    this.#audit = { recordKey, auditDays };
    this.#records = new StoredRecords(recordKey, log);
  }

  async read(id: ChangeId): Promise<Change | undefined> {
    const fields = await fieldsOf(this.#redis, keys.change(id), ['rev', 'kind', 'record', 'mac']);
    if (fields[0] === null) return undefined;
    return this.#records.read(id, rowSchema.parse(fields.map((field) => field ?? '')));
  }

  async lines(objects: readonly ObjectRef[]): Promise<Lines> {
    const reply = await linesScript.run(this.#redis, { keys: [keys.rampOn], args: [] }, objects);
    const [versions, waiting, [seconds, micros], ramped] = linesReply.parse(reply);
    this.#clockAheadMs = seconds * 1000 + micros / 1000 - performance.now();
    return {
      versions: new Map(objects.map((object, at) => [objectKey(object), versions[at] ?? 0])),
      waiting: (await this.#records.readable(waiting)).filter(isWaiting),
      ramps: rampedRules(objects, ramped),
    };
  }

  async accept(change: Change, options: AcceptOptions): Promise<Accepted> {
    const { lines, ahead, askedAs, event, ramp, rampEvent, mostOpen = 0 } = options;
    const objects = objectsOf(change);
    const person = `${change.team ?? ''}/${change.by}`;
    const told = toldIn(event, this.#audit);
    const moved = movingIn(ramp, this.#key);
    const [rampTold, rampMac] = toldIn(rampEvent, this.#audit).args;
    const { rev, kind, record, mac } = storeChange(change, this.#key);
    const request = askedAs ?? change.id;
    const own = {
      keys: [
        ...[keys.change(change.id), keys.open, keys.owed, keys.askedAs(request), keys.refused(request)],
        ...told.keys,
        ...moved.keys,
        ...(change.ramp === undefined ? objects.map((object) => keys.openOf(person, objectKey(object))) : []),
      ],
      args: [
        ...[change.id, rev, kind, record, mac],
        JSON.stringify(objects.map((object) => lines.get(objectKey(object)))),
        ahead ? 1 : 0,
        Date.parse(change.acceptedAt),
        this.#deadline(),
        askedAs === undefined ? 0 : rememberRequestSeconds,
        newsChannel,
        ...told.args,
        ...moved.args,
        ...(ramp === undefined ? [] : [rampTold ?? '', rampMac ?? '']),
        mostOpen,
      ],
    };
    const [outcome, ...stored] = acceptReply.parse(await acceptScript.run(this.#redis, own, objects));
    if (outcome === 'known') return { kind: 'known', change: this.#records.read(change.id, rowSchema.parse(stored)) };
    if (outcome === 'asked-before') return this.#askedBefore(stored[0]);
    if (outcome === 'late') throw new StoreUnavailableError('Redis took the change too late, so it was not stored');
    return { kind: outcome };
  }

  /** The request was already stored as another change. If that one has no record any longer, the request counts as refused. */
  async #askedBefore(id: string | undefined): Promise<Accepted> {
    const change = id !== undefined && isChangeId(id) ? await this.read(id) : undefined;
    return change === undefined ? { kind: 'refused-before' } : { kind: 'known', change };
  }

  async acceptedAs(request: ChangeId): Promise<ChangeId | undefined> {
    const id = await ask(this.#redis, (redis) => redis.get(keys.askedAs(request)));
    return id !== null && isChangeId(id) ? id : undefined;
  }

  async noteRefused(request: ChangeId): Promise<void> {
    await ask(this.#redis, (redis) => redis.set(keys.refused(request), '1', 'EX', rememberRequestSeconds));
  }

  async begin(id: ChangeId, leaseMs: number): Promise<Begun> {
    const change = await this.read(id); // throws for a record that cannot be read, before anything is written
    if (change === undefined) return { kind: 'ended' };
    const begun = await this.#begin(change, leaseMs);
    if (begun === 'changed') return this.begin(id, leaseMs);
    if (begun.kind !== 'not-first' || (await this.#isReadable(begun.first))) return begun;

    // The unreadable change stays, but does not hold up the line. A process that can read it sees that the histories have moved on.
    await passOverScript.run(this.#redis, { keys: [], args: [begun.first] }, objectsOf(change));
    return this.begin(id, leaseMs);
  }

  /** `changed`: the record has changed since it was read. */
  async #begin(change: Change, leaseMs: number): Promise<Begun | 'changed'> {
    const { id, rev } = change;
    const own = {
      keys: [keys.change(id), keys.begun(id), keys.resting(id), keys.owed],
      args: [id, rev, leaseMs, goesAhead(change) ? 1 : 0],
    };
    const reply = await beginScript.run(this.#redis, own, objectsOf(change));
    const [outcome, ...rest] = beginReply.parse(reply);
    switch (outcome) {
      case 'begun': {
        const [tries = '0', ...fields] = rest;
        return { kind: 'begun', change: this.#records.read(id, rowSchema.parse(fields)), tries: Number(tries) };
      }
      case 'not-first':
        return { kind: 'not-first', first: z.string().refine(isChangeId).parse(rest[0]) };
      case 'resting':
        return { kind: 'resting', forMs: Number(rest[0]) };
      case 'busy':
      case 'ended':
        return { kind: outcome };
      case 'changed':
        return outcome;
    }
  }

  async keep(id: ChangeId, leaseMs: number): Promise<void> {
    await keepScript.run(this.#redis, [keys.begun(id)], [id, leaseMs]);
  }

  async rest(id: ChangeId, forMs: number): Promise<void> {
    await restScript.run(this.#redis, [keys.change(id), keys.begun(id), keys.resting(id)], [id, forMs]);
  }

  async noteWriting(id: ChangeId, all: readonly Writing[]): Promise<void> {
    const text = JSON.stringify(all.map(({ cluster: _, ...each }) => each));
    await noteWritingScript.run(this.#redis, [keys.change(id)], [text]);
  }

  /** Not signed: somebody who alters it can keep a change from ending, but no more. */
  async writing(id: ChangeId): Promise<readonly Writing[]> {
    const fields = ['writing', 'rev', 'kind', 'record', 'mac'];
    const [text, ...row] = await fieldsOf(this.#redis, keys.change(id), fields);
    if (typeof text !== 'string') return [];
    const { cluster } = placeOf(this.#records.read(id, rowSchema.parse(row)));
    return (writing.safeParse(parseJson(text)).data ?? []).map((each) => ({ ...each, cluster }));
  }

  async stranded(waiting: readonly Change[]): Promise<readonly Change[]> {
    if (waiting.length === 0) return [];
    const ids = waiting.map(({ id }) => id);
    const redisKeys = ids.flatMap((id) => [keys.change(id), keys.begun(id), keys.resting(id)]);
    const still = waitingReply.parse(await waitingScript.run(this.#redis, redisKeys, ids));
    return strandedOf(waiting, new Map(still.map(([id, place, isFree]) => [id, { place, isFree: isFree === 1 }])));
  }

  async update(next: Change, event?: AuditEvent): Promise<boolean> {
    const told = toldIn(event, this.#audit);
    const { rev, kind, record, mac } = storeChange(next, this.#key);
    const own = {
      keys: [...[keys.change(next.id), keys.begun(next.id), keys.open, keys.owed, keys.recent], ...told.keys],
      args: [
        ...[next.id, rev, kind, record, mac],
        isForPeople(next) || isUnsettled(next) || isToBeSeen(next) ? 1 : 0,
        lookedAfterMs,
        newsChannel,
        ...told.args,
      ],
    };
    return (await updateScript.run(this.#redis, own, objectsOf(next))) === 1;
  }

  async areQuiet(): Promise<boolean> {
    return (await ask(this.#redis, (redis) => redis.exists(keys.open, keys.owed, keys.inDoubt, keys.ramps))) === 0;
  }

  async open(): Promise<readonly Change[]> {
    const reply = await openScript.run(this.#redis, [keys.open], [keys.change('')]);
    return this.#records.readable(rowsSchema.parse(reply));
  }

  async recentlyApplied(): Promise<readonly Change[]> {
    const reply = await recentScript.run(this.#redis, [keys.recent], [keys.change(''), lookedAfterMs, maxRecent]);
    return this.#records.readable(rowsSchema.parse(reply));
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
   * The time, on Redis' clock, when it is too late to accept. A paused Redis runs what it was sent once it goes on. By then the person
   * has been told that nothing was accepted, so nothing may be.
   */
  #deadline(): number {
    return Math.ceil(performance.now() + this.#clockAheadMs + requestTimeoutMs - answerMs);
  }
}
