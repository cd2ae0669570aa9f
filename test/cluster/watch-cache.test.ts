import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { KubeClient } from '../../src/cluster/client/kube-client.ts';
import { readVirtualService, type VirtualService, virtualServices } from '../../src/cluster/kinds/virtual-service.ts';
import { WatchCache } from '../../src/cluster/watch-cache.ts';
import type { KubeApiOptions } from '../../src/sandbox/kube-api/server.ts';
import { eventually } from '../support/eventually.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { clientOfStub, type KubeWorld, realKube, realKubeconfig, sandboxKube, startWire } from '../support/kube.ts';

describeWatchCache('of the API server of the sandbox', sandboxKube);
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeWatchCache('of a real API server', realKube);
});

function describeWatchCache(where: string, begin: () => Promise<KubeWorld>): void {
  describe(`a watch cache ${where}`, () => {
    let kube: KubeWorld;

    beforeEach(async () => {
      kube = await begin();
    });
    afterEach(() => kube.end());

    it('has all objects from the start', async () => {
      for (const name of ['one', 'two']) await make(kube, name);

      const cache = await started(kube);

      expect(namesIn(cache)).toEqual(['one', 'two']);
    });

    it('follows objects that are created, edited and deleted', async () => {
      const cache = await started(kube);

      await make(kube, 'one');
      await make(kube, 'two');
      await eventually(() => expect(namesIn(cache)).toEqual(['one', 'two']));
      await kube.edit('one', [{ op: 'replace', path: '/spec/hosts', value: ['changed'] }]);
      await eventually(() => expect(cache.get('one')?.spec.hosts).toEqual(['changed']));
      await kube.remove('two');
      await eventually(() => expect(namesIn(cache)).toEqual(['one']));
    });

    it('reports objects that were created, edited and deleted since the start, with the state before and after', async () => {
      await make(kube, 'before');
      const told: string[] = [];
      await started(kube, undefined, {
        onChange: (was, is) => told.push(`${was?.spec.hosts.join()} to ${is?.spec.hosts.join()}`),
      });

      await make(kube, 'one');
      await kube.edit('one', [{ op: 'replace', path: '/spec/hosts', value: ['changed'] }]);
      await kube.remove('before');

      await eventually(() => expect(told).toEqual(['undefined to one', 'one to changed', 'before to undefined']));
    });

    it('tells each new state of an object from the first LIST on, and that it is gone, found by the watch or by a LIST', async () => {
      await make(kube, 'one');
      const told: string[] = [];
      const cache = await started(kube, undefined, {
        onState: ({ namespace, name, object }) =>
          told.push(`${namespace}/${name} ${object === undefined ? 'gone' : 'is'}`),
      });
      expect(told).toEqual([`${kube.namespace}/one is`]);

      await cache.refresh();
      await kube.edit('one', [{ op: 'replace', path: '/spec/hosts', value: ['changed'] }]);
      await kube.remove('one');

      const here = `${kube.namespace}/one`;
      await eventually(() => expect(told).toEqual([`${here} is`, `${here} is`, `${here} gone`]));
    });

    it('has all objects of all namespaces, where no one is named', async () => {
      await make(kube, 'one');
      const seen: string[] = [];
      await started(kube, undefined, {
        namespace: undefined,
        onState: ({ namespace, name }) => seen.push(`${namespace}/${name}`),
      });
      await make(kube, 'two');

      await eventually(() =>
        expect(seen).toEqual(expect.arrayContaining(['one', 'two'].map((name) => `${kube.namespace}/${name}`))),
      );
    });

    it('has all objects after many refreshes while somebody writes', async () => {
      const cache = await started(kube);
      const writing = (async () => {
        for (let at = 0; at < 40; at += 1) {
          await make(kube, `many-${at}`);
          await kube.edit(`many-${at}`, [{ op: 'replace', path: '/spec/hosts', value: [`edited-${at}`] }]);
          if (at % 3 === 0) await kube.remove(`many-${at}`);
        }
      })();
      const asking = (async () => {
        for (let at = 0; at < 15; at += 1) await cache.refresh();
      })();
      await Promise.all([writing, asking]);

      const left = Array.from({ length: 40 }, (_, at) => at).filter((at) => at % 3 !== 0);
      await eventually(() =>
        expect(cache.objects.map(({ spec }) => spec.hosts[0]).toSorted()).toEqual(
          left.map((at) => `edited-${at}`).toSorted(),
        ),
      );
    });

    it('does not start without the right to list', async () => {
      const client = kube.client(kube.token('stranger'));
      const cache = new WatchCache(client, {
        resource: virtualServices,
        namespace: kube.namespace,
        read: readVirtualService,
        log: kube.log,
      });

      await expect(cache.start()).rejects.toThrow(/cannot list resource "virtualservices"/);
    });
  });
}

