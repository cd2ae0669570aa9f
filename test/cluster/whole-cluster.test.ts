import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { clusterName, type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';

const read = ['get', 'list', 'watch'];

describeWholeCluster('of the API server of the sandbox', sandboxKube);
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeWholeCluster('of a real API server', realKube);
});

function describeWholeCluster(where: string, begin: () => Promise<KubeWorld>): void {
  describe(`the traffic map ${where}`, () => {
    let kube: KubeWorld;
    let legacy: string;
    let host: string;

    beforeEach(async () => {
      kube = await begin();
      legacy = `${kube.namespace}-legacy`;
      host = `reviews.${kube.namespace}.svc.cluster.local`;
      await kube.ask('POST', '/api/v1/namespaces', { metadata: { name: legacy } });
      await make(legacy, 'a-older');
      await make(kube.namespace, 'reviews');
    });
    afterEach(async () => {
      await kube.ask('DELETE', `/apis/networking.istio.io/v1/namespaces/${legacy}/virtualservices/a-older`);
      await kube.ask('DELETE', `/api/v1/namespaces/${legacy}`);
      await kube.end();
    });

    const make = (namespace: string, name: string) =>
      kube.ask('POST', `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`, {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name },
        spec: { hosts: [host], http: [{ route: [{ destination: { host } }] }] },
      });
    const found = (mesh: ReturnType<KubeWorld['mesh']>) => () =>
      mesh.find({ cluster: clusterName, namespace: kube.namespace, service: 'reviews' });

    it('knows all of it where the bot may see all, and what governs a service elsewhere', async () => {
      const mesh = kube.mesh();
      await mesh.warm(kube.namespace);

      await expect.poll(found(mesh)).toEqual({
        kind: 'found',
        object: { cluster: clusterName, namespace: legacy, kind: 'VirtualService', name: 'a-older' },
      });
    });

    it('knows the namespaces that it may see otherwise', async () => {
      const mesh = kube.mesh(await kube.permit('bot', { virtualservices: read, destinationrules: read }));
      await mesh.warm(kube.namespace);

      expect(await found(mesh)()).toMatchObject({ kind: 'found', object: { namespace: kube.namespace } });
    });
  });
}
