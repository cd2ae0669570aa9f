import type { AuditEvent } from '../../src/domain/change/audit.ts';
import type { Change } from '../../src/domain/change/change.ts';
import { changeInHand } from '../../src/domain/ramp/next.ts';
import { type Ramp, stepOf, targetsAt } from '../../src/domain/ramp/ramp.ts';
import { isOver, isStanding, liveStep } from '../../src/domain/ramp/ramp-state.ts';
import { clustersOf } from '../../src/domain/ramp/sequence.ts';
import type { RampTarget } from '../../src/domain/ramp/targets.ts';
import { isSameObject } from '../../src/domain/routing/object.ts';
import { type Split, sameShares } from '../../src/domain/routing/split.ts';
import { rampCard } from '../../src/slack/card/ramp.ts';
import { said, sameWeights } from '../chaos/check-weights.ts';
import type { Violation } from '../chaos/findings.ts';
import { historyKey } from '../chaos/history.ts';
import { weightsOf } from '../chaos/rules-seen.ts';
import { headerOf } from '../chaos/slack-recorder.ts';
import type { Left } from './judge.ts';
import type { Scenario } from './scenarios.ts';

/** What a ramp comes to where nobody but the bot writes: it never stops by itself. */
const rightEnds: NonNullable<Scenario['ends']> = ['finished', 'asking', 'back'];

/** No case takes so long. */
const soonMs = 60_000;
/** Between the moment that a person's gesture counts from and that of its event. */
const clocksMs = 500;

/** Nothing of it moves by itself soon. What the stage lets guards look at is still once they have said something. */
export function isStill({ state, guards, acceptedAt }: Ramp): boolean {
  if (state.kind !== 'running') return isOver(state) || isStanding(state) || state.kind === 'awaiting';
  if (guards !== undefined) return Date.parse(state.since) > Date.parse(acceptedAt);
  return Date.parse(state.dueAt) > Date.now() + soonMs;
}

/** What the judge of ramps looks at. */
export type RampsLeft = Pick<Left, 'ramps' | 'records' | 'events' | 'history' | 'messages' | 'strike'>;

/** Every step once, in order, none after the way back; the rules have what the record says; one card that says it. */
export function checkRamps(
  left: RampsLeft,
  {
    ends = rightEnds,
    lastStep = Number.POSITIVE_INFINITY,
    leapsTo,
  }: Pick<Scenario, 'ends' | 'lastStep' | 'leapsTo'> = {},
): readonly Violation[] {
  return left.ramps.flatMap((ramp) => [
    ...checkEnd(ramp, ends),
    ...checkSteps(ramp, left, { lastStep, leapsTo }),
    ...checkTime(ramp, left),
    ...checkLive(ramp, left),
    ...checkCard(ramp, left),
  ]);
}

function checkEnd(ramp: Ramp, ends: NonNullable<Scenario['ends']>): readonly Violation[] {
  const { id, state } = ramp;
  if (!isStill(ramp)) return [{ invariant: 'I6', what: `${id} is ${state.kind} for ever`, evidence: ramp }];
  return ends.includes(state.kind)
    ? []
    : [{ invariant: 'I4', what: `${id} is ${state.kind}, and nothing led to that`, evidence: ramp }];
}

function checkSteps(
  ramp: Ramp,
  { records }: RampsLeft,
  { lastStep, leapsTo }: { readonly lastStep: number; readonly leapsTo: number | undefined },
): readonly Violation[] {
  const made = ramp.changes
    .filter(({ id }) => records.get(id)?.state.kind === 'applied')
    .filter((each, at, all) => !isPutBack(ramp, each, all[at - 1], records.get(each.id)))
    .map(({ step }) => step);
  const steps = made.filter((step) => step > 0);
  const isInOrder = steps.every((step, at) => step === at + 1 || (step === leapsTo && at === steps.length - 1));
  const waysBack = made.length - steps.length; // each cluster goes back by a change of its own
  const isBackLast = made.slice(0, steps.length).every((step) => step > 0) && waysBack <= clustersOf(ramp).length;
  if (isInOrder && isBackLast && steps.length <= lastStep) return [];
  return [{ invariant: 'I1', what: `${ramp.id} made the steps ${made.join(', ')}`, evidence: { ramp, records } }];
}

