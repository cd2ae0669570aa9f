import type { Button, KnownBlock } from '@slack/types';
import { fitted, markup, maxText } from './mrkdwn.ts';

/** What only the asker sees. */
export interface Reply {
  readonly text: string;
  readonly blocks?: KnownBlock[];
}

/** Uses a block, because only there we can stop Slack from making links. `text` is for notifications. */
export function says(text: string): Reply {
  const fitting = fitted(text, maxText);
  return { text: fitting, blocks: [{ type: 'section', text: markup(fitting) }] };
}

/** As `says`, of a text with many lines: as many blocks as they need. Slack wants 4,000 characters at most in the text beside them. */
export function saysInParts(text: string): Reply {
  const parts: string[] = [];
  for (const line of text.split('\n')) {
    const last = parts.at(-1);
    const joined = last === undefined ? line : `${last}\n${line}`;
    if (last !== undefined && joined.length <= maxText) parts[parts.length - 1] = joined;
    else parts.push(line);
  }
  return {
    text: fitted(text, mostSpoken),
    blocks: parts.map((part) => ({ type: 'section', text: markup(fitted(part, maxText)) })),
  };
}

const mostSpoken = 4_000;

/** A question, and the one button that answers it with yes. */
export function asks(text: string, button: Omit<Button, 'type'>): Reply {
  return {
    text,
    blocks: [
      { type: 'section', text: markup(text) },
      { type: 'actions', elements: [{ type: 'button', ...button }] },
    ],
  };
}
