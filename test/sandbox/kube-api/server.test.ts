import { CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions, Watch } from '@kubernetes/client-node';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { type KubeApi, type KubeObject, serviceAccount, startKubeApi } from '../../../src/sandbox/kube-api/server.ts';
import { reviews, virtualService } from './objects.ts';
import { JSON_PATCH, MERGE_PATCH, ourWorld, type World } from './world.ts';

const ID = {
  group: 'networking.istio.io',
  version: 'v1',
  namespace: 'default',
  plural: 'virtualservices',
  name: 'reviews',
};

let world: World | undefined;
afterEach(async () => {
  await world?.end();
  world = undefined;
});

async function ours(...options: Parameters<typeof ourWorld>): Promise<World> {
  world = await ourWorld(...options);
  await world.begin();
  return world;
}

describe('objects that are loaded at the start', () => {
  it('are in their namespaces, with their status', async () => {
    const objects: KubeObject[] = [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'reviews-v1', namespace: 'bookinfo' },
        status: { phase: 'Running' },
      },
    ];
    const api = await ours({ objects });

    const namespaces = await api.ask('GET', '/api/v1/namespaces');
    const pods = await api.ask('GET', '/api/v1/namespaces/bookinfo/pods?fieldSelector=status.phase%3DRunning');

    expect(namespaces.body?.items?.map(({ metadata }) => metadata.name)).toEqual([
      api.namespace,
      'bookinfo',
      'default',
    ]);
    expect(pods.body?.items).toHaveLength(1);
  });

  it('must be valid', async () => {
    const object: KubeObject = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'x' },
      spec: { bogus: 1 },
    };

    await expect(startKubeApi({ port: 0, objects: [object] })).rejects.toThrow('unknown field "spec.bogus"');
  });
});

describe('the webhook', () => {
  it.each`
    weights    | verdict
    ${[-1]}    | ${'weight -1 < 0'}
    ${[0, 0]}  | ${'total destination weight = 0'}
    ${[-1, 1]} | ${'2 errors occurred:\n\t* weight -1 < 0\n\t* total destination weight = 0\n\n'}
  `('denies the weights $weights', async ({ weights, verdict }) => {
    const api = await ours();
    const { path } = await api.make(reviews(100));
    const { spec } = reviews(...weights) as { spec: object };

    const answer = await api.ask('PATCH', `${path}?dryRun=All`, { type: MERGE_PATCH, body: { spec } });

    expect(answer).toMatchObject({
      status: 400,
      body: {
        message: `admission webhook "validation.istio.io" denied the request: configuration is invalid: ${verdict}`,
        code: 400,
      },
    });
    expect(answer.body).not.toHaveProperty('reason');
  });

  it('checks after the schema', async () => {
    const api = await ours();

    const answer = await api.ask('POST', api.virtualServices, {
      body: { ...reviews(-1, 'text'), metadata: { name: 'x' } },
    });

    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
  });
});

describe("istiod's warnings", () => {
  it('are sent with the answer, once each, also for a dry run, and only if there are any', async () => {
    const api = await ours();
    const [first] = (reviews(100) as { spec: { http: object[] } }).spec.http;
    const twice = virtualService({ hosts: ['reviews'], http: [first, first] }, { name: 'twice' });

    const warned = await api.ask('POST', `${api.virtualServices}?dryRun=All`, { body: twice });
    const fine = await api.ask('POST', api.virtualServices, { body: { ...reviews(100), metadata: { name: 'fine' } } });
    const patched = await api.ask('PATCH', `${api.virtualServices}/fine`, {
      type: JSON_PATCH,
      body: [{ op: 'add', path: '/spec/http/-', value: first }],
    });

    const warning = '299 - "virtualService rule #1 not used (only the last rule can have no matches)"';
    expect([warned.status, warned.headers['warning']]).toEqual([201, warning]);
    expect([fine.status, fine.headers['warning']]).toEqual([201, undefined]);
    expect([patched.status, patched.headers['warning']]).toEqual([200, warning]);
  });
});

describe('tokens', () => {
  it('belong to one user each, stay valid across a restart if they are kept, and are long', async () => {
    const bot = serviceAccount('shiftbot', 'shiftbot');
    const first = await startKubeApi({ port: 0 });
    const tokens = { [bot]: first.token(bot) };
    const admin = first.token();
    await first.stop();
    const again = await startKubeApi({ port: 0, tokens });
    onTestFinished(() => again.stop());

    const asked = await fetch(`${again.url}/api/v1/namespaces`, {
      headers: { authorization: `Bearer ${tokens[bot]}` },
    });
    const refused = await fetch(`${again.url}/api/v1/namespaces`, { headers: { authorization: `Bearer ${admin}` } });

    expect(again.token(bot)).toBe(tokens[bot]);
    expect(tokens[bot]?.length).toBeGreaterThan(40);
    expect(await asked.json()).toMatchObject({ message: expect.stringContaining(`User "${bot}" cannot list`) });
    expect(refused.status).toBe(401);
  });
});

