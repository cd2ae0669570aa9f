import type { AuditDeed } from '../../domain/change/audit.ts';
import { courseOf, wentBack } from '../../domain/change/way-back.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { hostsMoved, type Named } from '../../domain/policy/targets.ts';
import { isBack } from '../../domain/ramp/direction.ts';
import { objectsMoved, type Ramp, rulesMoved, stepOf, targetsAt } from '../../domain/ramp/ramp.ts';
import { isOver, isStanding } from '../../domain/ramp/ramp-state.ts';
import { isSequence } from '../../domain/ramp/sequence.ts';
import { emptyLedger } from '../../domain/routing/ledger.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import { noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate, requestId } from '../desk.ts';
import { DependencyError } from '../errors.ts';
import { approversOf } from '../judging/approvers.ts';
import { judgeLive, namedBy } from '../judging/judge-live.ts';
import type { Deciding, RampDecision, RampGesture } from './decision.ts';
import { doneBefore } from './done-before.ts';
import { doGesture, seenInstead } from './gestures.ts';
import { standingShown } from './standing-shown.ts';

const mostTries = 8;

/** Does what a person wants of a ramp, and tells the audit if the answer is no. A gesture that is delivered again does nothing more. */
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
  const { gesture, seen } = deciding;
  const request = requestId(asker.request);
  const known = (await desk.ramps.decidedAs(request)) ?? (await rampOfChange(desk, request));
  const id = known ?? deciding.id;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const ramp = await desk.ramps.read(id);
    if (ramp === undefined) return { kind: 'unknown-ramp', id };
    if (known !== undefined) return { kind: 'done', gesture, ramp };
    if (isOver(ramp.state)) return { kind: 'not-now', gesture, ramp, done: await doneBefore(desk, ramp, deciding) };
    if (seen !== undefined && seen !== standingShown(ramp))
      return { kind: 'moved-on', gesture, ramp, done: await doneBefore(desk, ramp, deciding) };
    const denial = await mayNot(desk, ramp, gesture, asker);
    if (denial !== undefined) return { kind: 'denied', ramp, denial };
    refuseIfLate(desk, asker);
    const answer = await doGesture(desk, ramp, deciding, asker);
    if (answer !== undefined) return answer;
  }
  throw new Error(`ramp ${id} moved during each of ${mostTries} tries`);
}

/** The ramp whose step this request made. */
async function rampOfChange({ changes }: Pick<Desk, 'changes'>, request: ReturnType<typeof requestId>) {
  const id = await changes.acceptedAs(request);
  const change = id && (await changes.read(id));
  return change?.ramp?.id;
}

/** Whoever may shift or roll back may pause and abort. A gate is for those who may approve, if the rule has approvals. */
async function mayNot(desk: Desk, ramp: Ramp, gesture: RampGesture, asker: Asker): Promise<Denial | undefined> {
  if (gesture === 'abort' && (await bringsBack(desk, ramp))) {
    const denial = await deniedAs(desk, ramp, 'shift', asker);
    return denial && { ...denial, isForward: true };
  }
  if (gesture === 'pause' || gesture === 'abort') {
    const denial = unlessHold(await deniedAs(desk, ramp, 'rollback', asker));
    return denial && unlessHold(await deniedAs(desk, ramp, 'shift', asker));
  }
  if (opensGate(ramp, gesture) && (await approversOf(desk, ramp.before)).length > 0)
    return deniedAs(desk, ramp, 'approve', asker);
  const denial = await deniedAs(desk, ramp, 'shift', asker);
  return gesture === 'put-back' && putsBackOnly(ramp) ? unlessHold(denial) : denial;
}

/** Whether the ramp itself goes back on the way that an object came. Its own way back then counts as a shift. */
async function bringsBack(desk: Pick<Desk, 'mesh'>, ramp: Ramp): Promise<boolean> {
  for (const { object, rule, split } of ramp.before) {
    const live = await liveUnlessAway(desk, ramp, object);
    const { revisions } = live?.ledger ?? emptyLedger;
    const first = revisions.findLast((each) => each.ramp?.id === ramp.id);
    if (live === undefined || first === undefined || !wentBack(revisions, { id: first.id, rule })) continue;
    const move = { rule, from: findRule(live, rule)?.split ?? {}, to: split };
    if (courseOf(revisions, { kind: 'weights', moves: [move] }, first.id) === 'forward') return true;
  }
  return false;
}

/** In a sequence a cluster that does not answer must not keep anybody from stopping it. */
async function liveUnlessAway(
  { mesh }: Pick<Desk, 'mesh'>,
  ramp: Ramp,
  object: ObjectRef,
): Promise<LiveObject | undefined> {
  try {
    return (await mesh.open(object)).live;
  } catch (err) {
    if (!(err instanceof DependencyError) || !isSequence(ramp)) throw err;
    return undefined;
  }
}

/** No lock and no freeze stops what only stands still or goes back. They are asked about after the person's rights. */
function unlessHold(denial: Denial | undefined): Denial | undefined {
  return denial?.reason === 'locked' || denial?.reason === 'frozen' ? undefined : denial;
}

/** Whether every share goes towards what it was before the ramp. */
function putsBackOnly(ramp: Ramp): boolean {
  const { state } = ramp;
  if (!isStanding(state)) return false;
  const left = targetsAt(ramp, state.step);
  return isBack(ramp.before, seenInstead(left, state), left);
}

/** Whether the gesture lets the ramp past a step that asks. */
function opensGate({ state, steps }: Ramp, gesture: RampGesture): boolean {
  if (!isStanding(state)) return false;
  const asks = (number: number) => stepOf({ steps }, number)?.stay.kind === 'ask';
  if (gesture === 'finish') return steps.some((_, at) => at + 1 >= state.step && asks(at + 1));
  const makesStep =
    gesture === 'next' || (gesture === 'resume' && state.kind === 'held' && state.hold.because === 'moved');
  return makesStep && asks(state.step);
}

async function deniedAs(
  desk: Desk,
  ramp: Ramp,
  deed: 'shift' | 'rollback' | 'approve',
  asker: Asker,
): Promise<Denial | undefined> {
  for (const object of objectsMoved(ramp)) {
    const route = await movedIn(desk, ramp, object);
    if (route === undefined) continue; // nothing is written to what is gone
    const { verdict } = await judgeLive(desk, asker, { deed, route, requester: ramp.by });
    if (verdict.kind === 'refused') return verdict.denial;
  }
  return undefined;
}

/** In a sequence a cluster that does not answer must not keep anybody from stopping it: then what was seen there last is judged. */
async function movedIn({ mesh }: Pick<Desk, 'mesh'>, ramp: Ramp, object: ObjectRef): Promise<Named | undefined> {
  const rules = rulesMoved(ramp, object);
  try {
    const { live } = await mesh.open(object);
    return live && namedBy(live, rules);
  } catch (err) {
    if (!(err instanceof DependencyError) || !isSequence(ramp)) throw err;
    const moved = rules.map((rule) => ({ rule }));
    return { object, ...hostsMoved(moved, await mesh.glance(object)) };
  }
}
