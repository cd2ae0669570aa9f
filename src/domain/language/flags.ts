import { longestStepMs, shortestStepMs } from '../ramp/steps.ts';
import { isLabel } from '../routing/names.ts';
import { nearest } from '../text/nearest.ts';
import { quote, truncate, type Word } from '../text/typed-text.ts';
import { namesClusters, readClusters } from './clusters.ts';
import type { Options } from './command.ts';
import { asksForDryRun } from './dry-run-words.ts';
import { readDuration } from './duration.ts';
import { formatFlags } from './format-flags.ts';
import { no, type Parsed } from './mistake.ts';

/** The flags of a command. They can be anywhere in it. */
export interface Flags {
  readonly namespace?: string;
  readonly cluster?: string;
  readonly rule?: string;
  readonly allRules?: true;
  readonly anyway?: true;
  readonly reason?: string;
  readonly dryRun?: true;
  readonly watchMs?: number;
  readonly noGuard?: true;
  readonly httpRoute?: true;
}

const maxReason = 300;
const maxShown = 200;
const flagNames = [
  ...(['--namespace', '--cluster', '--route', '--all-routes', '--reason'] as const),
  ...(['--dry-run', '--anyway', '--watch', '--no-guard', '--http-route'] as const),
] as const;
/** Flags that are there or not. */
const switches: Readonly<Record<string, Flags>> = {
  '--dry-run': { dryRun: true },
  '--no-guard': { noGuard: true },
  '--all-routes': { allRules: true },
  '--anyway': { anyway: true },
  '--http-route': { httpRoute: true },
};

/** Takes the flags out of the words, wherever they stand. */
export function takeFlags(words: readonly Word[]): Parsed<{ readonly flags: Flags; readonly rest: readonly Word[] }> {
  const rest: Word[] = [];
  let flags: Flags = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) continue;
    if (word.quoted || !/^--?[a-z]/i.test(word.text)) {
      rest.push(word);
      continue;
    }
    const [typedName = '', inline] = splitOnce(word.text, '=');
    const name = typedName.toLowerCase();
    const takesValue = !Object.hasOwn(switches, name);
    const next = words[at + 1];
    const value =
      inline ??
      (takesValue && next !== undefined && (next.quoted || !next.text.startsWith('--')) ? next.text : undefined);
    if (takesValue && inline === undefined && value !== undefined) at += 1;
    const read = readFlag(name, value);
    if (!read.ok) return read;
    const all = withFlag(flags, read.value, name);
    if (!all.ok) return all;
    flags = all.value;
  }
  return { ok: true, value: { flags, rest } };
}

export function options(flags: Flags): Options {
  const { rule, allRules, anyway, reason, dryRun = false } = flags;
  return {
    ...{ rule, reason, dryRun },
    ...(allRules !== undefined && { allRules }),
    ...(anyway !== undefined && { anyway }),
  };
}

export function asReason(text: string): string {
  return truncate(text, maxReason);
}

function readFlag(name: string, value: string | undefined): Parsed<Flags> {
  const set = Object.hasOwn(switches, name) ? switches[name] : undefined;
  if (set !== undefined)
    return value === undefined
      ? { ok: true, value: set }
      : no(`\`${name}\` takes no value.`, `Leave it as \`${name}\`.`);
  const known = name === '-n' || flagNames.some((flag) => flag === name);
  if (!known) return unknownFlag(name);
  if (value === undefined || value === '')
    return no(`${quote(name)} needs a value.`, `Type \`${name} ${exampleOf(name)}\`.`);
  if (name === '--reason') return { ok: true, value: { reason: asReason(value) } };
  if (name === '--cluster') return readCluster(value);
  if (name === '--route') return { ok: true, value: { rule: value } };
  if (name === '--watch') return readWatch(value);
  if (!isLabel(value.toLowerCase()))
    return no(
      `${quote(value)} cannot be a namespace.`,
      'A namespace is lower-case letters, digits and dashes: `-n bookinfo`.',
    );
  return { ok: true, value: { namespace: value.toLowerCase() } };
}

function readCluster(value: string): Parsed<Flags> {
  const clusters = namesClusters(value) ? readClusters(value) : ({ ok: true, value } as const);
  return clusters.ok ? { ok: true, value: { cluster: clusters.value } } : clusters;
}

function readWatch(value: string): Parsed<Flags> {
  const watchMs = readDuration(value.toLowerCase());
  if (watchMs !== undefined && watchMs >= shortestStepMs && watchMs <= longestStepMs)
    return { ok: true, value: { watchMs } };
  const wrong = watchMs === undefined ? 'is not a length of time' : 'is not how long a step can last';
  return no(`${quote(value)} ${wrong}.`, 'Type a time from `15s` to `7d`, like `--watch 20m`.');
}

/** The same value twice is fine. Of two different values one would be dropped, so the person has to choose. */
function withFlag(flags: Flags, added: Flags, name: string): Parsed<Flags> {
  const clash = (['namespace', 'cluster', 'rule', 'reason', 'watchMs'] as const).find(
    (key) => flags[key] !== undefined && added[key] !== undefined && flags[key] !== added[key],
  );
  const all = { ...flags, ...added };
  if (all.rule !== undefined && all.allRules !== undefined)
    return no('`--route` names one rule, and `--all-routes` means all of them.', 'Leave one of the two out.');
  if (clash === undefined) return { ok: true, value: all };
  const wrong = `\`${name}\` twice: which one?`;
  if (clash === 'reason') return no(wrong, oneReason);
  const [first, second] = [flags, added].map((each) => quote(formatFlags({ [clash]: each[clash] }), maxShown));
  return no(wrong, `Type one of them: ${first} or ${second}.`);
}

export const oneReason = 'Put all of it into one pair of quotes.';

function unknownFlag(name: string): Parsed<never> {
  if (/^--?(?:every|for|ask|by|steps?)$/.test(name))
    return no(`There is no flag ${quote(name)}.`, 'Steps are typed without dashes: `10,25,50,100 every 5m`.');
  const near = asksForDryRun(name) ? '--dry-run' : nearest(name, flagNames);
  return no(
    `There is no flag ${quote(name)}.`,
    near === undefined
      ? `There are \`-n\`, ${flagNames.map((flag) => `\`${flag}\``).join(', ')}.`
      : `Did you mean \`${near}\`?`,
  );
}

function exampleOf(flag: string): string {
  const examples: Record<string, string> = {
    '--reason': '"red stars"',
    '--cluster': 'prod-eu',
    '--route': 'default',
    '--watch': '20m',
  };
  return examples[flag] ?? 'bookinfo';
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
