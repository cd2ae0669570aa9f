import type { Button } from '@slack/types';
import { type Change, planShown, type State, shownAs } from '../domain/change.ts';
import type { Who } from '../domain/groups.ts';
import type { DenialReason } from '../domain/judge.ts';
import { actions, formatButtonValue } from './actions.ts';
import { code, foreign, user } from './mrkdwn.ts';
import { splitText } from './split-text.ts';
import { dateText, needsText, ruleText } from './verdicts.ts';

type StateOf<K extends State['kind']> = Extract<State, { kind: K }>;
export type DecisionState = StateOf<'awaiting' | 'rejected' | 'withdrawn' | 'expired' | 'void'>;

/** What a card says of a change that people decide, or decided, about: a sentence or two each, already escaped. */
export function decisionNotes(change: Change, state: DecisionState): readonly string[] {
  switch (state.kind) {
    case 'awaiting':
      return [awaitingNote(change, state), ...approvedBy(change)];
    case 'rejected':
      return [`${user(state.by)} rejected it${why(state.reason)}. Nothing was changed.`, ...approvedBy(change)];
    case 'withdrawn':
      return [`${user(state.by)} withdrew it. Nothing was changed.`, ...approvedBy(change)];
    case 'expired':
      return [
        'It was not approved in time. Nothing was changed. If it is still wanted, type the command again.',
        ...approvedBy(change),
      ];
    case 'void':
      return [voidNote(change, state), ...approvedBy(change)];
  }
}

/** Who said yes, by name; on the card of an applied change too. */
export function approvedBy({ approvals = [] }: Change): readonly string[] {
  return approvals.length === 0 ? [] : [`Approved by ${approvals.map(({ by }) => user(by)).join(', ')}.`];
}

/** The approvers' group is pinged by the first post, and not by what the card becomes: Slack notifies nobody of an update. */
function awaitingNote({ approvals = [] }: Change, { needs, expiresAt }: StateOf<'awaiting'>): string {
  const given = approvals.length === 0 ? '' : ` ${approvals.length} of ${needs.count} given.`;
  const pinged = needs.by.flatMap(mention).slice(0, 8);
  const called = pinged.length === 0 ? '' : ` ${pinged.join(' ')}`;
  return `*Waits for approval* until ${dateText(new Date(expiresAt))}: ${needsText(needs)}${given}${called}`;
}

function mention(who: Who): readonly string[] {
  switch (who.kind) {
    case 'everyone':
      return []; // nobody wants that
    case 'user':
      return [user(who.id)];
    case 'group':
      return who.users.map(user);
    case 'usergroup':
      return /^S[A-Z0-9]+$/.test(who.id) ? [`<!subteam^${who.id}>`] : [];
  }
}

function voidNote(change: Change, { because, live, lastWriter, denied, rule }: StateOf<'void'>): string {
  const decidedBy = rule === undefined ? '' : ` (${ruleText(rule)})`;
  switch (because) {
    case 'moved': {
      const who = lastWriter === undefined ? '' : `, last written by ${code(lastWriter)}`;
      const now = live === undefined ? 'the rule is gone' : `live is now ${foreign(splitText(live))}${who}`;
      return `*The plan does not hold any more.* It was made from ${foreign(splitText(change.from))}; ${now}. Nothing was changed, and approvals were for that plan only.`;
    }
    case 'denied':
      return `*Policy does not allow it any more:* ${denied === undefined ? 'it was changed' : deniedWords[denied]}${decidedBy}. Nothing was changed.`;
    case 'approvals':
      return `*Its approvals do not suffice any more*: somebody who approved may not by now, or the policy asks for more${decidedBy}. Nothing was changed.`;
  }
}

const deniedWords: Record<DenialReason, string> = {
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
  'step-too-large': 'the step is larger than is allowed',
};

export function decisionButtons(change: Change, state: DecisionState): Button[] {
  const { id } = change;
  switch (state.kind) {
    case 'awaiting': {
      const value = formatButtonValue({ id, seen: planShown(state) });
      return [
        { type: 'button', action_id: actions.approve, value, text: plain('Approve'), style: 'primary' },
        { type: 'button', action_id: actions.reject, value, text: plain('Reject') },
        { type: 'button', action_id: actions.withdraw, value, text: plain('Withdraw') },
      ];
    }
    case 'void': {
      const value = formatButtonValue({ id, seen: shownAs(change) });
      return [{ type: 'button', action_id: actions.planAgain, value, text: plain('Plan again') }];
    }
    case 'rejected':
    case 'withdrawn':
    case 'expired':
      return [];
  }
}

function plain(text: string): { type: 'plain_text'; text: string; emoji: boolean } {
  return { type: 'plain_text', text, emoji: false };
}

function why(reason: string | undefined): string {
  return reason === undefined ? '' : `: “${foreign(reason)}”`;
}
