import { expect, it, onTestFinished } from 'vitest';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { clientOfStub, clusterName } from '../support/kube.ts';

const reviews = 'reviews.shop.svc.cluster.local';

function destination(host: string, subset?: string) {
  return { destination: { host, ...(subset !== undefined && { subset }) } };
}

function named(name: string, namespace: string, spec: object) {
  return { metadata: { name, namespace, uid: `${namespace}/${name}`, resourceVersion: '1' }, spec };
}

const there: Readonly<Record<string, readonly object[]>> = {
  '/shop/virtualservices': [
    named('reviews', 'shop', { hosts: ['reviews'], http: [{ route: [destination('reviews', 'v1')] }] }),
    named('ratings', 'shop', { hosts: ['ratings'], http: [{ route: [destination('ratings', 'v1')] }] }),
  ],
  '/shop/destinationrules': [
    named('reviews', 'shop', { host: 'reviews', subsets: [{ name: 'red', labels: { version: 'v3' } }] }),
  ],
  '/edge/virtualservices': [
    named('outside', 'edge', {
      hosts: ['shop.example'],
      gateways: ['edge/public'],
      http: [{ route: [destination(reviews, 'red')] }],
    }),
    named('copies', 'edge', {
      hosts: ['shop.example'],
      http: [{ route: [destination('other')], mirror: { host: reviews } }],
    }),
  ],
};

it('finds what sends requests to a host in all namespaces that are watched, and asks the API server nothing for it', async () => {
  const asked: string[] = [];
  const client = await clientOfStub((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
    if (searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
    asked.push(pathname);
    const items = there[pathname.split('/namespaces')[1] ?? ''] ?? [];
    const list = { items, metadata: { resourceVersion: '1' } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
  });
  const mesh = new ClusterMesh(clusterName, client, new InMemoryLog());
  onTestFinished(() => mesh.close());
  await mesh.warm('shop');
  const alone = await mesh.sendingTo([reviews]);
  await mesh.warm('edge');
  asked.length = 0;

  const all = await mesh.sendingTo([reviews]);

  expect(alone.map(({ object }) => object.name)).toEqual(['reviews']);
  expect(all.map(({ object }) => `${object.namespace}/${object.name}`)).toEqual([
    'shop/reviews',
    'edge/outside',
    'edge/copies',
  ]);
  expect(all[1]?.rules[0]?.backends).toContainEqual({
    version: 'red',
    host: reviews,
    label: 'v3',
    selects: { version: 'v3' },
  });
  expect(asked).toEqual([]);
});
