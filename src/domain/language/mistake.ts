import { quote } from '../text/typed-text.ts';

/** The line is not a command. Says what is wrong and what to type instead. The person's own words are in back-ticks. */
export interface Mistake {
  readonly verb: 'mistake';
  readonly wrong: string;
  readonly next: string;
}

/** A part of a command, or the mistake that was found in its place. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly mistake: Mistake };

export function mistake(wrong: string, next: string): Mistake {
  return { verb: 'mistake', wrong, next };
}

export function no(wrong: string, next: string): { readonly ok: false; readonly mistake: Mistake } {
  return { ok: false, mistake: mistake(wrong, next) };
}

export const helpLine = 'Type `/shift help` for what I understand.';

export function tooMuch(words: readonly string[], enough: string): Mistake {
  return mistake(`${quote(words.join(' '))} is more than I understand.`, `Did you mean \`${enough.trim()}\`?`);
}

/** A typed word, to be shown in a command to copy. A back-tick would end the code around it. */
export function plain(word: string): string {
  return word.replaceAll('`', "'");
}

export function noRoute(verb: string): Mistake {
  return mistake('`--route` is not understood here.', `Leave it out; see \`/shift help ${verb}\`.`);
}
