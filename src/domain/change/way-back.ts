import { shareOf } from '../policy/targets.ts';
import { moveIn, ours, type Revision } from '../routing/ledger.ts';
import type { ChangeId } from '../routing/names.ts';
import { type Move, type Split, sameShares, versionsOf } from '../routing/split.ts';
import type { ObjectEdit } from './edit.ts';
import { standing } from './undo.ts';

/** Whether a change only goes back on the way that an object came, or not: then it is for policy to judge as a shift. */
export type Course = 'back' | 'forward';

/**
 * The way back of one rule: what it was before the newest change or ramp that is not taken back, before the one before that, and so on, as
 * far as the history reaches. A ramp counts as one change. A shift or a ramp that went back is no change to be taken back: that would bring
 * back what it took.
 */
interface WayBack {
  /** The next one back first. */
  readonly stops: readonly Stop[];
  /** The split from which the rule has only gone back since. Absent: the newest change did not go back. */
  readonly wentBackFrom?: Split | undefined;
}

interface Stop {
  /** The change, or all steps of the ramp, oldest first. */
  readonly ids: readonly ChangeId[];
  readonly ramp?: string | undefined;
  /** What the rule had before it, and after it. Absent: it was more than weights, and nothing is known of this rule. */
  readonly move?: Pick<Move, 'from' | 'to'> | undefined;
  /** It was more than weights, so weights alone go no further back. */
  readonly isWhole: boolean;
  readonly turn: Turn;
}

/**
 * Where a change led, as far as the history tells. `up`: to a version that had nothing before, in this change or in one before it. `down`: it
 * took all from a version. A shift that gives that version some again begins anew, and goes no way back; a rollback does.
 */
type Turn = 'up' | 'down' | 'unknown';

/**
 * The course of an edit. `revisions`: the object's history, newest first, and before it what waits in line ahead. `reverts`: the change that
 * the edit takes back, if it is a rollback. What is not ours is no way back: whoever may edit the object could have made it up.
 */
export function courseOf(
  history: readonly Revision[],
  edit: Pick<ObjectEdit, 'kind' | 'moves'>,
  reverts: ChangeId | undefined,
): Course {
  const revisions = ours(history);
  const takesBack = reverts !== undefined && standing(revisions).some(({ id }) => id === reverts);
  const goesBack = (move: Move) => {
    const way = wayBack(revisions, move.rule);
    if (edit.kind === 'content') return takesBack && !regains(way.wentBackFrom ?? move.from, move.from, move.to);
    return (
      stopsPassed(way, move, reverts === undefined ? 'by hand' : 'rollback') !== undefined ||
      (takesBack && goesOn(way, move))
    );
  };
  // an edit of more than weights may have no moves
  const isBack = (edit.kind === 'weights' || takesBack) && edit.moves.every(goesBack);
  return isBack ? 'back' : 'forward';
}

/** Whether a change of the history went back: to take it back would bring back what it took. */
export function wentBack(history: readonly Revision[], { id, rule }: Pick<Revision, 'id' | 'rule'>): boolean {
  const revisions = ours(history);
  const at = revisions.findIndex((revision) => revision.id === id);
  const revision = revisions[at];
  const move = revision && moveIn(revision, rule);
  if (move === undefined || revision?.does !== undefined || revision?.reverts !== undefined) return false;
  return takenBackByHand(wayBack(revisions.slice(at + 1), rule), move) !== undefined;
}

function wayBack(revisions: readonly Revision[], rule: string): WayBack {
  return revisions.reduceRight<WayBack>((way, revision, at) => after(way, revision, rule, revisions.slice(at + 1)), {
    stops: [],
  });
}

function after(way: WayBack, revision: Revision, rule: string, older: readonly Revision[]): WayBack {
  const move = moveIn(revision, rule);
  const isWhole = revision.does !== undefined;
  if (move === undefined && !isWhole) return way;
  const { ramp, reverts } = revision;
  const isStep = ramp !== undefined && ramp.step > 0;
  if (isStep && way.stops[0]?.ramp === ramp.id) return { stops: withStep(way.stops, revision, move) };

  const passed =
    reverts !== undefined || (ramp !== undefined && !isStep)
      ? takenBackBy(way, revision, move, older)
      : isWhole || move === undefined
        ? undefined
        : takenBackByHand(way, move);
  if (passed === undefined && isStep) return { stops: withStep(way.stops, revision, move) };
  if (passed === undefined) return { stops: withStop(way.stops, { ids: [revision.id], move, isWhole }) };
  return { stops: way.stops.slice(passed), wentBackFrom: way.wentBackFrom ?? move?.from };
}

/**
 * How many changes a rollback takes back. Undefined if it brings something back. As when it was judged, its weights tell: the change that it
 * takes back may have been passed by a shift before.
 */
