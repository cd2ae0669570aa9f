import type { Change } from '../../domain/change/change.ts';
import { type Batch, merge } from '../../domain/guard/batch.ts';
import { nextGuardLook, type Scraped, settledAt, timesToBegin, usualScrapeMs } from '../../domain/guard/looks.ts';
import { unreachedBy } from '../../domain/guard/requests.ts';
import { errorBatches, namelessCaller, type Sides } from '../../domain/guard/sides.ts';
import { afterSplit, rightSince } from '../../domain/ramp/astray.ts';
import { canaryOf, shareOfAll } from '../../domain/ramp/direction.ts';
import { afterLook, type RampGuards } from '../../domain/ramp/guards.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { type Live, liveStep } from '../../domain/ramp/ramp-state.ts';
import { clustersOf, isSequence } from '../../domain/ramp/sequence.ts';
import type { RampTarget, RampTargets } from '../../domain/ramp/targets.ts';
import { findRule } from '../../domain/routing/route.ts';
import { type Split, sameShares } from '../../domain/routing/split.ts';
import type { Desk } from '../desk.ts';
import type { TrafficUnavailableError } from '../errors.ts';
import { leftBy } from '../ramping/as-left.ts';
import { countAll, ownNumber, scrapedAt, scrapedTogether, slowIn, type Watching } from './count-step.ts';
import { type InTheWay, inTheWayOf, othersIn } from './surroundings.ts';

export type Guarded = Ramp & { readonly guards: RampGuards };

/** What a look changed; undefined if there is nothing to look at yet. */
export interface LookedAt {
  readonly guards: RampGuards;
  /** False: only the place was noted from which the next batch counts, or that none counts now. */
  readonly hasCounted: boolean;
  /** How far apart Prometheus' samples are. */
  readonly everyMs: number | undefined;
  /** Why the operator's own number is not known. */
  readonly ownFailed?: TrafficUnavailableError | undefined;
}

/** A step that is live, and the change that made it. */
export interface LiveNow {
  readonly state: Live;
  readonly made: Change | undefined;
}

/** Looks at what is live of a ramp: all that happened since the last look, in one batch a caller, of each cluster apart. */
export async function lookAtStep(
  desk: Desk,
  traffic: Watching,
  ramp: Guarded,
  { state, made }: LiveNow,
): Promise<LookedAt | undefined> {
  const { guards } = ramp;
  const number = liveStep(state);
  const left = watchedOf(ramp, leftBy(ramp, number, made));
  const sights = await Promise.all(left.map((target) => sight(desk, ramp, target)));
  const seen = sights.filter((each) => each !== undefined);
  if (seen.length < sights.length || seen.length === 0) return undefined;
  const isRight = seen.every((each) => sameShares(each.split, each.left));
  const now = desk.now();
  const turned = afterSplit(guards, { since: state.since, isRight, at: now.toISOString() });
  if (turned !== undefined) return { guards: turned, hasCounted: false, everyMs: undefined };
  if (!isRight) return undefined;
  const step = { appliedAt: rightSince(guards, state.since) };
  const cursor = guards.cursor?.step === number ? guards.cursor.until : undefined;
  for (const at of cursor === undefined ? timesToBegin(step, now) : [now]) {
    const scraped = await scrapedAll(traffic, seen, at);
    const next = scraped === undefined ? undefined : nextGuardLook(step, cursor, scraped);
    const looking = { desk, traffic, ramp, number, sights: seen, since: settledAt(step), everyMs: scraped?.everyMs };
    if (next?.kind === 'begin') return begun(looking, next.cursor);
    if (next?.kind === 'look') return countedIn(looking, new Date(next.from), new Date(next.until));
  }
  return undefined;
}

interface LookingNow {
  readonly desk: Pick<Desk, 'log'>;
  readonly traffic: Watching;
  readonly ramp: Guarded;
  readonly number: number;
  readonly sights: readonly Sight[];
  readonly since: Date;
  readonly everyMs: number | undefined;
}

function begun({ ramp: { guards }, number, everyMs }: LookingNow, until: string): LookedAt {
  return { guards: { ...guards, cursor: { step: number, until } }, hasCounted: false, everyMs };
}

async function countedIn(looking: LookingNow, from: Date, until: Date): Promise<LookedAt | undefined> {
  const { ramp, number, sights, everyMs } = looking;
  const { guards } = ramp;
  const all = await Promise.all(sights.map((each) => countedAt(looking, each, from, until)));
  if (all.includes('lost')) return anew(looking, from, until);
  const counted = all.filter((each) => each !== undefined && each !== 'lost');
  if (counted.length < all.length) return undefined;
  const own = counted.flatMap((each) => each.own ?? []);
  const slow = counted.flatMap((each) => (each.slow === undefined ? [] : [each.slow]));
  const looked = {
    step: number,
    from: from.toISOString(),
    until: until.toISOString(),
    batches: joined(counted.map(({ batches }) => batches)),
    ...(slow.length > 0 && { slow: joined(slow) }),
    ...(own.length > 0 && { own: Math.max(...own) }),
    unreached: summed(counted.map(({ unreached }) => unreached)),
    configuredShare: shareEverywhere(ramp, sights),
    confounding: sights.flatMap(({ inTheWay }) => inTheWay.confounding ?? [])[0],
    sticky: sights.flatMap(({ inTheWay }) => inTheWay.sticky ?? [])[0],
  };
  const [ownFailed] = counted.flatMap(({ failed }) => failed ?? []);
  return { guards: afterLook(guards, looked), hasCounted: true, everyMs, ownFailed };
}

