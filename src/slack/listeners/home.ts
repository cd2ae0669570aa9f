import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import { atHome } from '../../workflow/looking/home.ts';
import { call } from '../client/web-api.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { homeView } from '../replies/home.ts';
import { readHomeOpened } from './payloads.ts';

type Opened = SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs;

/** Draws the home of the bot for the person who opened it. A home that cannot be drawn is told once in the log, and nobody is answered. */
export class HomeListener {
  readonly #conversation: Conversation;
  readonly #workspace: string | undefined;
  #hasFailed = false;

  constructor(conversation: Conversation, workspace: string | undefined) {
    this.#conversation = conversation;
    this.#workspace = workspace;
  }

  async onOpened({ event, client }: Opened): Promise<void> {
    const { desk, cards } = this.#conversation;
    const opened = readHomeOpened(event);
    if (opened === undefined) return desk.log.warn({}, 'a home was opened in an unknown shape');
    if (opened.tab !== 'home') return;
    const { user } = opened;
    try {
      const view = homeView(await atHome(desk, cards), { user, workspace: this.#workspace, now: desk.now() });
      await call(() => client.views.publish({ user_id: user, view }));
      this.#hasFailed = false;
    } catch (err) {
      if (!this.#hasFailed) desk.log.warn({ err }, 'the home of a person could not be drawn');
      this.#hasFailed = true;
    }
  }
}