function takenBackBy(
  way: WayBack,
  { ramp, reverts, does }: Revision,
  move: Move | undefined,
  older: readonly Revision[],
): number | undefined {
  const { stops } = way;
  const passed = does === undefined && move !== undefined ? stopsPassed(way, move, 'rollback') : undefined;
  if (passed !== undefined) return passed;
  const isForgotten = !older.some(({ id }) => id === reverts);
  if (isForgotten) return stops.length;
  if (does === undefined && ramp === undefined) return move !== undefined && goesOn(way, move) ? 0 : undefined;
  const at = stops.findIndex((each) => each.ids.some((id) => id === reverts) || (ramp && each.ramp === ramp.id));
  const isRegained = move !== undefined && regains(way.wentBackFrom ?? move.from, move.from, move.to);
  return at < 0 || isRegained ? undefined : at + 1;
}

/** Only where it is sure which way is back: to take back what a person did by hand must stay free. */
function takenBackByHand(way: WayBack, move: Move): number | undefined {
  const passed = stopsPassed(way, move, 'by hand');
  return passed !== undefined && way.stops.slice(0, passed + 1).every(({ turn }) => turn === 'up') ? passed : undefined;
}

function withStep(stops: readonly Stop[], { id, ramp }: Revision, move: Move | undefined): readonly Stop[] {
  const [newest, ...others] = stops;
  const isNext = ramp !== undefined && newest?.ramp === ramp.id;
  if (!isNext || newest === undefined) return withStop(stops, { ids: [id], ramp: ramp?.id, move, isWhole: false });
  const whole = move && { from: newest.move?.from ?? move.from, to: move.to };
  return withStop(others, { ...newest, ids: [...newest.ids, id], move: whole });
}

function withStop(stops: readonly Stop[], stop: Omit<Stop, 'turn'>): readonly Stop[] {
  return [{ ...stop, turn: turnOf(stop, stops) }, ...stops];
}

function turnOf({ move }: Pick<Stop, 'move'>, before: readonly Stop[]): Turn {
  if (move === undefined) return 'unknown';
  const { from, to } = move;
  const [most] = gainsIn(move).toSorted((a, b) => b.gain - a.gain);
  const had = [from, ...before.flatMap((each) => (each.move === undefined ? [] : [each.move.from]))];
  if (most !== undefined && had.some((split) => shareOf(split, most.version) === 0)) return 'up';
  const takesAll = versionsOf(from, to).some((version) => shareOf(from, version) > 0 && shareOf(to, version) === 0);
  return takesAll ? 'down' : 'unknown';
}

/**
 * How many changes a move takes back whole; 0 if it goes a part of the way to before the newest one. Undefined if it does not go back: it
 * leaves the way, or brings back what the way back took.
 */
function stopsPassed(
  { stops, wentBackFrom }: WayBack,
  { from, to }: Pick<Move, 'from' | 'to'>,
  how: 'by hand' | 'rollback',
): number | undefined {
  const start = wentBackFrom ?? from;
  let here = from;
  for (const [at, { move, isWhole, turn }] of stops.entries()) {
    if (move === undefined || (turn === 'down' && how === 'by hand')) return undefined;
    const before = move.from;
    if (isBetween(here, to, before)) {
      if (regains(start, here, to)) return undefined;
      return sameShares(to, before) ? at + 1 : at;
    }
    if (isWhole || regains(start, here, before)) return undefined;
    here = before;
  }
  return undefined;
}

/** Splits that people read as the same differ by less than this, in percent. */
const noise = 1e-6;

/** Whether every share lies between what it is and what it was. */
function isBetween(is: Split, share: Split, was: Split): boolean {
  return versionsOf(is, share, was).every((version) => {
    const ends = [shareOf(is, version), shareOf(was, version)];
    const wanted = shareOf(share, version);
    return wanted >= Math.min(...ends) - noise && wanted <= Math.max(...ends) + noise;
  });
}

/**
 * Whether it brings back what the way back from `start` to here took: most of what it gives goes to versions that have less than at the
 * start. With more than two versions one that is not meant may get a little, because the others share the rest.
 */
function regains(start: Split, here: Split, to: Split): boolean {
  const gains = gainsIn({ from: here, to });
  const regained = gains.filter(({ version }) => shareOf(here, version) < shareOf(start, version) - noise);
  return sum(regained) * 2 > sum(gains);
}

/** Whether it gives only to versions to which the way back has given, too. */
function goesOn({ wentBackFrom }: WayBack, { from, to }: Pick<Move, 'from' | 'to'>): boolean {
  return (
    wentBackFrom !== undefined &&
    gainsIn({ from, to }).every(({ version }) => shareOf(from, version) > shareOf(wentBackFrom, version) + noise)
  );
}

interface Gain {
  readonly version: string;
  readonly gain: number;
}

function gainsIn({ from, to }: Pick<Move, 'from' | 'to'>): readonly Gain[] {
  return versionsOf(from, to)
    .map((version) => ({ version, gain: shareOf(to, version) - shareOf(from, version) }))
    .filter(({ gain }) => gain > noise);
}

function sum(gains: readonly Gain[]): number {
  return gains.reduce((all, { gain }) => all + gain, 0);
}
