import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { slackGuard } from '../../src/http/slack-guard.ts';
import { SlackChannel } from '../../src/slack/client/channel.ts';
import { slackClient } from '../../src/slack/client/web-api.ts';
import { createSlackApp, type SlackApp } from '../../src/slack/listeners/app.ts';
import { changeShown } from '../../src/workflow/ports/cards.ts';
import type { Limits } from '../../src/workflow/ports/limits.ts';
import { InMemoryCharts } from '../support/in-memory-charts.ts';
import { InMemoryLimits } from '../support/in-memory-limits.ts';
import { signedHeaders } from '../support/signed-request.ts';
import type { Sent } from '../support/slack-reading.ts';
import { type SlackCall, StubSlack } from '../support/stub-slack.ts';
import type { House } from '../workflow/house.ts';

const signingSecret = 'the secret of the door';
const botId = 'B01BOT';
const botUser = 'U01BOT';

const reply = z.object({
  text: z.string(),
  blocks: z.array(z.unknown()).default([]),
  response_type: z.literal('ephemeral'),
});

interface Where {
  readonly user?: string;
  readonly team?: string;
  readonly channel?: string;
}

interface Click extends Where {
  readonly action: string;
  readonly value: unknown;
  /** The bot that wrote the message. */
  readonly author?: string;
}

/** Slack's way into the bot and out of it: signed requests as Slack posts them, and the calls of its Web API. */
export class Door {
  readonly slack = new StubSlack();
  readonly house: House;
  readonly #limits: Limits;
  readonly #perMinute: number;
  #app: SlackApp | undefined;
  #server: Server | undefined;
  #url = '';

  constructor(
    house: House,
    { perMinute = 0, limits = new InMemoryLimits(() => house.now()) }: { perMinute?: number; limits?: Limits } = {},
  ) {
    this.house = house;
    this.#perMinute = perMinute;
    this.#limits = limits;
  }

  async open({ summaryAfterMs = 60_000 } = {}): Promise<this> {
    await this.slack.start();
    this.slack.answer('auth.test', {
      body: { ok: true, user: 'shiftbot', url: 'https://sandbox.slack.com/', user_id: botUser, bot_id: botId },
    });
    const { desk, cards, log } = this.house;
    const options = { botToken: 'xoxb-test', signingSecret, apiUrl: this.slack.apiUrl };
    const allowance = { perMinute: this.#perMinute };
    this.#app = createSlackApp(
      options,
      (botName) => ({ desk, cards, botName, isLate: () => false, limits: this.#limits, allowance, summaryAfterMs }),
      log,
    );
    await this.#app.start();
    const listener = this.#app.requestListener;
    if (listener === undefined) throw new Error('the app takes no requests');
    this.#server = createServer(slackGuard({ signingSecret, log }, listener));
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    this.#url = `http://127.0.0.1:${port}/slack/events`;
    return this;
  }

  /** Resolves when the listeners of all that was delivered have ended. Without Socket Mode, the app waits for them and does nothing else. */
  async idle(): Promise<void> {
    await this.#app?.stop();
  }

  async close(): Promise<void> {
    await this.idle();
    await new Promise<void>((resolve) =>
      this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
    );
    await this.slack.stop();
  }

  /** Types a slash command. Undefined where nothing is said to it. */
  async command(
    text: string,
    { user = 'U01ALICE', team = 'T01TEAM', channel = 'C01CHANNEL' }: Where = {},
  ): Promise<Sent | undefined> {
    const fields = {
      command: '/shift',
      text,
      user_id: user,
      team_id: team,
      channel_id: channel,
      trigger_id: randomUUID(),
    };
    const { status, body } = await this.post(
      'application/x-www-form-urlencoded',
      new URLSearchParams(fields).toString(),
    );
    await this.house.settled();
    if (status !== 200) throw new Error(`answered ${status} to ${text}`);
    return body === '' ? undefined : reply.parse(JSON.parse(body));
  }

  /** The same, and there must be an answer. */
  async answered(text: string, where: Where = {}): Promise<Sent> {
    const answer = await this.command(text, where);
    if (answer === undefined) throw new Error(`nothing was said to ${text}`);
    return answer;
  }

  /** Presses a button; what the person hears is a message of its own. Undefined where nothing was said. */
  async click(click: Click): Promise<Sent | undefined> {
    const before = this.told().length;
    const status = await this.payload(this.clickPayload(click));
    if (status !== 200) throw new Error(`answered ${status} to a click`);
    for (let tries = 0; tries < 200 && this.told().length === before; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await this.house.settled();
    return this.told()[before];
  }

  clickPayload({
    action,
    value,
    author = botId,
    user = 'U01ALICE',
    team = 'T01TEAM',
    channel = 'C01CHANNEL',
  }: Click): object {
    return {
      type: 'block_actions',
      user: { id: user, team_id: team },
      team: { id: team },
      api_app_id: 'A1',
      token: 'x',
      trigger_id: randomUUID(),
      channel: { id: channel, name: 'x' },
      container: { type: 'message', message_ts: '1.1', channel_id: channel },
      message: { type: 'message', ts: '1.1', bot_id: author, text: '' },
      actions: [
        {
          type: 'button',
          action_id: action,
          block_id: 'b',
          value,
          action_ts: randomUUID(),
          text: { type: 'plain_text', text: 'x' },
        },
      ],
    };
  }

  /** A payload of an interaction, whatever it holds. Answers the status. */
  async payload(payload: unknown): Promise<number> {
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    return (await this.post('application/x-www-form-urlencoded', body)).status;
  }

  /** What Slack signed, whatever it is. */
  async post(type: string, body: string): Promise<{ readonly status: number; readonly body: string }> {
    const headers = { ...signedHeaders(signingSecret, body), 'content-type': type };
    const response = await fetch(this.#url, { method: 'POST', headers, body });
    return { status: response.status, body: await response.text() };
  }

  /** What single people were told. */
  told(): readonly Sent[] {
    return this.slack.callsOf('chat.postEphemeral').map(sentIn);
  }

  /** The cards of all changes, as they go to Slack. */
  async cards(): Promise<readonly SlackCall[]> {
    const channel = new SlackChannel(
      slackClient({ botToken: 'xoxb-test', apiUrl: this.slack.apiUrl }, this.house.log),
      new InMemoryCharts(),
      this.house.log,
    );
    for (const change of this.house.changes.all) {
      await channel.post(changeShown(change), () => true);
      await channel.update({ channel: change.origin.channel, ts: '1.1' }, changeShown(change));
    }
    return [...this.slack.callsOf('chat.postMessage'), ...this.slack.callsOf('chat.update')];
  }
}

/** A call as the message that it sends. */
export function sentIn({ arguments: fields }: SlackCall): Sent {
  const blocks: unknown = JSON.parse(fields['blocks'] ?? '[]');
  return { text: fields['text'] ?? '', blocks: z.array(z.unknown()).parse(blocks) };
}
