import { effectOf } from '../../domain/change/change.ts';
import type { Command, MovingCommand, OneRampCommand, RampCommand } from '../../domain/language/command.ts';
import { isStanding } from '../../domain/ramp/ramp-state.ts';
import type { ChangeId, RampId } from '../../domain/routing/names.ts';
import { rollBack } from '../../workflow/asking/roll-back.ts';
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
import { decideOnRamp, pauseAll } from '../../workflow/ramping/decide-on-ramp.ts';
import type { RampGesture } from '../../workflow/ramping/decision.ts';
import { findRamp } from '../../workflow/ramping/find-ramp.ts';
import { readTrusted } from '../../workflow/ramping/read-trusted.ts';
import { requestRamp } from '../../workflow/ramping/start.ts';
import { historyReply } from '../replies/history.ts';
import { rampApprovalReply } from '../replies/ramps/approval.ts';
import { rampReply } from '../replies/ramps/asked.ts';
import {
  finishReply,
  noRampReply,
  pauseAllReply,
  rampDecisionReply,
  unknownRampReply,
} from '../replies/ramps/gestures.ts';
import { rampExplainedReply } from '../replies/ramps/why.ts';
import { actions } from '../words/button.ts';
import { code } from '../words/mrkdwn.ts';
import { type Reply, says } from '../words/reply.ts';
import { answerLost, answerLostClick } from './answer-lost-ramp.ts';
import type { Conversation } from './conversation.ts';
import { told } from './told.ts';

/** A command about a ramp. */
export type AboutRamp =
  | Extract<MovingCommand, { verb: 'ramp' }>
  | RampCommand
  | Extract<Command, { verb: 'why-ramp' }>
  | { readonly verb: 'why'; readonly command: Extract<MovingCommand, { verb: 'ramp' }> }
  | { readonly verb: 'approve' | 'reject' | 'withdraw'; readonly id: RampId; readonly reason?: string | undefined };

/** As many of a ramp's last events as an answer has room for. */
const looksShown = 60;

/** Carries out a command about a ramp. */
export async function answerRamp(conversation: Conversation, command: AboutRamp, asker: Asker): Promise<Reply> {
  const { desk } = conversation;
  switch (command.verb) {
    case 'ramp':
      return rampReply(await requestRamp(desk, command, asker), desk.now(), command);
    case 'why':
      return rampReply(await requestRamp(desk, command.command, asker, 'why'), desk.now());
    case 'why-ramp': {
      const ramp = await desk.ramps.read(command.id);
      if (ramp === undefined) return unknownRampReply(command.id);
      const { entries } = await desk.audit.read({ subject: { kind: 'ramp', id: command.id }, limit: looksShown });
      return rampExplainedReply(ramp, entries);
    }
    case 'approve':
      return toldApproval(conversation, await approveRamp(desk, command, asker));
    case 'reject':
      return rejectRampReply(conversation, command, asker, command.reason);
    case 'withdraw':
      return toldApproval(conversation, await withdrawRamp(desk, command, asker));
    case 'pause-all':
      return pauseAllReply(await pauseAll(desk, asker));
    case 'pause':
    case 'resume':
    case 'next':
    case 'abort':
    case 'finish':
      return answerGesture(conversation, command, asker);
  }
}

/** A person who finishes a ramp is asked first: that is all the rest at once. */
async function answerGesture(conversation: Conversation, command: OneRampCommand, asker: Asker): Promise<Reply> {
  const { desk } = conversation;
  const found = await findRamp(desk, command);
  if (found.kind === 'no-ramp') {
    const lost = await answerLost(conversation, command, found.name, asker);
    return lost ?? noRampReply(found, command.verb);
  }
  if (found.kind === 'several-ramps') return noRampReply(found, command.verb);
  const { ramp } = found;
  if (command.verb === 'finish' && isStanding(ramp.state)) return finishReply(ramp);
  const reason = command.verb === 'abort' ? command.reason : undefined;
  return rampDecisionReply(await decideOnRamp(desk, { id: ramp.id, gesture: command.verb, reason }, asker));
}

interface RampButton {
  readonly id: RampId;
  readonly seen?: string | undefined;
  readonly anew?: string | undefined;
}

/** Does what a button of a ramp's card is for. */
export async function answerRampClick(
  conversation: Conversation,
  action: string,
  { id, seen, anew }: RampButton,
  asker: Asker,
): Promise<Reply> {
  const { desk } = conversation;
  const lost = await answerLostClick(conversation, action, { id, anew }, asker);
  if (lost !== undefined) return lost;
  const finished = action === actions.rampAbort ? await firstOfFinished(conversation, id) : undefined;
  if (finished !== undefined) return told(conversation, await rollBack(desk, finished, asker));
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

/** The oldest change that took effect of a ramp that has ended well. To take that back takes all of the ramp back. */
async function firstOfFinished({ desk }: Conversation, id: RampId): Promise<ChangeId | undefined> {
  const ramp = await desk.ramps.read(id);
  if (ramp?.state.kind !== 'finished') return undefined;
  for (const { step, id: change } of ramp.changes) {
    const stored = step === 0 ? undefined : await readTrusted(desk, change);
    if (stored !== undefined && effectOf(stored).length > 0) return change;
  }
  return undefined;
}

const gestures: ReadonlyMap<string, RampGesture> = new Map([
  [actions.rampPause, 'pause'],
  [actions.rampResume, 'resume'],
  [actions.rampNext, 'next'],
  [actions.rampAbort, 'abort'],
  [actions.rampFinish, 'finish'],
  [actions.rampPutBack, 'put-back'],
  [actions.rampWithout, 'go-without'],
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
