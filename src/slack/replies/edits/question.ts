import type { ActionsBlock, Button, KnownBlock } from '@slack/types';
import { type ObjectEdit, verbOf } from '../../../domain/change/edit.ts';
import { formatCommand } from '../../../domain/language/command.ts';
import { isConverted } from '../../../domain/routing/rule-file.ts';
import { editsOf, type Plan } from '../../../workflow/asking/plan.ts';
import type { EditsQuestion, Way } from '../../../workflow/asking/rule-file.ts';
import { actions, formatLineValue } from '../../words/button.ts';
import { serviceOf } from '../../words/command-text.ts';
import { code, maxText, names, plain } from '../../words/mrkdwn.ts';
import { objectSections, placesOf, section } from '../../words/object-text.ts';
import type { Reply } from '../../words/reply.ts';
import { fileNotes } from '../../words/rule-file-text.ts';
import { trialLines } from '../../words/trial-text.ts';
import { mostWarnings, warningText } from '../../words/warning-text.ts';
import { blocksReply, lines, maxObjectsText } from '../blocks.ts';
import { policyLines } from '../preview.ts';
import { refusalText } from '../refusals.ts';
import { beginsLines } from './first-rules.ts';

/** Shows what a rule file, or the removal of a rule, would do, with buttons that do exactly that. */
export function questionReply(
  { command, place, ways, file, begins }: EditsQuestion,
  hasMoved: boolean,
  now: Date,
): Reply {
  const [first] = ways;
  const began = hasMoved
    ? '*Not done:* it would do something else by now than what you were shown.'
    : `${subject(command)} ${file !== undefined && isConverted(file) ? 'was converted' : 'is more than a shift'}, so nothing was changed yet.`;
  const where = `In ${names(placesOf(editsOf(first.plan)))} @ ${code(place.cluster)} it would ${countText(first.plan)}.`;
  const room = maxObjectsText / ways.length;
  return blocksReply(`${began} ${where}`, [
    ...lines(file === undefined ? [] : fileNotes(file), maxText),
    ...lines(begins === undefined ? [] : beginsLines(begins)),
    ...ways.flatMap((way) => waySections(way, now, { isOneOfTwo: ways.length > 1, room })),
    ...(command.dryRun ? [] : buttons(command, ways)),
  ]);
}

function subject(command: EditsQuestion['command']): string {
  switch (command.verb) {
    case 'unpin':
      return `Unpinning ${code(command.rule)}`;
    case 'init':
      return `To give ${code(command.service.service)} its first rules`;
    default:
      return code(command.file, 120);
  }
}

function waySections(
  { isMeant, plan, judgement }: Way,
  now: Date,
  { isOneOfTwo, room }: { readonly isOneOfTwo: boolean; readonly room: number },
): readonly KnownBlock[] {
  const heading = isMeant ? '*As one rule, which may have been meant:*' : '*As it is written:*';
  const { owner, service } = plan;
  const edits = editsOf(plan);
  const owned =
    owner === undefined ? [] : [refusalText(serviceOf({ service, edits }), { reason: 'owned', owner }, { now })];
  return [
    ...(isOneOfTwo ? [section(heading)] : []),
    ...objectSections(edits, room),
    ...lines([
      ...owned,
      ...trialLines(plan),
      ...plan.warnings.slice(0, mostWarnings).map(warningText),
      ...policyLines(judgement),
    ]),
  ];
}

/** No button for what would not be accepted. The text above says why. */
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

function confirmDelete(plan: Plan): NonNullable<Button['confirm']> {
  const all = editsOf(plan).map(({ object: { kind, name } }) => `${kind} ${name}`);
  return {
    title: plain('Delete?'),
    text: plain(`${all.join(', ')} will be deleted. A rollback makes them anew.`, 280),
    confirm: plain('Delete'),
    deny: plain('Cancel'),
    style: 'danger',
  };
}

/** `create 1 object and replace 2` */
function countText(plan: Plan): string {
  const all = editsOf(plan).map(verbWord);
  const counts = verbs
    .map((verb) => ({ verb, count: all.filter((each) => each === verb).length }))
    .filter(({ count }) => count > 0);
  const parts = counts.map(
    ({ verb, count }, at) => `${verb} ${count}${at === 0 ? (count === 1 ? ' object' : ' objects') : ''}`,
  );
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

const verbs = ['create', 'replace', 'delete', 'move'] as const;

function verbWord(edit: ObjectEdit): (typeof verbs)[number] {
  return edit.kind === 'content' ? verbOf(edit) : 'move';
}
