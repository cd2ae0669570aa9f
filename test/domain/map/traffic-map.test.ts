import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/domain/map/governed.ts';
import type { MeshObject, VirtualService } from '../../../src/domain/map/objects.ts';
import { trafficMap } from '../../../src/domain/map/traffic-map.ts';
import { addressOf, at, gateway, httpRoute, id, router, service, to, virtualService } from './objects.ts';
import { callerOf, worldObjects, worlds } from './oracle/worlds.ts';

const reviews = 'reviews.default.svc.cluster.local';
const client: Caller = { kind: 'mesh', namespace: 'default', labels: { app: 'productpage' } };
const base = [...service('reviews', ['v1', 'v2', 'v3']), ...service('ratings', ['v1']), ...service('reviews-v3', [])];

const jason = { headers: { 'end-user': { by: 'exact', value: 'jason' } } } as const;

function governed(objects: readonly MeshObject[], caller: Caller = client) {
  return trafficMap([...base, ...objects]).of(reviews, caller);
}

const edge = virtualService('edge', [to({ v1: 100 })], { hosts: ['shop.example.com'], gateways: ['gw'] });

describe('what is written and never reached', () => {
  const mine = virtualService('mine', [to({ v1: 100 })], { createdAt: at(2) });
  const rule = (object: VirtualService, place: number) => ({ object: id(object), list: 'http', at: place });

  it.each`
    what                                      | objects                                                                                                                                                                                          | why                    | by
    ${'a rule below a catch-all'}             | ${[virtualService('mine', [to({ v1: 100 }), to({ v2: 100 }, [jason])])]}                                                                                                                         | ${'catch-all-above'}   | ${rule(mine, 0)}
    ${'a rule below the caller’s own labels'} | ${[virtualService('mine', [to({ v1: 1 }, [{ sourceLabels: { app: 'productpage' } }]), to({})])]}                                                                                                 | ${'catch-all-above'}   | ${rule(mine, 0)}
    ${'a rule below its only port'}           | ${[virtualService('mine', [to({ v1: 1 }, [{ port: 9080 }]), to({ v2: 100 })])]}                                                                                                                  | ${'catch-all-above'}   | ${rule(mine, 0)}
    ${'a rule below any path'}                | ${[virtualService('mine', [to({ v1: 1 }, [{ uri: { by: 'regex', value: '/.*' } }]), to({})])]}                                                                                                   | ${'catch-all-above'}   | ${rule(mine, 0)}
    ${'a rule below the same path'}           | ${[virtualService('mine', [to({ v1: 1 }, [{ uri: { by: 'prefix', value: '/x' } }]), to({ v2: 1 }, [{ uri: { by: 'exact', value: '/x/y' }, ...jason }])])]}                                       | ${'covered-above'}     | ${undefined}
    ${'a rule for another gateway'}           | ${[virtualService('mine', [to({ v1: 1 }, [{ gateways: ['gw'] }]), to({ v2: 100 })])]}                                                                                                            | ${'other-caller'}      | ${undefined}
    ${'a rule without its delegate'}          | ${[virtualService('mine', [{ matches: [jason], action: { kind: 'delegate', name: 'no' } }])]}                                                                                                    | ${'no-delegate'}       | ${undefined}
    ${'a newer object'}                       | ${[mine, virtualService('older', [to({ v2: 100 })])]}                                                                                                                                            | ${'older'}             | ${id(virtualService('older', []))}
    ${'an object behind a route'}             | ${[mine, httpRoute('r')]}                                                                                                                                                                        | ${'gateway-api-route'} | ${id(httpRoute('r'))}
    ${'a wildcard beside a name'}             | ${[mine, virtualService('star', [to({ v2: 100 })], { hosts: ['*.default.svc.cluster.local'] })]}                                                                                                 | ${'closer-host'}       | ${id(mine)}
    ${'a public object beside a private one'} | ${[mine, virtualService('own', [to({ v2: 100 })], { exportTo: ['.'], createdAt: at(3) })]}                                                                                                       | ${'exported-closer'}   | ${id(virtualService('own', []))}
    ${'an object for other namespaces'}       | ${[virtualService('mine', [to({ v1: 100 })], { exportTo: ['other'] })]}                                                                                                                          | ${'not-exported'}      | ${undefined}
    ${'a host that nobody takes for ours'}    | ${[virtualService('mine', [to({ v1: 100 })], { hosts: ['reviews.default'] })]}                                                                                                                   | ${'host-spelling'}     | ${undefined}
    ${'a route for callers of its namespace'} | ${[httpRoute('r', { namespace: 'other' })]}                                                                                                                                                      | ${'consumer-route'}    | ${undefined}
    ${'an object behind a Sidecar'}           | ${[mine, { kind: 'Sidecar', namespace: 'default', name: 's', createdAt: at(0), egressHosts: ['other/*'] }, virtualService('theirs', [to({ v2: 1 })], { namespace: 'third', hosts: [reviews] })]} | ${'hidden-by-sidecar'} | ${undefined}
  `('says of $what: $why', ({ objects, why, by }) => {
    const found = governed(objects).shadowed.find((each) => each.why === why);

    expect(found?.why).toBe(why);
    expect(found?.by).toEqual(by);
  });

  it('says of rules for requests that a port for connections has no use for them', () => {
    const objects = [
      ...service('echo', ['v1'], { portName: 'tcp' }),
      virtualService('e', [to({ v1: 1 })], { hosts: ['echo'] }),
    ];

    const { protocol, rules, shadowed } = trafficMap(objects).of('echo.default.svc.cluster.local', client);

    expect({ protocol, rules }).toEqual({ protocol: 'tcp', rules: [] });
    expect(shadowed.map(({ why }) => why)).toEqual(['other-protocol']);
  });

  it('says of rules for connections that a port for requests has no use for them', () => {
    const object = virtualService('mine', [], { tcp: [{ matches: [], destinations: [{ host: 'reviews' }] }] });

    const { rules, otherwise, shadowed } = governed([object]);

    expect({ rules, otherwise }).toEqual({ rules: [], otherwise: 'service' });
    expect(shadowed).toEqual([
      { object: id(object), rule: { object: id(object), list: 'tcp', at: 0 }, why: 'other-protocol' },
    ]);
  });

  it('says it of a rule below a catch-all at a gateway, where another object’s rules are still tried', () => {
    const both = { hosts: ['shop.example.com'], gateways: ['gw'] };
    const older = virtualService('older', [to({ v1: 1 }), to({ v2: 1 }, [jason])], both);
    const newer = virtualService('newer', [to({ v3: 1 }, [jason])], { ...both, createdAt: at(9) });

    const map = trafficMap([...base, gateway, router, older, newer]);
    const { rules, shadowed } = map.of('shop.example.com', { kind: 'gateway', gateway: 'default/gw' });

    expect(rules.map(({ object: { name }, at: place }) => [name, place])).toEqual([
      ['newer', 0],
      ['older', 0],
    ]);
    expect(shadowed).toEqual([{ object: id(older), rule: rule(older, 1), by: rule(older, 0), why: 'catch-all-above' }]);
  });

  it('says which rule of a delegate conflicts with its root', () => {
    const path = (value: string) => ({ uri: { by: 'prefix', value } as const });
    const root = virtualService('root', [{ matches: [path('/x')], action: { kind: 'delegate', name: 'd' } }]);
    const delegate = virtualService('d', [to({ v2: 100 }, [path('/z')]), to({ v3: 100 })], { hosts: [] });

    const { rules, shadowed } = governed([root, delegate]);

    expect(rules.map((each) => each.delegate?.at)).toEqual([1]);
    expect(shadowed).toEqual([
      { object: id(delegate), rule: rule(delegate, 0), by: rule(root, 0), why: 'delegate-conflict' },
    ]);
  });
});

