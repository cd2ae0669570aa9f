import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { MeshKind } from '../../../src/cluster/map/read-object.ts';
import { bookinfoWorkload, ingressGateway, labelsOf, type Pod } from '../../../src/sandbox/bookinfo/pods.ts';
import {
  type Asked,
  chooseByWeight,
  type Decision,
  routeRequest,
} from '../../../src/sandbox/bookinfo/route-request.ts';
import { Routing } from '../../../src/sandbox/bookinfo/routing.ts';

const host = 'reviews.default.svc.cluster.local';
const pods: readonly Pod[] = ['v1', 'v2', 'v3'].map((version) => {
  const workload = bookinfoWorkload('reviews', version);
  return { ...workload, labels: labelsOf(workload), url: `http://${workload.name}` };
});
const subsets = ['v1', 'v2', 'v3', 'v4'];

describe('routing a request', () => {
  it('sends everything to a single destination, whatever its weight', () => {
    const mesh = meshOf(`http: [{route: [{destination: {host: reviews, subset: v3}, weight: 0}]}]`);

    expect(versionsOf(mesh)).toEqual(['v3']);
  });

  it('spreads over all versions without a VirtualService, and for a destination without a subset', () => {
    const none = routingOf();
    const whole = meshOf(`http: [{route: [{destination: {host: ${host}}}]}]`);

    expect(versionsOf(none)).toEqual(['v1', 'v2', 'v3']);
    expect(versionsOf(whole)).toEqual(['v1', 'v2', 'v3']);
  });

  it('answers 503 NC for the share of a subset that no DestinationRule defines', () => {
    const mesh = meshOf(`http: [{route: ${split({ v1: 50, v9: 50 })}}]`);

    const ends = new Set(Array.from({ length: 200 }, () => endOf(decide(mesh))));

    expect([...ends].toSorted()).toEqual(['503 NC', 'v1']);
  });

  it('answers 503 UH for a subset whose labels no pod has', () => {
    expect(endOf(decide(meshOf(`http: [{route: ${split({ v4: 1 })}}]`)))).toBe('503 UH');
  });

  it('answers 503 NC for a port that the service does not have, and for an unknown host', () => {
    const port = meshOf(`http: [{route: [{destination: {host: reviews, subset: v1, port: {number: 80}}}]}]`);
    const elsewhere = meshOf(`http: [{route: [{destination: {host: reviews.other.svc.cluster.local, subset: v1}}]}]`);

    expect([port, elsewhere].map((mesh) => endOf(decide(mesh)))).toEqual(['503 NC', '503 NC']);
  });

  it('answers 503 NC when all weights are 0, and 404 NR when no rule matches', () => {
    const zero = meshOf(`http: [{route: ${split({ v1: 0, v3: 0 })}}]`);
    const untaken = meshOf(`http: [{match: [{uri: {prefix: /other}}], route: ${split({ v1: 1 })}}]`);

    expect(endOf(decide(zero))).toBe('503 NC');
    expect(endOf(decide(untaken))).toBe('404 NR');
  });

  it('uses the first rule that matches', () => {
    const mesh = meshOf(`
      http:
        - match: [{headers: {end-user: {exact: jason}}}]
          route: ${split({ v2: 1 })}
        - route: ${split({ v1: 1 })}
        - route: ${split({ v3: 1 })}`);

    expect(versionsOf(mesh, { headers: { 'end-user': 'jason' } })).toEqual(['v2']);
    expect(versionsOf(mesh)).toEqual(['v1']);
  });

  it('uses the older of two VirtualServices, and in the mesh none that names only a gateway', () => {
    const older = serviceOf({ name: 'z', at: '10:00', subset: 'v2' });
    const newer = serviceOf({ name: 'a', at: '11:00', subset: 'v3' });
    const atGateway = serviceOf({ name: 'g', at: '09:00', subset: 'v1', hosts: ['*'], gateways: ['bookinfo-gateway'] });
    const mesh = routingOf(newer, atGateway, older, gateway({ istio: 'ingressgateway' }));
    const elsewhere = routingOf(newer, atGateway, older, gateway({ istio: 'another' }));

    expect(versionsOf(mesh)).toEqual(['v2']);
    expect(versionsOf(mesh, { source: ingressGateway, headers: { host: '127.0.0.1:9080' } })).toEqual(['v1']);
    expect(versionsOf(elsewhere, { source: ingressGateway })).toEqual(['v2']);
  });

  it('uses none that another namespace keeps to itself, and none of a host of the same name there', () => {
    const far = { name: 'reviews', at: '10:00', subset: 'v2', namespace: 'other' };
    const kept = serviceOf({ ...far, hosts: [host], exportTo: ['.'] });

    expect(versionsOf(routingOf(serviceOf(far)))).toEqual(['v1', 'v2', 'v3']);
    expect(versionsOf(routingOf(kept))).toEqual(['v1', 'v2', 'v3']);
  });

  it('resolves a short host in the namespace of the VirtualService', () => {
    const far = serviceOf({ name: 'far', at: '10:00', subset: 'v1', namespace: 'other', hosts: [host] });

    expect(endOf(decide(routingOf(far)))).toBe('503 NC');
  });

  it('follows a delegate, and does to its requests what the root says beside it', () => {
    const root = virtualService('edge', 'hosts: [reviews]\nhttp: [{timeout: 2s, delegate: {name: reviews-routes}}]');
    const delegate = virtualService('reviews-routes', `http: [{rewrite: {uri: /new}, route: ${split({ v3: 1 })}}]`);

    expect(decide(routingOf(root, delegate))).toMatchObject({
      kind: 'forward',
      pod: { version: 'v3' },
      path: '/newreviews/0',
      timeoutMs: 2_000,
    });
  });

  it.each`
    rule                                                                                           | end
    ${'backendRefs: [{name: reviews, port: 9080}]'}                                                | ${{ kind: 'forward', path: '/reviews/0?a=b' }}
    ${'backendRefs: [{name: nobody, port: 9080}]'}                                                 | ${{ status: 500, flag: 'NC' }}
    ${'backendRefs: [{name: reviews, port: 9080, weight: 0}]'}                                     | ${{ status: 500, flag: '-' }}
    ${'timeouts: {request: 1s}, backendRefs: [{name: reviews, port: 9080}]'}                       | ${{ kind: 'forward', timeoutMs: 1_000 }}
    ${rewriting('{type: ReplaceFullPath, replaceFullPath: /new}')}                                 | ${{ path: '/new?a=b' }}
    ${rewriting('{type: ReplacePrefixMatch, replacePrefixMatch: /new}')}                           | ${{ path: '/new/0?a=b' }}
    ${rewriting('{type: ReplacePrefixMatch, replacePrefixMatch: /}')}                              | ${{ path: '/0?a=b' }}
    ${redirecting('{hostname: example.com, statusCode: 301}')}                                     | ${{ status: 301, location: 'http://example.com:9080/reviews/0?a=b' }}
    ${redirecting('{scheme: https, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new/}}')} | ${{ status: 302, location: 'https://reviews/new/0?a=b' }}
  `('follows an HTTPRoute: $rule', ({ rule, end }) => {
    const spec = `
      parentRefs: [{group: '', kind: Service, name: reviews, port: 9080}]
      rules: [{matches: [{path: {type: PathPrefix, value: /reviews}}], ${rule}}]`;
    const route = objectOf('gateway.networking.k8s.io/HTTPRoute', 'reviews', spec);

    expect(decide(routingOf(route), { path: '/reviews/0?a=b', headers: { host: 'reviews:9080' } })).toMatchObject(end);
  });

  it('obeys the fault, redirect, direct response, delay and timeout of a rule', () => {
    const route = split({ v1: 1 });
    const abort = meshOf(`http: [{fault: {abort: {httpStatus: 418, percentage: {value: 100}}}, route: ${route}}]`);
    const spared = meshOf(`http: [{fault: {abort: {httpStatus: 418}}, timeout: 0.5s, route: ${route}}]`);
    const slow = meshOf(`http: [{fault: {delay: {fixedDelay: 2s, percentage: {value: 100}}}, route: ${route}}]`);
    const moved = meshOf(`http: [{redirect: {uri: /new}}]`);
    const direct = meshOf(`http: [{directResponse: {status: 503, body: {string: closed}}}]`);

    expect(decide(abort)).toMatchObject({ status: 418, flag: 'FI' });
    expect(decide(spared)).toMatchObject({ kind: 'forward', timeoutMs: 500, delayMs: 0 });
    expect(decide(slow)).toMatchObject({ kind: 'forward', delayMs: 2_000, timeoutMs: undefined });
    expect(decide(moved, { headers: { host: 'reviews:9080' } })).toMatchObject({
      status: 301,
      location: 'http://reviews:9080/new',
    });
    expect(decide(direct)).toMatchObject({ status: 503, flag: '-', body: 'closed' });
  });

  it.each`
    rule                                                                                             | path
    ${'match: [{uri: {prefix: /old}}], rewrite: {uri: /new}'}                                        | ${'/new/0?lang=en'}
    ${'match: [{uri: {exact: /old/0}}], rewrite: {uri: /new}'}                                       | ${'/new?lang=en'}
    ${'match: [{uri: {regex: "/old/.*"}}], rewrite: {uri: /new}'}                                    | ${'/new?lang=en'}
    ${'match: [{method: {exact: GET}}], rewrite: {uri: /new/}'}                                      | ${'/new/old/0?lang=en'}
    ${'rewrite: {uri: /}'}                                                                           | ${'/old/0?lang=en'}
    ${'rewrite: {authority: elsewhere}'}                                                             | ${'/old/0?lang=en'}
    ${'rewrite: {uriRegexRewrite: {match: "^/(?P<from>[a-z]+)/([0-9])$", rewrite: "/\\\\2/\\\\1"}}'} | ${'/0/old?lang=en'}
  `('rewrites the path: $rule', ({ rule, path }) => {
    const mesh = meshOf(`http: [{${rule}, route: ${split({ v1: 1 })}}]`);

    expect(decide(mesh, { path: '/old/0?lang=en' })).toMatchObject({ path });
  });
});

