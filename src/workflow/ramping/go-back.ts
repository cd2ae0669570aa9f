import { type Change, effectOf, isUnsettled, isWaiting, mainEdit, moveTo } from '../../domain/change/change.ts';
import { afterDone, afterFailure, allLeft, nextToGoBack } from '../../domain/ramp/going-back.ts';
import { goingOnBack } from '../../domain/ramp/next.ts';
import { nextRequest, type Ramp, rampTo, targetsAt, withChange } from '../../domain/ramp/ramp.ts';
import type { RampState, RampStateOf } from '../../domain/ramp/ramp-state.ts';
import { isSequence, within } from '../../domain/ramp/sequence.ts';
import { ours } from '../../domain/routing/ledger.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { accept } from '../asking/accept.ts';
import { type Plan, type Planned, planEdits } from '../asking/plan.ts';
import { addJob, toChange } from '../asking/submit.ts';
import { eventOf, moveOn } from '../audit.ts';
import type { Desk } from '../desk.ts';
import { DependencyError } from '../errors.ts';
import { aimsOf, type NotAsLeft } from './as-left.ts';
import { noHurry } from './make-step.ts';
import { moveRamp } from './move-ramp.ts';
import { readTrusted } from './read-trusted.ts';

type GoingBack = RampStateOf<'going-back'>;

/**
 * Puts the change in line that takes all of a ramp back, of several clusters for one after the other. It goes ahead of the queue. False if
 * it has to wait, or the ramp or an object moved meanwhile: look again.
 */
export async function goBack(desk: Desk, ramp: Ramp, decided: GoingBack): Promise<boolean> {
  const clusters = decided.clusters ?? allLeft(ramp);
  const busy = await busyCluster(desk, ramp, decided);
  const cluster = busy === 'all' ? undefined : nextToGoBack(clusters).find((each) => each !== busy);
  if (cluster === undefined) return false;
  const step = await lastApplied(desk, ramp, decided);
  const state = { ...decided, step, ...(isSequence(ramp) && { clusters }) };
  const isDone = () => {
    const rest = afterDone(clusters, cluster);
    return become(desk, ramp, rest === undefined ? endOf(desk, ramp, state) : goingOnBack(state, rest));
  };
  const isHeld = (hold: RampStateOf<'held'>['hold']) => {
    const { clusters: rest, isLast } = afterFailure(clusters, cluster);
    return become(desk, ramp, isLast ? heldOn(desk, state, hold) : goingOnBack(state, rest));
  };
  if (!(await wasApplied(desk, ramp, cluster))) return isDone();
  const planned = await planBack(desk, ramp, state, cluster).catch((err: unknown) => {
    if (!(err instanceof DependencyError)) throw err;
    return { kind: 'unknown', err } as const;
  });
  switch (planned.kind) {
    case 'unknown': {
      const { clusters: rest, isLast } = afterFailure(clusters, cluster);
      if (!isSequence(ramp) || (isLast && !planned.err.retryable)) throw planned.err;
      desk.log.warn({ rampId: ramp.id, cluster, err: planned.err }, 'a ramp goes back in its other clusters first');
      const isMoved = await become(desk, ramp, goingOnBack(state, rest));
      return isMoved && !isLast; // the others are tried at once, and all of them again after a moment
    }
    case 'superseded': // where a later change of ours moved it, nothing is taken back; the others still are
      if (afterDone(clusters, cluster) !== undefined) return isDone();
      return become(desk, ramp, { kind: 'superseded', at: desk.now().toISOString(), by: planned.by });
    case 'held':
      return isHeld(planned.hold);
    case 'plan':
      return offerBack(desk, ramp, state, planned.plan);
    case 'refused':
      if (planned.refusal.reason === 'already-there') return isDone();
      return isHeld({ because: 'no-plan', refusal: planned.refusal.reason });
    case 'gone':
    case 'as-it-is':
      return isHeld({ because: 'no-plan', refusal: planned.kind });
  }
}

async function planBack(desk: Desk, ramp: Ramp, { seen }: GoingBack, cluster: string): Promise<Planned | NotAsLeft> {
  const made = ramp.changes.filter(({ step }) => step > 0).map(({ step }) => targetsAt(ramp, step));
  const to = within(ramp.before, cluster);
  const { aims, stop } = aimsOf(desk, { ramp, to, from: [seen, ramp.before, ...made] });
  const planned = await planEdits(desk, aims, { aim: { kind: 'back' }, service: ramp.name.service, isAhead: true });
  return stop() ?? planned;
}

/**
 * Where a step is being applied, or may still be: that is waited for. One that is in line and not begun is taken out of it; as long as that
 * does not succeed, nothing goes back (`all`).
 */
async function busyCluster(desk: Desk, ramp: Ramp, { by }: GoingBack): Promise<string | 'all' | undefined> {
  const last = ramp.changes.findLast(({ step }) => step > 0);
  const change = last && (await readTrusted(desk, last.id));
  if (change === undefined) return undefined;
  if (change.state.kind === 'applying' || isUnsettled(change)) return mainEdit(change).object.cluster;
  return isWaiting(change) && !(await takeOut(desk, change, by)) ? 'all' : undefined;
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

/** Whether any of its steps took effect in a cluster, as far as is known. Without one there is nothing to take back. */
async function wasApplied(desk: Desk, { changes }: Ramp, cluster: string): Promise<boolean> {
  for (const { step, id } of changes) {
    if (step === 0) continue;
    const change = await readTrusted(desk, id);
    if (change === undefined) return true;
    if (mainEdit(change).object.cluster === cluster && effectOf(change).length > 0) return true;
  }
  return false;
}

/** Nothing has to be taken back any more. `change`: in a sequence, the one that was needed last. */
function endOf(desk: Desk, ramp: Ramp, state: GoingBack): RampState {
  const { kind: _, step, change: __, seen: ___, clusters: ____, ...back } = state;
  const change = isSequence(ramp) ? ramp.changes.findLast((each) => each.step === 0)?.id : undefined;
  return { kind: 'back', step, ...back, at: desk.now().toISOString(), ...(change !== undefined && { change }) };
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
  const revisions = edits.flatMap(({ open }) => ours(open.live?.ledger.revisions ?? []));
  return revisions.findLast(({ ramp }) => ramp?.id === id && ramp.step > 0)?.id;
}
