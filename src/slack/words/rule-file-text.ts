import type { FileFault, RuleFile } from '../../domain/routing/rule-file.ts';
import { code, foreign, names } from './mrkdwn.ts';

const maxFaults = 8;
const maxNotes = 12;

/** What old rules became, and which could not be converted. */
export function fileNotes({ conversions, unconverted, meant }: RuleFile): readonly string[] {
  const notConverted = unconverted.map(
    ({ rule, line, why }) => `• ${code(rule, 100)} (line ${line}): ${foreign(why, 300)}`,
  );
  return [
    ...listed('*Not converted:*', notConverted),
    ...listed(
      '*Converted from the form of 2017:*',
      conversions.map((each) => `• ${foreign(each, 300)}`),
    ),
    ...(meant?.doubts ?? []).slice(0, 4).map((doubt) => `*A misprint?* ${foreign(doubt, 300)}`),
  ];
}

function listed(heading: string, all: readonly string[]): readonly string[] {
  if (all.length === 0) return [];
  const more = all.length > maxNotes ? [`… +${all.length - maxNotes} more`] : [];
  return [heading, ...all.slice(0, maxNotes), ...more];
}

export function unknownFileText({
  names: all,
  nearest,
}: {
  readonly names: readonly string[];
  readonly nearest?: string | undefined;
}): string {
  const meant = nearest === undefined ? '' : ` Did you mean ${code(nearest, 120)}?`;
  if (all.length === 0)
    return 'There is no rule file at all. `RULES_DIR` names their folder: the people who run me can set it.';
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
    `*Not accepted:* ${code(name, 120)} cannot be used, so it is refused whole. Nothing was changed.`,
    ...shown,
    ...more,
  ].join('\n');
}
