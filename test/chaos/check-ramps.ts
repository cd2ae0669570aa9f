import { changeInHand } from '../../src/domain/ramp/next.ts';
import { movesOneOf, type Ramp, targetsAt } from '../../src/domain/ramp/ramp.ts';
import { isOver, isStanding } from '../../src/domain/ramp/ramp-state.ts';
import { clustersOf, isSequence, stepAfter, within } from '../../src/domain/ramp/sequence.ts';
import { isSameObject } from '../../src/domain/routing/object.ts';
import { rampCard } from '../../src/slack/card/ramp.ts';
import { checkPace } from './check-ramp-pace.ts';
import { checkSequence } from './check-sequence.ts';
import { said, sameWeights } from './check-weights.ts';
import type { Effect } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';
import { historyKey } from './history.ts';
import { weightsOf } from './rules-seen.ts';
import { headerOf } from './slack-recorder.ts';

/** As much of a write as is looked at. */
type Write = Pick<Effect, 'id' | 'object' | 'after' | 'nth'>;
type Seen = Pick<Evidence, 'ramps' | 'records' | 'audit' | 'messages' | 'unknownPosts' | 'history' | 'requests'>;

/** Nothing of it goes on before a person wants it. */
export function isAtRest({ state }: Pick<Ramp, 'state'>): boolean {
  return isOver(state) || (isStanding(state) && state.kind !== 'running');
}

/** Reasons to hold a ramp that no run has: nobody works for minutes, policy refuses, a gate is open for a day. */
const neverHeld = ['late', 'denied', 'not-asked-on'];

/** The clocks of several processes differ. */
const clocksMs = 2_000;

/**
 * Every step of a ramp once, in order and with its weights; none before its time was over, after a hold, or after its end; never two ramps
 * at once; and one card that says how it stands.
 */
export function checkRamps(evidence: Seen, effects: readonly Write[], report: Report): void {
  for (const ramp of evidence.ramps) {
    const own = effects
      .filter(({ id }) => evidence.records.get(id)?.ramp?.id === ramp.id)
      .toSorted((a, b) => a.nth - b.nth);
    checkEnd(ramp, report);
    checkSteps(ramp, own, evidence, report);
    checkWritten(ramp, own, evidence, report);
    checkOver(ramp, { own, all: effects }, evidence, report);
    checkPace(ramp, evidence, report);
    checkSequence(ramp, own, evidence, report);
    checkTold(ramp, evidence, report);
    checkCard(ramp, evidence, report);
  }
  checkAlone(evidence, report);
}

function checkEnd(ramp: Ramp, report: Report): void {
  const { id, state } = ramp;
  if (!isAtRest(ramp)) report.violation('I6', `${id} is ${state.kind} forever`, ramp);
  if (state.kind === 'held' && neverHeld.includes(state.hold.because))
    report.violation('I4', `${id} is held because of ${state.hold.because}, and nothing led to that`, ramp);
}

/** The number of the step that a change of a ramp made; 0 is the way back. */
function stepIn({ records }: Pick<Evidence, 'records'>, { id }: Write): number {
  return records.get(id)?.ramp?.step ?? 0;
}

/** In one cluster a step may still be on its way while another one goes back already. */
function checkSteps(ramp: Ramp, own: readonly Write[], evidence: Seen, report: Report): void {
  const isFinished = evidence.audit.some(({ rampId, deed, kind }) => {
    return rampId === ramp.id && deed === 'finish' && kind === 'ramp-resumed';
  });
  const gone = new Set<string>();
  const made: number[] = [];
  for (const effect of own) {
    const step = stepIn(evidence, effect);
    const { cluster } = effect.object;
    if (gone.has(cluster)) report.violation('I1', `${ramp.id} made step ${step} after its way back`, { ramp, own });
    if (step === 0) gone.add(cluster);
    if (step === 0 || gone.has(cluster)) continue;
    const before = made.at(-1) ?? 0;
    const isNext = step === stepAfter(ramp, before);
    const isRest = isFinished && step === ramp.steps.length && step > before;
    const again = made.filter((each, at) => each === step && made[at - 1] === step).length + 1;
    const isPutBack = step === before && again <= putBacksOf(ramp, step, evidence);
    if (!isNext && !isRest && !isPutBack)
      report.violation('I1', `${ramp.id} made step ${step} after step ${before}`, { ramp, own });
    made.push(step);
  }
}

/** How often a person had a step put back, over what somebody else had made of it. */
function putBacksOf({ id }: Ramp, step: number, { audit }: Seen): number {
  const isIt = (event: Seen['audit'][number]) =>
    event.rampId === id && event.kind === 'ramp-resumed' && event.deed === 'put-back' && event.step === step;
  return audit.filter(isIt).length;
}

