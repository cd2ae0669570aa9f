import { setTimeout as delay } from 'node:timers/promises';
import type {
  AllMiddlewareArgs,
  App,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
  SlackCommandMiddlewareArgs,
  SlackEventMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt';
import { ChatError } from '../workflow/errors.ts';
import type { Log } from '../workflow/ports.ts';
import { actions, type ButtonValue, readButtonValue } from './actions.ts';
import type { Reply } from './answers.ts';
import { answerClick, answerRejection, answerText, type Conversation, type Request } from './conversation.ts';
import { readRejection, rejectDialog, rejectDialogId } from './reject-dialog.ts';
import { slashCommand } from './surface.ts';
import { call } from './web-api.ts';

/** Turns what Slack delivers into one call of the conversation each, and its answer into what only the asker sees. */
export function listen(app: App, conversation: Conversation): void {
  const { log } = conversation.desk;
  app.command(slashCommand, (args) => onCommand(args, conversation));
  app.event('app_mention', (args) => onMention(args, conversation, log));
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions' }, (args) => onClick(args, conversation, log));
  app.view(rejectDialogId, (args) => onRejection(args as Submission, conversation, log));
  app.error(async (error) => log.error({ err: error }, 'a listener failed'));
}

/** The answer is the acknowledgement itself: one message, in time, for nobody else. */
async function onCommand(
  { command, ack }: SlackCommandMiddlewareArgs & AllMiddlewareArgs,
  conversation: Conversation,
): Promise<void> {
  const reply = await answerText(conversation, command.text, {
    user: command.user_id,
    team: command.team_id,
    origin: { team: command.team_id, channel: command.channel_id },
    request: `command:${command.team_id}:${command.trigger_id}`,
  });
  await ack({ response_type: 'ephemeral', ...reply });
}

const spokenOf: Reply = {
  text: 'I only do what a message tells me that begins with my name: `@shiftbot reviews v3 50`. Nothing was done.',
};

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
    team: event.user_team ?? event.team,
    origin: { team: body.team_id, channel: event.channel, thread },
    request: `mention:${body.team_id}:${event.channel}:${event.ts}`,
  };
  const text = afterMention(event.text, context.botUserId);
  const reply = text === undefined ? spokenOf : await answerText(conversation, text, request);
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
  const value = readButtonValue(action.value);
  if (action.action_id === actions.reject && value !== undefined)
    return askWhy(client, log, { trigger: body.trigger_id, value, place });

  const reply = await answerClick(conversation, action.action_id, value, {
    user: body.user.id,
    team: body.user.team_id,
    origin: { team, channel, thread: place.thread },
    request: `click:${team}:${channel}:${String(body.container['message_ts'])}:${action.action_id}:${action.action_ts}`,
  });
  await tell(client, log, place, reply);
}

interface Asking {
  readonly trigger: string;
  readonly value: ButtonValue;
  readonly place: Ear;
}

/** A rejection asks for its reason. Slack takes the dialog within 3 s of the click; later, the command does the same. */
async function askWhy(client: AllMiddlewareArgs['client'], log: Log, { trigger, value, place }: Asking): Promise<void> {
  const { channel, thread } = place;
  try {
    await call(() => client.views.open({ trigger_id: trigger, view: rejectDialog({ value, channel, thread }) }));
  } catch (err) {
    log.warn({ err, changeId: value.id }, 'the dialog for a reason could not be opened');
    await tell(client, log, place, {
      text: `Slack did not open the dialog. \`/shift reject ${value.id}\` does the same. Nothing was done yet.`,
    });
  }
}

type Submission = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs;

async function onRejection(
  { body, view, ack, client }: Submission,
  conversation: Conversation,
  log: Log,
): Promise<void> {
  await ack();
  const rejection = readRejection(view.private_metadata, view.state);
  if (rejection === undefined) return log.warn({ view: view.callback_id }, 'a dialog came back that is none of ours');
  const { channel, thread } = rejection;
  const reply = await answerRejection(conversation, rejection, {
    user: body.user.id,
    team: body.user.team_id,
    origin: { team: body.team?.id ?? '', channel, thread },
    request: `view:${body.team?.id ?? ''}:${view.id}`,
  });
  await tell(client, log, { channel, user: body.user.id, thread }, reply);
}

interface Ear {
  readonly channel: string;
  readonly user: string;
  readonly thread: string | undefined;
}

const tellTries = 4;

/** For one person's eyes. With the bot's own token and never to the `response_url` of the payload, which is only input. */
async function tell(
  client: AllMiddlewareArgs['client'],
  log: Log,
  { channel, user, thread }: Ear,
  reply: Reply,
): Promise<void> {
  const message = { channel, user, ...reply, ...(thread === undefined ? {} : { thread_ts: thread }) };
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

/** What follows the mention that a command begins with; undefined where the bot is only spoken of. */
function afterMention(text: string, botUserId: string | undefined): string | undefined {
  const match = new RegExp(`^\\s*<@${botUserId ?? '[UW][A-Z0-9]+'}(?:\\|[^>]*)?>[:,]?\\s*(.*)$`, 's').exec(text);
  return match?.[1]?.replace(/^shift\s+/i, '');
}
