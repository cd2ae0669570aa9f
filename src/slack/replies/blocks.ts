import type { KnownBlock, SectionBlock } from '@slack/types';
import { fitted } from '../words/mrkdwn.ts';
import { section } from '../words/object-text.ts';
import type { Reply } from '../words/reply.ts';

/** A message holds 13,000 characters. The text beside the objects needs some of them. */
export const maxObjectsText = 5_500;
const maxSpoken = 3_500;

/** One section with all lines. No section if there are no lines. */
export function lines(all: readonly string[], limit = 2_000): readonly SectionBlock[] {
  return all.length === 0 ? [] : [section(fitted(all.join('\n'), limit))];
}

/** `text` is for notifications and screen readers. It has all the text of the blocks except the lines of the differences. */
export function blocksReply(heading: string, blocks: readonly KnownBlock[]): Reply {
  const all = blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []));
  const spoken = [heading, ...all.map((text) => text.replaceAll(/\n`[+\-\u00A0]\u00A0[^\n]*/g, ''))].join('\n');
  return { text: fitted(spoken, maxSpoken), blocks: [section(heading), ...blocks] };
}

/** The first lines, as many as fit into `room` characters. Stops at the first one that does not fit. */
export function within<T>(all: readonly T[], room: number, lineOf: (each: T) => string): readonly string[] {
  const lines: string[] = [];
  let used = 0;
  for (const each of all) {
    const line = lineOf(each);
    used += line.length + 1;
    if (used > room) break;
    lines.push(line);
  }
  return lines;
}