describe('the callers that are told apart for a host', () => {
  it('are one where nothing tells them apart, beside those of the service’s own namespace', () => {
    expect(trafficMap([...base, virtualService('a', [])]).callers(reviews)).toEqual([
      { kind: 'mesh' },
      { kind: 'mesh', namespace: 'default' },
    ]);
  });

  it('are those whom an object is exported to, whom a rule asks for, and those behind a gateway', () => {
    const objects = [
      virtualService('a', [to({ v1: 1 }, [{ sourceNamespace: 'shop' }])], {
        exportTo: ['other'],
        gateways: ['mesh', 'gw'],
      }),
    ];

    expect(trafficMap([...base, ...objects]).callers(reviews)).toEqual([
      { kind: 'mesh' },
      { kind: 'mesh', namespace: 'default' },
      { kind: 'mesh', namespace: 'other' },
      { kind: 'mesh', namespace: 'shop' },
      { kind: 'gateway', gateway: 'default/gw' },
    ]);
  });

  it('are those behind a gateway of the Gateway API, by the hostname of a route', () => {
    const parents = [{ kind: 'Gateway', namespace: 'infra', name: 'front' }] as const;
    const route = httpRoute('r', { parents, hostnames: ['*.example.com'] });

    expect(trafficMap([...base, route]).callers('shop.example.com')).toEqual([
      { kind: 'gateway', gateway: 'infra/front' },
    ]);
  });

  it('see two governing objects where one is private', () => {
    const objects = [
      virtualService('public', [to({ v1: 100 })]),
      virtualService('private', [to({ v2: 100 })], { exportTo: ['.'], createdAt: at(9) }),
    ];

    const names = [client, { kind: 'mesh' } as const].map((caller) => governed(objects, caller).rules[0]?.object.name);

    expect(names).toEqual(['private', 'public']);
  });

  it('have one view of a host where they see the same', () => {
    const mine = virtualService('mine', [to({ v1: 100 })]);
    const theirs = virtualService('theirs', [to({ v2: 100 })], { exportTo: ['other'], createdAt: at(9) });

    const seen = (objects: readonly MeshObject[]) =>
      trafficMap([...base, ...objects])
        .views(reviews)
        .map(({ caller, rules }) => [caller, rules[0]?.object.name]);

    expect(seen([mine])).toEqual([[{ kind: 'mesh' }, 'mine']]);
    expect(seen([mine, theirs])).toEqual([
      [{ kind: 'mesh' }, 'mine'],
      [{ kind: 'mesh', namespace: 'other' }, 'theirs'],
    ]);
  });

  it('may or may not be hidden from the next object while their labels are not known', () => {
    const objects = [
      virtualService('some', [to({ v1: 100 }, [{ sourceLabels: { app: 'x' } }])]),
      virtualService('rest', [to({ v2: 100 })], { createdAt: at(9) }),
    ];

    const { rules } = governed(objects, { kind: 'mesh', namespace: 'default' });

    expect(rules.map(({ object }) => object.name)).toEqual(['some', 'rest']);
  });
});

