/**
 * `npm run bench`: how long a change takes from the typed command to the acknowledgement and to the live object, beside what the same
 * API server needs for the bare GET and PATCH, and beside `kubectl patch`, all in the same run on the same machine. On the API server
 * of TEST_KUBECONFIG where that is set, else on the sandbox's.
 *
 * `npm run bench -- --against FOLDER`: the same beside the bot of another checkout, with its own `node_modules`. The two bots take
 * turns, one command each.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { fetch } from 'undici';
import { z } from 'zod';
import { type KubeApi, selfSigned, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { findOnPath } from '../../src/sandbox/launched-process.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { signedHeaders } from '../support/signed-request.ts';
import { Kube, type Sightings } from './kube.ts';
import { quantile, ratio, show, type Times, table, times } from './times.ts';

const { values } = parseArgs({
  options: {
    changes: { type: 'string', default: '500' },
    objects: { type: 'string', default: '50' },
    kubectl: { type: 'string', default: '20' },
    pause: { type: 'string', default: '50' },
    against: { type: 'string' },
  },
});
const changes = Number(values.changes);
const objects = Number(values.objects);
const kubectlRuns = Number(values.kubectl);
/** Between two measurements, so that the cards and Events of one change are not charged to the next. */
const pauseMs = Number(values.pause);
const warmUp = 50;

