import type { Backend } from '../routing/route.ts';
import { type Batch, merge, noRequests, type Tally } from './batch.ts';
import { type Destination, endingOf, type LabelledRequests, type Source } from './requests.ts';

/** The versions of a split: those that grow are the canary, and the rest is what it is compared with. */
export interface Sides {
  readonly canary: readonly string[];
  readonly others: readonly string[];
  readonly backends: readonly Backend[];
}

/** Requests, and those that took longer than a bound. */
export interface TimedRequests extends Source, Destination {
  readonly requests: number;
  readonly slow: number;
}

/** Callers whose proxies do not say who they are. They may be anybody, so their requests confound a comparison. */
export const namelessCaller = 'unknown';

/** A batch for each caller. Bad is what failed. Requests of clients that left are on neither side. */
export function errorBatches(counted: readonly LabelledRequests[], sides: Sides): ReadonlyMap<string, Batch> {
  const told = counted.flatMap((each) => {
    const ending = endingOf(each);
    const { requests } = each;
    return ending === 'good' || ending === 'bad'
      ? [{ ...each, tally: { requests, bad: ending === 'bad' ? requests : 0 } }]
      : [];
  });
  return byCaller(told, sides);
}

/** A batch for each caller. Bad is what was slow. */
export function slowBatches(timed: readonly TimedRequests[], sides: Sides): ReadonlyMap<string, Batch> {
  return byCaller(
    timed.map(({ slow, requests, ...from }) => ({ ...from, tally: { requests, bad: slow } })),
    sides,
  );
}

/** What all callers sent together: for guards that do not compare failures. */
export function pooled(batches: ReadonlyMap<string, Batch>): Batch {
  return [...batches.values()].reduce((all, batch) => merge(all, batch), noRequests);
}

/** The name of the version that answered. Undefined if no version of the split did, or if several have the same pods. */
export function versionOf({ host, version }: Destination, backends: readonly Backend[]): string | undefined {
  const ofHost = backends.filter((backend) => backend.host === host);
  const labelled = ofHost.filter(({ label }) => label !== undefined && label === version);
  const [own, ...more] = labelled.length > 0 ? labelled : ofHost.filter(({ label }) => label === undefined);
  return more.length > 0 ? undefined : own?.version;
}

function byCaller(
  told: readonly (Source & Destination & { readonly tally: Tally })[],
  sides: Sides,
): ReadonlyMap<string, Batch> {
  const batches = new Map<string, Batch>();
  for (const each of told) {
    const batch = onItsSide(each, each.tally, sides);
    if (batch === undefined || each.tally.requests === 0) continue;
    const caller = callerOf(each);
    batches.set(caller, merge(batches.get(caller) ?? noRequests, batch));
  }
  return batches;
}

function onItsSide(to: Destination, tally: Tally, { canary, others, backends }: Sides): Batch | undefined {
  const version = versionOf(to, backends);
  if (version === undefined) return undefined;
  if (canary.includes(version)) return { ...noRequests, canary: tally };
  return others.includes(version) ? { ...noRequests, others: tally } : undefined;
}

function callerOf({ workload, workloadNamespace }: Source): string {
  return workload === undefined ? namelessCaller : `${workloadNamespace ?? ''}/${workload}`;
}
