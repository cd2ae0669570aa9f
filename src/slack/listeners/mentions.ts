import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import { answerText } from '../conversation/answer.ts';
import type { Conversation, Request } from '../conversation/conversation.ts';
import { says } from '../words/reply.ts';
import { readMention } from './payloads.ts';
import { tellNow } from './tell.ts';

type Mention = SlackEventMiddlewareArgs<'app_mention'> & AllMiddlewareArgs;

/** Answers a mention in its thread. The card is there too. */
export async function onMention({ event, body, context, client }: Mention, conversation: Conversation): Promise<void> {
  const { log } = conversation.desk;
  if (event.user === undefined || event.bot_id !== undefined) return;
  const payload = readMention({ event, body });
  if (payload === undefined) return log.warn({}, 'a mention came in an unknown shape');
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
  await tellNow({ client, log }, { channel, user, thread }, told);
}

/** The command behind a mention at the start of a message; undefined if the message only speaks of the bot. */
export function afterMention(text: string, botUserId: string | undefined): string | undefined {
  const match = new RegExp(`^\\s*<@${botUserId ?? '[UW][A-Z0-9]+'}(?:\\|[^>]*)?>[:,]?\\s*(.*)$`, 's').exec(text);
  return match?.[1]?.replace(/^shift\s+/i, '');
}

const spokenOf = says(
  'I only do what a message tells me that begins with my name: `@shiftbot reviews v3 50`. Nothing was done.',
);
