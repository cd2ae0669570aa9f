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
