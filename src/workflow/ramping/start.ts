import { createHash } from 'node:crypto';
import type { Change } from '../../domain/change/change.ts';
import { type Refusal, startBehind } from '../../domain/change/plan-weights.ts';
import type { Options, TypedService } from '../../domain/language/command.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import { ruleFor } from '../../domain/policy/policy.ts';
import { growthOfRamp } from '../../domain/policy/ramp-growth.ts';
import { askOfRamp } from '../../domain/policy/ramps/ask-of-ramp.ts';
import type { Foreseen } from '../../domain/policy/ramps/foreseen.ts';
import { defaultGuard, type GuardRule } from '../../domain/policy/ramps/guard-rule.ts';
import { targetsOf } from '../../domain/policy/targets.ts';
import { canaryOf } from '../../domain/ramp/direction.ts';
import { newGuards } from '../../domain/ramp/guards.ts';
import { planRamp } from '../../domain/ramp/plan-ramp.ts';
import { movesOneOf, type Ramp } from '../../domain/ramp/ramp.ts';
import type { RampHold } from '../../domain/ramp/ramp-state.ts';
import type { RampSteps } from '../../domain/ramp/steps.ts';
import { rampIdFrom, type ServiceName } from '../../domain/routing/names.ts';
import { defaultRule, keyOfNamed, type LiveObject } from '../../domain/routing/route.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import { type AcceptedAnswer, answerOnce, type Mode } from '../asking/answer-once.ts';
import { type Answer, stateOf } from '../asking/submit.ts';
import { noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, fillIn, openService, refuseIfLate, requestId, sendFor } from '../desk.ts';
import { AcceptanceUnknownError, StoreUnavailableError } from '../errors.ts';
import { foreseenFor, judgeLive, mayOverrideOwner } from '../judging/judge-live.ts';
import type { Created, CreateOptions } from '../ports/ramps.ts';
import { makeStep } from './make-step.ts';
import { type Foresight, foresee } from './outlook.ts';
import { rampEvent } from './ramp-event.ts';

/** A ramp as it was typed. */
export interface AskedRamp {
  readonly service: TypedService;
  readonly version: string;
  readonly steps: RampSteps | { readonly named: string };
  readonly options: Options & { readonly noGuard?: boolean };
}

/** What a ramp would be: for a dry run, or to be stored. */
export interface RampPlan extends Pick<Ramp, 'name' | 'version' | 'named' | 'before' | 'steps' | 'guards'> {
  readonly live: LiveObject;
  readonly warnings: readonly PlanWarning[];
  /** How many changes wait before the first step. */
  readonly waiting: number;
  /** What guards could notice; absent without guards. */
  readonly foresight?: Foresight | undefined;
  /** What policy will have against a later step, as it is now. */
  readonly foreseen: readonly Foreseen[];
}

export type RampAnswer =
  | {
      readonly kind: 'ramp';
      readonly ramp: Ramp;
      readonly again: boolean;
      readonly foreseen?: readonly Foreseen[] | undefined;
    }
  | { readonly kind: 'ramp-preview'; readonly plan: RampPlan; readonly judgement: Judgement }
  /** `step`: the number of the step that cannot be made. */
  | { readonly kind: 'ramp-refused'; readonly name: ServiceName; readonly refusal: Refusal; readonly step: number }
  /** The policy file names no such ramp. */
  | { readonly kind: 'no-such-ramp'; readonly named: string; readonly known: readonly string[] }
  /** Another ramp moves the same rule. */
  | { readonly kind: 'ramp-taken'; readonly name: ServiceName; readonly other: Ramp | undefined }
  /** The guards could not look twice at a step. */
  | {
      readonly kind: 'too-short';
      readonly name: ServiceName;
      readonly step: number;
      readonly shortestMs: number;
    }
  /** The first step cannot be made now. */
  | { readonly kind: 'ramp-stopped'; readonly name: ServiceName; readonly hold: RampHold }
  | Extract<Answer, { kind: 'denied' | 'not-found' | 'refused-before' }>;

