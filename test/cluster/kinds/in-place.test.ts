import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RoutingObject } from '../../../src/cluster/kinds/kind.ts';
import { kinds } from '../../../src/cluster/kinds/kinds.ts';
import { toRoute } from '../../../src/cluster/to-route.ts';
import { planReturn, planShift, type Wish } from '../../../src/domain/change/plan-weights.ts';
import { findRule, type Route } from '../../../src/domain/routing/route.ts';
import { type Move, sameShares } from '../../../src/domain/routing/split.ts';
import { isObject, type Json, type JsonObject } from '../../../src/domain/text/json.ts';
import { applyJsonPatch } from '../../../src/sandbox/kube-api/json-patch.ts';

type Kind = 'VirtualService' | 'HTTPRoute' | 'GRPCRoute' | 'TCPRoute' | 'TLSRoute' | 'ServiceSplitter';

interface Written {
  readonly kind: Kind;
  readonly spec: JsonObject;
}

const version = fc.constantFrom('v1', 'v2', 'v3');
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const weight = optional(fc.oneof(fc.nat(100), fc.constant(0), fc.nat(1_000)));

/** Without the fields that are not there. */
function whole(fields: Readonly<Record<string, unknown>>): JsonObject {
  return z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(fields)));
}

const destination = fc
  .record({
    host: fc.constantFrom('reviews', 'reviews', 'reviews.default.svc.cluster.local', 'other'),
    subset: optional(version),
    port: optional(fc.constantFrom({ number: 9080 }, { number: 8080 })),
    weight,
    headers: optional(fc.constant({ request: { set: { 'x-a': 'b' } } })),
  })
  .map(({ weight: its, headers, ...to }) => whole({ destination: to, weight: its, headers }));
const destinations = fc.array(destination, { minLength: 1, maxLength: 4 });

const match = fc.array(
  fc.constantFrom<JsonObject>(
    { uri: { prefix: '/a' } },
    { uri: { prefix: '/' } },
    { headers: { user: { exact: 'x' } } },
    { queryParams: { q: { exact: '1' } }, port: 9080 },
    {},
  ),
  { maxLength: 2 },
);

const httpRule = fc
  .record({
    name: optional(fc.constantFrom('main', 'api', 'default', '#1', 'tcp#1')),
    match: optional(match),
    route: optional(destinations),
    redirect: optional(fc.constant({ uri: '/new' })),
    timeout: optional(fc.constant('2s')),
    retries: optional(fc.constant({ attempts: 3 })),
    fault: optional(fc.constant({ abort: { httpStatus: 500, percentage: { value: 1 } } })),
    mirror: optional(fc.constant({ host: 'reviews', subset: 'v2' })),
    'x-unknown': optional(fc.constant([{ weight: 7 }])),
  })
  .map(whole);
const connectionRule = fc
  .record({ match: optional(fc.constantFrom([{ port: 31_400 }], [{ port: 31_401 }])), route: destinations })
  .map(whole);

const virtualService = fc
  .record({
    hosts: fc.constantFrom(['reviews'], ['reviews', 'shop.example.com'], []),
    gateways: optional(fc.constantFrom(['mesh', 'edge'], ['edge'])),
    http: optional(fc.array(httpRule, { minLength: 1, maxLength: 4 })),
    tcp: optional(fc.array(connectionRule, { minLength: 1, maxLength: 2 })),
    tls: optional(fc.array(connectionRule, { minLength: 1, maxLength: 2 })),
    exportTo: optional(fc.constant(['.'])),
  })
  .map((spec): Written => ({ kind: 'VirtualService', spec: whole(spec) }));

const backend = fc
  .record({
    name: version.map((each) => `reviews-${each}`),
    port: fc.constantFrom(9080, 9080, 8080),
    namespace: optional(fc.constantFrom('default', 'elsewhere')),
    weight,
  })
  .map(whole);
const backendRefs = fc.array(backend, { minLength: 1, maxLength: 4 });
const gatewayRule = fc
  .record({
    name: optional(fc.constantFrom('main', 'default')),
    matches: optional(fc.constantFrom([{ path: { type: 'PathPrefix', value: '/api' } }], [{ method: 'GET' }])),
    backendRefs,
    timeouts: optional(fc.constant({ request: '2s' })),
  })
  .map(whole);

const gatewayRoute = fc
  .record({
    kind: fc.constantFrom('HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'),
    rules: fc.array(gatewayRule, { minLength: 1, maxLength: 3 }),
  })
  .map(({ kind, rules }): Written => {
    const plain = kind === 'TCPRoute' || kind === 'TLSRoute' || kind === 'GRPCRoute';
    const own = rules.map(({ matches: _, ...rule }) => rule);
    const parentRefs = [{ group: '', kind: 'Service', name: 'reviews', port: 9080 }];
    return { kind, spec: { parentRefs, rules: plain ? own : rules } };
  });

const splitter = fc
  .uniqueArray(version, { minLength: 1, maxLength: 3 })
  .chain((versions) => fc.tuple(fc.constant(versions), fc.array(fc.nat(100), { minLength: 3, maxLength: 3 })))
  .map(([versions, cuts]): Written => {
    const shares = versions.map((serviceSubset, at) => ({ serviceSubset, weight: cuts[at] ?? 0 }));
    return { kind: 'ServiceSplitter', spec: { splits: shares } };
  });

