import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';

/** A folder that goes when the run has ended, with all others of it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(inject('folder') ?? tmpdir(), 'shiftbot-test-'));
}
