import { createHash } from 'node:crypto';
import type { Change, Origin } from '../domain/change.ts';
import type { Command, Options, TypedService } from '../domain/command.ts';
import type { Revision } from '../domain/ledger.ts';
import { type ChangeId, changeIdFrom, type RoutingObject, type ServiceName } from '../domain/names.ts';
import { type Plan, type PlannedChange, planShift, type Refusal, type Start } from '../domain/plan.ts';
import { defaultRule, findRule, type Route } from '../domain/route.ts';
import { RejectedError, StoreUnavailableError } from './errors.ts';
import type { Changes, Found, Line, Log, Mesh, OpenRoute, Queue } from './ports.ts';

export interface Desk {
  readonly mesh: Mesh;
  readonly changes: Changes;
  readonly queue: Queue;
  readonly log: Log;
  readonly now: () => Date;
  /** Where a service is looked for when its place is not named. */
  readonly namespace: string;
}

/** Who asks, and what makes the asking unique: the same `request` is the same change, however often it is delivered. */
export interface Asker {
  readonly user: string;
  readonly origin: Origin;
  readonly request: string;
  /** Nothing is accepted after this, by our clock in ms, since the person has been told so. */
  readonly until: number;
}

/** The answer was not there in time, and the person has been told that nothing was accepted. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

export type NotFound =
  | Exclude<Found, { kind: 'found' }>
  /** It was there a moment ago. */
  | { readonly kind: 'gone'; readonly object: RoutingObject };

export type Answer =
  /** `again`: the same request had been accepted before. `behind`: how many changes wait before it. */
  | { readonly kind: 'accepted'; readonly change: Change; readonly behind: number; readonly again: boolean }
  | { readonly kind: 'refused'; readonly name: ServiceName; readonly refusal: Refusal; readonly rule: string }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound }
  | {
      readonly kind: 'preview';
      readonly name: ServiceName;
      readonly plan: PlannedChange;
      readonly waiting: number;
      readonly verdict: Verdict;
    };

/** What the API server says to the patch, without storing it. */
export type Verdict =
  | { readonly kind: 'fine'; readonly warnings: readonly string[] }
  | { readonly kind: 'rejected'; readonly message: string }
  | { readonly kind: 'not-asked' };

type Shift = Extract<Command, { verb: 'shift' }>;

/** `/shift reviews v3 50`: plans, and stores the plan as a change in line. Accepted means stored. */
export async function requestShift(desk: Desk, command: Shift, asker: Asker): Promise<Answer> {
  const name = fillIn(desk, command.service);
  const rule = command.options.rule ?? defaultRule;
  return submit(desk, name, asker, command.options, {
    plan: (route, before) =>
      planShift(route, command.wish, { rule: command.options.rule, start: startBehind(route, before, rule) }),
    rule,
    focus: command.wish.kind === 'share' ? command.wish.version : undefined,
    ahead: false,
  });
}

/** What a submission's plan may say in place of a plan. */
export interface Instead<A> {
  readonly kind: 'instead';
  readonly answer: A;
}

export interface Submission<A> {
  /** The object, where it is known already. */
  readonly object?: RoutingObject | undefined;
  /** Plans from the object as it is and from the changes that will be applied before. */
  readonly plan: (route: Route, before: readonly Change[]) => Plan | Instead<A>;
  readonly rule: string;
  readonly focus?: string | undefined;
  /** Goes before everything that has not begun. */
  readonly ahead: boolean;
}

const maxTries = 5;

/** Plans from what the line will leave and takes the place behind it; planned anew when the line moves meanwhile. */
export async function submit<A = never>(
  desk: Desk,
  name: ServiceName,
  asker: Asker,
  options: Options,
  submission: Submission<A>,
): Promise<Answer | A> {
  const id = requestId(asker.request);
  for (let tries = 0; tries < maxTries; tries += 1) {
    const [known, found] = await Promise.all([desk.changes.read(id), locate(desk, name, submission.object)]);
    if (known !== undefined) return acceptedAlready(known, asker);
    if (found.kind !== 'found') return { kind: 'not-found', name, found };

    // The line first and the object after it: a change that is applied in between moves the line, and so this one is planned anew.
    const { object } = found;
    const line = await desk.changes.line(object);
    const open = await desk.mesh.read(object);
    if (open === undefined) return { kind: 'not-found', name, found: { kind: 'gone', object } };

    const before = submission.ahead ? line.waiting.filter(({ state }) => state.kind === 'applying') : line.waiting;
    const plan = submission.plan(open.route, before);
    if (plan.kind === 'instead') return plan.answer;
    if (plan.kind === 'refused') return { kind: 'refused', name, refusal: plan.refusal, rule: submission.rule };
    if (options.dryRun) return preview(desk, name, plan, open, line, asker, id);

    const change = toChange(desk, id, name, plan, object, asker, options, submission.focus);
    if (desk.now().getTime() > asker.until)
      throw new TooLateError(`${asker.request} was planned too late to be accepted`);
    const accepted = await desk.changes.accept(change, { line: line.version, ahead: submission.ahead });
    if (accepted.kind === 'known') return acceptedAlready(accepted.change, asker);
    if (accepted.kind === 'moved') continue;
    await addJob(desk, change);
    desk.log.info({ changeId: id, object, from: plan.from, to: plan.to, by: asker.user }, 'change accepted');
    return { kind: 'accepted', change, behind: before.length, again: false };
  }
  throw new Error(`the line of ${name.service} moved ${maxTries} times while a change was planned`);
}

