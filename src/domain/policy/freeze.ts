import { globTouches } from './glob.ts';
import type { Who } from './groups.ts';

/** When a freeze starts, again and again: a cron expression in a time zone. `policy-file/calendar.ts` reads it. */
export interface Calendar {
  /** The first start after the given time; undefined if there is none. */
  after(at: Date): Date | undefined;
}

/** What a freeze or lock does not stop. */
export interface Exceptions {
  readonly rollback: boolean;
  readonly who: readonly Who[];
}

/** A freeze of the policy file. Each time it lasts `lastsMs`; a change of the clocks does not change that. */
export interface Freeze {
  readonly name: string;
  readonly target: string;
  readonly begins: Calendar;
  readonly lastsMs: number;
  readonly timezone: string;
  readonly except: Exceptions;
  readonly line: number;
}

/** A freeze of the policy file, or a freeze or lock that somebody set. */
export interface Hold {
  readonly kind: 'freeze' | 'lock';
  readonly name?: string | undefined;
  /** What it covers: a glob over `cluster/namespace/service`. */
  readonly target?: string | undefined;
  /** Who set it. Absent for freezes of the policy file. */
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  /** Absent if it has no known end. */
  readonly until?: Date | undefined;
  /** The time zone in which people are told its end. */
  readonly timezone?: string | undefined;
  readonly except: Exceptions;
  readonly line?: number | undefined;
  /** What stands in the store cannot be read as a lock or freeze, and nothing else is known of it. */
  readonly unreadable?: Unreadable | undefined;
}

export interface Unreadable {
  /** The command with which an operator takes it out of the store. */
  readonly removeWith: string;
}

/** It may be any hold of its kind: it stops whatever it may cover, and lets rollbacks through as a hold that somebody set does. */
export interface UnreadableHold extends Hold {
  readonly unreadable: Unreadable;
}

export function unreadableHold(hold: Pick<Hold, 'kind' | 'target'> & Unreadable): UnreadableHold {
  const { kind, target, removeWith } = hold;
  return { kind, target, except: { rollback: true, who: [] }, unreadable: { removeWith } };
}

export function unreadableIn(holds: readonly Hold[]): readonly UnreadableHold[] {
  return holds.flatMap((hold) => (hold.unreadable === undefined ? [] : [{ ...hold, unreadable: hold.unreadable }]));
}

export interface FreezeWindow {
  readonly from: Date;
  /** Absent if it has no known end. */
  readonly until: Date | undefined;
}

/** Windows without a gap between them count as one. After this many we stop looking for the end. */
const mostJoined = 100;
/** Nor do we look further ahead than a year. */
const furthestMs = 366 * 24 * 3600_000;

/** The window that contains the moment. */
export function windowAt(freeze: Pick<Freeze, 'begins' | 'lastsMs'>, at: Date): FreezeWindow | undefined {
  const from = freeze.begins.after(new Date(at.getTime() - freeze.lastsMs));
  return from === undefined || from.getTime() > at.getTime() ? undefined : { from, until: endOf(freeze, from) };
}

/** The windows that start after a moment, the next one first. */
export function windowsAfter(
  freeze: Pick<Freeze, 'begins' | 'lastsMs'>,
  at: Date,
  count: number,
): readonly FreezeWindow[] {
  const windows: FreezeWindow[] = [];
  for (let after: Date | undefined = windowAt(freeze, at)?.until ?? at; windows.length < count; ) {
    const from: Date | undefined = after === undefined ? undefined : freeze.begins.after(after);
    if (from === undefined) break;
    const until = endOf(freeze, from);
    windows.push({ from, until });
    after = until;
  }
  return windows;
}

/** The freezes of the file that are in force for an object with these names. */
export function freezesAt(freezes: readonly Freeze[], targets: readonly string[], at: Date): readonly Hold[] {
  return freezes
    .filter(({ target }) => targets.some((name) => globTouches(target, name)))
    .flatMap((freeze) => {
      const { name, target, except, line, timezone } = freeze;
      const window = windowAt(freeze, at);
      return window === undefined
        ? []
        : [{ kind: 'freeze', name, target, until: window.until, timezone, except, line }];
    });
}

/** A window that begins late in another one reaches further than those before it, so they are passed over. */
function endOf({ begins, lastsMs }: Pick<Freeze, 'begins' | 'lastsMs'>, from: Date): Date | undefined {
  let endMs = from.getTime() + lastsMs;
  let last = from;
  const beginAfter = (ms: number) => {
    const next = begins.after(new Date(ms));
    return next !== undefined && next.getTime() <= endMs ? next : undefined;
  };
  for (let joined = 0; joined < mostJoined && endMs - from.getTime() < furthestMs; joined += 1) {
    const next = beginAfter(Math.max(last.getTime(), endMs - lastsMs / 2)) ?? beginAfter(last.getTime());
    if (next === undefined) return new Date(endMs);
    endMs = next.getTime() + lastsMs;
    last = next;
  }
  return undefined;
}
