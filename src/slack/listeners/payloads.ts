import { z } from 'zod';

/** The parts of Slack's deliveries that we read. They come from outside, and Slack changes them: we refuse what does not fit. */
const id = z.string().min(1).max(255);

const command = z.object({
  text: z.string().max(100_000).default(''),
  user_id: id,
  team_id: id,
  channel_id: id,
  trigger_id: id,
});
export type CommandPayload = z.infer<typeof command>;

const mention = z.object({
  body: z.object({ team_id: id }),
  event: z.object({
    user: id,
    channel: id,
    ts: id,
    thread_ts: id.optional(),
    user_team: id.optional(),
    team: id.optional(),
    text: z.string().max(100_000).default(''),
  }),
});
export type MentionPayload = z.infer<typeof mention>;

const homeOpened = z.object({ user: id, tab: z.string().optional() });

/** Who opened the home of the bot, and which of its tabs. */
export function readHomeOpened(event: unknown): z.infer<typeof homeOpened> | undefined {
  return homeOpened.safeParse(event).data;
}

const place = z.looseObject({ channel_id: id.optional(), message_ts: id.optional(), thread_ts: id.optional() });
const click = z.object({
  action: z.object({ action_id: id, action_ts: id, value: z.string().max(2_000).optional().catch(undefined) }),
  body: z.object({
    trigger_id: id.catch(''),
    user: z.object({ id, team_id: id.optional() }),
    team: z.object({ id }).nullish(),
    channel: z.object({ id }).optional(),
    container: place.default({}),
    message: z.looseObject({ thread_ts: id.optional(), bot_id: id.optional() }).optional(),
  }),
});

/** A click. Slack sends its parts in different places, depending on the message. */
export interface ClickPayload {
  readonly user: string;
  /** The person's team, if Slack says it. */
  readonly userTeam: string | undefined;
  readonly team: string;
  readonly trigger: string;
  /** Absent if the message is in no channel. */
  readonly channel: string | undefined;
  readonly thread: string | undefined;
  readonly message: string;
  /** The bot that wrote the message, if Slack sends the message along. */
  readonly author: string | undefined;
  readonly action: string;
  readonly value: string | undefined;
  readonly at: string;
}

export function readCommand(payload: unknown): CommandPayload | undefined {
  return command.safeParse(payload).data;
}

export function readMention(payload: unknown): MentionPayload | undefined {
  return mention.safeParse(payload).data;
}

export function readClick(payload: unknown): ClickPayload | undefined {
  const parsed = click.safeParse(payload).data;
  if (parsed === undefined) return undefined;
  const { action, body } = parsed;
  const { user, team, channel, container, message } = body;
  return {
    user: user.id,
    userTeam: user.team_id,
    trigger: body.trigger_id,
    team: team?.id ?? user.team_id ?? '',
    channel: channel?.id ?? container.channel_id,
    thread: message?.thread_ts ?? container.thread_ts,
    message: container.message_ts ?? '',
    author: message?.bot_id,
    action: action.action_id,
    value: action.value,
    at: action.action_ts,
  };
}

const sender = z.union([
  z
    .object({ user_id: z.string(), channel_id: z.string() })
    .transform((body) => ({ user: body.user_id, channel: body.channel_id })),
  z
    .object({ user: z.object({ id: z.string() }), channel: z.object({ id: z.string() }) })
    .transform((body) => ({ user: body.user.id, channel: body.channel.id })),
  z.object({ event: z.object({ user: z.string(), channel: z.string() }) }).transform(({ event }) => event),
]);

/** Who typed or clicked, and where, for every kind of delivery. */
export function readSender(body: unknown): { readonly user: string; readonly channel: string } | undefined {
  return sender.safeParse(body).data;
}
