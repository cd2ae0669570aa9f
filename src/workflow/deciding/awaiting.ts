import { setTimeout as delay } from 'node:timers/promises';
import { type Change, moveTo, planShown } from '../../domain/change/change.ts';
import type { State, StateOf } from '../../domain/change/state.ts';
import { afterWaiting } from '../../domain/change/undecided.ts';
import type { Denial } from '../../domain/policy/judge.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { historyIn, hostsIn, type OpenEdit } from '../applying/open.ts';
import { catchUp } from '../applying/settle.ts';
import { replace } from '../asking/accept.ts';
import { type Hearing, heard, moveOn } from '../audit.ts';
import { type Asker, type Desk, refuseIfLate } from '../desk.ts';
import { judgeAll, wantedOf } from '../judging/judge-live.ts';
import type { Changes } from '../ports/changes.ts';
import type { Log } from '../ports/process.ts';

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
  /** It was planned anew, and whoever typed its id may know another plan: the person sees this one first. */
  | { readonly kind: 'seen-first'; readonly change: Awaiting }
  /** The approved plan is not what would be applied now, or policy no longer allows it. */
  | { readonly kind: 'voided'; readonly change: Change }
  | { readonly kind: 'denied'; readonly change: Change; readonly denial: Denial }
  /** Only a person who asked for the change may withdraw it. */
  | { readonly kind: 'not-yours'; readonly change: Change }
  | { readonly kind: 'cannot-tell'; readonly change: Change; readonly why: string }
  | { readonly kind: 'unknown-change'; readonly id: ChangeId };

export const hearings: Readonly<Record<ApprovalAnswer['kind'], Hearing>> = {
  approved: 'stored',
  rejected: 'stored',
  withdrawn: 'stored',
  voided: 'stored',
  'approved-before': 'no',
  decided: 'no',
  'planned-anew': 'no',
  'seen-first': 'shown',
  denied: 'no',
  'not-yours': 'no',
  'cannot-tell': 'no',
  'unknown-change': 'no',
};

export type Awaiting = Change & { readonly state: StateOf<'awaiting'> };

/** The longest wait before the next try. The wait is random, so that processes do not retry in step. */
const retryMs = 20;

/** What is decided about. `seen`: the plan that was shown (`planShown`), if a button was clicked; absent if the id was typed. */
export interface Deciding {
  readonly id: ChangeId;
  readonly seen?: string | undefined;
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
  const next = moveTo(change, { kind: 'expired', at: expiring.now().toISOString() });
  return (await moveOn(expiring, next, { kind: 'expired', rule: state.needs.rule })) ? next : undefined;
}

/** Tells people of a held change once more, and ends it when nobody decides; undefined if there is time left, or somebody else was first. */
export async function endUndecided({ changes, log, now }: Expiring, change: Change): Promise<Change | undefined> {
  const state = change.state.kind === 'held' ? afterWaiting(change.state, now()) : undefined;
  if (state === undefined) return undefined;
  const next = moveTo(change, state);
  const isMoved =
    state.kind === 'discarded'
      ? await moveOn({ changes, log, now }, next, { kind: 'discarded' })
      : await changes.update(next); // nothing was decided, so the audit has nothing to tell
  return isMoved ? next : undefined;
}

interface Gesture {
  readonly asker: Asker;
  readonly deed: 'approve' | 'reject' | 'withdraw';
}

/**
 * If several people decide at the same moment, one is first. The others are tried again on the new state, for as long as the person may
 * wait.
 */
export async function decideOn(
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
export async function toBeDecided(
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

export async function end(
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

export async function denied(
  desk: Desk,
  asker: Asker,
  { deed, change, opened }: DecidedOn,
): Promise<Denial | undefined> {
  const requester = change.insistedBy ?? change.by;
  const { verdict } = await judgeAll(
    desk,
    asker,
    wantedOf(change, hostsIn(opened), deed, { requester, historyOf: historyIn(desk, opened) }),
  );
  if (verdict.kind === 'refused') return verdict.denial;
  return deed === 'approve' && asker.user === change.by ? { reason: 'own-request' } : undefined;
}

function isAwaiting(change: Change): change is Awaiting {
  return change.state.kind === 'awaiting';
}
