import { gateOpenMs, leftOf } from '../../domain/ramp/next.ts';
import { changeAt, type Ramp, rampTo, stepOf } from '../../domain/ramp/ramp.ts';
import { isStanding, liveStep, type RampState, type RampStateOf, type Standing } from '../../domain/ramp/ramp-state.ts';
import type { RampTargets } from '../../domain/ramp/targets.ts';
import { isSameObject } from '../../domain/routing/object.ts';
import { type Asker, type Desk, requestId } from '../desk.ts';
import { leftBy } from './as-left.ts';
import type { Deciding, RampDecision, RampGesture } from './decision.ts';
import { afterMaking, drive } from './drive.ts';
import { makeStep } from './make-step.ts';
import { moveRampFor } from './move-ramp.ts';
import { readTrusted } from './read-trusted.ts';

/** Undefined if the ramp moved on meanwhile: decide again. */
type Answered = Promise<RampDecision | undefined>;

export function doGesture(desk: Desk, ramp: Ramp, deciding: Deciding, asker: Asker): Answered {
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

async function pause(desk: Desk, ramp: Ramp, asker: Asker): Answered {
  const { state } = ramp;
  const at = desk.now().toISOString();
  if (state.kind === 'stepping' && state.pausedBy === undefined)
    return becomes(desk, ramp, { ...state, pausedBy: asker.user }, { gesture: 'pause', asker });
  if (state.kind !== 'running') return { kind: 'not-now', gesture: 'pause', ramp };
  const { step: number, since } = state;
  const leftMs = leftOf(state, desk.now());
  const paused = { kind: 'paused', step: number, since, at, by: asker.user, leftMs } as const;
  return becomes(desk, ramp, paused, { gesture: 'pause', asker });
}

/** A ramp that stopped goes on from where it is, with what is left of its step's time. */
async function resume(desk: Desk, ramp: Ramp, asker: Asker): Answered {
  const { state } = ramp;
  if (state.kind === 'stepping' && state.pausedBy !== undefined) {
    const { pausedBy: _, ...rest } = state;
    return becomes(desk, ramp, rest, { gesture: 'resume', asker });
  }
  if (state.kind === 'held' && state.hold.because === 'moved')
    return state.step >= ramp.steps.length
      ? becomes(desk, ramp, { kind: 'finished', at: desk.now().toISOString() }, { gesture: 'resume', asker })
      : step(desk, ramp, 'resume', asker);
  if (state.kind !== 'paused' && state.kind !== 'held') return { kind: 'not-now', gesture: 'resume', ramp };
  const silenced = state.kind === 'held' && state.hold.because === 'guard' && ramp.guards !== undefined;
  const on = silenced ? { ...ramp, guards: { ...ramp.guards, silencedAt: state.step } } : ramp;
  return becomes(desk, on, goingOn(desk, ramp, state), { gesture: 'resume', asker });
}

function goingOn(desk: Desk, ramp: Ramp, { step: number, since, leftMs }: RampStateOf<'paused' | 'held'>): RampState {
  const nowMs = desk.now().getTime();
  const at = new Date(nowMs).toISOString();
  const asks = stepOf(ramp, number)?.stay.kind === 'ask' && leftMs === 0;
  if (asks) return { kind: 'asking', step: number, since, at, expiresAt: new Date(nowMs + gateOpenMs).toISOString() };
  return { kind: 'running', step: number, since, dueAt: new Date(nowMs + leftMs).toISOString() };
}

/** Makes the next step now, or with `finish` the last one. */
async function step(desk: Desk, ramp: Ramp, gesture: 'next' | 'finish' | 'resume', asker: Asker): Answered {
  const { state } = ramp;
  if (!isStanding(state) || state.step >= ramp.steps.length) return { kind: 'not-now', gesture, ramp };
  const number = gesture === 'finish' ? ramp.steps.length : state.step + 1;
  const from = await liveFor(desk, ramp, state);
  const happened = { kind: kinds[gesture], deed: gesture, asker } as const;
  const askedAs = requestId(asker.request);
  const made = await makeStep(desk, { ramp, step: number, from, asker, askedAs, happened });
  switch (made.kind) {
    case 'made':
      return { kind: 'done', gesture, ramp: made.ramp };
    case 'moved':
    case 'known': // somebody else made this step just now
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
  return seenWith(leftBy(ramp, state.step, id && (await readTrusted(desk, id))), state);
}

function seenWith([first, ...more]: RampTargets, state: RampState): RampTargets {
  if (state.kind !== 'held' || state.hold.because !== 'moved') return [first, ...more];
  const { object, rule, live } = state.hold.away;
  const seen = (target: RampTargets[number]) =>
    target.rule === rule && isSameObject(target.object, object) ? { ...target, split: live } : target;
  return [seen(first), ...more.map(seen)];
}

async function abort(desk: Desk, ramp: Ramp, { reason }: Deciding, asker: Asker): Answered {
  const { state } = ramp;
  if (state.kind === 'going-back' || state.kind === 'awaiting') return { kind: 'not-now', gesture: 'abort', ramp };
  const at = desk.now().toISOString();
  const seen = isStanding(state)
    ? await liveFor(desk, ramp, state)
    : state.kind === 'stepping'
      ? state.from
      : ramp.before;
  const goes = { kind: 'going-back', why: 'aborted', by: asker.user, at, reason, step: liveStep(state), seen } as const;
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
): Answered {
  const next = rampTo(ramp, state);
  const isMoved = await moveRampFor(desk, next, asker, { kind: kinds[gesture], deed: gesture });
  return isMoved ? { kind: 'done', gesture, ramp: next } : undefined;
}
