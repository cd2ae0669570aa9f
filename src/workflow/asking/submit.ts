import { type Change, concerns, goesAhead, mainEdit, revisionOf } from '../../domain/change/change.ts';
import { findMove, inOrder, isContentEdit } from '../../domain/change/edit.ts';
import type { Refusal } from '../../domain/change/refusal.ts';
import { selectsOf } from '../../domain/change/selects.ts';
import type { State } from '../../domain/change/state.ts';
import type { Denial, Judgement, Verdict } from '../../domain/policy/judge.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { RampId, ServiceName } from '../../domain/routing/names.ts';
import { isSameObject } from '../../domain/routing/object.ts';
import { truncate } from '../../domain/text/typed-text.ts';
import { aboutPlan, eventOf, gestureId, type Hearing, heard, type NotedRefusal } from '../audit.ts';
import { type Desk, type NotFound, refuseIfLate, requestId } from '../desk.ts';
import { LaterRecordError, UntrustedRecordError } from '../errors.ts';
import { judgeAll, wantedOf } from '../judging/judge-live.ts';
import { accept } from './accept.ts';
import { type AcceptedAnswer, type Asking, acceptedAlready, acceptedOf, ofRequest } from './answer-once.ts';
import { cardPlace } from './card-place.ts';
import { editsOf, goingBefore, historiesPlanned, hostsPlanned, nameOf, type Plan, withoutPods } from './plan.ts';
import { tryOut } from './plan-content.ts';

export type Answer =
  | AcceptedAnswer
  | { readonly kind: 'refused'; readonly name: ServiceName; readonly refusal: Refusal }
  /** Policy says no. */
  | { readonly kind: 'denied'; readonly name: ServiceName; readonly denial: Denial }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound }
  /** The same request was answered before, and nothing was accepted. */
  | { readonly kind: 'refused-before' }
  /** A dry run: what it would do, how many changes wait before it, and what policy says. */
  | {
      readonly kind: 'preview';
      readonly name: ServiceName;
      readonly plan: Plan;
      readonly waiting: number;
      readonly judgement: Judgement;
    }
  /** The API server would not take it. */
  | { readonly kind: 'not-taken'; readonly plan: Plan }
  /** Another change waits for an object that would be written whole, so what will be there is not known. */
  | { readonly kind: 'busy'; readonly name: ServiceName; readonly first: Change }
  /** A ramp moves one of the rules. This would end it, so the person is asked first. */
  | { readonly kind: 'ramp-runs'; readonly name: ServiceName; readonly ramp: Ramp }
  /** The edits are larger than a record may hold. */
  | { readonly kind: 'too-much'; readonly bytes: number; readonly limit: number }
  /** As many changes of the person wait for the object. */
  | { readonly kind: 'too-many-open'; readonly name: ServiceName; readonly most: number }
  /** Nobody else would see its card where it was asked for. */
  | { readonly kind: 'unseen'; readonly name: ServiceName; readonly channel: string };

const hearings: Readonly<Record<Answer['kind'], Hearing>> = {
  accepted: 'stored',
  refused: 'no',
  denied: 'no',
  'not-found': 'no',
  'refused-before': 'shown',
  preview: 'shown',
  'not-taken': 'no',
  busy: 'no',
  'ramp-runs': 'no',
  'too-much': 'no',
  'too-many-open': 'no',
  unseen: 'no',
};

/** Of one person about one object. What moves an object is looked up for each change that waits for it. */
const mostOpen = 30;

/** A limit, because a record is read each time its card is updated. */
const maxEditsBytes = 256 * 1024;

/** Judges a plan and stores it as a change in line, or says why not. `moved`: plan it again. */
export async function offer(desk: Desk, asking: Asking, plan: Plan): Promise<Answer | 'moved'> {
  const { mode } = asking;
  const name = nameOf(plan);
  const change = toChange(desk, asking, plan);
  const isMoved = plan.edits.some(({ trial }) => trial.kind === 'moved');
  if (mode === 'do' && isMoved) return 'moved';
  const objection = mode === 'do' ? objectionTo(plan, change, name) : undefined;
  if (objection !== undefined)
    return (await acceptedOf(desk, change.request)) ?? told(desk, asking, objection, aboutPlanned(plan));

  const ramp = mode === 'do' ? await rampInTheWay(desk, asking, plan) : undefined;
  if (ramp !== undefined) return told(desk, asking, { kind: 'ramp-runs', name, ramp }, aboutPlanned(plan));

  const judgement = await judgePlan(desk, asking, plan);
  const before = goingBefore(plan.lines, asking.deed === 'rollback');
  if (mode !== 'do') {
    // If others are applied first, the object to ask about is not there yet.
    const tried = mode === 'dry-run' && before.length === 0 ? await withTrials(desk, change, plan) : plan;
    return { kind: 'preview', name, plan: tried, waiting: before.length, judgement };
  }
  const { verdict } = judgement;
  const refusal = judgement.countsAs === 'shift' ? refusalOfForward(desk, asking, plan) : undefined;
  if (refusal !== undefined) return told(desk, asking, { kind: 'refused', name, refusal }, aboutPlanned(plan));
  if (verdict.kind === 'refused')
    return told(desk, asking, { kind: 'denied', name, denial: verdict.denial }, aboutPlanned(plan));
  const origin = await cardPlace(desk, asking.asker, goesForward(asking, judgement));
  if (origin === undefined) {
    const { channel } = asking.asker.origin;
    return told(desk, asking, { kind: 'unseen', name, channel }, aboutPlanned(plan));
  }
  return store(
    desk,
    asking,
    { ...change, origin, state: stateOf(verdict, desk.now()), ...selectsIn(verdict, plan) },
    { plan, judgement, behind: before.length },
  );
}

