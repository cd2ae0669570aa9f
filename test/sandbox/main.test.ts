import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy/read-policy.ts';

const program = resolve('src/sandbox/main.ts');

describe.each([{ flags: [] }, { flags: ['--http'] }])('npm run sandbox -- $flags', ({ flags }) => {
  let folder: string;
  let sandbox: ChildProcess | undefined;

  afterEach(async () => {
    sandbox?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('prints where to click, writes a kubeconfig, and ends all that it started on Ctrl-C', async () => {
    folder = await mkdtemp(join(tmpdir(), 'shiftbot-sandbox-'));
    const { REDIS_URL: _, POLICY_FILE: __, PROMETHEUS_URL: ___, ...environment } = process.env;
    const child = spawn(process.execPath, [program, ...flags], {
      cwd: folder,
      env: { ...environment, SANDBOX_SLACK_PORT: '0', SANDBOX_KUBE_PORT: '0', SANDBOX_PAGE_PORT: '0', PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    sandbox = child;
    const ended = new Promise<number | null>((done) => child.once('exit', done));

    const printed = await readyText(child);
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
  });
});

/** All that it printed up to the line that says it is ready. */
async function readyText(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('the sandbox has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('sandbox ready')) return lines.join('\n');
  }
  throw new Error(`the sandbox ended before it was ready:\n${lines.join('\n')}`);
}
