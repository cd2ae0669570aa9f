import { type Change, isWaiting, isWeightsOnly, mainEdit } from '../../domain/change/change.ts';
import { formatCommand } from '../../domain/language/command.ts';
import type { ObjectRef } from '../../domain/routing/object.ts';
import type { EditsAnswer } from '../../workflow/asking/rule-file.ts';
import type { Answer } from '../../workflow/asking/submit.ts';
import type { RollbackAnswer } from '../../workflow/asking/take-one-back.ts';
import type { HeldAnswer } from '../../workflow/deciding/held.ts';
import { rampTitle } from '../card/ramp.ts';
import { actions, mostLineLength } from '../words/button.ts';
import { serviceOf } from '../words/command-text.ts';
import { code, foreign, plain, user } from '../words/mrkdwn.ts';
import { objectName } from '../words/object-text.ts';
import { denialText, needsText, throughText, unseenText } from '../words/policy-words.ts';
import { asks, type Reply, says } from '../words/reply.ts';
import { fileNotes } from '../words/rule-file-text.ts';
import { openWords, stateText, title } from '../words/title.ts';
import { trialLines } from '../words/trial-text.ts';
import { confirmReply } from './confirm.ts';
import { questionReply } from './edits/question.ts';
import { previewReply } from './preview.ts';
import { rampRunsReply } from './ramps/asked.ts';
import { goalText, notFoundText, refusalText, type TypedMove } from './refusals.ts';
import { allLine, whichReply } from './which.ts';

interface Context {
  /** The change right before an accepted one in line. */
  readonly ahead?: Change | undefined;
  readonly typed?: TypedMove | undefined;
  /** Objects beside those of an accepted shift that requests for its service follow. */
  readonly others?: readonly ObjectRef[] | undefined;
}

const maxOthers = 4;

/** The answer to a person who asked for a change. */
export function answerReply(answer: RollbackAnswer | EditsAnswer, now: Date, context: Context = {}): Reply {
  switch (answer.kind) {
    case 'preview':
      return previewReply(answer);
    case 'confirm':
      return confirmReply(answer, now);
    case 'ramp-runs':
      return rampRunsReply(answer.ramp, overRamp(context.typed));
    case 'refused':
    case 'not-found':
      return whichReply(answerText(answer, now, context), {
        name: answer.name,
        typed: context.typed?.verb === 'shift' ? context.typed : undefined,
        because: answer.kind === 'refused' ? answer.refusal : answer.found,
      });
    case 'question':
      return questionReply(answer.question, answer.hasMoved, now);
    case 'accepted':
      return acceptedReply(answer, answerText(answer, now, context), context);
    default:
      return says(answerText(answer, now, context));
  }
}

/** Offers to move what else requests for the service follow: those through a gateway, for example. */
function acceptedReply(
  answer: Extract<Answer, { kind: 'accepted' }>,
  text: string,
  { typed, others = [] }: Context,
): Reply {
  const line = typed?.verb === 'shift' ? allLine(serviceOf(answer.change), typed) : '';
  if (others.length === 0 || line === '' || line.length > mostLineLength) return says(text);
  const objects = others.slice(0, maxOthers).map(objectName).join(', ');
  const shown = `${text} Other requests for it follow ${objects}, and stay as they are.`;
  return asks(shown, { action_id: actions.thisOne, value: line, text: plain('Move those, too') });
}

/** What ends the ramp if the person says so. A promotion does not: `finish` is for that. */
function overRamp(typed: TypedMove | undefined): string | undefined {
  return typed?.verb === 'shift' && typed.promotes !== true ? formatCommand(typed) : undefined;
}

type Plain = Exclude<RollbackAnswer | EditsAnswer, { kind: 'preview' | 'confirm' | 'question' | 'ramp-runs' }>;

