import type { Wish } from '../change/plan-weights.ts';
import { isVersionName } from '../routing/named-version.ts';
import { percentages } from '../routing/split.ts';
import { quote } from '../text/typed-text.ts';
import { isVerb } from './command.ts';
import { no, type Parsed, plain, tooMuch } from './mistake.ts';
import { readPercent } from './percent.ts';

/** Reads what a shift asks for: `v3 50`, or the whole split `v1=80 v3=20`. `service` is only used to word a mistake. */
export function parseWish(service: string, words: readonly string[]): Parsed<Wish> {
  const [first, second, ...more] = words;
  const respelt = respell(service, words);
  if (respelt !== undefined) return respelt;
  if (first === undefined)
    return no(
      `How much of ${quote(service)} should go where?`,
      `Type a version and a percentage: \`${shiftOf(service)} v3 50\`.`,
    );
  if (words.some((word) => word.includes('='))) return parseWhole(service, words);
  if (second === undefined) return missingShare(service, first);
  if (more.length > 0) return tooManyWords(service, words);
  if (isWeight(first) && !isWeight(second) && isVersionName(second))
    return no('The percentage stands before the version.', `Type \`${shiftOf(service)} ${second} ${first}\`.`);

  const version = versionName(first);
  if (!version.ok) return version;
  const percent = weight(second);
  return percent.ok ? { ok: true, value: { kind: 'share', version: version.value, percent: percent.value } } : percent;
}

/** Other ways to write `v3=50` and `v3 50`. The meaning is clear, so the mistake shows how to type it. */
function respell(service: string, words: readonly string[]): Parsed<never> | undefined {
  const typed = words.join(' ');
  const meant = typed
    .replace(/^(\d+%?) (?:to|for) (\S+)$/, '$2 $1')
    .replaceAll(/ ?[=:] ?/g, '=')
    .replace(/^([^ =]+)=(\d+%?)$/, (pair, version: string, share: string) =>
      share === '100' ? pair : `${version} ${share}`,
    );
  if (arePairs(words) || isWish(service, words) || !isWish(service, meant.split(' '))) return undefined;
  return no(`${quote(typed)} is not how a share is typed.`, `Type \`${shiftOf(service)} ${meant}\`.`);
}

/** Of well-formed pairs only the sum can be wrong, and parseWhole says more about that. */
function arePairs(words: readonly string[]): boolean {
  return words.every((word) => /^[^=:]+=[^=:]+$/.test(word));
}

function isWish(service: string, words: readonly string[]): boolean {
  const [first = '', second = '', ...more] = words;
  if (words.some((word) => word.includes('='))) return parseWhole(service, words).ok;
  return more.length === 0 && isVersionName(first) && isWeight(second);
}

export function versionName(word: string): Parsed<string> {
  if (isVersionName(word)) return { ok: true, value: word };
  return no(
    `${quote(word)} cannot be the name of a version.`,
    'A version is named in lower-case letters, digits and dashes, like `v3`.',
  );
}

/** `v1 80 v3 20` is a whole split without `=`. `v3 to 50` is a share with an extra word. */
function tooManyWords(service: string, words: readonly string[]): Parsed<never> {
  const [first = '', second = '', ...more] = words;
  const last = words.at(-1) ?? '';
  if (words.length % 2 === 0 && words.every((word, at) => isWeight(word) === (at % 2 === 1))) {
    const pairs = words.flatMap((word, at) => (at % 2 === 0 ? [`${word}=${words[at + 1]}`] : []));
    const whole = parseWhole(service, pairs);
    return whole.ok
      ? no('A whole split is typed with `=`.', `Type \`${shiftOf(service)} ${pairs.join(' ')}\`.`)
      : whole;
  }
  const [extra, share] = isWeight(last) && !isWeight(second) ? [words.slice(1, -1), last] : [more, second];
  return { ok: false, mistake: tooMuch(extra, `${shiftOf(service)} ${plain(first)} ${plain(share)}`) };
}

/** Whether the words after a name read like a shift. */
export function looksLikeWish(words: readonly string[]): boolean {
  return words.some((word) => word.includes('=')) || (words.length >= 2 && isWeight(words.at(-1) ?? ''));
}

function parseWhole(service: string, words: readonly string[]): Parsed<Wish> {
  const shares = new Map<string, number>();
  const pairs = words.flatMap((word) => word.split(',')).filter((pair) => pair !== '');
  for (const pair of pairs) {
    const [name = '', amount, ...more] = pair.split('=');
    if (name === '' || amount === undefined || amount === '' || more.length > 0)
      return no(
        `${quote(pair)} is not a version and its percentage.`,
        `Type the whole split: \`${shiftOf(service)} v1=80 v3=20\`.`,
      );
    const version = versionName(name);
    if (!version.ok) return version;
    if (shares.has(version.value))
      return no(`${quote(name)} is given twice.`, `Name each version once: \`${shiftOf(service)} v1=80 v3=20\`.`);
    const percent = weight(amount);
    if (!percent.ok) return percent;
    shares.set(version.value, percent.value);
  }
  const sum = [...shares.values()].reduce((all, share) => all + share, 0);
  if (sum !== 100)
    return no(`${[...shares.values()].join(' + ')} is ${sum}, not 100.`, fixForSum(service, shares, sum));
  return { ok: true, value: { kind: 'whole', shares: Object.fromEntries(shares) } };
}

export function isWeight(word: string): boolean {
  return readPercent(word) !== undefined;
}

function weight(word: string): Parsed<number> {
  const percent = readPercent(word);
  if (percent !== undefined) return { ok: true, value: percent };
  return no(`${quote(word)} is not a percentage.`, 'A percentage is a whole number from 0 to 100, like `50`.');
}

function missingShare(service: string, word: string): Parsed<never> {
  if (isWeight(word))
    return no(`${word.replace('%', '')} % for which version?`, `Name it: \`${shiftOf(service)} v3 ${word}\`.`);
  const version = versionName(word);
  if (!version.ok) return version;
  return no(
    `How much should ${quote(word)} of ${quote(service)} get?`,
    `Add a percentage: \`${shiftOf(service)} ${plain(word)} 50\`.`,
  );
}

function fixForSum(service: string, shares: ReadonlyMap<string, number>, sum: number): string {
  const entries = [...shares];
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && sum < 100) {
    return `To let the others share the rest, type \`${shiftOf(service)} ${only[0]} ${only[1]}\`.`;
  }
  const last = entries.at(-1);
  const fits = last !== undefined && last[1] + 100 - sum >= 0;
  const fixed = fits
    ? [...entries.slice(0, -1), [last[0], last[1] + 100 - sum]]
    : Object.entries(percentages(Object.fromEntries(entries)));
  const example = fixed.map(([name, share]) => `${name}=${share}`).join(' ');
  return `The shares must sum to 100: \`${shiftOf(service)} ${example}\`.`;
}

/** The start of a shift to copy. A service with the name of a command needs `set` before it. */
export function shiftOf(service: string): string {
  return `/shift ${isVerb(service) ? 'set ' : ''}${plain(service)}`;
}
