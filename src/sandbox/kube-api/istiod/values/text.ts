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

/** Like Go's `%v` of a floating-point number: `5e-05`, `100.5`, `1e+06`. */
export function written(number: number): string {
  const [digits = '', exponent = '0'] = number.toExponential().split('e');
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(number);
  return `${digits}e${exponent.replace(/^([-+])(\d)$/, '$10$2')}`;
}

/** The length in bytes, which is what Go counts. */
export function size(text: string): number {
  return Buffer.byteLength(text);
}

export function texts(value: unknown): readonly string[] {
  return items(value).map(String);
}
