import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KnownService, RoutingObject } from '../../../src/cluster/kinds/kind.ts';
import { kinds } from '../../../src/cluster/kinds/kinds.ts';
import type { ObjectKind } from '../../../src/domain/routing/object.ts';
import { pinnedRules } from '../../../src/domain/routing/route.ts';
import { effectOf } from '../../../src/domain/routing/standing.ts';

const metadata = { name: 'reviews', namespace: 'shop', uid: 'u', resourceVersion: '7', generation: 3 };

function read(kind: ObjectKind, spec: string, status?: object): RoutingObject {
  return kinds[kind].read({ metadata, spec: parse(spec), ...(status && { status }) });
}

function rulesOf(kind: ObjectKind, spec: string, services?: readonly KnownService[]) {
  return read(kind, spec).rules({ subsetsOf: () => [], services });
}

const services = ['reviews', 'reviews-v1', 'reviews-v2', 'reviews-v3', 'ratings-v1'].map((name) => ({
  name,
  ports: [9080],
}));
const mesh = '{ group: "", kind: Service, name: reviews }';

describe('what chooses the pods of a version', () => {
  it('is the selector of its Service, as far as that is known', () => {
    const known = [
      { name: 'reviews-v1', ports: [9080], selector: { version: 'v1', app: 'reviews' } },
      { name: 'reviews-v2', ports: [9080] },
      { name: 'reviews-v3', ports: [9080], selector: { app: 'reviews', version: 'v3' } },
    ];
    const [rule] = rulesOf(
      'HTTPRoute',
      `{ parentRefs: [${mesh}], rules: [{ backendRefs: [{ name: reviews-v1, port: 9080 }, { name: reviews-v2, port: 9080 }, { name: reviews-v1, namespace: far, port: 9080 }] }] }`,
      known,
    );

    expect(rule?.backends?.map(({ chosenBy }) => chosenBy)).toEqual(['app=reviews,version=v1', undefined, undefined]);
  });

  it('is the filter of a subset of Consul, also of one that gets nothing yet', () => {
    const [rule] = read('ServiceSplitter', '{ splits: [{ weight: 100, serviceSubset: v1 }] }').rules({
      subsetsOf: () => [
        { name: 'v1', filter: 'Service.Meta.version == v1' },
        { name: 'v3', filter: 'a == b' },
      ],
    });

    expect(rule?.backends?.map(({ version, chosenBy }) => [version, chosenBy])).toEqual([
      ['v1', 'Service.Meta.version == v1'],
      ['v3', 'a == b'],
    ]);
  });
});

describe('where a route holds', () => {
  it.each`
    parents                                                    | hostnames      | hosts                          | gateways
    ${mesh}                                                    | ${''}          | ${['reviews']}                 | ${['mesh']}
    ${'{ group: "", kind: Service, name: x, namespace: far }'} | ${''}          | ${['x.far.svc.cluster.local']} | ${['mesh']}
    ${'{ name: edge }'}                                        | ${'a.example'} | ${['a.example']}               | ${['edge']}
    ${'{ name: edge, namespace: infra }'}                      | ${''}          | ${['*']}                       | ${['infra/edge']}
    ${`{ name: edge }, ${mesh}`}                               | ${'a.example'} | ${['reviews', 'a.example']}    | ${['edge', 'mesh']}
    ${''}                                                      | ${''}          | ${[]}                          | ${[]}
  `('of $parents is $hosts', ({ parents, hostnames, hosts, gateways }) => {
    const spec = `{ parentRefs: [${parents}], hostnames: [${hostnames}], rules: [] }`;

    expect(read('HTTPRoute', spec)).toMatchObject({ hosts, gateways });
  });
});

