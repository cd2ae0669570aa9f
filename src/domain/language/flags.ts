import { isLabel } from '../routing/names.ts';
import { nearest } from '../text/nearest.ts';
import { quote, truncate, type Word } from '../text/typed-text.ts';
import { formatFlags, type Options } from './command.ts';
import { asksForDryRun } from './dry-run-words.ts';
import { no, type Parsed } from './mistake.ts';

/** The flags of a command. They can be anywhere in it. */
export interface Flags {
  readonly namespace?: string;
  readonly cluster?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly dryRun?: true;
}

const maxReason = 300;
const maxShown = 200;
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
    const [typedName = '', inline] = splitOnce(word.text, '=');
    const name = typedName.toLowerCase();
    const takesValue = name !== '--dry-run';
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
  return { rule: flags.rule, reason: flags.reason, dryRun: flags.dryRun ?? false };
}

export function asReason(text: string): string {
  return truncate(text, maxReason);
}

function readFlag(name: string, value: string | undefined): Parsed<Flags> {
  if (name === '--dry-run' && value === undefined) return { ok: true, value: { dryRun: true } };
  if (name === '--dry-run') return no('`--dry-run` takes no value.', 'Leave it as `--dry-run`.');
  const known = name === '-n' || flagNames.some((flag) => flag === name);
  if (!known) return unknownFlag(name);
  if (value === undefined || value === '')
    return no(`${quote(name)} needs a value.`, `Type \`${name} ${exampleOf(name)}\`.`);
  if (name === '--reason') return { ok: true, value: { reason: asReason(value) } };
  if (name === '--cluster') return { ok: true, value: { cluster: value } };
  if (name === '--route') return { ok: true, value: { rule: value } };
  if (!isLabel(value.toLowerCase()))
    return no(
      `${quote(value)} cannot be a namespace.`,
      'A namespace is lower-case letters, digits and dashes: `-n bookinfo`.',
    );
  return { ok: true, value: { namespace: value.toLowerCase() } };
}

/** The same value twice is fine. Of two different values one would be dropped, so the person has to choose. */
function withFlag(flags: Flags, added: Flags, name: string): Parsed<Flags> {
  const clash = (['namespace', 'cluster', 'rule', 'reason'] as const).find(
    (key) => flags[key] !== undefined && added[key] !== undefined && flags[key] !== added[key],
  );
  if (clash === undefined) return { ok: true, value: { ...flags, ...added } };
  const wrong = `\`${name}\` twice: which one?`;
  if (clash === 'reason') return no(wrong, oneReason);
  const [first, second] = [flags, added].map((each) => quote(formatFlags({ [clash]: each[clash] }), maxShown));
  return no(wrong, `Type one of them: ${first} or ${second}.`);
}

export const oneReason = 'Put all of it into one pair of quotes.';

function unknownFlag(name: string): Parsed<never> {
  const near = asksForDryRun(name) ? '--dry-run' : nearest(name, flagNames);
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