describe('a watch cache whose server or connection fails', () => {
  it('continues where it was when the connection breaks, and misses nothing', async () => {
    const { kube, cache, wire } = await throughWire();
    await make(kube, 'before');
    await eventually(() => expect(namesIn(cache)).toEqual(['before']));

    wire.cut();
    await make(kube, 'meanwhile');
    await kube.remove('before');

    await eventually(() => expect(namesIn(cache)).toEqual(['meanwhile']));
    expect(kube.log.messages('warn')).toEqual(['a watch broke and is restarted']);
  });

  it('starts over when the server has forgotten its resourceVersion', async () => {
    const { kube, cache, wire } = await throughWire({ historyLength: 2 });
    await make(kube, 'before');
    await eventually(() => expect(namesIn(cache)).toEqual(['before']));

    wire.cut();
    await kube.remove('before');
    for (let at = 0; at < 10; at += 1) await make(kube, `meanwhile-${at}`);

    await eventually(() => expect(namesIn(cache)).toHaveLength(10));
    expect(cache.get('before')).toBeUndefined();
    await make(kube, 'after');
    await eventually(() => expect(cache.get('after')).toBeDefined());
  });

  it('starts over when the server refuses its resourceVersion', async () => {
    let version = 1;
    const client = await clientOfStub((request, response) => {
      const url = new URL(request.url ?? '', 'http://stub');
      const isKnown = url.searchParams.get('resourceVersion') === String(version);
      if (!url.searchParams.has('watch')) {
        version += 1;
        const metadata = { resourceVersion: String(version) };
        const item = { metadata: { ...metadata, name: `listed-${version}`, namespace: 'default', uid: 'u' } };
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ items: [item], metadata }));
        if (version === 2) version = 9; // the version of the next list is far ahead
      } else if (isKnown) response.writeHead(200).flushHeaders();
      else response.writeHead(410).end();
    });
    const log = new InMemoryLog();
    const cache = new WatchCache(client, {
      resource: virtualServices,
      namespace: 'default',
      read: readVirtualService,
      log: log,
    });
    await cache.start();
    onTestFinished(() => cache.stop());

    await eventually(() => expect(namesIn(cache)).toEqual(['listed-10']));
  });

  it.each(['changed', 'made', 'removed'] as const)(
    'finds objects that were %s by a LIST if the watch never reported them',
    async (what) => {
      const items = { changed: ['one'], made: [], removed: ['one'] }[what];
      const stub = await silentServer(items.map((name) => ({ name, version: '1' })));
      const told = Promise.withResolvers<readonly [string | undefined, string | undefined]>();
      const { cache } = await startedOn(stub, {
        relistMs: 50,
        onChange: (before, after) => told.resolve([before?.metadata.resourceVersion, after?.metadata.resourceVersion]),
      });

      stub.objects = what === 'removed' ? [] : [{ name: 'one', version: '2' }];

      expect(await told.promise).toEqual(
        { changed: ['1', '2'], made: [undefined, '2'], removed: ['1', undefined] }[what],
      );
      expect(namesIn(cache)).toEqual(what === 'removed' ? [] : ['one']);
    },
  );

  it('does not parse objects again that a LIST shows unchanged', async () => {
    const stub = await silentServer([
      { name: 'one', version: '1' },
      { name: 'two', version: '1' },
    ]);
    const read = vi.fn(readVirtualService);
    const { cache } = await startedOn(stub, { read });

    stub.objects = [
      { name: 'one', version: '1' },
      { name: 'two', version: '2' },
    ];
    await cache.refresh();

    expect(read).toHaveBeenCalledTimes(3);
    expect(namesIn(cache)).toEqual(['one', 'two']);
  });

  it('refreshes on request, keeps its objects when the cluster does not answer, and knows their age', async () => {
    const stub = await silentServer([{ name: 'one', version: '1' }]);
    const { cache } = await startedOn(stub);
    const confirmedMs = () => performance.now() - cache.ageMs;
    const first = confirmedMs();

    stub.isDown = true;
    await expect(cache.refresh()).rejects.toThrow(/did not serve/);
    const whileDown = { names: namesIn(cache), confirmed: confirmedMs() };
    stub.isDown = false;
    stub.objects = [{ name: 'other', version: '2' }];
    await Promise.all([cache.refresh(), cache.refresh()]);

    expect(whileDown.names).toEqual(['one']);
    expect(Math.abs(whileDown.confirmed - first)).toBeLessThan(20);
    expect(namesIn(cache)).toEqual(['other']);
    expect(confirmedMs()).toBeGreaterThan(whileDown.confirmed);
    expect(stub.lists).toBe(2); // those who ask at once share one answer
  });

  it('starts a new watch when the server ends one in time, and logs nothing', async () => {
    let watches = 0;
    const onRequest: KubeApiOptions['onRequest'] = ({ verb }) => {
      if (verb === 'watch') watches += 1;
    };
    const kube = await sandbox({ watchTimeoutMs: 600, onRequest });
    const cache = await started(kube);

    await eventually(() => expect(watches).toBe(3));
    await make(kube, 'late');

    await eventually(() => expect(namesIn(cache)).toEqual(['late']));
    expect(kube.log.lines).toEqual([]);
  });

  it('does not flood a server that ends every watch at once', async () => {
    let watches = 0;
    const onRequest: KubeApiOptions['onRequest'] = ({ verb }) => {
      if (verb === 'watch') watches += 1;
    };
    const kube = await sandbox({ watchTimeoutMs: 0, onRequest });
    const cache = await started(kube);

    await eventually(() => expect(kube.log.messages('warn')).toHaveLength(2));
    cache.stop();

    expect(watches).toBe(2);
  });

  it('reads a namespace with more objects than fit on a page', async () => {
    const names = Array.from({ length: 1_201 }, (_, at) => `many-${String(at).padStart(4, '0')}`);
    const objects = names.map((name) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name, namespace: 'many' },
      spec: { hosts: [name], http: [{ route: [{ destination: { host: name } }] }] },
    }));
    const kube = await sandbox({ objects });
    const cache = new WatchCache(kube.client(), {
      resource: virtualServices,
      namespace: 'many',
      read: readVirtualService,
      log: kube.log,
    });

    await cache.start();
    cache.stop();

    expect(namesIn(cache)).toEqual(names);
  });

  it('follows nothing after it was stopped', async () => {
    const kube = await sandbox();
    const [cache, other] = [await started(kube), await started(kube)];

    cache.stop();
    await make(kube, 'late');
    await eventually(() => expect(namesIn(other)).toEqual(['late']));

    expect(namesIn(cache)).toEqual([]);
  });

  async function sandbox(options: Parameters<typeof sandboxKube>[0] = {}): Promise<KubeWorld> {
    const kube = await sandboxKube(options);
    onTestFinished(() => kube.end());
    return kube;
  }

  async function throughWire(options: Parameters<typeof sandboxKube>[0] = {}) {
    const kube = await sandbox(options);
    const wire = await startWire(kube.url);
    onTestFinished(() => wire.close());
    return { kube, wire, cache: await started(kube, wire.url) };
  }
});

