import { movesIn, type Revision } from './ledger.ts';
import type { ObjectRef } from './object.ts';
import type { Split } from './split.ts';

/**
 * What a MAC of a revision is over: the object, the revision's number in the history, and all that it says. The object's uid is not in it,
 * so an object that is made anew with its history keeps its way back. With the number nobody can put a revision in another place.
 */
export function signedText({ cluster, namespace, kind, name }: ObjectRef, number: number, revision: Revision): string {
  const { at, reason } = revision;
  return JSON.stringify(['history', cluster, namespace, kind, name, number, at, reason ?? null, said(revision)]);
}

/** Whether two revisions say the same, apart from when and why. */
export function saysTheSame(one: Revision, other: Revision): boolean {
  return JSON.stringify(said(one)) === JSON.stringify(said(other));
}

function said(revision: Revision): readonly unknown[] {
  const { id, by, reverts, does, ramp } = revision;
  const moves = movesIn(revision).map(({ rule, from, to }) => [rule, inOrder(from), inOrder(to)]);
  return [id, by, moves, reverts ?? null, does ?? null, ramp === undefined ? null : [ramp.id, ramp.step, ramp.of]];
}

/** A JSON object has no order. */
function inOrder(split: Split): readonly (readonly [string, number])[] {
  return Object.entries(split).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
