import type { Batch } from '../../domain/guard/batch.ts';
import { nextGuardLook, type Scraped, settledAt, timesToBegin } from '../../domain/guard/looks.ts';
import { type LabelledRequests, unreachedBy } from '../../domain/guard/requests.ts';
import { errorBatches, type Sides, slowBatches } from '../../domain/guard/sides.ts';
import { canaryOf } from '../../domain/ramp/direction.ts';
import { afterLook, type RampGuards } from '../../domain/ramp/guards.ts';
import { type Ramp, targetsAt } from '../../domain/ramp/ramp.ts';
import { type Live, liveStep } from '../../domain/ramp/ramp-state.ts';
import { findRule } from '../../domain/routing/route.ts';
import { percentages, weightOf } from '../../domain/routing/split.ts';
import type { Desk } from '../desk.ts';
import { TrafficUnavailableError } from '../errors.ts';
import type { GuardTraffic, TrafficQuery } from '../ports/traffic.ts';
import { type InTheWay, inTheWayOf, othersIn } from './surroundings.ts';

/** Requests of some clusters, for guards. */
export type Watching = GuardTraffic & { readonly clusters: readonly string[] };

/** What a look changed; undefined if there is nothing to look at yet. */
export interface LookedAt {
  readonly guards: RampGuards;
  /** False: only the place was noted from which the first batch counts. */
  readonly hasCounted: boolean;
  /** How far apart Prometheus' samples are. */
  readonly everyMs: number | undefined;
  /** Why the operator's own number is not known. */
  readonly ownFailed?: TrafficUnavailableError | undefined;
}

/** Looks at the step that is live: all that happened since the last look, in one batch a caller. */
export async function lookAtStep(
  desk: Desk,
  traffic: Watching,
  ramp: Ramp,
  guards: RampGuards,
  state: Live,
): Promise<LookedAt | undefined> {
  const seen = await sight(desk, ramp);
  if (seen === undefined) return undefined;
  const number = liveStep(state);
  const step = { appliedAt: state.since };
  const cursor = guards.cursor?.step === number ? guards.cursor.until : undefined;
  const times = cursor === undefined ? timesToBegin(step, desk.now()) : [desk.now()];
  for (const at of times) {
    const scraped = await scrapedAt(traffic, seen.cluster, seen.hosts, at);
    const next = scraped === undefined ? undefined : nextGuardLook(step, cursor, scraped);
    if (next?.kind === 'begin') {
      const begun = { ...guards, cursor: { step: number, until: next.cursor } };
      return { guards: begun, hasCounted: false, everyMs: scraped?.everyMs };
    }
    if (next?.kind !== 'look') continue;
    const { cluster, hosts } = seen;
    const period = { cluster, since: settledAt(step), from: new Date(next.from), until: new Date(next.until) };
    const counted = await countAll(traffic, hosts, period);
    const slow = await slowIn(traffic, hosts, period, guards, seen.sides);
    if (counted === undefined || slow === 'unknown') return undefined;
    const { own, failed } = await ownNumber(traffic, cluster, guards, new Date(next.until));
    const looked = {
      step: number,
      from: next.from,
      until: next.until,
      batches: errorBatches(counted, seen.sides),
      ...(slow !== undefined && { slow }),
      ...(own !== undefined && { own }),
      unreached: unreachedBy(counted),
      configuredShare: shareOf(ramp, number, seen.sides),
      ...seen.inTheWay,
    };
    return { guards: afterLook(guards, looked), hasCounted: true, everyMs: scraped?.everyMs, ownFailed: failed };
  }
  return undefined;
}

interface Sight {
  readonly cluster: string;
  readonly hosts: readonly string[];
  readonly sides: Sides;
  readonly inTheWay: InTheWay;
}

/** Where the requests of the ramp's rule go now, and what else may send requests there. */
async function sight(desk: Desk, ramp: Ramp): Promise<Sight | undefined> {
  const [{ object, rule: key }] = ramp.before;
  const { live } = await desk.mesh.open(object);
  const rule = live && findRule(live, key);
  const backends = rule?.backends ?? [];
  if (live === undefined || rule === undefined || backends.length === 0) return undefined;
  const canary = canaryOf(ramp);
  const others = othersIn(rule, canary);
  return {
    cluster: object.cluster,
    hosts: [...new Set(backends.map(({ host }) => host))],
    sides: { canary, others, backends },
    inTheWay: await inTheWayOf(desk, { live, rule, versions: [...canary, ...others], own: ramp.id }),
  };
}

/** What is known of all hosts together. */
async function scrapedAt(
  traffic: Watching,
  cluster: string,
  hosts: readonly string[],
  at: Date,
): Promise<Scraped | undefined> {
  const all = await Promise.all(hosts.map((host) => traffic.scraped({ cluster, host, at })));
  const known = all.flatMap((each) => (each.kind === 'scraped' ? [each] : []));
  if (known.length < all.length || known.length === 0) return undefined;
  const earliest = (times: readonly Date[]) => new Date(Math.min(...times.map((time) => time.getTime())));
  const every = known.flatMap(({ everyMs }) => everyMs ?? []);
  return {
    until: earliest(known.map(({ until }) => until)),
    since: earliest(known.map(({ since }) => since)),
    ...(every.length > 0 && { everyMs: Math.max(...every) }),
  };
}

/** All hosts together, or none. */
async function countAll(
  traffic: Watching,
  hosts: readonly string[],
  period: Omit<TrafficQuery, 'host'>,
): Promise<readonly LabelledRequests[] | undefined> {
  const counts = await Promise.all(hosts.map((host) => traffic.countByCaller({ ...period, host })));
  if (counts.some(({ kind }) => kind === 'unknown')) return undefined;
  return counts.flatMap((count) => (count.kind === 'counted' ? count.requests : []));
}

/** The slow requests by caller; undefined where latency is not watched. */
async function slowIn(
  traffic: Watching,
  hosts: readonly string[],
  period: Omit<TrafficQuery, 'host'>,
  { latency }: RampGuards,
  sides: Sides,
): Promise<ReadonlyMap<string, Batch> | 'unknown' | undefined> {
  if (latency === undefined) return undefined;
  const { slowerThanMs } = latency;
  const counts = await Promise.all(hosts.map((host) => traffic.countSlow({ ...period, host, slowerThanMs })));
  if (counts.some(({ kind }) => kind === 'unknown')) return 'unknown';
  return slowBatches(
    counts.flatMap((count) => (count.kind === 'counted' ? count.requests : [])),
    sides,
  );
}

interface OwnNumber {
  /** Absent if the query gives no number: that is not bad and not good. */
  readonly own?: number;
  readonly failed?: TrafficUnavailableError;
}

/** What is wrong with the operator's query says nothing of the requests: those are counted all the same. */
async function ownNumber(
  traffic: Watching,
  cluster: string,
  { rule: { query } }: RampGuards,
  at: Date,
): Promise<OwnNumber> {
  if (query === undefined) return {};
  try {
    const number = await traffic.evaluate({ cluster, query: query.query, at });
    return number.kind === 'number' ? { own: number.value } : {};
  } catch (err) {
    if (!(err instanceof TrafficUnavailableError)) throw err;
    return { failed: err };
  }
}

/** The share that the split gives to the canary, from 0 to 1. */
function shareOf(ramp: Ramp, step: number, { canary }: Sides): number {
  const [{ split }] = targetsAt(ramp, step);
  const shares = percentages(split);
  return canary.reduce((sum, version) => sum + weightOf(shares, version), 0) / 100;
}
