import type { Command } from '../../domain/language/command.ts';
import type { Mistake } from '../../domain/language/mistake.ts';
import { type Admission, admit, type Gesture, type Over, quietMs } from '../../workflow/asking/limits.ts';
import { noteRefused } from '../../workflow/audit.ts';
import { type Asker, type Desk, fillIn } from '../../workflow/desk.ts';
import { actions } from '../words/button.ts';
import { type Reply, says } from '../words/reply.ts';
import type { Conversation, Told } from './conversation.ts';

/** How a command is counted. */
export function gestureOf(desk: Desk, command: Command | Mistake): Gesture {
  if (command.verb === 'shift') return { kind: 'change', service: fillIn(desk, command.service) };
  if (command.verb === 'ramp') return { kind: 'change', service: fillIn(desk, command.service) };
  if (command.verb === 'unpin' || command.verb === 'init')
    return { kind: 'change', service: fillIn(desk, command.service) };
  if (command.verb === 'apply' || command.verb === 'delete') return { kind: 'change' };
  if (command.verb === 'rollback' || command.verb === 'abort') return { kind: 'rollback' };
  return { kind: decisions.has(command.verb) ? 'decision' : 'look' };
}

const decisions: ReadonlySet<string> = new Set([
  ...['approve', 'reject', 'withdraw', 'lock', 'unlock', 'freeze', 'thaw'],
  ...['pause', 'pause-all', 'resume', 'next', 'finish'],
]);

/** How a click is counted. */
export function gestureOfClick(action: string): Gesture {
  switch (action) {
    case actions.rollBack:
    case actions.rollBackSeen:
      return { kind: 'rollback' };
    case actions.promote:
    case actions.planAgain:
    case actions.applyEdits:
    case actions.applyMeant:
      return { kind: 'change' };
    case actions.applyAnyway:
    case actions.discard:
    case actions.approve:
    case actions.approveSeen:
    case actions.reject:
    case actions.withdraw:
    case actions.rampPause:
    case actions.rampResume:
    case actions.rampNext:
    case actions.rampFinish:
    case actions.rampPutBack:
    case actions.rampWithout:
      return { kind: 'decision' };
    case actions.rampAbort:
      return { kind: 'rollback' };
    default:
      return { kind: 'look' };
  }
}

/** A person who asks too much hears it once. A while later they hear how many requests were refused. */
export async function unlessTooMany(
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

/** One audit event for all requests within a minute. A flood of events would push out those that matter. */
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
    return refused > 1 ? overSummary(over, refused) : undefined; // a single refused request already got its answer
  };
  return { afterMs: summaryAfterMs, reply };
}

function overReply({ of, perMinute, nextInMs }: Over): Reply {
  const whose = of === 'person' ? 'from one person' : 'for one service';
  const next = Math.max(1, Math.ceil(nextInMs / 1000));
  return says(
    `That is a lot: I take ${perMinute} a minute ${whose}, so this was *not accepted*, and nothing will happen. You can type the next one in ${next} s. I do not answer those that come before, and tell you in a minute how many there were.`,
  );
}

function overSummary({ of, perMinute }: Over, refused: number): Reply {
  const whose = of === 'person' ? 'from one person' : 'for one service';
  return says(
    `*Not accepted:* ${refused} of what you sent in the last minute. None of that was done. I take ${perMinute} a minute ${whose}. \`/shift status\` shows what is live.`,
  );
}
