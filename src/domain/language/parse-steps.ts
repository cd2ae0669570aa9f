import { isRampName } from '../ramp/ramp-name.ts';
import { readSteps, respelledSteps } from '../ramp/read-steps.ts';
import { formatSteps, type RampSteps } from '../ramp/steps.ts';
import { isVersionName } from '../routing/named-version.ts';
import { quote } from '../text/typed-text.ts';
import { type NamedSteps, nameNeedsWord } from './command.ts';
import { no, type Parsed, plain } from './mistake.ts';
import { isWeight, parseWish, shiftOf } from './parse-wish.ts';

export interface TypedRamp {
  readonly version: string;
  readonly steps: RampSteps | NamedSteps;
}

/** No ramp takes more. What is longer need not be looked at in every way. */
const longestRamp = 800;
export const mostRampWords = 100;

/**
 * Reads what a ramp asks for: `v3 10,50 every 5m`, or `v3 careful`. Undefined if the words are not about a ramp. `service` is only used
 * to word a mistake.
 */
export function parseSteps(service: string, words: readonly string[]): Parsed<TypedRamp> | undefined {
  const [version = '', ...rest] = words;
  if (words.length > mostRampWords || words.join(' ').length > longestRamp) return undefined;
  if (isVersionName(version) && !isStep(words)) {
    const steps = stepsIn(rest) ?? nameIn(service, version, rest);
    if (steps !== undefined) return { ok: true, value: { version, steps } };
  }
  return withoutVersion(service, words) ?? inAnotherOrder(service, words) ?? inOtherWords(service, version, rest);
}

/** `50 --watch 20m`: one step, watched. Undefined if something else is wrong. */
export function parseWatched(service: string, words: readonly string[], ms: number): Parsed<TypedRamp> | undefined {
  const wish = parseWish(service, words);
  if (wish.ok && wish.value.kind === 'share')
    return {
      ok: true,
      value: { version: wish.value.version, steps: [{ percent: wish.value.percent, stay: { kind: 'for', ms } }] },
    };
  if (wish.ok)
    return no('`--watch` is about one version, and this is a whole split.', `Type \`${shiftOf(service)} v3 50\`.`);
  const typed = parseSteps(service, words);
  if (typed?.ok !== true) return undefined;
  return no(
    '`--watch` is for one step, and these steps have their own times.',
    `Leave it out: \`${shiftOf(service)} ${words.map(plain).join(' ')}\`.`,
  );
}

/** Whether the words after a name read like a ramp, with a service before it or without. */
export function looksLikeRamp(words: readonly string[]): boolean {
  if (words.length > mostRampWords) return false;
  return stepsIn(words.slice(1)) !== undefined || (words.length > 2 && stepsIn(words.slice(2)) !== undefined);
}

function stepsIn(words: readonly string[]): RampSteps | undefined {
  const read = readSteps(words[0] === 'ramp' ? words.slice(1).join(' ') : words.join(' '));
  return 'steps' in read ? read.steps : undefined;
}

function nameIn(
  service: string,
  version: string,
  [word = '', name, ...more]: readonly string[],
): NamedSteps | undefined {
  if (name === undefined) return isRampName(word) && !nameNeedsWord(service, version) ? { named: word } : undefined;
  return word === 'ramp' && isRampName(name) && more.length === 0 ? { named: name } : undefined;
}

/** In `10, 25, 50 every 5m` the first word is no version. A version that is a number is followed by steps with commas or times. */
function isStep([first = '', second = '', third = '']: readonly string[]): boolean {
  return isWeight(first) && isWeight(second) && (isWeight(third) || third === 'every');
}

function withoutVersion(service: string, words: readonly string[]): Parsed<never> | undefined {
  const text = words.join(' ');
  const read = stepsIn(words);
  const steps = read === undefined ? respelledSteps(text) : formatSteps(read);
  if (steps === undefined || !/^\d/.test(text)) return undefined;
  return no('These are steps for which version?', `Name it: \`${shiftOf(service)} v3 ${plain(steps)}\`.`);
}

/** `10,50 every 5m to v3`, `to v3 10,50 every 5m`, `v3=10,50 every 5m`. */
function inAnotherOrder(service: string, words: readonly string[]): Parsed<never> | undefined {
  const typed = words.join(' ');
  const orders = [
    typed.replace(/^(.*?\S)(?: (?:to|for|of))? (\S+)$/, '$2 $1'),
    typed.replace(/^(?:to|version) /, ''),
    typed.replace(/^([^ =:]+) ?[=:] ?(?=[^=:]*$)/, '$1 '),
  ];
  const meant = orders.find((order) => order !== typed && isRamp(order.split(' ')));
  if (meant === undefined) return undefined;
  return no(`${quote(typed)} is not how a ramp is typed.`, `Did you mean \`${shiftOf(service)} ${meant}\`?`);
}

function isRamp([version = '', ...steps]: readonly string[]): boolean {
  return isVersionName(version) && !isWeight(version) && stepsIn(steps) !== undefined;
}

/** A mistake if the words were meant as steps. */
function inOtherWords(service: string, version: string, rest: readonly string[]): Parsed<never> | undefined {
  const text = rest.join(' ');
  const suggestion = respelledSteps(text);
  if (!isVersionName(version) || (suggestion === undefined && !hasSigns.test(text))) return undefined;
  const read = readSteps(text, (steps) => `${shiftOf(service)} ${version} ${plain(steps)}`);
  if ('steps' in read) return undefined;
  if (suggestion === undefined || !/^\d+%?,\d+%?$/.test(text)) return no(read.wrong, read.next);
  return no(
    `${quote(text)} is not a percentage.`,
    `A percentage is a whole number, like \`50\`. Steps have a time: \`${shiftOf(service)} ${version} ${suggestion}\`.`,
  );
}

/** What only the steps of a ramp have. */
const hasSigns = /\b(?:every|ask)\b|^\d+%? for \d|\d ?(?:\.\.|…) ?\d|\d,\d+%?,|^(?:linear|canary)\d/;
