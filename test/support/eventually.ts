import { vi } from 'vitest';

/** Repeats a check until it passes, and returns its result. Also waits for a machine that is busy with other work. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 30_000, interval: 20 });
}
