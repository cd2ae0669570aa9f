import { expect, it } from 'vitest';
import type { MeshObject } from '../../../src/domain/map/objects.ts';
import { trafficMap } from '../../../src/domain/map/traffic-map.ts';
import { service } from './objects.ts';

const host = 'reviews.default.svc.cluster.local';
const sight = { seesPods: true };

it('tells of a Service its ports, the pods of each version, the Service of a version, and what defines subsets', () => {
  const map = trafficMap([
    ...service('reviews', ['v1', 'v2']),
    ...service('reviews-v2', ['v2'], { port: 80, portName: 'tcp' }),
  ]);

  expect(map.serviceOf(host, sight)).toEqual({
    ...{ host, namespace: 'default', name: 'reviews', ports: [{ number: 9080, protocol: 'http' }] },
    pods: {
      versions: [
        { version: 'v1', ready: 1, all: 1 },
        { version: 'v2', ready: 1, all: 1, service: { name: 'reviews-v2', ports: [80], ready: 1 } },
      ],
      unlabelled: { ready: 0, all: 0 },
    },
    definedBy: [{ namespace: 'default', name: 'reviews', host: 'reviews' }],
    subsets: [
      { name: 'v1', labels: { version: 'v1' } },
      { name: 'v2', labels: { version: 'v2' } },
    ],
  });
});

it('counts pods without the label apart, and says nothing of pods that are not seen', () => {
  const all = service('reviews', ['v1', 'v2']).map(
    (each): MeshObject => (each.kind === 'Pod' && each.name === 'reviews-v2' ? { ...each, labels: {} } : each),
  );

  expect(trafficMap(all).serviceOf(host, sight)?.pods).toEqual({
    versions: [{ version: 'v1', ready: 1, all: 1 }],
    unlabelled: { ready: 1, all: 1 },
  });
  expect(trafficMap(all).serviceOf(host, { seesPods: false })).not.toHaveProperty('pods');
});

it('tells of a DestinationRule that only some clients see', () => {
  const apart = service('reviews', ['v1']).map(
    (each): MeshObject => (each.kind === 'DestinationRule' ? { ...each, exportTo: ['.'] } : each),
  );

  expect(trafficMap(apart).serviceOf(host, sight)).toMatchObject({
    subsets: [{ name: 'v1' }],
    definedApart: { namespace: 'default', name: 'reviews' },
  });
  expect(trafficMap(service('reviews', ['v1'])).serviceOf(host, sight)).not.toHaveProperty('definedApart');
});

it('knows a headless Service and another name, and nothing that is no Service', () => {
  const [of, ...rest] = service('reviews', ['v1']);
  if (of?.kind !== 'Service') throw new Error('the first object is the Service');

  expect(trafficMap([{ ...of, clusterIps: ['None'] }, ...rest]).serviceOf(host, sight)?.special).toBe('headless');
  expect(trafficMap([{ ...of, externalName: 'a.example.com' }]).serviceOf(host, sight)?.special).toBe('alias');
  expect(trafficMap(rest).serviceOf(host, sight)).toBeUndefined();
});
