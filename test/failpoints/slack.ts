import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { eventsPath, slashCommand } from '../../src/slack/listeners/surface.ts';
import { signedHeaders } from '../support/signed-request.ts';
import type { SlackMessage } from '../support/slack-client.ts';

export const signingSecret = 'a signing secret for failpoints';

/** Slack tells the person that the app did not answer when it takes longer. */
const patienceMs = 3_000;

const blocks = z.array(z.unknown());
const ack = z.object({ text: z.string(), blocks: blocks.default([]) });

/** A delivery that was answered in time; where it was not, Slack says so to the person. */
export interface Acknowledged {
  /** What the person sees of it, and may click on. */
  readonly shows?: SlackMessage;
}

interface Typed {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly trigger: string;
}

/** Slack over HTTP, with a channel for each case: delivers to the process that a case names, and keeps what the channels hold. */
export class FailpointSlack {
  readonly #messages = new Map<string, SlackMessage[]>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #count = 0;

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get apiUrl(): string {
    const { port } = this.#server.address() as AddressInfo; // it listens on a port
    return `http://127.0.0.1:${port}/api/`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** All that stands in a channel, ephemeral words included. */
  messages(channel: string): readonly SlackMessage[] {
    return this.#messages.get(channel) ?? [];
  }

  /** What a person was told by the Web API, after so many messages of the channel. */
  told(channel: string, user: string, after: number): readonly string[] {
    return this.messages(channel)
      .slice(after)
      .filter(({ subtype, ephemeral_to }) => subtype === 'ephemeral' && ephemeral_to === user)
      .map(({ text }) => text);
  }

  /** A time that no other message or click has. */
  moment(): string {
    return this.#nextTs();
  }

  forget(channel: string): void {
    this.#messages.delete(channel);
  }

  /** Types a slash command; resolves with what it was acknowledged with. */
  async command(port: number, { channel, user, text, trigger }: Typed): Promise<Acknowledged | undefined> {
    const body = await this.#deliver(port, {
      command: slashCommand,
      text,
      team_id: workspace.teamId,
      channel_id: channel,
      user_id: user,
      trigger_id: trigger,
    });
    if (body === undefined) return undefined;
    return body === '' ? {} : { shows: { ...ack.parse(JSON.parse(body)), channel, ts: this.#nextTs() } };
  }

  /** Presses a button of a message; resolves with whether that was acknowledged. `at`: the same when Slack delivers it again. */
  async click(
    port: number,
    message: SlackMessage,
    action: { readonly action_id: string; readonly value: string },
    { user = workspace.users.alice.id, at = this.moment() }: { readonly user?: string; readonly at?: string } = {},
  ) {
    const { channel, ts } = message;
    const payload = {
      type: 'block_actions',
      team: { id: workspace.teamId },
      user: { id: user },
      channel: { id: channel },
      container: { type: 'message', message_ts: ts, channel_id: channel },
      message: { ts },
      actions: [{ type: 'button', block_id: 'b', action_ts: at, ...action }],
    };
    return (await this.#deliver(port, { payload: JSON.stringify(payload) })) !== undefined;
  }

  async #deliver(port: number, fields: Readonly<Record<string, string>>): Promise<string | undefined> {
    const body = new URLSearchParams(fields).toString();
    try {
      const response = await fetch(`http://127.0.0.1:${port}${eventsPath}`, {
        method: 'POST',
        headers: signedHeaders(signingSecret, body),
        body,
        signal: AbortSignal.timeout(patienceMs),
      });
      const text = await response.text();
      return response.ok ? text : undefined;
    } catch {
      return undefined; // killed, frozen or too slow: Slack says so to the person
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // a stream without an encoding gives buffers
    const method = (request.url ?? '').replace('/api/', '').split('?')[0] ?? '';
    const answer = this.#answer(method, Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #answer(method: string, fields: Readonly<Record<string, string>>): object {
    const { channel = '', text = '', ts = '', user } = fields;
    const content = { channel, text, blocks: blocks.parse(JSON.parse(fields['blocks'] ?? '[]')) };
    switch (method) {
      case 'auth.test':
        return {
          ok: true,
          team_id: workspace.teamId,
          user: workspace.bot.name,
          user_id: workspace.bot.id,
          bot_id: 'B0SHIFTBOT',
        };
      case 'users.info':
        return { ok: true, user: { id: user, team_id: workspace.teamId } };
      case 'chat.postMessage':
        return this.#post({ ...content, ts: this.#nextTs(), user: workspace.bot.id });
      case 'chat.postEphemeral':
        return this.#post({ ...content, ts: this.#nextTs(), subtype: 'ephemeral', ephemeral_to: user });
      case 'chat.update':
        return this.#update({ ...content, ts, user: workspace.bot.id });
      case 'chat.delete':
        return this.#delete(channel, ts);
      case 'conversations.history':
        return { ok: true, messages: this.messages(channel).toReversed() };
      case 'conversations.info':
        return { ok: true, channel: { is_member: true } };
      default:
        throw new Error(`the Slack of the failpoints has no ${method}`); // ends the run: the bot would be blamed for it
    }
  }

  #post(message: SlackMessage): object {
    this.#messages.set(message.channel, [...this.messages(message.channel), message]);
    return { ok: true, channel: message.channel, ts: message.ts };
  }

  #update(message: SlackMessage): object {
    const before = this.messages(message.channel);
    if (!before.some(({ ts }) => ts === message.ts)) return { ok: false, error: 'message_not_found' };
    this.#messages.set(
      message.channel,
      before.map((each) => (each.ts === message.ts ? message : each)),
    );
    return { ok: true, channel: message.channel, ts: message.ts };
  }

  #delete(channel: string, ts: string): object {
    const before = this.messages(channel);
    const left = before.filter((each) => each.ts !== ts);
    this.#messages.set(channel, left);
    return left.length < before.length ? { ok: true, channel, ts } : { ok: false, error: 'message_not_found' };
  }

  #nextTs(): string {
    this.#count += 1;
    return `${Math.floor(Date.now() / 1000)}.${String(this.#count).padStart(6, '0')}`;
  }
}
