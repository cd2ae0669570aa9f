/**
 * `npm run bench`: how long a change takes from the typed command to the acknowledgement and to the live object, beside what the same
 * API server needs for the bare GET and PATCH, and beside `kubectl patch`, all in the same run on the same machine. On the API server
 * of TEST_KUBECONFIG where that is set, else on the sandbox's.
 */
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { Agent, fetch } from 'undici';
import { parse } from 'yaml';
import { z } from 'zod';
import { startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { findOnPath } from '../../src/sandbox/launched-process.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '500' },
    objects: { type: 'string', default: '50' },
    kubectl: { type: 'string', default: '20' },
    pause: { type: 'string', default: '50' },
  },
});
const changes = Number(values.changes);
const objects = Number(values.objects);
const kubectlRuns = Number(values.kubectl);
/** Between two measurements, so that the cards and Events of one change are not charged to the next. */
const pauseMs = Number(values.pause);
const namespace = `bench-${process.pid}`;
const warmUp = 50;

/** Requests to one API server over kept-alive connections. */
class Kube {
  readonly #server: string;
  readonly #headers: Record<string, string>;
  readonly #agent: Agent;
  #closed = false;

  constructor(kubeconfig: string) {
    const { clusters, users } = config.parse(parse(kubeconfig));
    const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
    this.#server = cluster?.server ?? '';
    this.#headers = { authorization: `Bearer ${user?.token ?? ''}` };
    const ca = cluster?.['certificate-authority-data'];
    this.#agent = new Agent(ca === undefined ? {} : { connect: { ca: Buffer.from(ca, 'base64') } });
  }

