import { createHash } from 'node:crypto';
import type { Change } from '../../domain/change/change.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import { risesIn } from '../../domain/policy/pace.ts';
import { growthOfFirst, movesOfFirst } from '../../domain/policy/ramp-growth.ts';
import { askOfRamp } from '../../domain/policy/ramps/ask-of-ramp.ts';
import { newGuards } from '../../domain/ramp/guards.ts';
import { movesOneOf, type Ramp, rulesMoved, selectsOfRamp } from '../../domain/ramp/ramp.ts';
import { isUnwatched } from '../../domain/ramp/sequence.ts';
import { mostInAllClusters, type RampSteps } from '../../domain/ramp/steps.ts';
import { rampIdFrom, type ServiceName } from '../../domain/routing/names.ts';
import { type AcceptedAnswer, answerOnce, type Mode } from '../asking/answer-once.ts';
import { cardPlace } from '../asking/card-place.ts';
import { stateOf } from '../asking/submit.ts';
import { noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate, requestId } from '../desk.ts';
import { cannotBeFixed, foresightOf, guardRuleFor, tooShort } from '../guarding/watch-plan.ts';
import {
  denialIn,
  foreseenFor,
  historyBefore,
  judgeAll,
  judgeWhenOpen,
  namedBy,
  type Wanted,
} from '../judging/judge-live.ts';
import { awaitApproval, beginLater } from './await-approval.ts';
import { makeStep } from './make-step.ts';
import { namesTyped } from './names-typed.ts';
import { planSequence } from './plan-sequence.ts';
import type { AskedRamp, RampAnswer, RampPlan } from './ramp-answer.ts';

/** `/shift reviews v3 10,25,50,100 every 5m`: plans all steps, and stores the ramp with its first change. */
export async function requestRamp(
  desk: Desk,
  asked: AskedRamp,
  asker: Asker,
  mode: Mode = asked.options.dryRun ? 'dry-run' : 'do',
): Promise<RampAnswer> {
  const names = await namesTyped(desk, asked.service);
  const [name] = names;
  const askedAs = requestId(asker.request);
  const answer = await answerOnce<RampAnswer>(desk, { asker, askedAs, mode }, async () => {
    const known = await desk.ramps.read(rampIdOf(asker.request));
    if (known !== undefined) return { kind: 'ramp', ramp: known, again: true };
    return plan(desk, { asked, asker, names, mode });
  });
  const told = answer.kind === 'accepted' ? await rampOfChange(desk, answer) : answer;
  if (mode === 'do') tellAudit(desk, asker, name, told);
  return told;
}

export function rampIdOf(request: string): Ramp['id'] {
  return rampIdFrom(createHash('sha256').update(`ramp ${request}`).digest());
}

async function rampOfChange(desk: Desk, { change }: AcceptedAnswer): Promise<RampAnswer> {
  const ramp = change.ramp && (await desk.ramps.read(change.ramp.id));
  return ramp === undefined ? { kind: 'refused-before' } : { kind: 'ramp', ramp, again: true };
}

interface Starting {
  readonly asked: AskedRamp;
  readonly asker: Asker;
  /** The service in each cluster. */
  readonly names: readonly [ServiceName, ...ServiceName[]];
  readonly mode: Mode;
}

async function plan(desk: Desk, starting: Starting): Promise<RampAnswer | 'moved'> {
  const { asked, asker, names, mode } = starting;
  const [typedName] = names;
  const typedSteps = stepsOf(desk, asked);
  if ('kind' in typedSteps) return typedSteps;
  const whole = await planSequence(desk, { asked, steps: typedSteps.steps, names });
  if (whole.kind !== 'planned') return whole;
  const { plan: planned, lives, warnings } = whole;
  const name = { ...typedName, cluster: lives[0].object.cluster }; // those that have it already are left out

  const count = planned.steps.length;
  if (count > mostInAllClusters) return { kind: 'too-many-steps', name, steps: count, most: mostInAllClusters };

  const typed = 'named' in asked.steps ? asked.steps.named : undefined;
  const touched = lives.map((live) => namedBy(live, rulesMoved(planned, live.object)));
  const watched = isUnwatched(planned) ? undefined : guardRuleFor(desk, asked, touched);
  const foresight = watched && (await foresightOf(desk, lives[0], planned, watched));
  const guards =
    watched &&
    newGuards(watched, count, {
      slowerThanMs: foresight?.slowerThanMs,
      sticky: foresight?.inTheWay?.sticky,
    });
  const short = foresight && tooShort(planned.steps, foresight);
  if (short !== undefined) return { kind: 'too-short', name, ...short };
  if (cannotBeFixed(watched, foresight) && mode === 'do') return { kind: 'unmeasured', name };
  const noGuard = asked.options.noGuard === true && { noGuard: true as const };
  const wanted = lives.map((live, at): Wanted => {
    const { object } = live;
    const history = historyBefore(live, live, whole.inLine, desk.now());
    return {
      ...{ deed: 'shift', route: touched[at] ?? namedBy(live) },
      growth: growthOfFirst(planned, object),
      rises: risesIn(history, movesOfFirst(planned, object)),
      ramp: askOfRamp({ ...planned, ...noGuard }, object),
    };
  });
  const [first, ...more] = wanted;
  if (first === undefined) throw new Error('a ramp moves at least one object');
  const judgeAt = (judging: Desk) => judgeAll(judging, asker, [first, ...more]);
  const { judged: judgement, opens } = await judgeWhenOpen(desk, judgeAt, denialIn);
  const foreseen = (await Promise.all([first, ...more].map((each) => foreseenFor(desk, asker, each)))).flat();
  const ramp = {
    ...{ name, named: typed, ...planned, guards, lives, warnings, waiting: whole.waiting },
    ...{ foresight, foreseen, opens },
  };
  if (mode !== 'do') return { kind: 'ramp-preview', plan: ramp, judgement };
  const origin = await cardPlace(desk, asker, true);
  if (origin === undefined) return { kind: 'unseen', name, channel: asker.origin.channel };
  if (judgement.verdict.kind === 'refused') return { kind: 'denied', name, denial: judgement.verdict.denial };
  const other = (await desk.ramps.open()).find((each) => movesOneOf(each, planned.before));
  if (other !== undefined) return { kind: 'ramp-taken', name, other };
  return begin(
    desk,
    { ...starting, asker: { ...asker, origin } },
    ramp,
    stateOf(judgement.verdict, desk.now()).kind === 'awaiting' ? judgement : undefined,
  );
}

