import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { z } from 'zod';
import { parseJson } from '../redis/signature.ts';

export interface JournalRead<T> {
  readonly entries: readonly T[];
  /** Lines that could not be read: a crash tears the last one at most, a hand may do worse. */
  readonly leftOut: number;
}

/** A file with a line of JSON for each thing that happened. What was appended is there after a crash. */
export class Journal {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Begins anew with these entries; until it has all of them, the file stays what it was. */
  static rewrite(path: string, entries: readonly object[]): Journal {
    const fresh = `${path}.new`;
    writeFileSync(fresh, entries.map(lineOf).join(''), { mode: 0o600, flush: true });
    renameSync(fresh, path);
    return new Journal(openSync(path, 'a'));
  }

  append(entry: object): void {
    writeSync(this.#file, lineOf(entry));
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

export function readJournal<T>(path: string, entry: z.ZodType<T>): JournalRead<T> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const entries = lines.flatMap((line) => {
    const { success, data } = entry.safeParse(parseJson(line));
    return success ? [data] : [];
  });
  return { entries, leftOut: lines.length - entries.length };
}

function lineOf(entry: object): string {
  return `${JSON.stringify(entry)}\n`;
}
