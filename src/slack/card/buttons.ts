import type { Button } from '@slack/types';
import { type Change, effectOf, isWeightsOnly, mainMove, movesSeen, shownAs } from '../../domain/change/change.ts';
import { type AppliedChange, isApplied } from '../../domain/change/fate.ts';
import type { Move } from '../../domain/routing/split.ts';
import { percentages, weightOf } from '../../domain/routing/split.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { plain } from '../words/mrkdwn.ts';
import { splitText } from '../words/split-text.ts';
import { decisionButtons, isDecision } from './approval.ts';
import { canTakeBack } from './moved-away.ts';

/** The buttons of a card: what a person may do about the change. */
export function buttonsOf(change: Change): Button[] {
  const { state } = change;
  if (state.kind === 'held') return heldButtons(change);
  if (isDecision(state)) return decisionButtons(change, state);
  if (state.kind === 'failed' && effectOf(change).length > 0 && state.rolledBack === undefined)
    return [rollBackAllButton(change)];
  if (!isApplied(change) || change.state.rolledBack !== undefined) return [];
  return [...(canTakeBack(change) ? [rollBackButton(change)] : []), ...promoteButton(change), historyButton(change)];
}

/** The move of a change that does nothing else. Its buttons can name the target split. */
function onlyMove(change: Change): Move | undefined {
  const [first, ...more] = change.edits;
  return first.kind === 'weights' && first.moves.length === 1 && more.length === 0 ? mainMove(change) : undefined;
}

function rollBackButton(change: AppliedChange): Button {
  const move = onlyMove(change);
  if (move === undefined) return rollBackAllButton(change);
  const target = splitText(move.from);
  const label = `Roll back to ${target}`;
  return {
    type: 'button',
    action_id: actions.rollBack,
    value: formatButtonValue({ id: change.id }),
    text: plain([...label].length <= 70 ? label : 'Roll back to the split before'),
    style: 'danger',
    confirm: confirmRollBack(`${change.service} goes back to ${target}.`),
  };
}

function rollBackAllButton(change: Change): Button {
  const all = effectOf(change).map(({ object: { kind, name } }) => `${kind} ${name}`);
  return {
    type: 'button',
    action_id: actions.rollBack,
    value: formatButtonValue({ id: change.id }),
    text: plain('Roll back'),
    style: 'danger',
    confirm: confirmRollBack(`Back to what they were before: ${all.join(', ')}.`),
  };
}

function confirmRollBack(text: string): NonNullable<Button['confirm']> {
  return {
    title: plain('Roll back?'),
    text: plain(text, 280),
    confirm: plain('Roll back'),
    deny: plain('Cancel'),
    style: 'danger',
  };
}

function promoteButton(change: AppliedChange): Button[] {
  const { id, aim, edits, state } = change;
  const focus = aim.kind === 'split' ? aim.focus : undefined;
  const [made, ...more] = edits.flatMap((edit) => movesSeen(change, edit));
  if (focus === undefined || made === undefined || more.length > 0) return [];
  const share = weightOf(percentages(made.to), focus);
  if (share === 0 || share === 100 || state.later !== undefined || state.movedAway !== undefined) return [];
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
  return [
    {
      type: 'button',
      action_id: actions.applyAnyway,
      value: formatButtonValue({ id: change.id, seen: shownAs(change) }),
      text: plain('Apply anyway'),
      confirm: {
        title: plain('Apply anyway?'),
        text: plain(anywayText(change), 280),
        confirm: plain('Apply anyway'),
        deny: plain('Cancel'),
      },
    },
    {
      type: 'button',
      action_id: actions.discard,
      value: formatButtonValue({ id: change.id }),
      text: plain('Discard'),
    },
  ];
}

function anywayText(change: Change): string {
  const move = onlyMove(change);
  if (move !== undefined) return `${change.service} goes to ${splitText(move.to)}, whatever it has now.`;
  return isWeightsOnly(change)
    ? 'All its rules get the weights that they were to get, whatever they have now.'
    : 'All its objects become what they were to be, whatever they are now.';
}
