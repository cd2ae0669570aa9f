import { type Change, isWeightsOnly, mainMove, planShown } from '../../domain/change/change.ts';
import { nobody } from '../../domain/change/undecided.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { ApprovalAnswer } from '../../workflow/deciding/awaiting.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { movesText, namedMoves } from '../words/move-text.ts';
import { foreign, plain, user } from '../words/mrkdwn.ts';
import { dateText, denialText } from '../words/policy-words.ts';
import { asks, type Reply, says } from '../words/reply.ts';
import { splitText } from '../words/split-text.ts';
import { title } from '../words/title.ts';
import { rampLine } from './ramps/lines.ts';

/** The answer to an approval, a rejection or a withdrawal. */
export function approvalReply(answer: ApprovalAnswer): Reply {
  switch (answer.kind) {
    case 'approved':
      return says(
        answer.missing === 0
          ? `Approved: ${named(answer.change)} is applied now. Its card follows it.`
          : `Your approval of ${named(answer.change)} counts; ${missingText(answer)}`,
      );
    case 'approved-before':
      return says(
        `You have approved ${named(answer.change)} already, and each person counts once; ${missingText(answer)}`,
      );
    case 'rejected':
      return says(`Rejected: ${named(answer.change)}. Nothing was changed.`);
    case 'withdrawn':
      return says(`Withdrawn: ${named(answer.change)}. Nothing was changed.`);
    case 'decided':
      return says(
        `${named(answer.change)} does not wait for approval any more: ${decided(answer.change)}. Its card says more.`,
      );
    case 'planned-anew':
      return says(`${named(answer.change)} was planned anew since you saw it. Look at its card, then decide.`);
    case 'seen-first':
      return asks(
        `*Not approved yet:* ${named(answer.change)} was planned anew by ${user(answer.change.insistedBy ?? answer.change.by)} since it was asked for. ${planText(answer.change)}`,
        {
          action_id: actions.approveSeen,
          value: formatButtonValue({ id: answer.change.id, seen: planShown(answer.change.state) }),
          style: 'primary',
          text: plain('Approve this plan'),
        },
      );
    case 'voided':
      return says(
        `${named(answer.change)} does not stand any more, so nothing was decided. Its card says why; *Plan again* starts anew.`,
      );
    case 'denied':
      return says(denialText(answer.denial));
    case 'not-yours':
      return says(
        `Only whoever asked for ${named(answer.change)}, ${user(answer.change.by)}, withdraws it. Approvers *Reject* it.`,
      );
    case 'cannot-tell':
      return says(
        `I cannot tell whether that suffices, so nothing was counted: ${foreign(answer.why)}. Try again in a moment.`,
      );
    case 'unknown-change':
      return says(`Nothing is known of ${answer.id} any more. \`/shift pending\` shows what waits.`);
  }
}

function missingText({ missing, lost }: Extract<ApprovalAnswer, { kind: 'approved' | 'approved-before' }>): string {
  const more = `${missing} more ${missing === 1 ? 'is' : 'are'} needed.`;
  if (lost.length === 0) return more;
  return `${more} What ${lost.map(user).join(', ')} approved counts no more, since policy does not let them any longer.`;
}

/** Characters for a plan. */
const maxPlan = 1_500;

/** Characters for the list. This leaves room in the message for the count of the rest. */
const maxListed = 2_800;

/** All changes and ramps that wait for people, in every cluster and namespace. */
export function pendingReply(changes: readonly Change[], ramps: readonly Ramp[] = []): Reply {
  const pending = [...ramps.map(rampLine), ...changes.map(pendingLine)];
  if (pending.length === 0) return says('Nothing waits for a decision.');
  const lines: string[] = [];
  for (const line of pending) {
    if (lines.join('\n').length + line.length > maxListed) break;
    lines.push(line);
  }
  const more = pending.length - lines.length;
  return says([...lines, ...(more > 0 ? [`… +${more}`] : [])].join('\n'));
}

function pendingLine(change: Change): string {
  const { state, approvals = [], by } = change;
  const { from, to } = mainMove(change);
  const what = `${named(change)}: ${foreign(splitText(from))} → ${foreign(splitText(to))}, asked by ${user(by)}`;
  if (state.kind !== 'awaiting') return `${what}; held, since the object moved`;
  const most = state.needs.also === undefined ? `${approvals.length} of ${state.needs.count}` : `${approvals.length}`;
  return `${what}; ${most} approvals, until ${dateText(new Date(state.expiresAt))}`;
}

function planText(change: Change): string {
  return isWeightsOnly(change)
    ? `This is the plan now: ${movesText(namedMoves(change.edits), maxPlan)}.`
    : 'Its card shows what it would write now.';
}

function named(change: Change): string {
  return `${change.id} (${foreign(title(change))})`;
}

function decided({ state, approvals = [] }: Change): string {
  switch (state.kind) {
    case 'discarded':
      if (state.by === nobody) return `nobody decided about it in time, ${dateText(new Date(state.at))}`;
      return `discarded by ${user(state.by)}, ${dateText(new Date(state.at))}`;
    case 'rejected':
    case 'withdrawn':
      return `${state.kind} by ${user(state.by)}, ${dateText(new Date(state.at))}`;
    case 'expired':
      return `it expired, ${dateText(new Date(state.at))}`;
    case 'void':
      return `its plan does not stand any more, ${dateText(new Date(state.at))}`;
    default:
      return approvals.length === 0
        ? `it is ${state.kind}`
        : `approved by ${approvals.map(({ by, at }) => `${user(by)}, ${dateText(new Date(at))}`).join('; ')}; it is ${state.kind}`;
  }
}
