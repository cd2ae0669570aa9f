import type { YamlWord } from '../yaml/read-yaml.ts';

/**
 * What is wrong with a scalar of a rule file. kubectl reads YAML 1.1 and we read 1.2. A word that the two read differently is refused, so
 * that a file means the same to both.
 */
export function wordFault({ value, plain, isKey }: YamlWord): string | undefined {
  if (isKey && value === '__proto__') return 'the key `__proto__` is not allowed';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'this is not a number that an object can contain';
  if (plain === undefined) return undefined;
  if (truthOfOld.test(plain)) {
    const truth = /^(y|on)/i.test(plain) ? 'true' : 'false';
    return `\`${plain}\` is ${truth} to kubectl: write \`${truth}\`, or put it in quotes if you mean the word`;
  }
  if (numberOfOld.test(plain))
    return `\`${plain.slice(0, 63)}\` is a different number to kubectl, or not a number: put it in quotes if you mean the word`;
  if (isKey && value !== null && typeof value !== 'string') return quoted(value);
  return undefined;
}

/** For a value where text is expected. */
export function quoted(value: unknown): string {
  return `put it in quotes: without them it is read as ${typeof value === 'number' ? 'a number' : '`true` or `false`'}`;
}

const truthOfOld = /^(y|yes|n|no|on|off)$/i;
/** Octal with a leading 0, binary, and digits with underscores between them. */
const numberOfOld = /^[-+]?(0[0-9_]+|0o[0-7_]+|0b[01_]+|0x[0-9a-f]*_[0-9a-f_]*|[1-9][0-9]*_[0-9_]*)$/i;
