import { visible } from '../text/typed-text.ts';
import { type Command, formatCommand } from './command.ts';
import { asksForDryRun, countDry, withoutDryRun } from './dry-run-words.ts';
import type { Flags } from './flags.ts';
import { formatFlags, join } from './format-flags.ts';
import { helpLine, type Mistake, mistake, plain } from './mistake.ts';
import { type Line, lineOf, readLine } from './read-line.ts';

type Parse = (line: Line) => Command | Mistake;

/** What to say to a line that is not a command. If it asks for a dry run in other words, it gets a dry run to copy. */
export function corrected(original: Mistake, typed: Line, parse: Parse): Mistake {
  const flags = { ...typed.flags, dryRun: true } as const;
  const rest = withoutDryRun(typed.rest);
  if (rest === undefined) return readyToCopy(original, isAskedAsReason(typed) ? { ...typed, flags } : typed, parse);

  const line = lineOf({ flags, rest });
  if (!line.ok) return line.mistake;
  const command = rest.length === 0 ? original : parse(line.value);
  if (command.verb === 'mistake') return readyToCopy(command, line.value, parse);
  if (!hasDryRun(command)) return readyToCopy(original, line.value, parse);
  const meant = rampText(command, flags) ?? join('/shift', ...line.value.words.map(plain));
  const wrong = 'A dry run is asked for with `--dry-run`.';
  return readyToCopy(mistake(wrong, `Did you mean \`${meant}\`?`), line.value, parse);
}

/** A ramp in our words and without its flags: what was typed has lost its commas. */
function rampText(command: Command, flags: Flags): string | undefined {
  if (command.verb === 'why') return rampText(command.command, flags)?.replace(/^\/shift/, '/shift why');
  if (command.verb !== 'ramp') return undefined;
  const { service, namespace: typed } = command.service;
  const place = { service, namespace: flags.namespace === undefined ? typed : undefined };
  return formatCommand({ ...command, service: place, options: { dryRun: false, noGuard: false } });
}

/** Without its quotes, `--reason dry run` has the reason `dry`. A lock may well be for a dry run. */
function isAskedAsReason({ words: [verb = ''], flags: { reason = '' } }: Line): boolean {
  return asksForDryRun(reason) && !['lock', 'freeze'].includes(verb);
}

function hasDryRun({ verb }: Command): boolean {
  return ['shift', 'ramp', 'rollback', 'why', 'apply', 'delete', 'unpin', 'init'].includes(verb);
}

/**
 * People copy a suggestion, so it keeps the flags that were typed: without them it would act in another place, or for real. Every
 * suggestion must be a command that we can read. If one is not, help is suggested instead.
 */
function readyToCopy({ wrong, next }: Mistake, { words, flags }: Line, parse: Parse): Mistake {
  const spoken = countDry(words.join(' '));
  const noDryRun = new Set<string>();
  const whole = next.replaceAll(/`(\/shift (?!help(?: |`))[^`]+)`/g, (_, command: string) => {
    // The suggestion keeps names. A word like `dry` that it drops was not a name, so it asked for a dry run.
    const isDryRun = flags.dryRun ?? spoken > countDry(command.replace(/ --reason .*$/, ''));
    const [, verb] = undoable.exec(command) ?? [];
    if (isDryRun && verb !== undefined) noDryRun.add(verb);
    return `\`${withTaken(command, isDryRun ? { ...flags, dryRun: true } : flags, parse)}\``;
  });
  const [verb] = noDryRun;
  if (verb !== undefined) return mistake(wrong, `\`${verb}\` has no dry run; see \`/shift help ${verb}\`.`);
  if (visible(whole) !== whole) return mistake(wrong, helpLine);
  const suggested = [...whole.matchAll(/`(\/shift[^`]*)`/g)];
  return mistake(wrong, suggested.every(([, command = '']) => isCommand(command, parse)) ? whole : helpLine);
}

/** Commands that act and have no dry run. */
const undoable = /^\/shift (approve|reject|withdraw|lock|unlock|freeze|thaw|pause|resume|next|abort|finish)(?: |$)/;

/** Adds the typed flags that the command takes. Those of a ramp are left out where it is none, or has its times already. */
function withTaken(command: string, flags: Flags, parse: Parse): string {
  const whole = withFlags(command, flags);
  const { watchMs: _, noGuard: __, ...others } = flags;
  return isCommand(whole, parse) ? whole : withFlags(command, others);
}

function withFlags(command: string, flags: Flags): string {
  if (/^\/shift (?:approve|reject|withdraw|pending|tour|pause all)(?: |$)/.test(command)) return command;
  const { namespace, cluster, rule, reason } = flags;
  const [, verb = ''] = /^\/shift (\w+)(?: |$)/.exec(command) ?? [];
  const taken = {
    ...{ status: { namespace, cluster }, history: { namespace, cluster }, audit: { namespace, cluster } },
    ...{
      pause: { namespace, cluster, rule },
      resume: { namespace, cluster, rule },
      next: { namespace, cluster, rule },
    },
    ...{ finish: { namespace, cluster, rule }, abort: { namespace, cluster, rule, reason } },
  };
  const some = Object.entries(taken).find(([name]) => name === verb)?.[1];
  return join(command, formatFlags(some ?? flags).replaceAll('`', "'"));
}

function isCommand(text: string, parse: Parse): boolean {
  const line = readLine(text);
  return line.ok && parse(line.value).verb !== 'mistake';
}
