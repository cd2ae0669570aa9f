import { type Change, moveTo } from '../domain/change.ts';
import { type AppliedChange, fateOf, isApplied } from '../domain/fate.ts';
import type { ChangeId } from '../domain/names.ts';
import { type Backend, findRule, type Rule } from '../domain/route.ts';
import { type Look, nextLook, noLongerSeen, type Seen, tally } from '../domain/seen.ts';
import type { Cards } from './cards.ts';
import { TrafficUnavailableError } from './errors.ts';
import type { Aside, Changes, Log, Mesh, Meter, Traffic, TrafficCount } from './ports.ts';

export interface Seeing {
  readonly mesh: Pick<Mesh, 'read'>;
  readonly changes: Pick<Changes, 'update'>;
  readonly cards: Pick<Cards, 'showSoon'>;
  /** Absent where this process cannot ask; others may. */
  readonly traffic?: Traffic | undefined;
  readonly meter: Pick<Meter, 'looked'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly aside: Aside;
}

type DueLook = Extract<Look, { kind: 'look' }>;
/** What a look brings: words for the card, nothing yet, or the end of looking without any. */
type Finding = { readonly kind: 'seen'; readonly seen: Seen } | { readonly kind: 'later' } | { readonly kind: 'over' };

const againMs = 15_000;

/**
 * Looks what came of the traffic of applied changes, aside and never waited for. Any number of processes may do so at once: they ask
 * for the same while, and one of them notes it.
 */
export class Sights {
  readonly #with: Seeing;
  /** By our own clock; a try that brought nothing is made again after a while. */
  #notBefore = new Map<ChangeId, number>();

  constructor(seeing: Seeing) {
    this.#with = seeing;
  }

  /** Begins whatever look is due. Returns when the next one of these changes is. */
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
    if (look.kind === 'look' && this.#with.traffic?.clusters.includes(change.object.cluster) !== true)
      return Number.POSITIVE_INFINITY; // whoever can ask does, and in the end it is over
    const notBeforeMs = this.#notBefore.get(change.id) ?? 0;
    if (notBeforeMs > nowMs) return notBeforeMs;

    this.#notBefore.set(change.id, nowMs + againMs);
    this.#with.aside(() => see(this.#with, change, look), 'what came of the traffic is not known', {
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
  if (!(await seeing.changes.update(moveTo(change, isFinal ? noLongerSeen(next) : next)))) return; // another was first
  const what = finding.kind === 'seen' ? 'what came of the traffic was noted' : 'nobody looks at the traffic any more';
  seeing.log.info({ changeId: change.id, seen }, what);
  seeing.cards.showSoon(change.id);
}

async function lookAt(seeing: Seeing, change: AppliedChange, look: DueLook): Promise<Finding> {
  const rule = await standingRule(seeing, change);
  if (rule === undefined) return { kind: 'later' }; // who watches over it tells, and what moved is no longer to be seen
  const count = await countFor(seeing, change, look, rule.backends ?? []);
  seeing.meter.looked(count.kind === 'unknown' ? count.because : 'counted');
  if (count.kind === 'counted') {
    const counts = tally(count.requests, rule.backends ?? []);
    return {
      kind: 'seen',
      seen: { kind: 'counted', from: look.from.toISOString(), until: look.until.toISOString(), ...counts },
    };
  }
  seeing.log.info({ changeId: change.id, because: count.because, look }, 'what came of the traffic cannot be told yet');
  const mayStillCome = count.because === 'unreachable' ? !look.isLastTry : !look.isLast;
  if (mayStillCome) return { kind: 'later' };
  return change.state.seen === undefined
    ? { kind: 'seen', seen: { kind: 'not-measured', because: count.because } }
    : { kind: 'over' };
}

/** The rule that the change set, as it is live; undefined where it holds something else by now. */
async function standingRule({ mesh, now }: Seeing, change: AppliedChange): Promise<Rule | undefined> {
  const route = (await mesh.read(change.object))?.route;
  if (route === undefined || fateOf(change, route, now().toISOString()).kind !== 'stands') return undefined;
  return findRule(route, change.rule);
}

type Result = TrafficCount | { readonly kind: 'unknown'; readonly because: 'unreachable' };

/** Of all hosts together, or of none. */
async function countFor(
  { traffic, log }: Seeing,
  { id, object, state }: AppliedChange,
  { from, until }: DueLook,
  backends: readonly Backend[],
): Promise<Result> {
  const hosts = [...new Set(backends.map(({ host }) => host))];
  if (traffic === undefined || hosts.length === 0) return { kind: 'unknown', because: 'not-counted' };
  const since = new Date(state.at);
  try {
    const counts = await Promise.all(
      hosts.map((host) => traffic.count({ cluster: object.cluster, host, since, from, until })),
    );
    return together(counts);
  } catch (err) {
    if (!(err instanceof TrafficUnavailableError)) throw err;
    log.warn({ changeId: id, err }, 'the requests since a change could not be asked for');
    return { kind: 'unknown', because: 'unreachable' };
  }
}

function together(counts: readonly TrafficCount[]): TrafficCount {
  const unknown = counts.find(({ kind }) => kind === 'unknown');
  if (unknown !== undefined) return unknown;
  return { kind: 'counted', requests: counts.flatMap((count) => (count.kind === 'counted' ? count.requests : [])) };
}
