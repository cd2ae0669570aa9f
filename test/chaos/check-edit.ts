import { isDeepStrictEqual } from 'node:util';
import { type Change, doesText } from '../../src/domain/change/change.ts';
import type { ObjectEdit } from '../../src/domain/change/edit.ts';
import { findRevision, movesIn, type Revision } from '../../src/domain/routing/ledger.ts';
import { refText } from '../../src/domain/routing/object.ts';
import type { Move } from '../../src/domain/routing/split.ts';
import { checkContent } from './check-content.ts';
import { checkWeights } from './check-weights.ts';
import type { Effect } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';
import { editOf } from './plans.ts';

/** A change may write to an object only what its accepted plan says, once, and only over what the plan was made from. */
export function checkEffect(effect: Effect, { records }: Pick<Evidence, 'records'>, report: Report): void {
  const { id, object, revision } = effect;
  if (revision !== undefined) checkLedger(effect, revision, report);
  const change = records.get(id);
  if (change === undefined) {
    // The missing record is reported elsewhere. Its revision still says what it did.
    if (revision !== undefined) checkWeights(effect, movesIn(revision), report);
    return;
  }
  const edit = editOf(change, object);
  if (edit === undefined)
    report.violation('I1', `${id} wrote an object that its plan does not have: ${refText(object)}`, { change, effect });
  else checkEdit(effect, { change, edit }, report);
}

interface Planned {
  readonly change: Change;
  readonly edit: ObjectEdit;
}

function checkEdit(effect: Effect, { change, edit }: Planned, report: Report): void {
  const { id, revision } = effect;
  const which = refText(edit.object);
  if (edit.kind === 'weights') checkWeights(effect, edit.moves, report);
  else checkContent(effect, edit, report);
  checkBound(effect, edit, report);
  if (revision !== undefined && !isRecordedAs(revision, change, edit))
    report.violation('I1', `${id} recorded on ${which} what was not accepted`, { change, effect });
}

/** An edit is written to the object that it was planned on, at that number, and behind the change that it was planned behind. */
function checkBound({ id, before, ledgerBefore }: Effect, edit: ObjectEdit, report: Report): void {
  if (before === undefined) return;
  const { uid, seq, behind, object } = edit;
  const which = refText(object);
  const shown = { edit, before };
  if (before.metadata.uid !== uid)
    report.violation('I2', `${id} was planned on another ${which} than the one it overwrote`, shown);
  if (ledgerBefore.seq !== seq)
    report.violation(
      'I2',
      `${id} was planned on number ${seq} of ${which} but written after ${ledgerBefore.seq}`,
      shown,
    );
  const newest = ledgerBefore.revisions[0]?.id;
  if (behind !== undefined && newest !== behind)
    report.violation('I2', `${id} was planned behind ${behind} on ${which} but written after ${newest}`, shown);
}

/** A MAC comes later where a history is taken over: from a deleted object, from before the bot had a key. */
function unsigned({ mac: _, ...said }: Revision): Omit<Revision, 'mac'> {
  return said;
}

function checkLedger({ id, before, after, ledgerBefore, ledger }: Effect, revision: Revision, report: Report): void {
  const shown = { before, after };
  if (ledger.seq !== ledgerBefore.seq + 1) {
    report.violation('I1', `${id} took seq from ${ledgerBefore.seq} to ${ledger.seq}`, shown);
  }
  const kept = ledger.revisions.slice(1).map(unsigned);
  if (!isDeepStrictEqual(kept, ledgerBefore.revisions.slice(0, kept.length).map(unsigned))) {
    report.violation('I1', `${id} rewrote the history before it`, shown);
  }
  if (findRevision(ledgerBefore, revision.id) !== undefined) report.violation('I1', `${id} overwrote itself`, shown);
}

function isRecordedAs(revision: Revision, change: Change, { moves }: ObjectEdit): boolean {
  const { by, reason, reverts, does } = revision;
  const accepted = [change.by, change.reason, change.reverts, doesText(change)];
  const planned: readonly Move[] = moves.length === 0 ? [{ rule: 'default', from: {}, to: {} }] : moves;
  return isDeepStrictEqual([by, reason, reverts, does], accepted) && sameMoves(movesIn(revision), planned);
}

/** In any order. */
function sameMoves(a: readonly Move[], b: readonly Move[]): boolean {
  const isIn = ({ rule, from, to }: Move) =>
    b.some((each) => isDeepStrictEqual([each.rule, each.from, each.to], [rule, from, to]));
  return a.length === b.length && a.every(isIn);
}
