import { describe, expect, it } from 'vitest';
import { picture } from '../../../src/cluster/open-object.ts';
import type { ObjectRef } from '../../../src/domain/routing/object.ts';
import { type Pictured, weightsOnly } from '../../../src/domain/routing/weights-only.ts';
import type { JsonObject } from '../../../src/domain/text/json.ts';
import { reviewsObject } from '../../support/builders.ts';

const base = { hosts: ['reviews'] };
const jason = { match: [{ headers: { 'end-user': { exact: 'jason' } } }], route: [to('v2')] };

describe('a difference of two states of a VirtualService', () => {
  it.each<[string, JsonObject, JsonObject, object | undefined]>([
    [
      'in weights',
      split({ v1: 100, v2: 0 }),
      split({ v1: 80, v2: 20 }),
      { kind: 'weights', shares: { v1: 80, v2: 20 } },
    ],
    [
      'in a destination more',
      split({ v1: 100 }),
      split({ v1: 50, v3: 50 }),
      { kind: 'weights', shares: { v1: 50, v3: 50 } },
    ],
    ['in a destination less', split({ v1: 50, v3: 50 }), split({ v3: 100 }), { kind: 'weights', shares: { v3: 100 } }],
    ['on another scale', split({ v1: 50, v3: 50 }), split({ v1: 1, v3: 1 }), { kind: 'same' }],
    ['in a destination that has nothing', split({ v1: 100, v3: 0 }), split({ v1: 100 }), { kind: 'same' }],
    [
      'beside the same pinned rule',
      above(jason, { v1: 100 }),
      above(jason, { v2: 100 }),
      { kind: 'weights', shares: { v2: 100 } },
    ],
    ['in shares that are no percentages', split({ v1: 100 }), split({ v1: 1, v2: 2 }), undefined],
    ['in weights that are all 0', split({ v1: 100 }), split({ v1: 0, v2: 0 }), undefined],
    ['in a pinned rule', above(jason, { v1: 100 }), split({ v1: 50, v2: 50 }), undefined],
    ['in what it does to the requests', split({ v1: 100 }), split({ v1: 50, v2: 50 }, { timeout: '1s' }), undefined],
    ['in its hosts', split({ v1: 100 }), { ...split({ v1: 50, v2: 50 }), hosts: ['ratings'] }, undefined],
    ['in a destination of another host', split({ v1: 100 }), route(to('v1', 50), to('v2', 50, 'ratings')), undefined],
    [
      'in a destination without a version',
      split({ v1: 100 }),
      route(to('v1', 50), { destination: { host: 'reviews' }, weight: 50 }),
      undefined,
    ],
    [
      'in a destination with headers of its own',
      split({ v1: 100 }),
      route(to('v1', 50), { ...to('v2', 50), headers: {} }),
      undefined,
    ],
    [
      'in the headers of one that stays',
      route({ ...to('v1', 50), headers: {} }, to('v2', 50)),
      split({ v1: 60, v2: 40 }),
      undefined,
    ],
    ['in a rule that redirects', split({ v1: 100 }), { ...base, http: [{ redirect: { uri: '/' } }] }, undefined],
    ['in whether there is a default rule', { ...base, http: [jason] }, split({ v1: 100 }), undefined],
  ])('%s', (_, before, after, comesTo) => {
    expect(weightsOnly('VirtualService', pictured(before), pictured(after))).toEqual(comesTo);
  });

  it('in labels is more than weights', () => {
    const [before, after] = [pictured(split({ v1: 100 })), pictured(split({ v2: 100 }))];

    expect(
      weightsOnly('VirtualService', before, { ...after, content: { ...after.content, labels: { a: 'b' } } }),
    ).toBeUndefined();
  });
});

const httpRoute = { ...reviewsObject, kind: 'HTTPRoute' } as const;
const parentRefs = [{ group: '', kind: 'Service', name: 'reviews', port: 9080 }];

