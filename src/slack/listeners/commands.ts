import type { AllMiddlewareArgs, SlackCommandMiddlewareArgs } from '@slack/bolt';
import { answerText } from '../conversation/answer.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { says } from '../words/reply.ts';
import { readCommand } from './payloads.ts';
import { tellLater } from './tell.ts';

type SlashCommand = SlackCommandMiddlewareArgs & AllMiddlewareArgs;

/** Answers a slash command in its acknowledgement: one message, in time, that only the asker sees. It is empty if there is no answer. */
export async function onCommand({ command, ack, client }: SlashCommand, conversation: Conversation): Promise<void> {
  const { log } = conversation.desk;
  const payload = readCommand(command);
  if (payload === undefined) {
    log.warn({}, 'a command came in an unknown shape');
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
  tellLater({ client, log }, { channel, user, thread: undefined }, told);
}

const notUnderstood = says(
  'I do not understand what Slack sent me with that, so nothing was done. Type it again. My log says more.',
);
