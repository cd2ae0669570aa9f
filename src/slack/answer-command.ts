import { isForPeople } from '../domain/change.ts';
import type { Command } from '../domain/command.ts';
import type { Mistake } from '../domain/mistake.ts';
import { approve, reject, withdraw } from '../workflow/approve.ts';
import type { Asker, Desk } from '../workflow/desk.ts';
import { requestEdits } from '../workflow/edit-command.ts';
import { explain } from '../workflow/explain.ts';
import { carryOut } from '../workflow/hold-command.ts';
import { history, overview, serviceNames, serviceStatus } from '../workflow/look-up.ts';
import { readAudit } from '../workflow/read-audit.ts';
import { requestShift } from '../workflow/request.ts';
import { requestRollback } from '../workflow/roll-back.ts';
import { historyReply, mistakeReply, type Reply, says, statusReply } from './answers.ts';
import { pendingReply } from './approval-answers.ts';
import { auditReply } from './audit-answers.ts';
import { type Conversation, tourWorldOf } from './conversation.ts';
import { helpText } from './help.ts';
import { holdReply } from './hold-text.ts';
import { told, toldApproval, toldEdits } from './told.ts';
import { tourReply } from './tour.ts';
import { policyProblemText, whyReply } from './verdicts.ts';

/** What a command does, and what is said to it. */
export async function answerCommand(
  conversation: Conversation,
  command: Command | Mistake,
  asker: Asker,
): Promise<Reply> {
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
    case 'tour':
      return tourReply(command.step, tourWorldOf(conversation));
    case 'why':
      return whyReply(
        await explain(conversation.desk, command.command, asker),
        conversation.desk.policies.problem(),
        conversation.desk.now(),
      );
    case 'shift':
      return told(conversation, await requestShift(conversation.desk, command, asker));
    case 'apply':
    case 'delete':
    case 'unpin':
      return toldEdits(conversation, await requestEdits(conversation.desk, command, asker));
    case 'rollback':
      return told(conversation, await requestRollback(conversation.desk, command, asker));
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
