import { asksWhenResumed, gateOpenMs, leftOf, liveFrom } from '../../domain/ramp/next.ts';
import { type Ramp, rampTo, stepOf, targetsAt } from '../../domain/ramp/ramp.ts';
import {
  isStanding,
  liveStep,
  type RampHold,
  type RampState,
  type RampStateOf,
  type Standing,
} from '../../domain/ramp/ramp-state.ts';
import {
  atOnceFrom,
  clusterToLeaveOut,
  isPutBackHere,
  isSequence,
  stepAfter,
  without,
} from '../../domain/ramp/sequence.ts';
import { isAtOnce } from '../../domain/ramp/steps.ts';
import { isSameTarget, type RampTargets } from '../../domain/ramp/targets.ts';
import { sameShares } from '../../domain/routing/split.ts';
import { type Asker, type Desk, requestId } from '../desk.ts';
import { leftBy } from './as-left.ts';
import type { Deciding, RampDecision, RampGesture } from './decision.ts';
import { afterMaking, drive } from './drive.ts';
import { type Made, makeStep } from './make-step.ts';
import { moveRampFor } from './move-ramp.ts';
import { readStep } from './read-trusted.ts';

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
    case 'put-back':
      return putBack(desk, ramp, asker);
    case 'go-without':
      return goWithout(desk, ramp, asker);
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
    return stepAfter(ramp, state.step) === undefined
      ? becomes(desk, ramp, { kind: 'finished', at: desk.now().toISOString() }, { gesture: 'resume', asker })
      : step(desk, ramp, 'resume', asker);
  if (state.kind !== 'paused' && state.kind !== 'held') return { kind: 'not-now', gesture: 'resume', ramp };
  return becomes(desk, silenced(ramp), goingOn(desk, ramp, state), { gesture: 'resume', asker });
}

/** A person lets the ramp go on although a guard held it. Until the next step is live a guard may only take it back. */
function silenced(ramp: Ramp): Ramp {
  const { state, guards } = ramp;
  const isOver = state.kind === 'held' && state.hold.because === 'guard' && guards !== undefined;
  return isOver ? { ...ramp, guards: { ...guards, silencedAt: state.step } } : ramp;
}

function goingOn(desk: Desk, ramp: Ramp, stopped: RampStateOf<'paused' | 'held'>): RampState {
  const { step: number, since, leftMs } = stopped;
  const nowMs = desk.now().getTime();
  const at = new Date(nowMs).toISOString();
  if (asksWhenResumed(ramp, stopped))
    return { kind: 'asking', step: number, since, at, expiresAt: new Date(nowMs + gateOpenMs).toISOString() };
  return { kind: 'running', step: number, since, dueAt: new Date(nowMs + leftMs).toISOString() };
}

/** Makes the next step now, or with `finish` the last one. */
async function step(desk: Desk, ramp: Ramp, gesture: 'next' | 'finish' | 'resume', asker: Asker): Answered {
  const { state } = ramp;
  const number = isStanding(state) ? stepWanted(ramp, state, gesture) : undefined;
  if (!isStanding(state) || number === undefined) return { kind: 'not-now', gesture, ramp };
  const from = await liveFor(desk, ramp, state);
  const happened = { kind: kinds[gesture], deed: gesture, asker } as const;
  const askedAs = requestId(asker.request);
  const isAllAtOnce = gesture === 'finish' && isSequence(ramp);
  const rest = silenced(isAllAtOnce ? atOnceFrom(ramp, state.step) : ramp);
  const step = isAllAtOnce ? stepAfter(rest, state.step) : number;
  const made = await makeStep(desk, { ramp: rest, step: step ?? number, from, asker, askedAs, happened });
  return answerTo(desk, ramp, made, gesture);
}

function stepWanted(ramp: Ramp, { step: live }: Standing, gesture: RampGesture): number | undefined {
  const next = stepAfter(ramp, live);
  return gesture === 'finish' && next !== undefined ? ramp.steps.length : next;
}

