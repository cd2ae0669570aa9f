import { setTimeout as delay } from 'node:timers/promises';
import {
  type AllMiddlewareArgs,
  type App,
  type BlockAction,
  type ButtonAction,
  type CodedError,
  ErrorCode,
  type SlackActionMiddlewareArgs,
  type SlackCommandMiddlewareArgs,
  type SlackEventMiddlewareArgs,
  type SlackViewMiddlewareArgs,
  type ViewSubmitAction,
} from '@slack/bolt';
import { ChatError } from '../../workflow/errors.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { call } from '../client/web-api.ts';
import {
  answerBeforeRejecting,
  answerClick,
  answerEdits,
  answerRejection,
  answerTakeOver,
  answerText,
  answerTour,
  noteStrangeDialog,
} from '../conversation/answer.ts';
import { isOnCard } from '../conversation/card-origin.ts';
import type { Conversation, Request, Told } from '../conversation/conversation.ts';
import { failed } from '../conversation/in-time.ts';
import { readRejection, rejectDialog, rejectDialogId } from '../replies/reject-dialog.ts';
import { actions, type ButtonValue, readButtonValue, readLineValue } from '../words/button.ts';
import { readAsWritten } from '../words/mrkdwn.ts';
import { type Reply, says } from '../words/reply.ts';
import { readClick, readCommand, readMention, readSender } from './payloads.ts';
import { slashCommand } from './surface.ts';

/** Turns what Slack delivers into one call of the conversation each, and its answer into what only the asker sees. */
export function listen(app: App, conversation: Conversation, client: Client): void {
  const { log } = conversation.desk;
  app.command(slashCommand, (args) => onCommand(args, conversation, log));
  app.event('app_mention', (args) => onMention(args, conversation, log));
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions' }, (args) => onClick(args, conversation, log));
  app.view(rejectDialogId, (args) => onRejection(args as Submission, conversation, log));
  app.error(async ({ error, body }: Failure) => {
    log.error({ err: error }, 'a listener failed');
    const sender = readSender(body);
    // A command that nobody acknowledged is told as failed by Slack; one that could not be authorised the library acknowledges.
    const isToldBySlack = 'command' in body && error.code !== ErrorCode.AuthorizationError;
    if (sender !== undefined && !isToldBySlack) await tell(client, log, { ...sender, thread: undefined }, failed);
  });
}

type Client = AllMiddlewareArgs['client'];

interface Failure {
  readonly error: CodedError;
  readonly body: object;
}

const notUnderstood = says(
  'I do not understand what Slack sent me with that, so nothing was done. Type it again; whoever runs me finds more in my log.',
);

/** The answer is the acknowledgement itself: one message, in time, for nobody else. Acknowledged without words where there are none. */
async function onCommand(
  { command, ack, client }: SlackCommandMiddlewareArgs & AllMiddlewareArgs,
  conversation: Conversation,
  log: Log,
): Promise<void> {
  const payload = readCommand(command);
  if (payload === undefined) {
    log.warn({}, 'a command came in a shape that is not known');
    return ack({ response_type: 'ephemeral', ...notUnderstood });
  }
  const { user_id: user, team_id: team, channel_id: channel, trigger_id: trigger, text } = payload;
  const told = await answerText(conversation, text, {
    user,
    team,
    origin: { team, channel },
    request: `command:${team}:${trigger}`,
  });
  await (told.reply === undefined ? ack() : ack({ response_type: 'ephemeral', ...told.reply }));
  tellLater(client, log, { channel, user, thread: undefined }, told);
}

const spokenOf = says(
  'I only do what a message tells me that begins with my name: `@shiftbot reviews v3 50`. Nothing was done.',
);

type Mention = SlackEventMiddlewareArgs<'app_mention'> & AllMiddlewareArgs;

/** A mention in a thread is answered in that thread, and its card stands there. */
async function onMention(
  { event, body, context, client }: Mention,
  conversation: Conversation,
  log: Log,
): Promise<void> {
  if (event.user === undefined || event.bot_id !== undefined) return;
  const payload = readMention({ event, body });
  if (payload === undefined) return log.warn({}, 'a mention came in a shape that is not known');
  const { user, channel, thread_ts: thread, ts, text } = payload.event;
  const team = payload.body.team_id;
  const request: Request = {
    user,
    team: payload.event.user_team ?? payload.event.team,
    origin: { team, channel, thread },
    request: `mention:${team}:${channel}:${ts}`,
  };
  const command = afterMention(text, context.botUserId);
  const told = command === undefined ? { reply: spokenOf } : await answerText(conversation, command, request);
  await tellNow(client, log, { channel, user, thread }, told);
}

