import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Asked } from '../../../src/sandbox/bookinfo/http-match.ts';
import { bookinfoWorkload, ingressGateway, labelsOf, type Pod } from '../../../src/sandbox/bookinfo/pods.ts';
import { chooseByWeight, type Decision, type Mesh, routeRequest } from '../../../src/sandbox/bookinfo/route-request.ts';
import { readDestinationRule, readVirtualService } from '../../../src/sandbox/bookinfo/routing-objects.ts';

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
    const none = { ...meshOf('http: []'), virtualServices: [] };
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
    const older = { name: 'z', createdAt: '2026-11-22T10:00:00Z', subset: 'v2' };
    const newer = { name: 'a', createdAt: '2026-11-22T11:00:00Z', subset: 'v3' };
    const atGateway = { name: 'g', createdAt: '2026-11-22T09:00:00Z', subset: 'v1', gateways: ['bookinfo-gateway'] };
    const mesh = { ...meshOf('http: []'), virtualServices: [newer, atGateway, older].map(serviceOf) };

    expect(versionsOf(mesh)).toEqual(['v2']);
    expect(versionsOf(mesh, { source: ingressGateway })).toEqual(['v1']);
  });

  it('ignores a VirtualService of the same name in another namespace', () => {
    const mesh = {
      ...meshOf('http: []'),
      virtualServices: [
        serviceOf({ name: 'reviews', createdAt: '2026-11-22T10:00:00Z', subset: 'v2', namespace: 'other' }),
      ],
    };

    expect(versionsOf(mesh)).toEqual(['v1', 'v2', 'v3']);
  });

  it('resolves a short host in the namespace of the VirtualService', () => {
    const spec = { hosts: [host], http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' } }] }] };
    const metadata = { name: 'far', namespace: 'other', creationTimestamp: '2026-11-22T10:00:00Z' };
    const mesh = { ...meshOf('http: []'), virtualServices: [readVirtualService({ metadata, spec })] };

    expect(endOf(decide(mesh))).toBe('503 NC');
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
    expect(decide(moved)).toMatchObject({ status: 301, location: `http://${host}/new` });
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
    ${'somethingNew: {exact: a}'}                                  | ${{}}                                        | ${false}
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

function meshOf(spec: string): Mesh {
  const metadata = { name: 'reviews', namespace: 'default', creationTimestamp: '2026-11-22T10:00:00Z' };
  const labelled = subsets.map((name) => ({ name, labels: { version: name } }));
  return {
    virtualServices: [readVirtualService({ metadata, spec: { hosts: ['reviews'], ...parse(spec) } })],
    destinationRules: [readDestinationRule({ metadata, spec: { host: 'reviews', subsets: labelled } })],
    pods,
  };
}

interface Sketch {
  readonly name: string;
  readonly createdAt: string;
  readonly subset: string;
  readonly namespace?: string;
  readonly gateways?: readonly string[];
}

function serviceOf({ name, createdAt, subset, namespace = 'default', gateways }: Sketch) {
  const spec = { hosts: ['reviews'], gateways, http: [{ route: [{ destination: { host: 'reviews', subset } }] }] };
  return readVirtualService({ metadata: { name, namespace, creationTimestamp: createdAt }, spec });
}

function split(weights: Readonly<Record<string, number>>): string {
  return JSON.stringify(
    Object.entries(weights).map(([subset, weight]) => ({ destination: { host: 'reviews', subset }, weight })),
  );
}

function decide(mesh: Mesh, asked: Partial<Asked> = {}): Decision {
  const source = bookinfoWorkload('productpage', 'v1');
  return routeRequest(mesh, { host, method: 'GET', path: '/reviews/0', headers: {}, source, ...asked }, Math.random);
}

/** The different ends of a hundred requests. */
function versionsOf(mesh: Mesh, asked: Partial<Asked> = {}): readonly string[] {
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
