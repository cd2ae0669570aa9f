import { setTimeout as delay } from 'node:timers/promises';
import type { Change, State } from '../../domain/change/change.ts';
import { decideEdit, type Edits, inOrder } from '../../domain/change/edit.ts';
import type { Judgement } from '../../domain/policy/judge.ts';
import { type ChangeId, objectKey, type RoutingObject, type ServiceName } from '../../domain/routing/names.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { aboutPlan, eventOf, gestureId, noteDenied, noteRefused } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate, requestId } from '../desk.ts';
import { judgeAll, ofEdits, wantedOf } from '../judging/judge-live.ts';
import { accept } from './accept.ts';
import { type EditsPlan, editsOf, mainEdit } from './plan-edits.ts';
import { type Answer, acceptedAlready, addJob, goingBefore, stateOf } from './submit.ts';

/** What is asked for, beside the plan of it. */
export interface EditsSubmission {
  /** `request` is the change's own; that of the gesture is `askedAs`. */
  readonly asker: Asker;
  readonly askedAs: ChangeId;
  readonly deed: 'shift' | 'rollback';
  readonly verb: Edits['verb'];
  /** The rule file, or the rule that is removed, in words. */
  readonly of: string;
  readonly reason?: string | undefined;
  readonly reverts?: ChangeId | undefined;
}

export type EditsOutcome =
  | Extract<Answer, { kind: 'accepted' | 'denied' | 'refused' | 'refused-before' }>
  /** The API server would not take it. */
  | { readonly kind: 'not-taken'; readonly plan: EditsPlan }
  /** Another change waits for one of the objects: what it will leave is not known whole. */
  | { readonly kind: 'busy'; readonly name: ServiceName; readonly first: Change }
  /** More than a record holds. */
  | { readonly kind: 'too-much'; readonly bytes: number; readonly limit: number };

/** A record is read at every look at its card. */
const maxEditsBytes = 256 * 1024;
/** Long enough for who was first to be done, and never in step with another process. */
const retryMs = 20;

/** Tries again while the objects or their line move between the reading and the acceptance. */
export async function untilStill<A>(desk: Desk, asker: Asker, attempt: () => Promise<A | 'moved'>): Promise<A> {
  for (;;) {
    const answer = await attempt();
    if (answer !== 'moved') return answer;
    refuseIfLate(desk, asker);
    await delay(retryMs * Math.random());
  }
}

/** Stores a plan of more than weights as a change in line, or says why not. `moved`: it is to be planned anew. */
export async function acceptEdits(
  desk: Desk,
  submission: EditsSubmission,
  plan: EditsPlan,
): Promise<EditsOutcome | 'moved'> {
  const ahead = submission.deed === 'rollback';
  const { line, first } = await linesOf(desk, plan, ahead);
  const hasMoved = plan.edits.some(({ trial }) => trial.kind === 'moved');
  if (line === undefined || hasMoved) return 'moved';
  const planned = toChange(desk, submission, plan);
  const objection = becauseNot(plan, planned, first);
  if (objection !== undefined) {
    // Another delivery of the same request may have been accepted since this one was looked for.
    const known = await desk.changes.read(planned.id);
    if (known !== undefined) return acceptedAlready(known, submission.asker);
    noteRefused(desk, submission.asker, { ...asked(submission, planned), because: becauseOf(objection) });
    return objection;
  }

  const judgement = await judgeEdits(desk, submission.asker, planned, submission.deed);
  const { verdict } = judgement;
  if (verdict.kind === 'refused') {
    noteDenied(desk, submission.asker, verdict.denial, { ...asked(submission, planned), ...aboutPlan(planned) });
    return { kind: 'denied', name: nameOf(plan), denial: verdict.denial };
  }
  const change = { ...planned, state: stateOf(verdict, desk.now()) };
  refuseIfLate(desk, submission.asker);
  const event = eventOf(change, { ...happened(submission, change), rule: judgement.rule }, desk.now());
  const { asker, askedAs } = submission;
  const accepted = await accept(desk, change, { line, ahead, askedAs, event }, asker);
  if (accepted.kind === 'moved') return 'moved';
  if (accepted.kind === 'refused-before') return accepted;
  if (accepted.kind === 'known') return acceptedAlready(accepted.change, asker);
  if (change.state.kind === 'queued') addJob(desk, change);
  desk.log.info(
    { changeId: change.id, object: change.object, state: change.state.kind, by: asker.user },
    'change accepted',
  );
  return { kind: 'accepted', change, behind: 0, again: false };
}

