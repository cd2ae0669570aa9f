import { Cron } from 'croner';
import type { Calendar } from '../domain/policy/freeze.ts';

/** The calendar of a cron expression and a time zone, or what is wrong with the expression. */
export type ReadCalendar =
  | { readonly ok: true; readonly calendar: Calendar }
  | { readonly ok: false; readonly wrong: string };

/**
 * Reads five fields: minute, hour, day of the month, month, day of the week. A time that the clocks skip in spring counts as the moment it
 * would have been. A time that comes twice in autumn counts once, the first time.
 */
export function readCalendar(expression: string, timezone: string): ReadCalendar {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) return { ok: false, wrong: `it has ${fields.length} fields and needs 5` };
  if (!/^\d+$/.test(fields[0] ?? ''))
    return { ok: false, wrong: 'its first field, the minute, must be one number from 0 to 59' };
  try {
    const cron = new Cron(expression, { timezone, paused: true, mode: '5-part' });
    const calendar: Calendar = { after: (at) => cron.nextRun(at) ?? undefined };
    return calendar.after(new Date(0)) === undefined
      ? { ok: false, wrong: 'it never happens' }
      : { ok: true, calendar };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ok: false, wrong: error.message.replace(/^Cron\w+: /, '').replace(/\.$/, '') };
  }
}

/** A place such as `Europe/Berlin`. A fixed offset would be wrong for half of the year. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // Intl has no other way to say that it does not know the name
  }
}
