import type { MrkdwnElement } from '@slack/types';
import { quote, truncate, visible } from '../../domain/text/typed-text.ts';

/** Slack takes three characters as markup in any text: with them escaped, nothing pings or links. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text of a person or of the cluster within a sentence of ours: one line, of which nothing pings, links, formats or turns the rest
 * around. Slack formats at the edges of words only, and a joiner of no width before a sign takes the edge away.
 */
export function foreign(text: string, limit = 400): string {
  const shown = escapeText(truncate(visible(text.replaceAll(/\s+/g, ' ')).trim(), limit)).replaceAll('`', "'");
  return shown.replaceAll(/[*~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\u2060$&');
}

/** Text of a person or of the cluster, shown as code: one line, so short, and nothing in it is markup. */
export function code(text: string, limit = 60): string {
  const shown = visible(text.replaceAll(/[`\s]+/g, ' ')).trim();
  return `\`${escapeText(truncate(shown, limit)) || '(nothing)'}\``;
}

/** A name that a person typed and that is not there: what looks like another letter is told by its code point. */
export function typed(name: string): string {
  return escapeText(quote(name));
}

export function user(id: string): string {
  return /^[UW][A-Z0-9]{1,20}$/.test(id) ? `<@${id}>` : code(id);
}

/** Markup as Slack shall take it, and make nothing of addresses and names by itself. */
export function markup(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** How a message is read: as it is written. Explicit mentions of ours still work. */
export const readAsWritten = { parse: 'none', link_names: false } as const;

/** What Slack takes in the text of one section or context, with room to spare. */
export const maxText = 2_900;

/** Markup of ours, cut where it is too long: not within a mention, an entity or a code. Says how many characters are missing. */
export function fitted(text: string, limit = maxText): string {
  if (text.length <= limit) return text;
  const parts = text.match(/<[^<>]*>|&(?:amp|lt|gt);|`[^`\n]*`|[\s\S]/gu) ?? [];
  const room = limit - ' … +99999'.length;
  let kept = '';
  for (const part of parts) {
    if (kept.length + part.length > room) break;
    kept += part;
  }
  return `${kept}… +${[...text.slice(kept.length)].length}`;
}

const cells = 20;

/** A bar that says the same as the number beside it, so nothing is told by it alone. */
export function bar(percent: number): string {
  const full = percent > 0 ? Math.min(cells, Math.max(1, Math.round((percent * cells) / 100))) : 0;
  return '▰'.repeat(full) + '▱'.repeat(cells - full);
}

/** Text that is no markup, whoever wrote it; as long as a button may be, where nothing else is said. */
export function plain(text: string, limit = 68): { type: 'plain_text'; text: string; emoji: boolean } {
  return { type: 'plain_text', text: truncate(visible(text), limit), emoji: false };
}

const maxNames = 12;

/** Names in a sentence, and how many more there are. */
export function names(all: readonly string[]): string {
  const shown = all.slice(0, maxNames).map((name) => code(name));
  return [...shown, ...(all.length > maxNames ? [`… +${all.length - maxNames}`] : [])].join(', ') || 'none';
}
