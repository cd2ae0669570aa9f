import type { Button } from '@slack/types';
import { type Change, planShown, shownAs } from '../../domain/change/change.ts';
import type { State, StateOf } from '../../domain/change/state.ts';
import { approversIn, eachNeed, type Needs } from '../../domain/policy/approvals.ts';
import type { Who } from '../../domain/policy/groups.ts';
import type { DenialReason } from '../../domain/policy/judge.ts';
import type { CardId } from '../../workflow/ports/cards.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { foreign, user } from '../words/mrkdwn.ts';
import { dateText, holdWords, ruleText, whoText } from '../words/policy-words.ts';
import { movedNote } from './found.ts';

const decisions = ['awaiting', 'rejected', 'withdrawn', 'expired', 'void'] as const;
export type DecisionState = StateOf<(typeof decisions)[number]>;

export function isDecision(state: State): state is DecisionState {
  return decisions.some((kind) => kind === state.kind);
}

/** The notes on a change that people decide or have decided about: one or two sentences each, already escaped. */
export function decisionNotes(change: Change, state: DecisionState): readonly string[] {
  return state.kind === 'void' ? [voidNote(change, state), ...approvedBy(change)] : approvalNotes(change, state);
}

/** What people approve: a change, or a whole ramp. */
type Approved = Pick<Change, 'by' | 'insistedBy' | 'approvals'>;

export function approvalNotes(change: Approved, state: Exclude<DecisionState, { kind: 'void' }>): readonly string[] {
  switch (state.kind) {
    case 'awaiting':
      return [awaitingNote(change, state), ...approvedBy(change)];
    case 'rejected':
      return [
        `${user(state.by)} rejected it, ${when(state.at)}${why(state.reason)}. Nothing was changed.`,
        ...approvedBy(change),
      ];
    case 'withdrawn':
      return [`${user(state.by)} withdrew it, ${when(state.at)}. Nothing was changed.`, ...approvedBy(change)];
    case 'expired':
      return [
        `It was not approved by ${when(state.at)}. Nothing was changed. If it is still wanted, type the command again.`,
        ...approvedBy(change),
      ];
  }
}

/** Who approved, and when. The card of an applied change shows it too. */
export function approvedBy({ approvals = [] }: Pick<Change, 'approvals'>): readonly string[] {
  if (approvals.length === 0) return [];
  return [`Approved by ${approvals.map(({ by, at }) => `${user(by)}, ${when(at)}`).join('; ')}.`];
}

const mostPinged = 8;

/** Only the card's first post pings the approvers' group: Slack notifies nobody of an update. */
function awaitingNote(change: Approved, { needs, expiresAt }: StateOf<'awaiting'>): string {
  const given = change.approvals?.length ?? 0;
  const progress = needs.also === undefined ? progressText(given, needs.count) : ` ${given} given.`;
  const pinged = [...new Set(approversIn(needs).flatMap(mention))]
    .filter((each) => !isOver(change, each))
    .slice(0, mostPinged);
  const called = pinged.length === 0 ? '' : ` ${pinged.join(' ')}`;
  return `${waitsText(needs)}, until ${when(expiresAt)}.${progress}${called}`;
}

function progressText(given: number, count: number): string {
  return count === 1 ? '' : ` ${given} of ${count} given.`;
}

/** Each rule that asks is named if there are several: one person may count for more than one. */
function waitsText(needs: Needs): string {
  const each = eachNeed(needs).map(({ by, count, rule }) => {
    const approvals = count === 1 ? 'one approval' : `${count} approvals`;
    const under = needs.also === undefined ? '' : ` (${ruleText(rule)})`;
    return [approvals, `by ${whoText(by)}${under}`] as const;
  });
  const [[first, by] = ['', ''], ...more] = each;
  return [`*Waits for ${first}* ${by}`, ...more.map((words) => words.join(' '))].join(', and ');
}

/** People who asked for it cannot approve it, and people who approved it are done. Neither are pinged. */
function isOver({ by, insistedBy, approvals = [] }: Approved, mentioned: string): boolean {
  const all = [by, insistedBy, ...approvals.map((approval) => approval.by)];
  return all.some((id) => id !== undefined && user(id) === mentioned);
}

/** Mentions groups only. `whoText` already mentions, and so pings, a single user. */
function mention(who: Who): readonly string[] {
  switch (who.kind) {
    case 'everyone': // nobody wants that
    case 'user':
      return [];
    case 'group':
      return who.users.map(user);
    case 'usergroup':
      return /^S[A-Z0-9]+$/.test(who.id) ? [`<!subteam^${who.id}>`] : [];
  }
}

