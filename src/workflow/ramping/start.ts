import { createHash } from 'node:crypto';
import type { Change } from '../../domain/change/change.ts';
import { startBehind } from '../../domain/change/plan-weights.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import { growthOfRamp } from '../../domain/policy/ramp-growth.ts';
import { askOfRamp } from '../../domain/policy/ramps/ask-of-ramp.ts';
import { newGuards } from '../../domain/ramp/guards.ts';
import { planRamp } from '../../domain/ramp/plan-ramp.ts';
import { movesOneOf, type Ramp, selectsOfRamp } from '../../domain/ramp/ramp.ts';
import type { RampSteps } from '../../domain/ramp/steps.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import { rampIdFrom, type ServiceName } from '../../domain/routing/names.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { type AcceptedAnswer, answerOnce, type Mode } from '../asking/answer-once.ts';
import { unlessInsisted, warnOfReach, withoutPods } from '../asking/plan.ts';
import { warnOfPods } from '../asking/pods.ts';
import { stateOf } from '../asking/submit.ts';
import { noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, nameOf, openService, refuseIfLate, requestId } from '../desk.ts';
import { cannotBeFixed, foresightOf, guardRuleFor, tooShort } from '../guarding/watch-plan.ts';
import { denialIn, foreseenFor, judgeLive, judgeWhenOpen, mayOverrideOwner, namedBy } from '../judging/judge-live.ts';
import { awaitApproval, beginLater } from './await-approval.ts';
import { makeStep } from './make-step.ts';
import type { AskedRamp, RampAnswer, RampPlan } from './ramp-answer.ts';

/** `/shift reviews v3 10,25,50,100 every 5m`: plans all steps, and stores the ramp with its first change. */
export async function requestRamp(
  desk: Desk,
  asked: AskedRamp,
  asker: Asker,
  mode: Mode = asked.options.dryRun ? 'dry-run' : 'do',
): Promise<RampAnswer> {
  const name = await nameOf(desk, asked.service);
  const askedAs = requestId(asker.request);
  const answer = await answerOnce<RampAnswer>(desk, { asker, askedAs, mode }, async () => {
    const known = await desk.ramps.read(rampIdOf(asker.request));
    if (known !== undefined) return { kind: 'ramp', ramp: known, again: true };
    return plan(desk, { asked, asker, name, mode });
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
  readonly name: ServiceName;
  readonly mode: Mode;
}

async function plan(desk: Desk, starting: Starting): Promise<RampAnswer | 'moved'> {
  const { asked, asker, name, mode } = starting;
  const typedSteps = stepsOf(desk, asked);
  if ('kind' in typedSteps) return typedSteps;
  const found = await openService(desk, name);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };
  const { live } = found;
  const rule = keyOfNamed(live, asked.options.rule);
  const { waiting } = await desk.changes.lines([live.object]);
  const start = startBehind(live, waiting, rule ?? defaultRule);
  const wish = { version: asked.version, steps: typedSteps.steps, rule };
  const named = namedBy(live, [rule ?? defaultRule]);
  const steps = planRamp(live, wish, { start, mayOverrideOwner: mayOverrideOwner(desk, named) });
  if (steps.kind === 'refused') return { ...steps, kind: 'ramp-refused', name };
  const last = steps.steps.at(-1) ?? steps.steps[0];
  const ends = steps.before.map(({ rule: key, split }, at) => ({
    rule: key,
    from: split,
    to: last.to[at]?.split ?? split,
  }));
  const warnings = [
    ...steps.warnings,
    ...(await warnOfReach(desk, live, steps.before)),
    ...(await warnOfPods(desk, live, ends)),
  ];
  const refusal =
    unlessInsisted(name, live.object, warnings) ??
    withoutPods(desk, { named, warnings, anyway: asked.options.anyway === true });
  if (refusal !== undefined) return { kind: 'ramp-refused', name, refusal, step: 1 };
  const planned = { ...steps, warnings };

  const typed = 'named' in asked.steps ? asked.steps.named : undefined;
  const watched = guardRuleFor(desk, asked, named);
  const foresight = watched && (await foresightOf(desk, live, planned, watched));
  const guards =
    watched &&
    newGuards(watched, planned.steps.length, {
      slowerThanMs: foresight?.slowerThanMs,
      sticky: foresight?.inTheWay?.sticky,
    });
  const short = foresight && tooShort(planned.steps, foresight);
  if (short !== undefined) return { kind: 'too-short', name, ...short };
  if (cannotBeFixed(watched, foresight) && mode === 'do') return { kind: 'unmeasured', name };
  const [first] = planned.steps;
  const growth = growthOfRamp({ before: planned.before, steps: [first] });
  const wanted = {
    deed: 'shift',
    route: named,
    growth,
    ramp: askOfRamp({ ...planned, ...(asked.options.noGuard === true && { noGuard: true }) }, live.object),
  } as const;
  const judgeAt = (judging: Desk) => judgeLive(judging, asker, wanted);
  const { judged: judgement, opens } = await judgeWhenOpen(desk, judgeAt, denialIn);
  const foreseen = await foreseenFor(desk, asker, wanted);
  const ramp = {
    ...{ name, named: typed, ...planned, guards, live, waiting: waiting.length },
    ...{ foresight, foreseen, opens },
  };
  if (mode !== 'do') return { kind: 'ramp-preview', plan: ramp, judgement };
  if (judgement.verdict.kind === 'refused') return { kind: 'denied', name, denial: judgement.verdict.denial };
  const other = (await desk.ramps.open()).find((each) => movesOneOf(each, planned.before));
  if (other !== undefined) return { kind: 'ramp-taken', name, other };
  return begin(
    desk,
    starting,
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
  { asked, asker, name }: Starting,
  plan: RampPlan,
  judgement: Judgement | undefined,
): Promise<RampAnswer | 'moved'> {
  refuseIfLate(desk, asker);
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
    case 'waits': // judged just now: the hours ended in between
      return later(made.until);
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
function bound(ramp: Ramp, { live }: RampPlan): Ramp {
  const selects = selectsOfRamp(ramp, [live]);
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
    case 'too-short':
    case 'unmeasured':
      return answer.kind;
    case 'denied':
    case 'ramp':
    case 'ramp-preview':
    case 'refused-before':
      return undefined;
  }
}
