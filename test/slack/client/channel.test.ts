import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackChannel } from '../../../src/slack/client/channel.ts';
import { slackClient } from '../../../src/slack/client/web-api.ts';
import { ChatError, StoreUnavailableError } from '../../../src/workflow/errors.ts';
import { changeShown, rampShown } from '../../../src/workflow/ports/cards.ts';
import { change } from '../../support/builders.ts';
import { InMemoryCharts } from '../../support/in-memory-charts.ts';
import { InMemoryLog } from '../../support/in-memory-log.ts';
import { aRampTo, counted, guardsAfter } from '../../support/ramp-builders.ts';
import { StubSlack } from '../../support/stub-slack.ts';

describe('cards in Slack', () => {
  let slack: StubSlack;
  let channel: SlackChannel;
  let charts: InMemoryCharts;
  let log: InMemoryLog;

  beforeEach(async () => {
    slack = new StubSlack();
    await slack.start();
    log = new InMemoryLog();
    charts = new InMemoryCharts();
    channel = new SlackChannel(slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, log), charts, log);
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

  describe('with a chart', () => {
    const at = { channel: 'C1', ts: '1.0' };
    const measured = rampShown({
      ramp: aRampTo({ guards: guardsAfter([counted([1, 100], [9, 900]), counted([4, 80], [0, 900])]) }),
      change: undefined,
    });
    const sentWithChart = (method: string) =>
      slack.callsOf(method).map((each) => (each.arguments['blocks'] ?? '').includes('data_visualization'));

    it('go without it where Slack refuses its block, and from then on at once, in every process', async () => {
      slack.answer('chat.update', refused('invalid_blocks'));
      await channel.update(at, measured);
      const later = new SlackChannel(slackClient({ botToken: 'xoxb-test', apiUrl: slack.apiUrl }, log), charts, log);
      await later.update(at, measured);

      expect(sentWithChart('chat.update')).toEqual([true, false, false]);
      expect(await charts.areRefused('T1')).toBe(true);
      expect(log.lines).toEqual([
        expect.objectContaining({
          level: 'warn',
          message: 'the workspace takes no charts, cards go without for some days',
          fields: { team: 'T1', err: expect.objectContaining({ code: 'invalid_blocks' }) },
        }),
      ]);
    });

    it('are posted once where Slack refuses the chart', async () => {
      slack.answer('chat.postMessage', refused('invalid_blocks'));

      expect(await channel.post(measured, () => true)).toEqual({ channel: 'C1', ts: '2.0' });
      expect(sentWithChart('chat.postMessage')).toEqual([true, false]);
    });

    it('keep it where Slack takes it', async () => {
      await channel.update(at, measured);
      await channel.update(at, measured);

      expect(sentWithChart('chat.update')).toEqual([true, true]);
    });

    it('blame no chart for what else Slack refuses', async () => {
      slack.answer('chat.update', refused('invalid_blocks'), refused('invalid_blocks'));
      await expect(channel.update(at, measured)).rejects.toMatchObject({ outcome: 'never', code: 'invalid_blocks' });
      slack.answer('chat.update', refused('msg_too_long'));
      await expect(channel.update(at, measured)).rejects.toMatchObject({ code: 'msg_too_long' });

      expect(await charts.areRefused('T1')).toBe(false);
      expect(slack.callsOf('chat.update')).toHaveLength(3);
    });

    it('go without it while the store does not say whether Slack takes it', async () => {
      charts.areRefused = async () => {
        throw new StoreUnavailableError('Redis is away');
      };
      await channel.update(at, measured);

      expect(sentWithChart('chat.update')).toEqual([false]);
    });
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
