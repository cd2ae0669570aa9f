import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  DebianPackageError,
  fetchDebianPackages,
  libraryPathOf,
  unpackedRootOf,
} from '../../src/sandbox/debian-package.ts';
import { LaunchError } from '../../src/sandbox/launched-process.ts';
import {
  findLocalSlack,
  type LocalSlack,
  LocalSlackNotFoundError,
  startLocalSlack,
} from '../../src/sandbox/local-slack.ts';
import {
  findRedisServer,
  RedisNotFoundError,
  type RedisOptions,
  type RedisServer,
  startRedis,
} from '../../src/sandbox/redis-server.ts';
import { SlackClient } from '../support/slack-client.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shiftbot-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const redisBinary = await findRedisServer().catch(absent(RedisNotFoundError));
const slackProgram = await findLocalSlack().catch(absent(LocalSlackNotFoundError));

describe.skipIf(redisBinary === undefined)('Redis', () => {
  async function redis(options: RedisOptions = {}): Promise<RedisServer> {
    const server = await startRedis(options);
    onTestFinished(() => server.stop());
    return server;
  }

  it('answers, and is gone after stop', async () => {
    const server = await redis();

    expect(await ask(server, (client) => client.ping())).toBe('PONG');
    await server.stop();

    expect(isRunning(server.pid)).toBe(false);
    expect(await server.exited).toMatchObject({ code: 0 });
  });

  it('evicts nothing and listens on the loopback interface only', async () => {
    const server = await redis();

    const config = await ask(server, (client) => client.config('GET', 'maxmemory-policy', 'bind'));

    expect(config).toEqual(expect.arrayContaining(['noeviction', '127.0.0.1']));
  });

  it('gets its own port when several start at once', async () => {
    const servers = await Promise.all([redis(), redis(), redis()]);

    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
  });

  it('keeps the data of its folder across a crash, on the same port', async () => {
    const first = await redis({ folder });
    await ask(first, (client) => client.set('split', 'v3=50'));
    await first.kill();

    const second = await redis({ folder, port: first.port });

    expect(second.url).toBe(first.url);
    expect(await ask(second, (client) => client.get('split'))).toBe('v3=50');
  });

  it('starts empty without a data folder', async () => {
    const first = await redis();
    await ask(first, (client) => client.set('split', 'v3=50'));
    await first.stop();

    const second = await redis({ port: first.port });

    expect(await ask(second, (client) => client.get('split'))).toBeNull();
  });

  it('says why it did not start, with its last output', async () => {
    const first = await redis();

    const second = startRedis({ port: first.port });

    await expect(second).rejects.toThrow(LaunchError);
    await expect(second).rejects.toThrow(/Address already in use/);
  });

  it('can be stopped while it is frozen', async () => {
    const server = await redis();
    server.pause();

    await server.stop();

    expect(isRunning(server.pid)).toBe(false);
  });
});

describe('finding Redis', () => {
  it('takes the one on the PATH first', async () => {
    await program(join(folder, 'valkey-server'));

    const binary = await findRedisServer({ PATH: folder, XDG_CACHE_HOME: folder });

    expect(binary).toEqual({ path: join(folder, 'valkey-server') });
  });

  it('takes the one in the cache when the PATH has none, and fetches nothing', async () => {
    const root = await unpackedRootOf(['redis-server', 'redis-tools'], join(folder, 'shiftbot'));
    await mkdir(join(root, 'usr/lib/x86_64-linux-gnu'), { recursive: true });

    const binary = await findRedisServer({ PATH: join(folder, 'empty'), XDG_CACHE_HOME: folder });

    expect(binary.path).toBe(join(root, 'usr/bin/redis-server'));
    expect(binary.libraryPath?.split(':')).toContain(join(root, 'usr/lib/x86_64-linux-gnu'));
  });

  it('says in one line what to install if there is neither Redis nor apt', async () => {
    const search = findRedisServer({ PATH: join(folder, 'empty'), XDG_CACHE_HOME: folder });

    await expect(search).rejects.toThrow(
      /^no Redis here: install redis-server or valkey-server, or set REDIS_URL \(.*apt-get.*\)$/,
    );
  });
});

describe('Debian packages', () => {
  /** Programs that pretend to be apt and dpkg, and need no network. */
  async function pretendDebian(downloads: string): Promise<NodeJS.ProcessEnv> {
    const bin = join(folder, 'bin');
    await program(join(bin, 'apt-get'), downloads);
    await program(join(bin, 'dpkg-deb'), 'mkdir -p "$3/usr/bin" && cp "$2" "$3/usr/bin/hello"');
    await program(join(bin, 'ldd'), '');
    return { ...process.env, PATH: `${bin}:${process.env['PATH']}` };
  }

  it('are unpacked once if several ask at the same time, and leave nothing else behind', async () => {
    const environment = await pretendDebian(`echo called >> '${folder}/calls'; echo hi > hello_1.deb`);
    const cacheFolder = join(folder, 'cache');
    const fetch = (): Promise<string> => fetchDebianPackages(['hello'], { cacheFolder, environment });

    const roots = await Promise.all([fetch(), fetch(), fetch()]);
    await rm(join(folder, 'bin'), { recursive: true });
    const again = await fetch();

    expect(new Set([...roots, again]).size).toBe(1);
    expect(await filesIn(cacheFolder)).toEqual([join(again, 'usr/bin/hello')]);
  });

  it('are found in fresh package lists if the machine has none', async () => {
    const environment = await pretendDebian(
      `case "$*" in
         *update) touch '${folder}/updated' ;;
         *) test -e '${folder}/updated' || { echo 'E: Unable to locate package hello' >&2; exit 100; }; echo hi > hello_1.deb ;;
       esac`,
    );

    const root = await fetchDebianPackages(['hello'], { cacheFolder: join(folder, 'cache'), environment });

    expect(await filesIn(root)).toEqual([join(root, 'usr/bin/hello')]);
  });

  it('give an error of one line that says what to install if they cannot be fetched', async () => {
    const environment = await pretendDebian(`echo 'E: Unable to locate package hello' >&2; exit 100`);

    const fetch = fetchDebianPackages(['hello'], { cacheFolder: join(folder, 'cache'), environment });

    await expect(fetch).rejects.toThrow(DebianPackageError);
    await expect(fetch).rejects.toThrow(
      /^install hello by hand: fetching it failed \(E: Unable to locate package hello\)$/,
    );
    expect(await filesIn(join(folder, 'cache'))).toEqual([]);
  });

  it('come with their libraries', async () => {
    await mkdir(join(folder, 'usr/lib/aarch64-linux-gnu'), { recursive: true });

    expect((await libraryPathOf(folder)).split(':')[0]).toBe(join(folder, 'usr/lib/aarch64-linux-gnu'));
  });
});

