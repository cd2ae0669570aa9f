import { z } from 'zod';
import { durationPattern, formatDuration, readDuration } from '../domain/language/duration.ts';

export const day = 24 * 60 * 60_000;

export const yesOrNo = z.boolean(wants('`true` or `false`'));

export function listOf<T extends z.ZodType>(
  item: T,
  { min, max = 200, of = 'a list in brackets' }: { readonly min: number; readonly max?: number; readonly of?: string },
) {
  return z
    .array(item, wants(of))
    .min(min, `write ${of}${of.startsWith('rules') || min > 1 ? '' : '; it is empty'}`)
    .max(max, `write at most ${max}`)
    .superRefine((items, context) => {
      const seen = new Set<unknown>();
      items.forEach((each, at) => {
        if (typeof each === 'string' && seen.has(each))
          context.addIssue({ code: 'custom', path: [at], message: `\`${each}\` is in this list twice` });
        seen.add(each);
      });
    });
}

export function whole(least: number, most: number) {
  const what = wants(`a whole number from ${least} to ${most}`);
  return z.int(what).min(least, what).max(most, what);
}

export function duration({ least, most }: { readonly least: number; readonly most: number }) {
  const what = 'a number with a unit, like `30m`, `2h` or `7d`';
  return z
    .string(wants(what))
    .regex(durationPattern, wants(what))
    .refine((text) => (readDuration(text) ?? least) >= least, `write \`${formatDuration(least)}\` or more`)
    .refine((text) => (readDuration(text) ?? most) <= most, `write at most \`${most / day}d\``);
}

/** Says what to write. Stops further checks of the value. */
export function wants(what: string) {
  return {
    abort: true,
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined ? `is missing: write ${what}` : `write ${what}`,
  };
}

export function only(error: string) {
  return { abort: true, error };
}

/** A duration that the schema has checked. */
export function durationOf(text: string): number {
  const ms = readDuration(text);
  if (ms === undefined) throw new Error(`a checked duration cannot be read: ${text}`);
  return ms;
}
