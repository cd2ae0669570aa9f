import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, launch } from '../src/sandbox/launched-process.ts';
import { workspace } from '../src/sandbox/local-slack.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { startTestWorld, type TestWorld } from './support/test-world.ts';

describe('npm start', () => {
  let world: TestWorld | undefined;

  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  function readyz(): Promise<Response> {
    return fetch(`${world?.bots[0]?.url}/readyz`);
  }

  it('lists everything that is missing, and exits with 78', async () => {
    const { code, stderr } = await run({});

    expect(code).toBe(78);
    for (const name of ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'REDIS_URL', 'KUBECONFIG'])
      expect(stderr).toContain(`  ${name} `);
  });

  it('is ready when Redis, the API server and Slack are ready, and serves metrics', async () => {
    world = await startTestWorld();
    await world.people.command('alice', 'reviews v3 50');
    await world.card('Applied in');

    const ready = await readyz();
    const metrics = async () => (await fetch(`${world?.bots[0]?.url}/metrics`)).text();

    expect([ready.status, await ready.text()]).toEqual([200, 'ready\n']);
    await expect.poll(metrics).toContain('shiftbot_changes_total{outcome="applied"} 1');
    await expect.poll(metrics).toContain('shiftbot_change_duration_seconds_count 1');
  });

  it('names a Redis that may forget changes', async () => {
    world = await startTestWorld({ bots: [] });
    const redis = new Redis(world.redisUrl);
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    redis.disconnect();
    await world.startBot();
    await world.people.waitForBot();

    await expect
      .poll(async () => {
        const ready = await readyz();
        return [ready.status, await ready.text()];
      })
      .toEqual([503, 'Redis: maxmemory-policy is allkeys-lru, so it may forget changes; set it to noeviction\n']);
  });

  it('lists everything that it cannot reach, and is still healthy', async () => {
    world = await startTestWorld();
    await Promise.all([world.redis?.kill(), world.slack.kill(), world.kube?.stop()]);

    await expect
      .poll(async () =>
        (await (await readyz()).text())
          .split('\n')
          .map((line) => line.split(':')[0])
          .filter(Boolean),
      )
      .toEqual(['Redis', 'Kubernetes', 'Slack']);
    expect((await fetch(`${world.bots[0]?.url}/healthz`)).status).toBe(200);
  });

  it('starts and answers while Redis and the API server are missing, and says so', async () => {
    const folder = temporaryFolder();
    const kubeconfig = join(folder, 'kubeconfig');
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    await writeFile(kubeconfig, kubeconfigFor(nowhere));

    world = await startTestWorld({ kubeconfig, redisUrl: `redis://127.0.0.1:${await freePort()}` });
    await world.people.command('alice', 'reviews v3 50');

    await world.told(workspace.users.alice.id, 'Not accepted');
    expect(await (await readyz()).text()).toMatch(/^Redis: .*\nKubernetes: .*KUBECONFIG/);
  });

  it('shuts down cleanly while everything it needs is missing', async () => {
    const port = await freePort();
    const nowhere = await freePort();
    const kubeconfig = join(temporaryFolder(), 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor(`http://127.0.0.1:${nowhere}`));
    const { process: bot } = await launch({
      path: process.execPath,
      arguments: [resolve('dist/main.js')],
      environment: {
        SLACK_BOT_TOKEN: 'xoxb-1',
        SLACK_APP_TOKEN: 'xapp-1',
        SLACK_API_URL: `http://127.0.0.1:${nowhere}/api/`,
        REDIS_URL: `redis://127.0.0.1:${nowhere}`,
        KUBECONFIG: kubeconfig,
        PORT: String(port),
      },
      ready: /Slack does not answer yet/,
      readyWithinMs: 30_000,
    });
    const healthy = await fetch(`http://127.0.0.1:${port}/healthz`);

    await bot.stop();

    const { code, lastOutput } = await bot.exited;
    expect(healthy.status).toBe(200);
    expect(code).toBe(0);
    expect(lastOutput.at(-1)).toContain('"stopped"');
  });

  it('logs the change id on every line about a change, and never a token', async () => {
    world = await startTestWorld();
    await world.people.command('alice', 'reviews v3 50');
    await world.card('Applied in');

    const { logs, slack } = world;
    const lines = () => logs.map((line) => JSON.parse(line) as Record<string, unknown>);
    const about = () => lines().filter(({ msg }) => String(msg).startsWith('change '));
    await expect.poll(() => about().map(({ msg }) => msg)).toEqual(['change accepted', 'change applied']);
    expect(new Set(about().map(({ changeId }) => changeId)).size).toBe(1);
    for (const secret of Object.values(slack.credentials)) expect(logs.join('\n')).not.toContain(secret);
  });
});

function run(
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stderr: string }> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [resolve('dist/main.js')],
      { env: environment },
      (_error, _stdout, stderr) => done({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}
