import { readDuration } from '../language/duration.ts';
import { readPercent } from '../language/percent.ts';
import { quote } from '../text/typed-text.ts';
import { fromAws } from './aws-names.ts';
import { respellSteps } from './respell-steps.ts';
import {
  formatSteps,
  longestStepMs,
  mostSteps,
  type RampStep,
  type RampSteps,
  type Stay,
  shortestStepMs,
} from './steps.ts';

export type StepsRead = { readonly steps: RampSteps } | { readonly wrong: string; readonly next: string };

/** The steps of a suggestion, as the person would type them. */
type InCommand = (steps: string) => string;

/**
 * Reads the steps of a ramp: `10,25,50,100 every 5m`, `10..100 by 10 every 5m`, `10 for 30m, 50 ask, 100`, `linear10every1m`. If they
 * are wrong, it says why and what to type; `inCommand` makes a whole command of the steps that it suggests.
 */
export function readSteps(text: string, inCommand: InCommand = (steps) => steps): StepsRead {
  const read = readExactly(text);
  if ('steps' in read) return read;
  const meant = respelledSteps(text) ?? read.meant;
  if (meant === undefined) return { wrong: read.wrong, next: read.rule ?? example(inCommand) };
  return { wrong: read.wrong, next: `Did you mean \`${inCommand(meant)}\`?` };
}

/** How to type steps that are written in another way, if it is clear what they mean. */
export function respelledSteps(text: string): string | undefined {
  if (text.length > longestText) return undefined;
  const lower = text.trim().toLowerCase();
  const meant = respellSteps(fromAws(lower) ?? lower);
  return meant !== undefined && isRead(meant) ? meant : undefined;
}

/** What is wrong. `rule`: what to know, where the example does not say it. `meant`: steps to suggest. */
interface Fault {
  readonly wrong: string;
  readonly rule?: string;
  readonly meant?: string;
}

type Read<T> = T | Fault;

const longestText = 600;
const mostTokens = 100;
const defaultStayMs = 5 * 60_000;

function example(inCommand: InCommand): string {
  return `Type the steps and how long each is watched: \`${inCommand('10,25,50,100 every 5m')}\`.`;
}

function readExactly(typed: string): Read<{ readonly steps: RampSteps }> {
  const text = typed.trim().toLowerCase();
  if (text.length > longestText) return { wrong: tooManySteps };
  const read = readItems(tokensOf(fromAws(text) ?? text));
  return 'wrong' in read ? read : stepsOf(read);
}

/** Commas part no more than spaces do: a line of Slack loses those at the end of a word. */
function tokensOf(text: string): readonly string[] {
  return text
    .replaceAll(/(\d) %/g, '$1%')
    .replaceAll(/(?<=\d%?) ?\.\. ?(?=\d)/g, ' .. ')
    .split(/[\s,]+/)
    .filter((token) => token !== '');
}

interface Item {
  readonly percent: number;
  readonly stay?: Stay;
}

interface Items {
  readonly items: readonly Item[];
  readonly everyMs?: number;
}

function readItems(tokens: readonly string[]): Read<Items> {
  const items: Item[] = [];
  if (tokens.length > mostTokens) return { wrong: tooManySteps };
  for (let at = 0; at < tokens.length; ) {
    const rest = tokens.slice(at);
    if (rest[0] === 'every')
      return items.length > 0 ? readEvery(items, tokens, at) : { wrong: 'No step is named before `every`.' };
    const read = readItem(rest);
    if ('wrong' in read) return read;
    items.push(...read.items);
    at += read.taken;
  }
  return { items };
}

/** `every 5m` ends the steps. */
function readEvery(items: readonly Item[], tokens: readonly string[], at: number): Read<Items> {
  const everyMs = readStayMs(tokens[at + 1]);
  const extra = tokens.slice(at + 2);
  if (typeof everyMs !== 'number') return everyMs;
  if (extra.length === 0) return { items, everyMs };
  const read = stepsOf({ items, everyMs });
  const meant = 'steps' in read ? { meant: formatSteps(read.steps) } : {};
  return { wrong: `${quote(extra.join(' '))} is more than I understand.`, ...meant };
}

function isRead(text: string): boolean {
  return 'steps' in readExactly(text);
}

function readItem(tokens: readonly string[]): Read<{ readonly items: readonly Item[]; readonly taken: number }> {
  const [word = '', next, value] = tokens;
  const percent = readPercent(word);
  if (percent === undefined) return unknownWord(word);
  if (next === '..') return readRange(percent, tokens);
  if (next === 'ask') return { items: [{ percent, stay: { kind: 'ask' } }], taken: 2 };
  if (next !== 'for') return { items: [{ percent }], taken: 1 };
  const ms = readStayMs(value);
  return typeof ms === 'number' ? { items: [{ percent, stay: { kind: 'for', ms } }], taken: 3 } : ms;
}

