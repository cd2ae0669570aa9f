import { code } from './mrkdwn.ts';

/** The first pinned rules by name, and how many more there are. */
export function pinnedText(pinned: readonly string[], most: number, longest = 120): string {
  const named = pinned.slice(0, most).map((rule) => code(rule, longest));
  return [...named, ...(pinned.length > most ? [`… +${pinned.length - most}`] : [])].join(', ');
}
