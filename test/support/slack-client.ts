import { z } from 'zod';
import { workspace } from '../../src/sandbox/local-slack.ts';

export type Person = keyof typeof workspace.users;

/** A message in the channel, also an ephemeral one. */
export type SlackMessage = z.infer<typeof messageSchema>;

export interface SlackButton {
  readonly actionId: string | undefined;
  readonly blockId: string | undefined;
  readonly value: string | undefined;
  readonly text: string;
  readonly style: string | undefined;
}

/** What is sent when a button is pressed. Tests change it to press buttons that no card shows. */
export interface RawClick {
  readonly channel: string;
  readonly messageTs: string;
  readonly action: { readonly action_id: string; readonly block_id?: string; readonly value?: string };
}

export interface Elsewhere {
  readonly channel?: string;
}

const messageSchema = z.object({
  ts: z.string(),
  channel: z.string(),
  user: z.string().optional(),
  text: z.string().optional().default(''),
  blocks: z.array(z.unknown()).optional().default([]),
  thread_ts: z.string().optional(),
  subtype: z.string().optional(),
  ephemeral_to: z.string().optional(),
  edited: z.object({ user: z.string(), ts: z.string() }).optional(),
});
const messagesSchema = z.object({ messages: z.array(messageSchema) });
const logSchema = z.object({
  log: z.array(
    z.object({
      id: z.string(),
      time: z.number(),
      direction: z.enum(['to_bot', 'from_bot', 'internal']),
      kind: z.string(),
      summary: z.string(),
      detail: z.unknown().optional(),
    }),
  ),
});
const postedSchema = z.object({ message: messageSchema });

const appState = z.object({ appId: z.string(), connected: z.boolean() });
const frameSchema = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('init'),
    state: z.object({ apps: z.array(appState), messages: z.record(z.string(), z.array(messageSchema)) }),
  }),
  z.object({ t: z.literal('message'), message: messageSchema }),
  z.object({ t: z.literal('message_update'), message: messageSchema }),
  z.object({ t: z.literal('message_delete'), channel: z.string(), ts: z.string() }),
  appState.extend({ t: z.literal('socket_status') }),
  z.object({ t: z.literal('view'), stack: z.array(z.looseObject({ callback_id: z.string() })) }),
]);
type Frame = z.infer<typeof frameSchema>;

const buttonSchema = z.object({
  type: z.literal('button'),
  action_id: z.string().optional(),
  value: z.string().optional(),
  style: z.string().optional(),
  text: z.object({ text: z.string() }),
});
const blockSchema = z.object({
  block_id: z.string().optional(),
  accessory: z.unknown().optional(),
  elements: z.array(z.unknown()).optional().default([]),
});

const defaultTimeoutMs = 20_000;

/** The people of the local Slack, and what they see. */
export class SlackClient {
  readonly #url: string;

  constructor({ url }: { readonly url: string }) {
    this.#url = url;
  }

  /** Types a slash command. Resolves when the bot has acked, or after five seconds without an ack. */
  async command(
    user: Person,
    text: string,
    { channel = workspace.channels.reviews.id, command = '/shift' }: Elsewhere & { readonly command?: string } = {},
  ): Promise<void> {
    await this.#post('command', { channel, user: workspace.users[user].id, command, text });
  }

  /** Mentions the bot in a message: `<@bot> text`. */
  async mention(user: Person, text: string, options: Elsewhere & { thread_ts?: string } = {}): Promise<SlackMessage> {
    const mention = `<@${workspace.bot.id}>`;
    return this.say(user, text.includes(mention) ? text : `${mention} ${text}`, options);
  }

