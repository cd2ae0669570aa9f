import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readVirtualService, type VirtualService, virtualServices } from '../../src/cluster/virtual-service.ts';
import { WatchCache } from '../../src/cluster/watch-cache.ts';
import type { Authorize } from '../../src/sandbox/kube-api/server.ts';
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

    it('has what there is from the start', async () => {
      for (const name of ['one', 'two']) await make(kube, name);

      const cache = await started(kube);

      expect(namesIn(cache)).toEqual(['one', 'two']);
    });

    it('follows what is made, edited and removed', async () => {
      const cache = await started(kube);

      await make(kube, 'one');
      await make(kube, 'two');
      await vi.waitFor(() => expect(namesIn(cache)).toEqual(['one', 'two']));
      await kube.edit('one', [{ op: 'replace', path: '/spec/hosts', value: ['changed'] }]);
      await vi.waitFor(() => expect(cache.get('one')?.spec.hosts).toEqual(['changed']));
      await kube.remove('two');
      await vi.waitFor(() => expect(namesIn(cache)).toEqual(['one']));
    });

    it('does not start where it may not look', async () => {
      const client = kube.client(`sa:${kube.namespace}:stranger`);
      const cache = new WatchCache(client, virtualServices, kube.namespace, readVirtualService, kube.log);

      await expect(cache.start()).rejects.toThrow(/cannot list resource "virtualservices"/);
    });
  });
}

describe('a watch cache whose server or connection gives out', () => {
  it('goes on from where it was when the connection breaks, and misses nothing', async () => {
    const { kube, cache, wire } = await throughWire();
    await make(kube, 'before');
    await vi.waitFor(() => expect(namesIn(cache)).toEqual(['before']));

    wire.cut();
    await make(kube, 'meanwhile');
    await kube.remove('before');

    await vi.waitFor(() => expect(namesIn(cache)).toEqual(['meanwhile']), { timeout: 5_000 });
    expect(kube.log.messages('warn')).toEqual(['watch broke and starts again']);
  });

  it('starts over when the server has forgotten where it was', async () => {
    const { kube, cache, wire } = await throughWire({ historyLength: 2 });
    await make(kube, 'before');
    await vi.waitFor(() => expect(namesIn(cache)).toEqual(['before']));

    wire.cut();
    await kube.remove('before');
    for (let at = 0; at < 10; at += 1) await make(kube, `meanwhile-${at}`);

    await vi.waitFor(() => expect(namesIn(cache)).toHaveLength(10), { timeout: 5_000 });
    expect(cache.get('before')).toBeUndefined();
    await make(kube, 'after');
    await vi.waitFor(() => expect(cache.get('after')).toBeDefined());
  });

  it('starts over when the server refuses to begin where it was', async () => {
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
        if (version === 2) version = 9; // whatever it lists next is far ahead
      } else if (isKnown) response.writeHead(200).flushHeaders();
      else response.writeHead(410).end();
    });
    const log = new InMemoryLog();
    const cache = new WatchCache(client, virtualServices, 'default', readVirtualService, log);
    await cache.start();
    onTestFinished(() => cache.stop());

    await vi.waitFor(() => expect(namesIn(cache)).toEqual(['listed-10']), { timeout: 3_000 });
  });

  it('watches anew when the server ends a watch whose time is over, and has nothing to say about it', async () => {
    let watches = 0;
    const authorize: Authorize = ({ verb }) => {
      if (verb === 'watch') watches += 1;
      return true;
    };
    const kube = await sandbox({ watchTimeoutMs: 600, authorize });
    const cache = await started(kube);

    await vi.waitFor(() => expect(watches).toBe(3), { timeout: 3_000 });
    await make(kube, 'late');

    await vi.waitFor(() => expect(namesIn(cache)).toEqual(['late']));
    expect(kube.log.lines).toEqual([]);
  });

  it('does not hammer a server that ends every watch at once', async () => {
    let watches = 0;
    const authorize: Authorize = ({ verb }) => {
      if (verb === 'watch') watches += 1;
      return true;
    };
    const kube = await sandbox({ watchTimeoutMs: 0, authorize });
    const cache = await started(kube);

    await vi.waitFor(() => expect(kube.log.messages('warn')).toHaveLength(2), { timeout: 5_000 });
    cache.stop();

    expect(watches).toBe(2);
  });

  it('reads a namespace of more objects than fit on a page', async () => {
    const names = Array.from({ length: 1_201 }, (_, at) => `many-${String(at).padStart(4, '0')}`);
    const objects = names.map((name) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name, namespace: 'many' },
      spec: { hosts: [name], http: [{ route: [{ destination: { host: name } }] }] },
    }));
    const kube = await sandbox({ objects });
    const cache = new WatchCache(kube.client(), virtualServices, 'many', readVirtualService, kube.log);

    await cache.start();
    cache.stop();

    expect(namesIn(cache)).toEqual(names);
  });

  it('follows no more when it is stopped', async () => {
    const kube = await sandbox();
    const [cache, other] = [await started(kube), await started(kube)];

    cache.stop();
    await make(kube, 'late');
    await vi.waitFor(() => expect(namesIn(other)).toEqual(['late']));

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

async function started(kube: KubeWorld, url?: string): Promise<WatchCache<VirtualService>> {
  const client = kube.client(undefined, url);
  const cache = new WatchCache(client, virtualServices, kube.namespace, readVirtualService, kube.log);
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
