import type { Command } from '../../domain/language/command.ts';
import type { Mistake } from '../../domain/language/mistake.ts';
import { type Admission, admit, type Gesture, type Over, quietMs } from '../../workflow/asking/limits.ts';
import { noteRefused } from '../../workflow/audit.ts';
import { type Asker, type Desk, fillIn } from '../../workflow/desk.ts';
import { actions } from '../words/button.ts';
import { type Reply, says } from '../words/reply.ts';
import type { Conversation, Told } from './conversation.ts';

/** What is counted of a command. */
export function gestureOf(desk: Desk, command: Command | Mistake): Gesture {
  if (command.verb === 'shift') return { kind: 'change', service: fillIn(desk, command.service) };
  if (command.verb === 'unpin') return { kind: 'change', service: fillIn(desk, command.service) };
  if (command.verb === 'apply' || command.verb === 'delete') return { kind: 'change' };
  if (command.verb === 'rollback') return { kind: 'rollback' };
  return { kind: decisions.has(command.verb) ? 'decision' : 'look' };
}

const decisions: ReadonlySet<string> = new Set(['approve', 'reject', 'withdraw', 'lock', 'unlock', 'freeze', 'thaw']);

/** What is counted of a click. */
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
    case actions.reject:
    case actions.withdraw:
      return { kind: 'decision' };
    default:
      return { kind: 'look' };
  }
}

/** Who asks too much is told once, and once more in a while what became of the rest, however much that is. */
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
