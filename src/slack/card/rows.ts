import type { SectionBlock } from '@slack/types';
import { type Change, effectOf, isWeightsOnly, movesSeen } from '../../domain/change/change.ts';
import {
  type ContentEdit,
  type ContentVerb,
  deletes,
  findEdit,
  isContentEdit,
  type ObjectEdit,
  verbOf,
} from '../../domain/change/edit.ts';
import type { MovedObject } from '../../domain/change/state.ts';
import { contentToInsistOn, isSameContent } from '../../domain/routing/content.ts';
import { hasRules } from '../../domain/routing/object.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import { type Move, sameShares } from '../../domain/routing/split.ts';
import { moveBlocks, movesText, type NamedMove, namedMoves, ruleName } from '../words/move-text.ts';
import { fitted, foreign } from '../words/mrkdwn.ts';
import { type MovedText, movedSections, namesAmong, objectSections } from '../words/object-text.ts';
import { moveText, splitText } from '../words/split-text.ts';

const maxListed = 12;
const maxDifferences = 2_500;
/** Characters for several moves or objects in a notification. */
const maxSpokenMoves = 1_500;

/** A row for each version that moves. If more than weights changes, a line for each object: what is planned for it, or was done. */
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
  const nameOf = namesAmong(change.edits);
  const lines = change.edits.slice(0, maxListed).map((edit) => {
    const { done, planned } = words[edit.kind === 'content' ? verbOf(edit) : 'move'];
    return `${bullet}${effect.includes(edit) ? done : planned} ${nameOf(edit)}${splitPart(change, edit)}`;
  });
  const more = change.edits.length - lines.length;
  return more > 0 ? [...lines, `… +${more} more objects`] : lines;
}

function splitPart(change: Change, edit: ObjectEdit): string {
  if (!hasRules(edit.object.kind) || deletes(edit)) return '';
  const moves = movesSeen(change, edit);
  return moves.length === 0 ? '' : `: ${moves.map((move) => partText(edit, move)).join('; ')}`;
}

function partText(edit: ObjectEdit, { rule, from, to }: Move): string {
  const isNew = edit.kind === 'content' && edit.before === undefined;
  const text = foreign(isNew || sameShares(from, to) ? splitText(to) : moveText(from, to), 200);
  return rule === defaultRule ? text : `${ruleName(rule)} ${text}`;
}

/**
 * People who may approve a change, or apply a held one anyway, see what would become of each object. People who may plan a void one
 * again see how the objects have changed since.
 */
export function differences({ edits, state }: Pick<Change, 'edits' | 'state'>): readonly SectionBlock[] {
  const whole = edits.filter(isContentEdit);
  if (whole.length === 0) return [];
  if (state.kind === 'awaiting') return objectSections(whole, maxDifferences);
  if (state.kind === 'void') return movedSections(movedSince(whole, state.moved), maxDifferences);
  return state.kind === 'held' ? objectSections(overFound(whole, state.found), maxDifferences) : [];
}

/** An object that is gone has no difference to show. One whose history alone changed may have none either. */
function movedSince(edits: readonly ContentEdit[], moved: readonly MovedObject[]): readonly MovedText[] {
  return moved.flatMap(({ object, content }) => {
    const was = findEdit(edits, object)?.before;
    return content === undefined || isSameContent(was, content) ? [] : [{ object, was, is: content }];
  });
}

/** The edits as they would overwrite what was found. The split that is there now is not known, so only the target is shown. */
function overFound(edits: readonly ContentEdit[], found: readonly MovedObject[]): readonly ContentEdit[] {
  return found.flatMap(({ object, content }) => {
    const edit = findEdit(edits, object);
    if (edit === undefined || content === undefined) return [];
    const moves = edit.moves.map((move) => ({ ...move, from: move.to }));
    return [{ ...edit, before: content, after: contentToInsistOn(edit, content), moves }];
  });
}
