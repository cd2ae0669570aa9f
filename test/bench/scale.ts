/**
 * `npm run scale -- --objects 10000`: what a cluster of many objects costs the traffic map, beside plain LISTs of the same objects from the
 * same API server in the same run, and beside building the map anew: how long until it knows all of them, what it keeps of each, what a
 * change of one costs, and how long it takes to say how a service stands, with the requests to the API server that this makes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { KubeClient } from '../../src/cluster/client/kube-client.ts';
import { loadKubeConfigs } from '../../src/cluster/client/kube-config.ts';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { destinationRules } from '../../src/cluster/kinds/destination-rule.ts';
import { virtualServices } from '../../src/cluster/kinds/virtual-service.ts';
import { MapFeed } from '../../src/cluster/map/map-feed.ts';
import { readMeshObject } from '../../src/cluster/map/read-object.ts';
import { Surroundings } from '../../src/cluster/map/surroundings.ts';
import { allKinds } from '../../src/cluster/map/watched-kinds.ts';
import { ServedKinds } from '../../src/cluster/served-kinds.ts';
import { defaultSettings } from '../../src/domain/map/objects.ts';
import { trafficMap } from '../../src/domain/map/traffic-map.ts';
import { type KubeObject, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { heapBytes } from '../support/heap.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { quantile, ratio, table, times } from './times.ts';

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '10000' },
    /** In one namespace. */
    together: { type: 'string', default: '50' },
    serve: { type: 'boolean', default: false },
  },
});
const count = Number(values.objects);
const together = Number(values.together);
const rounds = 5;
const asked = 500;
const anHour = 3600_000;

if (values.serve) await serve();
else await measure();

/** The API server has a process of its own, so that its work and its memory are not the map's. */
async function serve(): Promise<void> {
  const objects = Array.from({ length: count }, (_, at) => [virtualService(at), destinationRule(at)]).flat();
  const kube = await startKubeApi({ port: 0, objects, webhook: false, watchTimeoutMs: anHour });
  process.send?.({ kubeconfig: kube.kubeconfig() });
  process.once('disconnect', () => process.exit());
}

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-scale-'));
  const server = spawn(
    process.execPath,
    [import.meta.filename, '--serve', '--objects', values.objects, '--together', values.together],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  try {
    const client = await clientOf(server, folder);
    const lists = times('plain LISTs of the same objects');
    for (let round = 0; round < rounds; round += 1) await timed(lists, () => listAll(client));
    await untilKnown(client, lists);
    await changeOne(client);
    await askHowItStands(client);
  } finally {
    server.disconnect();
    await once(server, 'exit');
    await rm(folder, { recursive: true });
  }
}

async function clientOf(server: ChildProcess, folder: string): Promise<KubeClient> {
  const [message] = await once(server, 'message');
  const { kubeconfig } = z.object({ kubeconfig: z.string() }).parse(message);
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfig, { mode: 0o600 });
  const [config] = loadKubeConfigs(file, []).values();
  if (config === undefined) throw new Error('the kubeconfig has no context');
  return new KubeClient(config, { timeoutMs: 60_000 });
}

async function listAll(client: KubeClient): Promise<readonly (readonly unknown[])[]> {
  const lists = [await client.list(virtualServices, undefined), await client.list(destinationRules, undefined)];
  return lists.map(({ items }) => items);
}

/** The whole cluster, as a bot that may see it reads it after its start. */
async function untilKnown(client: KubeClient, lists: ReturnType<typeof times>): Promise<void> {
  const known = times('the map knows all of them');
  const kept: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = heapBytes();
    const feed = new MapFeed(defaultSettings);
    const kinds = allKinds(new ServedKinds(client));
    const whole = new Surroundings(client, feed, {
      namespace: undefined,
      kinds,
      againMs: anHour,
      log: new InMemoryLog(),
    });
    await timed(known, () => whole.start());
    kept.push((heapBytes() - before) / (2 * count)); // later rounds free what earlier ones had
    if (feed.map.views(hostOf(count - 1)).length === 0) throw new Error('the map does not know what is there');
    whole.stop();
  }
  print(
    '',
    ...table([lists, known]),
    '',
    `${ratio(known, lists)} of the LISTs, which ask for two kinds where the map asks for ten`,
  );
  print(`kept of each object: ${Math.round(kept[0] ?? Number.NaN)} bytes`);
}

