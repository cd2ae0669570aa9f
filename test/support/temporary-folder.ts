import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'shiftbot-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder that goes when the test file that asked for it has ended. */
export function temporaryFolder(): string {
  return mkdtempSync(join(root, 'folder-'));
}