function answerText(answer: Plain, now: Date, { ahead, typed }: Context): string {
  switch (answer.kind) {
    case 'accepted':
      return acceptedText(answer, ahead);
    case 'refused':
      return refusalText(answer.name, answer.refusal, { now, typed });
    case 'not-found':
      return notFoundText(answer.name, answer.found);
    case 'denied':
      return `*Not accepted:* ${denialText(answer.denial)} Nothing was changed.`;
    case 'refused-before':
      return 'Slack has delivered this once more; it was answered before, and nothing was accepted. Nothing will happen; if it is still wanted, type it again.';
    case 'not-taken':
      return ['*Not accepted.* Nothing was changed.', ...trialLines(answer.plan)].join('\n');
    case 'busy':
      return busyText(answer.first);
    case 'too-many-open':
      return `*Not accepted:* ${answer.most} of your changes of ${code(answer.name.service)} wait already, which is the most. Nothing was changed. ${code('/shift pending')} lists them; ${code('/shift withdraw c-…')} takes one back.`;
    case 'unseen':
      return unseenText(answer.channel);
    case 'too-much':
      return `*Not accepted:* what the objects were and are to be takes ${answer.bytes} bytes, and a record holds ${answer.limit} for the way back. Nothing was changed. Make several files of it.`;
    case 'ramp-goes-back':
      return `Stopped: ${answer.ramp.id} (${foreign(rampTitle(answer.ramp))}) goes back to what was before it, in one change. Its card follows it.`;
    case 'taken-back':
      return `All objects of ${answer.change.id} are as they were before it. Nothing was changed.`;
    case 'unknown-change':
      return `Nothing is known of ${answer.id} any more: neither a record nor the history of an object that I have looked at since I started. ${code('/shift rollback')} with the name of the service goes by the object itself.`;
    case 'not-applied':
      return `${answer.change.id} ${isWaiting(answer.change) ? 'is not applied yet' : 'was not applied'}, so there is nothing to take back. Its card says more.`;
    case 'as-it-is':
      return [asItIsText(answer), ...(answer.file === undefined ? [] : fileNotes(answer.file))].join('\n');
    default:
      return goalText(answer);
  }
}

function acceptedText(
  { change, behind, again, unreadable = [], cardIn }: Extract<Answer, { kind: 'accepted' }>,
  ahead?: Change,
): string {
  const what = `${change.id}, ${foreign(title(change))}`;
  if (again) return `Already asked for by ${user(change.by)}: ${what} (${stateText(change)}).`;
  if (change.state.kind === 'awaiting')
    return `Waits for approval: ${what}. ${needsText(change.state.needs)} Its card${cardIn === undefined ? '' : ` in <#${cardIn}>`} has the buttons.`;
  const last = ahead === undefined ? '' : `, ${behind === 1 ? '' : 'the last of them '}${openWords(ahead)}`;
  const line =
    behind === 0 ? '' : ` ${behind === 1 ? 'One change stands' : `${behind} changes stand`} before it${last}.`;
  const hasPinned = mainEdit(change).pinned.length > 0 && isWeightsOnly(change);
  const rule = hasPinned ? ' Of its rules this is the one that takes all the rest.' : '';
  const through = unreadable.length === 0 ? '' : ` ${throughText(unreadable)}`;
  return `Accepted: ${what}.${rule}${line} Its card${cardIn === undefined ? '' : ` in <#${cardIn}>`} follows it.${through}`;
}

function busyText(first: Change): string {
  const { name } = mainEdit(first).object;
  return `*Not accepted:* ${first.id} (${foreign(title(first), 120)}) is to be applied to ${code(name)} first, and what this would do is known only then. Nothing was changed. Type it again when that one is done.`;
}

function asItIsText({ command }: Extract<EditsAnswer, { kind: 'as-it-is' }>): string {
  if (command.verb === 'unpin') return 'There is no such rule any more. Nothing was changed.';
  if (command.verb === 'init') return 'It has its first rules already. Nothing was changed.';
  const what =
    command.verb === 'delete' ? 'Nothing of what the file names is there' : 'All is already as the file says';
  return `${what}: ${code(command.file, 120)}. Nothing was changed.`;
}

/** The answer to a click on the card of a held or void change. */
export function heldReply(answer: HeldAnswer, now: Date): Reply {
  return answer.kind === 'not-now' ? answerReply(answer.outcome, now) : says(heldText(answer, now));
}

function heldText(answer: Exclude<HeldAnswer, { kind: 'not-now' }>, now: Date): string {
  switch (answer.kind) {
    case 'planned-anew':
      return answer.change.state.kind === 'awaiting'
        ? `Planned anew: ${answer.change.id} waits for approval of what it would do now, by others than you, since you asked for it. Its card has the buttons.`
        : `Accepted: ${answer.change.id} will be applied to what is live now.`;
    case 'denied':
      return `*Not accepted:* ${denialText(answer.denial)} Nothing was changed.`;
    case 'discarded':
      return `Discarded ${answer.change.id}. Nothing was changed.`;
    case 'decided':
      return `${answer.change.id} does not wait for a decision any more (${answer.change.state.kind}). Its card says more.`;
    case 'moved-again':
      return `The weights moved again since the card was written. It now shows what is live; decide anew.`;
    case 'refused':
      return refusalText(serviceOf(answer.change), answer.refusal, { now });
    case 'as-it-is':
      return 'All its objects are already as they were to be. Nothing was changed.';
    case 'object-gone': {
      const { kind, name } = mainEdit(answer.change).object;
      const next = answer.change.state.kind === 'held' ? ' *Discard* ends the change.' : ' Nothing was changed.';
      return `There is no ${kind} ${code(name)} any more.${next}`;
    }
    case 'unknown-change':
      return `Nothing is known of ${answer.id} any more. \`/shift status\` shows what is live.`;
  }
}
