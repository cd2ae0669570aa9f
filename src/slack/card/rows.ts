import type { SectionBlock } from '@slack/types';
import { type Change, effectOf, isWeightsOnly, movesSeen } from '../../domain/change/change.ts';
import {
  type ContentEdit,
  type ContentVerb,
  defaultMove,
  deletes,
  findEdit,
  isContentEdit,
  type ObjectEdit,
  verbOf,
} from '../../domain/change/edit.ts';
import type { MovedObject } from '../../domain/change/state.ts';
import { contentToInsistOn, isSameContent } from '../../domain/routing/content.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { type Move, sameShares } from '../../domain/routing/split.ts';
import { moveBlocks, movesText, type NamedMove, namedMoves, ruleName } from '../words/move-text.ts';
import { fitted, foreign } from '../words/mrkdwn.ts';
import { type MovedText, movedSections, objectName, objectSections } from '../words/object-text.ts';
import { moveText, splitText } from '../words/split-text.ts';

const maxListed = 12;
const maxDifferences = 2_500;
/** What a notification tells of many of them. */
const maxSpokenMoves = 1_500;

/** What moves, a row for each version. Where more than weights changes, a line for each object: what becomes of it, or has. */
export function rowsOf(change: Change): string {
  return isWeightsOnly(change) ? moveBlocks(movesOf(change)) : fitted(objectLines(change, '• ').join('\n'));
}

/** The same in one sentence. */
export function spokenRows(change: Change): string {
  if (!isWeightsOnly(change)) return fitted(objectLines(change, '').join('; '), maxSpokenMoves);
  const moves = movesOf(change);
  return movesText(moves, moves.length === 1 ? 600 : maxSpokenMoves);
}

function movesOf(change: Change): readonly NamedMove[] {
  return namedMoves(change.edits, (edit) => movesSeen(change, edit));
}

const words: Record<ContentVerb | 'move', { readonly done: string; readonly planned: string }> = {
  create: { done: 'created', planned: 'create' },
  replace: { done: 'replaced', planned: 'replace' },
  delete: { done: 'deleted', planned: 'delete' },
  move: { done: 'moved', planned: 'move' },
};

function objectLines(change: Change, bullet: string): readonly string[] {
  const effect = effectOf(change);
  const lines = change.edits.slice(0, maxListed).map((edit) => {
    const { done, planned } = words[edit.kind === 'content' ? verbOf(edit) : 'move'];
    return `${bullet}${effect.includes(edit) ? done : planned} ${objectName(edit.object)}${splitPart(change, edit)}`;
  });
  const more = change.edits.length - lines.length;
  return more > 0 ? [...lines, `… +${more} more objects`] : lines;
}

function splitPart(change: Change, edit: ObjectEdit): string {
  if (edit.object.kind === 'DestinationRule' || deletes(edit)) return '';
  const moves = movesSeen(change, edit);
  const shown = moves.length === 0 ? [defaultMove(edit)] : moves;
  return `: ${shown.map((move) => partText(edit, move)).join('; ')}`;
}

function partText(edit: ObjectEdit, { rule, from, to }: Move): string {
  const isNew = edit.kind === 'content' && edit.before === undefined;
  const text = foreign(isNew || sameShares(from, to) ? splitText(to) : moveText(from, to), 200);
  return rule === defaultRule ? text : `${ruleName(rule)} ${text}`;
}

/**
 * Whoever is to approve it, or to have it applied over what somebody else wrote, sees what would become of each object. Whoever is to
 * plan it again sees what became of the objects since.
 */
export function differences({ edits, state }: Pick<Change, 'edits' | 'state'>): readonly SectionBlock[] {
  const whole = edits.filter(isContentEdit);
  if (whole.length === 0) return [];
  if (state.kind === 'awaiting') return objectSections(whole, maxDifferences);
  if (state.kind === 'void') return movedSections(movedSince(whole, state.moved), maxDifferences);
  return state.kind === 'held' ? objectSections(overFound(whole, state.found), maxDifferences) : [];
}

/** What is gone has no difference, and what has another history may have none. */
function movedSince(edits: readonly ContentEdit[], moved: readonly MovedObject[]): readonly MovedText[] {
  return moved.flatMap(({ object, content }) => {
    const was = findEdit(edits, object)?.before;
    return content === undefined || isSameContent(was, content) ? [] : [{ object, was, is: content }];
  });
}

/** What would be written over what was found. It is not known from which split that would move. */
function overFound(edits: readonly ContentEdit[], found: readonly MovedObject[]): readonly ContentEdit[] {
  return found.flatMap(({ object, content }) => {
    const edit = findEdit(edits, object);
    if (edit === undefined || content === undefined) return [];
    const moves = edit.moves.map((move) => ({ ...move, from: move.to }));
    return [{ ...edit, before: content, after: contentToInsistOn(edit, content), moves }];
  });
}
