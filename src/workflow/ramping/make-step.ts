import type { Change } from '../../domain/change/change.ts';
import { isRelabelled } from '../../domain/change/selects.ts';
import type { Denial, MovingDeed } from '../../domain/policy/judge.ts';
import { askFrom } from '../../domain/policy/ramps/ask-of-ramp.ts';
import { isBack } from '../../domain/ramp/direction.ts';
import { nextRequest, type Ramp, selectsOfRamp, withChange } from '../../domain/ramp/ramp.ts';
import { isStanding, liveStep, type RampHold, type RampStateOf } from '../../domain/ramp/ramp-state.ts';
import { clusterAt, lastBeside, madeAt, within } from '../../domain/ramp/sequence.ts';
import type { RampTargets } from '../../domain/ramp/targets.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import { accept } from '../asking/accept.ts';
import { historiesPlanned, hostsPlanned, type Plan, planEdits, unlessInsisted } from '../asking/plan.ts';
import { addJob, toChange } from '../asking/submit.ts';
import { eventOf, type Happened, tellLog } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeChange } from '../judging/judge-change.ts';
import { wantedOf } from '../judging/judge-live.ts';
import { byDenial } from '../judging/void.ts';
import { aimsOf, type NotAsLeft } from './as-left.ts';
import { rampEvent } from './ramp-event.ts';

/** What came of making a step. */
export type Made =
  | { readonly kind: 'made'; readonly ramp: Ramp }
  /** It stops, and a person decides; or a change of ours moved the rule. */
  | NotAsLeft
  /** Steps up are made in certain hours only, which begin then; or a version may not get so much in so short a time. */
  | { readonly kind: 'waits'; readonly until: Date; readonly waitsFor: 'hours' | 'pace' }
  /** The ramp, a line or an object moved meanwhile: look again. */
  | { readonly kind: 'moved' }
  /** The request that starts the ramp was answered before, as this change or with no. */
  | { readonly kind: 'known'; readonly change: Change | undefined }
  /** Chat does not tell who somebody is, so nothing is decided now. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What to make, and from what. */
export interface Making {
  /** At rev -1 if it is not stored yet: its first change stores it. */
  readonly ramp: Ramp;
  readonly step: number;
  readonly from: RampTargets;
  readonly asker: Pick<Asker, 'until' | 'answerBy' | 'sending'>;
  /** The request of the person who starts the ramp. */
  readonly askedAs?: ChangeId | undefined;
  /** What a person does to the ramp by that. */
  readonly happened?: Happened | undefined;
}

/** Plans a step from what is live, asks policy, and stores its change together with the ramp's move. */
export async function makeStep(desk: Desk, making: Making): Promise<Made> {
  const planned = await planStep(desk, making);
  if (planned.kind !== 'plan') return planned;
  const isDown = isDownwards(making);
  return offerStep(desk, making, planned.plan, isDown ? 'rollback' : 'shift');
}

/** The plan of a step, from what is live and in line; or why the ramp cannot go on from there. */
export async function planStep(
  desk: Desk,
  { ramp, step, from }: Pick<Making, 'ramp' | 'step' | 'from'>,
): Promise<{ readonly kind: 'plan'; readonly plan: Plan } | NotAsLeft> {
  const to = madeAt(ramp, step);
  const { aims, stop } = aimsOf(desk, { ramp, to, from: [from] });
  const planning = {
    aim: { kind: 'split', focus: ramp.version },
    service: ramp.name.service,
    isAhead: false,
  } as const;
  const planned = await planEdits(desk, aims, planning);
  const stopped = stop();
  if (stopped !== undefined) return stopped;
  switch (planned.kind) {
    case 'gone':
    case 'as-it-is':
      return held({ because: 'no-plan', refusal: planned.kind });
    case 'refused':
      return held({ because: 'no-plan', refusal: planned.refusal.reason });
    case 'plan': {
      // more requests for a version that none reach would show nothing, up to 100 %
      const isUp = !isDownwards({ ramp, step, from });
      const dead = isUp ? unlessInsisted(ramp.name, to[0].object, planned.plan.warnings) : undefined;
      if (dead !== undefined) return held({ because: 'no-plan', refusal: dead.reason });
      return isUp && isOtherPods(ramp, planned.plan) ? held({ because: 'no-plan', refusal: relabelled }) : planned;
    }
  }
}

/** Whether a step only goes back towards what was before the ramp, where it is made. */
function isDownwards({ ramp, step, from }: Pick<Making, 'ramp' | 'step' | 'from'>): boolean {
  const there = (targets: RampTargets) => within(targets, clusterAt(ramp, step));
  return isBack(there(ramp.before), there(from), madeAt(ramp, step));
}