describe('watches', () => {
  it('send bookmarks', async () => {
    const api = await ours({ bookmarkIntervalMs: 10 });

    const events = await api.watch(`${api.virtualServices}?watch=true&allowWatchBookmarks=true`, 2);

    expect(events).toMatchObject([
      {
        type: 'BOOKMARK',
        object: {
          apiVersion: 'networking.istio.io/v1',
          kind: 'VirtualService',
          metadata: { resourceVersion: expect.any(String) },
        },
      },
      { type: 'BOOKMARK' },
    ]);
  });

  it('cannot begin before the kept history', async () => {
    const api = await ours({ historyLength: 2 });
    const { made, path } = await api.make(reviews(100));
    for (const weight of [1, 2, 3, 4, 5]) {
      await api.ask('PATCH', path, {
        type: JSON_PATCH,
        body: [{ op: 'replace', path: '/spec/http/0/route/0/weight', value: weight }],
      });
    }

    const since = made.metadata?.resourceVersion;
    const events = await api.watch(`${api.virtualServices}?watch=true&resourceVersion=${since}`, Infinity);
    const page = await api.ask('GET', `${api.virtualServices}?resourceVersion=${since}&resourceVersionMatch=Exact`);

    expect(events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    expect(page).toMatchObject({
      status: 410,
      body: { message: 'The resourceVersion for the provided list is too old.' },
    });
  });

  it('end with the server', async () => {
    const api = await startKubeApi({ port: 0 });
    const headers = { authorization: `Bearer ${api.token()}` };
    const response = await fetch(`${api.url}/api/v1/namespaces?watch=true`, { headers });
    const watching = response.text().catch((cause: Error) => cause.message);

    await api.stop();

    expect(await watching).toBe('terminated');
    await expect(fetch(api.url)).rejects.toThrow('fetch failed');
  });
});

describe('expired continue tokens', () => {
  it('come with one that continues with the current state', async () => {
    const api = await ours({ historyLength: 2 });
    const { name: first } = await api.make(reviews(100));
    const { name: second } = await api.make(reviews(100));
    const page = await api.ask('GET', `${api.virtualServices}?limit=1`);
    for (let made = 0; made < 5; made += 1) await api.make(reviews(100));

    const refused = await api.ask('GET', `${api.virtualServices}?limit=1&continue=${page.body?.metadata?.continue}`);
    const goneOn = await api.ask('GET', `${api.virtualServices}?limit=1&continue=${refused.body?.metadata?.continue}`);

    expect(page.body?.items?.[0]?.metadata.name).toBe(first);
    expect(refused).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    expect(goneOn.body?.items?.[0]?.metadata.name).toBe(second);
  });
});

describe('the client library', () => {
  let api: KubeApi | undefined;
  afterEach(async () => {
    await api?.stop();
    api = undefined;
  });

  async function config(): Promise<KubeConfig> {
    api = await startKubeApi({
      port: 0,
      objects: [{ ...(reviews(90, 10) as KubeObject), metadata: { name: 'reviews' } }],
    });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(api.kubeconfig());
    return kubeConfig;
  }

  it('reads and patches', async () => {
    const objects = (await config()).makeApiClient(CustomObjectsApi);
    const body = [{ op: 'replace', path: '/spec/http/0/route/0/weight', value: 40 }];

    const read = await objects.getNamespacedCustomObject(ID);
    const patched = await objects.patchNamespacedCustomObject(
      { ...ID, fieldManager: 'bot', body },
      setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
    );

    expect(read).toMatchObject({ metadata: { generation: 1 } });
    expect(patched).toMatchObject({
      metadata: { generation: 2, managedFields: expect.arrayContaining([expect.objectContaining({ manager: 'bot' })]) },
    });
  });

  it('watches', async () => {
    const watch = new Watch(await config());

    const name = await new Promise((resolve, reject) => {
      void watch.watch(
        '/apis/networking.istio.io/v1/virtualservices',
        {},
        (_, object) => resolve(object.metadata.name),
        (error) => reject(error),
      );
    });

    expect(name).toBe('reviews');
  });
});
