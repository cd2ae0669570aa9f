import type { ActionsBlock, Button, KnownBlock, SectionBlock } from '@slack/types';
import { formatCommand } from '../domain/command.ts';
import { type EditKind, kindOf } from '../domain/object-edit.ts';
import type { PinnedMistake } from '../domain/pinned.ts';
import { isConverted } from '../domain/rule-file.ts';
import type { EditsAnswer, EditsQuestion, Way } from '../workflow/edit-command.ts';
import { type EditsPlan, editsOf } from '../workflow/plan-edits.ts';
import type { TakeBackAnswer } from '../workflow/take-back-edits.ts';
import { actions, formatLineValue } from './actions.ts';
import { answerReply, type Reply, says } from './answers.ts';
import { title } from './card.ts';
import { code, fitted, foreign, maxText, plain, typed } from './mrkdwn.ts';
import { objectSections, section } from './object-text.ts';
import { warningText } from './owner-text.ts';
import { names, notFoundText, refusalText } from './refusals.ts';
import { badFileText, fileNotes, unknownFileText } from './rule-file-text.ts';
import { trialLines } from './trial-text.ts';
import { verdictText } from './verdicts.ts';

/** A message holds 13,000 characters; what stands beside the objects needs some of them. */
const maxObjectsText = 5_500;
const maxSpoken = 3_500;

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

type Outcome = Extract<TakeBackAnswer, { kind: 'not-taken' | 'busy' | 'too-much' | 'would-take-back' | 'taken-back' }>;

/** What comes of objects that are changed whole, where it is not a change. */
export function outcomeReply(outcome: Outcome): Reply {
  switch (outcome.kind) {
    case 'not-taken':
      return says(['*Not accepted.* Nothing was changed.', ...trialLines(outcome.plan)].join('\n'));
    case 'busy':
      return says(
        `*Not accepted:* ${outcome.first.id} (${foreign(title(outcome.first), 120)}) is to be applied to ${code(outcome.first.object.name)} first, and what this would do is known only then. Nothing was changed. Type it again when that one is done.`,
      );
    case 'too-much':
      return says(
        `*Not accepted:* what the objects were and are to be takes ${outcome.bytes} bytes, and a record holds ${outcome.limit} for the way back. Nothing was changed. Make several files of it.`,
      );
    case 'taken-back':
      return says(`All objects of ${outcome.change.id} are as they were before it. Nothing was changed.`);
    case 'would-take-back': {
      const { plan, judgement } = outcome;
      const policy = judgement.verdict.kind === 'allowed' ? [] : [`Policy: ${verdictText(judgement.verdict)}`];
      const text = 'Dry run of a rollback: nothing was changed.';
      return blocksReply(text, [
        ...objectSections(editsOf(plan), maxObjectsText),
        ...lines([...trialLines(plan), ...plan.warnings.slice(0, 2).map(warningText), ...policy]),
      ]);
    }
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
  const owned = owner === undefined ? [] : [refusalText(plan, { reason: 'owned', owner }, now)];
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

function lines(all: readonly string[], limit = 2_000): readonly SectionBlock[] {
  return all.length === 0 ? [] : [section(fitted(all.join('\n'), limit))];
}

/** `text` is for notifications and screen readers: all of it but the lines of the differences. */
function blocksReply(heading: string, blocks: readonly KnownBlock[]): Reply {
  const all = blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []));
  const spoken = [heading, ...all.map((text) => text.replaceAll(/\n`[+\-\u00A0]\u00A0[^\n]*/g, ''))].join('\n');
  return { text: fitted(spoken, maxSpoken), blocks: [section(heading), ...blocks] };
}
