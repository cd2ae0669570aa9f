import type { Button, ContextBlock, KnownBlock, SectionBlock } from '@slack/types';
import { type Change, effectOf, isEnded, type State, shownAs } from '../../domain/change/change.ts';
import { type AppliedChange, isApplied } from '../../domain/change/fate.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { percentages, weightOf } from '../../domain/routing/split.ts';
import { truncate } from '../../domain/text/typed-text.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { code, fitted, foreign, markup, plain, user } from '../words/mrkdwn.ts';
import { warningText } from '../words/owner-text.ts';
import { pinnedText } from '../words/pinned-text.ts';
import { moveRows, moveText, splitText } from '../words/split-text.ts';
import { approvedBy, type DecisionState, decisionButtons, decisionNotes } from './approval.ts';
import {
  andMore,
  differences,
  editRows,
  editsAim,
  editsRollBackButton,
  heldEditsNote,
  partNote,
  unpinCommand,
} from './edits-card.ts';
import { failedNote, heldNote } from './end-text.ts';
import { canTakeBack, movedNote } from './moved-text.ts';
import { seenNotes } from './seen.ts';

export interface Message {
  /** Says all of it in one sentence, for screen readers and notifications. */
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/** With at most five notes a card stays under 13,000 characters, over which Slack takes none. */
const maxNote = 1_200;
const maxPinned = 5;
/** A notification's text: Slack asks for less than 4,000 characters. */
const maxSpoken = 3_900;

/** The one message that shows a change through its life. */
export function card(change: Change): Message {
  const { from, state } = change;
  const to = state.kind === 'applied' ? state.live : change.to;
  const notes = notesOf(change);
  const buttons = buttonsOf(change);
  return {
    text: fitted(
      [
        `${foreign(title(change))}: ${change.edits === undefined ? foreign(moveText(from, to), 600) : spokenRows(change)}.`,
        `${spokenFacts(change)}.`,
        ...notes,
      ].join(' '),
      maxSpoken,
    ),
    blocks: [
      {
        type: 'header',
        block_id: change.id,
        text: plain(title(change), 140),
      },
      section(change.edits === undefined ? moveRows(from, to) : editRows(change)),
      ...differences(change),
      context(markup(fitted([`*${stateWord(change.state)}*`, ...factsOf(change)].join(' · '), maxNote))),
      ...(change.reason === undefined ? [] : [context(plain(quoted(change.reason), 500))]),
      ...notes.map((note) => section(fitted(note, maxNote))),
      ...(buttons.length > 0 ? [{ type: 'actions', elements: buttons } satisfies KnownBlock] : []),
    ],
  };
}

/** In place of a card whose record cannot be trusted: what it said may not be what was accepted. */
export function disownedCard(id: ChangeId): Message {
  const text = `The record of ${id} cannot be trusted: it was altered, or signed with another key (RECORD_KEY). I do nothing more with it. What was applied stands in the history of the object, which ${code('/shift history')} shows.`;
  return { text, blocks: [{ ...section(text), block_id: id }] };
}

/** What a change is for: `reviews · 50 % to v3`, `reviews and 3 more · bookinfo/virtual-service-all-v1`. */
export function title(change: Change): string {
  const { reverts, focus, to, rule } = change;
  const service = `${change.service}${andMore(change)}`;
  const what = editsAim(change) ?? (reverts === undefined ? aim(focus, to) : `back to ${splitText(to)}`);
  return rule === defaultRule ? `${service} · ${what}` : `${service} (${rule}) · ${what}`;
}

function aim(focus: string | undefined, to: Change['to']): string {
  return focus === undefined ? splitText(to) : `${weightOf(percentages(to), focus)} % to ${focus}`;
}

/** The objects in one sentence, already escaped. */
function spokenRows(change: Change): string {
  return fitted(editRows(change).replaceAll('• ', '').replaceAll('\n', '; '), 1_500);
}

/** What stands in the context line, with the reason, as one sentence. */
function spokenFacts(change: Change): string {
  const reason = change.reason === undefined ? [] : [foreign(quoted(change.reason), 500)];
  return [stateWord(change.state), ...factsOf(change), ...reason].join(', ');
}

function factsOf(change: Change): readonly string[] {
  const { object, by, id, insistedBy, reverts } = change;
  return [
    `asked by ${user(by)}`,
    ...(insistedBy === undefined ? [] : [`${insistedWord(change)} by ${user(insistedBy)}`]),
    ...(reverts === undefined ? [] : [`takes back ${reverts}`]),
    id,
    foreign(`${object.namespace} @ ${object.cluster}`),
  ];
}

/** What is applied anyway takes no approval. */
function insistedWord({ state, approvals }: Change): string {
  return approvals !== undefined || isDecision(state) ? 'planned again' : 'applied anyway';
}

function stateWord(state: State): string {
  switch (state.kind) {
    case 'applied':
      return `Applied in ${duration(state.tookMs)}`;
    case 'queued':
      return 'Queued';
    case 'applying':
      return 'Applying';
    case 'held':
      return 'Held, not applied';
    case 'superseded':
      return 'Superseded, not applied';
    case 'discarded':
      return 'Discarded, not applied';
    case 'failed':
      return 'Not applied';
    case 'awaiting':
      return 'Waits for approval';
    case 'rejected':
      return 'Rejected, not applied';
    case 'withdrawn':
      return 'Withdrawn, not applied';
    case 'expired':
      return 'Expired, not applied';
    case 'void':
      return 'Void, not applied';
  }
}

function section(text: string): SectionBlock {
  return { type: 'section', text: markup(text) };
}

function context(element: ContextBlock['elements'][number]): ContextBlock {
  return { type: 'context', elements: [element] };
}

function quoted(reason: string): string {
  return `“${truncate(reason, 400)}”`;
}

/** What else a person must know, a sentence or two each, already escaped. */
function notesOf(change: Change): readonly string[] {
  const isUndone = change.edits !== undefined && isApplied(change) && change.state.rolledBack !== undefined;
  const notReached =
    change.pinned.length > 0 && !isUndone
      ? [`Not reached by the split: ${pinnedText(change.pinned, maxPinned)}${howToUnpin(change)}`]
      : [];
  const seen = isApplied(change) ? seenNotes(change) : [];
  return [...stateNotes(change), ...warningNotes(change), ...notReached, ...seen];
}

/** The rule is told by what stands before its arrow. */
function howToUnpin({ service, object, pinned }: Change): string {
  const [first = ''] = pinned;
  const { namespace, cluster } = object;
  const command = unpinCommand({ service, namespace, cluster }, { key: '', match: first.split(' → ')[0] ?? first });
  return `. ${code(command, 250)} removes ${pinned.length === 1 ? 'it' : 'the first of them'}.`;
}

/** Not beside what says that it came true. */
function warningNotes(change: Change): readonly string[] {
  const isOver = isApplied(change) ? change.state.movedAway !== undefined : isEnded(change);
  return isOver ? [] : (change.warnings ?? []).slice(0, 2).map(warningText);
}

function stateNotes(change: Change): readonly string[] {
  const { state } = change;
  switch (state.kind) {
    case 'awaiting':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'void':
      return decisionNotes(change, state);
    case 'queued':
    case 'applying':
      return approvedBy(change);
    case 'applied':
      return [...(isApplied(change) ? appliedNotes(change) : []), ...approvedBy(change)];
    case 'held':
      return [change.edits === undefined ? heldNote(change, state) : heldEditsNote(state), ...approvedBy(change)];
    case 'superseded':
      return [
        `${state.by ?? 'A later change'} was applied before it, so nothing was changed. If it is still wanted, type the command again.`,
        ...approvedBy(change),
      ];
    case 'discarded':
      return [`${user(state.by)} discarded it. Nothing was changed.`, ...approvedBy(change)];
    case 'failed':
      if (effectOf(change).length > 0) return [partNote(change, state), ...takenBackBy(state), ...approvedBy(change)];
      return [failedNote(change, state), ...approvedBy(change)];
  }
}

function appliedNotes(change: AppliedChange): readonly string[] {
  const { rolledBack, later, warnings, movedAway } = change.state;
  const moved = movedAway === undefined ? [] : [movedNote(change, movedAway)];
  const since = rolledBack === undefined && later !== undefined ? [`The split was changed since, by ${later}.`] : [];
  const back = takenBackBy({ rolledBack });
  return [
    ...moved,
    ...back,
    ...since,
    ...warnings.slice(0, 3).map((warning) => `The API server warns: ${code(warning, 300)}`),
  ];
}

function takenBackBy({ rolledBack }: Pick<AppliedChange['state'], 'rolledBack'>): readonly string[] {
  return rolledBack === undefined ? [] : [`*Rolled back* by ${user(rolledBack.by)} (${rolledBack.change}).`];
}

function buttonsOf(change: Change): Button[] {
  const { state } = change;
  if (state.kind === 'held') return heldButtons(change);
  if (isDecision(state)) return decisionButtons(change, state);
  if (state.kind === 'failed' && effectOf(change).length > 0 && state.rolledBack === undefined)
    return [editsRollBackButton(change)];
  if (!isApplied(change) || change.state.rolledBack !== undefined) return [];
  return [
    ...(canTakeBack(change) ? [change.edits === undefined ? rollBackButton(change) : editsRollBackButton(change)] : []),
    ...promoteButton(change),
    historyButton(change),
  ];
}

function isDecision(state: State): state is DecisionState {
  return ['awaiting', 'rejected', 'withdrawn', 'expired', 'void'].includes(state.kind);
}

function rollBackButton({ id, from, service }: Change): Button {
  const target = splitText(from);
  const label = `Roll back to ${target}`;
  return {
    type: 'button',
    action_id: actions.rollBack,
    value: formatButtonValue({ id }),
    text: plain([...label].length <= 70 ? label : 'Roll back to the split before'),
    style: 'danger',
    confirm: {
      title: plain('Roll back?'),
      text: plain(`${service} goes back to ${target}.`, 280),
      confirm: plain('Roll back'),
      deny: plain('Cancel'),
      style: 'danger',
    },
  };
}

function promoteButton({ id, focus, state: { live, later, movedAway } }: AppliedChange): Button[] {
  const share = focus === undefined ? 100 : weightOf(percentages(live), focus);
  if (focus === undefined || share === 0 || share === 100) return [];
  if (later !== undefined || movedAway !== undefined) return [];
  return [
    {
      type: 'button',
      action_id: actions.promote,
      value: formatButtonValue({ id }),
      text: plain(`${focus} → 100 %`),
      style: 'primary',
    },
  ];
}

function historyButton({ id }: Change): Button {
  return { type: 'button', action_id: actions.history, value: formatButtonValue({ id }), text: plain('History') };
}

function heldButtons(change: Change): Button[] {
  const { id, service, to, edits } = change;
  return [
    {
      type: 'button',
      action_id: actions.applyAnyway,
      value: formatButtonValue({ id, seen: shownAs(change) }),
      text: plain('Apply anyway'),
      confirm: {
        title: plain('Apply anyway?'),
        text: plain(
          edits === undefined
            ? `${service} goes to ${splitText(to)}, whatever it has now.`
            : 'All its objects become what they were to be, whatever they are now.',
          280,
        ),
        confirm: plain('Apply anyway'),
        deny: plain('Cancel'),
      },
    },
    { type: 'button', action_id: actions.discard, value: formatButtonValue({ id }), text: plain('Discard') },
  ];
}

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