/** The step before once more, over what somebody else made of it: neither what it left nor what it came from. */
function isPutBack(
  ramp: Ramp,
  { step }: Ramp['changes'][number],
  before: Ramp['changes'][number] | undefined,
  change: Change | undefined,
): boolean {
  if (step === 0 || before?.step !== step || change === undefined) return false;
  const own = [...targetsAt(ramp, step - 1), ...targetsAt(ramp, step)];
  return change.edits.every(({ moves }) =>
    moves.every(({ rule, from }) => !own.some((each) => each.rule === rule && sameShares(each.split, from))),
  );
}

/** A step lasts as long as was planned and as it was paused. */
function checkTime(ramp: Ramp, { events }: RampsLeft): readonly Violation[] {
  const { id, state } = ramp;
  const stay = state.kind === 'running' ? stepOf(ramp, state.step)?.stay : undefined;
  if (state.kind !== 'running' || stay?.kind !== 'for') return [];
  const at = (kind: AuditEvent['kind'], deed: AuditEvent['deed']) =>
    events
      .filter((event) => event.rampId === id && event.kind === kind && event.deed === deed)
      .map((event) => Date.parse(event.at));
  const resumed = at('ramp-resumed', 'resume');
  const pausedMs = at('ramp-paused', 'pause').reduce((sum, ms, nth) => sum + (resumed[nth] ?? ms) - ms, 0);
  const lastsMs = Date.parse(state.dueAt) - Date.parse(state.since);
  if (Math.abs(lastsMs - stay.ms - pausedMs) <= clocksMs) return [];
  const what = `${id} watches a step for ${lastsMs} ms that lasts ${stay.ms} ms and was paused for ${pausedMs} ms`;
  return [{ invariant: 'I1', what, evidence: { ramp, events } }];
}

function checkLive(ramp: Ramp, { history }: RampsLeft): readonly Violation[] {
  const { state, steps } = ramp;
  const step = state.kind === 'finished' ? steps.length : state.kind === 'back' ? 0 : liveStep(state);
  return targetsAt(ramp, step).flatMap(({ object, rule, split: own }) => {
    const split = foundIn(ramp, { object, rule }) ?? own;
    const live = history.get(historyKey(object))?.at(-1)?.object;
    const weights = (live && weightsOf(live, rule)) ?? {};
    if (sameWeights(weights, split)) return [];
    const what = `${ramp.id} is ${state.kind} at ${said(split)}, but ${said(weights)} is live`;
    return [{ invariant: 'I3', what, evidence: { ramp, live } } as const];
  });
}

/** What a ramp that is held for it says that somebody else made of a rule. */
function foundIn({ state }: Ramp, { object, rule }: Pick<RampTarget, 'object' | 'rule'>): Split | undefined {
  if (state.kind !== 'held' || state.hold.because !== 'moved') return undefined;
  const { away } = state.hold;
  return isSameObject(away.object, object) && away.rule === rule ? away.live : undefined;
}

function checkCard(ramp: Ramp, { records, messages, strike }: RampsLeft): readonly Violation[] {
  const own = messages.filter(({ blocks }) => headerOf(blocks) === ramp.id);
  const id = changeInHand(ramp);
  const { text } = rampCard({ ramp, change: id && records.get(id) });
  const isRight = own.some((message) => message.text === text);
  if (own.length === 0) return [{ invariant: 'I3', what: `${ramp.id} has no card`, evidence: ramp }];
  if (!isRight)
    return [
      {
        invariant: 'I3',
        what: `the card of ${ramp.id} does not say what its record says`,
        evidence: { ramp, text, own },
      },
    ];
  return own.length === 1 || strike?.fault === 'twice'
    ? []
    : [{ invariant: 'I3', what: `${ramp.id} has ${own.length} cards`, evidence: own }];
}
