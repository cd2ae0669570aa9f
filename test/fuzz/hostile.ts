import type { Random } from '../chaos/random.ts';

/** Texts that break code: markup, look-alike and invisible characters, names of prototypes, and invalid numbers. */
const pieces: readonly [string, ...string[]] = [
  ...([
    '<!channel>',
    '<!here>',
    '<!subteam^S1>',
    '<@U1>',
    '<@U1|ana>',
    '<#C1|general>',
    '<http://evil|reviews>',
  ] as const),
  ...[
    '&lt;',
    '&amp;lt;',
    '&',
    '<',
    '>',
    '|',
    '`',
    '```',
    '*',
    '_',
    '~',
    '*bold*',
    '_it_',
    '~no~',
    '\n> quote',
    ':tada:',
  ],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'null', 'undefined', 'NaN'],
  ...[
    '\u202E',
    '\u2066',
    '\u200B',
    '\u200D',
    '\uFEFF',
    '\u00AD',
    '\0',
    '\u0007',
    '\u001B[31m',
    '\uD800',
    '\uDC00',
    '\u{E0041}',
  ],
  ...['é', 'e\u0301', 'ﬁ', 'İ', 'ß', '\u212A', 'а', 'е', 'р', '５０', '٥٠', '५०', '½', '−5', '💥', '👩‍👩‍👧', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
  ...[
    '"',
    "'",
    '“',
    '”',
    '‘',
    '’',
    '«',
    '—',
    '–',
    '--',
    '-',
    '=',
    ':',
    ',',
    '/',
    '.',
    '%',
    '#',
    '@',
    '!',
    '\\',
    '$',
    '{',
    '}',
    '[',
    ']',
  ],
  ...['\n', '\r\n', '\t', '\v', '\u2028', '\u00A0', '\u3000', ' ', '  '],
  ...[
    '0',
    '50',
    '101',
    '-1',
    '1e2',
    '0x32',
    '050',
    '33.3',
    '50,5',
    '2147483648',
    '9007199254740993',
    'Infinity',
    '9'.repeat(40),
  ],
];

/** Any text, also with lone surrogates, and sometimes a very long one. */
export function hostileText(random: Random, longest = 60): string {
  const length = random.chance(0.01) ? longest * 20 : random.between(0, longest);
  let text = '';
  while (text.length < length) text += hostilePiece(random);
  return text;
}

export function hostilePiece(random: Random): string {
  if (random.chance(0.5)) return random.pick(pieces);
  if (random.chance(0.6)) return String.fromCharCode(random.between(0x20, 0x7e));
  if (random.chance(0.05)) return random.pick(pieces).repeat(random.between(2, 300));
  return random.chance(0.5)
    ? String.fromCharCode(random.between(0, 0xffff))
    : String.fromCodePoint(random.between(0, 0x10ffff));
}

/** A name that Kubernetes accepts or, sometimes, one that it does not. */
export function name(random: Random): string {
  if (random.chance(0.1)) return hostileText(random, 20);
  return random.pick([
    'v1',
    'v2',
    'v3',
    'reviews',
    'ratings',
    '1',
    '10',
    'constructor',
    'set',
    'status',
    'to',
    'help',
    '50',
    'v-1',
    'x'.repeat(63),
  ]);
}

export function items<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.between(0, most) }, make);
}

/** Any JSON value. */
export function hostileValue(random: Random, depth = 3): unknown {
  const kind = random.between(0, depth > 0 ? 9 : 6);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.between(-3, 150);
  if (kind === 3) return random.pick([0.5, 1e21, 2 ** 53, -(2 ** 31), 2 ** 31, 1e-7]);
  if (kind <= 6) return hostileText(random, 12);
  if (kind === 7) return items(random, 4, () => hostileValue(random, depth - 1));
  return Object.fromEntries(items(random, 4, () => [hostileKey(random), hostileValue(random, depth - 1)]));
}

function hostileKey(random: Random): string {
  return random.chance(0.4)
    ? random.pick(['__proto__', 'constructor', 'prototype', 'toString', 'id', 'v', 'kind', 'metadata', 'spec', ''])
    : hostileText(random, 8);
}

/** The same value with parts removed, doubled or swapped. */
export function mutated(random: Random, value: unknown): unknown {
  if (random.chance(0.15) || typeof value !== 'object' || value === null) return hostileValue(random, 2);
  if (Array.isArray(value)) return mutatedList(random, value);
  const entries = Object.entries(value);
  if (entries.length === 0 || random.chance(0.15)) entries.push([hostileKey(random), hostileValue(random, 2)]);
  const at = random.between(0, entries.length - 1);
  const [key = '', inner] = entries[at] ?? [];
  if (random.chance(0.2)) entries.splice(at, 1);
  else if (random.chance(0.1)) entries[at] = [hostileKey(random), inner];
  else entries[at] = [key, mutated(random, inner)];
  return Object.fromEntries(entries);
}

function mutatedList(random: Random, list: readonly unknown[]): unknown[] {
  const at = random.between(0, Math.max(0, list.length - 1));
  const inner = list[at];
  const change = random.between(0, 3);
  if (change === 0) return list.toSpliced(at, 1);
  if (change === 1) return list.toSpliced(at, 0, inner ?? hostileValue(random, 1));
  if (change === 2) return Array.from({ length: random.between(2, 40) }, () => inner);
  return list.toSpliced(at, 1, mutated(random, inner));
}

/** JSON text with a part cut out, inserted or doubled. */
export function mutatedText(random: Random, text: string): string {
  const at = random.between(0, text.length);
  const more = random.between(0, 12);
  const change = random.between(0, 3);
  if (change === 0) return text.slice(0, at) + text.slice(at + more);
  if (change === 1) return text.slice(0, at) + hostilePiece(random) + text.slice(at);
  if (change === 2) return text.slice(0, at + more) + text.slice(at);
  return text.slice(0, at);
}
