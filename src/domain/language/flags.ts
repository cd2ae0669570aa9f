import { isLabel } from '../routing/names.ts';
import { nearest } from '../text/nearest.ts';
import { quote, truncate, type Word } from '../text/typed-text.ts';
import type { Options } from './command.ts';
import { no, type Parsed } from './mistake.ts';

/** What stood before or between the words of a command and names neither service nor version. */
export interface Flags {
  readonly namespace?: string;
  readonly cluster?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly dryRun?: true;
}

const maxReason = 300;
const flagNames = ['--namespace', '--cluster', '--route', '--reason', '--dry-run'] as const;

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
    const [name = '', inline] = splitOnce(word.text, '=');
    const takesValue = name.toLowerCase() !== '--dry-run';
    const next = words[at + 1];
    const value =
      inline ??
      (takesValue && next !== undefined && (next.quoted || !next.text.startsWith('--')) ? next.text : undefined);
    if (takesValue && inline === undefined && value !== undefined) at += 1;
    const read = readFlag(name.toLowerCase(), value, flags);
    if (!read.ok) return read;
    flags = read.value;
  }
  return { ok: true, value: { flags, rest } };
}

export function options(flags: Flags): Options {
  return { rule: flags.rule, reason: flags.reason, dryRun: flags.dryRun ?? false };
}

export function asReason(text: string): string {
  return truncate(text, maxReason);
}

function readFlag(name: string, value: string | undefined, flags: Flags): Parsed<Flags> {
  if (name === '--dry-run' && value === undefined) return { ok: true, value: { ...flags, dryRun: true } };
  if (name === '--dry-run') return no('`--dry-run` takes no value.', 'Leave it as `--dry-run`.');
  const known = name === '-n' || flagNames.some((flag) => flag === name);
  if (!known) return unknownFlag(name);
  if (value === undefined || value === '')
    return no(`${quote(name)} wants a value.`, `Type \`${name} ${exampleOf(name)}\`.`);
  if (name === '--reason') return { ok: true, value: { ...flags, reason: asReason(value) } };
  if (name === '--cluster') return { ok: true, value: { ...flags, cluster: value } };
  if (name === '--route') return { ok: true, value: { ...flags, rule: value } };
  if (!isLabel(value.toLowerCase()))
    return no(
      `${quote(value)} cannot be a namespace.`,
      'A namespace is lower-case letters, digits and dashes: `-n bookinfo`.',
    );
  return { ok: true, value: { ...flags, namespace: value.toLowerCase() } };
}

function unknownFlag(name: string): Parsed<never> {
  const near = nearest(name, flagNames);
  return no(
    `There is no flag ${quote(name)}.`,
    near === undefined
      ? `There are \`-n\`, ${flagNames.map((flag) => `\`${flag}\``).join(', ')}.`
      : `Did you mean \`${near}\`?`,
  );
}

function exampleOf(flag: string): string {
  const examples: Record<string, string> = { '--reason': '"red stars"', '--cluster': 'prod-eu', '--route': 'default' };
  return examples[flag] ?? 'bookinfo';
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