interface CountedAt {
  readonly batches: ReadonlyMap<string, Batch>;
  readonly slow?: ReadonlyMap<string, Batch> | undefined;
  readonly unreached: Readonly<Record<string, number>>;
  readonly own?: number | undefined;
  readonly failed?: TrafficUnavailableError | undefined;
}

/** What was counted in one cluster. */
async function countedAt(
  { traffic, ramp: { guards }, since, sights }: LookingNow,
  { cluster, hosts, sides }: Sight,
  from: Date,
  until: Date,
): Promise<CountedAt | 'lost' | undefined> {
  const period = { cluster, since, from, until };
  const counted = await countAll(traffic, hosts, period);
  if (counted === 'lost' || counted === undefined) return counted;
  const slow = await slowIn(traffic, hosts, period, guards, sides);
  if (slow === 'unknown') return undefined;
  const isOne = sights.length === 1;
  const of = (batches: ReadonlyMap<string, Batch>) => (isOne ? batches : ofCluster(batches, cluster));
  return {
    batches: of(errorBatches(counted, sides)),
    slow: slow && of(slow),
    unreached: unreachedBy(counted),
    ...(await ownNumber(traffic, cluster, guards, until)),
  };
}

/** The same caller in another cluster is another caller. Those who do not say who they are stay so. */
function ofCluster(batches: ReadonlyMap<string, Batch>, cluster: string): ReadonlyMap<string, Batch> {
  return new Map(
    [...batches].map(([caller, batch]) => [caller === namelessCaller ? caller : `${cluster}:${caller}`, batch]),
  );
}

function joined(all: readonly ReadonlyMap<string, Batch>[]): ReadonlyMap<string, Batch> {
  const together = new Map<string, Batch>();
  for (const [caller, batch] of all.flatMap((each) => [...each])) {
    const known = together.get(caller);
    together.set(caller, known === undefined ? batch : merge(known, batch));
  }
  return together;
}

function summed(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [flag, requests] of all.flatMap((each) => Object.entries(each))) sums[flag] = (sums[flag] ?? 0) + requests;
  return sums;
}

/** The share of the canary, where it is the same in all clusters. Otherwise nothing is said of how much must follow all together: 0. */
function shareEverywhere(ramp: Ramp, sights: readonly Sight[]): number {
  const canary = canaryOf(ramp);
  const [first = 0, ...more] = sights.map(({ left }) => shareOfAll(left, canary));
  return more.every((share) => share === first) ? first : 0;
}

/**
 * Prometheus lost what it had when the batch began, after a restart, say. The next batch begins where each client was surely scraped
 * before: one that was not would bring all that it ever counted.
 */
async function anew(looking: LookingNow, from: Date, until: Date): Promise<LookedAt | undefined> {
  const { desk, traffic, ramp, sights, everyMs } = looking;
  const scrapeMs = Math.max(everyMs ?? 0, ramp.guards.looking?.scrapeMs ?? usualScrapeMs);
  const earlier = new Date(until.getTime() - 2 * scrapeMs);
  const isKnown = earlier > from && (await scrapedAll(traffic, sights, earlier)) !== undefined;
  if (!isKnown) return undefined;
  desk.log.warn({ rampId: ramp.id, from, until }, 'Prometheus lost what the guards had not looked at: they begin anew');
  return begun(looking, until.toISOString());
}

/** The rules whose requests are counted: one in each cluster that the ramp has come to. */
function watchedOf(ramp: Ramp, left: RampTargets): readonly RampTarget[] {
  const reached = left.filter(({ split }, at) => !isSequence(ramp) || !sameShares(split, ramp.before[at]?.split ?? {}));
  return clustersOf(ramp).flatMap((cluster) => reached.find(({ object }) => object.cluster === cluster) ?? []);
}

/** What is known of all clusters together. */
async function scrapedAll(traffic: Watching, sights: readonly Sight[], at: Date): Promise<Scraped | undefined> {
  const all = await Promise.all(sights.map(({ cluster, hosts }) => scrapedAt(traffic, cluster, hosts, at)));
  const known = all.filter((each) => each !== undefined);
  return known.length < all.length ? undefined : scrapedTogether(known);
}

interface Sight {
  readonly cluster: string;
  /** What is live. */
  readonly split: Split;
  /** What the ramp made. */
  readonly left: Split;
  readonly hosts: readonly string[];
  readonly sides: Sides;
  readonly inTheWay: InTheWay;
}

/** Where the requests of a rule go now, and what else may send requests there. */
async function sight(
  desk: Desk,
  ramp: Ramp,
  { object, rule: key, split: left }: RampTarget,
): Promise<Sight | undefined> {
  const { live } = await desk.mesh.open(object);
  const rule = live && findRule(live, key);
  const backends = rule?.backends ?? [];
  if (live === undefined || rule === undefined || backends.length === 0) return undefined;
  const canary = canaryOf(ramp);
  const others = othersIn(rule, canary);
  return {
    cluster: object.cluster,
    ...{ split: rule.split, left },
    hosts: [...new Set(backends.map(({ host }) => host))],
    sides: { canary, others, backends },
    inTheWay: await inTheWayOf(desk, { live, rule, versions: [...canary, ...others], own: ramp.id }),
  };
}
