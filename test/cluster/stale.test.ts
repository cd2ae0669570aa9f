import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { clientOfStub, clusterName, sandboxKube, startWire } from '../support/kube.ts';

describe('a mesh whose cluster has fallen silent', () => {
  it('says how old its overview is, once the cluster was asked and did not answer', async () => {
    const { mesh, place, wire } = await silenced();
    const before = new Date();
    await wire.close();
    passSeconds(11);

    const { seen, asOf } = await mesh.services(place);

    expect(seen.map(({ object }) => object.name)).toEqual(['reviews']);
    expect(asOf?.getTime()).toBeLessThanOrEqual(before.getTime());
  });

  it('does not take for fresh what is old, because the clock of this machine was set back', async () => {
    const { mesh, place, wire } = await silenced();
    await wire.close();
    passSeconds(11);
    setClock(-600);

    expect((await mesh.services(place)).asOf).toBeInstanceOf(Date);
  });

  it('says nothing of age within 10 s, nor when the cluster answers', async () => {
    const { mesh, place, wire } = await silenced();

    passSeconds(11);
    const asked = await mesh.services(place);
    await wire.close();
    const within = await mesh.services(place);

    expect([asked.asOf, within.asOf]).toEqual([undefined, undefined]);
  });

  it('asks before it says that there is no such service, when the watch has been silent', async () => {
    const hosts = ['reviews'];
    const client = await clientOfStub((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
      if (searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
      const items = pathname.endsWith('/virtualservices') ? hosts.map(service) : [];
      const list = { items, metadata: { resourceVersion: String(hosts.length) } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
    });
    const mesh = new ClusterMesh(clusterName, client, new InMemoryLog());
    onTestFinished(() => mesh.close());
    const name = { cluster: clusterName, namespace: 'default', service: 'late' };
    await mesh.find(name);
    hosts.push('late');

    expect(await mesh.find(name)).toMatchObject({ kind: 'unknown-service', services: ['reviews'] });
    passSeconds(11);
    expect(await mesh.find(name)).toMatchObject({ kind: 'found', object: { name: 'late' } });
  });

  it('says how old it is what it knows, when it has to say that there is no such service', async () => {
    const { mesh, place, wire } = await silenced();
    await wire.close();
    passSeconds(11);

    expect(await mesh.find({ ...place, service: 'nothing' })).toMatchObject({
      kind: 'unknown-service',
      services: ['reviews'],
      asOf: expect.any(Date),
    });
    expect(await mesh.find({ ...place, service: 'reviews' })).toMatchObject({ kind: 'found' });
  });
});

async function silenced() {
  const kube = await sandboxKube();
  onTestFinished(() => kube.end());
  await kube.create(`
    kind: VirtualService
    metadata: { name: reviews }
    spec: { hosts: [reviews], http: [{ route: [{ destination: { host: reviews } }] }] }`);
  const wire = await startWire(kube.url);
  onTestFinished(() => wire.close());
  const mesh = kube.mesh(undefined, wire.url);
  const place = { cluster: clusterName, namespace: kube.namespace };
  await mesh.services(place);
  return { mesh, place, wire };
}

function service(name: string) {
  return {
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1' },
    spec: { hosts: [name], http: [] },
  };
}

/** Only the clock that never jumps goes on; timers and connections stay as they are. */
function passSeconds(seconds: number): void {
  const now = performance.now.bind(performance);
  const passing = vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1_000);
  onTestFinished(() => passing.mockRestore());
}

/** The machine's clock is set. */
function setClock(bySeconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + bySeconds * 1_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}
