const minute = 60_000;
const week = 7 * 24 * 60 * minute;
/** 1 January 1970 was a Thursday. */
const firstMonday = 4 * 24 * 60 * minute;

/** Times of the week by the clock of a time zone. */
export interface Hours {
  /** As the policy file has it. */
  readonly text: string;
  readonly timezone: string;
  readonly spans: readonly [Span, ...Span[]];
}

/** In minutes since Monday 0:00 by the clock. `from` counts and `to` does not. A night from Sunday to Monday ends after the week does. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Whether the clock of the time zone shows one of these times. An hour that comes twice in autumn counts twice. */
export function withinHours({ timezone, spans }: Pick<Hours, 'timezone' | 'spans'>, at: Date): boolean {
  const shown = ofWeek(at.getTime(), offsetsOf(timezone));
  return spans.some(({ from, to }) => isWithin(shown, from, to) || isWithin(shown + week, from, to));
}

/** The first moment from `at` on that is within the hours. */
export function nextOpening(hours: Pick<Hours, 'timezone' | 'spans'>, at: Date): Date {
  const offsetAt = offsetsOf(hours.timezone);
  let now = at;
  while (!withinHours(hours, now)) {
    const shown = ofWeek(now.getTime(), offsetAt);
    const opens = now.getTime() + Math.min(...hours.spans.map(({ from }) => untilNext(shown, from)));
    // A change of the clocks may open the hours, or move when they open, so look again from there.
    now = new Date(clockChange(offsetAt, now.getTime(), opens) ?? opens);
  }
  return now;
}

function isWithin(shown: number, from: number, to: number): boolean {
  return shown >= from * minute && shown < to * minute;
}

function untilNext(shown: number, from: number): number {
  return modulo(from * minute - shown, week);
}

/** What the clock shows, in milliseconds since Monday 0:00. */
function ofWeek(at: number, offsetAt: OffsetAt): number {
  return modulo(at + offsetAt(at) - firstMonday, week);
}

/** The first moment after `from`, and not after `to`, with another offset than at `from`. The offset changes at most once in a week. */
function clockChange(offsetAt: OffsetAt, from: number, to: number): number | undefined {
  const was = offsetAt(from);
  if (offsetAt(to) === was) return undefined;
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === was) before = middle;
    else after = middle;
  }
  return after;
}

/** By how many milliseconds the clock of a time zone is ahead of UTC at a moment. */
type OffsetAt = (at: number) => number;

function offsetsOf(timeZone: string): OffsetAt {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const date = [part('year'), part('month') - 1, part('day')] as const;
    return Date.UTC(...date, part('hour'), part('minute'), part('second')) + modulo(at, 1_000) - at;
  };
}

function modulo(amount: number, by: number): number {
  return ((amount % by) + by) % by;
}
