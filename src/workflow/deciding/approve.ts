import { setTimeout as delay } from 'node:timers/promises';
import { type Approval, type Change, goesAhead, moveTo, objectsOf, planShown } from '../../domain/change/change.ts';
import type { State, StateOf } from '../../domain/change/state.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import { rulesForEach } from '../../domain/policy/policy.ts';
import { targetsOf } from '../../domain/policy/targets.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { hostsIn, isObjectGone, type OpenEdit, openWeights } from '../applying/open.ts';
import { catchUp } from '../applying/settle.ts';
import { accept, replace } from '../asking/accept.ts';
import { goingBefore } from '../asking/plan.ts';
import { addJob } from '../asking/submit.ts';
import { eventOf, type Happened, type Hearing, heard, moveOn, planHash } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeChange, type PolicyNow } from '../judging/judge-change.ts';
import { judgeAll, wantedOf } from '../judging/judge-live.ts';
import { byDenial } from '../judging/void.ts';
import type { Changes, Lines } from '../ports/changes.ts';
import type { Log } from '../ports/process.ts';
import { type Footing, footingOf } from './footing.ts';

/** The answer to a decision about a change that awaits approval. */
export type ApprovalAnswer =
  /**
   * The approval counts. `missing`: how many more are needed; with none the change is queued. `lost`: people whose earlier approvals no
   * longer count.
   */
  | {
      readonly kind: 'approved' | 'approved-before';
      readonly change: Change;
      readonly missing: number;
      readonly lost: readonly string[];
    }
  | { readonly kind: 'rejected' | 'withdrawn'; readonly change: Change }
  /** It no longer awaits approval: somebody was first, or its time is over. */
  | { readonly kind: 'decided'; readonly change: Change }
  /** The card that was clicked showed another plan. */
  | { readonly kind: 'planned-anew'; readonly change: Change }
  /** The approved plan is not what would be applied now, or policy no longer allows it. */
  | { readonly kind: 'voided'; readonly change: Change }
  | { readonly kind: 'denied'; readonly change: Change; readonly denial: Denial }
  /** Only a person who asked for the change may withdraw it. */
  | { readonly kind: 'not-yours'; readonly change: Change }
  | { readonly kind: 'cannot-tell'; readonly change: Change; readonly why: string }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId };

const hearings: Readonly<Record<ApprovalAnswer['kind'], Hearing>> = {
  approved: 'stored',
  rejected: 'stored',
  withdrawn: 'stored',
  voided: 'stored',
  'approved-before': 'no',
  decided: 'no',
  'planned-anew': 'no',
  denied: 'no',
  'not-yours': 'no',
  'cannot-tell': 'no',
  'unknown-change': 'no',
};

type Awaiting = Change & { readonly state: StateOf<'awaiting'> };

/** The longest wait before the next try. The wait is random, so that processes do not retry in step. */
const retryMs = 20;

/** What is decided about. `seen`: the plan that the card showed (`planShown`), if one was clicked. */
export interface Deciding {
  readonly id: ChangeId;
  readonly seen?: string | undefined;
}

/** Counts a person's approval; the last one that is needed queues the change. */
export function approve(desk: Desk, about: Deciding, asker: Asker): Promise<ApprovalAnswer> {
  return decideOn(desk, about, { asker, deed: 'approve' }, async (change) => {
    const lines = await desk.changes.lines(objectsOf(change));
    const footing = await footingOf(desk, change);
    const { opened } = footing;
    if (isObjectGone(opened))
      return end(desk, change, footing.voided({ because: 'moved' }), { asker, deed: 'approve' });

    const denial = await denied(desk, asker, { deed: 'approve', change, opened });
    if (denial !== undefined) return { kind: 'denied', change, denial };
    return count(desk, { change, footing, lines, asker });
  });
}

/** Ends the change. A person who may approve may also say no. */
export function reject(desk: Desk, about: Deciding, asker: Asker, reason?: string): Promise<ApprovalAnswer> {
  return decideOn(desk, about, { asker, deed: 'reject' }, async (change) => {
    const objection = await mayNotReject(desk, change, asker);
    if (objection !== undefined) return objection;
    const next = moveTo(change, { kind: 'rejected', at: isoNow(desk), by: asker.user, reason });
    return (await replace(desk, next, asker, { kind: 'rejected', deed: 'reject' }))
      ? { kind: 'rejected', change: next }
      : undefined;
  });
}

