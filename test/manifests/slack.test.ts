import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { verbs } from '../../src/domain/language/command.ts';
import {
  appScopes,
  botEvents,
  botScopes,
  eventsPath,
  optionalScopes,
  slashCommand,
} from '../../src/slack/listeners/surface.ts';
import { manifests } from './kustomization.ts';

/** The part of Slack's schema that we use, with its limits: https://docs.slack.dev/reference/app-manifest */
const appManifest = z.strictObject({
  display_information: z.strictObject({
    name: z.string().max(35),
    description: z.string().max(140),
    long_description: z.string().min(175).max(4000),
    background_color: z.string().regex(/^#[0-9a-f]{6}$/),
  }),
  features: z.strictObject({
    app_home: z.strictObject({
      home_tab_enabled: z.boolean(),
      messages_tab_enabled: z.boolean(),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    bot_user: z.strictObject({ display_name: z.string().max(80), always_online: z.boolean() }),
    slash_commands: z.array(
      z.strictObject({
        command: z.string().max(32).startsWith('/'),
        url: z.url({ protocol: /^https$/ }).optional(),
        description: z.string().max(2000),
        usage_hint: z.string().max(1000),
        should_escape: z.boolean(),
      }),
    ),
  }),
  oauth_config: z.strictObject({
    scopes: z.strictObject({ bot: z.array(z.string()), bot_optional: z.array(z.string()) }),
  }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({
      request_url: z.url({ protocol: /^https$/ }).optional(),
      bot_events: z.array(z.string()),
    }),
    interactivity: z.strictObject({
      is_enabled: z.boolean(),
      request_url: z.url({ protocol: /^https$/ }).optional(),
    }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
  }),
});
type AppManifest = z.infer<typeof appManifest>;

const socketMode = readManifest('socket-mode.yaml');
const http = readManifest('http.yaml');

describe.each([
  ['Socket Mode', socketMode],
  ['HTTP', http],
])('the Slack app for %s', (_mode, app) => {
  it('has one command, in which Slack escapes users and channels', () => {
    expect(app.features.slash_commands).toMatchObject([{ command: slashCommand, should_escape: true }]);
  });

  it('hints only at verbs that exist', () => {
    const hints = app.features.slash_commands.flatMap(({ usage_hint }) => usage_hint.split(' | ').slice(1));

    expect(verbs).toEqual(expect.arrayContaining(hints.map((hint) => hint.split(' ')[0])));
  });

  it('asks for exactly the scopes and events that the code uses', () => {
    expect(app.oauth_config.scopes.bot.toSorted()).toEqual([...botScopes].sort());
    expect(app.oauth_config.scopes.bot_optional).toEqual(optionalScopes);
    expect(app.settings.event_subscriptions.bot_events).toEqual(botEvents);
  });

  it('has a home, and messages in which people can type commands', () => {
    expect(app.features.app_home).toEqual({
      home_tab_enabled: true,
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: false,
    });
  });

  it('enables interactivity, and no token rotation', () => {
    expect(app.settings.interactivity.is_enabled).toBe(true);
    expect(app.settings.token_rotation_enabled).toBe(false);
  });
});

it('has no URLs in Socket Mode', () => {
  expect(socketMode.settings.socket_mode_enabled).toBe(true);
  expect(addresses(socketMode)).toEqual([undefined, undefined, undefined]);
});

it('uses one path for everything over HTTP', () => {
  const address = `https://shiftbot.example.com${eventsPath}`;

  expect(http.settings.socket_mode_enabled).toBe(false);
  expect(addresses(http)).toEqual([address, address, address]);
});

it('says which scope the app-level token needs', () => {
  const text = readFileSync(join(manifests, 'slack/socket-mode.yaml'), 'utf8');

  for (const scope of appScopes) expect(text).toContain(scope);
});

function addresses(app: AppManifest): readonly (string | undefined)[] {
  const { event_subscriptions, interactivity } = app.settings;
  return [
    ...app.features.slash_commands.map(({ url }) => url),
    event_subscriptions.request_url,
    interactivity.request_url,
  ];
}

function readManifest(file: string): AppManifest {
  return appManifest.parse(parse(readFileSync(join(manifests, 'slack', file), 'utf8')));
}
