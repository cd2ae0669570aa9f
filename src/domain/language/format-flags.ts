import { formatDuration } from './duration.ts';

/** Joins words with single spaces, and skips absent and empty ones. */
export function join(...words: readonly (string | undefined)[]): string {
  return words.filter((word) => word !== undefined && word !== '').join(' ');
}

/** Flags as people type them. Reading them gives the same values. */
export function formatFlags(flags: {
  readonly namespace?: string | undefined;
  readonly cluster?: string | undefined;
  readonly rule?: string | undefined;
  readonly allRules?: true | undefined;
  readonly anyway?: true | undefined;
  readonly reason?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly watchMs?: number | undefined;
  readonly noGuard?: boolean | undefined;
  readonly httpRoute?: true | undefined;
}): string {
  const { namespace, cluster, rule, allRules, anyway, reason, dryRun, watchMs, noGuard, httpRoute } = flags;
  return join(
    namespace && `-n ${namespace}`,
    cluster && `--cluster ${asWord(cluster)}`,
    rule && `--route ${asWord(rule)}`,
    allRules && '--all-routes',
    anyway && '--anyway',
    watchMs === undefined ? undefined : `--watch ${formatDuration(watchMs)}`,
    noGuard ? '--no-guard' : undefined,
    httpRoute && '--http-route',
    reason && `--reason ${inQuotes(reason)}`,
    dryRun ? '--dry-run' : undefined,
  );
}

/** A word with characters that would part it, or make a flag of it, is put in quotes. */
export function asWord(value: string): string {
  return /^[^\s"'‘’—–-][^\s"'‘’]*$/.test(value) ? value : inQuotes(value);
}

/** Uses quotes that are not in the text. If it has all kinds, a single word goes without, and in other texts double quotes become single ones. */
function inQuotes(text: string): string {
  if (!text.includes('"')) return `"${text}"`;
  if (!text.includes("'")) return `'${text}'`;
  if (!/[‘’]/.test(text)) return `‘${text}’`;
  return text.includes(' ') ? `"${text.replaceAll('"', "'")}"` : text;
}
