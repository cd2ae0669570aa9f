import type { RampId } from '../../domain/routing/names.ts';
import { noteRefused } from '../../workflow/audit.ts';
import type { Asker } from '../../workflow/desk.ts';
import { historyOfRamp } from '../../workflow/looking/look-up.ts';
import {
  approveRamp,
  type DecidingApproval,
  objectionToRejectingRamp,
  type RampApproval,
  rejectRamp,
  withdrawRamp,
} from '../../workflow/ramping/approve-ramp.ts';
import { decideOnRamp, type RampGesture } from '../../workflow/ramping/decide-on-ramp.ts';
import { historyReply } from '../replies/history.ts';
import { rampApprovalReply, rampDecisionReply, unknownRampReply } from '../replies/ramp.ts';
import { actions } from '../words/button.ts';
import { code } from '../words/mrkdwn.ts';
import { type Reply, says } from '../words/reply.ts';
import type { Conversation } from './conversation.ts';

interface RampButton {
  readonly id: RampId;
  readonly seen?: string | undefined;
}

/** Does what a button of a ramp's card is for. */
export async function answerRampClick(
  conversation: Conversation,
  action: string,
  { id, seen }: RampButton,
  asker: Asker,
): Promise<Reply> {
  const { desk } = conversation;
  const gesture = gestures.get(action);
  if (gesture !== undefined) return rampDecisionReply(await decideOnRamp(desk, { id, gesture, seen }, asker));
  switch (action) {
    case actions.approve:
      return toldApproval(conversation, await approveRamp(desk, { id, seen }, asker));
    case actions.withdraw:
      return toldApproval(conversation, await withdrawRamp(desk, { id, seen }, asker));
    case actions.history: {
      const answer = await historyOfRamp(desk, id);
      return answer === undefined ? unknownRampReply(id) : historyReply(answer, desk.now());
    }
    default:
      noteRefused(desk, asker, { deed: 'click', rampId: id, because: 'unknown-button' });
      return says(`I do not know what ${code(action)} means. \`/shift status\` shows what is live.`);
  }
}

const gestures: ReadonlyMap<string, RampGesture> = new Map([
  [actions.rampPause, 'pause'],
  [actions.rampResume, 'resume'],
  [actions.rampNext, 'next'],
  [actions.rampAbort, 'abort'],
  [actions.rampFinish, 'finish'],
]);

/** Why a person may not reject a ramp, before they are asked for the reason. */
export async function objectionToRejectingRampReply(
  conversation: Conversation,
  about: DecidingApproval,
  asker: Asker,
): Promise<Reply | undefined> {
  const objection = await objectionToRejectingRamp(conversation.desk, about, asker);
  return objection && toldApproval(conversation, objection);
}

export async function rejectRampReply(
  conversation: Conversation,
  about: DecidingApproval,
  asker: Asker,
  reason: string | undefined,
): Promise<Reply> {
  return toldApproval(conversation, await rejectRamp(conversation.desk, about, asker, reason));
}

/** The card may be older than the answer. */
function toldApproval({ cards }: Conversation, answer: RampApproval): Reply {
  if ('ramp' in answer) cards.showSoon(answer.ramp.id);
  return rampApprovalReply(answer);
}
