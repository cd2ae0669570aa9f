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
  /** How many lines could not be read. A crash damages the last line at most; editing the file by hand may damage more. */
  readonly leftOut: number;
}

/** A file with one line of JSON for each entry. An appended entry survives a crash. */
export class Journal {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Replaces the file by one with these entries. The old file stays until the new one is complete. */
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
