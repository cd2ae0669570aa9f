import { randomUUID } from 'node:crypto';
import type { Change } from '../../domain/change/change.ts';
import { lookEveryMs, usualScrapeMs } from '../../domain/guard/looks.ts';
import { mostSevere } from '../../domain/guard/verdict.ts';
import type { Looking } from '../../domain/ramp/guards.ts';
import { haveMore, haveNews } from '../../domain/ramp/guards-news.ts';
import { saidBy } from '../../domain/ramp/guards-say.ts';
import { type Ramp, rampTo, stepOf } from '../../domain/ramp/ramp.ts';
import { isLive, type Live, liveStep } from '../../domain/ramp/ramp-state.ts';
import type { ChangeId, RampId } from '../../domain/routing/names.ts';
import type { Desk } from '../desk.ts';
import { DependencyError } from '../errors.ts';
import type { Meter } from '../ports/process.ts';
import { moveRamp } from '../ramping/move-ramp.ts';
import { readStep, readTrusted } from '../ramping/read-trusted.ts';
import { afterSaying, happenedBy } from './after-look.ts';
import type { Watching } from './count-step.ts';
import { type Guarded, type LookedAt, lookAtStep } from './look-at-step.ts';

/** A card is not updated more often than this for what the guards count. */
const cardEveryMs = 30_000;
/** After a look that could not be made, or found nothing to see. */
const againMs = 5_000;
/** A look takes several calls to Prometheus. A process that dies while it looks keeps the others from it for so long. */
export const longestLookMs = 15_000;

const tellOwnEveryMs = 600_000;

export type Look = 'none' | 'moved' | 'wait';

/** Without `traffic` nothing is counted, and ramps go by time alone. */
export interface Counting {
  readonly traffic?: Watching | undefined;
  readonly meter?: Pick<Meter, 'guarded'> | undefined;
}

/** Looks at the steps that are live, each as often as it must be. */
export class Guards {
  readonly #desk: Desk;
  readonly #traffic: Watching | undefined;
  readonly #meter: Pick<Meter, 'guarded'> | undefined;
  /** This process, among those that may look. */
  readonly #self = randomUUID();
  /** After a look that could not be made here, or found nothing to see. */
  readonly #notBeforeMs = new Map<RampId, number>();
  /** When the log was last told that an operator's own query fails. */
  readonly #toldOwnMs = new Map<RampId, number>();

  constructor(desk: Desk, { traffic, meter }: Counting) {
    this.#desk = desk;
    this.#meter = meter;
    this.#traffic = traffic;
  }