type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs;

async function onClick(
  { action, body, ack, client, context }: Click,
  conversation: Conversation,
  log: Log,
): Promise<void> {
  await ack();
  const click = readClick({ action, body });
  if (click === undefined) return log.warn({}, 'a click came in a shape that is not known');
  const { user, team, channel, thread, author } = click;
  if (channel === undefined) return log.warn({ action: click.action }, 'a click came from no channel');

  const isOurs = author === undefined || context.botId === undefined || author === context.botId;
  if (!isOurs) log.warn({ user, channel, author }, 'a click came from a message that is not ours');
  const value = isOurs ? readButtonValue(click.value) : undefined;
  if (value !== undefined && isOnCard(click.action))
    conversation.cards.clickedOn(value.id, { channel, ts: click.message });

  const place = { channel, user, thread };
  const request: Request = {
    user,
    team: click.userTeam,
    origin: { team, channel, thread },
    request: `click:${team}:${channel}:${click.message}:${click.action}:${click.at}`,
  };
  if (click.action === actions.takeOver) {
    const line = isOurs ? readLineValue(click.value) : undefined;
    return tellNow(client, log, place, await answerTakeOver(conversation, line, request));
  }
  if (click.action === actions.applyEdits || click.action === actions.applyMeant) {
    const line = isOurs ? readLineValue(click.value) : undefined;
    return tellNow(client, log, place, await answerEdits(conversation, click.action, line, request));
  }
  if (click.action === actions.tour)
    return tellNow(client, log, place, await answerTour(conversation, isOurs ? click.value : undefined, request));
  if (click.action !== actions.reject || value === undefined)
    return tellNow(client, log, place, await answerClick(conversation, click.action, value, request));

  const told = await answerBeforeRejecting(conversation, value, request);
  if (told === undefined) await askWhy(client, log, { trigger: click.trigger, value, place });
  else await tellNow(client, log, place, told);
}

interface Asking {
  readonly trigger: string;
  readonly value: ButtonValue;
  readonly place: Ear;
}

/** A rejection asks for its reason. Slack takes the dialog within 3 s of the click; later, the command does the same. */
async function askWhy(client: Client, log: Log, { trigger, value, place }: Asking): Promise<void> {
  const { channel, thread } = place;
  try {
    await call(() => client.views.open({ trigger_id: trigger, view: rejectDialog({ value, channel, thread }) }));
  } catch (err) {
    log.warn({ err, changeId: value.id }, 'the dialog for a reason could not be opened');
    const words = `Slack did not open the dialog. \`/shift reject ${value.id}\` does the same. Nothing was done yet.`;
    await tell(client, log, place, says(words));
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
  const team = body.team?.id ?? '';
  const gesture = { user: body.user.id, team: body.user.team_id, request: `view:${team}:${view.id}` };
  if (rejection === undefined) {
    noteStrangeDialog(conversation, { ...gesture, origin: { team, channel: '' } });
    return log.warn({ view: view.callback_id }, 'a dialog came back that is none of ours');
  }
  const { channel, thread } = rejection;
  const told = await answerRejection(conversation, rejection, { ...gesture, origin: { team, channel, thread } });
  await tellNow(client, log, { channel, user: body.user.id, thread }, told);
}

interface Ear {
  readonly channel: string;
  readonly user: string;
  readonly thread: string | undefined;
}

async function tellNow(client: Client, log: Log, ear: Ear, told: Told): Promise<void> {
  if (told.reply !== undefined) await tell(client, log, ear, told.reply);
  tellLater(client, log, ear, told);
}

/** What there will be to say in a while; a process that ends before does not say it. */
function tellLater(client: Client, log: Log, ear: Ear, { later }: Told): void {
  if (later === undefined) return;
  const say = async () => {
    const reply = await later.reply();
    if (reply !== undefined) await tell(client, log, ear, reply);
  };
  setTimeout(
    () => void say().catch((err: unknown) => log.warn({ err }, 'what was to be said later was not')),
    later.afterMs,
  ).unref();
}

const tellTries = 4;

/** For one person's eyes. With the bot's own token and never to the `response_url` of the payload, which is only input. */
async function tell(client: Client, log: Log, { channel, user, thread }: Ear, reply: Reply): Promise<void> {
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

/** What follows the mention that a command begins with; undefined where the bot is only spoken of. */
export function afterMention(text: string, botUserId: string | undefined): string | undefined {
  const match = new RegExp(`^\\s*<@${botUserId ?? '[UW][A-Z0-9]+'}(?:\\|[^>]*)?>[:,]?\\s*(.*)$`, 's').exec(text);
  return match?.[1]?.replace(/^shift\s+/i, '');
}