describe('the rules of a HTTPRoute', () => {
  const to = (name: string, weight = 1) => `{ name: ${name}, port: 9080, weight: ${weight} }`;
  const rule = (match: string, ...backends: readonly string[]) =>
    `{ matches: [${match}], backendRefs: [${backends.join(', ')}] }`;
  const spec = (...rules: readonly string[]) => `{ parentRefs: [${mesh}], rules: [${rules.join(', ')}] }`;

  it.each`
    match                                                                             | words
    ${'{ path: { type: Exact, value: /a } }'}                                         | ${'path = /a'}
    ${'{ path: { type: PathPrefix, value: /a } }'}                                    | ${'path starts with /a'}
    ${'{ path: { type: RegularExpression, value: "/a.*" } }'}                         | ${'path ~ /a.*'}
    ${'{ headers: [{ name: end-user, value: jason }] }'}                              | ${'end-user = jason'}
    ${'{ path: { type: PathPrefix, value: / }, method: POST }'}                       | ${'method = POST'}
    ${'{ queryParams: [{ name: beta, value: "1" }] }'}                                | ${'query beta = 1'}
    ${'{ method: GET, headers: [{ type: RegularExpression, name: a, value: b.* }] }'} | ${'method = GET and a ~ b.*'}
    ${'{ method: GET }, { method: HEAD }'}                                            | ${'method = GET or method = HEAD'}
  `('say of $match: $words', ({ match, words }) => {
    const [first] = rulesOf('HTTPRoute', spec(rule(match, to('reviews-v1')), rule('', to('reviews-v2'))));

    expect(first).toMatchObject({ key: `#1 ${words}`, match: words });
  });

  it('have one that takes all the rest, wherever it stands, and all others come before it', () => {
    const rules = rulesOf(
      'HTTPRoute',
      spec(
        rule('{ path: { type: PathPrefix, value: / } }', to('reviews-v1')),
        rule('{ method: POST }', to('reviews-v2')),
        rule('', to('reviews-v3')),
      ),
    );

    expect(rules.map(({ key }) => key)).toEqual(['default', '#2 method = POST', '#3 anything']);
    expect(pinnedRules({ rules }).map(({ key }) => key)).toEqual(['#2 method = POST']);
  });

  it('count an omitted weight as 1, and a single backend of weight 0 as nothing', () => {
    const [omitted, none] = rulesOf(
      'HTTPRoute',
      spec(
        '{ name: a, backendRefs: [{ name: reviews-v1 }, { name: reviews-v3, weight: 50 }] }',
        `{ name: b, matches: [{ method: PUT }], backendRefs: [${to('reviews-v1', 0)}] }`,
      ),
    );

    expect(omitted?.split).toEqual({ 'reviews-v1': 1, 'reviews-v3': 50 });
    expect(none?.split).toEqual({ 'reviews-v1': 0 });
  });

  it('may give traffic to other Services of the parent, on the same port, which answer to short names', () => {
    const [one] = rulesOf('HTTPRoute', spec(rule('', to('reviews-v1'))), [
      ...services,
      { name: 'reviews-v9', ports: [1] },
    ]);

    expect(one).toMatchObject({
      served: ['reviews-v1', 'reviews-v2', 'reviews-v3'],
      shortNames: { 'reviews-v1': 'v1', 'reviews-v2': 'v2', 'reviews-v3': 'v3' },
      host: 'reviews',
    });
    expect(one?.backends?.at(0)).toEqual({ version: 'reviews-v1', host: 'reviews-v1.shop.svc.cluster.local' });
  });

  it('may give traffic only to what they have, where Services are not known', () => {
    expect(rulesOf('HTTPRoute', spec(rule('', to('reviews-v1'))))[0]?.served).toEqual(['reviews-v1']);
  });

  it('may not give more to a Service that is not there', () => {
    const [one] = rulesOf('HTTPRoute', spec(rule('', to('reviews-v1'), to('reviews-v8'))), services);

    expect(one?.served).toEqual(['reviews-v1', 'reviews-v2', 'reviews-v3']);
  });

  it('at a gateway find their versions by what the names of their backends have in common', () => {
    const atGateway = `{ parentRefs: [{ name: edge }], rules: [${rule('', to('reviews-v1'))}] }`;

    expect(rulesOf('HTTPRoute', atGateway, services)[0]).toMatchObject({
      served: ['reviews-v1', 'reviews-v2', 'reviews-v3'],
    });
  });

  it.each`
    what                           | rule                                                                                                                                                            | rest
    ${'redirects'}                 | ${'{ filters: [{ type: RequestRedirect, requestRedirect: { hostname: a } }] }'}                                                                                 | ${{ unsplittable: 'redirect' }}
    ${'has no backend'}            | ${'{ matches: [] }'}                                                                                                                                            | ${{ unsplittable: 'no-destination' }}
    ${'has one backend twice'}     | ${'{ backendRefs: [{ name: a }, { name: a }] }'}                                                                                                                | ${{ unsplittable: 'ambiguous-destinations', split: { a: 2 } }}
    ${'has one on two ports'}      | ${'{ backendRefs: [{ name: a, port: 1 }, { name: a, port: 2 }] }'}                                                                                              | ${{ split: { 'a:1': 1, 'a:2': 1 } }}
    ${'has one in two namespaces'} | ${'{ backendRefs: [{ name: a }, { name: a, namespace: far }] }'}                                                                                                | ${{ split: { a: 1, 'far/a': 1 }, host: undefined }}
    ${'copies requests'}           | ${'{ filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: b } } }], backendRefs: [{ name: a }] }'}                                             | ${{ besides: ['mirror'], mirrors: [{ host: 'b.shop.svc.cluster.local' }] }}
    ${'keeps sessions'}            | ${'{ sessionPersistence: { type: Cookie }, backendRefs: [{ name: a }] }'}                                                                                       | ${{ sticky: 'session' }}
    ${'sets a cookie'}             | ${'{ filters: [{ type: ResponseHeaderModifier, responseHeaderModifier: { add: [{ name: set-cookie, value: "v=1; Path=/" }] } }], backendRefs: [{ name: a }] }'} | ${{ setsCookies: ['v'] }}
    ${'has a name'}                | ${'{ name: orders, matches: [{ method: GET }], backendRefs: [{ name: a }] }'}                                                                                   | ${{ key: 'orders', name: 'orders' }}
  `('tell of one that $what', ({ rule: text, rest }) => {
    expect(rulesOf('HTTPRoute', spec(text))[0]).toMatchObject(rest);
  });
});

