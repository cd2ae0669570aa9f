import { setTimeout as delay } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import { ChatError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { call } from '../client/web-api.ts';
import type { Told } from '../conversation/conversation.ts';
import { readAsWritten } from '../words/mrkdwn.ts';
import type { Reply } from '../words/reply.ts';

/** What it takes to say something to a person. */
export interface Voice {
  readonly client: WebClient;
  readonly log: Log;
}

/** Who hears an answer, and where. */
export interface Ear {
  readonly channel: string;
  readonly user: string;
  readonly thread: string | undefined;
}

const tellTries = 4;

export async function tellNow(voice: Voice, ear: Ear, told: Told): Promise<void> {
  if (told.reply !== undefined) await tell(voice, ear, told.reply);
  tellLater(voice, ear, told);
}

/** Says the later part of an answer when its time comes. A process that ends before that does not say it. */
export function tellLater(voice: Voice, ear: Ear, { later }: Told): void {
  if (later === undefined) return;
  const say = async () => {
    const reply = await later.reply();
    if (reply !== undefined) await tell(voice, ear, reply);
  };
  setTimeout(
    () => void say().catch((err: unknown) => voice.log.warn({ err }, 'the later part of an answer was not sent')),
    later.afterMs,
  ).unref();
}

/** Only this person sees it. Uses the bot's own token and never the `response_url`: that comes with the payload and is only input. */
export async function tell({ client, log }: Voice, { channel, user, thread }: Ear, reply: Reply): Promise<void> {
  const message = { channel, user, ...reply, ...readAsWritten, ...(thread === undefined ? {} : { thread_ts: thread }) };
  for (let tries = 1; ; tries += 1) {
    try {
      await call(() => client.chat.postEphemeral(message));
      return;
    } catch (err) {
      if (!(err instanceof ChatError) || err.outcome === 'never' || tries >= tellTries)
        return log.warn({ err, channel, user }, 'an answer did not reach the person');
      await delay(err.retryAfterMs ?? 500 * 2 ** tries);
    }
  }
}
