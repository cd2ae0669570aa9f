import type {
  AllMiddlewareArgs,
  App,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
  SlackCommandMiddlewareArgs,
  SlackEventMiddlewareArgs,
} from '@slack/bolt';
import type { Log } from '../workflow/ports.ts';
import { readButtonValue } from './actions.ts';
import type { Reply } from './answers.ts';
import { answerClick, answerText, type Conversation, type Request } from './conversation.ts';
import { slashCommand } from './surface.ts';
import { call } from './web-api.ts';

/** Turns what Slack delivers into one call of the conversation each, and its answer into what only the asker sees. */
export function listen(app: App, conversation: Conversation): void {
  const { log } = conversation.desk;
  app.command(slashCommand, (args) => onCommand(args, conversation));
  app.event('app_mention', (args) => onMention(args, conversation, log));
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions' }, (args) => onClick(args, conversation, log));
  app.error(async (error) => log.error({ err: error }, 'a listener failed'));
}

/** The answer is the acknowledgement itself: one message, in time, for nobody else. */
async function onCommand(
  { command, ack }: SlackCommandMiddlewareArgs & AllMiddlewareArgs,
  conversation: Conversation,
): Promise<void> {
  const reply = await answerText(conversation, command.text, {
    user: command.user_id,
    origin: { team: command.team_id, channel: command.channel_id },
    request: `command:${command.team_id}:${command.trigger_id}`,
  });
  await ack({ response_type: 'ephemeral', ...reply });
}

type Mention = SlackEventMiddlewareArgs<'app_mention'> & AllMiddlewareArgs;

/** A mention in a thread is answered in that thread, and its card stands there. */
async function onMention(
  { event, body, context, client }: Mention,
  conversation: Conversation,
  log: Log,
): Promise<void> {
  if (event.user === undefined || event.bot_id !== undefined) return;
  const thread = event.thread_ts;
  const request: Request = {
    user: event.user,
    origin: { team: body.team_id, channel: event.channel, thread },
    request: `mention:${body.team_id}:${event.channel}:${event.ts}`,
  };
  const reply = await answerText(conversation, withoutMention(event.text, context.botUserId), request);
  await tell(client, log, { channel: event.channel, user: event.user, thread }, reply);
}

type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs;

async function onClick({ action, body, ack, client }: Click, conversation: Conversation, log: Log): Promise<void> {
  await ack();
  const channel = body.channel?.id ?? body.container['channel_id'];
  if (typeof channel !== 'string') return log.warn({ action: action.action_id }, 'a click came from no channel');

  const team = body.team?.id ?? '';
  const thread = body.message?.['thread_ts'] ?? body.container['thread_ts'];
  const place = { channel, user: body.user.id, thread: typeof thread === 'string' ? thread : undefined };
  const reply = await answerClick(conversation, action.action_id, readButtonValue(action.value), {
    user: body.user.id,
    origin: { team, channel, thread: place.thread },
    request: `click:${team}:${channel}:${String(body.container['message_ts'])}:${action.action_id}:${action.action_ts}`,
  });
  await tell(client, log, place, reply);
}

interface Ear {
  readonly channel: string;
  readonly user: string;
  readonly thread: string | undefined;
}

/** For one person's eyes. With the bot's own token and never to the `response_url` of the payload, which is only input. */
async function tell(
  client: AllMiddlewareArgs['client'],
  log: Log,
  { channel, user, thread }: Ear,
  reply: Reply,
): Promise<void> {
  try {
    await call(() =>
      client.chat.postEphemeral({ channel, user, ...reply, ...(thread === undefined ? {} : { thread_ts: thread }) }),
    );
  } catch (error) {
    log.warn({ err: error, channel, user }, 'an answer did not reach the person');
  }
}

function withoutMention(text: string, botUserId: string | undefined): string {
  return text.replace(new RegExp(`^[^<]*<@${botUserId ?? '[UW][A-Z0-9]+'}(\\|[^>]*)?>[:,]?\\s*(shift\\s+)?`), '');
}
