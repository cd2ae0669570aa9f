/** What the Slack app needs, and nothing more. The app manifests in `manifests/slack/` say the same. */
export const slashCommand = '/shift';

/** `commands`: the slash command. `chat:write`: cards and answers. `app_mentions:read`: commands in threads. */
export const botScopes = ['app_mentions:read', 'chat:write', 'commands'] as const;

/**
 * `users:read`: a person's time zone, for `until 18:00`; with a policy file also whether somebody is a guest, a bot or from another team.
 * `usergroups:read`, only with a policy file: who is in a user group that the policy names. `channels:read`, `groups:read`, `mpim:read`:
 * whether the bot is in a channel, before anything is accepted there; without them it finds out when it posts the card, and then writes to the asker.
 */
export const optionalScopes = ['channels:read', 'groups:read', 'mpim:read', 'usergroups:read', 'users:read'] as const;

/** `app_home_opened`: somebody opens the home of the bot, which needs no scope. */
export const botEvents = ['app_home_opened', 'app_mention'] as const;

/** Scope of the app-level token for Socket Mode. */
export const appScopes = ['connections:write'] as const;

/** Where Slack posts in HTTP mode: commands, clicks and events alike. */
export const eventsPath = '/slack/events';
