import type { ActionsBlock, Button, KnownBlock } from '@slack/types';
import { type EditKind, kindOf } from '../../domain/change/edit.ts';
import { formatCommand } from '../../domain/language/command.ts';
import type { PinnedMistake } from '../../domain/routing/pinned.ts';
import { isConverted } from '../../domain/routing/rule-file.ts';
import { type EditsPlan, editsOf } from '../../workflow/asking/plan-edits.ts';
import type { EditsAnswer, EditsQuestion, Way } from '../../workflow/asking/rule-file.ts';
import { actions, formatLineValue } from '../words/button.ts';
import { serviceOf } from '../words/command-text.ts';
import { code, maxText, names, plain, typed } from '../words/mrkdwn.ts';
import { objectSections, section } from '../words/object-text.ts';
import { warningText } from '../words/owner-text.ts';
import { verdictText } from '../words/policy-words.ts';
import { type Reply, says } from '../words/reply.ts';
import { badFileText, fileNotes, unknownFileText } from '../words/rule-file-text.ts';
import { trialLines } from '../words/trial-text.ts';
import { answerReply } from './answers.ts';
import { blocksReply, lines, maxObjectsText, outcomeReply } from './outcome.ts';
import { notFoundText, refusalText } from './refusals.ts';

/** What whoever applies or deletes a rule file, or unpins a rule, is told. */
export function editsReply(answer: EditsAnswer, now: Date): Reply {
  switch (answer.kind) {
    case 'question':
      return questionReply(answer.question, answer.hasMoved, now);
    case 'as-it-is':
      return says([asItIsText(answer), ...(answer.file === undefined ? [] : fileNotes(answer.file))].join('\n'));
    case 'unknown-file':
      return says(unknownFileText(answer));
    case 'bad-file':
      return says(badFileText(answer));
    case 'unknown-cluster':
      return says(`There is no cluster ${typed(answer.cluster)}; there is ${names(answer.clusters)}.`);
    case 'other-namespace':
      return says(
        `The file names the namespace ${code(answer.written)}, and you named ${code(answer.named)}. Nothing was changed. Leave \`-n\` out, or take the namespace out of the file.`,
      );
    case 'no-pinned-rule':
      return says(pinnedMistakeText(answer.name.service, answer.mistake));
    case 'not-found':
      return says(notFoundText(answer.name, answer.found));
    case 'not-taken':
    case 'busy':
    case 'too-much':
      return outcomeReply(answer);
    default:
      return answerReply(answer, now);
  }
}

function questionReply({ command, place, ways, file }: EditsQuestion, hasMoved: boolean, now: Date): Reply {
  const [first] = ways;
  const what = command.verb === 'unpin' ? `Unpinning ${code(command.rule)}` : code(command.file, 120);
  const began = hasMoved
    ? '*Not done:* it would do something else by now than what you were shown.'
    : `${what} ${file !== undefined && isConverted(file) ? 'was converted' : 'is more than a shift'}, so nothing was changed yet.`;
  const where = `In ${code(place.namespace)} @ ${code(place.cluster)} it would ${countText(first.plan)}.`;
  const room = maxObjectsText / ways.length;
  return blocksReply(`${began} ${where}`, [
    ...lines(file === undefined ? [] : fileNotes(file), maxText),
    ...ways.flatMap((way) => waySections(way, now, { isOneOfTwo: ways.length > 1, room })),
    ...(command.dryRun ? [] : buttons(command, ways)),
  ]);
}

function waySections(
  { isMeant, plan, judgement }: Way,
  now: Date,
  { isOneOfTwo, room }: { readonly isOneOfTwo: boolean; readonly room: number },
): readonly KnownBlock[] {
  const { verdict } = judgement;
  const heading = isMeant ? '*As one rule, which may have been meant:*' : '*As it is written:*';
  const { owner } = plan;
  const owned = owner === undefined ? [] : [refusalText(serviceOf(plan), { reason: 'owned', owner }, { now })];
  return [
    ...(isOneOfTwo ? [section(heading)] : []),
    ...objectSections(editsOf(plan), room),
    ...lines([
      ...owned,
      ...trialLines(plan),
      ...plan.warnings.slice(0, 2).map(warningText),
      ...(verdict.kind === 'allowed' ? [] : [`Policy: ${verdictText(verdict)}`]),
    ]),
  ];
}

/** None where it would not be accepted, which stands above. */
function buttons(command: EditsQuestion['command'], ways: EditsQuestion['ways']): readonly ActionsBlock[] {
  const line = formatCommand(command);
  const possible = ways.filter(
    ({ plan, judgement }) =>
      plan.owner === undefined &&
      plan.edits.every(({ trial }) => trial.kind === 'fine') &&
      judgement.verdict.kind !== 'refused',
  );
  const elements = possible.map(({ isMeant, plan }): Button => {
    const value = formatLineValue({ line, seen: plan.stamp });
    const common = { type: 'button', action_id: isMeant ? actions.applyMeant : actions.applyEdits, value } as const;
    if (command.verb === 'delete')
      return { ...common, style: 'danger', text: plain('Delete'), confirm: confirmDelete(plan) };
    const label = ways.length === 1 ? 'Apply' : isMeant ? 'Apply as one rule' : 'Apply as written';
    return { ...common, style: 'primary', text: plain(label) };
  });
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function confirmDelete({ edits }: EditsPlan): NonNullable<Button['confirm']> {
  const all = edits.map(({ edit: { kind, name } }) => `${kind} ${name}`).join(', ');
  return {
    title: plain('Delete?'),
    text: plain(`${all} will be deleted. A rollback makes them anew.`, 280),
    confirm: plain('Delete'),
    deny: plain('Cancel'),
    style: 'danger',
  };
}

/** `create 1 object and replace 2` */
function countText({ edits }: EditsPlan): string {
  const kinds: readonly EditKind[] = ['create', 'replace', 'delete'];
  const counts = kinds
    .map((kind) => ({ kind, count: edits.filter(({ edit }) => kindOf(edit) === kind).length }))
    .filter(({ count }) => count > 0);
  const parts = counts.map(
    ({ kind, count }, at) => `${kind} ${count}${at === 0 ? (count === 1 ? ' object' : ' objects') : ''}`,
  );
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function asItIsText({ command }: Extract<EditsAnswer, { kind: 'as-it-is' }>): string {
  if (command.verb === 'unpin') return 'There is no such rule any more. Nothing was changed.';
  const what =
    command.verb === 'delete' ? 'Nothing of what the file names is there' : 'All is already as the file says';
  return `${what}: ${code(command.file, 120)}. Nothing was changed.`;
}

function pinnedMistakeText(service: string, { kind, typed: word, pinned, nearest }: PinnedMistake): string {
  if (pinned.length === 0) return `${code(service)} has no pinned rules. Nothing was changed.`;
  const listed = pinned.slice(0, 10).map(({ named, does }) => `• ${code(does, 120)}: ${code(named, 120)}`);
  const more = pinned.length > 10 ? [`… +${pinned.length - 10}`] : [];
  const meant = nearest === undefined ? '' : ` Did you mean ${code(nearest, 120)}?`;
  const wrong =
    kind === 'several'
      ? `${typed(word)} fits several pinned rules of ${code(service)}; name one by its place:`
      : `${code(service)} has no pinned rule ${typed(word)}.${meant} It has these, and what to type for each:`;
  return [wrong, ...listed, ...more].join('\n');
}
