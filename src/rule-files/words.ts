import type { Word } from '../yaml/read-yaml.ts';

/**
 * What is wrong with a word of a rule file. kubectl reads YAML 1.1, and we 1.2: what the two read differently is refused, so that a file
 * means the same to both.
 */
export function wordFault({ value, plain, isKey }: Word): string | undefined {
  if (isKey && value === '__proto__') return 'a key `__proto__` is not taken';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'this is no number that an object can hold';
  if (plain === undefined) return undefined;
  if (truthOfOld.test(plain)) {
    const truth = /^(y|on)/i.test(plain) ? 'true' : 'false';
    return `\`${plain}\` is ${truth} to kubectl: write \`${truth}\`, or put it in quotes where the word is meant`;
  }
  if (numberOfOld.test(plain))
    return `\`${plain.slice(0, 63)}\` is another number to kubectl, or none: put it in quotes where the word is meant`;
  if (isKey && value !== null && typeof value !== 'string') return quoted(value);
  return undefined;
}

/** Of a value that stands where text is wanted. */
export function quoted(value: unknown): string {
  return `put it in quotes: without them it is read as ${typeof value === 'number' ? 'a number' : '`true` or `false`'}`;
}

const truthOfOld = /^(y|yes|n|no|on|off)$/i;
/** Octal by a leading 0, binary, and digits parted by underscores. */
const numberOfOld = /^[-+]?(0[0-9_]+|0o[0-7_]+|0b[01_]+|0x[0-9a-f]*_[0-9a-f_]*|[1-9][0-9]*_[0-9_]*)$/i;
