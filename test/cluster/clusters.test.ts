import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { Clusters } from '../../src/cluster/clusters.ts';
import { toEvent } from '../../src/cluster/event.ts';
import { MeshUnavailableError, RejectedError } from '../../src/workflow/errors.ts';
import { change, changeId, reviewsObject, revision } from '../support/builders.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { clientOfStub, type KubeWorld, sandboxKube } from '../support/kube.ts';

describe('several clusters behind one mesh', () => {
  let worlds: readonly [KubeWorld, KubeWorld];
  let mesh: Clusters;

  beforeAll(async () => {
    worlds = [await sandboxKube(), await sandboxKube()];
    mesh = new Clusters(
      new Map(
        worlds.map((kube, at) => [`cluster-${at}`, new ClusterMesh(`cluster-${at}`, kube.client(), kube.log)] as const),
      ),
    );
    for (const [at, kube] of worlds.entries()) {
      await kube.create(`
        kind: VirtualService
        metadata: { name: reviews }
        spec: { hosts: [reviews], http: [{ route: [{ destination: { host: reviews, subset: v${at} } }] }] }`);
    }
  });
  afterAll(async () => {
    await mesh.close();
    for (const kube of worlds) await kube.end();
  });

  it('serves each call from the cluster it names', async () => {
    for (const [at, { namespace }] of worlds.entries()) {
      const found = await mesh.find({ cluster: `cluster-${at}`, namespace, service: 'reviews' });

      if (found.kind !== 'found') throw new Error(`nothing found in cluster-${at}`);
      expect((await mesh.read(found.object))?.route).toMatchObject({
        object: { cluster: `cluster-${at}` },
        rules: [{ split: { [`v${at}`]: 100 } }],
      });
    }
  });

  it('finds a change in whichever of them has it', async () => {
    const [, kube] = worlds;
    const object = {
      cluster: 'cluster-1',
      namespace: kube.namespace,
      kind: 'VirtualService',
      name: 'reviews',
    } as const;
    const open = await mesh.read(object);
    const to = { v1: 100 };
    const at = '2026-11-22T14:03:11.000Z';
    await open?.write({
      rule: 'default',
      to,
      revision: { id: changeId(1), at, by: 'U01ALICE', rule: 'default', from: to, to },
    });

    await expect.poll(() => mesh.findChange(changeId(1))).toEqual(object);
  });

  it('does not know others, and says so', async () => {
    const object = { cluster: 'mars', namespace: 'default', kind: 'VirtualService', name: 'reviews' } as const;

    expect(await mesh.find({ cluster: 'mars', namespace: 'default', service: 'reviews' })).toEqual({
      kind: 'unknown-cluster',
      clusters: ['cluster-0', 'cluster-1'],
    });
    expect(() => mesh.read(object)).toThrow(MeshUnavailableError);
  });

  it('answers while all of them do', async () => {
    await expect(mesh.ping()).resolves.toBeUndefined();
  });
});

describe('a cluster', () => {
  it('without Istio says what is missing', async () => {
    const kube = await sandboxKube();
    const client = kube.client(undefined, `${kube.url}/nothing`);
    const mesh = new ClusterMesh('bare', client, kube.log);

    const refused = mesh.find({ cluster: 'bare', namespace: 'default', service: 'reviews' });

    await expect(refused).rejects.toThrow(RejectedError);
    await expect(refused).rejects.toThrow(/Istio is not installed, or older than 1.22/);
    await mesh.close();
    await kube.end();
  });

  it('whose admission makes other weights of a patch says which', async () => {
    const service = (weight: number) => ({
      metadata: { name: 'reviews', namespace: 'default', uid: 'u', resourceVersion: '1' },
      spec: {
        hosts: ['reviews'],
        http: [
          {
            route: [
              { destination: { host: 'reviews', subset: 'v1' }, weight },
              { destination: { host: 'reviews', subset: 'v3' }, weight: 100 - weight },
            ],
          },
        ],
      },
    });
    const client = await clientOfStub((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
      if (searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
      const list = { items: [], metadata: { resourceVersion: '1' } };
      const body = pathname.endsWith('/reviews') ? service(request.method === 'PATCH' ? 60 : 100) : list;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    const mesh = new ClusterMesh('a', client, new InMemoryLog());
    const open = await mesh.read({ ...reviewsObject, cluster: 'a' });

    const written = await open?.write({ rule: 'default', to: { v1: 50, v3: 50 }, revision: revision() });

    expect(written).toMatchObject({ kind: 'written', live: { v1: 60, v3: 40 } });
    await mesh.close();
  });

  it('that is away is found again when it is back', async () => {
    const kube = await sandboxKube();
    const away = new ClusterMesh('away', kube.client(undefined, 'http://127.0.0.1:1'), kube.log);

    await expect(away.find({ cluster: 'away', namespace: 'default', service: 'reviews' })).rejects.toThrow(
      MeshUnavailableError,
    );
    await expect(away.ping()).rejects.toThrow(MeshUnavailableError);

    await away.close();
    await kube.end();
  });
});

describe('an Event', () => {
  const applied = {
    kind: 'applied',
    at: '2026-11-22T14:03:11.000Z',
    seq: 1,
    tookMs: 84,
    live: {},
    warnings: [],
  } as const;

  it('is named after its change, so that it is left once', () => {
    expect(toEvent(change({ id: 'c-7F3K9QXZ', state: applied })).metadata.name).toBe('reviews.c-7f3k9qxz');
  });

  it.each(['a'.repeat(253), `${'a'.repeat(241)}-b.c.${'d'.repeat(9)}`])(
    'has a name that the API server takes, whatever that of its object: %s',
    (name) => {
      const event = toEvent(change({ id: 'c-7F3K9QXZ', object: { ...reviewsObject, name }, state: applied }));

      expect(event.metadata.name).toMatch(/[a-z0-9]\.c-7f3k9qxz$/);
      expect(event.metadata.name?.length).toBeLessThanOrEqual(253);
      expect(event.involvedObject.name).toBe(name);
    },
  );

  it('of a rollback names what was taken back', () => {
    expect(toEvent(change({ reverts: changeId(7), state: applied }))).toMatchObject({
      reason: 'TrafficRolledBack',
      message: `${changeId(1)} by U01ALICE, taking back ${changeId(7)}: v1 100 → 50 %, v3 0 → 50 %`,
    });
  });

  it('stays within the 1,024 bytes that the API server takes', () => {
    const { message = '' } = toEvent(change({ reason: '🌟'.repeat(2_000), state: applied }));

    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_024);
  });
});
