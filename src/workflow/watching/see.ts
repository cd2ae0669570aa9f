import { type Change, mainEdit, moveTo, placeOf } from '../../domain/change/change.ts';
import { defaultMove, splittersOf } from '../../domain/change/edit.ts';
import { type AppliedChange, fateOf, isApplied } from '../../domain/change/fate.ts';
import {
  type Look,
  mostSeenServices,
  nextLook,
  type Seen,
  type ServiceCounts,
  tally,
} from '../../domain/change/seen.ts';
import { noLongerSeen } from '../../domain/change/state.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { type Backend, findRule } from '../../domain/routing/route.ts';
import { TrafficUnavailableError } from '../errors.ts';
import type { Changes } from '../ports/changes.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Aside, Log, Meter } from '../ports/process.ts';
import type { Traffic, TrafficCount } from '../ports/traffic.ts';
import type { Cards } from '../showing/cards.ts';

export interface Seeing {
  readonly mesh: Pick<Mesh, 'open'>;
  readonly changes: Pick<Changes, 'update'>;
  readonly cards: Pick<Cards, 'showSoon'>;
  /** Absent if this process cannot count requests; others may. */
  readonly traffic?: Traffic | undefined;
  readonly meter: Pick<Meter, 'looked'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly aside: Aside;
}

type DueLook = Extract<Look, { kind: 'look' }>;
/** The result of a look: something for the card, nothing yet, or the end without anything new. */
type Finding = { readonly kind: 'seen'; readonly seen: Seen } | { readonly kind: 'later' } | { readonly kind: 'over' };

const againMs = 15_000;

/**
 * Counts the traffic after applied changes, in the background. Any number of processes may do so at once: they ask for the same period, and
 * one of them stores the result.
 */
export class Sights {
  readonly #with: Seeing;
  /** When each change may be looked at again, by our own clock. A look without a result is repeated after a while. */
  #notBefore = new Map<ChangeId, number>();

  constructor(seeing: Seeing) {
    this.#with = seeing;
  }

  /** Begins each look that is due. Returns when the next look at these changes is due. */
  begin(toBeSeen: readonly Change[]): number {
    const nowMs = this.#with.now().getTime();
    const notBefore = this.#notBefore;
    this.#notBefore = new Map(toBeSeen.map(({ id }) => [id, notBefore.get(id) ?? 0]));
    const due = toBeSeen.filter(isApplied).map((change) => this.#beginOne(change, nowMs));
    return Math.min(...due, Number.POSITIVE_INFINITY);
  }

  #beginOne(change: AppliedChange, nowMs: number): number {
    const look = nextLook(change.state, nowMs);
    if (look.kind === 'wait') return look.untilMs;
    if (look.kind === 'look' && this.#with.traffic?.clusters.includes(placeOf(change).cluster) !== true)
      return Number.POSITIVE_INFINITY; // a process that can ask does so; in the end the look is over for all
    const notBeforeMs = this.#notBefore.get(change.id) ?? 0;
    if (notBeforeMs > nowMs) return notBeforeMs;

    this.#notBefore.set(change.id, nowMs + againMs);
    this.#with.aside(() => see(this.#with, change, look), 'traffic after a change was not counted', {
      changeId: change.id,
    });
    return nowMs + againMs;
  }
}

async function see(seeing: Seeing, change: AppliedChange, look: Exclude<Look, { kind: 'wait' }>): Promise<void> {
  const finding: Finding = look.kind === 'over' ? look : await lookAt(seeing, change, look);
  if (finding.kind === 'later') return;
  const { state } = change;
  const isFinal = look.kind === 'over' || finding.kind === 'over' || look.isFinal;
  const seen = finding.kind === 'seen' ? finding.seen : state.seen;
  const next = { ...state, seen };
  if (!(await seeing.changes.update(moveTo(change, isFinal ? noLongerSeen(next) : next)))) return; // another process was first
  const what = finding.kind === 'seen' ? 'traffic after a change was noted' : 'traffic is no longer counted';
  seeing.log.info({ changeId: change.id, seen }, what);
  seeing.cards.showSoon(change.id);
}

