import type { Ramp } from '../../../domain/ramp/ramp.ts';
import type { RampApproval } from '../../../workflow/ramping/approve-ramp.ts';
import { foreign, user } from '../../words/mrkdwn.ts';
import { denialText } from '../../words/policy-words.ts';
import { type Reply, says } from '../../words/reply.ts';
import { momentText } from '../../words/time-text.ts';
import { unknownRampReply } from './gestures.ts';
import { namedRamp as named } from './lines.ts';

/** The answer to an approval, a rejection or a withdrawal of a ramp. */
export function rampApprovalReply(answer: RampApproval): Reply {
  switch (answer.kind) {
    case 'approved':
      return says(
        answer.missing === 0
          ? `Approved: ${named(answer.ramp)} begins ${beginsText(answer.ramp)}. Its card follows it.`
          : `Your approval of ${named(answer.ramp)} counts; ${moreText(answer.missing)}`,
      );
    case 'approved-before':
      return says(`You have approved ${named(answer.ramp)} already; ${moreText(answer.missing)}`);
    case 'rejected':
      return says(`Rejected: ${named(answer.ramp)}. Nothing was changed.`);
    case 'withdrawn':
      return says(`Withdrawn: ${named(answer.ramp)}. Nothing was changed.`);
    case 'voided':
      return says(`${named(answer.ramp)} does not stand any more, so nothing was decided. Type it again.`);
    case 'decided':
      return says(`${named(answer.ramp)} does not wait for approval any more. Its card says more.`);
    case 'planned-anew':
      return says(`${named(answer.ramp)} was planned anew since you saw it. Look at its card, then decide.`);
    case 'not-yours':
      return says(
        `Only whoever asked for ${named(answer.ramp)}, ${user(answer.ramp.by)}, withdraws it. Approvers *Reject* it.`,
      );
    case 'denied':
      return says(denialText(answer.denial));
    case 'cannot-tell':
      return says(
        `I cannot tell whether that suffices, so nothing was counted: ${foreign(answer.why)}. Try again in a moment.`,
      );
    case 'unknown-ramp':
      return unknownRampReply(answer.id);
  }
}

function beginsText({ state }: Ramp): string {
  return state.kind === 'running' ? `at ${momentText(state.dueAt)}` : 'now';
}

function moreText(missing: number): string {
  return `${missing} more ${missing === 1 ? 'is' : 'are'} needed.`;
}
