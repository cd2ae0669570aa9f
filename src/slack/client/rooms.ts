import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { ChatError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import type { Rooms } from '../../workflow/ports/rooms.ts';
import { Remembered } from './remembered.ts';
import { soon } from './soon.ts';
import { call } from './web-api.ts';

const keepMs = 60_000;
/** Somebody who was told to invite the bot does so and types again. */
const keepClosedMs = 3_000;

const info = z.object({
  channel: z.object({
    is_im: z.boolean().default(false),
    is_mpim: z.boolean().default(false),
    is_private: z.boolean().default(false),
    is_archived: z.boolean().default(false),
    is_member: z.boolean().optional(),
  }),
  response_metadata: z.object({ scopes: z.array(z.string()).default([]) }).default({ scopes: [] }),
});

/** Slack's answers for a channel that the bot is not in and may not look into. */
const closed: ReadonlySet<string> = new Set(['channel_not_found', 'not_in_channel', 'is_archived']);

/** Direct messages are known by their id; about channels and direct messages of several people Slack is asked (`conversations.info`), if the app may. */
export class SlackRooms implements Rooms {
  readonly forCards: string | undefined;
  readonly #client: WebClient;
  readonly #log: Log;
  readonly #rooms: Remembered<boolean | undefined>;

  constructor(
    client: WebClient,
    { forCards, log, now = () => performance.now() }: { forCards?: string | undefined; log: Log; now?: () => number },
  ) {
    this.#client = client;
    this.#log = log;
    this.#rooms = new Remembered(now);
    this.forCards = forCards;
  }

  async takesCards(channel: string): Promise<boolean | undefined> {
    if (channel.startsWith('D')) return false;
    const answer = this.#rooms.get(
      channel,
      () => this.#ask(channel),
      (takes) => (takes === false ? keepClosedMs : keepMs),
    );
    return soon(answer, undefined);
  }

  async #ask(channel: string): Promise<boolean | undefined> {
    try {
      const { channel: room, response_metadata } = info.parse(
        await call(() => this.#client.conversations.info({ channel })),
      );
      if (room.is_im || room.is_mpim || room.is_archived) return false;
      return room.is_member === false && !room.is_private && response_metadata.scopes.includes('chat:write.public')
        ? true
        : room.is_member;
    } catch (err) {
      if (err instanceof ChatError && closed.has(err.code)) return false;
      if (!(err instanceof ChatError) || err.code !== 'missing_scope')
        this.#log.warn({ err, channel }, 'Slack does not tell whether a card can stand in a channel');
      return undefined;
    }
  }
}
