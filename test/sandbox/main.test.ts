import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readPolicy } from '../../src/policy-file/read-policy.ts';
import { selfSigned, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { findOnPath, portIsFree } from '../../src/sandbox/launched-process.ts';
import { startRedis } from '../../src/sandbox/redis-server.ts';
import { bookinfoObjects } from '../../src/sandbox/worlds/worlds.ts';
import { eventually } from '../support/eventually.ts';
import { realPrometheus } from '../support/prometheus.ts';
import { SlackClient } from '../support/slack-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cardIn } from '../support/test-world.ts';

const program = resolve('src/sandbox/main.ts');
const auditToken = 'a token of the sandbox';
const prometheus = await realPrometheus();
const setpriv = await findOnPath(['setpriv']);
const servicesPath = '/apis/networking.istio.io/v1/namespaces/default/virtualservices';

describe.each([{ flags: [] }, { flags: ['--http'] }])('npm run sandbox -- $flags', ({ flags }) => {
  let folder: string;
  let sandbox: ChildProcess | undefined;

  afterEach(async () => {
    sandbox?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('prints its addresses, writes a kubeconfig, and stops everything on Ctrl-C', async () => {
    folder = await mkdtemp(join(tmpdir(), 'shiftbot-sandbox-'));
    const child = start(folder, flags);
    sandbox = child;
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const all: string[] = [];
    child.stdout.on('data', (chunk) => all.push(String(chunk)));

    const printed = await readText(child, 'sandbox ready');
    const addresses = [...printed.matchAll(/https?:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url);
    const [slack, page, kube, botUrl] = addresses;
    const people = await (await fetch(`${slack}/_control/state`)).json();
    const product = await (await fetch(`${page}/productpage`)).text();
    await expect.poll(async () => (await fetch(`${botUrl}/readyz`)).text()).toBe('ready\n');
    const audit = await fetch(`${botUrl}/audit.ndjson`, { headers: { authorization: `Bearer ${auditToken}` } });
    const hook = await fetch(`${botUrl}/hooks/freeze`);
    const policy = await readFile(join(folder, '.sandbox/policy.yaml'), 'utf8');
    const objects = await servicesAs(join(folder, '.sandbox/kubeconfig'));
    const bot = await servicesAs(join(folder, '.sandbox/bot.kubeconfig'));
    child.kill('SIGINT');

    expect(await ended).toBe(0);
    expect(all.join('')).not.toContain('the bot ended');
    expect(people).toMatchObject({
      users: expect.arrayContaining([expect.objectContaining({ id: 'U01ALICE', name: 'alice' })]),
    });
    expect(objects.names).toEqual(['details', 'productpage', 'ratings', 'reviews']);
    expect(bot.names).toEqual(objects.names);
    expect([objects.server, bot.server]).toEqual([kube, kube]);
    expect([objects.mode, bot.mode]).toEqual([0o600, 0o600]);
    expect(bot.token).not.toBe(objects.token);
    expect(bot.withoutToken).toBe(403);
    expect(product).toContain('reviews v1');
    expect([audit.status, hook.status]).toEqual([200, 404]);
    expect(printed).toContain('ratings needs an approval by bob or carol');
    expect(readPolicy(Buffer.from(policy))).toMatchObject({ ok: true, warnings: [] });
    expect(await Promise.all([slack, page, kube, botUrl].map(answers))).not.toContain(true);
  });
});

describe.skipIf(prometheus === undefined || setpriv === undefined)(
  'npm run sandbox, killed (needs Linux with setpriv, and a Prometheus)',
  () => {
    it('leaves no process behind', async () => {
      const child = start(temporaryFolder());
      onTestFinished(() => void child.kill('SIGKILL'));
      const printed = await readText(child, 'Prometheus measures');
      const addresses = [...new Set([...printed.matchAll(/https?:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url))];
      const answering = await Promise.all(addresses.map(answers));

      child.kill('SIGKILL');

      expect(answering).toEqual([true, true, true, true, true, true]);
      await eventually(async () => expect(await Promise.all(addresses.map(answers))).not.toContain(true));
    }, 60_000);
  },
);

describe('npm run sandbox where there is no Prometheus, and nothing to fetch one with', () => {
  it('says that nothing is measured, and a ramp goes by time', async () => {
    const folder = temporaryFolder();
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const bare = { PATH: dirname(process.execPath), XDG_CACHE_HOME: folder, REDIS_URL: redis.url };
    const child = start(folder, [], bare);
    onTestFinished(() => interrupted(child)); // without setpriv on the PATH, one that is killed leaves its processes behind
    const printed = await readText(child, 'nothing is measured');
    const [, url = ''] = /Slack\s+(http:\S+)/.exec(printed) ?? [];
    const people = new SlackClient({ url });
    await people.waitForBot();
    await people.waitForAnswer();
    await people.command('alice', 'reviews v3 10 for 15s, 100');

    expect(printed).toContain('no Prometheus here');
    const made = await cardIn(people, ['step 1 of 2', 'Next: 100 %']);
    expect(made.text).toContain('No guard watches');
  });
});

describe('npm run sandbox with SANDBOX_KUBECONFIG', () => {
  it('names the cluster, and only reads there until somebody asks for a change', async () => {
    const folder = temporaryFolder();
    const verbs: string[] = [];
    const kube = await startKubeApi({
      port: 0,
      certificate: selfSigned(),
      objects: await bookinfoObjects(),
      onRequest: ({ verb }) => verbs.push(verb),
    });
    onTestFinished(() => kube.stop());
    const file = join(folder, 'own.kubeconfig');
    await writeFile(file, kube.kubeconfig().replaceAll('sandbox', 'kind-dev'));

    const child = start(folder, [], { SANDBOX_KUBECONFIG: file });
    onTestFinished(() => void child.kill('SIGKILL'));
    const printed = await readText(child, 'sandbox ready');
    const [slack = '', page] = [...printed.matchAll(/https?:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url);
    const product = await (await fetch(`${page}/productpage`)).text();
    const people = new SlackClient({ url: slack });
    await people.waitForBot();
    const untilAsked = [...new Set(verbs)];
    await people.waitForAnswer();
    await people.command('alice', 'reviews v3 100');
    await cardIn(people, ['Applied in']);

    expect(printed).toContain(`Kubernetes  ${kube.url}  your cluster kind-dev (context kind-dev of ${file})`);
    expect(product).toContain('reviews v1');
    expect(untilAsked.toSorted()).toEqual(['list', 'watch']);
    expect(verbs).toContain('patch');
    expect((await people.messages())[0]?.text).toContain('of your cluster `kind-dev`: what you shift');
    expect(await readdir(join(folder, '.sandbox'))).not.toContain('kubeconfig');
  });
});

function start(
  folder: string,
  flags: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): ChildProcessByStdio<null, Readable, null> {
  const { REDIS_URL: _, POLICY_FILE: __, PROMETHEUS_URL: ___, FREEZE_HOOK_TOKEN: ____, ...environment } = process.env;
  return spawn(process.execPath, [program, ...flags], {
    cwd: folder,
    // A killed sandbox leaves its temporary folders behind, so they are inside ours.
    env: {
      ...environment,
      TMPDIR: folder,
      SANDBOX_SLACK_PORT: '0',
      SANDBOX_KUBE_PORT: '0',
      SANDBOX_PAGE_PORT: '0',
      PORT: '0',
      AUDIT_TOKEN: auditToken,
      // The sandbox must ignore this: it may lead to any cluster.
      KUBECONFIG: join(folder, 'of-somebody-else.kubeconfig'),
      ...more,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function interrupted(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

/** Whether something listens there. */
async function answers(url = ''): Promise<boolean> {
  return !(await portIsFree(Number(new URL(url).port)));
}

const kubeconfigFile = z.object({
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }) }),
  ]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
});
const listed = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** The VirtualServices that the user of this kubeconfig sees. */
async function servicesAs(path: string) {
  const { clusters, users } = kubeconfigFile.parse(parse(await readFile(path, 'utf8')));
  const [{ server, 'certificate-authority-data': ca }, { token }] = [clusters[0].cluster, users[0].user];
  const dispatcher = new Agent({ connect: { ca: Buffer.from(ca, 'base64').toString() } });
  const as = async (authorization: string) =>
    request(server + servicesPath, { dispatcher, headers: { authorization } });
  const names = listed
    .parse(await (await as(`Bearer ${token}`)).body.json())
    .items.map(({ metadata }) => metadata.name);
  const { statusCode: withoutToken } = await as('');
  await dispatcher.close();
  return { server, token, withoutToken, names: names.toSorted(), mode: (await stat(path)).mode & 0o777 };
}

/** What it prints up to the line that begins with `last`. */
async function readText(child: { readonly stdout: Readable }, last: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith(last)) return lines.join('\n');
  }
  throw new Error(`the sandbox ended before it printed "${last}":\n${lines.join('\n')}`);
}
