import { type Change, deedOf, moveTo, planShown, type State } from '../domain/change.ts';
import type { Denial } from '../domain/judge.ts';
import type { ChangeId } from '../domain/names.ts';
import { findRule, type Route } from '../domain/route.ts';
import { planStands } from '../domain/stands.ts';
import { type Asker, type Desk, refuseIfLate } from './desk.ts';
import { judgeChange } from './judge-change.ts';
import { judgeLive } from './judge-live.ts';
import type { Changes, Line, Log } from './ports.ts';
import { accept, addJob } from './submit.ts';

/** What became of a decision about a change that awaits approval. */
export type ApprovalAnswer =
  /** It counts; `missing`: how many more it takes. With none it is queued. */
  | { readonly kind: 'approved'; readonly change: Change; readonly missing: number }
  | { readonly kind: 'approved-before'; readonly change: Change }
  | { readonly kind: 'rejected' | 'withdrawn'; readonly change: Change }
  /** It does not await approval any more; somebody was first, or its time is over. */
  | { readonly kind: 'decided'; readonly change: Change }
  /** The card that was clicked showed another plan. */
  | { readonly kind: 'planned-anew'; readonly change: Change }
  /** What was approved is not what would be applied now, or nobody may any more. */
  | { readonly kind: 'voided'; readonly change: Change }
  | { readonly kind: 'denied'; readonly change: Change; readonly denial: Denial }
  /** Only whoever asked for it withdraws it. */
  | { readonly kind: 'not-yours'; readonly change: Change }
  | { readonly kind: 'cannot-tell'; readonly change: Change; readonly why: string }
  | { readonly kind: 'object-gone'; readonly change: Change }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId };

type Awaiting = Change & { readonly state: Extract<State, { kind: 'awaiting' }> };

const maxTries = 5;

/** What was decided about, and by whom. `seen`: the plan that the card showed (`planShown`), where one was clicked. */
export interface Deciding {
  readonly id: ChangeId;
  readonly seen?: string | undefined;
}

/** Counts a person's approval; the last one that is needed queues the change. */
export function approve(desk: Desk, about: Deciding, asker: Asker): Promise<ApprovalAnswer> {
  return decideOn(desk, about, async (change) => {
    const line = await desk.changes.line(change.object);
    const route = (await desk.mesh.read(change.object))?.route;
    if (route === undefined) return { kind: 'object-gone', change };

    const denial = await denied(desk, asker, { deed: 'approve', change, route });
    if (denial !== undefined) return { kind: 'denied', change, denial };
    if (change.approvals?.some(({ by }) => by === asker.user)) return { kind: 'approved-before', change };
    return count(desk, { change, route, line, asker });
  });
}

/** Ends it: whoever may approve may also say no. */
export function reject(desk: Desk, about: Deciding, asker: Asker, reason?: string): Promise<ApprovalAnswer> {
  return decideOn(desk, about, async (change) => {
    const route = (await desk.mesh.read(change.object))?.route;
    if (route === undefined) return { kind: 'object-gone', change };
    const denial = await denied(desk, asker, { deed: 'reject', change, route });
    if (denial !== undefined) return { kind: 'denied', change, denial };

    refuseIfLate(desk, asker);
    const next = moveTo(change, { kind: 'rejected', at: isoNow(desk), by: asker.user, reason });
    return (await desk.changes.update(next)) ? { kind: 'rejected', change: next } : undefined;
  });
}

/** Whoever asked for it takes it back. */
export function withdraw(desk: Desk, about: Deciding, asker: Asker): Promise<ApprovalAnswer> {
  return decideOn(desk, about, async (change) => {
    if (asker.user !== change.by && asker.user !== change.insistedBy) return { kind: 'not-yours', change };
    refuseIfLate(desk, asker);
    const next = moveTo(change, { kind: 'withdrawn', at: isoNow(desk), by: asker.user });
    return (await desk.changes.update(next)) ? { kind: 'withdrawn', change: next } : undefined;
  });
}

interface Expiring {
  readonly changes: Changes;
  readonly log: Log;
  readonly now: () => Date;
}

/** Ends what was not approved in time; undefined where there is time left, or somebody else ended it. */
export async function expire({ changes, log, now }: Expiring, change: Change): Promise<Change | undefined> {
  if (change.state.kind !== 'awaiting' || now().getTime() < Date.parse(change.state.expiresAt)) return undefined;
  const next = moveTo(change, { kind: 'expired', at: now().toISOString() });
  if (!(await changes.update(next))) return undefined;
  log.info({ changeId: change.id }, 'change was not approved in time');
  return next;
}

