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

    it('knows the Services and pods that were there before it, and what they make of a host and of a version', async () => {
      const mine = await kube.create(`
        kind: VirtualService
        metadata: { name: spelled }
        spec: { hosts: [spelled.${kube.namespace}], http: [{ route: [{ destination: { host: spelled } }] }] }`);
      const spelled = `spelled.${kube.namespace}.svc.cluster.local`;
      await kube.create(
        '{ kind: Service, metadata: { name: spelled }, spec: { ports: [{ port: 9080, name: http }] } }',
      );
      await kube.ask('POST', `/apis/discovery.k8s.io/v1/namespaces/${kube.namespace}/endpointslices`, {
        metadata: { name: 'spelled-1', labels: { 'kubernetes.io/service-name': 'spelled' } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 9080 }],
        endpoints: [
          { addresses: ['10.0.0.1'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'spelled-v1' } },
        ],
      });
      await kube.ask('POST', `/api/v1/namespaces/${kube.namespace}/pods`, {
        metadata: { name: 'spelled-v1', labels: { version: 'v1' } },
        spec: { containers: [{ name: 'c', image: 'none' }] },
      });
      const mesh = kube.mesh();
      await mesh.warm(kube.namespace);
      const object = {
        cluster: clusterName,
        namespace: kube.namespace,
        kind: 'VirtualService',
        name: mine.metadata.name,
      } as const;

      await expect
        .poll(() => mesh.following(object, 'default'))
        .toMatchObject({
          followed: [],
          elsewhere: [{ host: spelled, why: 'host-spelling' }],
        });
      await expect.poll(() => mesh.pods(clusterName, spelled, { version: 'v1' })).toEqual({ ready: 1, all: 1 });
      expect(await mesh.pods(clusterName, spelled, { version: 'v2' })).toEqual({ ready: 0, all: 0 });
    });

    it('knows the namespaces that it may see otherwise', async () => {
      const mesh = kube.mesh(await kube.permit('bot', { virtualservices: read, destinationrules: read }));
      await mesh.warm(kube.namespace);

      expect(await found(mesh)()).toMatchObject({ kind: 'found', object: { namespace: kube.namespace } });
    });
  });
}
