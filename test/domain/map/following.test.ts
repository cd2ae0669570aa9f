import { describe, expect, it } from 'vitest';
import { followingOf, type RulePlace } from '../../../src/domain/map/following.ts';
import type { Caller } from '../../../src/domain/map/governed.ts';
import { governing } from '../../../src/domain/map/governing.ts';
import type { MeshObject, RoutingId } from '../../../src/domain/map/objects.ts';
import { trafficMap } from '../../../src/domain/map/traffic-map.ts';
import { at, gateway, id, httpRoute as routeOf, router, service, to, virtualService } from './objects.ts';

const reviews = 'reviews.default.svc.cluster.local';
const base = [...service('reviews', ['v1', 'v2', 'v3']), ...service('reviews-v3', ['v3'])];
const mine = virtualService('mine', [to({ v1: 100 })], { createdAt: at(2) });

const toAll = { matches: [], action: { kind: 'route', destinations: [{ host: 'reviews' }] } } as const;
const edge = virtualService('edge', [toAll], { hosts: ['shop.example.com'], gateways: ['gw'] });
const atGateway = { kind: 'gateway', gateway: 'default/gw' } as const;

/** As old as the oldest object. */
const httpRoute = (of: Parameters<typeof routeOf>[1] = {}) => routeOf('route', { createdAt: at(0), ...of });

function following(object: RoutingId, others: readonly MeshObject[] = [], rule?: RulePlace, seesAll = true) {
  const all = [...base, ...(isObject(object) ? [object] : []), ...others];
  return followingOf(trafficMap(all), { object: id(object) as RoutingId, rule, seesAll });
}

function isObject(object: RoutingId): object is RoutingId & MeshObject {
  return 'createdAt' in object;
}

const mesh: Caller = { kind: 'mesh' };
const byEdge = { host: 'shop.example.com', caller: atGateway, by: id(edge) };