/** Of decisions at the same moment one is first; the others look again at what is then. */
async function decideOn(
  desk: Desk,
  { id, seen }: Deciding,
  decide: (change: Awaiting) => Promise<ApprovalAnswer | undefined>,
): Promise<ApprovalAnswer> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const change = await desk.changes.read(id);
    if (change === undefined) return { kind: 'unknown-change', id };
    if (!isAwaiting(change)) return { kind: 'decided', change };
    const expired = await expire(desk, change);
    if (expired !== undefined) return { kind: 'decided', change: expired };
    if (seen !== undefined && seen !== planShown(change.state)) return { kind: 'planned-anew', change };

    const answer = await decide(change);
    if (answer === undefined) continue;
    desk.log.info(
      { changeId: id, by: answer.kind, state: 'change' in answer ? answer.change.state.kind : '' },
      'decision',
    );
    return answer;
  }
  throw new Error(`change ${id} moved ${maxTries} times`);
}

interface Counting {
  readonly change: Awaiting;
  readonly route: Route;
  readonly line: Line;
  readonly asker: Asker;
}

async function count(desk: Desk, { change, route, line, asker }: Counting): Promise<ApprovalAnswer | undefined> {
  const base = planStands(change, route, line.waiting);
  if (base === undefined) return end(desk, change, voidOf(desk, route, change, { because: 'moved' }));

  const approvals = [...(change.approvals ?? []), { by: asker.user, at: isoNow(desk) }];
  const standing = await judgeChange(desk, { ...change, approvals }, route);
  refuseIfLate(desk, asker);
  switch (standing.kind) {
    case 'unknown':
      return { kind: 'cannot-tell', change, why: standing.why };
    case 'denied': {
      const { reason: refused, rule } = standing.denial;
      return end(desk, change, voidOf(desk, route, change, { because: 'denied', denied: refused, rule }));
    }
    case 'lacks': {
      const next = { ...moveTo(change, change.state), approvals };
      return (await desk.changes.update(next))
        ? { kind: 'approved', change: next, missing: standing.missing }
        : undefined;
    }
    case 'may':
      return queue(
        desk,
        { ...moveTo(change, { kind: 'queued' }), approvals, base, acceptedAt: isoNow(desk) },
        line,
        asker,
      );
  }
}

async function queue(desk: Desk, next: Change, line: Line, asker: Asker): Promise<ApprovalAnswer | undefined> {
  const ahead = deedOf(next) === 'rollback';
  const accepted = await accept(desk, next, { line: line.version, ahead }, asker);
  if (accepted.kind !== 'accepted') return undefined;
  addJob(desk, next);
  return { kind: 'approved', change: next, missing: 0 };
}

async function end(desk: Desk, change: Change, state: State): Promise<ApprovalAnswer | undefined> {
  const next = moveTo(change, state);
  return (await desk.changes.update(next)) ? { kind: 'voided', change: next } : undefined;
}

type Voided = Extract<State, { kind: 'void' }>;

/** The end of a plan that does not hold any more, with what the object has instead. */
export function voidOf(
  { now }: { readonly now: () => Date },
  route: Route,
  { rule }: Change,
  why: Pick<Voided, 'because' | 'denied' | 'rule'>,
): Voided {
  const live = findRule(route, rule)?.split;
  return { kind: 'void', at: now().toISOString(), uid: route.uid, live, lastWriter: route.lastWriter?.manager, ...why };
}

async function denied(
  desk: Desk,
  asker: Asker,
  { deed, change, route }: { readonly deed: 'approve' | 'reject'; readonly change: Change; readonly route: Route },
): Promise<Denial | undefined> {
  const requester = change.insistedBy ?? change.by;
  const { verdict } = await judgeLive(desk, asker, { deed, route, plan: change, requester });
  if (verdict.kind === 'refused') return verdict.denial;
  return deed === 'approve' && asker.user === change.by ? { reason: 'own-request' } : undefined;
}

function isAwaiting(change: Change): change is Awaiting {
  return change.state.kind === 'awaiting';
}

function isoNow({ now }: Pick<Desk, 'now'>): string {
  return now().toISOString();
}