function locate(desk: Desk, name: ServiceName, object: RoutingObject | undefined): Promise<Found> {
  return object === undefined ? desk.mesh.find(name) : Promise.resolve({ kind: 'found', object });
}

/** A service's object as it is now. */
export async function openService(
  desk: Desk,
  name: ServiceName,
): Promise<{ readonly kind: 'found'; readonly open: OpenRoute } | NotFound> {
  const found = await desk.mesh.find(name);
  if (found.kind !== 'found') return found;
  const open = await desk.mesh.read(found.object);
  return open === undefined ? { kind: 'gone', object: found.object } : { kind: 'found', open };
}

/** What is stored is accepted, whether its job could be added or not; the reconciler adds it when the queue is back. */
export async function addJob({ queue, log }: Pick<Desk, 'queue' | 'log'>, change: Change): Promise<void> {
  try {
    await queue.add(change);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    log.warn({ changeId: change.id, err: error }, 'change is stored, but its job could not be added yet');
  }
}

export function fillIn(desk: Desk, typed: TypedService): ServiceName {
  return {
    cluster: typed.cluster ?? desk.mesh.clusters[0] ?? '',
    namespace: typed.namespace ?? desk.namespace,
    service: typed.service,
  };
}

export function requestId(request: string): ChangeId {
  return changeIdFrom(createHash('sha256').update(request).digest());
}

/** What the changes that wait will leave: the last one's target, or what is live where none of them touches the rule. */
export function startBehind(route: Route, waiting: readonly Change[], rule: string): Start | undefined {
  const last = waiting.at(-1);
  if (last === undefined) return undefined;
  const split = waiting.findLast((change) => change.rule === rule)?.to ?? findRule(route, rule)?.split ?? {};
  return { split, seq: last.base.seq + 1, after: last.id };
}

function acceptedAlready(known: Change, asker: Asker): Answer {
  if (known.request !== asker.request) throw new Error(`two requests have the id ${known.id}`);
  return { kind: 'accepted', change: known, behind: 0, again: true };
}

async function preview(
  desk: Desk,
  name: ServiceName,
  plan: PlannedChange,
  open: OpenRoute,
  line: Line,
  asker: Asker,
  id: ChangeId,
): Promise<Answer> {
  const waiting = line.waiting.length;
  const verdict =
    waiting > 0
      ? ({ kind: 'not-asked' } as const)
      : await judge(open, plan, revisionOf({ ...plan, id, by: asker.user }, desk.now()));
  return { kind: 'preview', name, plan, waiting, verdict };
}

async function judge(open: OpenRoute, plan: PlannedChange, revision: Revision): Promise<Verdict> {
  try {
    const written = await open.write({ rule: plan.rule, to: plan.to, revision }, { dryRun: true });
    return written.kind === 'written' ? { kind: 'fine', warnings: written.warnings } : { kind: 'not-asked' };
  } catch (error) {
    if (error instanceof RejectedError) return { kind: 'rejected', message: error.message };
    throw error;
  }
}

/** The line of the ledger that a change will be. */
export function revisionOf(
  change: Pick<Change, 'id' | 'by' | 'rule' | 'from' | 'to' | 'reason' | 'reverts'>,
  at: Date,
): Revision {
  const { id, by, rule, from, to, reason, reverts } = change;
  return { id, at: at.toISOString(), by, rule, from, to, reason, reverts };
}

function toChange(
  desk: Desk,
  id: ChangeId,
  name: ServiceName,
  plan: PlannedChange,
  object: Change['object'],
  asker: Asker,
  options: Options,
  focus: string | undefined,
): Change {
  return {
    id,
    request: asker.request,
    object,
    service: name.service,
    rule: plan.rule,
    by: asker.user,
    reason: options.reason,
    origin: asker.origin,
    focus,
    from: plan.from,
    to: plan.to,
    base: plan.base,
    reverts: plan.reverts,
    pinned: plan.pinned,
    acceptedAt: desk.now().toISOString(),
    state: { kind: 'queued' },
    rev: 0,
  };
}
