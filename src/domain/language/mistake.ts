import { quote } from '../text/typed-text.ts';

/** What was typed is no command: what is wrong, and what to type instead. Words of the person stand in back-ticks. */
export interface Mistake {
  readonly verb: 'mistake';
  readonly wrong: string;
  readonly next: string;
}

/** A part of a command that could be read, or the mistake that stood in its place. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly mistake: Mistake };

export function mistake(wrong: string, next: string): Mistake {
  return { verb: 'mistake', wrong, next };
}

export function no(wrong: string, next: string): { readonly ok: false; readonly mistake: Mistake } {
  return { ok: false, mistake: mistake(wrong, next) };
}

export function tooMuch(words: readonly string[], enough: string): Mistake {
  return mistake(`${quote(words.join(' '))} is more than I understand.`, `Did you mean \`${enough.trim()}\`?`);
}

/** A word of the person as part of a command to copy: nothing in it ends the code that it stands in. */
export function plain(word: string): string {
  return word.replaceAll('`', "'");
}