describe('who follows a rule', () => {
  it('is everybody behind the root of a delegate', () => {
    const delegate = virtualService('d', [to({ v2: 100 })], { hosts: [] });
    const root = virtualService('root', [{ matches: [], action: { kind: 'delegate', name: 'd' } }], {
      gateways: ['gw', 'mesh'],
    });

    const followed = trafficMap([...base, gateway, router, delegate, root]).touching(delegate, {
      list: 'http',
      at: 0,
    });

    expect(followed.map(({ governed: { host, caller } }) => [host, caller])).toEqual([
      [reviews, { kind: 'mesh' }],
      [reviews, { kind: 'mesh', namespace: 'default' }],
      [reviews, { kind: 'gateway', gateway: 'default/gw' }],
    ]);
  });

  it('is nobody where the rule is dead', () => {
    const object = virtualService('a', [to({ v1: 100 }), to({ v2: 100 })]);

    expect(trafficMap([...base, object]).touching(object, { list: 'http', at: 1 })).toEqual([]);
  });

  it('is every service under a wildcard', () => {
    const object = virtualService('star', [to({ v1: 100 })], { hosts: ['*.default.svc.cluster.local'] });

    const hosts = trafficMap([...base, object])
      .touching(object)
      .map(({ governed: { host } }) => host.split('.')[0]);

    expect(new Set(hosts)).toEqual(new Set(['reviews', 'ratings', 'reviews-v3']));
  });
});

