import { type Change, type FailReason, isForPeople } from '../domain/change.ts';
import type { Command } from '../domain/command.ts';
import type { Mistake } from '../domain/mistake.ts';
import { parseCommand } from '../domain/parse-command.ts';
import { truncate } from '../domain/typed-text.ts';
import { type ApprovalAnswer, approve, objectionToRejecting, reject, withdraw } from '../workflow/approve.ts';
import { noteRefused } from '../workflow/audit.ts';
import type { Cards } from '../workflow/cards.ts';
import { type Asker, type Desk, fillIn, TooLateError } from '../workflow/desk.ts';
import { AcceptanceUnknownError, DependencyError, StoreUnavailableError } from '../workflow/errors.ts';
import { explain } from '../workflow/explain.ts';
import { discard, type HeldAnswer, planAnew } from '../workflow/held.ts';
import { carryOut } from '../workflow/hold-command.ts';
import { type Admission, type Allowance, admit, type Gesture, type Over, quietMs } from '../workflow/limits.ts';
import { history, historyOfChange, overview, serviceNames, serviceStatus } from '../workflow/look-up.ts';
import type { Limits, Log } from '../workflow/ports.ts';
import { readAudit } from '../workflow/read-audit.ts';
import { promote, requestShift } from '../workflow/request.ts';
import { type RollbackAnswer, requestRollback, rollBack } from '../workflow/roll-back.ts';
import { actions, type ButtonValue, type LineValue } from './actions.ts';
import { answerReply, heldReply, historyReply, mistakeReply, type Reply, says, statusReply } from './answers.ts';
import { approvalReply, pendingReply } from './approval-answers.ts';
import { auditReply } from './audit-answers.ts';
import { mayComeFromItsCard } from './card-origin.ts';
import { helpText } from './help.ts';
import { holdReply } from './hold-text.ts';
import { code } from './mrkdwn.ts';
import { policyProblemText, whyReply } from './verdicts.ts';

export interface Conversation {
  readonly desk: Desk;
  readonly cards: Cards;
  /** The bot's name, for help on mentions. */
  readonly botName: string;
  /** What comes in at this moment may have waited for longer than Slack does. */
  readonly isLate: () => boolean;
  /** Counts what people ask, and how much of it is taken. */
  readonly limits: Limits;
  readonly allowance: Allowance;
  /** When who asked too much hears what became of it. */
  readonly summaryAfterMs?: number;
}

/** What a person hears. */
export interface Told {
  /** Absent where it has been said already: one of many that were too many. */
  readonly reply: Reply | undefined;
  /** What there will be to say, if anything. */
  readonly later?: { readonly afterMs: number; readonly reply: () => Promise<Reply | undefined> };
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
export function answerText(conversation: Conversation, text: string, request: Request): Promise<Told> {
  const command = parseCommand(text);
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, gestureOf(conversation.desk, command), () =>
      answerCommand(conversation, command, asker),
    ),
  );
}

/** A click on a button of a card, answered. */
export function answerClick(
  conversation: Conversation,
  action: string,
  value: ButtonValue | undefined,
  request: Request,
): Promise<Told> {
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, gestureOfClick(action), async () => {
      if (value === undefined) return notOursReply(conversation, asker, action);
      const isFromCard = await mayComeFromItsCard(conversation.desk, action, value.id, request);
      return isFromCard
        ? answerAction(conversation, action, value, asker)
        : strayedReply(conversation, action, value.id, asker);
    }),
  );
}

/** A click on the button that takes over a lock or thaws a freeze of somebody else's, answered. */
export function answerTakeOver(
  conversation: Conversation,
  value: LineValue | undefined,
  request: Request,
): Promise<Told> {
  const command = value === undefined ? undefined : parseCommand(value.line);
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'decision' }, async () => {
      if (command?.verb !== 'lock' && command?.verb !== 'thaw') return notOursReply(conversation, asker, 'take over');
      return holdReply(await carryOut(conversation.desk, command, asker, value?.seen));
    }),
  );
}

/** What whoever clicked *Reject* is told in place of being asked for a reason; undefined where they may reject. */
export async function answerBeforeRejecting(
  conversation: Conversation,
  value: ButtonValue,
  request: Request,
): Promise<Told | undefined> {
  const { desk } = conversation;
  let mayReject = false;
  const told = await inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'look' }, async () => {
      if (!(await mayComeFromItsCard(desk, actions.reject, value.id, request)))
        return strayedReply(conversation, actions.reject, value.id, asker);
      const objection = await objectionToRejecting(desk, value, asker);
      mayReject = objection === undefined;
      return objection && toldApproval(conversation, objection);
    }),
  );
  return mayReject && told.reply === undefined ? undefined : told;
}

