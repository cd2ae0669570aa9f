import type { FileFault, RuleFile } from '../domain/rule-file.ts';
import { code, foreign } from './mrkdwn.ts';
import { names } from './refusals.ts';

const maxFaults = 8;

/** What was made of old rules, and what could not be. */
export function fileNotes({ conversions, unconverted, meant }: RuleFile): readonly string[] {
  return [
    ...bounded(conversions, 6).map((each) => `Converted: ${foreign(each, 300)}`),
    ...bounded(unconverted, 6).map((each) =>
      typeof each === 'string'
        ? each
        : `*Not converted:* ${code(each.rule, 100)} (line ${each.line}): ${foreign(each.why, 300)}`,
    ),
    ...(meant?.doubts ?? []).slice(0, 4).map((doubt) => `*A misprint?* ${foreign(doubt, 300)}`),
  ];
}

function bounded<T>(all: readonly T[], most: number): readonly (T | string)[] {
  return all.length <= most ? all : [...all.slice(0, most), `… +${all.length - most} more`];
}

export function unknownFileText({
  names: all,
  nearest,
}: {
  readonly names: readonly string[];
  readonly nearest?: string | undefined;
}): string {
  const meant = nearest === undefined ? '' : ` Did you mean ${code(nearest, 120)}?`;
  if (all.length === 0) return `There is no rule file of that name, nor any other: \`RULES_DIR\` says where they are.`;
  return `There is no rule file of that name.${meant} There is ${names(all)}.`;
}

export function badFileText({
  name,
  faults,
}: {
  readonly name: string;
  readonly faults: readonly FileFault[];
}): string {
  const shown = faults.slice(0, maxFaults).map(({ line, column, what }) => {
    const at = line === undefined ? '' : `line ${line}${column === undefined ? '' : `, column ${column}`}: `;
    return `• ${at}${foreign(what, 300)}`;
  });
  const more = faults.length > maxFaults ? [`… +${faults.length - maxFaults} more`] : [];
  return [
    `*Not accepted:* ${code(name, 120)} cannot be used, so nothing of it was. Nothing was changed.`,
    ...shown,
    ...more,
  ].join('\n');
}
