import { type Change, effectOf, isEnded, isWeightsOnly, mainEdit, serviceOf } from '../../domain/change/change.ts';
import { type AppliedChange, isApplied } from '../../domain/change/fate.ts';
import type { Applied, StateOf } from '../../domain/change/state.ts';
import { nobody } from '../../domain/change/undecided.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import { effectText } from '../words/effect-text.ts';
import { code, user } from '../words/mrkdwn.ts';
import { pinnedText, unpinCommand } from '../words/pinned-text.ts';
import { mostWarnings, warningText } from '../words/warning-text.ts';
import { approvedBy, decisionNotes } from './approval.ts';
import { failedNote } from './failed.ts';
import { heldNote } from './found.ts';
import { movedAwayNote } from './moved-away.ts';
import { seenNotes } from './seen.ts';

const maxPinned = 5;

/** What else a person must know, one or two sentences each, already escaped. */
export function notesOf(change: Change): readonly string[] {
  const seen = isApplied(change) ? seenNotes(change) : [];
  return [...stateNotes(change), ...warningNotes(change), ...pinnedNotes(change), ...seen];
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
      return [heldNote(change, state), ...approvedBy(change)];
    case 'superseded':
      return [
        `${state.by ?? 'A later change'} was applied before it, so nothing was changed. If it is still wanted, type the command again.`,
        ...approvedBy(change),
      ];
    case 'discarded':
      return [`${discardedText(state)} Nothing was changed.`, ...approvedBy(change)];
    case 'failed': {
      const back = effectOf(change).length > 0 ? takenBackBy(state) : [];
      return [failedNote(change, state), ...back, ...approvedBy(change)];
    }
  }
}

function discardedText({ by }: StateOf<'discarded'>): string {
  return by === nobody ? 'Nobody decided about it for a day, so it was discarded.' : `${user(by)} discarded it.`;
}

function appliedNotes(change: AppliedChange): readonly string[] {
  const { rolledBack, later, warnings, movedAway, effect } = change.state;
  const isLive = movedAway === undefined && rolledBack === undefined && later === undefined;
  const moved = movedAway === undefined ? [] : [movedAwayNote(change, movedAway)];
  const since = rolledBack === undefined && later !== undefined ? [`The split was changed since, by ${later}.`] : [];
  return [
    ...moved,
    ...takenBackBy({ rolledBack }),
    ...since,
    ...(isLive && effect !== undefined ? [effectText(effect)] : []),
    ...warnings.slice(0, 3).map((warning) => `The API server warns: ${code(warning, 300)}`),
  ];
}

function takenBackBy({ rolledBack }: Pick<Applied, 'rolledBack'>): readonly string[] {
  return rolledBack === undefined ? [] : [`*Rolled back* by ${user(rolledBack.by)} (${rolledBack.change}).`];
}

/**
 * No warnings once somebody else has moved the weights, so that they came true, or the change has ended otherwise. What requests follow is told
 * anew of a change that is applied.
 */
function warningNotes(change: Change): readonly string[] {
  const isOver = isApplied(change) ? change.state.movedAway !== undefined : isEnded(change);
  const told = (change.warnings ?? []).filter((each) => !isApplied(change) || !isAstray(each));
  return isOver ? [] : told.slice(0, mostWarnings).map(warningText);
}

function isAstray({ kind }: PlanWarning): boolean {
  return kind === 'not-followed' || kind === 'followed-in-part';
}

/** Empty if a change of more than weights was rolled back: its pinned rules went with it. */
function pinnedNotes(change: Change): readonly string[] {
  const { pinned } = mainEdit(change);
  const isUndone = !isWeightsOnly(change) && isApplied(change) && change.state.rolledBack !== undefined;
  if (pinned.length === 0 || isUndone) return [];
  return [`Not reached by the split: ${pinnedText(pinned, maxPinned)}. ${howToUnpin(change, pinned)}`];
}

/** A pinned rule is described as `match → versions`. The command names it by the match. */
function howToUnpin(change: Change, [first = '', ...more]: readonly string[]): string {
  const command = unpinCommand(serviceOf(change), { key: '', match: first.split(' → ')[0] ?? first });
  return `${code(command, 250)} removes ${more.length === 0 ? 'it' : 'the first of them'}.`;
}
