import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isExecutable, type LaunchedProcess, launch, portIsFree } from './launched-process.ts';
import type { SlackMemory } from './slack-memory.ts';

export interface LocalSlack extends LaunchedProcess {
  /** Its web page, where you can act as any of the users. */
  readonly url: string;
  readonly apiUrl: string;
  readonly port: number;
  readonly credentials: SlackCredentials;
}

export interface SlackCredentials {
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
}

export interface LocalSlackOptions {
  /** If it is 0 or taken, a free port is used. */
  readonly port: number;
  /** The bot's events URL, for HTTP mode. Default: Socket Mode. */
  readonly requestUrl?: string;
  /** Default: new ones. */
  readonly credentials?: SlackCredentials;
  /** Keeps the messages across restarts. Default: nothing is kept. */
  readonly memory?: SlackMemory;
}

export class LocalSlackNotFoundError extends Error {
  override readonly name = 'LocalSlackNotFoundError';
}

/** The only workspace: its users, and the channels that all of them are in. */
export const workspace = {
  teamId: 'T0SANDBOX',
  appId: 'A0SHIFTBOT',
  bot: { id: 'U0SHIFTBOT', name: 'shiftbot' },
  users: {
    alice: { id: 'U01ALICE', realName: 'Alice' },
    bob: { id: 'U02BOB', realName: 'Bob' },
    carol: { id: 'U03CAROL', realName: 'Carol' },
  },
  channels: {
    reviews: { id: 'C01REVIEWS', topic: 'Releases of reviews' },
    general: { id: 'C02GENERAL', topic: 'Everything else' },
  },
} as const;

const readyWithinMs = 15_000;

/** local-slack's page shows Slack's dates (`<!date^…|23 Nov 2026, 14:33 UTC>`) as raw text. This script shows their fallback text. */
const readDates = `<script>
const date = /<!date\\^[^|>]*\\|([^>]*)>/;
const read = (node) => {
  if (node.nodeName === 'SCRIPT') return;
  if (node.nodeType !== 3) return node.childNodes.forEach(read);
  while (date.test(node.data)) node.data = node.data.replace(date, '$1');
};
const readAll = (seen) => seen.forEach(({ type, target, addedNodes }) =>
  type === 'characterData' ? read(target) : addedNodes.forEach(read));
new MutationObserver(readAll)
  .observe(document, { childList: true, characterData: true, subtree: true });
</script>`;

/**
 * Makes local-slack listen on the loopback interface only: by default it listens on every interface, and its control API asks for no
 * password. Also adds the script above to its page. It takes every block, and its page shows the name of one that it does not know, so it
 * refuses charts like a workspace that has none yet.
 */
const preload = `const serve = Bun.serve;
const readDates = ${JSON.stringify(readDates)};
const withDates = async (answer) => {
  const response = await answer;
  if (!response?.headers.get('content-type')?.startsWith('text/html')) return response;
  const page = (await response.text()).replace('</title>', () => '</title>' + readDates);
  return new Response(page, { status: response.status, headers: { 'content-type': 'text/html;charset=utf-8' } });
};
const chart = /(?:%22|")type(?:%22|")(?:%3A|:)(?:%22|")data_visualization/;
const hasChart = async (request) =>
  /^\\/api\\/chat\\.(?:postMessage|update)$/.test(new URL(request.url).pathname) && chart.test(await request.clone().text());
Bun.serve = (options) => serve({
  ...options,
  hostname: '127.0.0.1',
  async fetch(request, server) {
    if (await hasChart(request)) return Response.json({ ok: false, error: 'invalid_blocks' });
    return withDates(options.fetch.call(server, request, server));
  },
});
`;

/** Starts a local Slack with its web page. Returns when it answers. */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const path = await findLocalSlack();
  const { credentials = newCredentials(), memory } = options;
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-slack-'));
  const forget = (): Promise<void> => rm(folder, { recursive: true, force: true });

  try {
    const config = join(folder, 'workspace.json');
    const preloaded = join(folder, 'preload.js');
    await writeFile(config, JSON.stringify(configOf(credentials, options.requestUrl)), { mode: 0o600 });
    await writeFile(preloaded, preload + (memory?.preload ?? ''));

    const port = (await portIsFree(options.port)) ? options.port : 0;
    const { process: launched, ready } = await launch({
      path,
      arguments: Object.entries({ config, port, 'base-host': '127.0.0.1', 'files-dir': folder }).flatMap(
        ([name, value]) => [`--${name}`, String(value)],
      ),
      // None of our variables: a proxy setting would redirect the bot's events, and it must not see our secrets.
      environment: { BUN_OPTIONS: `--preload ${preloaded.replaceAll(' ', '\\ ')}` },
      ready: /Web UI:\s+(http:\/\/127\.0\.0\.1:(\d+))/,
      readyWithinMs,
    });
    const [, url = '', boundPort] = ready;
    return {
      ...launched,
      url,
      apiUrl: `${url}/api/`,
      port: Number(boundPort),
      credentials,
      kill: () => launched.kill().then(forget),
      stop: () => launched.stop().then(forget),
    };
  } catch (error) {
    await forget();
    throw error;
  }
}

/** Path of the program, which exists for Linux on x64 only. */
export async function findLocalSlack(): Promise<string> {
  const name = `local-slack-${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const path = join(dirname(manifest), 'bin/local-slack');
    if (await isExecutable(path)) return path;
  } catch (cause) {
    throw new LocalSlackNotFoundError(
      `no local Slack here: the npm package ${name} is not installed (it exists only for Linux on x64)`,
      { cause },
    );
  }
  throw new LocalSlackNotFoundError(`no local Slack here: the program in ${name} is not executable`);
}

/** New random credentials, in the format of Slack's own. */
export function newCredentials(): SlackCredentials {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  const digits = (count: number): string => Array.from(randomBytes(count), (byte) => byte % 10).join('');
  return {
    botToken: `xoxb-${digits(12)}-${digits(13)}-${hex(12)}`,
    appToken: `xapp-1-${workspace.appId}-${digits(13)}-${hex(32)}`,
    signingSecret: hex(16),
  };
}

function configOf(credentials: SlackCredentials, requestUrl: string | undefined): object {
  const { teamId, appId, bot, users, channels } = workspace;
  const members = [...Object.values(users).map((user) => user.id), bot.id];
  return {
    workspace: { name: 'Sandbox', domain: 'sandbox', teamId },
    apps: [
      {
        appId,
        botUserId: bot.id,
        botName: bot.name,
        ...credentials,
        ...(requestUrl === undefined ? { mode: 'socket' } : { mode: 'events', requestUrl }),
      },
    ],
    users: Object.entries(users).map(([name, { id, realName }]) => ({
      id,
      name,
      real_name: realName,
      email: `${name}@example.com`,
      tz: 'UTC',
    })),
    channels: Object.entries(channels).map(([name, { id, topic }]) => ({ id, name, topic, purpose: '', members })),
  };
}