describe.skipIf(slackProgram === undefined)('local Slack', () => {
  async function localSlack(port = 0): Promise<LocalSlack> {
    const slack = await startLocalSlack({ port });
    onTestFinished(() => slack.stop());
    return slack;
  }

  it('knows the bot by its token', async () => {
    const { apiUrl, credentials } = await localSlack();

    const response = await fetch(`${apiUrl}auth.test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credentials.botToken}` },
    });

    expect(await response.json()).toMatchObject({ ok: true, user: 'shiftbot', user_id: 'U0SHIFTBOT' });
  });

  it('has alice, bob, carol and the bot, together in #reviews and #general', async () => {
    const { url } = await localSlack();

    const state = await (await fetch(`${url}/_control/state`)).json();

    const members = ['U01ALICE', 'U02BOB', 'U03CAROL', 'U0SHIFTBOT'];
    expect(state).toMatchObject({
      apps: [{ botUserId: 'U0SHIFTBOT', mode: 'socket' }],
      users: [{ name: 'shiftbot' }, { name: 'alice' }, { name: 'bob' }, { name: 'carol' }],
      channels: [
        { id: 'C01REVIEWS', name: 'reviews', members },
        { id: 'C02GENERAL', name: 'general', members },
      ],
    });
  });

  it('cannot be reached from other machines', async () => {
    const { url } = await localSlack();

    // All of 127.0.0.0/8 is this machine, so a server on every interface would answer here too.
    const elsewhere = fetch(url.replace('127.0.0.1', '127.0.0.2'));

    await expect(elsewhere).rejects.toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'ECONNREFUSED' }) }),
    );
  });

  it('has new tokens at each start', async () => {
    const [first, second] = await Promise.all([localSlack(), localSlack()]);

    expect(first.credentials.botToken).toMatch(/^xoxb-\d+-\d+-\w+$/);
    expect(first.credentials.appToken).toMatch(/^xapp-1-\w+-\d+-\w+$/);
    expect(first.credentials).not.toEqual(second.credentials);
  });

  it('takes a free port when the one asked for is taken', async () => {
    const taken = await listen();

    const slack = await localSlack(taken.port);

    expect(slack.port).not.toBe(taken.port);
    expect(await new SlackClient(slack).messages()).toEqual([]);
  });

  it('sends signed commands to the events URL in HTTP mode', async () => {
    const { port, received } = await listen();
    const slack = await startLocalSlack({ port: 0, requestUrl: `http://127.0.0.1:${port}/slack/events` });
    onTestFinished(() => slack.stop());

    await new SlackClient(slack).command('bob', 'reviews v3 50');

    expect(await received).toMatch(
      /^POST \/slack\/events[\s\S]*x-slack-signature: v0=[\s\S]*user_id=U02BOB.*text=reviews\+v3\+50/i,
    );
  });

  it('shows what people say, and is gone after stop', async () => {
    const slack = await localSlack();
    const client = new SlackClient(slack);
    await client.say('carol', 'hello');

    const hello = await client.waitFor('a greeting', (messages) => messages.find(({ text }) => text === 'hello'));
    await slack.stop();

    expect(hello.user).toBe('U03CAROL');
    expect(isRunning(slack.pid)).toBe(false);
  });

  it('shows the channel to a test that waited in vain', async () => {
    const client = new SlackClient(await localSlack());
    await client.say('carol', 'hello');

    const wait = client.waitFor('a card', (messages) => messages.find(({ text }) => text === 'card'), {
      timeoutMs: 100,
    });

    await expect(wait).rejects.toThrow(/waited 100 ms for a card; the channel holds:\n {2}U03CAROL: hello/);
  });
});

/** Turns the error "not on this machine" into undefined. Throws all others. */
function absent(expected: new (...args: never[]) => Error): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof expected)) throw error;
    return undefined;
  };
}

async function ask<T>({ url }: RedisServer, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function program(path: string, script = ''): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

async function filesIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** A server that holds a port, and returns the first request it gets. */
async function listen(): Promise<{ port: number; received: Promise<string> }> {
  const { promise: received, resolve } = Promise.withResolvers<string>();
  const server = createServer(async (request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
    resolve([`${request.method} ${request.url}`, ...headers, await text(request)].join('\n'));
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });

  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, received };
}
