import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { Clusters } from '../../src/cluster/clusters.ts';
import { toEvent } from '../../src/cluster/event.ts';
import { MeshUnavailableError, RejectedError } from '../../src/workflow/errors.ts';
import {
  applied,
  change,
  changeId,
  changeOf,
  contentEdit,
  reviewsObject,
  revision,
  weightsEdit,
} from '../support/builders.ts';
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
      expect((await mesh.open(found.object)).live).toMatchObject({
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
    const { write } = await mesh.open(object);
    const move = { rule: 'default', from: { v1: 100 }, to: { v1: 100 } };
    await write({ kind: 'weights', moves: [move] }, revision({ id: changeId(1), ...move }));

    await expect.poll(() => mesh.findChange(changeId(1))).toEqual(object);
  });

  it('does not know others, and says so', async () => {
    const object = { cluster: 'mars', namespace: 'default', kind: 'VirtualService', name: 'reviews' } as const;

    expect(await mesh.find({ cluster: 'mars', namespace: 'default', service: 'reviews' })).toEqual({
      kind: 'unknown-cluster',
      clusters: ['cluster-0', 'cluster-1'],
    });
    expect(() => mesh.open(object)).toThrow(MeshUnavailableError);
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
    const { write } = await mesh.open({ ...reviewsObject, cluster: 'a' });

    const written = await write(weightsEdit(), revision());

    expect(written).toMatchObject({ kind: 'written', splits: [{ rule: 'default', split: { v1: 60, v3: 40 } }] });
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
  it('is named after its change, so that it is left once', () => {
    expect(toEvent(change({ id: 'c-7F3K9QXZ', state: applied() })).metadata.name).toBe('reviews.c-7f3k9qxz');
  });

  it.each(['a'.repeat(253), `${'a'.repeat(241)}-b.c.${'d'.repeat(9)}`])(
    'has a name that the API server takes, whatever that of its object: %s',
    (name) => {
      const event = toEvent(change({ id: 'c-7F3K9QXZ', object: { ...reviewsObject, name }, state: applied() }));

      expect(event.metadata.name).toMatch(/[a-z0-9]\.c-7f3k9qxz$/);
      expect(event.metadata.name?.length).toBeLessThanOrEqual(253);
      expect(event.involvedObject.name).toBe(name);
    },
  );

  it('of a rollback names what was taken back', () => {
    expect(toEvent(change({ reverts: changeId(7), state: applied() }))).toMatchObject({
      reason: 'TrafficRolledBack',
      message: `${changeId(1)} by U01ALICE, taking back ${changeId(7)}: v1 100 → 50 %, v3 0 → 50 %`,
    });
  });

  it('of several rules lists what was moved of each', () => {
    const moves = [
      { rule: 'default', from: { v1: 100 }, to: { v1: 50, v3: 50 } },
      { rule: 'orders', from: { v1: 10, v2: 90 }, to: { v2: 100 } },
    ] as const;
    const edit = { ...weightsEdit(), moves };

    expect(toEvent(change({ edits: [edit], state: applied({}, [edit]) }))).toMatchObject({
      reason: 'TrafficShifted',
      message: `${changeId(1)} by U01ALICE: default: v1 100 → 50 %, v3 0 → 50 %; orders: v1 10 → 0 %, v2 90 → 100 %`,
    });
  });

  it('of a rule file is left on the first object that routes, and says what was done', () => {
    const versions = { ...reviewsObject, kind: 'DestinationRule' } as const;
    const edits = [
      contentEdit({ object: versions, after: { spec: {} } }),
      contentEdit({ object: reviewsObject, uid: 'u-1', after: { spec: {} }, from: { v1: 100 }, to: { v2: 100 } }),
    ] as const;

    expect(toEvent(changeOf(edits, { state: applied({}, edits) }))).toMatchObject({
      involvedObject: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'reviews', uid: 'u-1' },
      reason: 'RulesChanged',
      message: `${changeId(1)} by U01ALICE: apply bookinfo/all, v1 100 → 0 %, v2 0 → 100 %`,
    });
  });

  it('of DestinationRules alone is left on the first of them', () => {
    const object = { ...reviewsObject, kind: 'DestinationRule' } as const;
    const edits = [contentEdit({ object, after: { spec: {} } })] as const;

    const { involvedObject, message } = toEvent(changeOf(edits, { state: applied({}, edits) }));

    expect(involvedObject).toMatchObject({ kind: 'DestinationRule', name: 'reviews' });
    expect(involvedObject.uid).toBeUndefined();
    expect(message).toBe(`${changeId(1)} by U01ALICE: apply bookinfo/all`);
  });

  it('stays within the 1,024 bytes that the API server takes', () => {
    const { message = '' } = toEvent(change({ reason: '🌟'.repeat(2_000), state: applied() }));

    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_024);
  });
});
