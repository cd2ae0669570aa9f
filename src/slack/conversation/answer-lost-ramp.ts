import type { RampId, ServiceName } from '../../domain/routing/names.ts';
import { rollBack } from '../../workflow/asking/roll-back.ts';
import { noteRefused } from '../../workflow/audit.ts';
import { type Asker, fillIn } from '../../workflow/desk.ts';
import { historyOfChange } from '../../workflow/looking/look-up.ts';
import type { RampGesture } from '../../workflow/ramping/decision.ts';
import { type LostRamp, lostRamp, lostRampOf } from '../../workflow/ramping/lost-ramp.ts';
import { answerReply } from '../replies/change.ts';
import { historyReply } from '../replies/history.ts';
import { lostRampReply } from '../replies/ramps/lost.ts';
import { actions } from '../words/button.ts';
import { readRampLine } from '../words/ramp-command.ts';
import type { Reply } from '../words/reply.ts';
import type { Conversation } from './conversation.ts';
import { told } from './told.ts';

interface LostButton {
  readonly id: RampId;
  /** The ramp as it would be typed. */
  readonly anew?: string | undefined;
}

/** The answer to a click on the card of a ramp that has lost its record. Undefined if it has not, or if no history knows it. */
export async function answerLostClick(
  conversation: Conversation,
  action: string,
  { id, anew }: LostButton,
  asker: Asker,
): Promise<Reply | undefined> {
  const { desk } = conversation;
  const typed = readRampLine(anew);
  const lost = await lostRamp(desk, id, typed && fillIn(desk, typed.service));
  if (lost === undefined) return undefined;
  if (action === actions.rampAbort) return takenBack(conversation, lost, asker);
  if (action === actions.history) return lostHistory(conversation, lost);
  noteRefused(desk, asker, { deed: 'click', rampId: id, because: 'unknown-ramp' });
  return lostRampReply(lost, typed);
}

/** The same for a command about the ramp of a service. The command does not say what was left of it. */
export async function answerLost(
  conversation: Conversation,
  gesture: RampGesture,
  name: ServiceName,
  asker: Asker,
): Promise<Reply | undefined> {
  const { desk } = conversation;
  const lost = await lostRampOf(desk, name);
  if (lost === undefined) return undefined;
  if (gesture === 'abort') return takenBack(conversation, lost, asker);
  noteRefused(desk, asker, { deed: gesture, rampId: lost.id, because: 'unknown-ramp' });
  return lostRampReply(lost, undefined);
}

/** To go back one needs no record: the history has what was before the ramp. */
async function takenBack(conversation: Conversation, { first }: LostRamp, asker: Asker): Promise<Reply> {
  return told(conversation, await rollBack(conversation.desk, first.id, asker));
}

async function lostHistory({ desk }: Conversation, { last }: LostRamp): Promise<Reply> {
  const answer = await historyOfChange(desk, last.id);
  return answer.kind === 'unknown-change' ? answerReply(answer, desk.now()) : historyReply(answer, desk.now());
}