describe('what leads to pods', () => {
  const v3 = new Set([addressOf('reviews-v3')]);

  it('are rules of the mesh and of gateways, and plain balancing', () => {
    const objects = [
      gateway,
      router,
      edge,
      virtualService('out', [to({ v3: 5, v1: 95 })], { hosts: ['out.example.com'], gateways: ['gw'] }),
    ];

    const found = trafficMap([...base, ...objects]).reaching(v3);

    expect(found.map(({ governed: { host, caller }, rules }) => [host, caller.kind, rules.length])).toEqual([
      ['out.example.com', 'gateway', 1],
      [reviews, 'mesh', 0],
      [reviews, 'mesh', 0],
    ]);
  });

  it('is no rule that gives their version nothing', () => {
    const found = trafficMap([...base, virtualService('a', [to({ v1: 100, v3: 0 })])]).reaching(v3);

    expect(found).toEqual([]);
  });

  it('is also a rule to another Service that has the same pods', () => {
    const backend = base
      .filter(({ name }) => !name.startsWith('reviews-v3'))
      .concat(service('reviews-v3', []).slice(0, 1));
    const slice: MeshObject = {
      kind: 'EndpointSlice',
      namespace: 'default',
      name: 'reviews-v3-1',
      service: 'reviews-v3',
      ports: [{ name: 'http' }],
      endpoints: [{ address: addressOf('reviews-v3'), ready: true }],
    };

    const found = trafficMap([...backend, slice, httpRoute('r')]).reaching(v3);

    expect(found.flatMap(({ rules }) => rules.map(({ object }) => object.name))).toContain('r');
  });
});

describe('a delegate', () => {
  const root = virtualService('root', [{ matches: [], action: { kind: 'delegate', namespace: 'other', name: 'd' } }]);
  const delegate = virtualService('d', [to({ v2: 100 })], { namespace: 'other', hosts: [] });

  it.each`
    what                                     | of                              | rules
    ${'is followed from another namespace'}  | ${{}}                           | ${1}
    ${'is followed where it is exported to'} | ${{ exportTo: ['default'] }}    | ${1}
    ${'is not, if it is exported elsewhere'} | ${{ exportTo: ['.'] }}          | ${0}
    ${'is not, if it has a host of its own'} | ${{ hosts: ['d.example.com'] }} | ${0}
  `('$what', ({ of, rules }) => {
    expect(governed([root, { ...delegate, ...of }]).rules).toHaveLength(rules);
  });
});

describe('a host without a service', () => {
  const outside = virtualService('outside', [to({ v1: 100 })], { hosts: ['api.example.com'] });
  const port = (number: number, objects: readonly MeshObject[]) => {
    const { rules, otherwise } = trafficMap([...base, ...objects]).of('api.example.com', client, number);
    return rules[0]?.object.name ?? otherwise;
  };

  it('is routed on port 80, and on ports of services that the same object names', () => {
    expect(port(80, [outside])).toBe('outside');
    expect(port(9080, [outside])).toBe('direct');
    expect(port(9080, [{ ...outside, hosts: ['api.example.com', 'reviews'] }])).toBe('outside');
  });

  it('is routed by its own name before the wildcard of a ServiceEntry', () => {
    const entry: MeshObject = {
      kind: 'ServiceEntry',
      namespace: 'default',
      name: 'e',
      createdAt: at(0),
      hosts: ['*.example.com'],
      addresses: [],
      exportTo: [],
      resolution: 'NONE',
      ports: [80, 9080].map((number) => ({ number, name: 'http', protocol: 'TCP' })),
      endpoints: [],
    };
    const star = virtualService('star', [to({ v2: 100 })], { hosts: ['*.example.com'] });

    expect([80, 9080].map((number) => port(number, [entry, outside, star]))).toEqual(['outside', 'star']);
  });
});

