import { type Ledger, moveIn, movesIn, type Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import type { Refusal } from './plan-weights.ts';

/**
 * The revisions whose effect still stands, newest first: those that no rollback has taken back, without the rollbacks. What takes a
 * rollback back restores something, and stands. `revisions`: an object's history, newest first.
 */
export function standing(revisions: readonly Revision[]): readonly Revision[] {
  return notTakenBack(revisions).filter((revision) => !isBack(revisions, revision));
}

/** The same with the rollbacks that hold. */
function notTakenBack(revisions: readonly Revision[]): readonly Revision[] {
  const over: Over[] = [];
  return revisions.filter((revision, at) => {
    if (over.some((each) => takesBack(each, revision, at))) return false;
    if (revision.reverts !== undefined) over.push({ revision, downTo: placeOfRoot(revisions, revision) });
    return true;
  });
}

/** What goes back, or brings something back: of what it was about, and of what came in between, it alone counts. */
interface Over {
  readonly revision: Revision;
  readonly downTo: number;
}

/** The place of the change that a chain of rollbacks is about. A history that has outgrown it has only what came after it. */
function placeOfRoot(revisions: readonly Revision[], revision: Revision): number {
  const reverted = revertedBy(revisions, revision);
  if (reverted === undefined) return revisions.length;
  return reverted.reverts === undefined ? revisions.indexOf(reverted) : placeOfRoot(revisions, reverted);
}

/** The revision that another one takes back. It is older: people can write into a history, and a circle in it must not trap us. */
function revertedBy(revisions: readonly Revision[], revision: Revision): Revision | undefined {
  const place = revisions.indexOf(revision);
  return revisions.find(({ id }, at) => at > place && id === revision.reverts);
}

function takesBack({ revision: rollback, downTo }: Over, revision: Revision, at: number): boolean {
  if (at > downTo) return false;
  if (rollback.does !== undefined) return true; // all of the object
  if (revision.does !== undefined) return false; // of which weights are only a part
  return movesIn(revision).every(({ rule }) => moveIn(rollback, rule) !== undefined);
}

/** It goes back and not forward: what takes back a rollback is none. */
function isBack(revisions: readonly Revision[], revision: Revision): boolean {
  if (revision.reverts === undefined) return false;
  const reverted = revertedBy(revisions, revision);
  return reverted === undefined || !isBack(revisions, reverted);
}

/** The revision that a rollback is about: the newest that still stands, or the one that is named. */
export type Chosen =
  | { readonly kind: 'revision'; readonly revision: Revision }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** `/shift rollback`: the newest change that still stands, whatever its rule, or of the rule that was named. */
export function chooseNewest({ revisions }: Ledger, rule: string | undefined): Chosen {
  const its = rule === undefined ? revisions : revisions.filter((revision) => moveIn(revision, rule) !== undefined);
  const newest = standing(revisions).find((revision) => its.includes(revision));
  if (newest !== undefined) return { kind: 'revision', revision: newest };
  const last = its.find(({ reverts }) => reverts !== undefined);
  const refusal: Refusal =
    last === undefined
      ? { reason: 'nothing-to-roll-back', rule }
      : { reason: 'nothing-left', by: { id: last.id, by: last.by }, rule };
  return { kind: 'refused', refusal };
}

/** `/shift rollback … to c-…`: any change that the history shows, of whatever rule; of the named rule only where one was named. */
export function chooseNamed({ revisions }: Ledger, id: ChangeId, rule: string | undefined): Chosen {
  const its = rule === undefined ? revisions : revisions.filter((revision) => moveIn(revision, rule) !== undefined);
  const revision = its.find((each) => each.id === id);
  if (revision !== undefined) return { kind: 'revision', revision };
  if (its.length === 0) return { kind: 'refused', refusal: { reason: 'nothing-to-roll-back', rule } };
  return { kind: 'refused', refusal: { reason: 'unknown-change', id, known: its.map((each) => each.id), rule } };
}

/** What a return to a named revision takes back: the next one on any of its rules. */
export function nextAfter({ revisions }: Ledger, revision: Revision): Revision | undefined {
  const newer = revisions.slice(0, revisions.indexOf(revision));
  return newer.findLast((each) => movesIn(revision).some(({ rule }) => moveIn(each, rule) !== undefined));
}

/**
 * The oldest change of more than weights since a revision that holds: as long as it does, weights alone do not bring back what the
 * revision made. What takes back only what came since is none.
 */
export function wholeChangeSince({ revisions }: Ledger, revision: Revision): Revision | undefined {
  const place = revisions.indexOf(revision);
  const since = notTakenBack(revisions).filter((each) => each.does !== undefined && revisions.indexOf(each) < place);
  return since.findLast((each) => !isBack(revisions, each) || placeOfRoot(revisions, each) >= place);
}

/** The revision that took a change back: that change itself, or one before it and all that came since. */
export function takenBackIn({ revisions }: Ledger, id: ChangeId): Revision | undefined {
  const own = revisions.find(({ reverts }) => reverts === id);
  const place = revisions.findIndex((revision) => revision.id === id);
  const revision = revisions[place];
  if (own !== undefined || revision === undefined || isBack(revisions, revision)) return own;
  return notTakenBack(revisions).find(
    (each) =>
      isBack(revisions, each) &&
      revisions.indexOf(each) < place &&
      takesBack({ revision: each, downTo: placeOfRoot(revisions, each) }, revision, place),
  );
}

/**
 * Our changes since a revision that still stand, newest first. Where it went back itself, and now is to be taken back, those that went
 * back since are undone with it, too.
 */
export function standingSince({ revisions }: Ledger, { id }: Revision): readonly Revision[] {
  const place = revisions.findIndex((revision) => revision.id === id);
  const own = revisions[place];
  const all = own !== undefined && isBack(revisions, own) ? notTakenBack(revisions) : standing(revisions);
  return all.filter((each) => place < 0 || revisions.indexOf(each) < place);
}

/** Of these, what is undone where weights alone return: those on the rules that the revision moved. */
export function undoneWith(ledger: Ledger, revision: Revision): readonly Revision[] {
  const rules = movesIn(revision).map(({ rule }) => rule);
  return standingSince(ledger, revision).filter((each) => rules.some((rule) => moveIn(each, rule) !== undefined));
}

/** A rollback so short a while ago is likely to be the same incident: two people then type the same. */
export const sameIncidentMs = 60_000;

/** The newest rollback of an object, where it was within the last minute. */
export function recentRollback({ revisions }: Ledger, now: Date): Revision | undefined {
  const newest = revisions.find((revision) => isBack(revisions, revision));
  const isRecent = newest !== undefined && now.getTime() - Date.parse(newest.at) < sameIncidentMs;
  return isRecent ? newest : undefined;
}