describe('whose requests follow an object', () => {
  it('are those of all clients, where nothing stands in its way', () => {
    expect(following(mine)).toEqual({
      followed: [
        { host: reviews, caller: mesh },
        { host: reviews, caller: { kind: 'mesh', namespace: 'default' } },
      ],
      elsewhere: [],
    });
  });

  it.each`
    what                                     | object                                                                     | others                                                                                 | elsewhere
    ${'behind an older object'}              | ${mine}                                                                    | ${[virtualService('old', [to({ v2: 1 })], { namespace: 'legacy', hosts: [reviews] })]} | ${[{ host: reviews, caller: mesh, by: { kind: 'VirtualService', namespace: 'legacy', name: 'old' }, why: 'older' }]}
    ${'behind a route of the Gateway API'}   | ${mine}                                                                    | ${[httpRoute()]}                                                                       | ${[{ host: reviews, caller: mesh, by: id(httpRoute()), why: 'older' }]}
    ${'spelled as istiod does not read it'}  | ${virtualService('mine', [to({ v1: 1 })], { hosts: ['reviews.default'] })} | ${[]}                                                                                  | ${[{ host: reviews, caller: mesh, why: 'host-spelling' }]}
    ${'a delegate that nobody delegates to'} | ${virtualService('mine', [to({ v1: 1 })], { hosts: [] })}                  | ${[]}                                                                                  | ${[]}
  `('are nobody’s: $what', ({ object, others, elsewhere }) => {
    expect(following(object, others)).toEqual({ followed: [], elsewhere });
  });

  it('leave none to another object of the same host, which is told', () => {
    const second = virtualService('second', [to({ v2: 1 })], { createdAt: at(3) });
    const elsewhere = virtualService('elsewhere', [to({ v2: 1 })], { createdAt: at(4), hosts: ['ratings'] });

    expect(following(mine, [second, elsewhere])?.hides).toEqual([id(second)]);
    expect(following(second, [mine])?.hides).toBeUndefined();
  });

  it('are connections of a port without a known protocol, where a rule for connections takes them', () => {
    const [of, ...rest] = service('reviews', ['v1'], { portName: 'main' });
    const tcp = [{ matches: [], destinations: [{ host: 'reviews', subset: 'v1' }] }];
    const both = { ...virtualService('mine', [to({ v1: 100 })]), tcp };
    const map = (name: string) =>
      trafficMap([{ ...of, ports: [{ number: 9080, name, protocol: 'TCP' }] } as MeshObject, ...rest, both]);
    const asked = (name: string, list: 'http' | 'tcp') =>
      followingOf(map(name), { object: id(both) as RoutingId, rule: { list, at: 0 }, seesAll: true })?.followed.length;

    expect([asked('main', 'tcp'), asked('main', 'http')]).toEqual([2, 2]);
    expect([asked('http', 'tcp'), asked('http', 'http')]).toEqual([0, 2]);
    expect([asked('tcp', 'tcp'), asked('tcp', 'http')]).toEqual([2, 0]);
  });

  it('are not known of a rule for connections whose Service is not seen', () => {
    const tcp = [{ matches: [], destinations: [{ host: 'reviews', subset: 'v1' }] }];
    const both = { ...virtualService('mine', [to({ v1: 100 })]), tcp };
    const meant = { object: id(both) as RoutingId, seesAll: true };

    expect(followingOf(trafficMap([both]), { ...meant, rule: { list: 'tcp', at: 0 } })).toBeUndefined();
    expect(followingOf(trafficMap([both]), { ...meant, rule: { list: 'http', at: 0 } })?.followed).toHaveLength(1);
  });

  it('are those of the port that it is for, and nothing is said of others', () => {
    const [of, ...rest] = service('reviews', ['v1']);
    const ports = [
      { number: 9080, name: 'http', protocol: 'TCP' },
      { number: 3306, name: 'tcp-db', protocol: 'TCP' },
    ];
    const map = trafficMap([{ ...of, ports } as MeshObject, ...rest, mine]);

    expect(followingOf(map, { object: id(mine) as RoutingId, seesAll: true })?.elsewhere).toEqual([]);
  });

  it('are told for each rule: one below a catch-all is followed by nobody', () => {
    const object = virtualService('mine', [to({ v1: 1 }), to({ v2: 1 })]);

    expect(following(object, [], { list: 'http', at: 0 })?.elsewhere).toEqual([]);
    expect(following(object, [], { list: 'http', at: 1 })).toEqual({
      followed: [],
      elsewhere: [{ host: reviews, caller: mesh, by: id(object), why: 'catch-all-above' }],
    });
  });

  it('are not those that come through a gateway whose rules lead to the same service', () => {
    expect(following(mine, [gateway, router, edge])?.elsewhere).toEqual([byEdge]);
  });

  it('are not those of the mesh, where it is written for a gateway alone', () => {
    const object = virtualService('mine', [to({ v1: 1 })], { gateways: ['gw'], hosts: [reviews] });

    expect(following(object, [gateway, router])).toEqual({
      followed: [{ host: reviews, caller: atGateway }],
      elsewhere: [{ host: reviews, caller: mesh }],
    });
  });

  it('are not looked for at a gateway that has no server for the host', () => {
    const own = { ...gateway, servers: [{ port: 8080, protocol: 'HTTP', hosts: ['default/shop.example.com'] }] };
    const both = { hosts: ['reviews', 'shop.example.com'], gateways: ['mesh', 'gw'] };
    const object = virtualService('mine', [to({ v1: 1 })], both);
    const lost = virtualService('mine', [to({ v1: 1 })], { gateways: ['gw'], hosts: ['other.example.com'] });

    expect(following(object, [own, router])?.elsewhere).toEqual([]);
    expect(following(object, [own, router])?.followed).toContainEqual({ host: 'shop.example.com', caller: atGateway });
    expect(following(lost, [own, router])).toEqual({
      followed: [],
      elsewhere: [{ host: 'other.example.com', caller: atGateway, why: 'not-served' }],
    });
  });

  it('are taken to be those of a gateway that is not seen, and not those of the mesh', () => {
    const object = virtualService('mine', [to({ v1: 1 })], { gateways: ['infra/gw'] });

    expect(following(object)).toEqual({
      followed: [{ host: reviews, caller: { kind: 'gateway', gateway: 'infra/gw' } }],
      elsewhere: [{ host: reviews, caller: mesh }],
    });
  });

  it('are not those of clients of a namespace that has a closer object', () => {
    const theirs = virtualService('theirs', [to({ v2: 1 })], { exportTo: ['other'], createdAt: at(9) });

    expect(following(mine, [theirs])?.elsewhere).toEqual([
      { host: reviews, caller: { kind: 'mesh', namespace: 'other' }, by: id(theirs), why: 'exported-closer' },
    ]);
  });

  it('are those of its root, where it is a delegate', () => {
    const root = virtualService('root', [{ matches: [], action: { kind: 'delegate', name: 'mine' } }]);
    const delegate = virtualService('mine', [to({ v1: 1 })], { hosts: [] });

    expect(following(delegate, [root])?.followed).toContainEqual({ host: reviews, caller: mesh });
  });

  it.each`
    what                                | object
    ${'no parent of a route is'}        | ${httpRoute({ parents: [{ kind: 'Service', namespace: 'other', name: 'x' }] })}
    ${'no service under a wildcard is'} | ${virtualService('mine', [to({ v1: 1 })], { hosts: ['*.other.svc.cluster.local'] })}
    ${'no root is, and others may be'}  | ${virtualService('mine', [to({ v1: 1 })], { hosts: [] })}
  `('are not known where $what', ({ object }) => {
    expect(following(object, [], undefined, false)).toBeUndefined();
  });
});

