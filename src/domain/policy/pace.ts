import { type Ledger, moveIn, ours } from '../routing/ledger.ts';
import type { Move } from '../routing/split.ts';
import { rounded, shareOf } from './targets.ts';

/** The most percentage points that a version may get more in a time. */
export interface MaxStep {
  readonly points: number;
  readonly everyMs: number;
}

/** What a change gives to a version, and what the changes before it did to that version. */
export interface Rise {
  readonly version: string;
  /** In percentage points. */
  readonly points: number;
  /** What each change of ours did to it before, newest first, in percentage points. Negative: it got less. */
  readonly earlier: readonly { readonly points: number; readonly at: Date }[];
  /** The history has no room for older ones: what they did up to this time is not known. */
  readonly unknownUntil?: Date | undefined;
}

/** What a version got within the time, and how much more it may have now. In percentage points. */
export interface TooSoon {
  readonly version: string;
  /** What it is asked to get. */
  readonly points: number;
  /** What it got within the time, at most. Absent: that is not known, the history is too short. */
  readonly grew?: number | undefined;
  /** When the oldest of what counts was made. */
  readonly since: Date;
  /** How much of it may be had now. */
  readonly left: number;
  /** From when on all of it may be had. */
  readonly from: Date;
  readonly everyMs: number;
}

/** Each version that moves give more, with what our changes did to it before. `history`: with what waits in line ahead. */
export function risesIn({ seq, revisions }: Ledger, moves: readonly Move[]): readonly Rise[] {
  const oldest = revisions.at(-1);
  const isCut = oldest !== undefined && seq > revisions.length;
  return moves.flatMap(({ rule, from, to }) =>
    Object.keys(to)
      .filter((version) => gained({ from, to }, version) > 0)
      .map((version) => ({
        version,
        points: gained({ from, to }, version),
        earlier: ours(revisions).flatMap((revision) => {
          const move = moveIn(revision, rule);
          return move === undefined ? [] : [{ points: gained(move, version), at: new Date(revision.at) }];
        }),
        ...(isCut && { unknownUntil: new Date(oldest.at) }),
      })),
  );
}

function gained({ from, to }: Pick<Move, 'from' | 'to'>, version: string): number {
  return rounded(shareOf(to, version) - shareOf(from, version));
}

/** Clocks of two processes differ by less. A step that is due just when the time is over must not be too soon by that. */
const toleranceMs = 1_000;

/** The first version that would get more within the time than it may. */
export function tooSoon(rises: readonly Rise[], { points: most, everyMs }: MaxStep, now: Date): TooSoon | undefined {
  for (const rise of rises) {
    const nowMs = now.getTime();
    const { version, points } = rise;
    const had = hadWithin(rise, nowMs - everyMs + toleranceMs);
    if (rounded(had.grew + points) <= most) continue;
    const left = Math.max(0, Math.floor(rounded(most - had.grew)));
    const isKnown = Number.isFinite(had.grew);
    return {
      ...{ version, points, left, everyMs, since: new Date(had.sinceMs ?? nowMs) },
      ...(isKnown && { grew: had.grew }),
      from: new Date(Math.max(nowMs, freeAt(rise, { points: most, everyMs }))),
    };
  }
  return undefined;
}

/** The most that a version had gained, up to now, since any moment after a time. */
function hadWithin(
  { earlier, unknownUntil }: Rise,
  afterMs: number,
): { readonly grew: number; readonly sinceMs?: number | undefined } {
  if (unknownUntil !== undefined && unknownUntil.getTime() > afterMs)
    return { grew: Number.POSITIVE_INFINITY, sinceMs: unknownUntil.getTime() };
  let sum = 0;
  let most: { grew: number; sinceMs?: number } = { grew: 0 };
  for (const { points, at } of earlier) {
    if (at.getTime() <= afterMs) break;
    sum = rounded(sum + points);
    if (sum > most.grew) most = { grew: sum, sinceMs: at.getTime() };
  }
  return most;
}

/** When enough of what was gained is so long ago that all of the rise may be had. */
function freeAt(rise: Rise, { points: most, everyMs }: MaxStep): number {
  const ends = [...rise.earlier.map(({ at }) => at), ...(rise.unknownUntil === undefined ? [] : [rise.unknownUntil])]
    .map((at) => at.getTime() + everyMs)
    .toSorted((a, b) => a - b);
  return ends.find((endMs) => rounded(hadWithin(rise, endMs - everyMs).grew + rise.points) <= most) ?? 0;
}
