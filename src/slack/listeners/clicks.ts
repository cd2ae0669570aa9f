import type { AllMiddlewareArgs, BlockAction, ButtonAction, SlackActionMiddlewareArgs } from '@slack/bolt';
import {
  answerBeforeRejecting,
  answerClick,
  answerEdits,
  answerOverRamp,
  answerRampAnew,
  answerTakeOver,
  answerThisOne,
  answerTour,
} from '../conversation/answer.ts';
import { isOnCard } from '../conversation/card-origin.ts';
import type { Conversation, Request, Told } from '../conversation/conversation.ts';
import { actions, readButtonValue, readLineValue, readTypedLine } from '../words/button.ts';
import { askWhy } from './dialogs.ts';
import { readClick } from './payloads.ts';
import { tellNow } from './tell.ts';

type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs;

/** Answers a click on a button. If the message is not ours, we ignore the button's value: the click counts as one on an altered button. */
export async function onClick(
  { action, body, ack, client, context }: Click,
  conversation: Conversation,
): Promise<void> {
  await ack();
  const { log } = conversation.desk;
  const click = readClick({ action, body });
  if (click === undefined) return log.warn({}, 'a click came in an unknown shape');
  const { user, team, channel, thread, author } = click;
  if (channel === undefined) return log.warn({ action: click.action }, 'a click came without a channel');

  const isOurs = author === undefined || context.botId === undefined || author === context.botId;
  if (!isOurs) log.warn({ user, channel, author }, 'a click came from a message that is not ours');
  const value = isOurs ? click.value : undefined;
  const button = readButtonValue(value);
  if (button !== undefined && isOnCard(click.action))
    conversation.cards.clickedOn(button.id, { channel, ts: click.message });

  const voice = { client, log };
  const place = { channel, user, thread };
  const request: Request = {
    user,
    team: click.userTeam,
    origin: { team, channel, thread },
    request: `click:${team}:${channel}:${click.message}:${click.action}:${click.at}`,
  };
  if (click.action !== actions.reject || button === undefined)
    return tellNow(voice, place, await answerTo(conversation, click.action, value, request));

  const told = await answerBeforeRejecting(conversation, button, request);
  if (told === undefined) await askWhy(voice, { trigger: click.trigger, value: button, place });
  else await tellNow(voice, place, told);
}

function answerTo(
  conversation: Conversation,
  action: string,
  value: string | undefined,
  request: Request,
): Promise<Told> {
  switch (action) {
    case actions.takeOver:
      return answerTakeOver(conversation, readLineValue(value), request);
    case actions.applyEdits:
    case actions.applyMeant:
      return answerEdits(conversation, action, readLineValue(value), request);
    case actions.overRamp:
      return answerOverRamp(conversation, readLineValue(value), request);
    case actions.rampAnew:
      return answerRampAnew(conversation, readLineValue(value), request);
    case actions.thisOne:
      return answerThisOne(conversation, readTypedLine(value), request);
    case actions.tour:
      return answerTour(conversation, value, request);
    default:
      return answerClick(conversation, action, readButtonValue(value), request);
  }
}
