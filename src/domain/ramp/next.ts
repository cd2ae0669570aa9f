import { type Change, isUnsettled, isWaiting, mainEdit } from '../change/change.ts';
import type { Applied, FailReason, MovedAway, StateOf } from '../change/state.ts';
import { canaryShare } from './direction.ts';
import { afterDone, afterFailure } from './going-back.ts';
import { sawCanary } from './guards.ts';
import { changeAt, type PlannedStep, type Ramp, stepOf } from './ramp.ts';
import {
  type ClustersLeft,
  isStanding,
  liveStep,
  type RampHold,
  type RampState,
  type RampStateOf,
  type Standing,
  tellAgainAtMs,
} from './ramp-state.ts';
import { stepAfter } from './sequence.ts';
import { isAtOnce } from './steps.ts';

/** What to do about a ramp now. */
export type RampDeed =
  | { readonly kind: 'wait' }
  | { readonly kind: 'become'; readonly state: RampState }
  /** A step that has not begun is taken out of the line. */
  | { readonly kind: 'take-out' }
  /** Plan a step from what is live, and put its change in line. */
  | { readonly kind: 'step'; readonly step: number }
  /** Plan the way back from what is live, and put its change in line. */
  | { readonly kind: 'go-back' };

/** A gate that nobody opens ends in a hold. */
export const gateOpenMs = 24 * 3600_000;
/** If nobody worked when a step was due, it is still made this long after. Or within the step's own time, if that is longer. */
const lateMs = 120_000;

/** Somebody keeps getting between a ramp and its next step. A way back is tried as long as it takes. */
const mostChanges = 60;
/** A ramp of many clusters has many steps. */
const mostTries = 3;

const wait: RampDeed = { kind: 'wait' };

/**
 * What is next for a ramp, by its record, its changes, and the clock. `change`: the one that its state is about (`changeInHand`),
 * undefined if it has none or its record cannot be read. `beside`: what is live of it in other clusters.
 */
export function nextDeed(ramp: Ramp, change: Change | undefined, now: Date, beside: readonly Change[] = []): RampDeed {
  const deed = deedBy(ramp, change, now, beside);
  const most = Math.max(mostChanges, mostTries * ramp.steps.length);
  if (deed.kind !== 'step' || ramp.changes.length < most || ramp.state.kind === 'held') return deed;
  return stopAt(ramp, { because: 'step-failed', reason: 'contended' }, now);
}

function deedBy(ramp: Ramp, change: Change | undefined, now: Date, beside: readonly Change[]): RampDeed {
  const { state } = ramp;
  switch (state.kind) {
    case 'awaiting':
      return isPast(state.expiresAt, now) ? become({ kind: 'expired', at: now.toISOString() }) : wait;
    case 'stepping':
      return change === undefined ? wait : afterStep(ramp, state, change, now);
    case 'going-back':
      return afterBack(state, change, now);
    case 'running':
    case 'paused':
    case 'held':
    case 'asking':
      return whileLive(ramp, state, now, [
        ...(change === undefined ? [] : [{ change, since: state.since }]),
        ...since(beside),
      ]);
    default:
      return wait;
  }
}

/** The change that a ramp's state is about: the one that is in line, or the step that is live. */
export function changeInHand(ramp: Ramp): Ramp['changes'][number]['id'] | undefined {
  const { state } = ramp;
  if (state.kind === 'stepping' || state.kind === 'going-back') return state.change;
  if (state.kind === 'back') return state.change;
  return isStanding(state) && state.step > 0 ? changeAt(ramp, state.step) : ramp.changes.at(-1)?.id;
}

function afterStep(ramp: Ramp, state: RampStateOf<'stepping'>, change: Change, now: Date): RampDeed {
  if (change.state.kind === 'queued' && state.suspected !== undefined) return { kind: 'take-out' };
  if (isWaiting(change) || isUnsettled(change)) return wait;
  switch (change.state.kind) {
    case 'applied':
      return become(liveFrom(ramp, state, change.state.at));
    case 'superseded': // the step before still has to be live: planning again tells
      return again(ramp, state, now);
    case 'held':
      return change.state.because === 'moved' || change.state.because === 'recreated'
        ? stopAt(ramp, movedBy(change.state), now)
        : again(ramp, state, now);
    case 'void':
      return change.state.because === 'moved' || change.state.denied === 'outside-hours'
        ? again(ramp, state, now)
        : stopAt(ramp, deniedBy(change.state), now);
    case 'failed':
      return stopAt(ramp, { because: 'step-failed', ...failedBy(change.state) }, now);
    default:
      return stopAt(ramp, suspicionIn(state) ?? { because: 'step-failed', reason: 'expired' }, now);
  }
}

/** What a guard saw while the step was in line. */
function suspicionIn({ suspected: proof }: Pick<RampStateOf<'stepping'>, 'suspected'>): RampHold | undefined {
  return proof && { because: 'guard', proof };
}

