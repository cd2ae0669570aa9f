import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/cluster/kinds/kinds.ts';
import { isOfMap } from '../../../src/domain/map/objects.ts';
import type { TrafficMap } from '../../../src/domain/map/traffic-map.ts';
import { judgeObject } from '../../../src/domain/policy/judge-object.ts';
import { noPolicy } from '../../../src/domain/policy/policy.ts';
import { touchesAny } from '../../../src/domain/policy/set-hold.ts';
import { hostsOfRules, type Named, namesOf, targetsOf } from '../../../src/domain/policy/targets.ts';
import { emptyLedger } from '../../../src/domain/routing/ledger.ts';
import type { ObjectRef } from '../../../src/domain/routing/object.ts';
import { findRule } from '../../../src/domain/routing/route.ts';
import type { JsonObject } from '../../../src/domain/text/json.ts';
import { ask, policyRule } from '../../support/policies.ts';
import { bob } from '../../support/policy-arbitraries.ts';
import { StoredObjects } from '../../support/stored-objects.ts';

/** Of the cluster: every one of them may be guarded. */
const services = ['default', 'other'].flatMap((namespace) =>
  ['a', 'b', 'c'].map((name) => ({ namespace, name, host: `${name}.${namespace}.svc.cluster.local` })),
);

interface Written {
  readonly kind: 'VirtualService' | 'HTTPRoute';
  readonly namespace: string;
  readonly spec: JsonObject;
}

const namespace = fc.constantFrom('default', 'other');
const name = fc.constantFrom('a', 'b', 'c');
const fullHost = fc.constantFrom(...services.map(({ host }) => host));
/** Names of delegates are those of objects: `o0`, `o1` … */
const objectName = fc.constantFrom('o0', 'o1', 'o2', 'o3', 'o4');

/** As operators spell hosts, and as nobody should. istiod refuses `*` for the mesh. */
const spelling = fc.oneof(
  name,
  fullHost,
  fc.constantFrom('A', 'a.default', 'b.other.svc', '*.default.svc.cluster.local', '*.svc.cluster.local', '*.local'),
  fc.constantFrom('shop.example.com', '*.example.com'),
);
const weighted = fc
  .array(fc.record({ host: fc.oneof(name, fullHost, fc.constantFrom('A', 'b.other')), weight: fc.nat({ max: 3 }) }), {
    minLength: 1,
    maxLength: 2,
  })
  .map((all) => all.map(({ host, weight }) => ({ destination: { host }, weight: weight + 1 })));
const match = fc.constantFrom([], [{ uri: { prefix: '/x' } }], [{ headers: { user: { exact: 'x' } } }]);
const httpRule = fc.oneof(
  { weight: 3, arbitrary: fc.record({ match, route: weighted }) },
  {
    weight: 1,
    arbitrary: fc.record({
      match,
      delegate: fc.oneof(fc.record({ name: objectName }), fc.record({ name: objectName, namespace })),
    }),
  },
);

const virtualService: fc.Arbitrary<Written> = fc
  .record({
    namespace,
    hosts: fc.array(spelling, { maxLength: 2 }),
    gateways: fc.constantFrom(undefined, ['mesh'], ['mesh', 'edge']),
    exportTo: fc.constantFrom(undefined, ['.'], ['*']),
    http: fc.array(httpRule, { minLength: 1, maxLength: 2 }),
  })
  .map(({ namespace: own, gateways, exportTo, ...spec }) => ({
    kind: 'VirtualService',
    namespace: own,
    spec: { ...spec, ...(gateways && { gateways }), ...(exportTo && { exportTo }) },
  }));

const httpRoute: fc.Arbitrary<Written> = fc
  .record({
    namespace,
    parent: fc.record({ name, namespace }),
    backends: fc.array(name, { minLength: 1, maxLength: 2 }),
  })
  .map(({ namespace: own, parent, backends }) => ({
    kind: 'HTTPRoute',
    namespace: own,
    spec: {
      parentRefs: [{ group: '', kind: 'Service', port: 9080, ...parent }],
      rules: [{ backendRefs: [...new Set(backends)].map((each) => ({ name: each, port: 9080 })) }],
    },
  }));

const world = fc.array(fc.oneof({ weight: 4, arbitrary: virtualService }, { weight: 1, arbitrary: httpRoute }), {
  minLength: 1,
  maxLength: 5,
});

describe('in any world of objects', () => {
  it('no rule moves traffic of a service that policy or a lock guards, whatever it is called there', () => {
    let moves = 0;
    fc.assert(
      fc.property(world, (written) => {
        for (const { named, touched } of rulesOf(written)) {
          for (const service of touched) {
            moves += 1;
            const guarded = `sandbox/${service.namespace}/${service.name}`;
            expect(verdictOf(named, guarded), guarded).toBe('refused');
            expect(touchesAny(guarded, targetsOf(named)), guarded).toBe(true);
          }
        }
      }),
      { numRuns: 400, seed: 1 },
    );
    expect(moves).toBeGreaterThan(1_000);
  });
});

/** Every rule that could be moved, as policy is asked about it, and the services whose requests it takes or gets by the traffic map. */
function rulesOf(written: readonly Written[]) {
  const objects = new StoredObjects();
  for (const { namespace: own, name: service } of services)
    objects.addService({ cluster: 'sandbox', namespace: own }, { name: service, ports: [9080] });
  const refs = written.map(({ kind, namespace: own }, at): ObjectRef => {
    return { cluster: 'sandbox', namespace: own, kind, name: `o${at}` };
  });
  for (const [at, object] of refs.entries())
    objects.write({ object, uid: object.name, content: { spec: written[at]?.spec ?? {} }, ledger: emptyLedger });
  const map = objects.mapOf('sandbox');
  return refs.flatMap((object) => {
    const kept = objects.get(object);
    if (kept === undefined) throw new Error('it was written');
    const route = objects.live(kept);
    const isMovable = (key: string) => findRule(route, key)?.unsplittable === undefined;
    const places = placesOf(object, kept.content.spec).filter(({ key }) => isMovable(key));
    return places.map(({ key, ...place }) => ({
      named: { object, ...hostsOfRules(route, [key]) },
      touched: touchedBy(map, object, place),
    }));
  });
}

function placesOf({ kind, name: own, namespace: at }: ObjectRef, spec: JsonObject) {
  const metadata = { name: own, namespace: at, uid: '', resourceVersion: '' };
  return kinds[kind].read({ metadata, spec }).places();
}

type Place = Parameters<TrafficMap['touching']>[1];

function touchedBy(map: TrafficMap, { kind, namespace: own, name: called }: ObjectRef, place: Place) {
  if (!isOfMap(kind)) return [];
  const hosts = map
    .touching({ kind, namespace: own, name: called }, place)
    .flatMap(({ governed, rules }) => [
      governed.host,
      ...rules.flatMap(({ shares }) => shares.map(({ host }) => host)),
    ]);
  return services.filter(({ host }) => hosts.includes(host));
}

/** Where everybody may shift everything but what one rule guards. */
function verdictOf(named: Named, target: string): string {
  const guarding = policyRule({ name: 'guarding', line: 1, target, shift: [bob] });
  const rest = policyRule({ name: 'rest', line: 9, target: '**' });
  const { targets: _, ...asked } = ask();
  return judgeObject({ ...noPolicy, rules: [guarding, rest] }, { ...asked, names: namesOf(named) }).verdict.kind;
}
