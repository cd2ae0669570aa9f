import { createHash } from 'node:crypto';
import type { ObjectEdit } from '../../domain/change/edit.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import type { Split } from '../../domain/routing/split.ts';

/** One object of a change, with what tells whether it still is what a person was shown. */
export interface Stamped {
  readonly edit: ObjectEdit;
  readonly live: Pick<LiveObject, 'uid' | 'content' | 'ledger' | 'rules'> | undefined;
}

/**
 * A hash of all objects of a change as they are now. A person's decision is bound to it. For a content edit everything counts. For a
 * weights edit only the rules that it moves count, and not how often the object was changed.
 */
export function stampOf(opened: readonly Stamped[]): string {
  const seen = opened.map(({ edit, live }) => {
    if (live === undefined) return null;
    return edit.kind === 'content'
      ? [live.uid, live.content, live.ledger.seq]
      : [live.uid, edit.moves.map(({ rule }) => normal(findRule(live, rule)?.split))];
  });
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 16);
}

/** Equal for splits of the same shares, whatever their weights add up to; null if there is no rule. */
function normal(split: Split | undefined): readonly (readonly [string, number])[] | null {
  if (split === undefined) return null;
  const weighty = Object.entries(split).filter(([, weight]) => weight > 0);
  const divisor = weighty.reduce((all, [, weight]) => commonDivisor(all, weight), 0);
  return weighty
    .map(([version, weight]) => [version, weight / divisor] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