/** By what it does, and not by how it was asked for. */
function goesForward({ deed }: Pick<Asking, 'deed'>, { countsAs }: Judgement): boolean {
  return countsAs === 'shift' || (deed !== 'rollback' && countsAs !== 'back');
}

/** A rollback goes through without pods. One that is judged as a shift does so only where a shift does. */
function refusalOfForward(desk: Desk, { anyway = false }: Pick<Asking, 'anyway'>, plan: Plan): Refusal | undefined {
  const refusals = editsOf(plan).map((edit) => {
    const named = { object: edit.object, ...hostsPlanned(plan)(edit) };
    return withoutPods(desk, { named, warnings: plan.warnings, anyway });
  });
  return refusals.find((each) => each !== undefined);
}

/** A ramp that moves a rule of the plan, unless the person knows that this ends it, or rolls back. */
export async function rampInTheWay(
  desk: Pick<Desk, 'ramps'>,
  { deed, overRamp }: Pick<Asking, 'deed' | 'overRamp'>,
  plan: Plan,
): Promise<Ramp | undefined> {
  if (deed === 'rollback') return undefined;
  const found = plan.lines.ramps.find(({ object, rule }) =>
    editsOf(plan).some((edit) => isSameObject(edit.object, object) && findMove(edit, rule) !== undefined),
  );
  return found === undefined || found.ramp === overRamp ? undefined : readRamp(desk, found.ramp);
}

/** One whose record cannot be trusted moves nothing, and stands in nobody's way. */
async function readRamp({ ramps }: Pick<Desk, 'ramps'>, id: RampId): Promise<Ramp | undefined> {
  try {
    return await ramps.read(id);
  } catch (error) {
    if (error instanceof UntrustedRecordError && !(error instanceof LaterRecordError)) return undefined;
    throw error;
  }
}

/** What policy says of all objects of a plan together. */
export function judgePlan(
  desk: Desk,
  { asker, deed, reverts }: Pick<Asking, 'asker' | 'deed' | 'reverts'>,
  plan: Plan,
): Promise<Judgement> {
  const historyOf = historiesPlanned(desk, plan, goesAhead({ deed }));
  return judgeAll(desk, asker, wantedOf({ edits: editsOf(plan), reverts }, hostsPlanned(plan), deed, { historyOf }));
}

/** Why a plan cannot be a change, whatever policy says. */
export function objectionTo(
  plan: Plan,
  { edits, deed }: Pick<Change, 'edits' | 'deed'>,
  name: ServiceName,
): Answer | undefined {
  if (plan.owner !== undefined) return { kind: 'refused', name, refusal: { reason: 'owned', owner: plan.owner } };
  if (plan.edits.some(({ trial }) => trial.kind === 'rejected' || trial.kind === 'forbidden'))
    return { kind: 'not-taken', plan };
  const bytes = Buffer.byteLength(JSON.stringify(edits));
  if (bytes > maxEditsBytes) return { kind: 'too-much', bytes, limit: maxEditsBytes };
  const before = goingBefore(plan.lines, deed === 'rollback');
  const first = before.find((each) => edits.some((edit) => isContentEdit(edit) && concerns(each, edit.object)));
  return first && { kind: 'busy', name, first };
}

type About = Partial<Omit<NotedRefusal, 'because'>>;

/** Tells the audit if the person was told no. A gesture that was accepted has its event already and gets no second one. */
export function told(desk: Desk, asking: Asking, answer: Answer, about: About = {}): Answer {
  if (asking.mode !== 'do') return answer;
  return heard(desk, { ...asked(asking), ...about, asker: asking.asker }, answer, hearings);
}

/** What the audit can tell of a plan that is refused. */
export function aboutPlanned(plan: Plan): About {
  const planned = { aim: plan.aim, edits: editsOf(plan) };
  return { service: nameOf(plan), object: mainEdit(planned).object, ...aboutPlan(planned) };
}

