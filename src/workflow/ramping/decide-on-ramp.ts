import type { AuditDeed } from '../../domain/change/audit.ts';
import type { Change } from '../../domain/change/change.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { leftOf } from '../../domain/ramp/next.ts';
import { changeAt, type Ramp, rampTo, stepOf } from '../../domain/ramp/ramp.ts';
import { isOver, isStanding, type RampState, type RampStateOf, type Standing } from '../../domain/ramp/ramp-state.ts';
import type { RampTargets } from '../../domain/ramp/targets.ts';
import type { RampId } from '../../domain/routing/names.ts';
import { isSameObject } from '../../domain/routing/object.ts';
import { noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeLive } from '../judging/judge-live.ts';
import { leftBy, type NotAsLeft } from './as-left.ts';
import { afterMaking, drive } from './drive.ts';
import { makeStep } from './make-step.ts';
import { moveRamp } from './move-ramp.ts';

/** What a person does to a ramp that is not over. */
export type RampGesture = 'pause' | 'resume' | 'next' | 'abort' | 'finish';

export type RampDecision =
  | { readonly kind: 'done'; readonly gesture: RampGesture; readonly ramp: Ramp }
  /** It does not stand as it must for that. */
  | { readonly kind: 'not-now'; readonly gesture: RampGesture; readonly ramp: Ramp }
  /** The button was drawn for another step or state. */
  | { readonly kind: 'moved-on'; readonly gesture: RampGesture; readonly ramp: Ramp }
  /** The next step cannot be made, so the ramp stops. */
  | { readonly kind: 'stopped'; readonly ramp: Ramp; readonly stop: NotAsLeft }
  | { readonly kind: 'cannot-tell'; readonly ramp: Ramp; readonly why: string }
  /** Steps up are made in certain hours only. */
  | { readonly kind: 'waits'; readonly ramp: Ramp; readonly until: Date }
  | { readonly kind: 'denied'; readonly ramp: Ramp; readonly denial: Denial }
  | { readonly kind: 'unknown-ramp'; readonly id: RampId };

export interface Deciding {
  readonly id: RampId;
  readonly gesture: RampGesture;
  /** The step and state that a button was drawn for (`standingShown`). */
  readonly seen?: string | undefined;
  readonly reason?: string | undefined;
}

const mostTries = 8;

/** Does what a person wants of a ramp, and tells the audit if the answer is no. */
export async function decideOnRamp(desk: Desk, deciding: Deciding, asker: Asker): Promise<RampDecision> {
  const answer = await decide(desk, deciding, asker);
  const about = { deed: deciding.gesture satisfies AuditDeed, rampId: deciding.id };
  if (answer.kind === 'denied') noteDenied(desk, asker, answer.denial, about);
  else if (answer.kind !== 'done') noteRefused(desk, asker, { ...about, because: answer.kind });
  return answer;
}

/** `pause all`: pauses every ramp that runs and that the person may pause. */
export async function pauseAll(desk: Desk, asker: Asker): Promise<readonly RampDecision[]> {
  const answers: RampDecision[] = [];
  for (const { id, state } of await desk.ramps.open()) {
    if (state.kind !== 'running' && state.kind !== 'stepping') continue;
    answers.push(await decideOnRamp(desk, { id, gesture: 'pause' }, { ...asker, request: `${asker.request} ${id}` }));
  }
  return answers;
}

async function decide(desk: Desk, deciding: Deciding, asker: Asker): Promise<RampDecision> {
  const { id, gesture, seen } = deciding;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const ramp = await desk.ramps.read(id);
    if (ramp === undefined) return { kind: 'unknown-ramp', id };
    if (isOver(ramp.state)) return { kind: 'not-now', gesture, ramp };
    if (seen !== undefined && seen !== standingShown(ramp)) return { kind: 'moved-on', gesture, ramp };
    const denial = await mayNot(desk, ramp, gesture, asker);
    if (denial !== undefined) return { kind: 'denied', ramp, denial };
    refuseIfLate(desk, asker);
    const answer = await doIt(desk, ramp, deciding, asker);
    if (answer !== undefined) return answer;
  }
  throw new Error(`ramp ${id} moved during each of ${mostTries} tries`);
}

