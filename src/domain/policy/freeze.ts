import { globMatches } from './glob.ts';
import type { Who } from './groups.ts';

/** When a freeze begins, again and again: a cron expression in its time zone, which `policy/calendar.ts` reads. */
export interface Calendar {
  /** The first time after the given one; undefined where there is none. */
  after(at: Date): Date | undefined;
}

/** Who and what goes through a freeze or a lock all the same. */
export interface Exceptions {
  readonly rollback: boolean;
  readonly who: readonly Who[];
}

/** A freeze of the policy file. It lasts so many hours from each beginning, whatever a clock does meanwhile. */
export interface Freeze {
  readonly name: string;
  readonly target: string;
  readonly begins: Calendar;
  readonly lastsMs: number;
  readonly timezone: string;
  readonly except: Exceptions;
  readonly line: number;
}

/** What holds changes up now: a freeze of the policy file, or a freeze or lock that somebody set. */
export interface Hold {
  readonly kind: 'freeze' | 'lock';
  readonly name?: string | undefined;
  /** What it covers, as a glob over `cluster/namespace/service`. */
  readonly target?: string | undefined;
  /** Whoever set it; absent on those of the policy file. */
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  /** Absent where no end is in sight. */
  readonly until?: Date | undefined;
  /** The time zone that its end is told in. */
  readonly timezone?: string | undefined;
  readonly except: Exceptions;
  /** Its line in the policy file. */
  readonly line?: number | undefined;
}

export interface FreezeWindow {
  readonly from: Date;
  /** Absent where no end is in sight. */
  readonly until: Date | undefined;
}

/** Beginnings that follow on each other without a gap are one window; past so many of them nobody asks when it ends. */
const mostJoined = 100;

/** The window that the moment lies in. */
export function windowAt(freeze: Pick<Freeze, 'begins' | 'lastsMs'>, at: Date): FreezeWindow | undefined {
  const from = freeze.begins.after(new Date(at.getTime() - freeze.lastsMs));
  return from === undefined || from.getTime() > at.getTime() ? undefined : { from, until: endOf(freeze, from) };
}

/** The windows that begin after a moment, the next one first. */
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

/** The file's freezes that hold for one of the names of an object. */
export function freezesAt(freezes: readonly Freeze[], targets: readonly string[], at: Date): readonly Hold[] {
  return freezes
    .filter(({ target }) => targets.some((name) => globMatches(target, name)))
    .flatMap((freeze) => {
      const { name, target, except, line, timezone } = freeze;
      const window = windowAt(freeze, at);
      return window === undefined
        ? []
        : [{ kind: 'freeze', name, target, until: window.until, timezone, except, line }];
    });
}

function endOf({ begins, lastsMs }: Pick<Freeze, 'begins' | 'lastsMs'>, from: Date): Date | undefined {
  let end = from.getTime() + lastsMs;
  let last = from;
  for (let joined = 0; joined < mostJoined; joined += 1) {
    const next = begins.after(last);
    if (next === undefined || next.getTime() > end) return new Date(end);
    end = next.getTime() + lastsMs;
    last = next;
  }
  return undefined;
}
