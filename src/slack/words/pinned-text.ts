import { formatCommand } from '../../domain/language/command.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import type { Rule } from '../../domain/routing/route.ts';
import { code } from './mrkdwn.ts';

/** The first pinned rules by name, and how many more there are. */
export function pinnedText(pinned: readonly string[], most: number, longest = 120): string {
  const named = pinned.slice(0, most).map((rule) => code(rule, longest));
  return [...named, ...(pinned.length > most ? [`… +${pinned.length - most}`] : [])].join(', ');
}

/** What to type to remove a pinned rule. */
export function unpinCommand({ service, namespace, cluster }: ServiceName, rule: Pick<Rule, 'match' | 'key'>): string {
  const word = (rule.match ?? rule.key).replaceAll(/\s*([=~])\s*/g, '$1');
  return formatCommand({ verb: 'unpin', service: { service, namespace, cluster }, rule: word, dryRun: false });
}
