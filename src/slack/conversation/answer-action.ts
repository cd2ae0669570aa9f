import { isRampId } from '../../domain/routing/names.ts';
import { truncate } from '../../domain/text/typed-text.ts';
import { rollBack } from '../../workflow/asking/roll-back.ts';
import { promote } from '../../workflow/asking/shift.ts';
import { noteRefused } from '../../workflow/audit.ts';
import { approve } from '../../workflow/deciding/approve.ts';
import { discard, planAnew } from '../../workflow/deciding/held.ts';
import { withdraw } from '../../workflow/deciding/reject.ts';
import type { Asker } from '../../workflow/desk.ts';
import { historyOfChange } from '../../workflow/looking/look-up.ts';
import { approvalReply } from '../replies/approval.ts';
import { answerReply, heldReply } from '../replies/change.ts';
import { historyReply } from '../replies/history.ts';
import { unknownRampReply } from '../replies/ramps/gestures.ts';
import { actions, type ButtonValue } from '../words/button.ts';
import { code } from '../words/mrkdwn.ts';
import { type Reply, says } from '../words/reply.ts';
import { answerRampClick } from './answer-ramp.ts';
import type { Conversation } from './conversation.ts';
import { told, toldApproval, toldHeld } from './told.ts';

/** Does what a button of a card is for. */
export async function answerAction(
  conversation: Conversation,
  action: string,
  { id, seen, anew }: ButtonValue,
  asker: Asker,
): Promise<Reply> {
  if (isRampId(id)) return answerRampClick(conversation, action, { id, seen, anew }, asker);
  const { desk } = conversation;
  switch (action) {
    case actions.rollBack:
      return told(conversation, await rollBack(desk, id, asker));
    case actions.rollBackSeen:
      return told(conversation, await rollBack(desk, id, asker, { seen }));
    case actions.promote:
      return told(conversation, await promote(desk, id, asker), { forgotten: forgottenPromotion });
    case actions.applyAnyway:
    case actions.planAgain:
      return toldHeld(conversation, await planAnew(desk, id, asker, seen));
    case actions.approve:
    case actions.approveSeen:
      return toldApproval(conversation, await approve(desk, { id, seen }, asker));
    case actions.withdraw:
      return toldApproval(conversation, await withdraw(desk, { id, seen }, asker));
    case actions.discard:
      return toldHeld(conversation, await discard(desk, id, asker));
    case actions.history: {
      const answer = await historyOfChange(desk, id);
      if (answer.kind !== 'unknown-change') return historyReply(answer, desk.now());
      noteRefused(desk, asker, { deed: 'click', changeId: id, because: answer.kind });
      return answerReply(answer, desk.now());
    }
    default:
      noteRefused(desk, asker, { deed: 'click', changeId: id, because: 'unknown-button', detail: shortly(action) });
      return says(`I do not know what ${code(action)} means. \`/shift status\` shows what is live.`);
  }
}

/** The answer if the change is unknown. It is the same if the person must not learn of the change. */
export function unknownReply({ desk }: Conversation, action: string, id: ButtonValue['id']): Reply {
  if (isRampId(id)) return unknownRampReply(id);
  if (action === actions.promote) return says(forgottenPromotion);
  const unknown = { kind: 'unknown-change', id } as const;
  if (approvals.has(action)) return approvalReply(unknown);
  const isHeld = action === actions.applyAnyway || action === actions.planAgain || action === actions.discard;
  return isHeld ? heldReply(unknown, desk.now()) : answerReply(unknown, desk.now());
}

const approvals: ReadonlySet<string> = new Set([
  actions.approve,
  actions.approveSeen,
  actions.reject,
  actions.withdraw,
]);

const forgottenPromotion =
  'I no longer know what this button was about. `/shift promote reviews v3` does the same for a service and a version that you name.';

const maxAction = 60;

/** Cuts what came with a button: an altered button may hold any length. */
export function shortly(action: string): string {
  return truncate(action, maxAction);
}