describe('what governs a host', () => {
  const names = (others: readonly MeshObject[], host = reviews) =>
    governing(trafficMap([...base, ...others]), host).map(({ kind, name }) => `${kind} ${name}`);

  it.each`
    what                                       | objects                                                                                                                                            | is
    ${'the one object of the mesh'}            | ${[mine]}                                                                                                                                          | ${['VirtualService mine']}
    ${'the older of two'}                      | ${[mine, virtualService('old', [to({ v1: 1 })])]}                                                                                                  | ${['VirtualService old']}
    ${'a route that wins'}                     | ${[mine, httpRoute()]}                                                                                                                             | ${['HTTPRoute route']}
    ${'a newer route for its own namespace'}   | ${[mine, httpRoute({ createdAt: at(9) })]}                                                                                                         | ${['VirtualService mine', 'HTTPRoute route']}
    ${'a private object beside a public one'}  | ${[mine, virtualService('own', [to({ v2: 1 })], { exportTo: ['.'], createdAt: at(9) })]}                                                           | ${['VirtualService mine', 'VirtualService own']}
    ${'an object of the mesh before gateways'} | ${[mine, gateway, router, edge]}                                                                                                                   | ${['VirtualService mine']}
    ${'a gateway’s rule that leads to it'}     | ${[gateway, router, edge]}                                                                                                                         | ${['VirtualService edge']}
    ${'a delegate, not its root'}              | ${[virtualService('root', [{ matches: [], action: { kind: 'delegate', name: 'mine' } }]), virtualService('mine', [to({ v1: 1 })], { hosts: [] })]} | ${['VirtualService mine']}
    ${'nothing, if all are hidden'}            | ${[virtualService('mine', [to({ v1: 1 })], { hosts: ['reviews.default'] })]}                                                                       | ${[]}
    ${'nothing, where nothing is written'}     | ${[]}                                                                                                                                              | ${[]}
  `('is $what', ({ objects, is }) => {
    expect(names(objects)).toEqual(is);
  });

  it('is the wildcard that covers it', () => {
    const star = virtualService('star', [to({ v1: 1 })], { hosts: ['*.default.svc.cluster.local'] });

    expect(names([star])).toEqual(['VirtualService star']);
  });
});
