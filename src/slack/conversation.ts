import { type FailReason, isForPeople } from '../domain/change.ts';
import type { Command } from '../domain/command.ts';
import { parseCommand } from '../domain/parse-command.ts';
import { type ApprovalAnswer, approve, reject, withdraw } from '../workflow/approve.ts';
import type { Cards } from '../workflow/cards.ts';
import { type Asker, type Desk, TooLateError } from '../workflow/desk.ts';
import { AcceptanceUnknownError, DependencyError, StoreUnavailableError } from '../workflow/errors.ts';
import { explain } from '../workflow/explain.ts';
import { discard, type HeldAnswer, planAnew } from '../workflow/held.ts';
import { history, historyOfChange, overview, serviceStatus } from '../workflow/look-up.ts';
import type { Log } from '../workflow/ports.ts';
import { promote, requestShift } from '../workflow/request.ts';
import { type RollbackAnswer, requestRollback, rollBack } from '../workflow/roll-back.ts';
import { actions, type ButtonValue } from './actions.ts';
import { answerReply, heldReply, historyReply, mistakeReply, type Reply, says, statusReply } from './answers.ts';
import { approvalReply, pendingReply } from './approval-answers.ts';
import { helpText } from './help.ts';
import { code } from './mrkdwn.ts';
import { policyProblemText, whyReply } from './verdicts.ts';

export interface Conversation {
  readonly desk: Desk;
  readonly cards: Cards;
  /** The bot's name, for help on mentions. */
  readonly botName: string;
  /** What comes in at this moment may have waited for longer than Slack does. */
  readonly isLate: () => boolean;
}

/**
 * Slack gives up on an answer after 3 s. What is not accepted by `acceptWithinMs` and the time that Redis is given for it (800 ms,
 * redis/connect.ts) never will be, so by `answerWithinMs` "not accepted" is true.
 */
const acceptWithinMs = 1_600;
const answerWithinMs = 2_600;
/** For what remains to be done when the answer is known. */
const spareMs = 150;

/** Who asks, where, and what makes it unique. */
export type Request = Omit<Asker, 'until' | 'answerBy'>;

/** What was typed, answered. */
export function answerText(conversation: Conversation, text: string, request: Request): Promise<Reply> {
  return inTime(conversation, request, (asker) => answerCommand(conversation, text, asker));
}

/** A click on a button of a card, answered. */
export function answerClick(
  conversation: Conversation,
  action: string,
  value: ButtonValue | undefined,
  request: Request,
): Promise<Reply> {
  if (value === undefined)
    return Promise.resolve(
      says(
        'This button is not one of mine, or from a version of me that I no longer understand. `/shift status` shows what is live.',
      ),
    );
  return inTime(conversation, request, (asker) => answerAction(conversation, action, value, asker));
}

/** What was typed into the dialog that *Reject* opens, answered. */
export function answerRejection(
  conversation: Conversation,
  { value, reason }: { readonly value: ButtonValue; readonly reason: string | undefined },
  request: Request,
): Promise<Reply> {
  return inTime(conversation, request, async (asker) =>
    toldApproval(conversation, await reject(conversation.desk, value, asker, reason)),
  );
}

async function answerCommand(conversation: Conversation, text: string, asker: Asker): Promise<Reply> {
  const command = parseCommand(text);
  switch (command.verb) {
    case 'mistake':
      return mistakeReply(command);
    case 'help':
      return says(helpText(command.topic, conversation.botName));
    case 'status':
      return withPolicyProblem(
        conversation.desk,
        statusReply(await lookAt(conversation.desk, command), conversation.desk.now()),
      );
    case 'history':
      return historyReply(await history(conversation.desk, command.service), conversation.desk.now());
    case 'approve':
      return toldApproval(conversation, await approve(conversation.desk, command, asker));
    case 'reject':
      return toldApproval(conversation, await reject(conversation.desk, command, asker, command.reason));
    case 'withdraw':
      return toldApproval(conversation, await withdraw(conversation.desk, command, asker));
    case 'pending':
      return pendingReply((await conversation.desk.changes.open()).filter(isForPeople));
    case 'why':
      return whyReply(await explain(conversation.desk, command.command, asker), conversation.desk.policies.problem());
    case 'shift':
      return told(conversation, await requestShift(conversation.desk, command, asker));
    case 'rollback':
      return told(conversation, await requestRollback(conversation.desk, command, asker));
  }
}

