import type { Change } from '../../domain/change/change.ts';
import type { RollbackAnswer } from '../../workflow/asking/roll-back.ts';
import type { EditsAnswer } from '../../workflow/asking/rule-file.ts';
import type { ApprovalAnswer } from '../../workflow/deciding/approve.ts';
import type { HeldAnswer } from '../../workflow/deciding/held-edits.ts';
import type { Desk } from '../../workflow/desk.ts';
import { answerReply, heldReply } from '../replies/answers.ts';
import { approvalReply } from '../replies/approval.ts';
import { editsReply } from '../replies/question.ts';
import type { TypedMove } from '../replies/refusals.ts';
import { type Reply, says } from '../words/reply.ts';
import type { Conversation } from './conversation.ts';

interface Context {
  /** Said in place of the usual words when nobody knows the change. */
  readonly forgotten?: string;
  readonly typed?: TypedMove;
}

/** Words the answer, and starts to bring the card up to date. */
export async function told(
  conversation: Conversation,
  answer: RollbackAnswer,
  { forgotten, typed }: Context = {},
): Promise<Reply> {
  const { cards, desk } = conversation;
  if (answer.kind === 'accepted') cards.showSoon(answer.change.id);
  if (answer.kind === 'unknown-change' && forgotten !== undefined) return says(forgotten);
  return answerReply(answer, desk.now(), { ahead: await aheadOf(desk, answer), typed });
}

/** The change that an accepted one waits for. The answer is true without it, so a failed read is only logged. */
async function aheadOf({ changes, log }: Desk, answer: RollbackAnswer): Promise<Change | undefined> {
  if (answer.kind !== 'accepted' || answer.behind === 0 || answer.change.base.after === undefined) return undefined;
  return changes.read(answer.change.base.after).catch((err: unknown) => {
    log.warn({ changeId: answer.change.id, err }, 'the change before it could not be read');
    return undefined;
  });
}

/** Does the same for rule files. */
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
