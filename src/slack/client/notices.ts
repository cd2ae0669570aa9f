import { setTimeout as delay } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import { ChatError } from '../../workflow/errors.ts';
import type { Notice, Notices } from '../../workflow/ports/notices.ts';
import { noticeText } from '../replies/hold.ts';
import { readAsWritten } from '../words/mrkdwn.ts';
import { userOf } from '../words/person.ts';
import { call } from './web-api.ts';

const tries = 4;

/** Direct messages: Slack takes a person's id as the channel. */
export class SlackNotices implements Notices {
  readonly #client: WebClient;

  constructor(client: WebClient) {
    this.#client = client;
  }

  async tell(user: string, notice: Notice): Promise<void> {
    const message = {
      channel: userOf(user),
      text: noticeText(notice),
      unfurl_links: false,
      unfurl_media: false,
      ...readAsWritten,
    };
    for (let tried = 1; ; tried += 1) {
      try {
        await call(() => this.#client.chat.postMessage(message));
        return;
      } catch (error) {
        // It may have been sent all the same. Two notices are better than none, and a late one is of no use.
        if (!(error instanceof ChatError) || error.outcome === 'never' || tried >= tries) throw error;
        await delay(error.retryAfterMs ?? 250 * 2 ** tried);
      }
    }
  }
}
