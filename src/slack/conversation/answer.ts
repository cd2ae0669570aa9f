import { isEditCommand } from '../../domain/language/command.ts';
import { withSequences } from '../../domain/language/named-sequences.ts';
import { parseCommand } from '../../domain/language/parse-command.ts';
import { isRampId } from '../../domain/routing/names.ts';
import type { Gesture } from '../../workflow/asking/limits.ts';
import { requestEdits } from '../../workflow/asking/rule-file.ts';
import { requestShift } from '../../workflow/asking/shift.ts';
import { noteRefused } from '../../workflow/audit.ts';
import type { Deciding } from '../../workflow/deciding/awaiting.ts';
import { objectionToRejecting, reject } from '../../workflow/deciding/reject.ts';
import type { Asker } from '../../workflow/desk.ts';
import { carryOut } from '../../workflow/holding/hold-command.ts';
import { holdReply } from '../replies/hold.ts';
import { tourReply } from '../replies/tour.ts';
import { actions, type ButtonValue, type LineValue } from '../words/button.ts';
import { readRampLine } from '../words/ramp-command.ts';
import { type Reply, says } from '../words/reply.ts';
import { answerAction, shortly, unknownReply } from './answer-action.ts';
import { answerCommand } from './answer-command.ts';
import { answerAnew } from './answer-lost-ramp.ts';
import { objectionToRejectingRampReply, rejectRampReply } from './answer-ramp.ts';
import { mayComeFromItsCard } from './card-origin.ts';
import { type Conversation, type Request, type Told, tourWorldOf } from './conversation.ts';
import { gestureOf, gestureOfClick, unlessTooMany } from './gesture.ts';
import { inTime } from './in-time.ts';
import { told, toldApproval } from './told.ts';

/** Answers what was typed. */
export function answerText(conversation: Conversation, text: string, request: Request): Promise<Told> {
  const { desk } = conversation;
  const command = withSequences(parseCommand(text), desk.policies.current().sequences);
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, gestureOf(desk, command), () => answerCommand(conversation, command, asker)),
  );
}

/** Answers a click on a button of a card. */
export function answerClick(
  conversation: Conversation,
  action: string,
  value: ButtonValue | undefined,
  request: Request,
): Promise<Told> {
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, gestureOfClick(action), async () => {
      if (value === undefined) return notOursReply(conversation, asker, action);
      const isFromCard = await mayComeFromItsCard(conversation.desk, action, value.id, asker);
      return isFromCard
        ? answerAction(conversation, action, value, asker)
        : strayedReply(conversation, action, value.id, asker);
    }),
  );
}

/** Answers a click on the button that takes over a lock, thaws somebody else's freeze, or says which of two readings a freeze has. */
export function answerTakeOver(
  conversation: Conversation,
  value: LineValue | undefined,
  request: Request,
): Promise<Told> {
  const command = value === undefined ? undefined : parseCommand(value.line);
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'decision' }, async () => {
      const isOurs = command?.verb === 'lock' || command?.verb === 'thaw' || command?.verb === 'freeze';
      if (!isOurs) return notOursReply(conversation, asker, 'take over');
      return holdReply(await carryOut(conversation.desk, command, asker, value?.seen));
    }),
  );
}

/** Answers a click on the button that applies or deletes what was shown of a rule file. */
export function answerEdits(
  conversation: Conversation,
  action: string,
  value: LineValue | undefined,
  request: Request,
): Promise<Told> {
  const command = value === undefined ? undefined : parseCommand(value.line);
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, gestureOfClick(action), async () => {
      if (value === undefined || command === undefined || !isEditCommand(command))
        return notOursReply(conversation, asker, action);
      const clicked = { stamp: value.seen, isMeant: action === actions.applyMeant };
      return told(conversation, await requestEdits(conversation.desk, command, asker, clicked));
    }),
  );
}

/** Answers a click on the button that says which rule or object a shift is about: the same as if it were typed so. */
export function answerThisOne(conversation: Conversation, line: string | undefined, request: Request): Promise<Told> {
  const command = line === undefined ? undefined : parseCommand(line);
  if (line !== undefined && (command?.verb === 'shift' || command?.verb === 'ramp'))
    return answerText(conversation, line, request);
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'look' }, async () =>
      notOursReply(conversation, asker, actions.thisOne),
    ),
  );
}

