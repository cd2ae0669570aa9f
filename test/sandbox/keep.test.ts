import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { SlackClient, type SlackMessage } from '../support/slack-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cardIn, isCard, Objects } from '../support/test-world.ts';

const program = resolve('src/sandbox/main.ts');

const anyPort = { SANDBOX_SLACK_PORT: '0', SANDBOX_PAGE_PORT: '0', SANDBOX_KUBE_PORT: '0', PORT: '0' };
const withoutTraffic = { SANDBOX_RPS: '0', PROMETHEUS_URL: 'http://127.0.0.1:9' };

/** A sandbox that runs in a folder, as somebody starts it in a terminal. */
class Sandbox {
  readonly printed: string;
  readonly people: SlackClient;
  readonly objects: Objects;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, folder: string, printed: string) {
    const [, url = ''] = /Slack\s+(http:\S+)/.exec(printed) ?? [];
    this.#child = child;
    this.printed = printed;
    this.people = new SlackClient({ url });
    this.objects = new Objects(join(folder, '.sandbox/kubeconfig'));
  }

  static async start(folder: string, ...flags: readonly string[]): Promise<Sandbox> {
    const { REDIS_URL: _, POLICY_FILE: __, ...environment } = process.env;
    const child = spawn(process.execPath, [program, ...flags], {
      cwd: folder,
      // A killed sandbox leaves its temporary folders behind, so they are inside ours.
      env: { ...environment, ...anyPort, ...withoutTraffic, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    const sandbox = new Sandbox(child, folder, await readyText(child));
    await sandbox.people.waitForBot();
    return sandbox;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill(signal);
    await ended;
  }
}

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** What it prints up to the line that says it is ready. Rejects with its errors if it ends before. */
async function readyText(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  let complaint = '';
  child.stderr?.on('data', (text) => {
    complaint += String(text);
  });
  if (child.stdout === null) throw new Error('the sandbox has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('sandbox ready')) return lines.join('\n');
  }
  throw new Error(complaint);
}

/** Waits for a card with all these words. */
function card({ people }: Sandbox, ...words: readonly string[]): Promise<SlackMessage> {
  return cardIn(people, words);
}

/** Shifts half of reviews to v3, and waits for the card that says so. */
async function shift(sandbox: Sandbox): Promise<SlackMessage> {
  await sandbox.people.command('alice', 'reviews v3 50');
  return card(sandbox, '50 % to v3', 'Applied in');
}

describe('npm run sandbox -- --keep', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'continues where it was after %s, and old buttons work',
    async (signal) => {
      const folder = temporaryFolder();
      const first = await Sandbox.start(folder, '--keep');
      const posted = await shift(first);
      const before = await first.objects.get('reviews');
      const token = await readFile(join(folder, '.sandbox/kubeconfig'), 'utf8').then(tokenIn);
      await first.end(signal);

      const second = await Sandbox.start(folder, '--keep');
      const after = await second.objects.get('reviews');
      const old = await card(second, '50 % to v3', 'Applied in');
      await second.people.click('bob', old, 'Roll back');
      const told = await card(second, '50 % to v3', 'Rolled back');

      expect(after).toEqual(before);
      expect([old.ts, told.ts]).toEqual([posted.ts, posted.ts]);
      expect(tokenIn(await readFile(join(folder, '.sandbox/kubeconfig'), 'utf8'))).toBe(token);
      expect(await second.objects.weights('reviews')).toContainEqual(['v3', 0]);
      const rolledBack = await second.objects.get('reviews');
      expect(Number(rolledBack.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
      expect(await second.objects.ledger('reviews')).toMatchObject({ seq: 2 });
      expect(second.printed).not.toContain('Left out');
    },
    60_000,
  );

  it('starts fresh without --keep, and leaves the kept state alone', async () => {
    const folder = temporaryFolder();
    const kept = await Sandbox.start(folder, '--keep');
    await shift(kept);
    await kept.end('SIGINT');

    const fresh = await Sandbox.start(folder);
    const weights = await fresh.objects.weights('reviews');
    const messages = await fresh.people.messages();
    await fresh.end('SIGINT');
    const again = await Sandbox.start(folder, '--keep');

    expect(weights).toEqual([['v1', undefined]]);
    expect(messages.filter((message) => isCard(message, 'Applied'))).toEqual([]);
    expect(await again.objects.weights('reviews')).toEqual([
      ['v1', 50],
      ['v3', 50],
    ]);
  }, 60_000);

  it('keeps the faults, and the page says so', async () => {
    const folder = temporaryFolder();
    const first = await Sandbox.start(folder, '--keep');
    const body = new URLSearchParams({ preset: 'v3-fails' });
    await fetch(faultsOf(first), { method: 'POST', body });
    await first.end('SIGKILL');

    const second = await Sandbox.start(folder, '--keep');

    expect(await (await fetch(faultsOf(second))).text()).toContain('reviews-v3 fails 5 % (500)');
    expect((await stat(join(folder, '.sandbox/kept/faults.jsonl'))).mode & 0o777).toBe(0o600);
  }, 60_000);

  it('starts even with damaged files, and says what it left out', async () => {
    const folder = temporaryFolder();
    const kept = join(folder, '.sandbox/kept');
    const first = await Sandbox.start(folder, '--keep');
    await shift(first);
    await first.end('SIGKILL');
    for (const file of ['objects.jsonl', 'slack.jsonl', 'faults.jsonl'])
      await appendFile(join(kept, file), '{"version":99');
    await writeFile(join(kept, 'secrets.json'), '{"recordKey"');
    const appendOnly = join(kept, 'redis/appendonlydir');
    for (const file of await readdir(appendOnly)) await writeFile(join(appendOnly, file), 'torn');

    const second = await Sandbox.start(folder, '--keep');

    expect(second.printed).toContain('Left out    1 line of objects.jsonl');
    expect(second.printed).toContain('Left out    1 line of slack.jsonl');
    expect(second.printed).toContain('Left out    1 line of faults.jsonl');
    expect(second.printed).toContain('Left out    secrets.json');
    expect(second.printed).toContain('Left out    the files of Redis');
    expect(await second.objects.weights('reviews')).toContainEqual(['v3', 50]);
    expect(await second.objects.ledger('reviews')).toMatchObject({ seq: 1 });
  }, 60_000);

  it('keeps its files readable for the owner only', async () => {
    const folder = temporaryFolder();
    const sandbox = await Sandbox.start(folder, '--keep');
    await sandbox.end('SIGINT');

    const kept = join(folder, '.sandbox/kept');
    expect((await stat(kept)).mode & 0o777).toBe(0o700);
    for (const file of ['secrets.json', 'objects.jsonl', 'slack.jsonl']) {
      expect((await stat(join(kept, file))).mode & 0o777).toBe(0o600);
    }
  }, 60_000);
});

describe('a second sandbox in the same folder', () => {
  it('refuses to start, and the first one goes on', async () => {
    const folder = temporaryFolder();
    const first = await Sandbox.start(folder);

    await expect(Sandbox.start(folder, '--keep')).rejects.toThrow(/another sandbox runs in .*\.sandbox/);

    expect(await first.objects.weights('reviews')).toEqual([['v1', undefined]]);
  }, 60_000);
});

/** The page of its faults. */
function faultsOf({ printed }: Sandbox): URL {
  return new URL('/faults', /Bookinfo\s+(http:\S+)/.exec(printed)?.[1]);
}

function tokenIn(kubeconfig: string): string | undefined {
  return /token: (\S+)/.exec(kubeconfig)?.[1];
}
