import type { Change } from '../../domain/change/change.ts';
import type { RollbackAnswer } from '../../workflow/asking/roll-back.ts';
import type { EditsAnswer } from '../../workflow/asking/rule-file.ts';
import type { ApprovalAnswer } from '../../workflow/deciding/approve.ts';
import type { HeldAnswer } from '../../workflow/deciding/held-edits.ts';
import type { Desk } from '../../workflow/desk.ts';
import { answerReply, heldReply } from '../replies/answers.ts';
import { approvalReply } from '../replies/approval.ts';
import { editsReply } from '../replies/question.ts';
import { type Reply, says } from '../words/reply.ts';
import type { Conversation } from './conversation.ts';

/** The answer in words, while the card is brought in step. `forgotten`: in place of the words for a change that nobody knows. */
export async function told(conversation: Conversation, answer: RollbackAnswer, forgotten?: string): Promise<Reply> {
  const { cards, desk } = conversation;
  if (answer.kind === 'accepted') cards.showSoon(answer.change.id);
  if (answer.kind === 'unknown-change' && forgotten !== undefined) return says(forgotten);
  return answerReply(answer, desk.now(), await aheadOf(desk, answer));
}

/** The change that an accepted one waits for. The answer is as true without it, so that it is not worth failing for. */
async function aheadOf({ changes, log }: Desk, answer: RollbackAnswer): Promise<Change | undefined> {
  if (answer.kind !== 'accepted' || answer.behind === 0 || answer.change.base.after === undefined) return undefined;
  return changes.read(answer.change.base.after).catch((err: unknown) => {
    log.warn({ changeId: answer.change.id, err }, 'the change before it could not be read');
    return undefined;
  });
}

/** The same for rule files. */
export function toldEdits({ cards, desk }: Conversation, answer: EditsAnswer): Reply {
  if (answer.kind === 'accepted') cards.showSoon(answer.change.id);
  return editsReply(answer, desk.now());
}

export function toldApproval(conversation: Conversation, answer: ApprovalAnswer): Reply {
  if ('change' in answer) conversation.cards.showSoon(answer.change.id);
  return approvalReply(answer);
}

export function toldHeld({ cards, desk }: Conversation, answer: HeldAnswer): Reply {
  if ('change' in answer) cards.showSoon(answer.change.id);
  return heldReply(answer, desk.now());
}