/** `/shift reviews v3 10,25,50,100 every 5m`: plans all steps, and stores the ramp with its first change. */
export async function requestRamp(
  desk: Desk,
  asked: AskedRamp,
  asker: Asker,
  mode: Mode = asked.options.dryRun ? 'dry-run' : 'do',
): Promise<RampAnswer> {
  const name = fillIn(desk, asked.service);
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
  const named = stepsOf(desk, asked);
  if ('kind' in named) return named;
  const found = await openService(desk, name);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };
  const { live } = found;
  const rule = asked.options.rule === undefined ? undefined : keyOfNamed(live, asked.options.rule);
  const { waiting } = await desk.changes.lines([live.object]);
  const start = startBehind(live, waiting, rule ?? defaultRule);
  const wish = { version: asked.version, steps: named.steps, rule };
  const planned = planRamp(live, wish, { start, mayOverrideOwner: mayOverrideOwner(desk, live) });
  if (planned.kind === 'refused') return { ...planned, kind: 'ramp-refused', name };

  const typed = 'named' in asked.steps ? asked.steps.named : undefined;
  const watched = guardRuleFor(desk, asked, live);
  const foresight = watched && (await foresightOf(desk, live, planned, watched));
  const guards = watched && newGuards(watched, planned.steps.length, foresight?.slowerThanMs);
  const short = foresight && tooShort(planned.steps, foresight);
  if (short !== undefined) return { kind: 'too-short', name, ...short };
  const [first] = planned.steps;
  const growth = growthOfRamp({ before: planned.before, steps: [first] });
  const wanted = {
    deed: 'shift',
    route: live,
    growth,
    ramp: askOfRamp(planned, live.object, { guards: asked.options.noGuard !== true }),
  } as const;
  const judgement = await judgeLive(desk, asker, wanted);
  const foreseen = await foreseenFor(desk, asker, wanted);
  const ramp = {
    ...{ name, version: asked.version, named: typed, ...planned, guards, live, waiting: waiting.length },
    ...{ foresight, foreseen },
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

/** A step that guards cannot look at twice says nothing, so it is not watched. */
function tooShort(
  steps: Ramp['steps'],
  { shortestMs }: Foresight,
): { readonly step: number; readonly shortestMs: number } | undefined {
  if (shortestMs === undefined) return undefined;
  const at = steps.findIndex(({ stay }) => stay.kind === 'for' && stay.ms < shortestMs);
  return at < 0 ? undefined : { step: at + 1, shortestMs };
}

/** How the guards watch every ramp in a cluster whose requests are counted, unless they are turned off. */
function guardRuleFor(
  { policies, countedClusters }: Pick<Desk, 'policies' | 'countedClusters'>,
  { options }: AskedRamp,
  live: LiveObject,
): GuardRule | undefined {
  if (options.noGuard === true || !countedClusters.includes(live.object.cluster)) return undefined;
  return ruleFor(policies.current(), targetsOf(live))?.guard ?? defaultGuard;
}

function foresightOf(
  desk: Desk,
  live: LiveObject,
  planned: Pick<Ramp, 'before' | 'steps'>,
  { errors, latency }: GuardRule,
): Promise<Foresight> {
  const [{ rule, split }] = planned.before;
  const canary = canaryOf(planned);
  const others = Object.keys(split).filter((version) => !canary.includes(version));
  const guards = 2 + (errors.atMost === undefined ? 0 : 1) + (latency === undefined ? 0 : 1);
  return foresee(desk, { live, rule, steps: planned.steps, guards, ...(latency !== undefined && { others }) });
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
    return withForeseen(await awaitApproval(desk, asker, { ...ramp, rev: 0 }, judgement, askedAs), plan);
  const made = await makeStep(desk, { ramp, step: 1, from: plan.before, asker, askedAs });
  switch (made.kind) {
    case 'made':
      return { kind: 'ramp', ramp: made.ramp, again: false, foreseen: plan.foreseen };
    case 'held':
      return { kind: 'ramp-stopped', name, hold: made.hold };
    case 'known':
      return knownAnswer(desk, made.change);
    case 'waits': // judged just now: the hours ended in between
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

function withForeseen(answer: RampAnswer, { foreseen }: RampPlan): RampAnswer {
  return answer.kind === 'ramp' && !answer.again ? { ...answer, foreseen } : answer;
}

async function awaitApproval(
  desk: Desk,
  asker: Asker,
  ramp: Ramp,
  { verdict, rule }: Judgement,
  askedAs: Change['id'],
): Promise<RampAnswer> {
  if (verdict.kind === 'refused') throw new Error('a refused ramp is not stored');
  const state = stateOf(verdict, desk.now());
  if (state.kind !== 'awaiting') throw new Error('the verdict does not ask for approval');
  const waiting: Ramp = { ...ramp, state };
  const event = rampEvent(waiting, { kind: 'awaiting', asker, deed: 'shift', rule }, desk.now());
  const created = await create(desk, asker, waiting, { askedAs, event });
  switch (created) {
    case 'created':
      desk.cards.showSoon(waiting.id);
      return { kind: 'ramp', ramp: waiting, again: false };
    case 'known':
      return { kind: 'ramp', ramp: (await desk.ramps.read(waiting.id)) ?? waiting, again: true };
    case 'refused-before':
      return { kind: 'refused-before' };
    case 'taken':
      return { kind: 'ramp-taken', name: ramp.name, other: undefined };
  }
}

/** Without an answer of the store the ramp is looked up: nobody is told that nothing happens if it may. */
async function create(desk: Desk, asker: Asker, ramp: Ramp, options: CreateOptions): Promise<Created> {
  try {
    return await sendFor(asker, () => desk.ramps.create(ramp, options));
  } catch (cause) {
    if (!(cause instanceof StoreUnavailableError) || !cause.outcomeUnknown) throw cause;
    const stored = await desk.ramps.read(ramp.id).catch(() => undefined);
    if (stored !== undefined) return 'known';
    throw new AcceptanceUnknownError(`whether ${ramp.id} was accepted is not known`, { cause });
  }
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
      return answer.kind;
    case 'denied':
    case 'ramp':
    case 'ramp-preview':
    case 'refused-before':
      return undefined;
  }
}
