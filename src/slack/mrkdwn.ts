import { truncate } from '../domain/typed-text.ts';

/** Slack takes three characters as markup in any text: with them escaped, nothing pings, links or mentions. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Text of a person or of the cluster, shown as code: one line, so short, and nothing in it is markup. */
export function code(text: string, limit = 60): string {
  return `\`${escapeText(truncate(text.replaceAll(/[`\s]+/g, ' ').trim(), limit))}\``;
}

export function user(id: string): string {
  return /^[UW][A-Z0-9]+$/.test(id) ? `<@${id}>` : code(id);
}

const cells = 20;

/** A bar that says the same as the number beside it, so nothing is told by it alone. */
export function bar(percent: number): string {
  const full = percent > 0 ? Math.min(cells, Math.max(1, Math.round((percent * cells) / 100))) : 0;
  return '▰'.repeat(full) + '▱'.repeat(cells - full);
}