describe('a difference of two states of an HTTPRoute', () => {
  it.each<[string, JsonObject, JsonObject, object | undefined]>([
    [
      'in weights',
      backends(backend('v1', 100), backend('v2', 0)),
      backends(backend('v1', 80), backend('v2', 20)),
      { kind: 'weights', shares: { 'reviews-v1': 80, 'reviews-v2': 20 } },
    ],
    [
      'in a Service more',
      backends(backend('v1', 1)),
      backends(backend('v1', 50), backend('v3', 50)),
      { kind: 'weights', shares: { 'reviews-v1': 50, 'reviews-v3': 50 } },
    ],
    ['on another scale', backends(backend('v1', 50)), backends(backend('v1', 1)), { kind: 'same' }],
    [
      'in a Service with another port',
      backends(backend('v1', 1)),
      backends(backend('v1', 50), { ...backend('v3', 50), port: 80 }),
      undefined,
    ],
    [
      'in a Service with filters of its own',
      backends(backend('v1', 1)),
      backends(backend('v1', 50), { ...backend('v3', 50), filters: [] }),
      undefined,
    ],
    [
      'in what it is bound to',
      backends(backend('v1', 1)),
      { ...backends(backend('v2', 1)), parentRefs: [] },
      undefined,
    ],
  ])('%s', (_, before, after, comesTo) => {
    const of = (spec: JsonObject) => pictured(spec, httpRoute);
    expect(weightsOnly('HTTPRoute', of(before), of(after))).toEqual(comesTo);
  });
});

const serviceSplitter = { ...reviewsObject, kind: 'ServiceSplitter' } as const;

describe('a difference of two states of a ServiceSplitter', () => {
  it.each<[string, JsonObject, JsonObject, object | undefined]>([
    ['in weights', splits({ v1: 100 }), splits({ v1: 50, v3: 50 }), { kind: 'weights', shares: { v1: 50, v3: 50 } }],
    ['in hundredths of a percent', splits({ v1: 100 }), splits({ v1: 99.5, v3: 0.5 }), undefined],
    [
      'in a service',
      splits({ v1: 100 }),
      { splits: [{ weight: 100, service: 'ratings', serviceSubset: 'v1' }] },
      undefined,
    ],
  ])('%s', (_, before, after, comesTo) => {
    const of = (spec: JsonObject) => pictured(spec, serviceSplitter);
    expect(weightsOnly('ServiceSplitter', of(before), of(after))).toEqual(comesTo);
  });
});

describe('a difference of two objects that split nothing', () => {
  it('is never one of weights', () => {
    const content = { spec: { host: 'reviews' } };

    expect(weightsOnly('DestinationRule', { content, rules: [] }, { content, rules: [] })).toBeUndefined();
  });
});

function backends(...backendRefs: readonly JsonObject[]): JsonObject {
  return { parentRefs, rules: [{ backendRefs }] };
}

function backend(version: string, weight: number): JsonObject {
  return { name: `reviews-${version}`, port: 9080, weight };
}

function splits(weights: Readonly<Record<string, number>>): JsonObject {
  return { splits: Object.entries(weights).map(([serviceSubset, weight]) => ({ weight, serviceSubset })) };
}

function pictured(spec: JsonObject, ref: ObjectRef = reviewsObject): Pictured {
  return { content: { spec }, rules: picture(ref, { spec }).rules };
}

function split(weights: Readonly<Record<string, number>>, more: JsonObject = {}): JsonObject {
  return above(undefined, weights, more);
}

function above(
  rule: JsonObject | undefined,
  weights: Readonly<Record<string, number>>,
  more: JsonObject = {},
): JsonObject {
  const last = { route: Object.entries(weights).map(([subset, weight]) => to(subset, weight)), ...more };
  return { ...base, http: rule === undefined ? [last] : [rule, last] };
}

function route(...destinations: readonly JsonObject[]): JsonObject {
  return { ...base, http: [{ route: destinations }] };
}

function to(subset: string, weight = 100, host = 'reviews'): JsonObject {
  return { destination: { host, subset }, weight };
}
