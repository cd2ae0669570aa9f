import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { request } from 'undici';
import { onTestFinished, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Bookinfo, startBookinfo } from '../../src/sandbox/bookinfo/bookinfo.ts';
import { kubeconfig } from '../../src/sandbox/kube-api/kubeconfig.ts';
import {
  ADMIN,
  type KubeApi,
  type KubeApiOptions,
  type KubeObject,
  startKubeApi,
} from '../../src/sandbox/kube-api/server.ts';
import { bookinfoObjects } from '../../src/sandbox/worlds/worlds.ts';
import { InMemoryLog } from './in-memory-log.ts';
import { startWire } from './kube.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface BookinfoWorld {
  readonly bookinfo: Bookinfo;
  readonly kube: KubeApi;
  readonly log: InMemoryLog;
  /** Breaks the connections to the API server. New connections work. */
  cut(): void;
  /** Stops the API server and starts another one in its place. */
  restartKube(options: Pick<KubeApiOptions, 'objects' | 'historyLength'>): Promise<void>;
}

interface Options extends Partial<KubeApiOptions> {
  /** The user whose token the router has. */
  readonly user?: string;
}

/** Bookinfo behind a router that follows its own API server, which starts with the tutorial's objects. */
export async function startBookinfoWorld({ user = ADMIN, ...options }: Options = {}): Promise<BookinfoWorld> {
  let kube = await startKubeApi({ port: 0, objects: await bookinfoObjects(), ...options });
  const tokens = { [user]: kube.token(user), [ADMIN]: kube.token() };
  const wire = await startWire(kube.url);
  const log = new InMemoryLog();
  const file = join(temporaryFolder(), 'kubeconfig');
  await writeFile(file, kubeconfig(wire.url, kube.token(user)));
  const bookinfo = await startBookinfo({ kubeconfig: file, port: 0, requestsPerSecond: 0, log });
  onTestFinished(async () => {
    await bookinfo.stop();
    await wire.close();
    await kube.stop();
  });
  return {
    bookinfo,
    log,
    get kube() {
      return kube;
    },
    cut: () => wire.cut(),
    restartKube: async (options) => {
      const { port } = kube;
      await kube.stop();
      kube = await startKubeApi({ port, tokens, ...options });
    },
  };
}

/** The objects of one of the tutorial's rule files, with their namespace. */
export async function ruleFile(name: string): Promise<readonly KubeObject[]> {
  const text = await readFile(resolve('manifests/bookinfo', `${name}.yaml`), 'utf8');
  return objectsOf(text);
}

export function objectsOf(yaml: string): readonly KubeObject[] {
  return parseAllDocuments(yaml).map((document) => {
    const object: KubeObject = { apiVersion: 'networking.istio.io/v1', ...document.toJS() };
    return { ...object, metadata: { ...object.metadata, namespace: 'default' } };
  });
}

/** Creates or replaces, like `kubectl apply`. */
export async function apply(kube: Kube, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const path = `${kube.url}${pathOf(object.kind)}`;
    const existing = await send(kube, 'GET', `${path}/${object.metadata.name}`);
    const answer = existing.ok
      ? await send(kube, 'PUT', `${path}/${object.metadata.name}`, withVersion(object, await readObject(existing)))
      : await send(kube, 'POST', path, object);
    if (!answer.ok) throw new Error(await answer.text());
  }
}

export async function remove(kube: Kube, kind: string, name: string): Promise<void> {
  await send(kube, 'DELETE', `${kube.url}${pathOf(kind)}/${name}`);
}

/** Lets a user read the routing objects of all namespaces. */
export async function letRead(kube: Kube, user: string): Promise<void> {
  const rbac = `${kube.url}/apis/rbac.authorization.k8s.io/v1`;
  const metadata = { name: 'reader' };
  const rules = [{ apiGroups: ['networking.istio.io'], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  await send(kube, 'POST', `${rbac}/clusterroles`, { metadata, rules });
  await send(kube, 'POST', `${rbac}/clusterrolebindings`, { metadata, roleRef, subjects });
}

/** What answers the product page's call to reviews: a version, or `503 NC`. */
export async function askReviews(
  { routerUrl }: Pick<Bookinfo, 'routerUrl'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const {
    statusCode,
    headers: answered,
    body,
  } = await request(`${routerUrl}/reviews/0`, {
    headers: { ...headers, host: 'reviews:9080', 'x-envoy-downstream-service-node': 'productpage-v1' },
  });
  const text = await body.text();
  if (statusCode !== 200) return `${statusCode} ${answered['x-response-flags'] ?? ''}`.trim();
  return /"podname":"reviews-(v\d)-/.exec(text)?.[1] ?? text;
}

/** How often each version answered, out of this many calls. */
export async function countAnswers(
  bookinfo: Pick<Bookinfo, 'routerUrl'>,
  times: number,
  headers?: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let asked = 0; asked < times; asked += 50) {
    const some = Array.from({ length: Math.min(50, times - asked) }, () => askReviews(bookinfo, headers));
    for (const by of await Promise.all(some)) counts[by] = (counts[by] ?? 0) + 1;
  }
  return counts;
}

/** Waits until twenty calls in a row are answered by exactly these. */
export async function answeredBy(
  bookinfo: Pick<Bookinfo, 'routerUrl'>,
  expected: readonly string[],
  timeout = 30_000,
): Promise<void> {
  await vi.waitFor(
    async () => {
      const seen = Object.keys(await countAnswers(bookinfo, 20)).toSorted();
      if (seen.join() !== expected.join()) throw new Error(`answered by ${seen.join()}, expected ${expected.join()}`);
    },
    { timeout, interval: 20 },
  );
}

async function readObject(answer: Response): Promise<KubeObject> {
  return (await answer.json()) as KubeObject; // as the API server stores it
}

function pathOf(kind: string): string {
  return `/apis/networking.istio.io/v1/namespaces/default/${kind.toLowerCase()}s`;
}

function withVersion(object: KubeObject, existing: KubeObject): KubeObject {
  return { ...object, metadata: { ...existing.metadata, ...object.metadata } };
}

type Kube = Pick<KubeApi, 'url' | 'token'>;

/** With the admin's rights. */
function send(kube: Kube, method: string, url: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${kube.token()}`, 'content-type': 'application/json' };
  return fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}
