import { expect, it, onTestFinished } from 'vitest';
import { startLocalSlack, workspace } from '../../src/sandbox/local-slack.ts';
import { SlackChannel } from '../../src/slack/client/channel.ts';
import { slackClient } from '../../src/slack/client/web-api.ts';
import { rampShown } from '../../src/workflow/ports/cards.ts';
import { InMemoryCharts } from '../support/in-memory-charts.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { aRampTo, counted, guardsAfter } from '../support/ramp-builders.ts';

it('the card of a ramp goes without its chart to the local Slack, which knows no charts', async () => {
  const slack = await startLocalSlack({ port: 0 });
  onTestFinished(() => slack.stop());
  const { teamId: team, channels } = workspace;
  const [log, charts] = [new InMemoryLog(), new InMemoryCharts()];
  const client = slackClient({ botToken: slack.credentials.botToken, apiUrl: slack.apiUrl }, log);
  const channel = new SlackChannel(client, charts, log);
  const origin = { team, channel: channels.reviews.id };
  const guards = guardsAfter([counted([1, 100], [9, 900]), counted([4, 80], [0, 900])]);
  const shown = rampShown({ ramp: aRampTo({ origin, guards }), change: undefined });

  const placed = await channel.post(shown, () => true);
  await channel.update(placed, shown);

  expect(await charts.areRefused(team)).toBe(true);
  const { messages = [] } = await client.conversations.history({ channel: origin.channel });
  expect(messages.map(({ blocks = [] }) => blocks.map(({ type }) => type))).toEqual([
    ['header', 'section', 'section', 'section', 'context', 'section', 'actions'],
  ]);
});
