import type { Change } from '../../domain/change/change.ts';
import { lookEveryMs } from '../../domain/guard/looks.ts';
import { mostSevere } from '../../domain/guard/verdict.ts';
import { countsBy, type RampGuards } from '../../domain/ramp/guards.ts';
import { type Said, saidBy, saidByOwn } from '../../domain/ramp/guards-say.ts';
import { leftOf } from '../../domain/ramp/next.ts';
import { type Ramp, rampTo, stepOf } from '../../domain/ramp/ramp.ts';
import type { GuardProof, RampState, Standing } from '../../domain/ramp/ramp-state.ts';
import type { RampId } from '../../domain/routing/names.ts';
import type { Happened } from '../audit.ts';
import type { Desk } from '../desk.ts';
import { TrafficUnavailableError } from '../errors.ts';
import type { Meter } from '../ports/process.ts';
import { leftBy } from '../ramping/as-left.ts';
import { moveRamp } from '../ramping/move-ramp.ts';
import { type LookedAt, lookAtStep, type Watching } from './look-at-step.ts';

const usualScrapeMs = 15_000;
/** A card is not updated more often than this for what the guards count. */
const cardEveryMs = 30_000;
/** After a look that could not be made. */
const againMs = 5_000;

/** The one who takes a ramp back without a person. */
export const guardUser = 'guard';

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
  readonly #nextMs = new Map<RampId, number>();
  readonly #shownMs = new Map<RampId, number>();
  readonly #scrapeMs = new Map<RampId, number>();

  constructor(desk: Desk, { traffic, meter }: Counting) {
    this.#desk = desk;
    this.#meter = meter;
    this.#traffic = traffic;
  }

  /** When the next look at a ramp is due, in ms; undefined if there will be none. */
  dueMs({ id, guards, state, before: [{ object }] }: Ramp): number | undefined {
    const isWatched = guards !== undefined && this.#traffic?.clusters.includes(object.cluster) === true;
    const isLive = 'since' in state && state.step > 0;
    return isWatched && isLive ? (this.#nextMs.get(id) ?? this.#desk.now().getTime()) : undefined;
  }

  /** Forgets the ramps that are over. */
  keepOnly(open: ReadonlySet<RampId>): void {
    for (const times of [this.#nextMs, this.#shownMs, this.#scrapeMs])
      for (const id of times.keys()) if (!open.has(id)) times.delete(id);
  }

  /** Looks if it is time, or before a step. True if the ramp moved on. */
  async look(ramp: Ramp, state: Standing, change: Change | undefined, isBeforeStep: boolean): Promise<boolean> {
    const { now, log } = this.#desk;
    const dueMs = this.dueMs(ramp);
    if (this.#traffic === undefined || ramp.guards === undefined || dueMs === undefined) return false;
    if (isHeldStill(state)) return false;
    if (dueMs > now().getTime() && !(isBeforeStep && this.#isOld(ramp))) return false;
    try {
      const looked = await lookAtStep(this.#desk, this.#traffic, ramp, ramp.guards, state);
      this.#note(ramp, state, looked);
      return looked !== undefined && (await this.#store(ramp, state, change, looked));
    } catch (err) {
      if (!(err instanceof TrafficUnavailableError)) throw err;
      log.warn({ rampId: ramp.id, err }, 'the guards of a ramp could not look');
      this.#meter?.guarded('unreachable');
      this.#nextMs.set(ramp.id, now().getTime() + againMs);
      return false;
    }
  }

  /** Whether Prometheus has scraped again since the last look. Without this a step could wait for looks for ever. */
  #isOld({ id, guards }: Ramp): boolean {
    const until = guards?.cursor?.until;
    const everyMs = this.#scrapeMs.get(id) ?? usualScrapeMs;
    return until === undefined || this.#desk.now().getTime() - Date.parse(until) >= everyMs;
  }

  #note(ramp: Ramp, { step: number }: Standing, looked: LookedAt | undefined): void {
    const nowMs = this.#desk.now().getTime();
    const step = stepOf(ramp, number);
    const stepMs = step?.stay.kind === 'for' ? step.stay.ms : Number.POSITIVE_INFINITY;
    if (looked?.everyMs !== undefined) this.#scrapeMs.set(ramp.id, Math.max(looked.everyMs, 1_000));
    const everyMs = lookEveryMs(stepMs, looked?.everyMs ?? usualScrapeMs);
    this.#nextMs.set(ramp.id, nowMs + (looked === undefined ? Math.min(everyMs, againMs) : everyMs));
  }

  async #store(ramp: Ramp, state: Standing, change: Change | undefined, looked: LookedAt): Promise<boolean> {
    const { guards, hasCounted } = looked;
    const said = hasCounted ? saidBy(guards, state.step) : [];
    if (hasCounted) this.#meter?.guarded(mostSevere(said.map(({ verdict }) => verdict))?.kind ?? 'unknown');
    const next = hasCounted ? afterSaying(this.#desk, { ramp, guards, state, change, said }) : undefined;
    const isQuiet = next === undefined && !this.#isToBeShown(ramp.id);
    const moved = { ...rampTo(ramp, next ?? state), guards };
    const happened = hasCounted ? happenedBy(guards, said, next) : 'nothing';
    return moveRamp(this.#desk, moved, { happened, isQuiet });
  }

  #isToBeShown(id: RampId): boolean {
    const nowMs = this.#desk.now().getTime();
    if (nowMs - (this.#shownMs.get(id) ?? 0) < cardEveryMs) return false;
    this.#shownMs.set(id, nowMs);
    return true;
  }
}

/** What somebody else made of the weights is no step of the ramp, and a way back that failed waits for a person. */
function isHeldStill(state: Standing): boolean {
  return state.kind === 'held' && (state.hold.because === 'moved' || state.hold.because === 'back-failed');
}

interface Saying {
  readonly ramp: Ramp;
  readonly guards: RampGuards;
  readonly state: Standing;
  readonly change: Change | undefined;
  readonly said: readonly Said[];
}

/** The state that the guards bring a ramp to; undefined if they leave it. */
function afterSaying(desk: Desk, saying: Saying): RampState | undefined {
  const { ramp, guards, state, change } = saying;
  const at = desk.now().toISOString();
  const proof = proofOf(saying);
  if (proof === undefined) return undefined;
  const { step } = state;
  if (proof.act === 'take-back')
    return {
      kind: 'going-back',
      why: 'taken-back',
      by: guardUser,
      at,
      step,
      seen: leftBy(ramp, step, change),
      proof: proof.proof,
    };
  const isStill = state.kind === 'held' || guards.silencedAt === step;
  if (isStill) return undefined;
  const { since } = state;
  return {
    kind: 'held',
    step,
    since,
    at,
    leftMs: leftOf(state, desk.now()),
    hold: { because: 'guard', proof: proof.proof },
  };
}

/** The gravest thing that the guards have to say, if it is grave enough to act. */
function proofOf({
  guards,
  said,
}: Saying): { readonly act: 'take-back' | 'hold'; readonly proof: GuardProof } | undefined {
  const { last } = guards;
  if (last === undefined) return undefined;
  const counted = { canary: last.counted.canary, others: last.counted.others };
  const worst = mostSevere(said.map(({ guard, verdict }) => ({ ...verdict, guard })));
  if (worst?.kind === 'take-back' || worst?.kind === 'hold')
    return {
      act: worst.kind,
      proof: { guard: worst.guard, oneIn: worst.oneIn, ...countsBy(guards, worst.guard) },
    };
  const own = saidByOwn(guards);
  if (own === 'take-back' || own === 'hold') return { act: own, proof: { guard: 'own', ...counted } };
  const lost = Object.values(last.unreached).reduce((sum, requests) => sum + requests, 0);
  if (lost > 0 && guards.rule.act !== 'tell')
    return { act: 'hold', proof: { guard: 'unreached', unreached: last.unreached, ...counted } };
  return undefined;
}

/** Each look's counts and evidence are kept for the audit, so that anyone can compute the decision anew. */
function happenedBy(guards: RampGuards, said: readonly Said[], next: RampState | undefined): Happened {
  const { last } = guards;
  const kind = next === undefined ? 'ramp-looked' : next.kind === 'held' ? 'ramp-stopped' : 'ramp-goes-back';
  const because = next === undefined ? undefined : 'guard';
  const evidence = said.map(
    ({ guard, verdict, logEvidence }) => `${guard} ${verdict.kind} lnE ${logEvidence.toFixed(4)}`,
  );
  const { canary, others } = last?.counted ?? { canary: { requests: 0, bad: 0 }, others: { requests: 0, bad: 0 } };
  const counts = `canary ${canary.bad}/${canary.requests} others ${others.bad}/${others.requests}`;
  return {
    kind,
    because,
    step: last?.step,
    detail: [`${last?.from ?? ''} to ${last?.until ?? ''}`, counts, ...evidence].join('; '),
    ...(next !== undefined && next.kind !== 'held' && { by: { user: guardUser } }),
  };
}