/** Whoever may shift or roll back may pause and abort. */
async function mayNot(desk: Desk, ramp: Ramp, gesture: RampGesture, asker: Asker): Promise<Denial | undefined> {
  const denials: Denial[] = [];
  for (const deed of gesture === 'pause' || gesture === 'abort'
    ? (['rollback', 'shift'] as const)
    : (['shift'] as const)) {
    const denial = await deniedAs(desk, ramp, deed, asker);
    if (denial === undefined) return undefined;
    denials.push(denial);
  }
  return denials[0];
}

async function deniedAs(desk: Desk, ramp: Ramp, deed: 'shift' | 'rollback', asker: Asker): Promise<Denial | undefined> {
  for (const object of new Set(ramp.before.map((each) => each.object))) {
    const { live } = await desk.mesh.open(object);
    if (live === undefined) continue; // nothing is written to what is gone
    const { verdict } = await judgeLive(desk, asker, { deed, route: live });
    if (verdict.kind === 'refused') return verdict.denial;
  }
  return undefined;
}

function doIt(desk: Desk, ramp: Ramp, deciding: Deciding, asker: Asker): Promise<RampDecision | undefined> {
  switch (deciding.gesture) {
    case 'pause':
      return pause(desk, ramp, asker);
    case 'resume':
      return resume(desk, ramp, asker);
    case 'next':
      return step(desk, ramp, 'next', asker);
    case 'finish':
      return step(desk, ramp, 'finish', asker);
    case 'abort':
      return abort(desk, ramp, deciding, asker);
  }
}

async function pause(desk: Desk, ramp: Ramp, asker: Asker): Promise<RampDecision | undefined> {
  const { state } = ramp;
  const at = desk.now().toISOString();
  if (state.kind === 'stepping' && state.pausedBy === undefined)
    return becomes(desk, ramp, { ...state, pausedBy: asker.user }, { gesture: 'pause', asker });
  if (state.kind !== 'running') return { kind: 'not-now', gesture: 'pause', ramp };
  const { step, since } = state;
  const paused = { kind: 'paused', step, since, at, by: asker.user, leftMs: leftOf(state, desk.now()) } as const;
  return becomes(desk, ramp, paused, { gesture: 'pause', asker });
}

/** A ramp that stopped goes on from where it is, with what is left of its step's time. */
async function resume(desk: Desk, ramp: Ramp, asker: Asker): Promise<RampDecision | undefined> {
  const { state } = ramp;
  if (state.kind === 'stepping' && state.pausedBy !== undefined) {
    const { pausedBy: _, ...rest } = state;
    return becomes(desk, ramp, rest, { gesture: 'resume', asker });
  }
  if (state.kind === 'held' && state.hold.because === 'moved') return step(desk, ramp, 'resume', asker);
  if (state.kind !== 'paused' && state.kind !== 'held') return { kind: 'not-now', gesture: 'resume', ramp };
  const silenced = state.kind === 'held' && state.hold.because === 'guard' && ramp.guards !== undefined;
  const on = silenced ? { ...ramp, guards: { ...ramp.guards, silencedAt: state.step } } : ramp;
  return becomes(desk, on, goingOn(desk, ramp, state), { gesture: 'resume', asker });
}

function goingOn(desk: Desk, ramp: Ramp, { step: number, since, leftMs }: RampStateOf<'paused' | 'held'>): RampState {
  const nowMs = desk.now().getTime();
  const at = new Date(nowMs).toISOString();
  const asks = stepOf(ramp, number)?.stay.kind === 'ask' && leftMs === 0;
  if (asks)
    return { kind: 'asking', step: number, since, at, expiresAt: new Date(nowMs + 24 * 3600_000).toISOString() };
  return { kind: 'running', step: number, since, dueAt: new Date(nowMs + leftMs).toISOString() };
}