/** The steps that were typed, or those to which the policy file gives that name. */
function stepsOf(
  { policies }: Pick<Desk, 'policies'>,
  { steps }: AskedRamp,
): { readonly steps: RampSteps } | RampAnswer {
  if (!('named' in steps)) return { steps };
  const { ramps } = policies.current();
  const known = ramps.get(steps.named);
  return known === undefined
    ? { kind: 'no-such-ramp', named: steps.named, known: [...ramps.keys()] }
    : { steps: known.steps };
}

/** Waits for approval, or stores the ramp with its first step. */
async function begin(
  desk: Desk,
  { asked, asker }: Starting,
  plan: RampPlan,
  judgement: Judgement | undefined,
): Promise<RampAnswer | 'moved'> {
  refuseIfLate(desk, asker);
  const { name } = plan;
  const askedAs = requestId(asker.request);
  const ramp = newRamp(desk, asked, asker, plan);
  if (judgement?.verdict.kind === 'needs-approval')
    return withForeseen(await awaitApproval(desk, asker, { ...bound(ramp, plan), rev: 0 }, judgement, askedAs), plan);
  const later = async (until: Date) =>
    withForeseen(await beginLater(desk, asker, { ...ramp, rev: 0 }, until, askedAs), plan);
  if (plan.opens !== undefined) return later(plan.opens);
  const made = await makeStep(desk, { ramp, step: 1, from: plan.before, asker, askedAs });
  switch (made.kind) {
    case 'made':
      return withForeseen({ kind: 'ramp', ramp: made.ramp, again: false }, plan);
    case 'held':
      return { kind: 'ramp-stopped', name, hold: made.hold };
    case 'known':
      return knownAnswer(desk, made.change);
    case 'waits': // judged just now: the hours ended in between, or something else moved the rule
      return made.waitsFor === 'hours' ? later(made.until) : 'moved';
    case 'superseded':
    case 'moved':
    case 'unknown':
      return 'moved';
  }
}

async function knownAnswer(desk: Desk, change: Change | undefined): Promise<RampAnswer> {
  return change === undefined
    ? { kind: 'refused-before' }
    : rampOfChange(desk, { kind: 'accepted', change, behind: 0, again: true });
}

function withForeseen(answer: RampAnswer, { foreseen, foresight }: RampPlan): RampAnswer {
  return answer.kind === 'ramp' && !answer.again ? { ...answer, foreseen, foresight } : answer;
}

/** People approve the pods that its versions select now. */
function bound(ramp: Ramp, { lives }: RampPlan): Ramp {
  const selects = selectsOfRamp(ramp, lives);
  return selects.length === 0 ? ramp : { ...ramp, selects };
}

/** Not stored yet: its first transition gives it rev 0. */
function newRamp(desk: Desk, asked: AskedRamp, asker: Asker, plan: RampPlan): Ramp {
  const { user, team, origin, request } = asker;
  const { name, version, named, before, steps, guards } = plan;
  const at = desk.now().toISOString();
  return {
    id: rampIdOf(request),
    ...{ request, name, version, named, by: user, team, reason: asked.options.reason, origin },
    ...{ before, steps, changes: [], acceptedAt: at },
    ...(guards !== undefined && { guards }),
    ...(asked.options.noGuard === true && { noGuard: true }),
    state: { kind: 'finished', at }, // replaced before it is stored
    rev: -1,
  };
}

function tellAudit(desk: Desk, asker: Asker, name: ServiceName, answer: RampAnswer): void {
  const asked = { deed: 'shift', service: name } as const;
  const because = becauseOf(answer);
  if (answer.kind === 'denied') noteDenied(desk, asker, answer.denial, asked);
  else if (because !== undefined) noteRefused(desk, asker, { ...asked, because });
}

/** Why it was refused; undefined if it was not. */
function becauseOf(answer: RampAnswer): string | undefined {
  switch (answer.kind) {
    case 'ramp-refused':
      return answer.refusal.reason;
    case 'ramp-stopped':
      return answer.hold.because;
    case 'not-found':
      return answer.found.kind;
    case 'no-such-ramp':
    case 'ramp-taken':
    case 'too-many-steps':
    case 'too-short':
    case 'unmeasured':
    case 'unseen':
      return answer.kind;
    case 'denied':
    case 'ramp':
    case 'ramp-preview':
    case 'refused-before':
      return undefined;
  }
}
