import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';

/** A temporary folder, deleted with all others at the end of the run. */
export function temporaryFolder(): string {
  return mkdtempSync(join(inject('folder') ?? tmpdir(), 'shiftbot-test-'));
}