describe('wildcards', () => {
  it('are used one at most, even if its rules are not for the caller', () => {
    const near = virtualService('near', [to({ v1: 1 }, [{ sourceNamespace: 'other' }])], {
      hosts: ['*.default.svc.cluster.local'],
    });
    const wide = virtualService('wide', [to({ v2: 1 })], { hosts: ['*.svc.cluster.local'] });

    const { rules, otherwise, shadowed } = governed([near, wide]);

    expect({ rules, otherwise }).toEqual({ rules: [], otherwise: 'service' });
    expect(shadowed).toContainEqual({ object: id(wide), by: id(near), why: 'closer-host' });
  });
});

describe('a map whose objects change', () => {
  it('says the same as one that is made of what there is now', () => {
    const map = trafficMap([...base, virtualService('a', [to({ v1: 100 })]), virtualService('b', [to({ v2: 100 })])]);

    map.put(virtualService('a', [to({ v3: 100 })], { hosts: ['ratings'] }));
    map.remove({ kind: 'VirtualService', namespace: 'default', name: 'b' });

    expect(map.of(reviews, client)).toEqual(governed([]));
    expect(map.of('ratings.default.svc.cluster.local', client).rules).toHaveLength(1);
  });
});

describe('another name of a service', () => {
  const alias = (name: string, externalName: string): MeshObject => ({
    kind: 'Service',
    namespace: 'default',
    name,
    exportTo: [],
    clusterIps: [],
    externalName,
    ports: [],
  });

  it('follows what is written for the service', () => {
    const map = trafficMap([...base, alias('shop', reviews), virtualService('a', [to({ v2: 100 })])]);

    expect(map.of('shop.default.svc.cluster.local', client).rules.map(({ object }) => object.name)).toEqual(['a']);
  });

  it('may be its own', () => {
    const map = trafficMap([alias('shop', 'shop.default.svc.cluster.local')]);

    expect(map.of('shop.default.svc.cluster.local', client).otherwise).toBe('direct');
  });
});

describe('a map in a cluster with another domain', () => {
  it('completes short names with it', () => {
    const settings = {
      clusterDomain: 'corp.example',
      rootNamespace: 'istio-system',
      virtualServiceExportTo: ['*'],
      destinationRuleExportTo: ['*'],
      outbound: 'ALLOW_ANY',
      seesAllPods: false,
    } as const;

    const map = trafficMap([...base, virtualService('a', [to({ v2: 100 })])], settings);

    expect(map.hostOf('reviews:9080', client)).toBe('reviews.default.svc.corp.example');
    expect(map.of('reviews.default.svc.corp.example', client).rules[0]?.shares).toMatchObject([
      { host: 'reviews.default.svc.corp.example' },
    ]);
  });
});

describe('every world of the oracle', () => {
  const anyWorld = fc.constantFrom(...worlds);

  it('is governed the same, in whatever order its objects come', () => {
    fc.assert(
      fc.property(anyWorld, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (world, random) => {
        const objects = worldObjects(world);
        const shuffled = objects
          .map((object) => ({ object, place: random.next().value }))
          .toSorted((one, other) => one.place - other.place)
          .map(({ object }) => object);

        expect(answers(world, shuffled)).toEqual(answers(world, objects));
      }),
      { numRuns: 60 },
    );
  });

  it('is governed the same beside an object of another host', () => {
    const stranger = virtualService('aa', [to({ v1: 100 }, [], 'stranger')], { hosts: ['stranger'], createdAt: at(0) });

    fc.assert(
      fc.property(anyWorld, (world) => {
        const objects = worldObjects(world);

        expect(answers(world, [...objects, stranger])).toEqual(answers(world, objects));
      }),
      { numRuns: 60 },
    );
  });

  function answers(world: (typeof worlds)[number], objects: readonly MeshObject[]) {
    const map = trafficMap(objects);
    return world.probes.map((probe) => {
      const caller = callerOf(probe, worldObjects(world));
      const { rules, otherwise } = map.of(map.hostOf(probe.authority, caller), caller, probe.port);
      return {
        otherwise,
        rules,
        clusters: rules.flatMap(({ shares }) => shares.map((share) => map.clusterOf(share, caller).kind)),
      };
    });
  }
});
