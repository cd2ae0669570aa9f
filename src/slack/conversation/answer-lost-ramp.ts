import type { OneRampCommand } from '../../domain/language/command.ts';
import type { ChangeId, RampId, ServiceName } from '../../domain/routing/names.ts';
import { rollBack } from '../../workflow/asking/roll-back.ts';
import { noteRefused } from '../../workflow/audit.ts';
import { type Asker, fillIn } from '../../workflow/desk.ts';
import { historyOfChange } from '../../workflow/looking/look-up.ts';
import { type LostRamp, lostRamp, lostRampsOf, sinceShown, startOf } from '../../workflow/ramping/lost-ramp.ts';
import { rampIdOf, requestRamp } from '../../workflow/ramping/start.ts';
import { answerReply } from '../replies/change.ts';
import { historyReply } from '../replies/history.ts';
import { rampReply } from '../replies/ramps/asked.ts';
import { lostRampReply, notAnewReply, severalLostReply } from '../replies/ramps/lost.ts';
import { actions } from '../words/button.ts';
import { readRampLine, type TypedRamp } from '../words/ramp-command.ts';
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
  if (action === actions.rampAbort && startOf(lost) !== undefined) return takenBack(conversation, lost, asker);
  if (action === actions.history) return lostHistory(conversation, lost);
  noteRefused(desk, asker, { deed: 'click', rampId: id, because: 'unknown-ramp' });
  return lostRampReply(lost, { from: 'card', typed });
}

/** The same for a command about the ramp of a service. The command does not say what was left of it. */
export async function answerLost(
  conversation: Conversation,
  command: OneRampCommand,
  name: ServiceName,
  asker: Asker,
): Promise<Reply | undefined> {
  const { desk } = conversation;
  const all = await lostRampsOf(desk, name, command.rule);
  const [lost, ...more] = all;
  if (lost === undefined) return undefined;
  if (command.verb === 'abort' && more.length === 0 && startOf(lost) !== undefined)
    return takenBack(conversation, lost, asker, command.reason);
  const which = more.length === 0 ? { rampId: lost.id, because: 'unknown-ramp' } : { because: 'several-ramps' };
  noteRefused(desk, asker, { deed: command.verb, service: name, ...which });
  return more.length === 0 ? lostRampReply(lost, { from: 'command' }) : severalLostReply(all, command);
}

/**
 * Starts the rest of a lost ramp anew, if it still stands as the person was shown it. `shown`: its newest change then. A click that is
 * delivered once more starts nothing more.
 */
export async function answerAnew(
  conversation: Conversation,
  { rest, shown }: { readonly rest: TypedRamp; readonly shown: ChangeId },
  asker: Asker,
): Promise<Reply> {
  const { desk } = conversation;
  const isStarted = (await desk.ramps.read(rampIdOf(asker.request))) !== undefined;
  const since = isStarted ? ({ kind: 'as-shown' } as const) : await sinceShown(desk, shown);
  if (since.kind === 'as-shown') return rampReply(await requestRamp(desk, rest, asker), desk.now());
  noteRefused(desk, asker, { deed: 'shift', service: fillIn(desk, rest.service), because: since.kind });
  return notAnewReply(since);
}

/** To go back one needs no record: the history has what was before the ramp. */
async function takenBack(
  conversation: Conversation,
  { first }: LostRamp,
  asker: Asker,
  reason?: string,
): Promise<Reply> {
  return told(conversation, await rollBack(conversation.desk, first.id, asker, { reason }));
}

async function lostHistory({ desk }: Conversation, { last }: LostRamp): Promise<Reply> {
  const answer = await historyOfChange(desk, last.id);
  return answer.kind === 'unknown-change' ? answerReply(answer, desk.now()) : historyReply(answer, desk.now());
}
