import type { AllMiddlewareArgs, SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt';
import { call } from '../client/web-api.ts';
import { answerRejection, noteStrangeDialog } from '../conversation/answer.ts';
import type { Conversation } from '../conversation/conversation.ts';
import { readRejection, rejectDialog } from '../replies/reject-dialog.ts';
import type { ButtonValue } from '../words/button.ts';
import { says } from '../words/reply.ts';
import { type Ear, tell, tellNow, type Voice } from './tell.ts';

interface Asking {
  readonly trigger: string;
  readonly value: ButtonValue;
  readonly place: Ear;
}

/** Opens the dialog that asks why. Slack opens it only within 3 s of the click; after that the command does the same. */
export async function askWhy(voice: Voice, { trigger, value, place }: Asking): Promise<void> {
  const { client, log } = voice;
  const { channel, thread } = place;
  try {
    await call(() => client.views.open({ trigger_id: trigger, view: rejectDialog({ value, channel, thread }) }));
  } catch (err) {
    log.warn({ err, changeId: value.id }, 'the dialog for a reason could not be opened');
    const words = `Slack did not open the dialog. \`/shift reject ${value.id}\` does the same. Nothing was done yet.`;
    await tell(voice, place, says(words));
  }
}

type Submission = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs;

/** Answers the dialog that a click on *Reject* opens. */
export async function onRejection({ body, view, ack, client }: Submission, conversation: Conversation): Promise<void> {
  await ack();
  const { log } = conversation.desk;
  const rejection = readRejection(view.private_metadata, view.state);
  const team = body.team?.id ?? '';
  const gesture = { user: body.user.id, team: body.user.team_id, request: `view:${team}:${view.id}` };
  if (rejection === undefined) {
    noteStrangeDialog(conversation, { ...gesture, origin: { team, channel: '' } });
    return log.warn({ view: view.callback_id }, 'a dialog came back that is not ours');
  }
  const { channel, thread } = rejection;
  const told = await answerRejection(conversation, rejection, { ...gesture, origin: { team, channel, thread } });
  await tellNow({ client, log }, { channel, user: body.user.id, thread }, told);
}
