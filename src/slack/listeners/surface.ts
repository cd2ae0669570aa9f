/** What the Slack app must be given, and nothing more; the app manifests in `manifests/slack/` say the same. */
export const slashCommand = '/shift';

/** `commands`: the slash command. `chat:write`: cards and answers. `app_mentions:read`: commands in threads. */
export const botScopes = ['app_mentions:read', 'chat:write', 'commands'] as const;

/**
 * `users:read`: in which time zone somebody lives who says until when; and, where there is a policy file, whether somebody is a guest, a
 * bot or of another team. `usergroups:read`, only where there is a policy file: who is in a user group that the policy names.
 */
export const optionalScopes = ['usergroups:read', 'users:read'] as const;

export const botEvents = ['app_mention'] as const;

/** Scope of the app-level token for Socket Mode. */
export const appScopes = ['connections:write'] as const;

/** Where Slack posts in HTTP mode: commands, clicks and events alike. */
export const eventsPath = '/slack/events';