  async say(
    user: Person,
    text: string,
    { channel = workspace.channels.reviews.id, thread_ts }: Elsewhere & { thread_ts?: string } = {},
  ): Promise<SlackMessage> {
    const body = { channel, user: workspace.users[user].id, text, thread_ts };
    return postedSchema.parse(await this.#post('message', body)).message;
  }

  /** Presses a button of a message: the one with this action id, or whose text starts like this. */
  async click(user: Person, message: SlackMessage, button: string): Promise<void> {
    const found = buttonOf(message, button);
    await this.#post('interact', {
      channel: message.channel,
      messageTs: message.ts,
      user: workspace.users[user].id,
      action: {
        type: 'button',
        action_id: found.actionId,
        block_id: found.blockId,
        value: found.value,
        text: { type: 'plain_text', text: found.text },
      },
    });
  }

  /** Presses the given button, even if no message has it. */
  async clickRaw(user: Person, { channel, messageTs, action }: RawClick): Promise<void> {
    await this.#post('interact', {
      channel,
      messageTs,
      user: workspace.users[user].id,
      action: { type: 'button', ...action },
    });
  }

  /** Presses a button that opens a dialog, types a text into it and submits it. */
  async clickAndSubmit(user: Person, message: SlackMessage, { button, text }: Dialog): Promise<void> {
    const values = { reason: { reason: { type: 'plain_text_input', value: text } } };
    let submitted = false;
    await this.#watch({
      timeoutMs: defaultTimeoutMs,
      look: (frame, send) => {
        if (frame.t === 'init') void this.click(user, message, button);
        if (frame.t !== 'view') return false;
        if (frame.stack.length === 0) return submitted;
        submitted = true;
        send({ t: 'view_submit', user: workspace.users[user].id, values });
        return false;
      },
      late: () => `waited ${defaultTimeoutMs} ms for a dialog to open and close`,
    });
  }

  /** The messages of the channel, oldest first. */
  async messages(channel: string = workspace.channels.reviews.id): Promise<SlackMessage[]> {
    return messagesSchema.parse(await this.#get(`messages/${channel}`)).messages;
  }

  /** What the bot received and sent, oldest first; the last thousand entries. */
  async log(): Promise<z.infer<typeof logSchema>['log']> {
    return logSchema.parse(await this.#get('log')).log;
  }

  /** Empties the channels and the log. The bot stays connected. */
  async reset(): Promise<void> {
    await this.#post('reset', {});
  }

  /**
   * Resolves with the result of `find` on the channel's messages, once that is neither undefined nor false. Rejects after the time limit,
   * with what the test waited for and what the channel has instead.
   */
  async waitFor<T>(
    description: string,
    find: (messages: readonly SlackMessage[]) => T | undefined | false,
    {
      channel = workspace.channels.reviews.id,
      timeoutMs = defaultTimeoutMs,
    }: Elsewhere & { readonly timeoutMs?: number } = {},
  ): Promise<T> {
    let messages: readonly SlackMessage[] = [];
    return this.#watch({
      timeoutMs,
      look: (frame) => {
        messages = messagesAfter(messages, frame, channel);
        return find(messages);
      },
      late: () => `waited ${timeoutMs} ms for ${description}; the channel holds:\n${listOf(messages)}`,
    });
  }

  /**
   * Asks in another channel until there is an answer, as somebody who is told to type it again. On a busy machine the first command of a
   * new process may take longer than a person waits, and what a test types is not to be that command.
   */
  async waitForAnswer(): Promise<void> {
    const channel = workspace.channels.general.id;
    for (let isLate = true; isLate; ) {
      const before = (await this.messages(channel)).length;
      await this.command('carol', 'reviews v3 1 --dry-run', { channel });
      const [answer] = await this.waitFor('an answer', (all) => all.length > before && all.slice(before), { channel });
      isLate = answer?.text.includes('did not answer in time') === true;
    }
  }

  /** Commands typed while the bot has no socket are lost, so wait for it first. Socket Mode only. */
  async waitForBot({ timeoutMs = defaultTimeoutMs } = {}): Promise<void> {
    await this.#watch({
      timeoutMs,
      look: (frame) => {
        if (frame.t === 'init') return frame.state.apps.some(({ connected }) => connected);
        return frame.t === 'socket_status' && frame.connected;
      },
      late: () => `waited ${timeoutMs} ms for the bot to connect to ${this.#url}`,
    });
  }

  /** Reads the frames that the web page would get. The first one has the state so far. */
  async #watch<T>({ timeoutMs, look, late }: Watch<T>): Promise<T> {
    const socket = new WebSocket(`${this.#url.replace(/^http/, 'ws')}/ui`);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer = setTimeout(() => reject(new Error(late())), timeoutMs);
    socket.addEventListener('error', () => reject(new Error(`the local Slack at ${this.#url} does not answer`)));
    socket.addEventListener('close', () => reject(new Error(`the local Slack at ${this.#url} went away`)));
    socket.addEventListener('message', ({ data }) => {
      try {
        const frame = frameOf(String(data));
        const found = frame && look(frame, (answer) => socket.send(JSON.stringify(answer)));
        if (found !== undefined && found !== false) resolve(found);
      } catch (error) {
        reject(error);
      }
    });

    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      socket.close();
    }
  }

  async #get(path: string): Promise<unknown> {
    return answerOf(await fetch(`${this.#url}/_control/${path}`));
  }

  async #post(path: string, body: object): Promise<unknown> {
    return answerOf(
      await fetch(`${this.#url}/_control/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  }
}

interface Dialog {
  readonly button: string;
  readonly text: string;
}

interface Watch<T> {
  readonly timeoutMs: number;
  look(frame: Frame, send: (answer: object) => void): T | undefined | false;
  late(): string;
}

export function buttonsOf(message: SlackMessage): SlackButton[] {
  return message.blocks.flatMap((block) => {
    const { block_id, accessory, elements } = blockSchema.parse(block);
    return [...elements, accessory].flatMap((element) => {
      const { success, data: button } = buttonSchema.safeParse(element);
      if (!success) return [];
      return [
        {
          actionId: button.action_id,
          blockId: block_id,
          value: button.value,
          text: button.text.text,
          style: button.style,
        },
      ];
    });
  });
}

/** Every text that a reader sees or a screen reader speaks, one a line. */
export function textOf(message: SlackMessage): string {
  return [message.text, ...textsIn(message.blocks)].join('\n');
}

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'text' && typeof inner === 'string' ? [inner] : textsIn(inner),
  );
}

function buttonOf(message: SlackMessage, wanted: string): SlackButton {
  const buttons = buttonsOf(message);
  const found = buttons.find(({ actionId, text }) => actionId === wanted || text.startsWith(wanted));
  if (found !== undefined) return found;

  const offered = buttons.map(({ text, actionId }) => `"${text}" (${actionId})`).join(', ') || 'none';
  throw new Error(`no button ${wanted} on "${message.text}"; its buttons: ${offered}`);
}

function messagesAfter(messages: readonly SlackMessage[], frame: Frame, channel: string): readonly SlackMessage[] {
  switch (frame.t) {
    case 'init':
      return frame.state.messages[channel] ?? [];
    case 'message':
      return frame.message.channel === channel ? [...messages, frame.message] : messages;
    case 'message_update':
      return messages.map((message) =>
        message.channel === frame.message.channel && message.ts === frame.message.ts ? frame.message : message,
      );
    case 'message_delete':
      return messages.filter((message) => message.channel !== frame.channel || message.ts !== frame.ts);
    case 'socket_status':
    case 'view':
      return messages;
  }
}

const known = new Set<unknown>(frameSchema.options.map((option) => option.shape.t.value));

/** The frame, unless only the web page needs it. */
function frameOf(text: string): Frame | undefined {
  const frame: unknown = JSON.parse(text);
  const { t } = z.object({ t: z.string() }).parse(frame);
  return known.has(t) ? frameSchema.parse(frame) : undefined;
}

function listOf(messages: readonly SlackMessage[]): string {
  if (messages.length === 0) return '  (nothing)';
  return messages
    .slice(-10)
    .map(({ user, text, ephemeral_to }) => `  ${user}${ephemeral_to ? ` to ${ephemeral_to} only` : ''}: ${text}`)
    .join('\n');
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`the local Slack answered ${response.status} to ${response.url}: ${text}`);
  return JSON.parse(text);
}