describe('a match', () => {
  it.each`
    match                                                          | asked                                        | isTaken
    ${'headers: {end-user: {prefix: ja}}'}                         | ${{ headers: { 'end-user': 'jason' } }}      | ${true}
    ${'headers: {END-USER: {exact: jason}}'}                       | ${{ headers: { 'end-user': 'jason' } }}      | ${true}
    ${'headers: {end-user: {exact: jason}}'}                       | ${{ headers: { 'end-user': 'jason2' } }}     | ${false}
    ${'headers: {end-user: {}}'}                                   | ${{ headers: { 'end-user': 'anybody' } }}    | ${true}
    ${'headers: {end-user: {}}'}                                   | ${{}}                                        | ${false}
    ${'headers: {end-user: {regex: "j.*n"}}'}                      | ${{ headers: { 'end-user': 'jason' } }}      | ${true}
    ${'headers: {end-user: {regex: "j"}}'}                         | ${{ headers: { 'end-user': 'jason' } }}      | ${false}
    ${'headers: {end-user: {regex: "("}}'}                         | ${{ headers: { 'end-user': 'jason' } }}      | ${false}
    ${'headers: {cookie: {regex: "^(.*?;)?(user=jason)(;.*)?$"}}'} | ${{ headers: { cookie: 'a=b;user=jason' } }} | ${true}
    ${'headers: {end-user: {regex: "(?i)JAS(?P<rest>on)"}}'}       | ${{ headers: { 'end-user': 'jason' } }}      | ${true}
    ${'withoutHeaders: {end-user: {}}'}                            | ${{}}                                        | ${true}
    ${'withoutHeaders: {end-user: {}}'}                            | ${{ headers: { 'end-user': 'jason' } }}      | ${false}
    ${'uri: {prefix: /REVIEWS}, ignoreUriCase: true'}              | ${{}}                                        | ${true}
    ${'uri: {exact: /reviews/0}'}                                  | ${{ path: '/reviews/0?x=1' }}                | ${true}
    ${'queryParams: {x: {exact: "1"}}'}                            | ${{ path: '/reviews/0?x=1' }}                | ${true}
    ${'scheme: {exact: http}, authority: {prefix: reviews}'}       | ${{ headers: { host: 'reviews:9080' } }}     | ${true}
    ${'authority: {exact: ratings}'}                               | ${{ headers: { host: 'reviews:9080' } }}     | ${false}
    ${'scheme: {exact: https}'}                                    | ${{}}                                        | ${false}
    ${'method: {exact: POST}'}                                     | ${{}}                                        | ${false}
    ${'port: 9080, sourceLabels: {app: productpage}'}              | ${{}}                                        | ${true}
    ${'sourceLabels: {app: ratings}'}                              | ${{}}                                        | ${false}
    ${'gateways: [bookinfo-gateway]'}                              | ${{}}                                        | ${false}
  `('on $match holds for $asked: $isTaken', ({ match, asked, isTaken }) => {
    const mesh = meshOf(`http: [{match: [{${match}}], route: ${split({ v2: 1 })}}, {route: ${split({ v1: 1 })}}]`);

    expect(versionsOf(mesh, asked)).toEqual([isTaken ? 'v2' : 'v1']);
  });
});

