import type { Button } from '@slack/types';
import { changeAt, type Ramp } from '../../domain/ramp/ramp.ts';
import { isOver, isStanding, type RampStateOf } from '../../domain/ramp/ramp-state.ts';
import {
  clusterAt,
  clustersOf,
  clusterToLeaveOut,
  isPutBackHere,
  isSequence,
  stepAfter,
} from '../../domain/ramp/sequence.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import type { RampShown } from '../../workflow/ports/cards.ts';
import { standingShown } from '../../workflow/ramping/standing-shown.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { plain } from '../words/mrkdwn.ts';
import { rampLine } from '../words/ramp-command.ts';
import { shareOfStep } from '../words/step-text.ts';
import { targetsPlain } from '../words/targets-text.ts';
import { approvalButtons } from './approval.ts';

/** What a person may do about a ramp. A button is for the step that it was drawn for. */
export function rampButtons({ ramp, change }: RampShown): Button[] {
  const { state } = ramp;
  switch (state.kind) {
    case 'awaiting':
      return approvalButtons(ramp.id, state);
    case 'stepping':
      return [backButton(ramp), pauseButton(ramp)];
    case 'running':
      return [backButton(ramp), pauseButton(ramp), ...nextButton(ramp, 'now'), historyButton(ramp)];
    case 'paused':
      return [backButton(ramp), resumeButton(ramp, 'Resume'), ...nextButton(ramp, 'now'), historyButton(ramp)];
    case 'asking':
      return [...nextButton(ramp, 'may go on'), backButton(ramp), historyButton(ramp)];
    case 'held':
      return [
        resumeButton(ramp, state.hold.because === 'moved' ? 'Go on from here' : 'Go on'),
        ...(isPutBackHere(ramp, state) ? [putBackButton(ramp)] : []),
        ...withoutButton(ramp, state),
        backButton(ramp),
        historyButton(ramp),
      ];
    case 'finished':
      return isFollowed(change) ? [historyButton(ramp)] : [...backButtons(ramp), historyButton(ramp)];
    case 'going-back':
    case 'back':
    case 'superseded':
      return [historyButton(ramp)];
    default:
      return [];
  }
}

/** A later change of ours moved the rule, perhaps to take the ramp back. */
function isFollowed(change: RampShown['change']): boolean {
  const state = change?.state;
  return state?.kind === 'applied' && (state.later !== undefined || state.rolledBack !== undefined);
}

function targetText({ before }: Ramp): string {
  return targetsPlain(before);
}

function backButton(ramp: Ramp): Button {
  const target = targetText(ramp);
  const label = `Roll back to ${target}`;
  return {
    type: 'button',
    action_id: actions.rampAbort,
    value: buttonValue(ramp),
    text: plain([...label].length <= 70 ? label : 'Roll back to the split before'),
    style: 'danger',
    confirm: {
      title: plain('Roll back?'),
      text: plain(`${ramp.name.service} goes back to ${target}, and the ramp is over.`, 280),
      confirm: plain('Roll back'),
      deny: plain('Cancel'),
      style: 'danger',
    },
  };
}

function pauseButton(ramp: Ramp): Button {
  return {
    type: 'button',
    action_id: actions.rampPause,
    value: buttonValue(ramp),
    text: plain('Pause'),
  };
}

function resumeButton(ramp: Ramp, label: string): Button {
  return { type: 'button', action_id: actions.rampResume, value: valueShown(ramp), text: plain(label) };
}

function putBackButton(ramp: Ramp): Button {
  return { type: 'button', action_id: actions.rampPutBack, value: valueShown(ramp), text: plain('Put back') };
}

/** Leaves out the cluster that is in the way. */
function withoutButton(ramp: Ramp, state: RampStateOf<'held'>): Button[] {
  const cluster = clusterToLeaveOut(ramp, state);
  if (cluster === undefined) return [];
  const text = plain(`Go on without ${cluster}`, 70);
  return [{ type: 'button', action_id: actions.rampWithout, value: valueShown(ramp), text }];
}

/** Once it is over, each cluster goes back by itself: a change has one object's history to go by. */
function backButtons(ramp: Ramp): Button[] {
  if (!isSequence(ramp)) return [backButton(ramp)];
  return clustersOf(ramp).flatMap((cluster) => {
    const first = firstIn(ramp, cluster);
    if (first === undefined) return [];
    const text = plain(`Roll back ${cluster}`, 70);
    return [
      { type: 'button', action_id: actions.rollBack, value: formatButtonValue({ id: first }), style: 'danger', text },
    ];
  });
}

/** The change that made the first step there. To take that back takes all of the ramp back there. */
function firstIn(ramp: Ramp, cluster: string): ChangeId | undefined {
  const first = ramp.changes.find(({ step }) => step > 0 && clusterAt(ramp, step) === cluster);
  return first && changeAt(ramp, first.step);
}

function nextButton(ramp: Ramp, word: string): Button[] {
  const next = isStanding(ramp.state) ? stepAfter(ramp, ramp.state.step) : undefined;
  if (next === undefined) return [];
  return [
    {
      type: 'button',
      action_id: actions.rampNext,
      value: valueShown(ramp),
      text: plain(`${shareOfStep(ramp, next)} ${word}`, 70),
      style: 'primary',
    },
  ];
}

function historyButton(ramp: Ramp): Button {
  return { type: 'button', action_id: actions.history, value: buttonValue(ramp), text: plain('History') };
}

function valueShown(ramp: Ramp): string {
  return buttonValue(ramp, standingShown(ramp));
}

/** While it is not over, a button also has what a click must know when the record is lost. */
function buttonValue(ramp: Ramp, seen?: string): string {
  const anew = isOver(ramp.state) ? undefined : rampLine(ramp);
  return formatButtonValue({ id: ramp.id, ...(seen !== undefined && { seen }), ...(anew !== undefined && { anew }) });
}
