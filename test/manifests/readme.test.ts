import { relative } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readConfig, variables } from '../../src/config.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { eventsPath } from '../../src/slack/listeners/surface.ts';
import { page, root, rowsOf, section } from '../support/pages.ts';

const readme = page('manifests/README.md');

afterEach(() => void vi.unstubAllEnvs());

describe('the table of the configuration', () => {
  const rows = rowsOf(section(readme, 'Configuration'));

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
    expect(section(readme, 'Configuration')).toContain(`\`${eventsPath}\``);
  });

  function defaultOf(name: string): string | undefined {
    return rows.find(([first]) => first?.startsWith(`\`${name}\``))?.[1];
  }
});

it('the table of the metrics has those that the bot counts', async () => {
  const { text } = await createMetrics().scrape();
  const counted = [...text.matchAll(/^# TYPE (shiftbot_\w+)/gm)].map(([, name]) => name);

  const told = rowsOf(section(readme, 'Operating')).map(([cell = '']) => /^`(\w+)/.exec(cell)?.[1]);

  expect(told).toEqual(expect.arrayContaining(counted));
});