describe('weights', () => {
  it('are shares of their sum, for any sum: counts stay within five standard deviations', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 2, maxLength: 5 });
    const counted = 2_000;

    fc.assert(
      fc.property(weights, fc.noBias(fc.integer()), (given, seed) => {
        const sum = given.reduce((all, weight) => all + weight, 0);
        fc.pre(sum > 0);
        const route = given.map((weight, at) => ({ destination: { host, subset: `v${at}` }, weight }));
        const random = randomFrom(seed);

        const chosen = Array.from({ length: counted }, () => chooseByWeight(route, random)?.destination.subset);

        for (const [at, weight] of given.entries()) {
          const share = weight / sum;
          const times = chosen.filter((subset) => subset === `v${at}`).length;
          expect(Math.abs(times - counted * share)).toBeLessThanOrEqual(
            5 * Math.sqrt(counted * share * (1 - share)) + 1,
          );
        }
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('never choose a destination of weight 0, whatever the random number', () => {
    const route = [0, 5, 0, 5, 0].map((weight, at) => ({ destination: { host, subset: `v${at}` }, weight }));

    const chosen = [0, 0.499_999, 0.5, 0.999_999_999].map((point) => chooseByWeight(route, () => point));

    expect(chosen.map((each) => each?.destination.subset)).toEqual(['v1', 'v1', 'v3', 'v3']);
  });
});

function meshOf(spec: string): Routing {
  return routingOf(virtualService('reviews', JSON.stringify({ hosts: ['reviews'], ...parse(spec) })));
}

type Written = Parameters<Routing['take']>;

/** Also defines v1 to v4; of v4 there is no pod. */
function routingOf(...written: readonly Written[]): Routing {
  const routing = new Routing();
  routing.serve(pods);
  const defined = subsets.map((name) => ({ name, labels: { version: name } }));
  const rule = JSON.stringify({ host: 'reviews', subsets: defined });
  for (const each of [objectOf('networking.istio.io/DestinationRule', 'reviews', rule), ...written])
    routing.take(...each);
  return routing;
}

function objectOf(kind: MeshKind, name: string, spec: string, { namespace = 'default', at = '10:00' } = {}): Written {
  const metadata = { name, namespace, creationTimestamp: `2026-11-22T${at}:00Z` };
  return [kind, { name, namespace, object: { metadata, spec: parse(spec) } }];
}

function virtualService(name: string, spec: string, place?: Parameters<typeof objectOf>[3]): Written {
  return objectOf('networking.istio.io/VirtualService', name, spec, place);
}

function gateway(selector: Readonly<Record<string, string>>): Written {
  const servers = [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }];
  return objectOf('networking.istio.io/Gateway', 'bookinfo-gateway', JSON.stringify({ selector, servers }));
}

interface Sketch {
  readonly name: string;
  readonly at: string;
  readonly subset: string;
  readonly namespace?: string;
  readonly hosts?: readonly string[];
  readonly gateways?: readonly string[];
  readonly exportTo?: readonly string[];
}

function serviceOf({ name, at, subset, namespace = 'default', hosts = ['reviews'], ...where }: Sketch): Written {
  const spec = { hosts, ...where, http: [{ route: [{ destination: { host: 'reviews', subset } }] }] };
  return virtualService(name, JSON.stringify(spec), { namespace, at });
}

function rewriting(path: string): string {
  return `filters: [{type: URLRewrite, urlRewrite: {path: ${path}}}], backendRefs: [{name: reviews, port: 9080}]`;
}

function redirecting(requestRedirect: string): string {
  return `filters: [{type: RequestRedirect, requestRedirect: ${requestRedirect}}]`;
}

function split(weights: Readonly<Record<string, number>>): string {
  return JSON.stringify(
    Object.entries(weights).map(([subset, weight]) => ({ destination: { host: 'reviews', subset }, weight })),
  );
}

function decide(routing: Routing, asked: Partial<Asked> = {}): Decision {
  const source = bookinfoWorkload('productpage', 'v1');
  return routeRequest(routing, { host, method: 'GET', path: '/reviews/0', headers: {}, source, ...asked }, Math.random);
}

/** The different ends of a hundred requests. */
function versionsOf(mesh: Routing, asked: Partial<Asked> = {}): readonly string[] {
  return [...new Set(Array.from({ length: 100 }, () => endOf(decide(mesh, asked))))].toSorted();
}

function endOf(decision: Decision): string {
  return decision.kind === 'forward' ? decision.pod.version : `${decision.status} ${decision.flag}`;
}

/** Pseudo-random numbers that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
