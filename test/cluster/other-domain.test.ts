import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { defaultSettings } from '../../src/domain/map/objects.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { clusterName, type KubeWorld, sandboxKube } from '../support/kube.ts';

const domain = 'corp.example';

let kube: KubeWorld;
let mesh: ClusterMesh;
let namespace: string;

beforeAll(async () => {
  kube = await sandboxKube();
  ({ namespace } = kube);
  mesh = new ClusterMesh(clusterName, kube.client(), kube.log, { ...defaultSettings, clusterDomain: domain });
});

afterAll(async () => {
  await mesh.close();
  await kube.end();
});

/** A service whose VirtualService and DestinationRule spell its host in their own ways. */
async function make(name: string, inService: string, inRule: string): Promise<ObjectRef> {
  const route = [{ destination: { host: inService, subset: 'v1' } }];
  const subsets = ['v1', 'v2'].map((version) => ({ name: version, labels: { version } }));
  const ports = [{ port: 9080, name: 'http' }];
  for (const object of [
    { kind: 'Service', metadata: { name }, spec: { ports } },
    { kind: 'VirtualService', metadata: { name }, spec: { hosts: [inService], http: [{ route }] } },
    { kind: 'DestinationRule', metadata: { name }, spec: { host: inRule, subsets } },
  ])
    await kube.create(stringify(object));
  return { cluster: clusterName, namespace, kind: 'VirtualService', name };
}

it.each`
  name           | inService | inRule
  ${'short'}     | ${false}  | ${false}
  ${'full'}      | ${true}   | ${true}
  ${'full-vs'}   | ${true}   | ${false}
  ${'full-rule'} | ${false}  | ${true}
`('a service of a cluster of another domain is found and has its versions: $name', async (row) => {
  const { name } = row;
  const host = `${name}.${namespace}.svc.${domain}`;
  const object = await make(name, row.inService ? host : name, row.inRule ? host : name);
  const find = () => mesh.find({ cluster: clusterName, namespace, service: name });

  await expect.poll(find).toEqual({ kind: 'found', object });
  const { live } = await mesh.open(object);

  expect(live?.rules).toMatchObject([
    {
      served: ['v1', 'v2'],
      backends: [
        { host, version: 'v1', selects: { version: 'v1' } },
        { host, version: 'v2' },
      ],
    },
  ]);
  expect(await mesh.following(object, 'default')).toMatchObject({ followed: [{ host }, { host }], elsewhere: [] });
});

it('there a host of the usual domain is one outside the cluster', async () => {
  const host = `usual.${namespace}.svc.cluster.local`;
  const object = await make('usual', host, 'usual');

  await expect.poll(async () => (await mesh.open(object)).live?.rules[0]?.served).toEqual([]);
});