it('a GRPCRoute is about services and methods', () => {
  const rules = `{ rules: [
    { matches: [{ method: { service: shop.Orders, method: Place } }], backendRefs: [{ name: a }] },
    { matches: [{ headers: [{ name: end-user, value: jason }] }], backendRefs: [{ name: a }] },
    { backendRefs: [{ name: a }] }] }`;

  expect(rulesOf('GRPCRoute', rules).map(({ key }) => key)).toEqual([
    '#1 service = shop.Orders and method = Place',
    '#2 end-user = jason',
    'default',
  ]);
});

it.each(['TCPRoute', 'TLSRoute'] as const)('a %s splits connections, by its first rule', (kind) => {
  const rules = rulesOf(
    kind,
    '{ rules: [{ backendRefs: [{ name: a }] }, { name: dead, backendRefs: [{ name: b }] }] }',
  );

  expect(rules).toMatchObject([
    { key: 'default', sticky: 'connection' },
    { key: 'dead', sticky: 'connection' },
  ]);
  expect(pinnedRules({ rules })).toEqual([]);
});

describe('a ServiceSplitter', () => {
  it('counts in hundredths of a percent, and writes them as Consul has them', () => {
    const splitter = read(
      'ServiceSplitter',
      '{ splits: [{ weight: 99.99, serviceSubset: v1 }, { weight: 0.01, serviceSubset: v2 }] }',
    );

    expect(splitter.rules({ subsetsOf: () => [] })[0]).toMatchObject({
      split: { v1: 9_999, v2: 1 },
      bounds: { sum: 10_000 },
    });
    expect(splitter.weights([{ rule: 'default', from: {}, to: { v1: 6_666, v2: 3_334 } }])).toEqual([
      { op: 'add', path: '/spec/splits/0/weight', value: 66.66 },
      { op: 'add', path: '/spec/splits/1/weight', value: 33.34 },
    ]);
  });

  it('names versions by subset, by service, or by both where that is not enough', () => {
    const names = (splits: string) =>
      Object.keys(rulesOf('ServiceSplitter', `{ splits: [${splits}] }`)[0]?.split ?? {});

    expect(names('{ weight: 50 }, { weight: 50, service: reviews-next }')).toEqual(['reviews', 'reviews-next']);
    expect(names('{ weight: 50, serviceSubset: v1 }, { weight: 50, service: next, serviceSubset: v1 }')).toEqual([
      'reviews/v1',
      'next/v1',
    ]);
  });
});

describe('what controllers say', () => {
  const said = (status: string, observedGeneration: number) => ({
    parents: [
      {
        parentRef: { group: '', kind: 'Service', name: 'reviews' },
        controllerName: 'istio.io/gateway-controller',
        conditions: ['Accepted', 'ResolvedRefs'].map((type) => ({
          type,
          status,
          reason: 'So',
          message: 'why',
          observedGeneration,
        })),
      },
    ],
  });

  it.each`
    status               | effect
    ${said('True', 3)}   | ${{ kind: 'in-effect', parents: ['Service reviews'] }}
    ${said('True', 2)}   | ${{ kind: 'waits', parents: ['Service reviews'] }}
    ${said('False', 3)}  | ${{ kind: 'refused', parent: 'Service reviews', because: { type: 'Accepted', message: 'why' } }}
    ${undefined}         | ${{ kind: 'waits', parents: [] }}
    ${{ parents: 'no' }} | ${{ kind: 'waits', parents: [] }}
  `('is read with the route: $effect.kind', ({ status, effect }) => {
    const { standing } = read('HTTPRoute', '{ rules: [] }', status);

    expect(effectOf(standing)).toMatchObject(effect);
  });
});

it.each([
  'HTTPRoute',
  'GRPCRoute',
  'TCPRoute',
  'TLSRoute',
  'ServiceSplitter',
  'TrafficSplit',
  'VirtualService',
] as const)('a %s without a spec has no rule that could be split', (kind) => {
  const rules = kinds[kind].read({ metadata }).rules({ subsetsOf: () => [] });

  expect(rules.every(({ unsplittable }) => unsplittable !== undefined)).toBe(true);
});
