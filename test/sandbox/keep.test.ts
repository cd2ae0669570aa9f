import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    try {
      const sandbox = new Sandbox(child, folder, await readyText(child));
      await sandbox.people.waitForBot();
      return sandbox;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill(signal);
    await ended;
  }
}

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

/** One folder, as somebody uses it over some days. Each test goes on where the one before it ended. */
describe('npm run sandbox -- --keep', () => {
  let folder: string;
  let kept: string;
  let sandbox: Sandbox;
  let posted: SlackMessage;
  let before: Awaited<ReturnType<Objects['get']>>;

  const restart = async (signal: NodeJS.Signals, ...flags: readonly string[]): Promise<void> => {
    await sandbox.end(signal);
    sandbox = await Sandbox.start(folder, ...flags);
  };
  const readToken = async () => tokenIn(await readFile(join(folder, '.sandbox/kubeconfig'), 'utf8'));

  beforeAll(async () => {
    folder = temporaryFolder();
    kept = join(folder, '.sandbox/kept');
    sandbox = await Sandbox.start(folder, '--keep');
    posted = await shift(sandbox);
    before = await sandbox.objects.get('reviews');
  });
  afterAll(() => sandbox.end('SIGKILL'));

  it('keeps its files readable for the owner only', async () => {
    await setFaults(sandbox, 'v3-fails');

    expect((await stat(kept)).mode & 0o777).toBe(0o700);
    for (const file of ['secrets.json', 'objects.jsonl', 'slack.jsonl', 'faults.jsonl']) {
      expect((await stat(join(kept, file))).mode & 0o777).toBe(0o600);
    }
  });

  it('lets no second sandbox start in the same folder, and goes on', async () => {
    await expect(Sandbox.start(folder, '--keep')).rejects.toThrow(/another sandbox runs in .*\.sandbox/);

    expect(await sandbox.objects.weights('reviews')).toContainEqual(['v3', 50]);
  });

  it('continues where it was after SIGINT, and old buttons work', async () => {
    const token = await readToken();
    await restart('SIGINT', '--keep');
    const after = await sandbox.objects.get('reviews');
    const old = await card(sandbox, '50 % to v3', 'Applied in');
    await sandbox.people.click('bob', old, 'Roll back');
    const told = await card(sandbox, '50 % to v3', 'Rolled back');

    expect(after).toEqual(before);
    expect([old.ts, told.ts]).toEqual([posted.ts, posted.ts]);
    expect(await readToken()).toBe(token);
    expect(await sandbox.objects.weights('reviews')).toContainEqual(['v3', 0]);
    const rolledBack = await sandbox.objects.get('reviews');
    expect(Number(rolledBack.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
    expect(await sandbox.objects.ledger('reviews')).toMatchObject({ seq: 2 });
    expect(sandbox.printed).not.toContain('Left out');
  });

  it('starts fresh without --keep, and leaves the kept state alone', async () => {
    await restart('SIGKILL');
    const messages = await sandbox.people.messages();

    expect(await sandbox.objects.weights('reviews')).toEqual([['v1', undefined]]);
    expect(messages.filter((message) => isCard(message, 'Applied'))).toEqual([]);
  });

  it('continues where it was after SIGKILL, with the faults, and old buttons work', async () => {
    await restart('SIGINT', '--keep');
    await card(sandbox, 'back to v1 100 %', 'Applied in');
    await sandbox.people.click('bob', await card(sandbox, 'back to v1 100 %'), 'Roll back');
    await card(sandbox, 'back to v1 50 %, v3 50 %', 'Applied in');

    expect(await sandbox.objects.weights('reviews')).toContainEqual(['v3', 50]);
    expect(await sandbox.objects.ledger('reviews')).toMatchObject({ seq: 3 });
    expect(await (await fetch(faultsOf(sandbox))).text()).toContain('reviews-v3 fails 5 % (500)');
    expect(sandbox.printed).not.toContain('Left out');
  });

  it('starts even with damaged files, and says what it left out', async () => {
    await sandbox.end('SIGKILL');
    for (const file of ['objects.jsonl', 'slack.jsonl', 'faults.jsonl'])
      await appendFile(join(kept, file), '{"version":99');
    await writeFile(join(kept, 'secrets.json'), '{"recordKey"');
    const appendOnly = join(kept, 'redis/appendonlydir');
    for (const file of await readdir(appendOnly)) await writeFile(join(appendOnly, file), 'torn');

    sandbox = await Sandbox.start(folder, '--keep');

    expect(sandbox.printed).toContain('Left out    1 line of objects.jsonl');
    expect(sandbox.printed).toContain('Left out    1 line of slack.jsonl');
    expect(sandbox.printed).toContain('Left out    1 line of faults.jsonl');
    expect(sandbox.printed).toContain('Left out    secrets.json');
    expect(sandbox.printed).toContain('Left out    the files of Redis');
    expect(await sandbox.objects.weights('reviews')).toContainEqual(['v3', 50]);
    expect(await sandbox.objects.ledger('reviews')).toMatchObject({ seq: 3 });
  });
});

/** The page of its faults. */
function faultsOf({ printed }: Sandbox): URL {
  return new URL('/faults', /Bookinfo\s+(http:\S+)/.exec(printed)?.[1]);
}

async function setFaults(sandbox: Sandbox, preset: string): Promise<void> {
  await fetch(faultsOf(sandbox), { method: 'POST', body: new URLSearchParams({ preset }) });
}

function tokenIn(kubeconfig: string): string | undefined {
  return /token: (\S+)/.exec(kubeconfig)?.[1];
}
