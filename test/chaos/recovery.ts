import type { Evidence } from './evidence.ts';
import type { Kill } from './faults.ts';
import { writeKey } from './history.ts';

/**
 * How long work was delayed by the kill of a worker, with the other one running: from the kill to the next change that was applied of those
 * that waited then.
 */
export function recoveryTimes(kills: readonly Kill[], { history, foreign, records }: Evidence): readonly number[] {
  const applied = [...history.values()].flatMap((events) =>
    events
      .filter(({ type, cluster, object }) => type === 'MODIFIED' && !foreign.has(writeKey(cluster, object)))
      .map(({ object, atMs }) => ({ atMs, acceptedAtMs: acceptedAt(object.metadata.annotations, records) })),
  );
  return kills.flatMap(({ atMs: killedAtMs }) => {
    const waited = applied.filter(({ atMs, acceptedAtMs }) => acceptedAtMs <= killedAtMs && atMs > killedAtMs);
    return waited.length === 0 ? [] : [Math.min(...waited.map(({ atMs }) => atMs)) - killedAtMs];
  });
}

/** The value that this percentage of values does not exceed. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

function acceptedAt(annotations: Readonly<Record<string, string>> | undefined, records: Evidence['records']): number {
  const newest = /"revisions":\[\{"id":"(c-\w+)"/.exec(annotations?.['shiftbot.dev/history'] ?? '')?.[1];
  const change = [...records.values()].find(({ id }) => id === newest);
  return change === undefined ? Number.POSITIVE_INFINITY : Date.parse(change.acceptedAt);
}
