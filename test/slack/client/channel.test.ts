import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackChannel } from '../../../src/slack/client/channel.ts';
import { slackClient } from '../../../src/slack/client/web-api.ts';
import { ChatError } from '../../../src/workflow/errors.ts';
import { changeShown } from '../../../src/workflow/ports/cards.ts';
import { change } from '../../support/builders.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';
import { StubSlack } from '../../support/stub-slack.ts';

describe('cards in Slack', () => {
  let slack: StubSlack;
  let channel: SlackChannel;

  beforeEach(async () => {
    slack = new StubSlack();
    await slack.start();
    const log = new InMemoryLog();
    channel = new SlackChannel(slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, log), log);
  });
  afterEach(() => slack.stop());

  function refused(error: string) {
    return { body: { ok: false, error } };
  }

  it('are posted where the command came from, in its thread, with nothing unfurled', async () => {
    const asked = change({ origin: { team: 'T1', channel: 'C1', thread: '5.0' } });

    const placed = await channel.post(changeShown(asked), () => true);

    expect(placed).toEqual({ channel: 'C1', ts: '1.0' });
    expect(slack.callsOf('chat.postMessage')[0]?.arguments).toMatchObject({
      channel: 'C1',
      thread_ts: '5.0',
      unfurl_links: 'false',
      unfurl_media: 'false',
    });
  });

  it.each(['not_in_channel', 'channel_not_found', 'is_archived', 'restricted_action'])(
    'go to the asker, with the reason, where Slack answers %s',
    async (error) => {
      slack.answer('chat.postMessage', refused(error), { body: { ok: true, channel: 'D1', ts: '2.0' } });

      const placed = await channel.post(
        changeShown(change({ by: 'U01ALICE', origin: { team: 'T1', channel: 'C1' } })),
        () => true,
      );

      const [first, second, third] = slack.callsOf('chat.postMessage');
      expect(placed).toEqual({ channel: 'D1', ts: '2.0' });
      expect([first?.arguments['channel'], second?.arguments['channel'], third?.arguments['channel']]).toEqual([
        'C1',
        'U01ALICE',
        'D1',
      ]);
      expect(third?.arguments['text']).toContain('I am not in <#C1>');
    },
  );

  it.each`
    answer                                              | outcome      | code
    ${{ status: 429, headers: { 'retry-after': '7' } }} | ${'later'}   | ${'ratelimited'}
    ${{ body: { ok: false, error: 'msg_too_long' } }}   | ${'never'}   | ${'msg_too_long'}
    ${{ body: { ok: false, error: 'internal_error' } }} | ${'unknown'} | ${'internal_error'}
    ${{ status: 503 }}                                  | ${'unknown'} | ${'http_503'}
    ${'reset'}                                          | ${'unknown'} | ${'no_answer'}
  `('are not sent twice when Slack answers $answer, but told as $outcome', async ({ answer, outcome, code }) => {
    slack.answer('chat.postMessage', answer);

    const error = await channel.post(changeShown(change()), () => true).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ChatError);
    expect(error).toMatchObject({ outcome, code });
    expect(slack.callsOf('chat.postMessage')).toHaveLength(1);
  });

  it('say how long Slack asked to wait', async () => {
    slack.answer('chat.update', { status: 429, headers: { 'retry-after': '7' } });

    await expect(channel.update({ channel: 'C1', ts: '1.0' }, changeShown(change()))).rejects.toMatchObject({
      retryAfterMs: 7_000,
    });
  });

  it('are found by the id in their header', async () => {
    const messages = [
      { ts: '8.0', blocks: [{ block_id: 'other' }] },
      { ts: '9.0', blocks: [{ block_id: 'c-00000001' }] },
      { ts: '10.0' },
    ];
    slack.answer('conversations.history', { body: { ok: true, messages } });

    expect(await channel.look(changeShown(change({ origin: { team: 'T1', channel: 'C1' } })))).toEqual({
      channel: 'C1',
      ts: '9.0',
    });
  });

  it('are taken as not posted where the bot may not read the channel', async () => {
    slack.answer('conversations.history', refused('missing_scope'));

    expect(await channel.look(changeShown(change()))).toBeUndefined();
  });
});
