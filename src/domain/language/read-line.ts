import { asTyped, toWords, type Word } from '../text/typed-text.ts';
import { asReason, type Flags, oneReason, takeFlags } from './flags.ts';
import { no, type Parsed } from './mistake.ts';

/** A line whose flags were taken out. */
export interface LineParts {
  readonly flags: Flags;
  /** The words that are not flags. */
  readonly rest: readonly Word[];
}

export interface Line extends LineParts {
  /** The rest without decoration. It is in lower case, except where case matters. */
  readonly words: readonly string[];
}

export function readLine(text: string): Parsed<Line> {
  const split = toWords(asTyped(text));
  if (split.kind === 'open-quote')
    return no('A quote is opened and never closed.', 'Close it: `--reason "red stars"`.');

  const taken = takeFlags(split.words);
  return taken.ok ? lineOf(taken.value) : taken;
}

export function lineOf({ flags, rest }: LineParts): Parsed<Line> {
  const words = bareWords(rest, decoration);
  switch (words[0]) {
    case 'lock':
      return withQuotedReason({ flags, rest }, decoration);
    case 'freeze':
    case 'thaw':
      return withQuotedReason({ flags, rest }, backTicks); // a star is part of the scope
    case 'apply':
    case 'delete':
    case 'unpin': // case matters in file names and header values, and a star may be part of an expression
      return { ok: true, value: { words: bareWords(rest, backTicks, true), flags, rest } };
    default:
      return { ok: true, value: { words, flags, rest } };
  }
}

/** Back-ticks and stars around a word, but not inside it. */
const decoration = /^[`*]+|(?<![`*,;])[`*,;]+$/g;
const backTicks = /^`+|(?<![`,;])[`,;]+$/g;

/** Of a lock or a freeze, text in quotes is the reason. */
function withQuotedReason({ flags, rest }: LineParts, decoration: RegExp): Parsed<Line> {
  const unquoted = rest.filter(({ quoted }) => !quoted);
  const inQuotes = rest.filter(({ quoted, text }) => quoted && text.trim() !== '').map(({ text }) => text.trim());
  const reasons = new Set([...inQuotes.map(asReason), ...(flags.reason === undefined ? [] : [flags.reason])]);
  if (reasons.size > 1) return no('There are several reasons.', oneReason);
  const [reason] = reasons;
  const all = reason === undefined ? flags : { ...flags, reason };
  return { ok: true, value: { words: bareWords(unquoted, decoration), flags: all, rest: unquoted } };
}

function bareWords(words: readonly Word[], around: RegExp, keepsCase = false): readonly string[] {
  const bare = words.map(({ text }) => text.replaceAll(around, '').trim()).filter((word) => word !== '');
  const verb = bare.findIndex((word) => word.toLowerCase() !== '/shift');
  const lowered = bare.map((word, at) => (isUserId(word) || (keepsCase && at > verb) ? word : word.toLowerCase()));
  return lowered[0] === '/shift' ? lowered.slice(1) : lowered;
}

/** `@U01ALICE`, which is how a mention is read. */
export function isUserId(word: string): boolean {
  return /^@[UW][A-Z0-9]+$/.test(word);
}
