import { type Ledger, moveIn, movesIn, type Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import type { Refusal } from './refusal.ts';

/**
 * The revisions whose effect still stands, newest first: no rollbacks, and none that a rollback has taken back. A revision that takes
 * back a rollback restores something, so it stands. `revisions`: an object's history, newest first.
 */
export function standing(revisions: readonly Revision[]): readonly Revision[] {
  return notTakenBack(revisions).filter((revision) => !isBack(revisions, revision));
}

/** The same, with the rollbacks that still hold. */
function notTakenBack(revisions: readonly Revision[]): readonly Revision[] {
  const over: Over[] = [];
  return revisions.filter((revision, at) => {
    if (over.some((each) => takesBack(each, revision, at))) return false;
    if (revision.reverts !== undefined) over.push({ revision, downTo: placeOfRoot(revisions, revision) });
    return true;
  });
}

/** A revision that takes another one back. It replaces that change (at `downTo`) and all that came in between. */
interface Over {
  readonly revision: Revision;
  readonly downTo: number;
}

/** The place of the change that a chain of rollbacks is about. The end of the history if that change has dropped out of it. */
function placeOfRoot(revisions: readonly Revision[], revision: Revision): number {
  const reverted = revertedBy(revisions, revision);
  if (reverted === undefined) return revisions.length;
  return reverted.reverts === undefined ? revisions.indexOf(reverted) : placeOfRoot(revisions, reverted);
}

/** The revision that another one takes back. Only an older one counts: people can edit a history, and a circle must not trap us. */
function revertedBy(revisions: readonly Revision[], revision: Revision): Revision | undefined {
  const place = revisions.indexOf(revision);
  return revisions.find(({ id }, at) => at > place && id === revision.reverts);
}

function takesBack({ revision: rollback, downTo }: Over, revision: Revision, at: number): boolean {
  if (at > downTo) return false;
  if (rollback.does !== undefined) return true; // a rollback of the whole object
  if (revision.does !== undefined) return false; // weights are only a part of that change
  return movesIn(revision).every(({ rule }) => moveIn(rollback, rule) !== undefined);
}

/** Whether it is a rollback. A revision that takes back a rollback is not one. */
function isBack(revisions: readonly Revision[], revision: Revision): boolean {
  if (revision.reverts === undefined) return false;
  const reverted = revertedBy(revisions, revision);
  return reverted === undefined || !isBack(revisions, reverted);
}

/** The revision that a rollback is about: the newest that still stands, or the named one. */
export type Chosen =
  | { readonly kind: 'revision'; readonly revision: Revision }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** `/shift rollback`: the newest change that still stands, of any rule or of the named one. A ramp counts as one change. */
export function chooseNewest({ revisions }: Ledger, rule: string | undefined): Chosen {
  const its = rule === undefined ? revisions : revisions.filter((revision) => moveIn(revision, rule) !== undefined);
  const newest = standing(revisions).find((revision) => its.includes(revision));
  if (newest !== undefined) return { kind: 'revision', revision: firstStep(revisions, newest) };
  const last = its.find(({ reverts }) => reverts !== undefined);
  const refusal: Refusal =
    last === undefined
      ? { reason: 'nothing-to-roll-back', rule }
      : { reason: 'nothing-left', by: { id: last.id, by: last.by }, rule };
  return { kind: 'refused', refusal };
}

/** The oldest step of the same ramp that still stands; the revision itself if no ramp made it. */
function firstStep(revisions: readonly Revision[], revision: Revision): Revision {
  return standing(revisions).findLast((each) => isOfRamp(each, revision)) ?? revision;
}

function isOfRamp({ ramp }: Revision, { ramp: other }: Pick<Revision, 'ramp'>): boolean {
  return ramp !== undefined && ramp.id === other?.id;
}

/** `/shift rollback … to c-…`: any change that the history shows, or only one of the named rule. */
export function chooseNamed({ revisions }: Ledger, id: ChangeId, rule: string | undefined): Chosen {
  const its = rule === undefined ? revisions : revisions.filter((revision) => moveIn(revision, rule) !== undefined);
  const revision = its.find((each) => each.id === id);
  if (revision !== undefined) return { kind: 'revision', revision };
  if (its.length === 0) return { kind: 'refused', refusal: { reason: 'nothing-to-roll-back', rule } };
  return { kind: 'refused', refusal: { reason: 'unknown-change', id, known: its.map((each) => each.id), rule } };
}

/** The revision that a return to `revision` takes back: the next one on any of its rules. */
export function nextAfter({ revisions }: Ledger, revision: Revision): Revision | undefined {
  const newer = revisions.slice(0, revisions.indexOf(revision));
  return newer.findLast((each) => movesIn(revision).some(({ rule }) => moveIn(each, rule) !== undefined));
}

/**
 * The oldest change of more than weights that came after a revision and still holds. While it holds, weights alone do not restore what
 * the revision made. A rollback that takes back only what came after the revision does not count.
 */
export function wholeChangeSince({ revisions }: Ledger, revision: Revision): Revision | undefined {
  const place = revisions.indexOf(revision);
  const since = notTakenBack(revisions).filter((each) => each.does !== undefined && revisions.indexOf(each) < place);
  return since.findLast((each) => !isBack(revisions, each) || placeOfRoot(revisions, each) >= place);
}

/** The revision that took a change back, either alone or with an older change and all that came since. */
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
 * Our changes after a revision that still stand, newest first, without later steps of its own ramp. If the revision is itself a rollback, later rollbacks are included:
 * taking it back undoes them, too.
 */
export function standingSince({ revisions }: Ledger, { id }: Revision): readonly Revision[] {
  const place = revisions.findIndex((revision) => revision.id === id);
  const own = revisions[place];
  const all = own !== undefined && isBack(revisions, own) ? notTakenBack(revisions) : standing(revisions);
  return all.filter((each) => (place < 0 || revisions.indexOf(each) < place) && !isOfRamp(each, own ?? {}));
}

/** The part of `standingSince` that is undone if only weights return: changes of the rules that the revision moved. */
export function undoneWith(ledger: Ledger, revision: Revision): readonly Revision[] {
  const rules = movesIn(revision).map(({ rule }) => rule);
  return standingSince(ledger, revision).filter((each) => rules.some((rule) => moveIn(each, rule) !== undefined));
}

/** A rollback within this time is likely about the same incident: two people type the same command. */
export const sameIncidentMs = 60_000;

/** The newest rollback of an object, if it was within the last minute. */
export function recentRollback({ revisions }: Ledger, now: Date): Revision | undefined {
  const newest = revisions.find((revision) => isBack(revisions, revision));
  const isRecent = newest !== undefined && now.getTime() - Date.parse(newest.at) < sameIncidentMs;
  return isRecent ? newest : undefined;
}