/** Each of them is notified. Of many only some are, and how many more there are is said. */
export function mentions(all: readonly Who[], except: string): readonly string[] {
  const each = all.flatMap((who) => (who.kind === 'user' ? [user(who.id)] : mention(who)));
  const called = [...new Set(each)].filter((one) => one !== user(except));
  const more = called.length - mostPinged;
  return [...called.slice(0, mostPinged), ...(more > 0 ? [`and ${more} more`] : [])];
}

function voidNote(change: Change, state: StateOf<'void'>): string {
  const { because, rule } = state;
  const decidedBy = rule === undefined ? '' : ` (${ruleText(rule)})`;
  switch (because) {
    case 'moved':
      return `*The plan does not hold any more.* ${movedNote(change, state)}. Nothing was changed, and approvals were for that plan only.`;
    case 'denied':
      return `*Policy does not allow it any more:* ${deniedText(state)}${decidedBy}. Nothing was changed.`;
    case 'relabelled':
      return '*The plan does not hold any more.* The labels of a version were changed, so its name means other pods than those that were approved. Nothing was changed, and approvals were for that plan only.';
    case 'approvals':
      return `*Its approvals do not suffice any more*: somebody who approved may not by now, or the policy asks for more${decidedBy}. Nothing was changed.`;
  }
}

function deniedText({ denied, hold, heldUntil }: StateOf<'void'>): string {
  if (denied === undefined) return 'it was changed';
  const until = heldUntil === undefined ? undefined : new Date(heldUntil);
  const isHeld = hold !== undefined || until !== undefined;
  return isHeld ? `${deniedWords[denied]}${holdWords({ ...hold, until })}` : deniedWords[denied];
}

export const deniedWords: Record<DenialReason, string> = {
  deactivated: 'whoever asked for it has no account any more',
  outsider: 'whoever asked for it is of another team',
  bot: 'whoever asked for it is a bot',
  guest: 'whoever asked for it is a guest',
  'person-unknown': 'who asked for it is not known',
  'no-rule': 'no rule matches the service',
  'wrong-channel': 'it may not be asked for in this channel',
  'not-allowed': 'whoever asked for it may not do so by now',
  'membership-unknown': 'who is in a group is not known',
  'own-request': 'whoever asks cannot approve',
  locked: 'the service is locked',
  frozen: 'changes are frozen',
  'ramp-only': 'traffic goes up here by ramps only',
  'too-steep': 'the ramp is steeper than is allowed',
  'guard-required': 'the guard may not be left out',
  'outside-hours': 'it is outside the hours in which traffic may go up',
  'step-too-large': 'the step is larger than is allowed',
  'step-unmeasured': 'it is more than weights where steps are bounded',
  'several-approvals': 'its objects would be approved under different rules',
};

export function decisionButtons(change: Change, state: DecisionState): Button[] {
  const { id } = change;
  switch (state.kind) {
    case 'awaiting':
      return approvalButtons(id, state);
    case 'void': {
      const value = formatButtonValue({ id, seen: shownAs(change) });
      return [
        { type: 'button', action_id: actions.planAgain, value, text: plain('Plan again'), confirm: confirmPlanAgain },
      ];
    }
    case 'rejected':
    case 'withdrawn':
    case 'expired':
      return [];
  }
}

export function approvalButtons(id: CardId, state: StateOf<'awaiting'>): Button[] {
  const value = formatButtonValue({ id, seen: planShown(state) });
  return [
    { type: 'button', action_id: actions.approve, value, text: plain('Approve'), style: 'primary' },
    { type: 'button', action_id: actions.reject, value, text: plain('Reject') },
    { type: 'button', action_id: actions.withdraw, value, text: plain('Withdraw') },
  ];
}

/** An approver who plans again can no longer approve. Without this dialog they would learn that too late. */
const confirmPlanAgain = {
  title: plain('Plan again?'),
  text: plain(
    'The same split is planned from what is live now. Whoever does so counts as asking for it, and cannot approve it.',
  ),
  confirm: plain('Plan again'),
  deny: plain('Cancel'),
};

function plain(text: string): { type: 'plain_text'; text: string; emoji: boolean } {
  return { type: 'plain_text', text, emoji: false };
}

function why(reason: string | undefined): string {
  return reason === undefined ? '' : `: “${foreign(reason)}”`;
}

function when(at: string): string {
  return dateText(new Date(at));
}
