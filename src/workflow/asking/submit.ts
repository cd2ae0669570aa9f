import { setTimeout as delay } from 'node:timers/promises';
import { type Change, revisionOf, type State } from '../../domain/change/change.ts';
import type { Plan, PlannedChange, Refusal } from '../../domain/change/plan.ts';
import type { Options } from '../../domain/language/command.ts';
import type { Denial, Judgement, MovingDeed, Verdict } from '../../domain/policy/judge.ts';
import { type ChangeId, objectKey, type RoutingObject, type ServiceName } from '../../domain/routing/names.ts';
import type { Route } from '../../domain/routing/route.ts';
import { aboutPlan, eventOf, gestureId, noteDenied, noteRefused, type Refused } from '../audit.ts';
import { type Asker, type Desk, type NotFound, refuseIfLate, requestId } from '../desk.ts';
import { RejectedError } from '../errors.ts';
import { judgeLive } from '../judging/judge-live.ts';
import type { Line } from '../ports/changes.ts';
import type { Found, OpenRoute } from '../ports/mesh.ts';
import { accept } from './accept.ts';

export type Answer =
  /** `again`: the same request had been accepted before. `behind`: how many changes wait before it. */
  | { readonly kind: 'accepted'; readonly change: Change; readonly behind: number; readonly again: boolean }
  | { readonly kind: 'refused'; readonly name: ServiceName; readonly refusal: Refusal }
  /** Policy says no. */
  | { readonly kind: 'denied'; readonly name: ServiceName; readonly denial: Denial }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound }
  /** The same request had been answered before, and nothing was accepted. */
  | { readonly kind: 'refused-before' }
  | {
      readonly kind: 'preview';
      readonly name: ServiceName;
      readonly plan: PlannedChange;
      readonly waiting: number;
      readonly trial: Trial;
      /** What policy says of it. */
      readonly judgement: Judgement;
    };

/** What the API server says to the patch, without storing it. */
export type Trial =
  | { readonly kind: 'fine'; readonly warnings: readonly string[] }
  | { readonly kind: 'rejected'; readonly message: string }
  /** Others are applied first, so the object to ask about is not there yet. */
  | { readonly kind: 'not-asked' }
  /** Somebody wrote the object in between. */
  | { readonly kind: 'moved' };

/** What a submission's plan may say in place of a plan. */
export interface Instead<A> {
  readonly kind: 'instead';
  readonly answer: A;
}

export interface Submission<A> {
  readonly name: ServiceName;
  readonly asker: Asker;
  /** What policy judges it as. */
  readonly deed: MovingDeed;
  readonly options: Options;
  /** The object, where it is known already. */
  readonly object?: RoutingObject | undefined;
  /** Plans from the object as it is and from the changes that will be applied before. */
  readonly plan: (route: Route, before: readonly Change[]) => Plan | Instead<A>;
  readonly focus?: string | undefined;
  /** The id of Slack's own request, where the change has another. */
  readonly askedAs?: ChangeId | undefined;
  /** Goes before everything that has not begun. */
  readonly ahead: boolean;
}

/** Long enough for who was first to be done, and never in step with another process. */
const retryMs = 20;

/** Plans from what the line will leave and takes the place behind it; a request that is delivered again is answered as it was. */
export async function submit<A extends Told = never>(desk: Desk, submission: Submission<A>): Promise<Answer | A> {
  const { asker, askedAs } = submission;
  const [known, found] = await Promise.all([desk.changes.read(requestId(asker.request)), locate(desk, submission)]);
  if (known !== undefined) return acceptedAlready(known, asker);
  return remembered(desk, askedAs ?? requestId(asker.request), await submitTo(desk, submission, found));
}

/** Whatever is told to a person. */
interface Told {
  readonly kind: string;
}

/** Noted before it is told: who was told no must not find that it happened when Slack delivers the request once more. */
export async function remembered<A extends Told>(desk: Desk, request: ChangeId, answer: A): Promise<A> {
  if (!['accepted', 'preview', 'would-take-back'].includes(answer.kind)) await desk.changes.noteRefused(request);
  return answer;
}

async function submitTo<A>(desk: Desk, submission: Submission<A>, found: Found): Promise<Answer | A> {
  const { name, asker } = submission;
  if (found.kind !== 'found') {
    if (!submission.options.dryRun) noteRefused(desk, asker, { ...asked(submission), because: found.kind });
    return { kind: 'not-found', name, found };
  }
  for (;;) {
    const { object } = found;
    const answer = await desk.turns.run(objectKey(object), () => planAndAccept(desk, submission, object));
    if (answer.kind !== 'moved') return answer.answer;
    refuseIfLate(desk, asker);
    await delay(retryMs * Math.random());
  }
}

type Tried<A> = { readonly kind: 'answered'; readonly answer: Answer | A } | { readonly kind: 'moved' };

