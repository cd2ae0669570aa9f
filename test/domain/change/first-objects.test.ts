import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FirstWish, firstObjects, withSubsets } from '../../../src/domain/change/first-objects.ts';
import type { RunningVersion, UnroutedService } from '../../../src/domain/map/unrouted.ts';
import { isLabel } from '../../../src/domain/routing/names.ts';

const host = 'reviews.default.svc.cluster.local';
const plain = { kind: 'VirtualService' } as const;
const none = { ready: 0, all: 0 };

function version(name: string, ready: number, more: Partial<RunningVersion> = {}): RunningVersion {
  return { version: name, ready, all: ready, ...more };
}

function reviews(versions: readonly RunningVersion[], more: Partial<UnroutedService> = {}): UnroutedService {
  return {
    ...{ host, namespace: 'default', name: 'reviews', definedBy: [], subsets: [] },
    ports: [{ number: 9080, protocol: 'http' }],
    pods: { versions, unlabelled: none },
    ...more,
  };
}

function refusalOf(service: UnroutedService, wish: FirstWish = plain) {
  const first = firstObjects(service, wish);
  return first.kind === 'refused' ? first.refusal : first;
}

const ofVersion = (name: string) => ({ name, labels: { version: name } });
const backedBy = (name: string, ports = [9080], ready = 1) => ({ service: { name, ports, ready } });

