import { formatDuration, readDuration } from './duration.ts';

/** When something ends, as it was typed. */
export type End =
  | { readonly kind: 'for'; readonly ms: number }
  /** By a clock. `day` is `today`, `tomorrow`, a day of the week or a date. Without it: the next time the clock shows `time`. */
  | { readonly kind: 'until'; readonly day?: string | undefined; readonly time: string };

export type EndsAt =
  | { readonly kind: 'ends'; readonly at: Date }
  | { readonly kind: 'over'; readonly at: Date }
  | { readonly kind: 'too-long'; readonly at: Date; readonly longestMs: number };

const weekdays: readonly string[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const dayMs = 86_400_000;

/** Examples for a person who typed something else. */
export const endExamples =
  '`for 2h`, `until 18:00`, `until friday 18:00`, `until tomorrow 9:00`, `until 2026-12-01 09:00`';

/** Reads what follows `for` or `until`. */
export function readEnd(word: 'for' | 'until', words: readonly string[]): End | undefined {
  const [first = '', second, ...more] = words;
  if (more.length > 0) return undefined;
  if (word === 'for') {
    const ms = second === undefined ? readDuration(first) : undefined;
    return ms === undefined ? undefined : { kind: 'for', ms };
  }
  const time = readTime(second ?? first);
  const day = second === undefined ? undefined : readDay(first);
  if (time === undefined || (second !== undefined && day === undefined)) return undefined;
  return { kind: 'until', ...(day !== undefined && { day }), time };
}

export function formatEnd(end: End): string {
  if (end.kind === 'for') return `for ${formatDuration(end.ms)}`;
  return end.day === undefined ? `until ${end.time}` : `until ${end.day} ${end.time}`;
}

/** The moment that is meant, by the clock of a time zone. A day of the week is the next one whose `time` has not passed yet. */
export function resolveEnd(
  end: End,
  { now, timezone, longestMs }: { readonly now: Date; readonly timezone: string; readonly longestMs: number },
): EndsAt {
  const at = end.kind === 'for' ? new Date(now.getTime() + end.ms) : untilClock(end, now, timezone);
  if (at.getTime() <= now.getTime()) return { kind: 'over', at };
  return at.getTime() - now.getTime() > longestMs ? { kind: 'too-long', at, longestMs } : { kind: 'ends', at };
}

export function isKnownTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // Intl throws for a time zone that it does not know
  }
}

function readTime(word: string): string | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(word) ?? [];
  return hours === undefined ? undefined : `${hours.padStart(2, '0')}:${minutes}`;
}

function readDay(word: string): string | undefined {
  if (word === 'today' || word === 'tomorrow') return word;
  if (/^\d{4}-\d{2}-\d{2}$/.test(word)) return isDate(word) ? word : undefined;
  return word.length < 3 ? undefined : weekdays.find((day) => day.startsWith(word));
}

function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function untilClock({ day, time }: Extract<End, { kind: 'until' }>, now: Date, timezone: string): Date {
  const today = midnightOf(localOf(now, timezone));
  if (day !== undefined && /^\d/.test(day)) return atClock(Date.parse(`${day}T${time}:00Z`), timezone);
  const weekday = day === undefined ? -1 : weekdays.indexOf(day);
  const ahead = weekday < 0 ? 0 : (weekday - new Date(today).getUTCDay() + 7) % 7;
  const first = atClock(today + ahead * dayMs + msOf(time), timezone);
  if (day === 'today') return first;
  if (day === 'tomorrow') return atClock(today + dayMs + msOf(time), timezone);
  if (first.getTime() > now.getTime()) return first;
  return atClock(today + (weekday < 0 ? 1 : 7) * dayMs + msOf(time), timezone);
}

function msOf(time: string): number {
  return Date.parse(`1970-01-01T${time}:00Z`);
}

/** The time that a clock of the time zone shows, as if it were UTC. */
function localOf(at: Date, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hourCycle: 'h23',
    ...({ year: 'numeric', month: 'numeric', day: 'numeric' } as const),
    ...({ hour: 'numeric', minute: 'numeric', second: 'numeric' } as const),
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

function midnightOf(local: number): number {
  return Math.floor(local / dayMs) * dayMs;
}

/** In spring clocks skip an hour: a time in it counts as if they had not. In autumn an hour comes twice: the first one counts. */
function atClock(local: number, timezone: string): Date {
  const offsetAt = (ms: number) => localOf(new Date(ms), timezone) - ms;
  const before = new Date(local - offsetAt(local - dayMs));
  const after = new Date(local - offsetAt(local + dayMs));
  const isShown = (at: Date) => localOf(at, timezone) === local;
  return !isShown(before) && isShown(after) ? after : before;
}