/** Makes the next step now, or with `finish` the last one. */
async function step(
  desk: Desk,
  ramp: Ramp,
  gesture: 'next' | 'finish' | 'resume',
  asker: Asker,
): Promise<RampDecision | undefined> {
  const { state } = ramp;
  if (!isStanding(state) || state.step >= ramp.steps.length) return { kind: 'not-now', gesture, ramp };
  const number = gesture === 'finish' ? ramp.steps.length : state.step + 1;
  const made = await makeStep(desk, { ramp, step: number, from: await liveFor(desk, ramp, state), asker });
  switch (made.kind) {
    case 'made':
      return { kind: 'done', gesture, ramp: made.ramp };
    case 'moved':
    case 'known':
      return undefined;
    case 'unknown':
      return { kind: 'cannot-tell', ramp, why: made.why };
    case 'waits':
      return { kind: 'waits', ramp, until: made.until };
    case 'held':
    case 'superseded':
      return (await afterMaking(desk, ramp, made)) ? { kind: 'stopped', ramp, stop: made } : undefined;
  }
}

/** What the rules must have: what the step left, or what the person was shown that somebody else made of it. */
async function liveFor(desk: Desk, ramp: Ramp, state: Standing): Promise<RampTargets> {
  const id = changeAt(ramp, state.step);
  const change: Change | undefined = id && (await desk.changes.read(id));
  return seenWith(leftBy(ramp, state.step, change), state);
}

function seenWith([first, ...more]: RampTargets, state: RampState): RampTargets {
  if (state.kind !== 'held' || state.hold.because !== 'moved') return [first, ...more];
  const { object, rule, live } = state.hold.away;
  const seen = (target: RampTargets[number]) =>
    target.rule === rule && isSameObject(target.object, object) ? { ...target, split: live } : target;
  return [seen(first), ...more.map(seen)];
}

async function abort(desk: Desk, ramp: Ramp, { reason }: Deciding, asker: Asker): Promise<RampDecision | undefined> {
  const { state } = ramp;
  if (state.kind === 'going-back' || state.kind === 'awaiting') return { kind: 'not-now', gesture: 'abort', ramp };
  const at = desk.now().toISOString();
  const live = isStanding(state) ? state.step : state.kind === 'stepping' ? state.step - 1 : 0;
  const seen = isStanding(state) ? await liveFor(desk, ramp, state) : leftBy(ramp, live, undefined);
  const goes = { kind: 'going-back', why: 'aborted', by: asker.user, at, reason, step: live, seen } as const;
  const answer = await becomes(desk, ramp, goes, { gesture: 'abort', asker });
  if (answer !== undefined)
    desk.aside(() => drive(desk, ramp.id), 'the way back of a ramp is made by the next round', { rampId: ramp.id });
  return answer;
}

const kinds = {
  pause: 'ramp-paused',
  resume: 'ramp-resumed',
  next: 'ramp-resumed',
  finish: 'ramp-resumed',
  abort: 'ramp-goes-back',
} as const;

async function becomes(
  desk: Desk,
  ramp: Ramp,
  state: RampState,
  { gesture, asker }: { readonly gesture: RampGesture; readonly asker: Asker },
): Promise<RampDecision | undefined> {
  const next = rampTo(ramp, state);
  const isMoved = await moveRamp(desk, next, { kind: kinds[gesture], asker, deed: gesture });
  return isMoved ? { kind: 'done', gesture, ramp: next } : undefined;
}

/** What a button was drawn for: the step, and whether the ramp runs, waits or is held there. */
export function standingShown({ state }: Pick<Ramp, 'state'>): string {
  const number = 'step' in state ? state.step : 0;
  const kind = ['running', 'paused', 'held', 'asking', 'stepping', 'going-back'].indexOf(state.kind) + 1;
  return (number * 16 + kind).toString(16).padStart(16, '0');
}