/** Why a person cannot reject it, to be told before they are asked for their reason; undefined if they can. */
export async function objectionToRejecting(
  desk: Desk,
  about: Deciding,
  asker: Asker,
): Promise<ApprovalAnswer | undefined> {
  const change = await toBeDecided(desk, about);
  const objection = 'answer' in change ? change.answer : await mayNotReject(desk, change, asker);
  return objection && heard(desk, { asker, deed: 'reject' }, objection, hearings);
}

async function mayNotReject(desk: Desk, change: Awaiting, asker: Asker): Promise<ApprovalAnswer | undefined> {
  const opened = await openWeights(desk.mesh, change);
  if (isObjectGone(opened)) {
    const footing = await footingOf(desk, change);
    return end(desk, change, footing.voided({ because: 'moved' }), { asker, deed: 'reject' });
  }
  const denial = await denied(desk, asker, { deed: 'reject', change, opened });
  return denial === undefined ? undefined : { kind: 'denied', change, denial };
}

/** A person who asked for the change takes it back. */
export function withdraw(desk: Desk, about: Deciding, asker: Asker): Promise<ApprovalAnswer> {
  return decideOn(desk, about, { asker, deed: 'withdraw' }, async (change) => {
    if (asker.user !== change.by && asker.user !== change.insistedBy) return { kind: 'not-yours', change };
    const next = moveTo(change, { kind: 'withdrawn', at: isoNow(desk), by: asker.user });
    return (await replace(desk, next, asker, { kind: 'withdrawn', deed: 'withdraw' }))
      ? { kind: 'withdrawn', change: next }
      : undefined;
  });
}

interface Expiring {
  readonly changes: Changes;
  readonly log: Log;
  readonly now: () => Date;
}

/** Ends a change that was not approved in time; undefined if there is time left, or somebody else ended it. */
export async function expire(expiring: Expiring, change: Change): Promise<Change | undefined> {
  const { state } = change;
  if (state.kind !== 'awaiting' || expiring.now().getTime() < Date.parse(state.expiresAt)) return undefined;
  const next = moveTo(change, { kind: 'expired', at: isoNow(expiring) });
  return (await moveOn(expiring, next, { kind: 'expired', rule: state.needs.rule })) ? next : undefined;
}

interface Gesture {
  readonly asker: Asker;
  readonly deed: 'approve' | 'reject' | 'withdraw';
}

/**
 * If several people decide at the same moment, one is first. The others are tried again on the new state, for as long as the person may
 * wait.
 */
async function decideOn(
  desk: Desk,
  about: Deciding,
  gesture: Gesture,
  decide: (change: Awaiting) => Promise<ApprovalAnswer | undefined>,
): Promise<ApprovalAnswer> {
  for (;;) {
    const change = await toBeDecided(desk, about);
    const answer = 'answer' in change ? change.answer : await decide(change);
    if (answer !== undefined) return heard(desk, gesture, answer, hearings);
    refuseIfLate(desk, gesture.asker);
    await delay(retryMs * Math.random());
  }
}

/** The change, if it still awaits approval of the plan that was seen, or the answer that says why there is nothing to decide. */
async function toBeDecided(
  desk: Desk,
  { id, seen }: Deciding,
): Promise<Awaiting | { readonly answer: ApprovalAnswer }> {
  const change = await desk.changes.read(id);
  if (change === undefined) return { answer: { kind: 'unknown-change', id } };
  if (!isAwaiting(change)) return { answer: { kind: 'decided', change } };
  const ended = (await catchUp(desk, change)) ?? (await expire(desk, change));
  if (ended !== undefined) return { answer: { kind: 'decided', change: ended } };
  if (seen !== undefined && seen !== planShown(change.state)) return { answer: { kind: 'planned-anew', change } };
  return change;
}

interface Counting {
  readonly change: Awaiting;
  readonly footing: Footing;
  readonly lines: Lines;
  readonly asker: Asker;
}

/** A person who approved before is counted again, because policy may ask for fewer approvals by now. */
async function count(desk: Desk, counting: Counting): Promise<ApprovalAnswer | undefined> {
  const { change, footing, lines, asker } = counting;
  const edits = footing.edits(goingBefore(lines, goesAhead(change)));
  if (edits === undefined) return end(desk, change, footing.voided({ because: 'moved' }), { asker, deed: 'approve' });

  const approvals = withApproval(change, { by: asker.user, at: isoNow(desk) });
  const wanted = wantedOf(change, hostsIn(footing.opened), change.deed);
  const standing = await judgeChange(desk, { ...change, approvals }, wanted);
  switch (standing.kind) {
    case 'unknown':
      return { kind: 'cannot-tell', change, why: standing.why };
    case 'denied':
      return end(desk, change, footing.voided(byDenial(standing.denial)), { asker, deed: 'approve' });
    case 'lacks':
      return keepCounting(desk, counting, { ...standing, approvals });
    case 'may':
      return queue(desk, counting, {
        ...moveTo(change, { kind: 'queued' }),
        approvals,
        edits,
        acceptedAt: isoNow(desk),
      });
  }
}

