import type { Command } from '../../domain/language/command.ts';
import type { Mistake } from '../../domain/language/mistake.ts';
import { isRampId } from '../../domain/routing/names.ts';
import { explain } from '../../workflow/asking/explain.ts';
import { requestRollback } from '../../workflow/asking/roll-back.ts';
import { requestEdits } from '../../workflow/asking/rule-file.ts';
import { requestShift } from '../../workflow/asking/shift.ts';
import { approve } from '../../workflow/deciding/approve.ts';
import { reject, withdraw } from '../../workflow/deciding/reject.ts';
import type { Asker, Desk } from '../../workflow/desk.ts';
import { carryOut } from '../../workflow/holding/hold-command.ts';
import { history, overview, pending, serviceNames, serviceStatus } from '../../workflow/looking/look-up.ts';
import { readAudit } from '../../workflow/looking/read-audit.ts';
import { pendingReply } from '../replies/approval.ts';
import { auditReply } from '../replies/audit.ts';
import { helpText } from '../replies/help.ts';
import { historyReply } from '../replies/history.ts';
import { holdReply } from '../replies/hold.ts';
import { mistakeReply } from '../replies/refusals.ts';
import { statusReply } from '../replies/status.ts';
import { tourReply } from '../replies/tour.ts';
import { whyReply } from '../replies/why.ts';
import { policyProblemText, unsignedText } from '../words/policy-words.ts';
import { type Reply, says, saysInParts } from '../words/reply.ts';
import { answerRamp } from './answer-ramp.ts';
import { type Conversation, tourWorldOf } from './conversation.ts';
import { told, toldApproval } from './told.ts';

/** Carries out a command, and says what came of it. */
export async function answerCommand(
  conversation: Conversation,
  command: Command | Mistake,
  asker: Asker,
): Promise<Reply> {
  switch (command.verb) {
    case 'mistake':
      return mistakeReply(command);
    case 'help':
      return saysInParts(helpText(command.topic, conversation.botName, await serviceNames(conversation.desk)));
    case 'status':
      return withProblems(conversation, statusReply(await lookAt(conversation.desk, command), conversation.desk.now()));
    case 'history':
      return historyReply(await history(conversation.desk, command.service), conversation.desk.now());
    case 'approve':
    case 'reject':
    case 'withdraw':
      return answerDecision(conversation, command, asker);
    case 'pending': {
      const { changes, ramps } = await pending(conversation.desk);
      return pendingReply(changes, ramps);
    }
    case 'lock':
    case 'unlock':
    case 'freeze':
    case 'thaw':
      return holdReply(await carryOut(conversation.desk, command, asker));
    case 'audit':
      return auditReply(await readAudit(conversation.desk, command.about, asker), conversation.desk.now());
    case 'tour':
      return tourReply(command.step, await tourWorldOf(conversation));
    case 'why':
      if (command.command.verb === 'ramp')
        return answerRamp(conversation, { verb: 'why', command: command.command }, asker);
      return whyReply(await explain(conversation.desk, command.command, asker), conversation.desk.now(), {
        problem: conversation.desk.policies.problem(),
        typed: command,
      });
    case 'ramp':
    case 'pause':
    case 'resume':
    case 'next':
    case 'abort':
    case 'finish':
    case 'pause-all':
    case 'why-ramp':
      return answerRamp(conversation, command, asker);
    case 'shift':
      return told(conversation, await requestShift(conversation.desk, command, asker), { typed: command });
    case 'apply':
    case 'delete':
    case 'unpin':
    case 'init':
      return told(conversation, await requestEdits(conversation.desk, command, asker));
    case 'rollback':
      return told(conversation, await requestRollback(conversation.desk, command, asker), { typed: command });
  }
}

/** A decision about a change, or about a whole ramp. */
async function answerDecision(
  conversation: Conversation,
  command: Extract<Command, { verb: 'approve' | 'reject' | 'withdraw' }>,
  asker: Asker,
): Promise<Reply> {
  const { id } = command;
  if (isRampId(id)) return answerRamp(conversation, { ...command, id }, asker);
  switch (command.verb) {
    case 'approve':
      return toldApproval(conversation, await approve(conversation.desk, { id }, asker));
    case 'reject':
      return toldApproval(conversation, await reject(conversation.desk, { id }, asker, command.reason));
    case 'withdraw':
      return toldApproval(conversation, await withdraw(conversation.desk, { id }, asker));
  }
}

function lookAt(desk: Desk, command: Extract<Command, { verb: 'status' }>) {
  const { service, namespace, cluster, host } = command;
  return service === undefined
    ? overview(desk, { namespace, cluster })
    : serviceStatus(desk, { service, namespace, cluster, host });
}

/** The status also says when the policy file has an error, so that an older policy is in force, and when records are not signed. */
function withProblems({ desk: { policies }, isUnsigned }: Conversation, reply: Reply): Reply {
  const problem = policies.problem();
  const told = [
    ...(problem === undefined ? [] : [policyProblemText(problem)]),
    ...(isUnsigned === true ? [unsignedText] : []),
  ];
  return told.length === 0 ? reply : says([reply.text, ...told].join('\n'));
}