function unknownWord(word: string): Fault {
  if (/^[\d.+-]/.test(word) && !/^[+-]?\d*[a-z>]/.test(word))
    return {
      wrong: `${quote(word)} is not a percentage.`,
      rule: 'Each step is a whole number from 0 to 100, like `50`.',
    };
  return { wrong: `${quote(word)} is not understood in the steps of a ramp.` };
}

/** `10..100 by 40`: 10, 50, 90, and the end also where the last step does not hit it exactly. */
function readRange(
  from: number,
  [, , end = '', by, each = '']: readonly string[],
): Read<{ readonly items: readonly Item[]; readonly taken: number }> {
  const to = readPercent(end);
  const step = by === 'by' ? readPercent(each) : undefined;
  if (to === undefined) return unknownWord(end);
  if (by !== 'by') return { wrong: 'It is not said how far the steps of this range are apart.' };
  if (step === undefined || step === 0)
    return {
      wrong: `${quote(each)} is no distance of two steps.`,
      rule: 'A distance is a whole number from 1 to 100: `10..100 by 10`.',
    };
  if (to === from) return { wrong: `This range begins and ends at ${from} %.` };
  const count = Math.ceil(Math.abs(to - from) / step);
  const items = Array.from({ length: count }, (_, at) => ({ percent: from + Math.sign(to - from) * at * step }));
  return { items: [...items, { percent: to }], taken: 5 };
}

function readStayMs(word: string | undefined): Read<number> {
  const ms = word === undefined ? undefined : readDuration(word);
  if (ms === undefined)
    return {
      wrong:
        word === undefined ? 'It is not said how long a step is watched.' : `${quote(word)} is not a length of time.`,
      rule: 'A time is a number and its unit: `30s`, `5m`, `2h`, `1d`.',
    };
  const isWithin = ms >= shortestStepMs && ms <= longestStepMs;
  return isWithin ? ms : { wrong: `A step cannot last ${quote(word ?? '')}.`, rule: 'A step lasts `15s` to `7d`.' };
}

const tooManySteps = `A ramp has ${mostSteps} steps at most.`;

function stepsOf({ items, everyMs }: Items): Read<{ readonly steps: RampSteps }> {
  if (items.length > mostSteps) return { wrong: tooManySteps, rule: `These are ${items.length}. Leave some out.` };
  const again = items.find(({ percent }, at) => percent === items[at - 1]?.percent);
  if (again !== undefined)
    return {
      wrong: `Two steps that follow each other have the same share, ${again.percent} %.`,
      rule: 'Leave one of them out.',
    };
  const steps = items.map((item, at) =>
    toStep(item, at === items.length - 1 ? lastStay(items, everyMs) : stayOf(everyMs)),
  );
  const [first, ...more] = steps.filter((step) => step !== undefined);
  if (first === undefined || more.length + 1 < items.length) return missingTime(items);
  const last = [first, ...more].at(-1);
  if (last?.stay.kind !== 'ask') return { steps: [first, ...more] };
  return {
    wrong: 'After the last step there is nothing to ask about.',
    rule: 'Say how long it is watched: `100 for 5m`.',
  };
}

function stayOf(everyMs: number | undefined): Stay | undefined {
  return everyMs === undefined ? undefined : { kind: 'for', ms: everyMs };
}

/** The last step is watched as long as the one before it, where nothing is said about it. One step alone needs its time. */
function lastStay(items: readonly Item[], everyMs: number | undefined): Stay | undefined {
  if (everyMs !== undefined || items.length < 2) return stayOf(everyMs);
  return items.findLast(({ stay }) => stay?.kind === 'for')?.stay ?? stayOf(defaultStayMs);
}

function toStep({ percent, stay }: Item, otherwise: Stay | undefined): RampStep | undefined {
  const its = stay ?? otherwise;
  return its === undefined ? undefined : { percent, stay: its };
}

function missingTime(items: readonly Item[]): Fault {
  const first = items.find(({ stay }) => stay === undefined);
  if (first === undefined) return { wrong: 'No step is named.' };
  if (items.every(({ stay }) => stay === undefined)) return { wrong: 'It is not said how long each step is watched.' };
  return { wrong: `It is not said how long the step at ${first.percent} % is watched.` };
}