/** The reason why a ramp is held whose approvals were for other pods. */
export const relabelled = 'relabelled';

function isOtherPods(ramp: Ramp, { edits }: Plan): boolean {
  return isRelabelled(
    ramp.selects,
    selectsOfRamp(
      ramp,
      edits.flatMap(({ open }) => open.live ?? []),
    ),
  );
}

function held(hold: RampHold): NotAsLeft {
  return { kind: 'held', hold };
}

/** Policy is asked again at each step. The approvals of the ramp are for all of its steps. */
async function offerStep(desk: Desk, making: Making, plan: Plan, deed: MovingDeed): Promise<Made> {
  const change = stepChange(desk, making, plan, deed);
  if (deed === 'rollback') return store(desk, making, change, plan); // back needs nobody
  const asked = (object: ObjectRef) => askFrom(making.ramp, object, making.step, desk.now());
  const historyOf = historiesPlanned(desk, plan, false);
  const now = await judgeChange(desk, change, wantedOf(change, hostsPlanned(plan), deed, { asked, historyOf }));
  switch (now.kind) {
    case 'unknown':
      return now;
    case 'denied':
      return waitsFor(now.denial) ?? held({ because: 'denied', ...heldBy(byDenial(now.denial)) });
    case 'lacks':
      return held({ because: 'denied', rule: now.needs.rule });
    case 'may':
      return store(desk, making, change, plan);
  }
}

function waitsFor(denial: Denial): Extract<Made, { kind: 'waits' }> | undefined {
  if (denial.reason === 'outside-hours') return { kind: 'waits', until: denial.opens, waitsFor: 'hours' };
  if (denial.reason !== 'step-too-large' || denial.soon === undefined) return undefined;
  return { kind: 'waits', until: denial.soon.from, waitsFor: 'pace' };
}

function heldBy({
  because: _,
  ...why
}: ReturnType<typeof byDenial>): Omit<Extract<RampHold, { because: 'denied' }>, 'because'> {
  return why;
}

function stepChange(desk: Desk, { ramp, step }: Making, plan: Plan, deed: MovingDeed): Change {
  const { by, team, reason, origin, approvals } = ramp;
  const request = nextRequest(ramp, step);
  const asker = { user: by, team, origin, request, until: 0, answerBy: 0 };
  const change = toChange(desk, { asker, deed, mode: 'do', reason }, plan);
  return { ...change, approvals, ramp: { id: ramp.id, step, of: lastBeside(ramp, step) } };
}

async function store(desk: Desk, making: Making, change: Change, plan: Plan): Promise<Made> {
  const { ramp, step, asker, askedAs, happened } = making;
  const next = withChange(ramp, { step, id: change.id }, stepping(desk, making, change));
  const event = eventOf(
    change,
    { kind: 'accepted', by: { user: ramp.by, team: ramp.team }, deed: change.deed },
    desk.now(),
  );
  const rampTold = happened && rampEvent(next, happened, desk.now());
  const options = { lines: plan.lines.versions, ahead: false, event, ramp: next, rampEvent: rampTold, askedAs };
  const { user, origin } = { user: ramp.by, origin: ramp.origin };
  const request = { ...asker, user, origin, request: change.request };
  refuseIfLate(desk, request); // planning and policy may have taken longer than a person is answered in
  const accepted = await accept(desk, change, options, request);
  switch (accepted.kind) {
    case 'accepted':
      addJob(desk, change);
      desk.cards.showSoon(ramp.id);
      if (rampTold !== undefined) tellLog(desk.log, rampTold);
      desk.log.info({ rampId: ramp.id, changeId: change.id, step }, 'a step of a ramp is in line');
      return { kind: 'made', ramp: next };
    case 'known':
      return { kind: 'known', change: accepted.change };
    case 'refused-before':
      return { kind: 'known', change: undefined };
    case 'moved':
    case 'too-many': // no step is too many: a rule has one ramp
    case 'ramp-moved':
      return { kind: 'moved' };
  }
}

function stepping(desk: Desk, { ramp: { state }, step, from }: Making, { id }: Change): RampStateOf<'stepping'> {
  const isOn = isStanding(state) || state.kind === 'stepping';
  const pausedBy = state.kind === 'stepping' ? state.pausedBy : undefined;
  return {
    ...{ kind: 'stepping', step, change: id, from },
    live: isOn ? liveStep(state) : 0,
    since: isOn ? state.since : desk.now().toISOString(),
    ...(pausedBy !== undefined && { pausedBy }),
  };
}

/** Automatic work is not told to anybody in time: it only must not wait for ever. */
export function noHurry({ now }: Pick<Desk, 'now'>): Making['asker'] {
  const until = now().getTime() + 10_000;
  return { until, answerBy: until };
}