/** Answers a click on the button that ends a ramp by another shift. */
export function answerOverRamp(
  conversation: Conversation,
  value: LineValue | undefined,
  request: Request,
): Promise<Told> {
  const command = value === undefined ? undefined : parseCommand(value.line);
  const gesture: Gesture = { kind: 'change' };
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, gesture, async () => {
      if (value === undefined || command?.verb !== 'shift') return notOursReply(conversation, asker, actions.overRamp);
      const answer = await requestShift(conversation.desk, command, asker, 'do', `r-${value.seen.slice(2)}`);
      return told(conversation, answer, { typed: command });
    }),
  );
}

/** Answers a click on the button that starts the rest of a lost ramp anew. */
export function answerRampAnew(
  conversation: Conversation,
  value: LineValue | undefined,
  request: Request,
): Promise<Told> {
  const rest = readRampLine(value?.line);
  return inTime(conversation, request, (asker) => {
    const gesture: Gesture = rest === undefined ? { kind: 'look' } : gestureOf(conversation.desk, rest);
    return unlessTooMany(conversation, asker, gesture, async () =>
      value === undefined || rest === undefined
        ? notOursReply(conversation, asker, actions.rampAnew)
        : answerAnew(conversation, { rest, shown: value.seen }, asker),
    );
  });
}

/** Why the person may not reject, told before the dialog opens. Undefined if they may. */
export async function answerBeforeRejecting(
  conversation: Conversation,
  value: ButtonValue,
  request: Request,
): Promise<Told | undefined> {
  const { desk } = conversation;
  let mayReject = false;
  const told = await inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'look' }, async () => {
      if (!(await mayComeFromItsCard(desk, actions.reject, value.id, asker)))
        return strayedReply(conversation, actions.reject, value.id, asker);
      const { id, seen } = value;
      const objection = isRampId(id)
        ? await objectionToRejectingRampReply(conversation, { id, seen }, asker)
        : await objectionReply(conversation, { id, seen }, asker);
      mayReject = objection === undefined;
      return objection;
    }),
  );
  return mayReject && told.reply === undefined ? undefined : told;
}

/** Answers the dialog that *Reject* opens. */
export function answerRejection(
  conversation: Conversation,
  { value, reason }: { readonly value: ButtonValue; readonly reason: string | undefined },
  request: Request,
): Promise<Told> {
  const { desk } = conversation;
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'decision' }, async () =>
      (await mayComeFromItsCard(desk, actions.reject, value.id, asker))
        ? rejected(conversation, value, asker, reason)
        : strayedReply(conversation, actions.reject, value.id, asker),
    ),
  );
}

async function objectionReply(conversation: Conversation, about: Deciding, asker: Asker): Promise<Reply | undefined> {
  const objection = await objectionToRejecting(conversation.desk, about, asker);
  return objection && toldApproval(conversation, objection);
}

async function rejected(
  conversation: Conversation,
  { id, seen }: ButtonValue,
  asker: Asker,
  reason: string | undefined,
): Promise<Reply> {
  if (isRampId(id)) return rejectRampReply(conversation, { id, seen }, asker, reason);
  return toldApproval(conversation, await reject(conversation.desk, { id, seen }, asker, reason));
}

/** Notes a dialog that is not ours. It names no channel to answer in. */
export function noteStrangeDialog({ desk }: Conversation, request: Request): void {
  noteRefused(desk, { ...request, until: 0, answerBy: 0 }, { deed: 'click', because: 'altered-dialog' });
}

/** Answers a click on the button for the next step of the tour. */
export function answerTour(conversation: Conversation, step: string | undefined, request: Request): Promise<Told> {
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'look' }, async () => {
      const known = /^[1-9]\d?$/.test(step ?? '') ? Number(step) : undefined;
      if (known === undefined) return notOursReply(conversation, asker, actions.tour);
      return tourReply(known, await tourWorldOf(conversation));
    }),
  );
}

function notOursReply({ desk }: Conversation, asker: Asker, action: string): Reply {
  noteRefused(desk, asker, { deed: 'click', because: 'altered-button', detail: shortly(action) });
  return notOurs;
}

/** Answers as if the change were unknown. */
function strayedReply(conversation: Conversation, action: string, id: ButtonValue['id'], asker: Asker): Reply {
  const about = isRampId(id) ? { rampId: id } : { changeId: id };
  noteRefused(conversation.desk, asker, { deed: 'click', ...about, because: 'wrong-channel' });
  return unknownReply(conversation, action, id);
}

const notOurs = says(
  'This button is not one of mine, or from a version of me that I no longer understand. `/shift status` shows what is live.',
);