/** The step is planned anew, unless a guard or a person stopped the ramp meanwhile. */
function again(ramp: Ramp, state: RampStateOf<'stepping'>, now: Date): RampDeed {
  const { step, live, since, pausedBy } = state;
  const suspicion = suspicionIn(state);
  if (suspicion !== undefined) return stopAt(ramp, suspicion, now);
  if (pausedBy === undefined) return { kind: 'step', step };
  return become({ kind: 'paused', step: live, since, at: now.toISOString(), by: pausedBy, leftMs: 0 });
}

/** A step has just been applied. Its time runs from there. */
export function liveFrom(
  ramp: Pick<Ramp, 'steps'>,
  state: Pick<RampStateOf<'stepping'>, 'step' | 'pausedBy' | 'suspected'>,
  at: string,
): RampState {
  const { step, pausedBy } = state;
  const planned = stepOf(ramp, step);
  const ms = planned === undefined ? 0 : timeOf(planned);
  const hold = suspicionIn(state);
  if (hold !== undefined) return { kind: 'held', step, since: at, at, leftMs: ms, hold };
  if (pausedBy !== undefined) return { kind: 'paused', step, since: at, at, by: pausedBy, leftMs: ms };
  if (planned?.stay.kind === 'ask') return { kind: 'asking', step, since: at, at, expiresAt: later(at, gateOpenMs) };
  return { kind: 'running', step, since: at, dueAt: later(at, ms) };
}

function timeOf({ stay }: PlannedStep): number {
  return stay.kind === 'for' ? stay.ms : 0;
}

/** Trying again may help. For all other reasons a person has to do something first. */
const passing: readonly FailReason[] = ['expired', 'unreachable', 'not-reached', 'contended', 'policy-unknown'];

/** Going back is at once, however late: it is tried again until it is done, or cannot be. */
function afterBack(state: RampStateOf<'going-back'>, change: Change | undefined, now: Date): RampDeed {
  if (state.change === undefined) return { kind: 'go-back' };
  if (change === undefined || isWaiting(change) || isUnsettled(change)) return wait;
  const { kind: _, step, change: id, seen: __, clusters, ...back } = state;
  const { cluster } = mainEdit(change).object;
  switch (change.state.kind) {
    case 'applied': {
      const rest = clusters && afterDone(clusters, cluster);
      if (rest !== undefined) return become(goingOnBack(state, rest));
      return become({ kind: 'back', step, ...back, at: change.state.at, change: id });
    }
    case 'failed':
    case 'void': {
      const rest = clusters && afterFailure(clusters, cluster);
      if (rest !== undefined && !rest.isLast) return become(goingOnBack(state, rest.clusters));
      if (change.state.kind === 'failed' && passing.includes(change.state.because))
        return rest === undefined ? { kind: 'go-back' } : become(goingOnBack(state, rest.clusters));
      const why = change.state.kind === 'failed' ? failedBy(change.state) : { reason: 'denied' as const };
      return become(heldAt({ step, since: state.at, leftMs: 0 }, { ...why, because: 'back-failed', back }, now));
    }
    default:
      return { kind: 'go-back' };
  }
}

/** In the next cluster. */
export function goingOnBack(state: RampStateOf<'going-back'>, clusters: ClustersLeft): RampState {
  const { change: _, ...rest } = state;
  return { ...rest, clusters };
}

/** A change that is live, and from when on what somebody else does to it counts. */
interface LiveChange {
  readonly change: Change;
  readonly since: string;
}

function since(changes: readonly Change[]): readonly LiveChange[] {
  return changes.flatMap((change) => (change.state.kind === 'applied' ? [{ change, since: change.state.at }] : []));
}

/** Looks first at what became of what is live, then at the clock. */
function whileLive(ramp: Ramp, state: Standing, now: Date, changes: readonly LiveChange[]): RampDeed {
  const live = changes.flatMap(({ change, since: from }) =>
    change.state.kind === 'applied' ? [{ applied: change.state, from }] : [],
  );
  const [ended] = live.flatMap(({ applied }) => endedBy(applied, now) ?? []);
  if (ended !== undefined) return become(ended);
  const [away] = live.flatMap(({ applied, from }) => awaySince(applied, from) ?? []);
  const isTold = state.kind === 'held' && state.hold.because === 'moved';
  if (away !== undefined && !isTold)
    return become(heldAt({ ...state, leftMs: leftOf(state, now) }, { because: 'moved', away: toldAway(away) }, now));
  if (
    now.getTime() >= (tellAgainAtMs(state) ?? Number.POSITIVE_INFINITY) &&
    state.kind !== 'paused' &&
    state.kind !== 'held'
  )
    return become({ ...state, isToldAgain: true });
  if (state.kind === 'asking')
    return isPast(state.expiresAt, now)
      ? become(heldAt({ ...state, leftMs: 0 }, { because: 'not-asked-on' }, now))
      : wait;
  return state.kind === 'running' && isPast(state.dueAt, now) ? whenDue(ramp, state, now) : wait;
}