function checkWritten(ramp: Ramp, own: readonly Write[], evidence: Seen, report: Report): void {
  for (const effect of own) {
    const step = stepIn(evidence, effect);
    for (const { object, rule, split } of targetsAt(ramp, step)) {
      if (!isSameObject(object, effect.object)) continue;
      const weights = effect.after && weightsOf(effect.after, rule);
      if (weights !== undefined && sameWeights(weights, split)) continue;
      const what = `step ${step} of ${ramp.id} is ${said(split)}, but it wrote ${said(weights ?? {})}`;
      report.violation('I1', what, { ramp, effect });
    }
  }
}

interface Written {
  readonly own: readonly Write[];
  readonly all: readonly Write[];
}

/**
 * A ramp that is over moves nothing. One that says that it finished made its last step. One that says that it went back did so wherever it was, or
 * somebody else had put it back by then, or another change had taken its place.
 */
function checkOver(ramp: Ramp, { own, all }: Written, evidence: Seen, report: Report): void {
  const { id, state } = ramp;
  const last = own.at(-1);
  const step = last === undefined ? 0 : stepIn(evidence, last);
  if (state.kind === 'finished' && stepAfter(ramp, step) !== undefined)
    report.violation('I3', `${id} says that it finished, but step ${step} is its last one`, { ramp, own });
  for (const cluster of clustersOf(ramp)) {
    const there = own.findLast(({ object }) => object.cluster === cluster);
    const made = there === undefined ? 0 : stepIn(evidence, there);
    if (state.kind !== 'back' || there === undefined || made === 0 || isBackAlready(ramp, cluster, evidence)) continue;
    if (isSequence(ramp) && all.some(({ object, nth }) => isSameObject(object, there.object) && nth > there.nth))
      continue;
    report.violation('I3', `${id} says that it went back, but step ${made} is its last one`, { ramp, own });
  }
  const by = state.kind === 'superseded' ? all.filter((effect) => effect.id === state.by) : [];
  const late = own.find(({ nth, object }) => by.some((each) => isSameObject(each.object, object) && nth > each.nth));
  if (late !== undefined)
    report.violation('I1', `${id} made step ${stepIn(evidence, late)} although it was superseded`, {
      ramp,
      late,
      by,
    });
}

/** Whether its rules in a cluster had the split of before the ramp when it ended. */
function isBackAlready(ramp: Ramp, cluster: string, { history }: Pick<Seen, 'history'>): boolean {
  const { before, state } = ramp;
  if (state.kind !== 'back' || (state.change !== undefined && !isSequence(ramp))) return false;
  const endedMs = Date.parse(state.at);
  return within(before, cluster).every(({ object, rule, split }) => {
    const events = history.get(historyKey(object)) ?? [];
    const then = events.filter(({ atMs }) => atMs > endedMs - clocksMs && atMs < endedMs + clocksMs);
    const last = events.findLast(({ atMs }) => atMs <= endedMs - clocksMs);
    return [last, ...then].some((each) => each !== undefined && sameWeights(weightsOf(each.object, rule) ?? {}, split));
  });
}

/** How it ended is one event. */
function checkTold({ id, state }: Ramp, { audit }: Seen, report: Report): void {
  const kind = state.kind === 'finished' ? 'ramp-finished' : state.kind === 'back' ? 'ramp-is-back' : undefined;
  const about = audit.filter(({ rampId, changeId }) => rampId === id && changeId === undefined);
  const told = about.filter((event) => event.kind === kind).length;
  if (kind !== undefined && told !== 1) report.violation('I4', `the audit tells the end of ${id} ${told} times`, about);
  const ids = about.map((event) => event.id);
  for (const again of new Set(ids.filter((each, at) => ids.indexOf(each) !== at)))
    report.violation('I1', `the audit has ${again} twice`, about);
}

function checkCard(ramp: Ramp, { records, messages, unknownPosts }: Seen, report: Report): void {
  const own = messages.filter(({ subtype, blocks }) => subtype !== 'ephemeral' && headerOf(blocks) === ramp.id);
  const change = changeInHand(ramp);
  const { text } = rampCard({ ramp, change: change && records.get(change) });
  if (own.length === 0) report.violation('I3', `${ramp.id} has no card`, ramp);
  else if (!own.some((message) => message.text === text))
    report.violation('I3', `the card of ${ramp.id} does not say what its record says`, { text, own });
  if (own.length > (unknownPosts.has(ramp.id) ? 2 : 1))
    report.violation('I3', `${ramp.id} has ${own.length} cards`, own);
}

/** A ramp of a rule begins when the one before is over. */
function checkAlone({ ramps }: Seen, report: Report): void {
  const inOrder = ramps.toSorted((a, b) => Date.parse(a.acceptedAt) - Date.parse(b.acceptedAt));
  for (const [at, ramp] of inOrder.entries()) {
    const endMs = 'at' in ramp.state && isOver(ramp.state) ? Date.parse(ramp.state.at) : Number.POSITIVE_INFINITY;
    const early = inOrder.slice(at + 1).find((later) => {
      return movesOneOf(later, ramp.before) && Date.parse(later.acceptedAt) + clocksMs < endMs;
    });
    if (early !== undefined)
      report.violation('I1', `${early.id} began although ${ramp.id} was not over`, { ramp, early });
  }
}