async function planAndAccept<A>(desk: Desk, submission: Submission<A>, object: RoutingObject): Promise<Tried<A>> {
  const { name, asker, ahead, askedAs, options } = submission;
  const { dryRun } = options;
  // The line first and the object after it: a change that is applied in between moves the line, and so this one is planned anew.
  const line = await desk.changes.line(object);
  const open = await desk.mesh.read(object);
  if (open === undefined) {
    if (!dryRun) noteRefused(desk, asker, { ...asked(submission), object, because: 'gone' });
    return answered({ kind: 'not-found', name, found: { kind: 'gone', object } });
  }

  const before = goingBefore(line, ahead);
  const plan = submission.plan(open.route, before);
  if (plan.kind === 'instead' || plan.kind === 'refused') {
    // Another delivery of the same request may have been accepted and applied since this one was looked for.
    const known = await desk.changes.read(requestId(asker.request));
    if (known !== undefined) return answered(acceptedAlready(known, asker));
  }
  if (plan.kind === 'instead') return { kind: 'answered', answer: plan.answer };
  if (plan.kind === 'refused') {
    if (!dryRun) noteRefused(desk, asker, { ...asked(submission), object, because: plan.refusal.reason });
    return answered({ kind: 'refused', name, refusal: plan.refusal });
  }

  const judgement = await judgeLive(desk, asker, { deed: submission.deed, route: open.route, plan });
  if (dryRun) return answered(await preview(desk, submission, { plan, judgement, open, line }));
  const { verdict } = judgement;
  if (verdict.kind === 'refused') {
    noteDenied(desk, asker, verdict.denial, { ...asked(submission), object, ...aboutPlan(plan) });
    return answered({ kind: 'denied', name, denial: verdict.denial });
  }

  const change = toChange(desk, submission, { plan, object, state: stateOf(verdict, desk.now()) });
  refuseIfLate(desk, asker);
  const kind = change.state.kind === 'awaiting' ? 'awaiting' : 'accepted';
  const happened = { kind, asker, ...asked(submission), rule: judgement.rule } as const;
  const event = eventOf(change, happened, desk.now());
  const accepted = await accept(desk, change, { line: line.version, ahead, askedAs, event }, asker);
  if (accepted.kind === 'moved') return accepted;
  if (accepted.kind === 'refused-before') return answered(accepted);
  if (accepted.kind === 'known') return answered(acceptedAlready(accepted.change, asker));
  if (change.state.kind === 'queued') addJob(desk, change);
  desk.log.info(
    { changeId: change.id, object, state: change.state.kind, from: plan.from, to: plan.to, by: asker.user },
    'change accepted',
  );
  return answered({ kind: 'accepted', change, behind: before.length, again: false });
}

/** What is told of a submission, whatever becomes of it. */
function asked<A>({ name, asker, deed, options, askedAs }: Submission<A>): Omit<Refused, 'because'> {
  return { deed, service: name, reason: options.reason, request: gestureId(askedAs ?? requestId(asker.request)) };
}

function answered(answer: Answer): { readonly kind: 'answered'; readonly answer: Answer } {
  return { kind: 'answered', answer };
}

/** What is applied before a change that is put in line now. */
export function goingBefore({ waiting }: Line, ahead: boolean): readonly Change[] {
  return ahead ? waiting.filter(({ state }) => state.kind === 'applying') : waiting;
}

/** Aside, since what is stored is accepted whether its job could be added or not; the reconciler adds it when the queue is back. */
export function addJob({ queue, aside }: Pick<Desk, 'queue' | 'aside'>, change: Change): void {
  aside(() => queue.add(change), 'change is stored, but its job could not be added yet', { changeId: change.id });
}

function locate<A>(desk: Desk, { name, object }: Submission<A>): Promise<Found> {
  return object === undefined ? desk.mesh.find(name) : Promise.resolve({ kind: 'found', object });
}

export function acceptedAlready(known: Change, asker: Asker): Extract<Answer, { kind: 'accepted' }> {
  if (known.request !== asker.request) throw new Error(`two requests have the id ${known.id}`);
  return { kind: 'accepted', change: known, behind: 0, again: true };
}

interface Previewed {
  readonly plan: PlannedChange;
  readonly judgement: Judgement;
  readonly open: OpenRoute;
  readonly line: Line;
}

async function preview<A>(
  desk: Desk,
  { name, asker }: Submission<A>,
  { plan, judgement, open, line }: Previewed,
): Promise<Answer> {
  const waiting = line.waiting.length;
  const shown = { kind: 'preview', name, plan, waiting, judgement } as const;
  if (waiting > 0) return { ...shown, trial: { kind: 'not-asked' } };

  const revision = revisionOf({ ...plan, id: requestId(asker.request), by: asker.user }, desk.now());
  return { ...shown, trial: await tryOut(open, { rule: plan.rule, to: plan.to, revision }) };
}

async function tryOut(open: OpenRoute, edit: Parameters<OpenRoute['write']>[0]): Promise<Trial> {
  try {
    const written = await open.write(edit, { dryRun: true });
    return written.kind === 'written' ? { kind: 'fine', warnings: written.warnings } : { kind: 'moved' };
  } catch (error) {
    if (error instanceof RejectedError) return { kind: 'rejected', message: error.message };
    throw error;
  }
}

/** A change is in line at once, or waits for whoever must approve it. */
export function stateOf(verdict: Exclude<Verdict, { kind: 'refused' }>, now: Date): State {
  if (verdict.kind === 'allowed') return { kind: 'queued' };
  const { needs } = verdict;
  return { kind: 'awaiting', needs, expiresAt: new Date(now.getTime() + needs.expiresMs).toISOString() };
}

interface Accepting {
  readonly plan: PlannedChange;
  readonly object: RoutingObject;
  readonly state: State;
}

function toChange<A>(
  desk: Desk,
  { name, asker, deed, options, focus }: Submission<A>,
  { plan, object, state }: Accepting,
): Change {
  const { rule, from, to, base, reverts, pinned, warnings } = plan;
  return {
    id: requestId(asker.request),
    request: asker.request,
    object,
    service: name.service,
    rule,
    by: asker.user,
    reason: options.reason,
    origin: asker.origin,
    focus,
    from,
    to,
    base,
    reverts,
    pinned,
    ...(warnings.length > 0 && { warnings }),
    deed,
    team: asker.team,
    acceptedAt: desk.now().toISOString(),
    state,
    rev: 0,
  };
}
