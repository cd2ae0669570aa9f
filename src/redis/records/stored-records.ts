import { setImmediate as others } from 'node:timers/promises';
import { z } from 'zod';
import type { Change } from '../../domain/change/change.ts';
import { UntrustedRecordError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { ask, type Connection, isOtherType } from '../connect.ts';
import type { RecordKey } from '../signature.ts';
import { readStoredChange } from './stored-change.ts';

/** `rev`, `kind`, `record` and `mac` of a record, as scripts return them. A list of records also has their ids. */
export const rowSchema = z.tuple([z.string(), z.string(), z.string(), z.string()]);
export const rowsSchema = z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]));

/** Fields of a record. Where something else stands in its place, it is as little to be trusted as one that was altered. */
export async function fieldsOf(
  connection: Connection,
  key: string,
  fields: readonly string[],
): Promise<readonly (string | null)[]> {
  try {
    return await ask(connection, (redis) => redis.hmget(key, ...fields));
  } catch (error) {
    if (!isOtherType(error)) throw error;
    throw new UntrustedRecordError(`${key} is no record`);
  }
}

/** Some milliseconds' worth of records. */
const atOnce = 100;
/** So many records stay read: each round and each look reads all that is open, and hardly any of them has changed since. */
const mostKept = 5_000;

interface Read {
  readonly row: z.infer<typeof rowSchema>;
  readonly change: Change;
}

/** Reads what Redis returns of stored changes. */
export class StoredRecords {
  readonly #key: RecordKey | undefined;
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #unreadable = new Set<string>();
  /** The oldest goes first. */
  readonly #kept = new Map<string, Read>();

  /** `log` gets one warning for each record that cannot be read. */
  constructor(key: RecordKey | undefined, log: Pick<Log, 'warn'> | undefined) {
    this.#key = key;
    this.#log = log;
  }

  read(id: string, row: z.infer<typeof rowSchema>): Change {
    const kept = this.#kept.get(id);
    if (kept?.row.every((field, at) => field === row[at]) === true) return kept.change;
    const [rev, kind, record, mac] = row;
    const change = readStoredChange({ rev, kind, record, mac }, this.#key);
    if (change.id !== id) throw new UntrustedRecordError(`the record of ${id} is that of another change`);
    this.#keep(id, { row, change });
    return change;
  }

  #keep(id: string, read: Read): void {
    this.#kept.delete(id);
    this.#kept.set(id, read);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** One record that cannot be read must not hide all the others. Thousands are read a few at a time, so that others come in between. */
  async readable(rows: z.infer<typeof rowsSchema>): Promise<readonly Change[]> {
    const found: Change[] = [];
    for (const [at, [id, ...fields]] of rows.entries()) {
      if (at > 0 && at % atOnce === 0) await others();
      const change = this.#unlessUnreadable(id, fields);
      if (change !== undefined) found.push(change);
    }
    return found;
  }

  #unlessUnreadable(id: string, fields: z.infer<typeof rowSchema>): Change | undefined {
    try {
      return this.read(id, fields);
    } catch (error) {
      if (!(error instanceof UntrustedRecordError)) throw error;
      if (!this.#unreadable.has(id)) this.#log?.warn({ changeId: id, err: error }, 'a stored change is left out');
      this.#unreadable.add(id);
      return undefined;
    }
  }
}
