import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readPolicy } from '../../src/policy/read-policy.ts';
import { findOnPath } from '../../src/sandbox/launched-process.ts';
import { realPrometheus } from '../support/prometheus.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const program = resolve('src/sandbox/main.ts');
const prometheus = await realPrometheus();
const setpriv = await findOnPath(['setpriv']);

describe.each([{ flags: [] }, { flags: ['--http'] }])('npm run sandbox -- $flags', ({ flags }) => {
  let folder: string;
  let sandbox: ChildProcess | undefined;

  afterEach(async () => {
    sandbox?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('prints where to click, writes a kubeconfig, and ends all that it started on Ctrl-C', async () => {
    folder = await mkdtemp(join(tmpdir(), 'shiftbot-sandbox-'));
    const child = start(folder, flags);
    sandbox = child;
    const ended = new Promise<number | null>((done) => child.once('exit', done));

    const printed = await readText(child, 'sandbox ready');
    const addresses = [...printed.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url);
    const [slack, page, kube, bot] = addresses;
    const people = await (await fetch(`${slack}/_control/state`)).json();
    const product = await (await fetch(`${page}/productpage`)).text();
    const objects = await (
      await fetch(`${kube}/apis/networking.istio.io/v1/namespaces/default/virtualservices`)
    ).json();
    const ready = await (await fetch(`${bot}/readyz`)).text();
    const policy = await readFile(join(folder, '.sandbox/policy.yaml'), 'utf8');
    const kubeconfig = await readFile(join(folder, '.sandbox/kubeconfig'), 'utf8');
    child.kill('SIGINT');

    expect(await ended).toBe(0);
    expect(people).toMatchObject({
      users: expect.arrayContaining([expect.objectContaining({ id: 'U01ALICE', name: 'alice' })]),
    });
    expect(
      (objects as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name).toSorted(),
    ).toEqual(['details', 'productpage', 'ratings', 'reviews']);
    expect(product).toContain('reviews v1');
    expect(ready).toBe('ready\n');
    expect(printed).toContain('ratings needs an approval by bob or carol');
    expect(readPolicy(Buffer.from(policy))).toMatchObject({ ok: true, warnings: [] });
    expect(kubeconfig).toContain(String(kube));
    for (const address of [slack, page, kube, bot]) await expect(fetch(String(address))).rejects.toThrow();
  }, 30_000);
});

describe.skipIf(prometheus === undefined || setpriv === undefined)(
  'npm run sandbox, killed (needs Linux with setpriv, and a Prometheus)',
  () => {
    it('leaves no process behind that it started', async () => {
      const child = start(temporaryFolder());
      onTestFinished(() => void child.kill('SIGKILL'));
      const printed = await readText(child, 'Prometheus measures');
      const addresses = [...new Set([...printed.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url))];
      const answering = await Promise.all(addresses.map(answers));

      child.kill('SIGKILL');

      expect(answering).toEqual([true, true, true, true, true, true]);
      await vi.waitFor(async () => expect(await Promise.all(addresses.map(answers))).not.toContain(true), {
        timeout: 5_000,
      });
    }, 60_000);
  },
);

function start(folder: string, flags: readonly string[] = []): ChildProcessByStdio<null, Readable, null> {
  const { REDIS_URL: _, POLICY_FILE: __, PROMETHEUS_URL: ___, ...environment } = process.env;
  return spawn(process.execPath, [program, ...flags], {
    cwd: folder,
    // Its temporary folders lie in ours, since one that is killed leaves them behind.
    env: {
      ...environment,
      TMPDIR: folder,
      SANDBOX_SLACK_PORT: '0',
      SANDBOX_KUBE_PORT: '0',
      SANDBOX_PAGE_PORT: '0',
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** All that it printed up to the line that begins so. */
async function readText(child: { readonly stdout: Readable }, last: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith(last)) return lines.join('\n');
  }
  throw new Error(`the sandbox ended before it said "${last}":\n${lines.join('\n')}`);
}
