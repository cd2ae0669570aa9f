import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { ChatError } from '../../workflow/errors.ts';
import type { CardId, Chat, Placed, Shown } from '../../workflow/ports/cards.ts';
import type { Charts } from '../../workflow/ports/charts.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { card, disownedCard, type Message } from '../card/card.ts';
import { reminderText } from '../card/held-thread.ts';
import { rampCard } from '../card/ramp.ts';
import { threadText } from '../card/ramp-thread.ts';
import { readAsWritten } from '../words/mrkdwn.ts';
import { userOf } from '../words/person.ts';
import { ChartFallback } from './chart-fallback.ts';
import { Pace } from './pace.ts';
import { call } from './web-api.ts';

type Place = Omit<Placed, 'shownRev'>;

/** Slack's errors for a channel where people can type commands, but the bot may not write. */
const closedToUs: ReadonlySet<string> = new Set([
  'not_in_channel',
  'channel_not_found',
  'is_archived',
  'restricted_action',
]);

/** Slack lists the newest messages first. In a busy channel an older card is on a later page. */
const pageSize = 200;
const mostPages = 10;

const history = z.object({
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
  messages: z.array(
    z.looseObject({ ts: z.string(), blocks: z.array(z.looseObject({ block_id: z.string().optional() })).default([]) }),
  ),
});

interface Where {
  readonly channel: string;
  readonly thread: string | undefined;
}

/** Cards in Slack. */
export class SlackChannel implements Chat {
  readonly #client: WebClient;
  readonly #log: Log;
  readonly #pace = new Pace();
  readonly #fallback: ChartFallback;

  constructor(client: WebClient, charts: Charts, log: Log) {
    this.#client = client;
    this.#log = log;
    this.#fallback = new ChartFallback(charts, log);
  }

  turn(channel: string, unless: AbortSignal): Promise<boolean> {
    return this.#pace.turn(channel, unless);
  }

  /** From now on, a message that would have to wait is not sent. */
  close(): void {
    this.#pace.close();
  }

  async post(shown: Shown, mayPost: () => boolean): Promise<Place> {
    const { channel, thread } = shown.origin;
    try {
      return await this.#post({ channel, thread }, shown, mayPost);
    } catch (error) {
      if (!(error instanceof ChatError) || !closedToUs.has(error.code)) throw error;
      this.#log.warn(
        { changeId: shown.id, channel, code: error.code },
        'may not write in the channel of the command, writing to the asker instead',
      );
      return this.#postToAsker(shown, mayPost);
    }
  }

  async update({ channel, ts }: Place, shown: Shown): Promise<void> {
    await this.#fallback.send(shown.origin.team, messageOf(shown), (message) =>
      this.#send(channel, () => this.#client.chat.update({ channel, ts, ...message, ...readAsWritten })),
    );
  }

  async tell({ channel, ts }: Place, { of, origin }: Shown): Promise<void> {
    const text = 'change' in of ? threadText(of) : reminderText(of);
    const thread = channel === origin.channel ? origin.thread : undefined; // the card may be in direct messages
    await this.#send(channel, () =>
      this.#client.chat.postMessage({ channel, thread_ts: thread ?? ts, text, ...readAsWritten }),
    );
  }

  async disown({ channel, ts }: Place, id: CardId): Promise<void> {
    await this.#send(channel, () => this.#client.chat.update({ channel, ts, ...disownedCard(id), ...readAsWritten }));
  }

  async remove({ channel, ts }: Place): Promise<void> {
    await this.#send(channel, () => this.#client.chat.delete({ channel, ts }));
  }

  /** Finds a card by the id in its header. Also undefined if the bot may not read the channel. */
  async look(shown: Shown, except?: Place): Promise<Place | undefined> {
    const { channel, thread } = shown.origin;
    const since = { channel, oldest: String(Math.floor(Date.parse(shown.acceptedAt) / 1000) - 60), limit: pageSize };
    try {
      for (let page = 0, cursor = ''; page < mostPages; page += 1) {
        const at = { ...since, ...(cursor === '' ? {} : { cursor }) };
        const reply = await call(() =>
          thread === undefined
            ? this.#client.conversations.history(at)
            : this.#client.conversations.replies({ ...at, ts: thread }),
        );
        const { messages, response_metadata } = history.parse(reply);
        const found = messages.find(
          ({ ts, blocks }) => ts !== except?.ts && blocks.some((block) => block.block_id === shown.id),
        );
        if (found !== undefined) return { channel, ts: found.ts };
        cursor = response_metadata?.next_cursor ?? '';
        if (cursor === '') break;
      }
      return undefined;
    } catch (error) {
      if (error instanceof ChatError && error.outcome === 'never') return undefined;
      throw error;
    }
  }

  async #post({ channel, thread }: Where, shown: Shown, mayPost: () => boolean): Promise<Place> {
    const posted = await this.#fallback.send(shown.origin.team, messageOf(shown), (message) =>
      this.#send(channel, () => {
        if (!mayPost())
          throw new ChatError('another may post this card by now', { outcome: 'unknown', code: 'claim_lost' });
        return this.#client.chat.postMessage({
          channel,
          ...message,
          ...readAsWritten,
          ...(thread === undefined ? {} : { thread_ts: thread }),
          unfurl_links: false,
          unfurl_media: false,
        });
      }),
    );
    return z.object({ channel: z.string(), ts: z.string() }).parse(posted);
  }

  /** Posts the card first. If the note after it fails, the card must not be posted again. */
  async #postToAsker(shown: Shown, mayPost: () => boolean): Promise<Place> {
    const place = await this.#post({ channel: userOf(shown.by), thread: undefined }, shown, mayPost);
    const text = `I am not in <#${shown.origin.channel}>, so the card of ${shown.id} is here. Invite me there, and the next one stands where you typed.`;
    try {
      await this.#send(place.channel, () =>
        this.#client.chat.postMessage({ channel: place.channel, text, ...readAsWritten }),
      );
    } catch (err) {
      this.#log.warn({ changeId: shown.id, err }, 'the asker was not told why the card is here');
    }
    return place;
  }

  /** When Slack asks to wait, the next message to the channel waits that long. */
  async #send<T>(channel: string, request: () => Promise<T>): Promise<T> {
    try {
      return await call(request);
    } catch (error) {
      if (error instanceof ChatError && error.retryAfterMs !== undefined) this.#pace.block(channel, error.retryAfterMs);
      throw error;
    }
  }
}

function messageOf({ of }: Shown): Message {
  return 'change' in of ? rampCard(of) : card(of);
}