async function changeOne(client: KubeClient): Promise<void> {
  const [services = [], rules = []] = await listAll(client);
  const objects = [
    ...services.map((each) => readMeshObject('networking.istio.io/VirtualService', each)),
    ...rules.map((each) => readMeshObject('networking.istio.io/DestinationRule', each)),
  ].filter((each) => each !== undefined);
  const anew = times('the map built anew');
  const one = times('the map with one object changed');
  for (let round = 0; round < rounds; round += 1) await timed(anew, () => trafficMap(objects));
  const map = trafficMap(objects);
  for (const object of objects.slice(0, asked)) await timed(one, () => map.put(object));
  print(
    '',
    ...table([anew, one]),
    '',
    `one change costs 1/${Math.round(quantile(anew, 0.5) / quantile(one, 0.5))} of that`,
  );
}

async function askHowItStands(client: KubeClient): Promise<void> {
  const [counted, calls] = counting(client);
  const mesh = new ClusterMesh('scale', counted, new InMemoryLog());
  const namespace = namespaceOf(0);
  await mesh.warm(namespace);
  for (let made = -1; made !== calls(); await delay(1_000)) made = calls(); // until the watches have begun
  const names = Array.from({ length: together }, (_, at) => `service-${at}`);
  const found = times('find a service, and whose requests follow it');
  const overview = times(`all ${together} services of a namespace`);
  const live = times('an object read live, with what defines it');
  const bare = times('the bare GET of it');
  const before = calls();
  for (let at = 0; at < asked; at += 1) {
    const name = { cluster: 'scale', namespace, service: names[at % names.length] ?? '' };
    await timed(found, async () => {
      const { kind, ...rest } = await mesh.find(name);
      if (kind !== 'found' || !('object' in rest)) throw new Error(`${name.service} is not found`);
      await mesh.following(rest.object, 'default');
    });
    await timed(overview, () => mesh.services(namespace));
  }
  const asking = calls() - before;
  for (let at = 0; at < asked; at += 1) {
    const name = names[at % names.length] ?? '';
    await timed(live, () => mesh.open({ cluster: 'scale', namespace, kind: 'VirtualService', name }));
    await timed(bare, () => client.get(virtualServices, namespace, name));
  }
  print('', ...table([found, overview, live, bare]), '');
  print(`${asking} requests to the API server for the first two; a live read takes ${ratio(live, bare)} the bare GET`);
  await mesh.close();
}

/** The same client, and how many calls were made. Watches and lists that go on by themselves are among them. */
function counting(client: KubeClient): readonly [KubeClient, () => number] {
  let calls = 0;
  const counted = new Proxy(client, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...all: unknown[]): unknown => {
        calls += 1;
        return Reflect.apply(value, target, all);
      };
    },
  });
  return [counted, () => calls];
}

async function timed(into: ReturnType<typeof times>, act: () => unknown): Promise<void> {
  const startedMs = performance.now();
  await act();
  into.ms.push(performance.now() - startedMs);
}

function namespaceOf(at: number): string {
  return `team-${Math.floor(at / together)}`;
}

function hostOf(at: number): string {
  return `service-${at % together}.${namespaceOf(at)}.svc.cluster.local`;
}

/** As large as operators write them: a canary by header, a split, retries and a timeout. */
function virtualService(at: number): KubeObject {
  const host = `service-${at % together}`;
  const to = (subset: string, weight: number) => ({ destination: { host, subset, port: { number: 8080 } }, weight });
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {
      name: host,
      namespace: namespaceOf(at),
      labels: { app: host, team: namespaceOf(at), release: 'stable' },
    },
    spec: {
      hosts: [host],
      http: [
        { name: 'canary', match: [{ headers: { 'x-canary': { exact: 'yes' } } }], route: [to('v2', 100)] },
        {
          retries: { attempts: 3, perTryTimeout: '2s', retryOn: '5xx,reset,connect-failure' },
          timeout: '10s',
          route: [to('v1', 90), to('v2', 10)],
        },
      ],
    },
  };
}

function destinationRule(at: number): KubeObject {
  const host = `service-${at % together}`;
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: host, namespace: namespaceOf(at) },
    spec: {
      host,
      trafficPolicy: { connectionPool: { http: { http2MaxRequests: 1000 } } },
      subsets: ['v1', 'v2'].map((name) => ({ name, labels: { version: name } })),
    },
  };
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