function withApproval({ approvals = [] }: Change, approval: Approval): readonly Approval[] {
  return approvals.some(({ by }) => by === approval.by) ? approvals : [...approvals, approval];
}

interface Lacking extends Extract<PolicyNow, { kind: 'lacks' }> {
  readonly approvals: readonly Approval[];
}

/** Stores the approvals that count now and what policy asks for now, because the card tells both. */
async function keepCounting(
  desk: Desk,
  { change, asker }: Counting,
  { missing, needs: { by, count, rule }, lost, approvals }: Lacking,
): Promise<ApprovalAnswer | undefined> {
  if (lost.includes(asker.user)) return undefined; // policy changed just now: judge again
  const needs = { ...change.state.needs, by, count, rule };
  const counted = approvals.filter((approval) => !lost.includes(approval.by));
  const isKnown = change.approvals?.some((approval) => approval.by === asker.user) ?? false;
  const kind = isKnown ? 'approved-before' : 'approved';
  if (isKnown && lost.length === 0 && count === change.state.needs.count) return { kind, change, missing, lost };

  const next = { ...moveTo(change, { ...change.state, needs }), approvals: counted };
  const happened = isKnown ? recounted(next, missing) : approvedBy(change, missing);
  return (await replace(desk, next, asker, happened)) ? { kind, change: next, missing, lost } : undefined;
}

/** The event has the plan that was approved. The change may have moved up in its line since. */
function approvedBy(change: Awaiting, missing: number): Omit<Happened, 'asker'> {
  const { rule } = change.state.needs;
  return { kind: 'approved', deed: 'approve', rule, missing, plan: planHash(change) };
}

/** A person who approved before approves nothing more, even if other approvals count by now. */
function recounted({ state }: Change, missing: number): Omit<Happened, 'asker'> {
  const rule = state.kind === 'awaiting' ? state.needs.rule : undefined;
  return { kind: 'refused', deed: 'approve', because: 'approved-before', rule, missing };
}

async function queue(desk: Desk, counting: Counting, next: Change): Promise<ApprovalAnswer | undefined> {
  const { change, lines, asker } = counting;
  refuseIfLate(desk, asker);
  const event = eventOf(next, { asker, ...approvedBy(change, 0) }, desk.now());
  const accepted = await accept(desk, next, { lines: lines.versions, ahead: goesAhead(next), event }, asker);
  if (accepted.kind !== 'accepted') return undefined;
  addJob(desk, next);
  return { kind: 'approved', change: next, missing: 0, lost: [] };
}

async function end(
  desk: Desk,
  change: Change,
  state: State,
  { asker, deed }: Gesture,
): Promise<ApprovalAnswer | undefined> {
  const next = moveTo(change, state);
  return (await replace(desk, next, asker, { kind: 'voided', deed })) ? { kind: 'voided', change: next } : undefined;
}

interface DecidedOn {
  readonly deed: 'approve' | 'reject';
  readonly change: Change;
  readonly opened: readonly OpenEdit[];
}

async function denied(desk: Desk, asker: Asker, { deed, change, opened }: DecidedOn): Promise<Denial | undefined> {
  const requester = change.insistedBy ?? change.by;
  const { verdict } = await judgeAll(
    desk,
    asker,
    thoseApproved(desk, wantedOf(change, hostsIn(opened), deed, requester)),
  );
  if (verdict.kind === 'refused') return verdict.denial;
  return deed === 'approve' && asker.user === change.by ? { reason: 'own-request' } : undefined;
}

/** Only the objects that need an approval say who may decide. For the others nobody approves anything. */
function thoseApproved({ policies }: Desk, all: ReturnType<typeof wantedOf>): ReturnType<typeof wantedOf> {
  const policy = policies.current();
  const [first, ...more] = all.filter(({ route }) =>
    rulesForEach(policy, targetsOf(route)).some((rule) => rule?.approve !== undefined),
  );
  return first === undefined ? all : [first, ...more];
}

function isAwaiting(change: Change): change is Awaiting {
  return change.state.kind === 'awaiting';
}

function isoNow({ now }: Pick<Desk, 'now'>): string {
  return now().toISOString();
}
