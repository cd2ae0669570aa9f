import { z } from 'zod';
import { type ChangeId, isChangeId } from '../../src/domain/routing/names.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { requestId } from '../../src/workflow/desk.ts';
import type { SlackMessage } from '../support/slack-client.ts';

const message = z.looseObject({
  ts: z.string(),
  channel: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  blocks: z.array(z.unknown()).default([]),
  subtype: z.string().optional(),
  ephemeral_to: z.string().optional(),
});
const log = z.object({ kind: z.string(), detail: z.unknown() });
const frame = z.discriminatedUnion('t', [
  z.object({ t: z.literal('message'), message }),
  z.object({ t: z.literal('message_update'), message }),
  z.object({ t: z.literal('message_delete'), channel: z.string(), ts: z.string() }),
  z.object({ t: z.literal('log'), entry: log }),
]);
type Frame = z.infer<typeof frame>;

const slash = z.object({ text: z.string(), trigger_id: z.string() });
const click = z.object({
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }),
  container: z.object({ message_ts: z.string() }),
  actions: z.tuple([z.object({ action_id: z.string(), action_ts: z.string() })]),
});
const ack = z.object({ text: z.string() });

/** An ephemeral message to one person. */
export interface Told {
  /** The answer to a slash command is its acknowledgement. Other answers come over the Web API. */
  readonly by: 'ack' | 'web';
  readonly user: string;
  readonly channel: string;
  readonly text: string;
}

/** Records what Slack delivers to the bot, what the bot answers, and what the channels contain. */
export class SlackRecorder {
  readonly #socket: WebSocket;
  readonly #messages = new Map<string, SlackMessage>();
  readonly #commands = new Map<string, ChangeId>();
  readonly #clicks = new Map<string, ChangeId>();
  readonly told: Told[] = [];
  #lastAck: string | undefined;
  #closed = false;
  #failure: unknown;

  private constructor(url: string) {
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ui`);
    this.#socket.addEventListener('message', ({ data }) => this.#hear(String(data)));
    this.#socket.addEventListener('close', () => {
      if (!this.#closed) this.#failure ??= new Error('the local Slack closed the socket of the recorder');
    });
  }

  static async start(url: string): Promise<SlackRecorder> {
    const recorder = new SlackRecorder(url);
    await new Promise<void>((resolve, reject) => {
      recorder.#socket.addEventListener('open', () => resolve());
      recorder.#socket.addEventListener('error', () => reject(new Error('the local Slack does not answer')));
    });
    return recorder;
  }

  /** All messages in the channels now, ephemeral ones included, oldest first. */
  get messages(): readonly SlackMessage[] {
    if (this.#failure !== undefined) throw this.#failure;
    return [...this.#messages.values()];
  }

  /** The id of a command's change, if the command was delivered. */
  commandId(token: string): ChangeId | undefined {
    return this.#commands.get(token);
  }

  /** The id of the change that this click asks for, if it makes one. */
  clickId(user: string, { channel, ts }: Pick<SlackMessage, 'channel' | 'ts'>, actionId: string): ChangeId | undefined {
    return this.#clicks.get([user, channel, ts, actionId].join());
  }

  stop(): void {
    this.#closed = true;
    this.#socket.close();
  }

  #hear(text: string): void {
    try {
      const { success, data } = frame.safeParse(JSON.parse(text));
      if (success) this.#take(data);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  #take(heard: Frame): void {
    switch (heard.t) {
      case 'log':
        this.#takeLog(heard.entry);
        return;
      case 'message':
        this.#takeTold(heard.message);
        this.#messages.set(keyOf(heard.message), heard.message);
        return;
      case 'message_update':
        this.#messages.set(keyOf(heard.message), heard.message);
        return;
      case 'message_delete':
        this.#messages.delete(keyOf(heard));
    }
  }

  #takeLog({ kind, detail }: z.infer<typeof log>): void {
    this.#lastAck = kind === 'ack' ? ack.safeParse(detail).data?.text : undefined;
    if (kind === 'slash_commands') {
      const { text, trigger_id } = slash.parse(detail);
      const token = tokenIn(text);
      if (token !== undefined) this.#commands.set(token, requestId(`command:${workspace.teamId}:${trigger_id}`));
    }
    if (kind === 'interactive') {
      const { user, channel, container, actions } = click.parse(detail);
      const [{ action_id, action_ts }] = actions;
      const id = requestId(`click:${workspace.teamId}:${channel.id}:${container.message_ts}:${action_id}:${action_ts}`);
      this.#clicks.set([user.id, channel.id, container.message_ts, action_id].join(), id);
    }
  }

  #takeTold({ ephemeral_to: user, channel, text }: z.infer<typeof message>): void {
    if (user === undefined) return;
    this.told.push({ by: text === this.#lastAck ? 'ack' : 'web', user, channel, text });
    this.#lastAck = undefined;
  }
}

/** `t-000123`, which every command has in its reason. */
function tokenIn(text: string): string | undefined {
  return /\bt-\d{6}\b/.exec(text)?.[0];
}

const blocks = z.array(z.looseObject({ type: z.string(), block_id: z.string().optional() }));

/** The change that a card is about. */
export function cardOf(value: readonly unknown[]): ChangeId | undefined {
  const id = headerOf(value);
  return id !== undefined && isChangeId(id) ? id : undefined;
}

/** What a message names as that which it is about. */
export function headerOf(value: readonly unknown[]): string | undefined {
  return blocks.safeParse(value).data?.find(({ type }) => type === 'header')?.block_id;
}

function keyOf({ channel, ts }: { readonly channel: string; readonly ts: string }): string {
  return `${channel}/${ts}`;
}
