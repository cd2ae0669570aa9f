import { WebClient } from '@slack/web-api';
import { actions } from '../slack/words/button.ts';
import { code, readAsWritten } from '../slack/words/mrkdwn.ts';
import type { GivenCluster } from './given-cluster.ts';
import { type LocalSlack, workspace } from './local-slack.ts';

const onThisMachine = 'Everything runs on this machine, so try what you like: you cannot break anything else.';

function words(cluster: GivenCluster | undefined): string {
  const where =
    cluster === undefined
      ? onThisMachine
      : `It follows the routing rules of your cluster ${code(cluster.context)}: what you shift, apply or delete here changes that cluster.`;
  return `*Welcome to the sandbox.* I move traffic between the versions of a service, from a channel like this one. The demo application Bookinfo runs here and answers real requests. ${where}

Type \`/shift reviews v3 50\`, or take the tour.`;
}

/** Posts a welcome to #reviews, with a button for the tour, if the channel has no messages yet. */
export async function greet(
  { apiUrl, credentials }: Pick<LocalSlack, 'apiUrl' | 'credentials'>,
  cluster?: GivenCluster,
): Promise<void> {
  const client = new WebClient(credentials.botToken, { slackApiUrl: apiUrl });
  const channel = workspace.channels.reviews.id;
  const { messages = [] } = await client.conversations.history({ channel, limit: 1 });
  if (messages.length > 0) return;
  const text = words(cluster);
  await client.chat.postMessage({
    channel,
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
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