  async call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
    const response = await fetch(this.#server + path, {
      method,
      dispatcher: this.#agent,
      headers: { ...this.#headers, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Calls back with the name of every VirtualService that changes, when the event arrives. */
  async watch(onChange: (name: string) => void): Promise<void> {
    const listed = z
      .object({ metadata: z.object({ resourceVersion: z.string() }) })
      .parse(await this.call('GET', path()));
    const response = await fetch(
      `${this.#server}${path()}?watch=true&resourceVersion=${listed.metadata.resourceVersion}`,
      {
        dispatcher: this.#agent,
        headers: this.#headers,
      },
    );
    if (response.body === null) throw new Error('the watch has no body');
    const lines = createInterface({ input: Readable.fromWeb(response.body) });
    lines.on('line', (line) => {
      const { type, object } = event.parse(JSON.parse(line));
      if (type === 'MODIFIED') onChange(object.metadata.name);
    });
    lines.on('error', (error) => {
      if (!this.#closed) throw error;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent.destroy();
  }
}

const config = z.object({
  clusters: z.array(
    z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string().optional() }) }),
  ),
  users: z.array(z.object({ user: z.object({ token: z.string().optional() }) })),
});
const event = z.object({
  type: z.string(),
  object: z.object({ metadata: z.object({ name: z.string().default('') }) }),
});
const stored = z.object({
  metadata: z.object({ resourceVersion: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
});

/** When the watch saw each object change, for whoever waits for it. */
class Seen {
  readonly #waiting = new Map<string, (atMs: number) => void>();

  note(name: string): void {
    this.#waiting.get(name)?.(performance.now());
    this.#waiting.delete(name);
  }

  next(name: string): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }
}

interface Times {
  readonly label: string;
  readonly ms: number[];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-bench-'));
  const own = process.env['TEST_KUBECONFIG'] === undefined ? await startKubeApi({ port: 0 }) : undefined;
  const kubeconfig = process.env['TEST_KUBECONFIG'] ?? join(folder, 'kubeconfig');
  if (own !== undefined) await writeFile(kubeconfig, own.kubeconfig());
  const kube = new Kube(await readFile(kubeconfig, 'utf8'));
  await fill(kube);
  const world = await startWorld({
    folder,
    program: resolve('src/main.ts'),
    http: true,
    kubeconfig,
    environment: { NAMESPACE: namespace, NODE_ENV: 'production', COMMANDS_PER_MINUTE: '0' },
  });
  try {
    const seen = new Seen();
    await kube.watch((name) => seen.note(name));
    await round(world, seen, warmUp, 60);
    await rawRound(kube, seen, warmUp);

    const raw = await rawRound(kube, seen, changes);
    const ours = await round(world, seen, changes, 20);
    const kubectl = await kubectlRound(kubeconfig);
    print(own === undefined ? 'the API server of TEST_KUBECONFIG' : "the sandbox's API server", raw, ours, kubectl);
  } finally {
    await world.stop();
    await kube.call('DELETE', `/api/v1/namespaces/${namespace}`).catch(() => undefined); // the sandbox's server goes anyway
    await kube.close();
    await own?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(kube: Kube): Promise<void> {
  await kube.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const meta = (at: number) => ({ name: nameOf(at), namespace });
  for (let at = 0; at < objects; at += 1) {
    const host = nameOf(at);
    const route = ['v1', 'v2'].map((subset, index) => ({
      destination: { host, subset },
      weight: index === 0 ? 100 : 0,
    }));
    const subsets = ['v1', 'v2'].map((name) => ({ name, labels: { version: name } }));
    await kube.call('POST', path('destinationrules'), {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: meta(at),
      spec: { host, subsets },
    });
    await kube.call('POST', path(), {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: meta(at),
      spec: { hosts: [host], http: [{ route }] },
    });
  }
}

/** What the least that could be done costs: read the object, write its weights. */
async function rawRound(kube: Kube, seen: Seen, count: number): Promise<readonly Times[]> {
  const [answered, live] = [times('GET + PATCH, answered'), times('GET + PATCH, live')];
  for (let at = 0; at < count; at += 1) {
    const name = nameOf(at % objects);
    const startMs = performance.now();
    const changed = seen.next(name);
    const { metadata } = stored.parse(await kube.call('GET', `${path()}/${name}`));
    const patch = [
      { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
      {
        op: metadata.annotations === undefined ? 'add' : 'replace',
        path: '/metadata/annotations',
        value: { ...metadata.annotations, 'example.com/write': String(performance.now()) },
      },
      { op: 'replace', path: '/spec/http/0/route/0/weight', value: 100 - (at % 10) },
      { op: 'replace', path: '/spec/http/0/route/1/weight', value: at % 10 },
    ];
    await kube.call('PATCH', `${path()}/${name}`, patch, 'application/json-patch+json');
    answered.ms.push(performance.now() - startMs);
    live.ms.push((await changed) - startMs);
    await delay(pauseMs);
  }
  return [answered, live];
}

/** The bot: a signed command as Slack sends it, until its acknowledgement, and until the watch sees the object changed. */
async function round(world: World, seen: Seen, count: number, offset: number): Promise<readonly Times[]> {
  const [acked, live] = [times('command → ack'), times('command → live')];
  for (let at = 0; at < count; at += 1) {
    const name = nameOf(at % objects);
    const share = offset + (Math.floor(at / objects) % 40);
    const startMs = performance.now();
    const changed = seen.next(name);
    const [ackMs, liveMs] = await Promise.all([
      type(world, `${name} v2 ${share}`).then(() => performance.now()),
      changed,
    ]);
    acked.ms.push(ackMs - startMs);
    live.ms.push(liveMs - startMs);
    await delay(pauseMs);
  }
  return [acked, live];
}

async function kubectlRound(kubeconfig: string): Promise<readonly Times[]> {
  const kubectl = await findOnPath(['kubectl']);
  if (kubectl === undefined) return [];
  const took = times('kubectl patch');
  for (let at = 0; at < kubectlRuns; at += 1) {
    const patch = JSON.stringify([{ op: 'replace', path: '/spec/http/0/route/0/weight', value: 3 + at }]);
    const startMs = performance.now();
    await promisify(execFile)(kubectl, [
      '--kubeconfig',
      kubeconfig,
      '-n',
      namespace,
      'patch',
      'virtualservices',
      nameOf(0),
      '--type=json',
      '-p',
      patch,
    ]);
    took.ms.push(performance.now() - startMs);
  }
  return [took];
}

let commands = 0;

async function type(world: World, text: string): Promise<void> {
  commands += 1;
  const body = new URLSearchParams({
    command: '/shift',
    text,
    user_id: workspace.users.alice.id,
    team_id: workspace.teamId,
    channel_id: workspace.channels.reviews.id,
    trigger_id: `bench.${process.pid}.${commands}`,
    response_url: world.slack.url,
  }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', world.slack.credentials.signingSecret)
    .update(`v0:${timestamp}:${body}`)
    .digest('hex');
  const response = await fetch(`${world.bots[0]?.url}/slack/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
    body,
  });
  const answer = await response.text();
  if (!answer.includes('Accepted')) throw new Error(`${text}: ${answer}`);
}

function print(server: string, raw: readonly Times[], ours: readonly Times[], kubectl: readonly Times[]): void {
  const lines = [...raw, ...ours, ...kubectl].map(({ label, ms }) => [
    label,
    String(ms.length),
    show(at(ms, 0.5)),
    show(at(ms, 0.99)),
  ]);
  const out = [['', 'n', 'p50 ms', 'p99 ms'], ...lines].map(
    ([label = '', ...cells]) => label.padEnd(24) + cells.map((cell) => cell.padStart(9)).join(''),
  );
  const [rawLive, live, ack] = [raw[1]?.ms ?? [], ours[1]?.ms ?? [], ours[0]?.ms ?? []];
  const overhead = at(live, 0.5) - at(rawLive, 0.5);
  out.push(
    '',
    `on ${server}, ${objects} objects, one command every ${pauseMs} ms, Node ${process.versions.node}`,
    `ack p99 ${show(at(ack, 0.99))} ms (aim ≤ 30); overhead over the raw loop p50 ${show(overhead)} ms (aim ≤ 3)`,
    `command → live is ${(at(live, 0.5) / at(rawLive, 0.5)).toFixed(2)} × the raw loop (aim ≤ 2)${kubectl[0] === undefined ? '' : `, ${(at(live, 0.5) / at(kubectl[0].ms, 0.5)).toFixed(2)} × kubectl patch`}`,
  );
  process.stdout.write(`${out.join('\n')}\n`);
}

function times(label: string): Times {
  return { label, ms: [] };
}

function at(ms: readonly number[], share: number): number {
  const sorted = ms.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function show(ms: number): string {
  return ms.toFixed(1);
}

function nameOf(at: number): string {
  return `service-${at}`;
}

function path(plural = 'virtualservices'): string {
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/${plural}`;
}

await main();
