import type { MrkdwnElement } from '@slack/types';
import { quote, truncate, visible } from '../../domain/text/typed-text.ts';
import { teamOf, userOf } from './person.ts';

/** Escapes the three characters that are markup everywhere in Slack. Then nothing in the text pings or links. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text of a person or of the cluster, inside a sentence of ours: one line, and nothing in it pings, links, formats or reverses the text.
 * Slack formats only at the edges of words. A word joiner (U+2060), which has no width, takes the edge away.
 */
export function foreign(text: string, limit = 400): string {
  const shown = escapeText(truncate(visible(text.replaceAll(/\s+/g, ' ')).trim(), limit)).replaceAll('`', "'");
  return shown.replaceAll(/[*~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\u2060$&');
}

/** Text of a person or of the cluster, as code: one short line without markup. */
export function code(text: string, limit = 60): string {
  const shown = visible(text.replaceAll(/[`\s]+/g, ' ')).trim();
  return `\`${escapeText(truncate(shown, limit)) || '(nothing)'}\``;
}

/** A typed name that does not exist. Its characters outside ASCII are named by code point, since they may look like others. */
export function typed(name: string): string {
  return escapeText(quote(name));
}

export function user(id: string): string {
  const team = teamOf(id);
  if (team !== undefined) return `${user(userOf(id))} (of team ${code(team)})`;
  return /^[UW][A-Z0-9]{1,20}$/.test(id) ? `<@${id}>` : code(id);
}

/** Our own markup. With `verbatim`, Slack makes no links or mentions of its own. */
export function markup(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** Slack shows a message as it is written, and adds no links or mentions. Our own mentions still work. */
export const readAsWritten = { parse: 'none', link_names: false } as const;

/** Slack takes 3,000 characters in the text of one section or context. This leaves some room. */
export const maxText = 2_900;

/** Our own markup, cut if it is too long, but not inside a mention, an entity, code or bold words. Says how many characters are missing. */
export function fitted(text: string, limit = maxText): string {
  if (text.length <= limit) return text;
  const room = limit - ' … +99999'.length;
  let kept = '';
  for (const [part] of text.matchAll(uncut)) {
    if (kept.length + part.length > room) break;
    kept += part;
  }
  kept = kept.replace(/_+$/, ''); // within a word it formats nothing, but at its edge it does
  return `${kept}… +${[...text.slice(kept.length)].length}`;
}

/** Our own bold words. Bold signs in a foreign text have a joiner before them, so they do not count. */
const uncut = /(?<!\u2060)\*(?:`[^`\n]*`|[^*`\n]|\u2060\*)*(?<!\u2060)\*|<[^<>]*>|&(?:amp|lt|gt);|`[^`\n]*`|[\s\S]/gu;

const cells = 20;

/** A number as a bar. The number itself is always beside it. */
export function bar(percent: number): string {
  const full = percent > 0 ? Math.min(cells, Math.max(1, Math.round((percent * cells) / 100))) : 0;
  return '▰'.repeat(full) + '▱'.repeat(cells - full);
}

/** Text without markup. Without a `limit` it is as long as the text of a button may be. */
export function plain(text: string, limit = 68): { type: 'plain_text'; text: string; emoji: boolean } {
  return { type: 'plain_text', text: truncate(visible(text), limit), emoji: false };
}

const maxNames = 12;

/** Names in a sentence, and how many more there are. */
export function names(all: readonly string[]): string {
  const shown = all.slice(0, maxNames).map((name) => code(name));
  return [...shown, ...(all.length > maxNames ? [`… +${all.length - maxNames}`] : [])].join(', ') || 'none';
}