  /** When the next look at a ramp is due, in ms; undefined if there will be none. */
  dueMs({ id, guards, state, before }: Ramp): number | undefined {
    const counted = this.#traffic?.clusters ?? [];
    const isWatched = before.some(({ object }) => counted.includes(object.cluster));
    if (guards === undefined || !isWatched || !isLive(state) || isHeldStill(state)) return undefined;
    const { nextAt } = guards.looking ?? {};
    const nextMs = nextAt === undefined ? this.#desk.now().getTime() : Date.parse(nextAt);
    return Math.max(nextMs, this.#notBeforeMs.get(id) ?? 0);
  }

  /** Forgets the ramps that are over. */
  keepOnly(open: ReadonlySet<RampId>): void {
    for (const known of [this.#notBeforeMs, this.#toldOwnMs])
      for (const id of known.keys()) if (!open.has(id)) known.delete(id);
  }

  /**
   * Looks if it is time, or before a step. `change`: the one that its state is about. `moved`: the ramp moved on. `wait`: another process
   * looks just now, so nothing is decided before that.
   */
  async look(ramp: Ramp, state: Live, change: Change | undefined, isBeforeStep: boolean): Promise<Look> {
    const { now, ramps } = this.#desk;
    const dueMs = this.dueMs(ramp);
    const { guards } = ramp;
    const traffic = this.#traffic;
    if (traffic === undefined || guards === undefined || dueMs === undefined) return 'none';
    if (state.kind === 'stepping' && change?.state.kind !== 'queued') return 'none';
    if (dueMs > now().getTime() && !(isBeforeStep && this.#isOld(ramp))) return 'none';
    const claim = await ramps.claimLook(ramp.id, this.#self, longestLookMs);
    if (claim !== 'claimed') return claim === 'rests' ? 'none' : 'wait';
    return this.#claimed(ramp, () => this.#lookNow({ ...ramp, guards }, traffic, state, change));
  }

  /**
   * Ends the claim whatever happens. A look that could not be made stops nothing else that the ramp has to do, and no other process: that
   * one may reach what this one does not.
   */
  async #claimed({ id }: Ramp, look: () => Promise<Look | { readonly restMs: number }>): Promise<Look> {
    let restMs = 0;
    try {
      const seen = await look();
      if (typeof seen === 'string') return seen;
      restMs = seen.restMs;
      this.#notBefore(id, restMs);
      return 'none';
    } catch (err) {
      this.#notBefore(id, againMs);
      if (!(err instanceof DependencyError)) throw err;
      this.#desk.log.warn({ rampId: id, err }, 'the guards of a ramp could not look');
      this.#meter?.guarded('unreachable');
      return 'none';
    } finally {
      await this.#desk.ramps.endLook(id, this.#self, restMs);
    }
  }

  /** `restMs`: there is nothing to see yet. So no process need ask for the same again at once, and none waits for it. */
  async #lookNow(
    ramp: Guarded,
    traffic: Watching,
    state: Live,
    change: Change | undefined,
  ): Promise<Look | { readonly restMs: number }> {
    if (await this.#hasMoved(ramp)) return 'moved';
    const made = state.kind === 'stepping' ? await readStep(this.#desk, ramp, state.live) : change;
    const looked = await lookAtStep(this.#desk, traffic, ramp, { state, made });
    const mayCount = state.kind !== 'stepping' || (await this.#isInLine(state.change));
    if (looked === undefined || !mayCount)
      return { restMs: Math.min(againMs, everyMsIn(ramp, state, looked?.everyMs)) };
    if (looked.ownFailed !== undefined) this.#tellOwnFailed(ramp.id, looked.ownFailed);
    return (await this.#store(ramp, state, change, looked)) ? 'moved' : 'none';
  }

  /** A query that is wrong fails at every look. */
  #tellOwnFailed(id: RampId, err: Error): void {
    const nowMs = this.#desk.now().getTime();
    if (nowMs - (this.#toldOwnMs.get(id) ?? Number.NEGATIVE_INFINITY) < tellOwnEveryMs) return;
    this.#toldOwnMs.set(id, nowMs);
    this.#desk.log.warn({ rampId: id, err }, 'the query of a guard of the policy file gives no number');
  }

  #notBefore(id: RampId, inMs: number): void {
    this.#notBeforeMs.set(id, this.#desk.now().getTime() + inMs);
  }

  /** Another process looked after this one had read the ramp. */
  async #hasMoved({ id, rev }: Ramp): Promise<boolean> {
    return (await this.#desk.ramps.read(id))?.rev !== rev;
  }

  /** Nothing that was counted until now can be of the step in line, if that has still not begun. */
  async #isInLine(id: ChangeId): Promise<boolean> {
    return (await readTrusted(this.#desk, id))?.state.kind === 'queued';
  }

  /** Whether Prometheus has scraped again since the last look. Without this a step could wait for looks for ever. */
  #isOld({ guards }: Ramp): boolean {
    const { cursor, looking } = guards ?? {};
    const everyMs = looking?.scrapeMs ?? usualScrapeMs;
    return cursor === undefined || this.#desk.now().getTime() - Date.parse(cursor.until) >= everyMs;
  }

  async #store(ramp: Guarded, state: Live, change: Change | undefined, looked: LookedAt): Promise<boolean> {
    const { hasCounted } = looked;
    const now = this.#desk.now();
    const looking = nextLook(ramp, state, looked, now);
    const guards = { ...looked.guards, looking };
    const said = hasCounted ? saidBy(guards, liveStep(state)) : [];
    if (hasCounted) this.#meter?.guarded(mostSevere(said.map(({ verdict }) => verdict))?.kind ?? 'unknown');
    const next = hasCounted ? afterSaying({ ramp, guards, state, change, said }, now) : undefined;
    const isQuiet = next === undefined && looking.shownAt === ramp.guards?.looking?.shownAt;
    const isTold = hasCounted && (next !== undefined || haveMore(ramp.guards, guards, liveStep(state)));
    const happened = isTold ? happenedBy(guards, said, next) : 'nothing';
    return moveRamp(this.#desk, { ...rampTo(ramp, next ?? state), guards }, { happened, isQuiet });
  }
}

/** When to look again, and whether the card shows what was counted: news at once, and other counts now and then. */
function nextLook(ramp: Ramp, state: Live, { guards, everyMs }: LookedAt, now: Date): Looking {
  const before = ramp.guards?.looking;
  const scrapeMs = scrapeMsIn(ramp, everyMs);
  const inMs = everyMsIn(ramp, state, everyMs);
  const isNews = ramp.guards !== undefined && haveNews(ramp.guards, guards, liveStep(state));
  const isLongAgo = before?.shownAt === undefined || now.getTime() - Date.parse(before.shownAt) >= cardEveryMs;
  const shownAt = isNews || isLongAgo ? now.toISOString() : before.shownAt;
  return {
    nextAt: new Date(now.getTime() + inMs).toISOString(),
    ...(scrapeMs !== undefined && { scrapeMs }),
    shownAt,
  };
}

function everyMsIn(ramp: Ramp, state: Live, everyMs: number | undefined): number {
  const stay = stepOf(ramp, liveStep(state))?.stay;
  const stepMs = stay?.kind === 'for' ? stay.ms : Number.POSITIVE_INFINITY;
  return lookEveryMs(stepMs, scrapeMsIn(ramp, everyMs) ?? usualScrapeMs);
}

function scrapeMsIn({ guards }: Ramp, everyMs: number | undefined): number | undefined {
  return everyMs === undefined ? guards?.looking?.scrapeMs : Math.max(everyMs, 1_000);
}

/** What somebody else made of the weights is no step of the ramp, and a way back that failed waits for a person. */
function isHeldStill(state: Live): boolean {
  return state.kind === 'held' && (state.hold.because === 'moved' || state.hold.because === 'back-failed');
}
