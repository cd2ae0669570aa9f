import { vi } from 'vitest';

/** What a check returns as soon as it passes, however long a machine takes for it that is busy with other things, too. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 20 });
}
