import { type Change, moveTo } from '../../domain/change/change.ts';
import { changeInHand, leftOf, nextDeed, type RampDeed } from '../../domain/ramp/next.ts';
import { type Ramp, rampTo } from '../../domain/ramp/ramp.ts';
import {
  dueAtMs,
  isLive,
  isOver,
  isStanding,
  liveStep,
  type RampHold,
  type RampState,
} from '../../domain/ramp/ramp-state.ts';
import { isSequence, liveSteps } from '../../domain/ramp/sequence.ts';
import type { RampId } from '../../domain/routing/names.ts';
import { moveOn } from '../audit.ts';
import type { Desk } from '../desk.ts';
import { DependencyError, MeshUnavailableError } from '../errors.ts';
import { guardUser } from '../guarding/after-look.ts';
import { type Counting, Guards } from '../guarding/guard-ramp.ts';
import { leftBy } from './as-left.ts';
import { goBack, takeOut } from './go-back.ts';
import { type Made, makeStep, noHurry } from './make-step.ts';
import { moveRamp } from './move-ramp.ts';
import { readStep, readTrusted } from './read-trusted.ts';
import { isAwaiting, voidRampIfMoved } from './void-ramp.ts';

/** A ramp that cannot go on for a moment is looked at again after this time. */
const againMs = 1_000;
/** A cluster of several that does not answer is tried for so long. */
const triedForMs = 15_000;

/** Moves ramps on when something is due, or when their changes ended. Safe to run in any number of processes. */
export class Driver {
  readonly #desk: Desk;
  readonly #guards: Guards;
  readonly #driving = new Set<RampId>();
  #states: ReadonlyMap<string, number> = new Map();
  #hasToldOpen = false;

  constructor(desk: Desk, counting: Counting = {}) {
    this.#desk = desk;
    this.#guards = new Guards(desk, counting);
  }