const written = fc.oneof({ weight: 4, arbitrary: virtualService }, { weight: 3, arbitrary: gatewayRoute }, splitter);
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ kind: fc.constant('share' as const), version, percent: fc.nat(100) }),
  fc
    .tuple(version, fc.nat(100))
    .map(([one, percent]): Wish => ({ kind: 'whole', shares: { v1: 100 - percent, v2: 0, v3: 0, [one]: percent } })),
);

const subsets = ['v1', 'v2', 'v3'].map((name) => ({ name, labels: { version: name } }));
const services = ['reviews', 'other', 'reviews-v1', 'reviews-v2', 'reviews-v3'].map((name) => ({
  name,
  ports: [9080, 8080],
}));

function read({ kind, spec }: Written): { readonly object: RoutingObject; readonly route: Route } {
  const metadata = { name: 'reviews', namespace: 'default', uid: 'u', resourceVersion: '1' };
  const object = kinds[kind].read({ metadata, spec });
  const resolver = {
    metadata: { name: 'reviews', namespace: 'default' },
    spec: { subsets: { v1: {}, v2: {}, v3: {} } },
  };
  const rule = { metadata: { name: 'any', namespace: 'default' }, spec: { host: 'reviews', subsets } };
  const route = toRoute('sandbox', object, { rulesOf: () => [rule], services, resolvers: [resolver] });
  return { object, route };
}

function patched({ kind, spec }: Written, object: RoutingObject, moves: readonly Move[]): Written {
  const after = applyJsonPatch({ spec: structuredClone(spec) }, object.weights(moves));
  return { kind, spec: z.object({ spec: z.record(z.string(), z.json()) }).parse(after).spec };
}

/** Where the destinations of each rule are, in the order of the rules of a route. */
function listsOf({ kind, spec }: Written): readonly (readonly JsonObject[])[] {
  if (kind === 'ServiceSplitter') return [listIn(spec['splits'])];
  if (kind !== 'VirtualService') return listIn(spec['rules']).map((rule) => listIn(rule['backendRefs']));
  return ['http', 'tls', 'tcp'].flatMap((list) => listIn(spec[list]).map((rule) => listIn(rule['route'])));
}

function listIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

const lists = new Set(['route', 'backendRefs', 'splits']);

/** The object without the weights of its destinations, and of each list as many of them as the other one has. */
function beside(one: Written, lengths: readonly number[]): Json {
  let at = 0;
  const strip = (value: Json, key?: string): Json => {
    if (Array.isArray(value) && key !== undefined && lists.has(key)) {
      const length = lengths[at++] ?? 0;
      return value.slice(0, length).map((each) => (isObject(each) ? { ...each, weight: null } : each));
    }
    if (Array.isArray(value)) return value.map((each) => strip(each));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, strip(each ?? null, name)]));
  };
  return strip(one.spec);
}

function lengthsIn(one: Written): readonly number[] {
  const lengths: number[] = [];
  const walk = (value: Json, key?: string): void => {
    if (Array.isArray(value) && key !== undefined && lists.has(key)) lengths.push(value.length);
    else if (Array.isArray(value)) for (const each of value) walk(each);
    else if (isObject(value)) for (const [name, each] of Object.entries(value)) walk(each ?? null, name);
  };
  walk(one.spec);
  return lengths;
}

describe('any object of any kind', () => {
  it('gets weights, and destinations with a weight, in the rule that is meant; all else stays, and the way back restores it', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(written, wish, fc.nat(8), (one, wanted, nth) => {
        const { object, route } = read(one);
        const at = nth % Math.max(1, route.rules.length);
        const rule = route.rules[at];
        const plan = planShift(route, wanted, { rule: rule?.key });
        if (rule === undefined || plan.kind === 'refused') return;
        const [move] = plan.edit.moves;

        const after = patched(one, object, plan.edit.moves);

        seen.set(one.kind, (seen.get(one.kind) ?? 0) + 1);
        const moved = route.rules.findIndex(({ key }) => key === move.rule);
        const [were, are] = [listsOf(one), listsOf(after)];
        expect(moved).toBe(at);
        expect(are.filter((_, place) => place !== at)).toEqual(were.filter((_, place) => place !== at));
        expect(beside(after, lengthsIn(one))).toEqual(beside(one, lengthsIn(one)));
        for (const added of are[at]?.slice(were[at]?.length) ?? []) expect(added['weight']).toBeGreaterThan(0);
        const made = read(after);
        const now = findRule(made.route, move.rule)?.split ?? {};
        expect(sameShares(now, move.to)).toBe(true);

        const way = planReturn(made.route, { rule: move.rule, split: move.from });
        if (way.kind === 'refused') return expect(way.refusal.reason).toBe('already-there');
        const back = patched(after, made.object, way.edit.moves);
        const restored = findRule(read(back).route, move.rule)?.split ?? {};
        expect(sameShares(restored, rule.split)).toBe(true);
        expect(beside(back, lengthsIn(one))).toEqual(beside(one, lengthsIn(one)));
        for (const added of listsOf(back)[at]?.slice(were[at]?.length) ?? []) expect(added['weight']).toBe(0);
      }),
      { numRuns: 1_500, seed: 7 },
    );
    for (const kind of ['VirtualService', 'HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute', 'ServiceSplitter'])
      expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(20);
  });
});
