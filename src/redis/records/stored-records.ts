import { z } from 'zod';
import type { Change } from '../../domain/change/change.ts';
import { UntrustedRecordError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import type { RecordKey } from '../signature.ts';
import { readStoredChange } from './stored-change.ts';

/** `rev`, `kind`, `record` and `mac` of a record, as scripts return them. A list of records also has their ids. */
export const rowSchema = z.tuple([z.string(), z.string(), z.string(), z.string()]);
export const rowsSchema = z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]));

/** Reads what Redis returns of stored changes. */
export class StoredRecords {
  readonly #key: RecordKey | undefined;
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #unreadable = new Set<string>();

  /** `log` gets one warning for each record that cannot be read. */
  constructor(key: RecordKey | undefined, log: Pick<Log, 'warn'> | undefined) {
    this.#key = key;
    this.#log = log;
  }

  read(id: string, [rev, kind, record, mac]: z.infer<typeof rowSchema>): Change {
    const change = readStoredChange({ rev, kind, record, mac }, this.#key);
    if (change.id === id) return change;
    throw new UntrustedRecordError(`the record of ${id} is that of another change`);
  }

  /** One record that cannot be read must not hide all the others. */
  readable(rows: z.infer<typeof rowsSchema>): readonly Change[] {
    return rows.flatMap(([id, ...fields]) => {
      try {
        return [this.read(id, fields)];
      } catch (error) {
        if (!(error instanceof UntrustedRecordError)) throw error;
        if (!this.#unreadable.has(id)) this.#log?.warn({ changeId: id, err: error }, 'a stored change is left out');
        this.#unreadable.add(id);
        return [];
      }
    });
  }
}