  /** Ends a held change that its ramp is no longer about. */
  tidy(change: Change): Promise<boolean> {
    return discardLeft(this.#desk, change);
  }

  /** How many ramps are in which state, as of the last sweep. */
  get states(): ReadonlyMap<string, number> {
    return this.#states;
  }

  /** One line in the log at the start: what this process goes on with. */
  #tellOpen(open: readonly Ramp[]): void {
    if (this.#hasToldOpen) return;
    this.#hasToldOpen = true;
    const ramps = open.map(({ id, name: { service }, state }) => {
      const dueMs = dueAtMs(state);
      const dueAt = dueMs === undefined ? undefined : new Date(dueMs).toISOString();
      return { id, service, state: state.kind, step: liveStep(state), dueAt };
    });
    this.#desk.log.info({ ramps }, 'the ramps that are not over');
  }

  /** There is no ramp that is not over. */
  rest(): void {
    this.#tellOpen([]);
    this.#states = new Map();
  }

  /** Looks at all ramps that are not over. Answers when to look again, by the API server's clock in ms. */
  async sweep(): Promise<number> {
    const { ramps, now, aside } = this.#desk;
    const open = await ramps.open();
    this.#tellOpen(open);
    this.#guards.keepOnly(new Set(open.map(({ id }) => id)));
    const byState = Map.groupBy(open, ({ state }) => state.kind);
    this.#states = new Map([...byState].map(([kind, all]) => [kind, all.length]));
    for (const ramp of open.filter(({ id }) => !this.#driving.has(id))) {
      this.#driving.add(ramp.id);
      aside(
        () => drive(this.#desk, ramp.id, this.#guards).finally(() => this.#driving.delete(ramp.id)),
        'a ramp could not be moved on',
        { rampId: ramp.id },
      );
    }
    const nowMs = now().getTime();
    const due = open
      .flatMap((ramp) => [dueAtMs(ramp.state), this.#guards.dueMs(ramp)])
      .filter((ms) => ms !== undefined);
    return Math.max(nowMs + againMs, Math.min(...due, Number.POSITIVE_INFINITY));
  }
}

/** Ends a held change that its ramp is no longer about: nobody decides about it. */
export async function discardLeft(
  desk: Pick<Desk, 'ramps' | 'changes' | 'log' | 'now'>,
  change: Change,
): Promise<boolean> {
  if (change.ramp === undefined || change.state.kind !== 'held') return false;
  const ramp = await desk.ramps.read(change.ramp.id);
  const isInHand =
    ramp !== undefined && !isOver(ramp.state) && changeInHand(ramp) === change.id && !isStanding(ramp.state);
  if (isInHand) return false;
  const next = moveTo(change, { kind: 'discarded', at: desk.now().toISOString(), by: change.by });
  return moveOn(desk, next, { kind: 'discarded' });
}

/** Moves one ramp on, as far as it goes now. */
export async function drive(desk: Desk, id: RampId, guards?: Guards): Promise<void> {
  for (let isMoved = true; isMoved; ) {
    const ramp = await desk.ramps.read(id);
    isMoved = ramp !== undefined && (await driveOnce(desk, ramp, guards));
  }
}

/** True if the ramp moved, so that there may be more to do. What the guards saw comes before the next step. */
async function driveOnce(desk: Desk, ramp: Ramp, guards: Guards | undefined): Promise<boolean> {
  const [change, beside] = await Promise.all([inHand(desk, ramp), liveBeside(desk, ramp)]);
  const deed = nextDeed(ramp, change, desk.now(), beside);
  const isBeforeStep = deed.kind === 'step' && isStanding(ramp.state);
  const look = isLive(ramp.state) ? await guards?.look(ramp, ramp.state, change, isBeforeStep) : 'none';
  if (look === 'moved' || look === 'wait') return look === 'moved';
  switch (deed.kind) {
    case 'wait':
      return isAwaiting(ramp) && voidRampIfMoved(desk, ramp);
    case 'become':
      return moveRamp(desk, rampTo(ramp, deed.state));
    case 'take-out':
      return change !== undefined && takeOut(desk, change, guardUser);
    case 'go-back':
    case 'step':
      return orHold(desk, ramp, () => makeChange(desk, ramp, deed, change));
  }
}

async function makeChange(
  desk: Desk,
  ramp: Ramp,
  deed: Extract<RampDeed, { kind: 'step' | 'go-back' }>,
  change: Change | undefined,
): Promise<boolean> {
  const { state } = ramp;
  if (deed.kind === 'go-back') return state.kind === 'going-back' && goBack(desk, ramp, state);
  const from = state.kind === 'stepping' ? state.from : leftBy(ramp, deed.step - 1, change);
  const made = await makeStep(desk, { ramp, step: deed.step, from, asker: noHurry(desk) });
  return afterMaking(desk, ramp, made);
}

/** What trying again does not mend, a person has to learn of: the ramp is held, with the reason. */
async function orHold(desk: Desk, ramp: Ramp, make: () => Promise<boolean>): Promise<boolean> {
  try {
    return await make();
  } catch (err) {
    if (
      !(err instanceof DependencyError) ||
      (err.retryable && !(err instanceof MeshUnavailableError && isTriedLongEnough(desk, ramp)))
    )
      throw err;
    desk.log.warn({ rampId: ramp.id, err }, 'a ramp is held: its next change cannot be planned');
    return moveRamp(desk, rampTo(ramp, heldNow(desk, ramp.state, failedBy(ramp.state, err))));
  }
}

/** In a sequence a person may want to go on without a cluster that does not answer. */
function isTriedLongEnough({ now }: Pick<Desk, 'now'>, ramp: Ramp): boolean {
  const { state } = ramp;
  if (!isSequence(ramp) || state.kind !== 'running') return false;
  return now().getTime() - Date.parse(state.dueAt) >= triedForMs;
}

function failedBy(state: RampState, { because: reason, message: detail }: DependencyError): RampHold {
  if (state.kind !== 'going-back') return { because: 'step-failed', reason, detail };
  const { kind: _, step: __, change: ___, seen: ____, clusters: _____, ...back } = state;
  return { because: 'back-failed', reason, detail, back };
}

async function inHand(desk: Pick<Desk, 'changes'>, ramp: Ramp): Promise<Change | undefined> {
  const { state } = ramp;
  if (isStanding(state) && state.step > 0) return readStep(desk, ramp, state.step);
  const id = changeInHand(ramp);
  return id && readTrusted(desk, id);
}

/** What is live of a ramp in other clusters than that of its step. */
async function liveBeside(desk: Pick<Desk, 'changes'>, ramp: Ramp): Promise<readonly Change[]> {
  const { state } = ramp;
  if (!isStanding(state) || !isSequence(ramp)) return [];
  const others = liveSteps(ramp, state.step).filter((step) => step !== state.step);
  const changes = await Promise.all(others.map((step) => readStep(desk, ramp, step)));
  return changes.filter((change) => change !== undefined);
}

/** Stops the ramp if its next step cannot be made. True if the ramp moved. */
export async function afterMaking(desk: Desk, ramp: Ramp, made: Made): Promise<boolean> {
  const { state } = ramp;
  const at = desk.now().toISOString();
  switch (made.kind) {
    case 'made':
      return true;
    case 'moved':
      return true;
    case 'known':
      return false;
    case 'unknown':
      desk.log.warn({ rampId: ramp.id, why: made.why }, 'a step of a ramp waits: policy cannot tell');
      return false;
    case 'waits':
      return moveRamp(desk, rampTo(ramp, waiting(ramp, made, at)));
    case 'superseded':
      return moveRamp(desk, rampTo(ramp, { kind: 'superseded', at, by: made.by }));
    case 'held':
      return moveRamp(desk, rampTo(ramp, heldNow(desk, state, made.hold)));
  }
}

/** What is left of the time of the step that is live goes on counting once it runs again. */
function heldNow({ now }: Pick<Desk, 'now'>, state: RampState, hold: RampHold): RampState {
  const at = now().toISOString();
  const leftMs = isStanding(state) ? leftOf(state, now()) : 0;
  return { kind: 'held', ...standingAt(state, at), at, leftMs, hold };
}

/** Over night, say. The step that is live stays so until then. */
function waiting({ state }: Ramp, { until, waitsFor }: Extract<Made, { kind: 'waits' }>, at: string): RampState {
  if (state.kind === 'stepping' && state.pausedBy !== undefined)
    return { kind: 'paused', ...standingAt(state, at), at, by: state.pausedBy, leftMs: 0 };
  const hours = waitsFor === 'hours' ? { waitsFor } : {};
  return { kind: 'running', ...standingAt(state, at), dueAt: until.toISOString(), ...hours };
}

function standingAt(state: RampState, at: string): { readonly step: number; readonly since: string } {
  return { step: liveStep(state), since: 'since' in state ? state.since : at };
}
