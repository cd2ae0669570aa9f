import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Found, Mesh } from '../../src/workflow/ports/mesh.ts';
import { clusterName, type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';

describeUnrouted('in the API server of the sandbox', sandboxKube);
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeUnrouted('in a real API server', realKube);
});

function describeUnrouted(where: string, begin: () => Promise<KubeWorld>): void {
  describe(`a namespace where nothing routes anything, ${where}`, () => {
    let kube: KubeWorld;
    let mesh: Mesh;

    beforeAll(async () => {
      kube = await begin();
      mesh = kube.mesh();
    });
    afterAll(() => kube.end());

    const find = (service: string): Promise<Found> =>
      mesh.find({ cluster: clusterName, namespace: kube.namespace, service });

    it('has its Services known, and what routes them later', async () => {
      expect(await find('alone')).toEqual({ kind: 'unknown-service', services: [], nearest: undefined });
      await kube.create(stringify({ kind: 'Service', metadata: { name: 'alone' }, spec: { ports: [{ port: 9080 }] } }));

      await expect.poll(() => find('alone')).toMatchObject({ kind: 'unknown-service', unrouted: { name: 'alone' } });
      const spec = { hosts: ['alone'], http: [{ route: [{ destination: { host: 'alone' } }] }] };
      await kube.create(stringify({ kind: 'VirtualService', metadata: { name: 'alone' }, spec }));

      await expect.poll(() => find('alone')).toMatchObject({ kind: 'found', object: { name: 'alone' } });
    });
  });
}