/** What policy says of all the objects together. */
export function judgeEdits(
  desk: Desk,
  asker: Asker,
  change: Pick<Change, 'object' | 'from' | 'to' | 'edits'>,
  deed: 'shift' | 'rollback',
): Promise<Judgement> {
  return judgeAll(desk, asker, wantedOf(change, ofEdits(change), deed));
}

export function nameOf({ object, service }: Pick<EditsPlan, 'object' | 'service'>): ServiceName {
  return { cluster: object.cluster, namespace: object.namespace, service };
}

/** The change that a plan would be. */
export function toChange(
  desk: Pick<Desk, 'now'>,
  { asker, deed, verb, of, reason, reverts }: EditsSubmission,
  plan: EditsPlan,
): Change {
  return {
    ...ofPlan(plan, { verb, of }),
    id: requestId(asker.request),
    request: asker.request,
    object: plan.object,
    service: plan.service,
    rule: defaultRule,
    by: asker.user,
    reason,
    origin: asker.origin,
    reverts,
    deed,
    team: asker.team,
    acceptedAt: desk.now().toISOString(),
    state: { kind: 'queued' } satisfies State,
    rev: 0,
  };
}

/** Why it cannot be a change, whatever policy says. */
export function becauseNot(plan: EditsPlan, { edits }: Change, first: Change | undefined): EditsOutcome | undefined {
  const name = nameOf(plan);
  if (plan.owner !== undefined) return { kind: 'refused', name, refusal: { reason: 'owned', owner: plan.owner } };
  if (plan.edits.some(({ trial }) => trial.kind !== 'fine')) return { kind: 'not-taken', plan };
  const bytes = Buffer.byteLength(JSON.stringify(edits));
  if (bytes > maxEditsBytes) return { kind: 'too-much', bytes, limit: maxEditsBytes };
  return first && { kind: 'busy', name, first };
}

export function becauseOf(outcome: EditsOutcome): string {
  return outcome.kind === 'refused' ? outcome.refusal.reason : outcome.kind;
}

function asked({ askedAs, deed, reason }: EditsSubmission, { object, service }: Change) {
  const { cluster, namespace } = object;
  return { deed, object, service: { cluster, namespace, service }, reason, request: gestureId(askedAs) };
}

function happened({ asker, askedAs, deed }: EditsSubmission, { state }: Change) {
  const kind = state.kind === 'awaiting' ? ('awaiting' as const) : ('accepted' as const);
  return { kind, asker, deed, request: gestureId(askedAs) };
}

/**
 * The version of the line that it is to stand in, and the first change that is applied to one of its objects before it. No version
 * where an object was written since the plan was made: a line that is read before the objects shows what is applied in between.
 */
export async function linesOf(
  desk: Desk,
  plan: EditsPlan,
  ahead: boolean,
): Promise<{ readonly line: number | undefined; readonly first: Change | undefined }> {
  const lines = await Promise.all(routingObjects(plan).map((object) => desk.changes.line(object)));
  const [first] = lines.flatMap((each) => goingBefore(each, ahead));
  return { line: (await isStill(desk, plan)) ? lines[0]?.version : undefined, first };
}

/** That whose line it stands in first. */
function routingObjects({ object, edits }: EditsPlan): readonly RoutingObject[] {
  const { cluster } = object;
  const others = edits.flatMap(({ edit: { kind, namespace, name } }) =>
    kind === 'VirtualService' ? [{ cluster, namespace, kind, name }] : [],
  );
  return [...new Map([object, ...others].map((each) => [objectKey(each), each])).values()];
}

/** The plan of a change put in its place. */
export function replanned(
  change: Change,
  plan: EditsPlan,
): Pick<Change, 'object' | 'from' | 'to' | 'pinned' | 'base' | 'edits' | 'warnings'> {
  const { verb = 'apply', of = '' } = change.edits ?? {};
  return { ...ofPlan(plan, { verb, of }), object: change.object };
}

/** What a change has from its plan. */
function ofPlan(plan: EditsPlan, { verb, of }: Pick<Edits, 'verb' | 'of'>) {
  const { from, to, pinned, uid = '', seq } = mainEdit(plan);
  return {
    ...{ from, to, pinned },
    base: { uid, seq },
    edits: { verb, of, objects: inOrder(editsOf(plan)) },
    warnings: plan.warnings.length > 0 ? plan.warnings : undefined,
  };
}

/** Nothing was written between the plan and the reading of the lines. */
async function isStill({ mesh }: Desk, { object, edits }: EditsPlan): Promise<boolean> {
  const still = edits.map(async ({ edit }) => {
    const { seen } = await mesh.open(object.cluster, edit);
    return decideEdit(unusedId, edit, seen).kind === 'write';
  });
  return !(await Promise.all(still)).includes(false);
}

/** Stands in no ledger. */
const unusedId: ChangeId = 'c-';
