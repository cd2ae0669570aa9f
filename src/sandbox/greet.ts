import { WebClient } from '@slack/web-api';
import { actions } from '../slack/actions.ts';
import { readAsWritten } from '../slack/mrkdwn.ts';
import { type LocalSlack, workspace } from './local-slack.ts';

const words = `*Welcome to the sandbox.* I move traffic between the versions of a service, from a channel like this one. Bookinfo runs here, with real requests, in a small world of its own; nothing leaves this machine, and nothing you do can break more than that.

Type \`/shift reviews v3 50\`, or take the tour.`;

/** Says in the channel what there is to do, where nobody has said anything yet. */
export async function greet({ apiUrl, credentials }: Pick<LocalSlack, 'apiUrl' | 'credentials'>): Promise<void> {
  const client = new WebClient(credentials.botToken, { slackApiUrl: apiUrl });
  const channel = workspace.channels.reviews.id;
  const { messages = [] } = await client.conversations.history({ channel, limit: 1 });
  if (messages.length > 0) return;
  await client.chat.postMessage({
    channel,
    text: words,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: words } },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: actions.tour,
            value: '1',
            style: 'primary',
            text: { type: 'plain_text', text: 'Take the tour' },
          },
        ],
      },
    ],
    ...readAsWritten,
  });
}