async function lookAt(seeing: Seeing, change: AppliedChange, look: DueLook): Promise<Finding> {
  const standing = await standingRules(seeing, change);
  if (standing.length === 0) return { kind: 'later' }; // watch-over.ts tells what moved and ends the looks
  const count = await countAll(seeing, change, look, standing);
  seeing.meter.looked(count.kind === 'unknown' ? count.because : 'counted');
  if (count.kind === 'counted') return { kind: 'seen', seen: seenIn(change, look, count.services) };
  seeing.log.info({ changeId: change.id, because: count.because, look }, 'traffic cannot be counted yet');
  const mayStillCome = count.because === 'unreachable' ? !look.isLastTry : !look.isLast;
  if (mayStillCome) return { kind: 'later' };
  return change.state.seen === undefined
    ? { kind: 'seen', seen: { kind: 'not-measured', because: count.because } }
    : { kind: 'over' };
}

/** Tells each service by itself, unless only the main object splits traffic. */
function seenIn(change: AppliedChange, { from, until }: DueLook, services: ServicesCounted): Seen {
  const [{ answered, unanswered }] = services;
  const counts = { answered, unanswered };
  const seen = { kind: 'counted', from: from.toISOString(), until: until.toISOString(), ...counts } as const;
  const isOfOne = splittersOf(change.edits).every((edit) => edit === mainEdit(change));
  return isOfOne ? seen : { ...seen, services };
}

interface Standing extends Pick<ServiceCounts, 'namespace' | 'name'> {
  readonly backends: readonly Backend[];
}

/** The objects that are live as the change left them, each with where its main rule sends requests. */
async function standingRules({ mesh, now }: Seeing, change: AppliedChange): Promise<readonly Standing[]> {
  const read = splittersOf(change.edits)
    .slice(0, mostSeenServices)
    .map(async (edit) => {
      const { live } = await mesh.open(edit.object);
      const fate = fateOf(change, edit, live, now().toISOString());
      const rule = live && findRule(live, defaultMove(edit).rule);
      const { namespace, name } = edit.object;
      return rule !== undefined && fate.kind === 'stands' ? [{ namespace, name, backends: rule.backends ?? [] }] : [];
    });
  return (await Promise.all(read)).flat();
}

type Unknown =
  | Extract<TrafficCount, { kind: 'unknown' }>
  | { readonly kind: 'unknown'; readonly because: 'unreachable' };
type Result = TrafficCount | Unknown;
type ServicesCounted = readonly [ServiceCounts, ...ServiceCounts[]];

/** Unknown if a query failed or nothing is known of any service; otherwise each service of which something is known. */
async function countAll(
  seeing: Seeing,
  change: AppliedChange,
  look: DueLook,
  standing: readonly Standing[],
): Promise<{ readonly kind: 'counted'; readonly services: ServicesCounted } | Unknown> {
  const results = await Promise.all(
    standing.map(async (of) => ({ of, result: await countFor(seeing, change, look, of.backends) })),
  );
  const unknown = results.flatMap(({ result }) => (result.kind === 'unknown' ? [result] : []));
  const unreachable = unknown.find(({ because }) => because === 'unreachable');
  const [first, ...more] = results.flatMap(({ of: { namespace, name, backends }, result }) =>
    result.kind === 'counted' ? [{ namespace, name, ...tally(result.requests, backends) }] : [],
  );
  if (unreachable !== undefined) return unreachable;
  if (first !== undefined) return { kind: 'counted', services: [first, ...more] };
  return unknown[0] ?? { kind: 'unknown', because: 'not-counted' };
}

/** Counts all hosts together, or none. */
async function countFor(
  { traffic, log }: Seeing,
  change: AppliedChange,
  { from, until }: DueLook,
  backends: readonly Backend[],
): Promise<Result> {
  const hosts = [...new Set(backends.map(({ host }) => host))];
  if (traffic === undefined || hosts.length === 0) return { kind: 'unknown', because: 'not-counted' };
  const { id, state } = change;
  const { cluster } = placeOf(change);
  const since = new Date(state.at);
  try {
    const counts = await Promise.all(hosts.map((host) => traffic.count({ cluster, host, since, from, until })));
    return together(counts);
  } catch (err) {
    if (!(err instanceof TrafficUnavailableError)) throw err;
    log.warn({ changeId: id, err }, 'the number of requests since a change could not be queried');
    return { kind: 'unknown', because: 'unreachable' };
  }
}

function together(counts: readonly TrafficCount[]): TrafficCount {
  const unknown = counts.find(({ kind }) => kind === 'unknown');
  if (unknown !== undefined) return unknown;
  return { kind: 'counted', requests: counts.flatMap((count) => (count.kind === 'counted' ? count.requests : [])) };
}
