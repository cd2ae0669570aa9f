import type { ObjectEdit } from '../../domain/change/edit.ts';
import { defaultRule } from '../../domain/routing/route.ts';
import type { Move } from '../../domain/routing/split.ts';
import { code, fitted, foreign, maxText } from './mrkdwn.ts';
import { objectName } from './object-text.ts';
import { moveRows, moveText } from './split-text.ts';

/** A move, with its name for lists of several moves. */
export interface NamedMove extends Move {
  /** Already escaped. */
  readonly name: string;
}

type Moving = Pick<ObjectEdit, 'object' | 'moves'>;

/** All moves of some edits. With one object the rule is name enough. */
export function namedMoves<E extends Moving>(
  edits: readonly E[],
  movesOf: (edit: E) => readonly Move[] = ({ moves }) => moves,
): readonly NamedMove[] {
  const isOne = edits.length === 1;
  return edits.flatMap((edit) =>
    movesOf(edit).map((move) => ({ ...move, name: isOne ? ruleName(move.rule) : fullName(edit, move) })),
  );
}

/** ``rule `orders` `` */
export function ruleName(rule: string): string {
  return `rule ${code(rule)}`;
}

function fullName({ object, moves }: Moving, { rule }: Move): string {
  const isClear = moves.length === 1 && rule === defaultRule;
  return isClear ? objectName(object) : `${objectName(object)}, ${ruleName(rule)}`;
}

/** In a sentence: `v1 100 → 50 %, v3 0 → 50 %`. If there are several moves, each has its name. */
export function movesText(moves: readonly NamedMove[], limit: number): string {
  const [first, ...more] = moves;
  if (first === undefined) return 'no traffic';
  if (more.length === 0) return foreign(moveText(first.from, first.to), limit);
  return fitted(moves.map(({ name, from, to }) => `${name} ${foreign(moveText(from, to), 200)}`).join('; '), limit);
}

/** A row for each version. If there are several moves, each has its name above, and as many are shown as fit. */
export function moveBlocks(moves: readonly NamedMove[], room = maxText): string {
  const [first, ...more] = moves;
  if (more.length === 0) return moveRows(first?.from ?? {}, first?.to ?? {});
  const shown: string[] = [];
  let left = room - '\n… +999 more'.length;
  for (const { name, from, to } of moves) {
    const text = `${capital(name)}\n${moveRows(from, to)}`;
    left -= text.length + 1;
    if (left < 0 && shown.length > 0) break;
    shown.push(text);
  }
  const hidden = moves.length - shown.length;
  return fitted([...shown, ...(hidden > 0 ? [`… +${hidden} more`] : [])].join('\n'), room);
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
