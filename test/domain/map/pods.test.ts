import { expect, it } from 'vitest';
import type { EndpointSlice, MeshObject } from '../../../src/domain/map/objects.ts';
import { trafficMap } from '../../../src/domain/map/traffic-map.ts';
import { service } from './objects.ts';

const host = 'reviews.default.svc.cluster.local';
const [of, slice, ...rest] = service('reviews', ['v1', 'v2', 'v3']);

function podsOf(objects: readonly (MeshObject | undefined)[], labels = {}) {
  return trafficMap(objects.filter((each) => each !== undefined)).podsOf(host, labels);
}

function withSlice(change: (slice: EndpointSlice) => Partial<EndpointSlice>): readonly (MeshObject | undefined)[] {
  if (slice?.kind !== 'EndpointSlice') throw new Error('the second object is a slice');
  return [of, { ...slice, ...change(slice) }, ...rest];
}

it('the pods of a version are those of its Service with its labels, and those that are ready of them', () => {
  const oneIsNot = withSlice(({ endpoints }) => ({
    endpoints: endpoints.map((each, at) => ({ ...each, ready: at !== 2 })),
  }));

  expect(podsOf(oneIsNot)).toEqual({ ready: 2, all: 3 });
  expect(podsOf(oneIsNot, { version: 'v1' })).toEqual({ ready: 1, all: 1 });
  expect(podsOf(oneIsNot, { version: 'v3' })).toEqual({ ready: 0, all: 1 });
  expect(podsOf(oneIsNot, { version: 'v4' })).toEqual({ ready: 0, all: 0 });
});

it('a pod with two addresses is one, and an endpoint without a pod has no labels', () => {
  const twice = withSlice(({ endpoints }) => ({
    endpoints: [
      ...endpoints,
      ...endpoints.map((each) => ({ ...each, address: `other ${each.address}` })),
      { address: '10.0.0.9', ready: true },
    ],
  }));

  expect(podsOf(twice)).toEqual({ ready: 4, all: 4 });
  expect(podsOf(twice, { version: 'v1' })).toEqual({ ready: 1, all: 1 });
});

it('they are not known of what is no Service, and of one for which nothing keeps slices', () => {
  expect(podsOf([])).toBeUndefined();
  expect(podsOf([of])).toBeUndefined();
});