function whenDue(ramp: Ramp, state: RampStateOf<'running'>, now: Date): RampDeed {
  const { step, dueAt } = state;
  const next = stepAfter(ramp, step);
  if (next === undefined) return become({ kind: 'finished', at: now.toISOString() });
  const isUnseen = isBlind(ramp, step);
  if (state.waitsFor === 'traffic') return isUnseen ? wait : { kind: 'step', step: next };
  const overdueMs = now.getTime() - Date.parse(dueAt);
  const planned = stepOf(ramp, step);
  const patienceMs = Math.max(lateMs, planned === undefined ? 0 : timeOf(planned));
  if (overdueMs > patienceMs)
    return become(heldAt({ ...state, leftMs: 0 }, { because: 'late', lateMs: overdueMs }, now));
  if (isUnseen) return become({ ...state, waitsFor: 'traffic' });
  return { kind: 'step', step: next };
}

/**
 * Nothing was seen of the canary in the step. Unless policy lets it go on all the same, a ramp waits until there is something to see. In a
 * step that gives the canary nothing there is nothing to wait for.
 */
function isBlind(ramp: Ramp, step: number): boolean {
  const { guards } = ramp;
  const stay = stepOf(ramp, step)?.stay;
  if (guards === undefined || guards.rule.blind !== 'wait' || stay === undefined || isAtOnce(stay)) return false;
  return canaryShare(ramp, step) > 0 && !sawCanary(guards, step);
}

/** A later change of ours moved the rule, perhaps to take the step back. */
function endedBy({ rolledBack, later: next }: Applied, now: Date): RampState | undefined {
  const by = rolledBack?.change ?? next;
  return by === undefined ? undefined : { kind: 'superseded', at: now.toISOString(), by };
}

/** Held at the step that is live. */
function stopAt({ state }: Ramp, reason: RampHold, now: Date): RampDeed {
  const since = 'since' in state ? state.since : now.toISOString();
  return become(heldAt({ step: liveStep(state), since, leftMs: 0 }, reason, now));
}

function heldAt(
  { step, since, leftMs }: Pick<RampStateOf<'held'>, 'step' | 'since' | 'leftMs'>,
  reason: RampHold,
  now: Date,
): RampStateOf<'held'> {
  return { kind: 'held', step, since, at: now.toISOString(), leftMs, hold: reason };
}

/** The part of a step's time that is left. It is over in a ramp that waits for the hours for steps up. */
export function leftOf(state: Standing, now: Date): number {
  switch (state.kind) {
    case 'running':
      return state.waitsFor === 'hours' ? 0 : Math.max(0, Date.parse(state.dueAt) - now.getTime());
    case 'paused':
    case 'held':
      return state.leftMs;
    case 'asking':
      return 0;
  }
}

/** Whether a ramp that goes on from a stop asks first: its step asks, and nothing of the step's time is left. */
export function asksWhenResumed(
  ramp: Pick<Ramp, 'steps'>,
  { step, leftMs }: Pick<RampStateOf<'held'>, 'step' | 'leftMs'>,
): boolean {
  return stepOf(ramp, step)?.stay.kind === 'ask' && leftMs === 0;
}

/**
 * What somebody else made of the step while it was watched. What was before that is over, also if the change still has the note: a person
 * had the step watched anew because it was right again. A writer's time has no fractions of a second.
 */
function awaySince({ movedAway }: Applied, since: string): MovedAway | undefined {
  const sinceMs = Math.floor(Date.parse(since) / 1000) * 1000;
  const isBefore = movedAway !== undefined && Date.parse(movedAway.at) < sinceMs; // false where its time is not known
  return isBefore ? undefined : movedAway;
}

function toldAway({ how: _, ...away }: MovedAway): Omit<MovedAway, 'how'> {
  return away;
}

function movedBy({ at, found }: StateOf<'held'>): RampHold {
  const [first] = found;
  const [moved] = first?.live ?? [];
  if (first === undefined || moved === undefined) return { because: 'no-plan', refusal: 'object-gone' };
  const { object, lastWriter } = first;
  return { because: 'moved', away: { object, rule: moved.rule, at, manager: lastWriter, live: moved.split } };
}

function failedBy({ because, detail }: StateOf<'failed'>): { readonly reason: FailReason; readonly detail?: string } {
  return { reason: because, ...(detail !== undefined && { detail }) };
}

function deniedBy({ denied, hold: by, heldUntil, rule }: StateOf<'void'>): RampHold {
  return { because: 'denied', denied, hold: by, heldUntil, rule };
}

function become(state: RampState): RampDeed {
  return { kind: 'become', state };
}

function isPast(at: string, now: Date): boolean {
  return now.getTime() >= Date.parse(at);
}

function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