/** What was typed into the dialog that *Reject* opens, answered. */
export function answerRejection(
  conversation: Conversation,
  { value, reason }: { readonly value: ButtonValue; readonly reason: string | undefined },
  request: Request,
): Promise<Told> {
  const { desk } = conversation;
  return inTime(conversation, request, (asker) =>
    unlessTooMany(conversation, asker, { kind: 'decision' }, async () =>
      (await mayComeFromItsCard(desk, actions.reject, value.id, request))
        ? toldApproval(conversation, await reject(desk, value, asker, reason))
        : strayedReply(conversation, actions.reject, value.id, asker),
    ),
  );
}

/** A dialog came back that is none of ours; there is no channel to answer in. */
export function noteStrangeDialog({ desk }: Conversation, request: Request): void {
  noteRefused(desk, { ...request, until: 0, answerBy: 0 }, { deed: 'click', because: 'altered-dialog' });
}

function notOursReply({ desk }: Conversation, asker: Asker, action: string): Reply {
  noteRefused(desk, asker, { deed: 'click', because: 'altered-button', detail: shortly(action) });
  return notOurs;
}

/** Answered as if nothing were known of the change. */
function strayedReply(conversation: Conversation, action: string, id: ButtonValue['id'], asker: Asker): Reply {
  noteRefused(conversation.desk, asker, { deed: 'click', changeId: id, because: 'wrong-channel' });
  return unknownReply(conversation, action, id);
}

const maxAction = 60;

/** Whoever alters a button decides how long its words are. */
function shortly(action: string): string {
  return truncate(action, maxAction);
}

const notOurs = says(
  'This button is not one of mine, or from a version of me that I no longer understand. `/shift status` shows what is live.',
);

function gestureOf(desk: Desk, command: Command | Mistake): Gesture {
  if (command.verb === 'shift') return { kind: 'change', service: fillIn(desk, command.service) };
  if (command.verb === 'rollback') return { kind: 'rollback' };
  return { kind: decisions.has(command.verb) ? 'decision' : 'look' };
}

const decisions: ReadonlySet<string> = new Set(['approve', 'reject', 'withdraw', 'lock', 'unlock', 'freeze', 'thaw']);

function gestureOfClick(action: string): Gesture {
  switch (action) {
    case actions.rollBack:
    case actions.rollBackSeen:
      return { kind: 'rollback' };
    case actions.promote:
    case actions.planAgain:
      return { kind: 'change' };
    case actions.applyAnyway:
    case actions.discard:
    case actions.approve:
    case actions.reject:
    case actions.withdraw:
      return { kind: 'decision' };
    default:
      return { kind: 'look' };
  }
}

/** Who asks too much is told once, and once more in a while what became of the rest, however much that is. */
async function unlessTooMany(
  conversation: Conversation,
  asker: Asker,
  gesture: Gesture,
  answer: () => Promise<Reply | undefined>,
): Promise<Told> {
  const admission = await admit(conversation, asker, gesture);
  switch (admission.kind) {
    case 'free':
      return { reply: await answer() };
    case 'over':
      return { reply: undefined };
    case 'first-over':
      if (gesture.kind !== 'look') noteRefused(conversation.desk, asker, { ...tooMany(gesture, admission.over) });
      return { reply: overReply(admission.over), later: summaryOf(conversation, admission) };
  }
}

/** One event for all that come within a minute: a flood of them would push out what matters. */
function tooMany(gesture: Gesture, { of }: Over): Parameters<typeof noteRefused>[2] {
  const service = gesture.kind === 'change' ? gesture.service : undefined;
  return { deed: undefined, service, because: 'too-many', detail: `${gesture.kind}, by ${of}` };
}

function summaryOf(
  { summaryAfterMs = quietMs }: Conversation,
  { over, summary }: Extract<Admission, { kind: 'first-over' }>,
): NonNullable<Told['later']> {
  const reply = async () => {
    const refused = await summary();
    return refused > 1 ? overSummary(over, refused) : undefined; // of one alone all has been said
  };
  return { afterMs: summaryAfterMs, reply };
}