describe('a VirtualService of its own', () => {
  it('sends everything to the one version that runs', () => {
    expect(firstObjects(reviews([version('v1', 2)]), plain)).toEqual({
      kind: 'objects',
      route: {
        kind: 'VirtualService',
        name: 'reviews',
        content: { spec: { hosts: [host], http: [{ route: [{ destination: { host, subset: 'v1' } }] }] } },
      },
      definition: { name: 'reviews', isNew: true, host, subsets: [ofVersion('v1')] },
      shares: { v1: 100 },
    });
  });

  it('leaves each version what its ready pods get, and defines those that are not ready, too', () => {
    const first = firstObjects(reviews([version('v1', 2), version('v2', 0, { all: 1 }), version('v3', 1)]), plain);

    expect(first).toMatchObject({
      shares: { v1: 67, v3: 33 },
      definition: { subsets: [ofVersion('v1'), ofVersion('v2'), ofVersion('v3')] },
    });
    expect(first.kind === 'objects' && first.route.content.spec['http']).toEqual([
      {
        route: [
          { destination: { host, subset: 'v1' }, weight: 67 },
          { destination: { host, subset: 'v3' }, weight: 33 },
        ],
      },
    ]);
  });

  it('gives everything to the version that is named, by its label or by its subset, in any case', () => {
    const two = reviews([version('V1.2', 1), version('v3', 1)]);

    for (const typed of ['v1.2', 'v1-2', 'V1.2'])
      expect(firstObjects(two, { ...plain, version: typed })).toMatchObject({
        shares: { 'v1-2': 100 },
        definition: { subsets: [{ name: 'v1-2', labels: { version: 'V1.2' } }, ofVersion('v3')] },
      });
  });

  it('divides connections where no port takes requests', () => {
    const tcp = reviews([version('v1', 1)], { ports: [{ number: 27_017, protocol: 'tcp' }] });

    expect(firstObjects(tcp, plain)).toMatchObject({
      route: { content: { spec: { tcp: [{ route: [{ destination: { host, subset: 'v1' } }] }] } } },
    });
  });

  it('uses what a DestinationRule defines, by the names that it has', () => {
    const own = { namespace: 'default', name: 'rule', host };
    const stable = { name: 'stable', labels: { version: 'v1' } };
    const all = reviews([version('v1', 1)], { definedBy: [own], subsets: [stable] });
    const some = reviews([version('v1', 1), version('v2', 1)], { definedBy: [own], subsets: [stable] });

    expect(firstObjects(all, plain)).toMatchObject({ shares: { stable: 100 }, definition: undefined });
    expect(firstObjects(some, plain)).toMatchObject({
      shares: { stable: 50, v2: 50 },
      definition: { name: 'rule', isNew: false, subsets: [ofVersion('v2')] },
    });
  });

  it('is not made where one for the service alone would hide a DestinationRule for more', () => {
    const wide = { namespace: 'istio-system', name: 'all', host: '*.default.svc.cluster.local' };

    expect(refusalOf(reviews([version('v1', 1)], { definedBy: [wide] }))).toEqual({
      reason: 'defined-elsewhere',
      ...wide,
      lacking: ['v1'],
    });
    expect(
      firstObjects(reviews([version('v1', 1)], { definedBy: [wide], subsets: [ofVersion('v1')] }), plain),
    ).toMatchObject({ kind: 'objects', definition: undefined });
  });

  it('is not made where some clients would not know the versions', () => {
    const apart = { namespace: 'default', name: 'own' };
    const own = { ...apart, host };
    const all = reviews([version('v1', 1)], { definedBy: [own], subsets: [ofVersion('v1')], definedApart: apart });

    expect(refusalOf(all)).toEqual({ reason: 'defined-apart', ...apart });
  });

  it.each`
    what                                  | service                                                                                             | wish                           | refusal
    ${'the pods are not seen'}            | ${reviews([], { pods: undefined })}                                                                 | ${plain}                       | ${{ reason: 'pods-not-seen' }}
    ${'it is headless'}                   | ${reviews([version('v1', 1)], { special: 'headless' })}                                             | ${plain}                       | ${{ reason: 'headless' }}
    ${'it is another name'}               | ${reviews([version('v1', 1)], { special: 'alias' })}                                                | ${plain}                       | ${{ reason: 'alias' }}
    ${'it has no pod'}                    | ${reviews([])}                                                                                      | ${plain}                       | ${{ reason: 'no-version', unlabelled: 0 }}
    ${'no pod has the label'}             | ${reviews([], { pods: { versions: [], unlabelled: { ready: 2, all: 2 } } })}                        | ${plain}                       | ${{ reason: 'no-version', unlabelled: 2 }}
    ${'some ready pods have no label'}    | ${reviews([], { pods: { versions: [version('v1', 1)], unlabelled: { ready: 1, all: 2 } } })}        | ${plain}                       | ${{ reason: 'pods-without-version', ready: 1, versions: ['v1'] }}
    ${'nothing is called so'}             | ${reviews([version('v1', 1)])}                                                                      | ${{ ...plain, version: 'v2' }} | ${{ reason: 'unknown-version', version: 'v2', versions: ['v1'] }}
    ${'the named version has no pod up'}  | ${reviews([version('v1', 1), version('v2', 0, { all: 3 })])}                                        | ${{ ...plain, version: 'v2' }} | ${{ reason: 'version-not-ready', version: 'v2', all: 3 }}
    ${'no subset can be called so'}       | ${reviews([version('_', 1)])}                                                                       | ${plain}                       | ${{ reason: 'bad-version-name', version: '_' }}
    ${'two would have one name'}          | ${reviews([version('v1.2', 1), version('v1_2', 1)])}                                                | ${plain}                       | ${{ reason: 'bad-version-name', version: 'v1_2' }}
    ${'the name selects something else'}  | ${reviews([version('v1', 1)], { subsets: [{ name: 'v1', labels: { app: 'x' } }] })}                 | ${plain}                       | ${{ reason: 'bad-version-name', version: 'v1' }}
    ${'its ports take TLS alone'}         | ${reviews([version('v1', 1)], { ports: [{ number: 443, protocol: 'tls' }] })}                       | ${plain}                       | ${{ reason: 'no-port', protocols: ['tls'] }}
    ${'a version has no Service'}         | ${reviews([version('v1', 1)])}                                                                      | ${{ kind: 'HTTPRoute' }}       | ${{ reason: 'no-services', missing: ['reviews-v1'], isReady: true }}
    ${'the Service of a version is down'} | ${reviews([version('v1', 1, backedBy('reviews-v1', [9080], 0))])}                                   | ${{ kind: 'HTTPRoute' }}       | ${{ reason: 'no-services', missing: ['reviews-v1'], isReady: false }}
    ${'two ports take requests'}          | ${reviews([version('v1', 1)], { ports: [80, 81].map((number) => ({ number, protocol: 'http' })) })} | ${{ kind: 'HTTPRoute' }}       | ${{ reason: 'several-ports', ports: [80, 81] }}
    ${'no port takes requests'}           | ${reviews([version('v1', 1)], { ports: [{ number: 1, protocol: 'tcp' }] })}                         | ${{ kind: 'HTTPRoute' }}       | ${{ reason: 'no-port', protocols: ['tcp'] }}
  `('is refused where $what', ({ service, wish, refusal }) => {
    expect(refusalOf(service, wish)).toEqual(refusal);
  });
});