function asked({ name, asker, deed, reason, askedAs }: Asking): Omit<NotedRefusal, 'because'> {
  return { deed, service: name, reason, request: gestureId(askedAs ?? requestId(asker.request)) };
}

async function withTrials(desk: Desk, change: Change, plan: Plan): Promise<Plan> {
  const [first, ...more] = await Promise.all(
    plan.edits.map(async (each) => {
      if (each.edit.kind === 'content') return each;
      const { trial } = await tryOut(each.open, each.edit, revisionOf(change, each.edit, desk.now()));
      return { ...each, trial };
    }),
  );
  return first === undefined ? plan : { ...plan, edits: [first, ...more] };
}

interface Judged {
  readonly plan: Plan;
  readonly judgement: Judgement;
  readonly behind: number;
}

async function store(
  desk: Desk,
  asking: Asking,
  change: Change,
  { plan, judgement, behind }: Judged,
): Promise<Answer | 'moved'> {
  const { asker, askedAs, deed } = asking;
  refuseIfLate(desk, asker);
  const kind = change.state.kind === 'awaiting' ? 'awaiting' : 'accepted';
  const event = eventOf(
    change,
    { kind, asker, ...asked({ ...asking, name: nameOf(plan) }), rule: judgement.rule, ...wentThrough(judgement) },
    desk.now(),
  );
  const isBack = deed === 'rollback'; // however many wait, one can always go back
  const options = {
    lines: plan.lines.versions,
    ahead: isBack,
    askedAs,
    event,
    mostOpen: isBack ? undefined : mostOpen,
  };
  const accepted = await accept(desk, change, options, asker);
  if (accepted.kind === 'moved' || accepted.kind === 'ramp-moved') return 'moved';
  if (accepted.kind === 'refused-before') return accepted;
  if (accepted.kind === 'too-many')
    return told(desk, asking, { kind: 'too-many-open', name: nameOf(plan), most: mostOpen }, aboutPlanned(plan));
  if (accepted.kind === 'known') {
    const { change: known } = accepted;
    return acceptedAlready(known.id === change.id ? ofRequest(known, change.request) : known);
  }
  if (change.state.kind === 'queued') addJob(desk, change);
  const moves = change.edits.map(({ object, moves: its }) => ({ object, moves: its }));
  desk.log.info({ changeId: change.id, moves, state: change.state.kind, by: asker.user }, 'change accepted');
  const { unreadable } = judgement;
  const isElsewhere = change.origin.channel !== asker.origin.channel;
  return {
    ...{ kind: 'accepted', change, behind, again: false },
    ...(unreadable !== undefined && { unreadable }),
    ...(isElsewhere && { cardIn: change.origin.channel }),
  };
}

/** What the audit is told of unreadable locks and freezes that it went through. */
export function wentThrough({ unreadable = [] }: Pick<Judgement, 'unreadable'>): { readonly detail?: string } {
  if (unreadable.length === 0) return {};
  const commands = unreadable.map((each) => each.unreadable.removeWith).join('; ');
  return { detail: truncate(`went through a lock or freeze that cannot be read (${commands})`, mostDetail) };
}

const mostDetail = 300;

/** In the background: a stored change is accepted even if its job cannot be added. The reconciler adds the job when the queue is back. */
export function addJob({ queue, aside }: Pick<Desk, 'queue' | 'aside'>, change: Change): void {
  aside(() => queue.add(change), 'change is stored, but its job could not be added yet', { changeId: change.id });
}

/** A change is queued at once, or waits for approval. */
export function stateOf(verdict: Exclude<Verdict, { kind: 'refused' }>, now: Date): State {
  if (verdict.kind === 'allowed') return { kind: 'queued' };
  const { needs } = verdict;
  return { kind: 'awaiting', needs, expiresAt: new Date(now.getTime() + needs.expiresMs).toISOString() };
}

/** What people approve with a plan: the pods that its versions select now. */
export function selectsIn(verdict: Verdict, { edits }: Pick<Plan, 'edits'>): { readonly selects?: readonly string[] } {
  if (verdict.kind !== 'needs-approval') return {};
  const selects = selectsOf(edits.map(({ edit, open }) => ({ edit, rules: open.live?.rules })));
  return selects.length === 0 ? {} : { selects };
}

/** The change that a plan would be. */
export function toChange(desk: Desk, { asker, deed, reason, reverts }: Asking, plan: Plan): Change {
  return {
    id: requestId(asker.request),
    request: asker.request,
    aim: plan.aim,
    edits: inOrder(editsOf(plan)),
    service: plan.service,
    by: asker.user,
    reason,
    origin: asker.origin,
    reverts,
    ...(plan.warnings.length > 0 && { warnings: plan.warnings }),
    deed,
    team: asker.team,
    acceptedAt: desk.now().toISOString(),
    state: { kind: 'queued' },
    rev: 0,
  };
}