async function answerCommand(conversation: Conversation, command: Command | Mistake, asker: Asker): Promise<Reply> {
  switch (command.verb) {
    case 'mistake':
      return mistakeReply(command);
    case 'help':
      return says(helpText(command.topic, conversation.botName, await serviceNames(conversation.desk)));
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
    case 'lock':
    case 'unlock':
    case 'freeze':
    case 'thaw':
      return holdReply(await carryOut(conversation.desk, command, asker));
    case 'audit':
      return auditReply(await readAudit(conversation.desk, command.about, asker), conversation.desk.now());
    case 'why':
      return whyReply(
        await explain(conversation.desk, command.command, asker),
        conversation.desk.policies.problem(),
        conversation.desk.now(),
      );
    case 'shift':
      return told(conversation, await requestShift(conversation.desk, command, asker));
    case 'rollback':
      return told(conversation, await requestRollback(conversation.desk, command, asker));
  }
}

/** The words of an action for a change that nobody knows; the same where it may not be known here. */
function unknownReply({ desk }: Conversation, action: string, id: ButtonValue['id']): Reply {
  if (action === actions.promote) return says(forgottenPromotion);
  const unknown = { kind: 'unknown-change', id } as const;
  if (approvals.has(action)) return approvalReply(unknown);
  const isHeld = action === actions.applyAnyway || action === actions.planAgain || action === actions.discard;
  return isHeld ? heldReply(unknown, desk.now()) : answerReply(unknown, desk.now());
}

const approvals: ReadonlySet<string> = new Set([actions.approve, actions.reject, actions.withdraw]);

const forgottenPromotion =
  'I no longer know what this button was about. `/shift promote reviews v3` does the same for a service and a version that you name.';

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
      return told(conversation, await promote(desk, id, asker), forgottenPromotion);
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
      if (answer.kind !== 'unknown-change') return historyReply(answer, desk.now());
      noteRefused(desk, asker, { deed: 'click', changeId: id, because: answer.kind });
      return answerReply(answer, desk.now());
    }
    default:
      noteRefused(desk, asker, { deed: 'click', changeId: id, because: 'unknown-button', detail: shortly(action) });
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

async function told(conversation: Conversation, answer: RollbackAnswer, forgotten?: string): Promise<Reply> {
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

function toldApproval(conversation: Conversation, answer: ApprovalAnswer): Reply {
  if ('change' in answer) conversation.cards.showSoon(answer.change.id);
  return approvalReply(answer);
}

function toldHeld({ cards, desk }: Conversation, answer: HeldAnswer): Reply {
  if ('change' in answer) cards.showSoon(answer.change.id);
  return heldReply(answer, desk.now());
}

function overReply({ of, perMinute, nextInMs }: Over): Reply {
  const whose = of === 'person' ? 'from one person' : 'for one service';
  const next = Math.max(1, Math.ceil(nextInMs / 1000));
  return says(
    `That is a lot: I take ${perMinute} a minute ${whose}, so this was *not accepted*, and nothing will happen. The next one can be in ${next} s. What comes before that I leave unanswered, and tell you in a minute how many there were.`,
  );
}

function overSummary({ of, perMinute }: Over, refused: number): Reply {
  const whose = of === 'person' ? 'from one person' : 'for one service';
  return says(
    `*Not accepted:* ${refused} of what you sent in the last minute, of which nothing happened. I take ${perMinute} a minute ${whose}. \`/shift status\` shows what is live.`,
  );
}

const tooLate = says(
  '*Not accepted:* the cluster or Redis did not answer in time. Nothing will happen; type it again in a moment.',
);

/** Answers whatever happens, and in time: a person is never left with nothing. */
async function inTime(
  { desk: { log, now }, isLate }: Conversation,
  request: Request,
  work: (asker: Asker) => Promise<Told>,
): Promise<Told> {
  const late = Promise.withResolvers<Told>();
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
    late.resolve({ reply: tooLate });
  }, answerWithinMs);
  try {
    return await Promise.race([working, late.promise]);
  } catch (error) {
    return { reply: notAccepted(error, request, log) };
  } finally {
    clearTimeout(timer);
  }
}

/** What nobody foresaw may have come before anything was accepted, or after. */
export const failed = says(
  '*Something failed on my side*, and it is in my log. I cannot tell whether it was accepted: if a card appears or changes, it was. Look at `/shift status` before you ask again.',
);

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
      '*I cannot tell whether it was accepted:* Redis was asked and did not answer. Its card will tell: if one appears or changes, it was. Look at `/shift status` before you ask again.',
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
  return failed;
}