it('an HTTPRoute divides among the Services of the versions, on the port of the service or on their only one', () => {
  const two = reviews([
    version('v1', 3, backedBy('reviews-v1', [80, 9080])),
    version('v2', 1, backedBy('reviews-v2', [8080])),
  ]);

  expect(firstObjects(two, { kind: 'HTTPRoute' })).toEqual({
    kind: 'objects',
    route: {
      kind: 'HTTPRoute',
      name: 'reviews',
      content: {
        spec: {
          parentRefs: [{ group: '', kind: 'Service', name: 'reviews', port: 9080 }],
          rules: [
            {
              backendRefs: [
                { name: 'reviews-v1', port: 9080, weight: 75 },
                { name: 'reviews-v2', port: 8080, weight: 25 },
              ],
            },
          ],
        },
      },
    },
    shares: { v1: 75, v2: 25 },
  });
});

it('a DestinationRule that is there gets the subsets, and keeps all else', () => {
  const live = { labels: { a: 'b' }, spec: { host, trafficPolicy: { tls: {} }, subsets: [{ name: 'v1' }] } };
  const added = { name: 'rule', isNew: false, host, subsets: [ofVersion('v2')] };

  expect(withSubsets(live, added)).toEqual({
    labels: { a: 'b' },
    spec: { host, trafficPolicy: { tls: {} }, subsets: [{ name: 'v1' }, ofVersion('v2')] },
  });
  expect(withSubsets({ spec: { host, subsets: [ofVersion('v2')] } }, added).spec['subsets']).toEqual([ofVersion('v2')]);
  expect(withSubsets(undefined, added)).toEqual({ spec: { host, subsets: [ofVersion('v2')] } });
});

it('whatever runs, shares sum to 100, and each destination has a subset of that label', () => {
  const anyVersions = fc.uniqueArray(
    fc.record({ version: fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/), ready: fc.nat(50) }),
    { selector: (each) => each.version, maxLength: 6 },
  );
  fc.assert(
    fc.property(anyVersions, (running) => {
      const service = reviews(running.map((each) => version(each.version, each.ready)));
      const first = firstObjects(service, plain);
      if (first.kind === 'refused') return;

      expect(Object.values(first.shares).reduce((sum, each) => sum + each, 0)).toBe(100);
      const subsets = first.definition?.subsets ?? [];
      expect(subsets.map(({ labels }) => labels['version'])).toEqual(running.map((each) => each.version));
      expect(new Set(subsets.map(({ name }) => name)).size).toBe(subsets.length);
      for (const [name, share] of Object.entries(first.shares)) {
        expect(isLabel(name)).toBe(true);
        const of = subsets.find((each) => each.name === name)?.labels['version'];
        const ready = running.find((each) => each.version === of)?.ready ?? 0;
        const all = running.reduce((sum, each) => sum + each.ready, 0);
        expect(Math.abs(share - (100 * ready) / all)).toBeLessThan(1);
      }
    }),
  );
});
