import { z } from 'zod';
import { type Faults, failStatuses, longestDelayMs, VersionFaults } from './bookinfo/faults/version-faults.ts';
import { Journal, readJournal } from './journal.ts';

const percent = z.number().min(0).max(100);
const entry = z.object({
  version: z.string(),
  failPercent: percent,
  status: z.literal(failStatuses),
  slowPercent: percent,
  delayMs: z.number().min(0).max(longestDelayMs),
});

export interface KeptFaults {
  readonly faults: VersionFaults;
  /** How many lines could not be read. */
  readonly leftOut: number;
}

/** Begins with the faults of the last run, and keeps those that are set. */
export function openKeptFaults(path: string): KeptFaults {
  const { entries, leftOut } = readJournal(path, entry);
  const before = new Map(entries.map(({ version, ...fault }) => [version, fault]));
  const write = (faults: Faults) =>
    Journal.rewrite(
      path,
      [...faults].map(([version, fault]) => ({ version, ...fault })),
    ).close();
  return { faults: new VersionFaults(before, write), leftOut };
}
