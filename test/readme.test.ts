import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readConfig, variables } from '../src/config.ts';
import { eventsPath } from '../src/slack/listeners/surface.ts';
import { commands, flags } from '../src/slack/replies/help.ts';
import { tourReply } from '../src/slack/replies/tour.ts';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

afterEach(() => void vi.unstubAllEnvs());

describe("README's table of the configuration", () => {
  const rows = rowsOf(section('Configuration'));

  it('lists the variables that the bot reads, and marks those that may come from a file', () => {
    const known = Object.entries(variables).map(([name, { secret }]) => `\`${name}\`${secret ? ' (`_FILE`)' : ''}`);

    expect(rows.map(([first]) => first)).toEqual(known);
  });

  it('gives the defaults that the code has', () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1'); // as in any pod
    const config = readConfig({
      SLACK_BOT_TOKEN: 'xoxb-1',
      SLACK_APP_TOKEN: 'xapp-1',
      REDIS_URL: 'redis://redis:6379',
    });

    expect(defaultOf('NAMESPACE')).toBe(`\`${config.namespace}\``);
    expect(defaultOf('RULES_DIR')).toBe(`\`${relative(root, config.rulesFolder)}\``);
    expect(defaultOf('COMMANDS_PER_MINUTE')).toBe(`\`${config.allowance.perMinute}\``);
    expect(defaultOf('AUDIT_DAYS')).toBe(`\`${config.auditDays}\``);
    expect(defaultOf('ROLES')).toBe(`\`${[...config.roles].join(',')}\``);
    expect(defaultOf('PORT')).toBe(`\`${config.port}\``);
    expect(defaultOf('LOG_LEVEL')).toBe(`\`${config.logLevel}\``);
  });

  it('says what is required', () => {
    const required = rows.filter((row) => row[1] === 'required').map(([first = '']) => first.split('`')[1]);

    expect(required).toEqual(['SLACK_BOT_TOKEN', 'REDIS_URL']);
  });

  it('names the path that Slack posts to', () => {
    expect(section('Configuration')).toContain(`\`${eventsPath}\``);
  });

  function defaultOf(name: string): string | undefined {
    return rows.find(([first]) => first?.startsWith(`\`${name}\``))?.[1];
  }
});

it('lists the commands and flags that help lists', () => {
  const rows = rowsOf(section('Commands'));

  expect(rows).toEqual(commands.map(({ usage, does }) => [`\`${usage}\``, does]));
  for (const { usage } of flags)
    for (const form of usage.split(', ')) expect(section('Commands')).toContain(`\`${form}\``);
});

it('takes the tour as the bot leads through it', () => {
  const stops = Array.from(
    { length: 20 },
    (_, at) => tourReply(at + 1, { page: 'http://page', hasApproval: true }).text,
  );

  expect(commandsIn(section('The tour')).filter((command) => command !== '/shift tour')).toEqual(
    commandsIn(stops.join('\n')),
  );
  for (const [, picture = ''] of readme.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g))
    expect(existsSync(join(root, picture))).toBe(true);
});

/** All that is to be typed, each once, in the order it comes. */
function commandsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/`(\/shift [^`]+)`/g)].map(([, command = '']) => command))];
}

it('tells to apply manifests that there are', () => {
  const named = [...readme.matchAll(/manifests\/[\w./-]*\w/g)].map(([path]) => path);

  expect(named).toContain('manifests/base');
  for (const path of named) expect(existsSync(join(root, path)), path).toBe(true);
});

function section(title: string): string {
  const [, after = ''] = readme.split(`\n## ${title}\n`);
  return after.split('\n## ')[0] ?? '';
}

/** The cells of a Markdown table, without its head. */
function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