async function answerAction(
  conversation: Conversation,
  action: string,
  { id, seen }: ButtonValue,
  asker: Asker,
): Promise<Reply> {
  const { desk } = conversation;
  switch (action) {
    case actions.rollBack:
      return told(conversation, await rollBack(desk, id, asker));
    case actions.rollBackSeen:
      return told(conversation, await rollBack(desk, id, asker, seen));
    case actions.promote:
      return told(
        conversation,
        await promote(desk, id, asker),
        'I no longer know what this button was about. `/shift promote reviews v3` does the same for a service and a version that you name.',
      );
    case actions.applyAnyway:
    case actions.planAgain:
      return toldHeld(conversation, await planAnew(desk, id, asker, seen));
    case actions.approve:
      return toldApproval(conversation, await approve(desk, { id, seen }, asker));
    case actions.withdraw:
      return toldApproval(conversation, await withdraw(desk, { id, seen }, asker));
    case actions.discard:
      return toldHeld(conversation, await discard(desk, id, asker));
    case actions.history: {
      const answer = await historyOfChange(desk, id);
      return answer.kind === 'unknown-change' ? answerReply(answer) : historyReply(answer, desk.now());
    }
    default:
      return says(`I do not know what ${code(action)} means. \`/shift status\` shows what is live.`);
  }
}

function lookAt(desk: Desk, command: Extract<Command, { verb: 'status' }>) {
  const { service, namespace, cluster } = command;
  return service === undefined
    ? overview(desk, { namespace, cluster })
    : serviceStatus(desk, { service, namespace, cluster });
}

/** Whoever looks at the status learns that the policy file is not what is in force. */
function withPolicyProblem({ policies }: Desk, reply: Reply): Reply {
  const problem = policies.problem();
  return problem === undefined ? reply : says(`${reply.text}\n${policyProblemText(problem)}`);
}

function told(conversation: Conversation, answer: RollbackAnswer, forgotten?: string): Reply {
  if (answer.kind === 'accepted') conversation.cards.showSoon(answer.change.id);
  return answer.kind === 'unknown-change' && forgotten !== undefined ? says(forgotten) : answerReply(answer);
}

function toldApproval(conversation: Conversation, answer: ApprovalAnswer): Reply {
  if ('change' in answer) conversation.cards.showSoon(answer.change.id);
  return approvalReply(answer);
}

function toldHeld(conversation: Conversation, answer: HeldAnswer): Reply {
  if ('change' in answer) conversation.cards.showSoon(answer.change.id);
  return heldReply(answer);
}

const tooLate = says(
  '*Not accepted:* the cluster or Redis did not answer in time. Nothing will happen; type it again in a moment.',
);

/** Answers whatever happens, and in time: a person is never left with nothing. */
async function inTime(
  { desk: { log, now }, isLate }: Conversation,
  request: Request,
  work: (asker: Asker) => Promise<Reply>,
): Promise<Reply> {
  const late = Promise.withResolvers<Reply>();
  const nowMs = now().getTime();
  const working = work({
    ...request,
    until: isLate() ? Number.NEGATIVE_INFINITY : nowMs + acceptWithinMs,
    answerBy: nowMs + answerWithinMs - spareMs,
  });
  const timer = setTimeout(() => {
    log.warn({ request: request.request }, 'not answered in time');
    working.catch((err: unknown) =>
      log.warn({ err, request: request.request }, 'failed after it was answered as late'),
    );
    late.resolve(tooLate);
  }, answerWithinMs);
  try {
    return await Promise.race([working, late.promise]);
  } catch (error) {
    return notAccepted(error, request, log);
  } finally {
    clearTimeout(timer);
  }
}

/** What to do about it, where the error itself does not say. */
const remedies: Partial<Record<FailReason, string>> = {
  'ledger-unreadable': ' Restore or remove the annotation `shiftbot.dev/history`, then type it again.',
  'not-permitted':
    ' Whoever runs shiftbot can grant it: a Role and a RoleBinding in that namespace, as in `manifests/access`.',
};

function notAccepted(error: unknown, { request }: Request, log: Log): Reply {
  if (error instanceof TooLateError) return tooLate;
  if (error instanceof AcceptanceUnknownError) {
    log.error({ err: error, request }, 'whether it was accepted is not known');
    return says(
      '*I cannot tell whether it was accepted:* Redis was asked and did not answer. If a card appears, it was. Look at `/shift status` before you type it again.',
    );
  }
  if (error instanceof StoreUnavailableError) {
    log.error({ err: error, request }, 'not accepted, Redis did not serve');
    return says(
      '*Not accepted:* Redis, where changes are kept, does not answer. Nothing will happen; type it again in a moment.',
    );
  }
  if (error instanceof DependencyError) {
    log.warn({ err: error, request }, 'not accepted, the cluster did not serve');
    const remedy = remedies[error.because] ?? '';
    return says(`*Not accepted:* ${code(error.message, 400)}. Nothing was changed.${remedy}`);
  }
  log.error({ err: error, request }, 'a command failed on our side');
  return says(
    '*Not accepted:* something failed on my side, and it is in my log. Nothing was changed; type it again, or look at `/shift status`.',
  );
}
