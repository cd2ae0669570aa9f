import type { Change } from '../../domain/change/change.ts';
import { nextGuardLook, settledAt, timesToBegin, usualScrapeMs } from '../../domain/guard/looks.ts';
import { unreachedBy } from '../../domain/guard/requests.ts';
import { errorBatches, type Sides } from '../../domain/guard/sides.ts';
import { afterSplit, rightSince } from '../../domain/ramp/astray.ts';
import { canaryOf, canaryShare } from '../../domain/ramp/direction.ts';
import { afterLook, type RampGuards } from '../../domain/ramp/guards.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { type Live, liveStep } from '../../domain/ramp/ramp-state.ts';
import { findRule } from '../../domain/routing/route.ts';
import { type Split, sameShares } from '../../domain/routing/split.ts';
import type { Desk } from '../desk.ts';
import type { TrafficUnavailableError } from '../errors.ts';
import { leftBy } from '../ramping/as-left.ts';
import { countAll, ownNumber, scrapedAt, slowIn, type Watching } from './count-step.ts';
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

/** Looks at the step that is live: all that happened since the last look, in one batch a caller. */
export async function lookAtStep(
  desk: Desk,
  traffic: Watching,
  ramp: Guarded,
  { state, made }: LiveNow,
): Promise<LookedAt | undefined> {
  const { guards } = ramp;
  const seen = await sight(desk, ramp);
  if (seen === undefined) return undefined;
  const number = liveStep(state);
  const [left] = leftBy(ramp, number, made);
  const isRight = sameShares(seen.split, left.split);
  const now = desk.now();
  const turned = afterSplit(guards, { since: state.since, isRight, at: now.toISOString() });
  if (turned !== undefined) return { guards: turned, hasCounted: false, everyMs: undefined };
  if (!isRight) return undefined;
  const step = { appliedAt: rightSince(guards, state.since) };
  const cursor = guards.cursor?.step === number ? guards.cursor.until : undefined;
  for (const at of cursor === undefined ? timesToBegin(step, now) : [now]) {
    const scraped = await scrapedAt(traffic, seen.cluster, seen.hosts, at);
    const next = scraped === undefined ? undefined : nextGuardLook(step, cursor, scraped);
    const looking = { desk, traffic, ramp, number, sight: seen, since: settledAt(step), everyMs: scraped?.everyMs };
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
  readonly sight: Sight;
  readonly since: Date;
  readonly everyMs: number | undefined;
}

function begun({ ramp: { guards }, number, everyMs }: LookingNow, until: string): LookedAt {
  return { guards: { ...guards, cursor: { step: number, until } }, hasCounted: false, everyMs };
}

async function countedIn(looking: LookingNow, from: Date, until: Date): Promise<LookedAt | undefined> {
  const { traffic, ramp, number, sight: seen, since, everyMs } = looking;
  const { cluster, hosts, sides, inTheWay } = seen;
  const { guards } = ramp;
  const period = { cluster, since, from, until };
  const counted = await countAll(traffic, hosts, period);
  if (counted === 'lost') return anew(looking, from, until);
  const slow = await slowIn(traffic, hosts, period, guards, sides);
  if (counted === undefined || slow === 'unknown') return undefined;
  const { own, failed } = await ownNumber(traffic, cluster, guards, until);
  const looked = {
    step: number,
    from: from.toISOString(),
    until: until.toISOString(),
    batches: errorBatches(counted, sides),
    ...(slow !== undefined && { slow }),
    ...(own !== undefined && { own }),
    unreached: unreachedBy(counted),
    configuredShare: canaryShare(ramp, number),
    ...inTheWay,
  };
  return { guards: afterLook(guards, looked), hasCounted: true, everyMs, ownFailed: failed };
}

/**
 * Prometheus lost what it had when the batch began, after a restart, say. The next batch begins where each client was surely scraped
 * before: one that was not would bring all that it ever counted.
 */
async function anew(looking: LookingNow, from: Date, until: Date): Promise<LookedAt | undefined> {
  const { desk, traffic, ramp, sight: seen, everyMs } = looking;
  const scrapeMs = Math.max(everyMs ?? 0, ramp.guards.looking?.scrapeMs ?? usualScrapeMs);
  const earlier = new Date(until.getTime() - 2 * scrapeMs);
  const isKnown = earlier > from && (await scrapedAt(traffic, seen.cluster, seen.hosts, earlier)) !== undefined;
  if (!isKnown) return undefined;
  desk.log.warn({ rampId: ramp.id, from, until }, 'Prometheus lost what the guards had not looked at: they begin anew');
  return begun(looking, until.toISOString());
}

interface Sight {
  readonly cluster: string;
  /** What is live. */
  readonly split: Split;
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
    split: rule.split,
    hosts: [...new Set(backends.map(({ host }) => host))],
    sides: { canary, others, backends },
    inTheWay: await inTheWayOf(desk, { live, rule, versions: [...canary, ...others], own: ramp.id }),
  };
}