/** Leaves out the cluster of the next step, and goes on in the others. It stays as it is. */
async function goWithout(desk: Desk, ramp: Ramp, asker: Asker): Answered {
  const { state } = ramp;
  const cluster = state.kind === 'held' ? clusterToLeaveOut(ramp, state) : undefined;
  if (state.kind !== 'held' || cluster === undefined) return { kind: 'not-now', gesture: 'go-without', ramp };
  const rest = without(ramp, state.step, cluster);
  const live = stepOf(ramp, state.step);
  const isToBeWatched = live !== undefined && isAtOnce(live.stay);
  const at = desk.now().toISOString();
  const next = isToBeWatched ? liveFrom(rest, { step: state.step }, at) : goingOn(desk, rest, state);
  return becomes(desk, silenced(rest), next, { gesture: 'go-without', asker });
}

async function answerTo(desk: Desk, ramp: Ramp, made: Made, gesture: RampGesture): Answered {
  switch (made.kind) {
    case 'made':
      return { kind: 'done', gesture, ramp: made.ramp };
    case 'moved':
    case 'known': // somebody else made this step just now
      return undefined;
    case 'unknown':
      return { kind: 'cannot-tell', ramp, why: made.why };
    case 'waits':
      return { ...made, ramp };
    case 'held': // it stays as it is, unless somebody else moved the weights
      if (made.hold.because !== 'moved') return { kind: 'not-made', gesture, ramp, hold: made.hold };
      return (await afterMaking(desk, ramp, made)) ? { kind: 'stopped', ramp, stop: made } : undefined;
    case 'superseded':
      return (await afterMaking(desk, ramp, made)) ? { kind: 'stopped', ramp, stop: made } : undefined;
  }
}

/** Makes the step that is live once more, over what the person was shown of somebody else's. It is then watched for its full time. */
async function putBack(desk: Desk, ramp: Ramp, asker: Asker): Answered {
  const { state } = ramp;
  if (state.kind !== 'held' || !isPutBackHere(ramp, state)) return { kind: 'not-now', gesture: 'put-back', ramp };
  const from = await liveFor(desk, ramp, state);
  const happened = { kind: kinds['put-back'], deed: 'put-back', asker } as const;
  const askedAs = requestId(asker.request);
  const made = await makeStep(desk, { ramp, step: state.step, from, asker, askedAs, happened });
  if (made.kind === 'held' && isThere(ramp, state, made.hold))
    return becomes(desk, ramp, liveFrom(ramp, { step: state.step }, desk.now().toISOString()), {
      gesture: 'put-back',
      asker,
    });
  return answerTo(desk, ramp, made, 'put-back');
}

/** Whether somebody has put it back already. */
function isThere(ramp: Ramp, { step: number }: Standing, hold: RampHold): boolean {
  if (hold.because === 'no-plan') return hold.refusal === 'already-there';
  if (hold.because !== 'moved') return false;
  const { object, rule, live } = hold.away;
  const left = targetsAt(ramp, number).find((each) => isSameTarget(each, { object, rule }));
  return left !== undefined && sameShares(left.split, live);
}

/** What the rules must have: what the step left, or what the person was shown that somebody else made of it. */
async function liveFor(desk: Desk, ramp: Ramp, state: Standing): Promise<RampTargets> {
  return seenInstead(leftBy(ramp, state.step, await readStep(desk, ramp, state.step)), state);
}

/** The same, with what somebody else made of it in its place. */
export function seenInstead([first, ...more]: RampTargets, state: RampState): RampTargets {
  if (state.kind !== 'held' || state.hold.because !== 'moved') return [first, ...more];
  const { object, rule, live } = state.hold.away;
  const seen = (target: RampTargets[number]) =>
    isSameTarget(target, { object, rule }) ? { ...target, split: live } : target;
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
  'put-back': 'ramp-resumed',
  'go-without': 'ramp-resumed',
  abort: 'ramp-goes-back',
} as const;

interface Done {
  readonly gesture: RampGesture;
  readonly asker: Asker;
}

async function becomes(desk: Desk, ramp: Ramp, state: RampState, { gesture, asker }: Done): Answered {
  const next = rampTo(ramp, state);
  const kind = state.kind === 'finished' ? 'ramp-finished' : kinds[gesture]; // gone on with at its last step, it is over
  const isMoved = await moveRampFor(desk, next, asker, { kind, deed: gesture });
  return isMoved ? { kind: 'done', gesture, ramp: next } : undefined;
}
