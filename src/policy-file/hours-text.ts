import type { Hours, Span } from '../domain/policy/hours.ts';
import { isTimezone } from './calendar.ts';

/** The hours that a text names, or what is wrong with it. */
export type ReadHours = { readonly ok: true; readonly hours: Hours } | { readonly ok: false; readonly wrong: string };

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const wholeDay = 24 * 60;

/**
 * Reads `Mon-Fri 09:00-17:00 Europe/Berlin`, also with several days and times: `Mon-Thu 9-17, Fri 9-12, Sat, Sun 10-12 UTC`. Days without
 * times have those of the next part, and times without days are of the days before. `22-6` goes on until the next morning.
 */
export function readHours(text: string): ReadHours {
  const [, ranges = '', timezone = ''] = /^(.*\S)\s+(\S+)$/.exec(text.trim()) ?? [];
  if (!isTimezone(timezone)) return wrong('a place like `Europe/Berlin` has to stand at the end');
  const spans: Span[] = [];
  let named: readonly number[] = [];
  let isOpen = false;
  for (const range of ranges.split(',')) {
    const part = readPart(range.trim());
    if (typeof part === 'string') return wrong(part);
    named = isOpen || part.days.length === 0 ? [...named, ...part.days] : part.days;
    isOpen = part.time === undefined;
    if (named.length === 0) return wrong(`\`${range.trim()}\` names no day before it`);
    if (part.time !== undefined) spans.push(...onDays(named, part.time));
  }
  const [first, ...more] = spans;
  if (first === undefined || isOpen) return wrong('the last days have no times');
  return { ok: true, hours: { text: text.trim().replaceAll(/\s+/g, ' '), timezone, spans: [first, ...more] } };
}

interface Part {
  readonly days: readonly number[];
  readonly time: Span | undefined;
}

/** What is wrong, or days, times, or both. */
function readPart(text: string): Part | string {
  const words = text.split(/\s+/);
  const [first = '', second] = words;
  if (words.length > 2) return `\`${text.slice(0, 40)}\` has more than days and times: put a comma between them`;
  if (second === undefined && /^\d/.test(first)) return withTime([], first);
  const named = readDays(first);
  if (named === undefined) return `\`${first.slice(0, 40)}\` is not a day like \`Mon\` or days like \`Mon-Fri\``;
  return second === undefined ? { days: named, time: undefined } : withTime(named, second);
}

function withTime(named: readonly number[], text: string): Part | string {
  const [from, to] = text.split('-').map(minuteOf);
  if (from === undefined || to === undefined || text.split('-').length !== 2 || from === wholeDay)
    return `\`${text.slice(0, 40)}\` is not a time like \`9-17\` or \`09:00-17:30\``;
  if (from === to) return `\`${text}\` begins when it ends; a whole day is \`0-24\``;
  return { days: named, time: { from, to: to > from ? to : to + wholeDay } };
}

/** `Mon`, or `Fri-Mon` over the end of the week. */
function readDays(text: string): readonly number[] | undefined {
  const [first, last, ...more] = text
    .toLowerCase()
    .split('-')
    .map((name) => days.indexOf(name));
  if (first === undefined || first === -1 || last === -1 || more.length > 0) return undefined;
  const count = last === undefined ? 1 : ((last - first + days.length) % days.length) + 1;
  return Array.from({ length: count }, (_, at) => (first + at) % days.length);
}

/** In minutes: `9`, `09:30`, `24`. */
function minuteOf(text: string): number | undefined {
  const [, hour, minute = '0'] = /^(\d{1,2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hour === undefined || Number(minute) > 59) return undefined;
  const all = Number(hour) * 60 + Number(minute);
  return all > wholeDay ? undefined : all;
}

function onDays(named: readonly number[], { from, to }: Span): readonly Span[] {
  return named.map((each) => ({ from: each * wholeDay + from, to: each * wholeDay + to }));
}

function wrong(what: string): ReadHours {
  return { ok: false, wrong: what };
}
