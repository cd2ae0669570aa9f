import { type Change, effectOf, isUnsettled, isWaiting, moveTo } from '../../domain/change/change.ts';
import { nextRequest, type Ramp, rampTo, targetsAt, withChange } from '../../domain/ramp/ramp.ts';
import type { RampState, RampStateOf } from '../../domain/ramp/ramp-state.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { accept } from '../asking/accept.ts';
import { type Plan, planEdits } from '../asking/plan.ts';
import { addJob, toChange } from '../asking/submit.ts';
import { eventOf, moveOn } from '../audit.ts';
import type { Desk } from '../desk.ts';
import { aimsOf } from './as-left.ts';
import { noHurry } from './make-step.ts';
import { moveRamp } from './move-ramp.ts';
import { readTrusted } from './read-trusted.ts';

type GoingBack = RampStateOf<'going-back'>;

/**
 * Puts the one change in line that takes all of a ramp back. It goes ahead of the queue. False if it has to wait, or the ramp or an object
 * moved meanwhile: look again.
 */
export async function goBack(desk: Desk, ramp: Ramp, decided: GoingBack): Promise<boolean> {
  if (!(await isStepOut(desk, ramp, decided))) return false;
  const state = { ...decided, step: await lastApplied(desk, ramp, decided) };
  if (!(await wasApplied(desk, ramp))) return become(desk, ramp, endOf(desk, state));
  const made = ramp.changes.filter(({ step }) => step > 0).map(({ step }) => targetsAt(ramp, step));
  const { aims, stop } = aimsOf(desk, { ramp, to: ramp.before, from: [state.seen, ramp.before, ...made] });
  const planned = await planEdits(desk, aims, {
    aim: { kind: 'back' },
    service: ramp.name.service,
    isAhead: true,
  });
  const stopped = stop();
  if (stopped?.kind === 'superseded')
    return become(desk, ramp, { kind: 'superseded', at: desk.now().toISOString(), by: stopped.by });
  if (stopped !== undefined) return become(desk, ramp, heldOn(desk, state, stopped.hold));
  switch (planned.kind) {
    case 'plan':
      return offerBack(desk, ramp, state, planned.plan);
    case 'refused':
      if (planned.refusal.reason === 'already-there') return become(desk, ramp, endOf(desk, state));
      return become(desk, ramp, heldOn(desk, state, { because: 'no-plan', refusal: planned.refusal.reason }));
    case 'gone':
    case 'as-it-is':
      return become(desk, ramp, heldOn(desk, state, { because: 'no-plan', refusal: planned.kind }));
  }
}

/** A step that is in line and not begun is taken out of it. One that is being applied, or may still be, is waited for. */
async function isStepOut(desk: Desk, ramp: Ramp, { by }: GoingBack): Promise<boolean> {
  const last = ramp.changes.findLast(({ step }) => step > 0);
  const change = last && (await readTrusted(desk, last.id));
  if (change === undefined) return true;
  if (change.state.kind === 'applying' || isUnsettled(change)) return false;
  return isWaiting(change) ? takeOut(desk, change, by) : true;
}

/** Takes a change that has not begun out of the line. False if it moved on meanwhile. */
export function takeOut(desk: Pick<Desk, 'changes' | 'log' | 'now'>, change: Change, by: string): Promise<boolean> {
  const next = moveTo(change, { kind: 'withdrawn', at: desk.now().toISOString(), by });
  return moveOn(desk, next, { kind: 'withdrawn', by: { user: by } });
}

/** The step that is live. One that was being made when the person decided may have been applied since. */
async function lastApplied(desk: Desk, { changes }: Ramp, { step: before }: GoingBack): Promise<number> {
  const last = changes.findLast(({ step }) => step > before);
  const change = last && (await readTrusted(desk, last.id));
  return last !== undefined && change?.state.kind === 'applied' ? last.step : before;
}

/** Whether any of its steps took effect, as far as is known. Without one there is nothing to take back. */
async function wasApplied(desk: Desk, { changes }: Ramp): Promise<boolean> {
  for (const { step, id } of changes) {
    if (step === 0) continue;
    const change = await readTrusted(desk, id);
    if (change === undefined || effectOf(change).length > 0) return true;
  }
  return false;
}

/** Nothing had to be taken back. */
function endOf(desk: Desk, { kind: _, step, change: __, seen: ___, ...back }: GoingBack): RampState {
  return { kind: 'back', step, ...back, at: desk.now().toISOString() };
}

function heldOn(desk: Desk, { step, at }: GoingBack, hold: RampStateOf<'held'>['hold']): RampState {
  return { kind: 'held', step, since: at, at: desk.now().toISOString(), leftMs: 0, hold };
}

function become(desk: Desk, ramp: Ramp, state: RampState): Promise<boolean> {
  return moveRamp(desk, rampTo(ramp, state));
}

async function offerBack(desk: Desk, ramp: Ramp, state: GoingBack, plan: Plan): Promise<boolean> {
  const change = backChange(desk, ramp, state, plan);
  const next = withChange(ramp, { step: 0, id: change.id }, { ...state, change: change.id });
  const event = eventOf(change, { kind: 'accepted', by: { user: state.by }, deed: 'rollback' }, desk.now());
  const options = { lines: plan.lines.versions, ahead: true, event, ramp: next };
  const asker = { ...noHurry(desk), user: state.by, origin: ramp.origin, request: change.request };
  const accepted = await accept(desk, change, options, asker);
  if (accepted.kind !== 'accepted') return false;
  addJob(desk, change);
  desk.cards.showSoon(ramp.id);
  desk.log.info({ rampId: ramp.id, changeId: change.id, why: state.why }, 'a ramp is taken back');
  return true;
}

/** It takes back the first step, and with it all that came since. */
function backChange(desk: Desk, ramp: Ramp, state: GoingBack, plan: Plan): Change {
  const { id, origin } = ramp;
  const asker = { user: state.by, origin, request: nextRequest(ramp, 0), until: 0, answerBy: 0 };
  const { reason } = state;
  const reverts = firstApplied(plan, ramp);
  const change = toChange(desk, { asker, deed: 'rollback', mode: 'do', reason, reverts }, plan);
  return { ...change, ramp: { id, step: 0, of: ramp.steps.length } };
}

/** The oldest step that the histories of the objects have. */
function firstApplied({ edits }: Plan, { id }: Ramp): ChangeId | undefined {
  const revisions = edits.flatMap(({ open }) => open.live?.ledger.revisions ?? []);
  return revisions.findLast(({ ramp }) => ramp?.id === id && ramp.step > 0)?.id;
}
