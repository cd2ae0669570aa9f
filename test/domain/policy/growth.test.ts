import { describe, expect, it } from 'vitest';
import { growthOfEdit } from '../../../src/domain/policy/growth.ts';
import type { ObjectKind } from '../../../src/domain/routing/object.ts';
import type { JsonObject } from '../../../src/domain/text/json.ts';

const moves = [{ rule: 'default', from: { v1: 100 }, to: { v1: 90, v3: 10 } }] as const;

function growth(kind: ObjectKind, before: JsonObject, after: JsonObject) {
  return growthOfEdit({ kind: 'content', moves, object: { kind }, before: { spec: before }, after: { spec: after } });
}

const route = (weight: number) => [{ destination: { host: 'reviews', subset: 'v1' }, weight }];
const refs = (weight: number) => [{ name: 'reviews-v1', port: 9080, weight }];
const slash = [{ path: { type: 'PathPrefix', value: '/' } }];
const carts = [{ path: { type: 'PathPrefix', value: '/carts' } }];

describe('the step of an object that is written whole', () => {
  it.each`
    kind                 | before                                                                             | after
    ${'VirtualService'}  | ${{ http: [{ match: [{}], route: route(1) }, { route: route(9) }] }}               | ${{ http: [{ match: [{}], route: route(1) }, { route: route(8) }] }}
    ${'HTTPRoute'}       | ${{ rules: [{ backendRefs: refs(9) }, { matches: carts, backendRefs: refs(1) }] }} | ${{ rules: [{ backendRefs: refs(8) }, { matches: carts, backendRefs: refs(1) }] }}
    ${'HTTPRoute'}       | ${{ rules: [{ matches: slash, backendRefs: refs(9) }] }}                           | ${{ rules: [{ matches: slash, backendRefs: refs(8) }] }}
    ${'GRPCRoute'}       | ${{ rules: [{ backendRefs: refs(9) }] }}                                           | ${{ rules: [{ backendRefs: refs(8) }] }}
    ${'ServiceSplitter'} | ${{ splits: [{ weight: 100, serviceSubset: 'v1' }] }}                              | ${{ splits: [{ weight: 90, serviceSubset: 'v1' }] }}
  `('is known where nothing but the weights of the rule for all the rest differ: $kind', ({ kind, before, after }) => {
    expect(growth(kind, before, after)).toEqual({ step: 10, reached: 100 });
  });

  it.each`
    kind                 | before                                                                             | after
    ${'VirtualService'}  | ${{ http: [{ match: [{}], route: route(1) }, { route: route(9) }] }}               | ${{ http: [{ match: [{}], route: route(2) }, { route: route(8) }] }}
    ${'HTTPRoute'}       | ${{ rules: [{ matches: carts, backendRefs: refs(9) }] }}                           | ${{ rules: [{ matches: carts, backendRefs: refs(8) }] }}
    ${'HTTPRoute'}       | ${{ rules: [{ backendRefs: refs(9) }] }}                                           | ${{ hostnames: ['a'], rules: [{ backendRefs: refs(8) }] }}
    ${'HTTPRoute'}       | ${{ rules: [{ backendRefs: refs(9) }, { matches: carts, backendRefs: refs(1) }] }} | ${{ rules: [{ backendRefs: refs(9) }, { matches: carts, backendRefs: refs(2) }] }}
    ${'ServiceSplitter'} | ${{ splits: [{ weight: 100, serviceSubset: 'v1' }] }}                              | ${{ splits: [{ weight: 100, serviceSubset: 'v2' }] }}
    ${'ServiceResolver'} | ${{ subsets: {} }}                                                                 | ${{ subsets: {} }}
  `('is a part of it where more differs: $kind', ({ kind, before, after }) => {
    expect(growth(kind, before, after)).toEqual({ step: 10, reached: 100, isAtLeast: true });
  });
});
