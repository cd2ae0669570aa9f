import { bodyProblem } from '../../src/http/slack-body.ts';
import { afterMention } from '../../src/slack/listeners/mentions.ts';
import { type ClickPayload, readClick, readCommand, readMention } from '../../src/slack/listeners/payloads.ts';
import { type ButtonValue, formatButtonValue, readButtonValue } from '../../src/slack/words/button.ts';
import type { Random } from '../chaos/random.ts';
import { hostileText, hostileValue, mutated, mutatedText } from './hostile.ts';
import { target } from './target.ts';

export interface BodyInput {
  readonly type: 'application/json' | 'application/x-www-form-urlencoded';
  readonly text: string;
}

/** Bodies that Slack posts, and bodies that nobody should post. */
export const body = target<BodyInput, string | undefined>({
  name: 'body',
  share: 80,
  make: aBody,
  run: ({ type, text }) => bodyProblem(Buffer.from(text), type),
  judge: ({ text }, problem) => {
    if (problem === undefined) return undefined;
    return problem.length > 80 || (text.length > 20 && problem.includes(text.slice(0, 20)))
      ? 'a refusal quotes the body'
      : undefined;
  },
});

export function aBody(random: Random): BodyInput {
  const payload = random.chance(0.1)
    ? nested(random)
    : (JSON.stringify(mutated(random, random.pick([aClick(random), aMention(random)]))) ?? '');
  const text = random.chance(0.3) ? mutatedText(random, payload) : payload;
  if (random.chance(0.4)) return { type: 'application/json', text };
  const fields: [string, string][] = random.chance(0.5) ? [['payload', text]] : Object.entries(aCommand(random));
  if (random.chance(0.2))
    fields.push([
      random.pick([
        '__proto__',
        'constructor[prototype][x]',
        '__proto__.x',
        'payload',
        'command',
        hostileText(random, 9),
      ]),
      hostileText(random, 9),
    ]);
  const form = new URLSearchParams(fields).toString();
  return { type: 'application/x-www-form-urlencoded', text: random.chance(0.3) ? mutatedText(random, form) : form };
}

function nested(random: Random): string {
  const depth = random.pick([10, 49, 50, 51, 10_000]);
  return random.pick([
    `${'['.repeat(depth)}${']'.repeat(depth)}`,
    `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    '{"a":'.repeat(depth),
  ]);
}

interface Gestures {
  readonly click: unknown;
  readonly command: unknown;
  readonly mention: unknown;
  readonly value: unknown;
  readonly text: string;
}

interface Read {
  readonly click: ClickPayload | undefined;
  readonly value: ButtonValue | undefined;
}

/** The parts of a valid payload: actions, button values, text of mentions. */
export const clicks = target<Gestures, Read>({
  name: 'clicks',
  share: 80,
  make: (random) => ({
    click: maybeMutated(random, aClick(random)),
    command: maybeMutated(random, aCommand(random)),
    mention: maybeMutated(random, aMention(random)),
    value: aValue(random),
    text: random.chance(0.5) ? hostileText(random, 100) : `<@UBOT> ${hostileText(random, 100)}`,
  }),
  run: ({ click, command, mention, value, text }) => {
    readCommand(command);
    readMention(mention);
    afterMention(text, 'UBOT');
    return { click: readClick(click), value: readButtonValue(value) };
  },
  judge: ({ value: written }, { click, value }) => {
    if (value !== undefined && formatButtonValue(value) !== written) return 'a value is read as another one';
    if (click === undefined) return undefined;
    const parts = [click.user, click.team, click.message, click.action, click.at];
    return parts.some((part) => typeof part !== 'string' || [...part].length > 255)
      ? 'a click has an invalid part'
      : undefined;
  },
});

function maybeMutated(random: Random, value: unknown): unknown {
  return random.chance(0.7) ? mutated(random, value) : value;
}

function aClick(random: Random): object {
  return {
    type: 'block_actions',
    action: {
      action_id: random.pick(['roll_back', 'promote', 'discard', hostileText(random, 9)]),
      action_ts: '1.2',
      value: aValue(random),
    },
    body: {
      user: { id: 'U1', team_id: 'T1' },
      team: random.chance(0.8) ? { id: 'T1' } : null,
      channel: { id: 'C1' },
      container: { channel_id: 'C1', message_ts: '1.1', thread_ts: '1.0' },
      message: { bot_id: 'B1', blocks: hostileValue(random, 2) },
    },
  };
}

function aCommand(random: Random): Record<string, string> {
  return {
    command: '/shift',
    text: hostileText(random, 60),
    user_id: 'U1',
    team_id: 'T1',
    channel_id: 'C1',
    trigger_id: '1.2.x',
  };
}

function aMention(random: Random): object {
  const event = {
    type: 'app_mention',
    user: 'U1',
    channel: 'C1',
    ts: '1.1',
    text: `<@UBOT> ${hostileText(random, 60)}`,
  };
  return { type: 'event_callback', body: { team_id: 'T1' }, event };
}

function aValue(random: Random): unknown {
  if (random.chance(0.3)) return hostileValue(random, 1);
  const value = random.pick(['c-7F3K2M9P', 'c-7F3K2M9P@0123456789abcdef', 'c-00000000@ffffffffffffffff']);
  return random.chance(0.5) ? mutatedText(random, value) : value;
}