const stored = z.object({
  metadata: z.object({ resourceVersion: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
});

/** The API server that all changes go to. */
interface Server {
  readonly name: string;
  /** Absent where it is somebody else's. */
  readonly own: KubeApi | undefined;
  /** A file. */
  readonly kubeconfig: string;
  readonly kube: Kube;
}

/** The objects of one namespace, which nobody else touches. */
interface Ground {
  readonly namespace: string;
  readonly sightings: Sightings;
}

/** A bot with a world and a namespace of its own. */
interface Runner {
  readonly world: World;
  readonly ground: Ground;
  readonly acked: Times;
  readonly live: Times;
}

interface Raw {
  readonly answered: Times;
  readonly live: Times;
}

async function main(): Promise<void> {
  const programs = [resolve('src/main.ts'), ...(values.against === undefined ? [] : [otherProgram(values.against)])];
  await Promise.all(programs.map((program) => access(program)));
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-bench-'));
  const server = await openServer(folder);
  const namespaces: string[] = [];
  const grounds: Ground[] = [];
  const worlds: World[] = [];
  try {
    for (const [at, program] of programs.entries()) {
      const namespace = await createNamespace(server.kube, `bench-${process.pid}-${at}`);
      namespaces.push(namespace);
      grounds.push(await fill(server.kube, namespace));
      worlds.push(await startBot(server, { program, namespace, folder: join(folder, String(at)) }));
    }
    await measure(server, grounds, worlds);
  } finally {
    for (const world of worlds) await world.stop();
    await close(server, namespaces);
    await rm(folder, { recursive: true, force: true });
  }
}

function otherProgram(folder: string): string {
  return resolve(folder, 'src/main.ts');
}

/** Ours speaks TLS, as real ones do: kubectl sends a token over nothing else. */
async function openServer(folder: string): Promise<Server> {
  const given = process.env['TEST_KUBECONFIG'];
  const own = given === undefined ? await startKubeApi({ port: 0, certificate: selfSigned() }) : undefined;
  const kubeconfig = given ?? join(folder, 'kubeconfig');
  if (own !== undefined) await writeFile(kubeconfig, own.kubeconfig(), { mode: 0o600 });
  const name = own === undefined ? 'the API server of TEST_KUBECONFIG' : "the sandbox's API server";
  return { name, own, kubeconfig, kube: new Kube(await readFile(kubeconfig, 'utf8')) };
}

async function close({ own, kube }: Server, namespaces: readonly string[]): Promise<void> {
  const left = own === undefined ? namespaces : []; // ours takes its objects with it
  for (const namespace of left) await kube.call('DELETE', `/api/v1/namespaces/${namespace}`);
  await kube.close();
  await own?.stop();
}

async function startBot(
  { kubeconfig }: Server,
  { program, namespace, folder }: { readonly program: string; readonly namespace: string; readonly folder: string },
): Promise<World> {
  await mkdir(folder);
  return startWorld({
    folder,
    program,
    http: true,
    kubeconfig,
    environment: { NAMESPACE: namespace, NODE_ENV: 'production', COMMANDS_PER_MINUTE: '0' },
  });
}

async function measure(server: Server, grounds: readonly Ground[], worlds: readonly World[]): Promise<void> {
  const [ground] = grounds;
  if (ground === undefined) throw new Error('there is nothing to measure on');
  await takeTurns(runnersOf(grounds, worlds), warmUp, 60);
  await rawRound(server.kube, ground, warmUp);
  await kubectlRound(server, ground, 1);

  const raw = await rawRound(server.kube, ground, changes);
  const runners = runnersOf(grounds, worlds);
  await takeTurns(runners, changes, 20);
  print(server, { raw, runners, kubectl: await kubectlRound(server, ground, kubectlRuns) });
}

function runnersOf(grounds: readonly Ground[], worlds: readonly World[]): readonly Runner[] {
  return worlds.flatMap((world, at) => {
    const ground = grounds[at];
    const suffix = at === 0 ? '' : ', the other';
    return ground === undefined
      ? []
      : [{ world, ground, acked: times(`command → ack${suffix}`), live: times(`command → live${suffix}`) }];
  });
}

async function createNamespace(kube: Kube, name: string): Promise<string> {
  await kube.call('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

async function fill(kube: Kube, namespace: string): Promise<Ground> {
  const meta = (at: number) => ({ name: nameOf(at), namespace });
  for (let at = 0; at < objects; at += 1) {
    const host = nameOf(at);
    const route = ['v1', 'v2'].map((subset, index) => ({
      destination: { host, subset },
      weight: index === 0 ? 100 : 0,
    }));
    const subsets = ['v1', 'v2'].map((name) => ({ name, labels: { version: name } }));
    await kube.call('POST', path(namespace, 'destinationrules'), {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: meta(at),
      spec: { host, subsets },
    });
    await kube.call('POST', path(namespace), {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: meta(at),
      spec: { hosts: [host], http: [{ route }] },
    });
  }
  return { namespace, sightings: await kube.watch(path(namespace)) };
}

/** What the least that could be done costs: read the object, write its weights. */
async function rawRound(kube: Kube, { namespace, sightings }: Ground, count: number): Promise<Raw> {
  const [answered, live] = [times('GET + PATCH, answered'), times('GET + PATCH, live')];
  for (let at = 0; at < count; at += 1) {
    const name = nameOf(at % objects);
    const startMs = performance.now();
    const changed = sightings.next(name);
    const { metadata } = stored.parse(await kube.call('GET', `${path(namespace)}/${name}`));
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
    await kube.call('PATCH', `${path(namespace)}/${name}`, patch, 'application/json-patch+json');
    answered.ms.push(performance.now() - startMs);
    live.ms.push((await changed) - startMs);
    await delay(pauseMs);
  }
  return { answered, live };
}

/** Whoever goes second in one turn goes first in the next, so that what a machine does meanwhile meets all alike. */
async function takeTurns(runners: readonly Runner[], count: number, offset: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const text = `${nameOf(at % objects)} v2 ${offset + (Math.floor(at / objects) % 40)}`;
    for (const runner of at % 2 === 0 ? runners : runners.toReversed()) {
      await shift(runner, nameOf(at % objects), text);
      await delay(pauseMs);
    }
  }
}

/** The bot: a signed command as Slack sends it, until its acknowledgement, and until the watch sees the object changed. */
async function shift({ world, ground, acked, live }: Runner, name: string, text: string): Promise<void> {
  const startMs = performance.now();
  const changed = ground.sightings.next(name);
  const [ackMs, liveMs] = await Promise.all([type(world, text).then(() => performance.now()), changed]);
  acked.ms.push(ackMs - startMs);
  live.ms.push(liveMs - startMs);
}

/** Undefined where there is no kubectl. */
async function kubectlRound({ kubeconfig }: Server, { namespace }: Ground, count: number): Promise<Times | undefined> {
  const kubectl = await findOnPath(['kubectl']);
  if (kubectl === undefined) return undefined;
  const took = times('kubectl patch');
  const target = ['--kubeconfig', kubeconfig, '-n', namespace, 'patch', 'virtualservices', nameOf(0)];
  for (let at = 0; at < count; at += 1) {
    const patch = JSON.stringify([{ op: 'replace', path: '/spec/http/0/route/0/weight', value: 3 + at }]);
    const startMs = performance.now();
    await promisify(execFile)(kubectl, [...target, '--type=json', '-p', patch]);
    took.ms.push(performance.now() - startMs);
  }
  return took;
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
  const headers = signedHeaders(world.slack.credentials.signingSecret, body);
  const response = await fetch(`${world.bots[0]?.url}/slack/events`, { method: 'POST', headers, body });
  const answer = await response.text();
  if (!answer.includes('Accepted')) throw new Error(`${text}: ${answer}`);
}

interface Measured {
  readonly raw: Raw;
  readonly runners: readonly Runner[];
  readonly kubectl: Times | undefined;
}

function print(server: Server, { raw, runners, kubectl }: Measured): void {
  const [ours, other] = runners;
  if (ours === undefined) return;
  const all = [raw.answered, raw.live, ...runners.flatMap(({ acked, live }) => [acked, live]), kubectl ?? []].flat();
  const overhead = quantile(ours.live, 0.5) - quantile(raw.live, 0.5);
  const besideKubectl = kubectl === undefined ? '' : `, ${ratio(ours.live, kubectl)} kubectl patch`;
  const lines = [
    ...table(all),
    '',
    `on ${server.name}, ${objects} objects, one command every ${pauseMs} ms, Node ${process.versions.node}`,
    `ack p99 ${show(quantile(ours.acked, 0.99))} ms (aim ≤ 30); overhead over the raw loop p50 ${show(overhead)} ms (aim ≤ 3)`,
    `command → live is ${ratio(ours.live, raw.live)} the raw loop (aim ≤ 2)${besideKubectl}`,
    ...(other === undefined ? [] : comparison(ours, other)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Above 1 this checkout is the slower one. */
function comparison(ours: Runner, other: Runner): readonly string[] {
  const beside = (of: Times, to: Times) => `p50 ${ratio(of, to)}, p99 ${ratio(of, to, 0.99)}`;
  return [
    `this one by the other, ${values.against}:`,
    `  command → ack   ${beside(ours.acked, other.acked)}`,
    `  command → live  ${beside(ours.live, other.live)}`,
  ];
}

function nameOf(at: number): string {
  return `service-${at}`;
}

function path(namespace: string, plural = 'virtualservices'): string {
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/${plural}`;
}

await main();