type Options = Partial<ConstructorParameters<typeof WatchCache<VirtualService>>[1]>;

interface SilentServer {
  objects: readonly { readonly name: string; readonly version: string }[];
  isDown: boolean;
  lists: number;
  readonly client: KubeClient;
}

/** Lists its objects, and its watches stay open but never report anything. */
async function silentServer(objects: SilentServer['objects']): Promise<SilentServer> {
  const server = { objects, isDown: false, lists: 0 };
  const client = await clientOfStub((request, response) => {
    const isWatch = new URL(request.url ?? '', 'http://stub').searchParams.has('watch');
    if (server.isDown) response.writeHead(503).end();
    else if (isWatch) response.writeHead(200).flushHeaders();
    else {
      server.lists += 1;
      const items = server.objects.map(({ name, version }) => ({
        metadata: { name, namespace: 'default', uid: 'u', resourceVersion: version },
      }));
      const list = { items, metadata: { resourceVersion: String(server.lists) } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
    }
  });
  return Object.assign(server, { client });
}

async function startedOn({ client }: SilentServer, options: Options = {}) {
  const log = new InMemoryLog();
  const watched = { resource: virtualServices, namespace: 'default', read: readVirtualService, log };
  const cache = new WatchCache<VirtualService>(client, { ...watched, ...options });
  await cache.start();
  onTestFinished(() => cache.stop());
  return { cache, log };
}

async function started(kube: KubeWorld, url?: string, options: Options = {}): Promise<WatchCache<VirtualService>> {
  const client = kube.client(undefined, url);
  const watched = { resource: virtualServices, namespace: kube.namespace, read: readVirtualService, log: kube.log };
  const cache = new WatchCache<VirtualService>(client, { ...watched, ...options });
  await cache.start();
  onTestFinished(() => cache.stop());
  return cache;
}

function make(kube: KubeWorld, name: string) {
  return kube.create(`
    kind: VirtualService
    metadata: { name: ${name} }
    spec: { hosts: [${name}], http: [{ route: [{ destination: { host: ${name} } }] }] }`);
}

function namesIn(cache: WatchCache<VirtualService>): readonly string[] {
  return cache.objects.map(({ metadata }) => metadata.name).toSorted();
}
