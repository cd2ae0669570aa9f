import { items } from '../../object.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Like Go's `%q`. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]|(?! )[\p{C}\p{Z}]/gu, escaped)}"`;
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const numeric = code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  return ESCAPES[char] ?? (code < 0x80 ? `\\x${hex.padStart(2, '0')}` : numeric);
}

/** Like Go's `%v` of a number, which writes `5e-05` where JavaScript writes `0.00005`. */
export function written(number: number): string {
  if (number === 0 || Math.abs(number) >= 1e-4) return String(number);
  return number.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

/** The length in bytes, which is what Go counts. */
export function size(text: string): number {
  return Buffer.byteLength(text);
}

export function texts(value: unknown): readonly string[] {
  return items(value).map(String);
}
