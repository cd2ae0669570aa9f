import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyLedger } from '../../src/domain/routing/ledger.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { Found, Mesh, Touched } from '../../src/workflow/ports/mesh.ts';
import { applied, change } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';
import {
  anyId,
  destinations,
  handsIn,
  inKubernetes,
  inMemory,
  type MeshWorld,
  revisionTo,
  versionsOf,
  whole,
} from './mesh-world.ts';

describeMesh('in memory', inMemory);
describeMesh('in the API server of the sandbox', async () => inKubernetes(await sandboxKube()));
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeMesh('in a real API server', async () => inKubernetes(await realKube()));
});

/** How objects are found, watched and told of; how they are read and written is in objects.test.ts. */
function describeMesh(where: string, begin: () => Promise<MeshWorld>): void {
  describe(`routing objects ${where}`, () => {
    let world: MeshWorld;
    let mesh: Mesh;
    let hands: ReturnType<typeof handsIn>;

    beforeAll(async () => {
      world = await begin();
      mesh = world.mesh;
      hands = handsIn(world);
    });
    afterAll(() => world.end());

    const find = (service: string, namespace = world.namespace): Promise<Found> =>
      mesh.find({ cluster: mesh.clusters[0] ?? '', namespace, service });

    describe('finding', () => {
      it.each`
        by               | typed
        ${'short host'}  | ${'ratings'}
        ${'full host'}   | ${'ratings.NAMESPACE.svc.cluster.local'}
        ${'object name'} | ${'ratings-routes'}
      `('finds an object by its $by', async ({ typed }) => {
        await hands.create({ name: 'ratings-routes', hosts: ['ratings'], split: { v1: 100 } }).catch(ignoreExisting);

        const found = await findSoon(() => find(typed.replace('NAMESPACE', world.namespace)));

        expect(found).toMatchObject({ kind: 'found', object: { namespace: world.namespace, name: 'ratings-routes' } });
      });

      it('finds an object that holds the full host by the short one', async () => {
        const full = `details.${world.namespace}.svc.cluster.local`;
        await hands.create({ name: 'details', hosts: [full], split: { v1: 100 } });

        const found = await findSoon(() => find('details'));

        expect(found).toMatchObject({ kind: 'found', object: { name: 'details' } });
      });

      it('finds hosts whatever their case, and suggests the object itself where no host can be typed', async () => {
        await hands.create({ name: 'capitals', hosts: ['CAPITALS'], split: { v1: 100 } });
        await hands.create({ name: 'star', hosts: ['*.example.com'], split: { v1: 100 } });

        expect(await findSoon(() => find('capitals'))).toMatchObject({ kind: 'found', object: { name: 'capitals' } });
        const { services } = await eventually(async () => {
          const found = await find('no-such');
          if (found.kind !== 'unknown-service') throw new Error('it was found');
          expect(found.services).toContain('vs/star');
          return found;
        });
        expect(services).toContain('capitals');
      });

      it('names what there is and what was meant when nothing routes the service', async () => {
        await hands.create({ name: 'productpage', split: { v1: 100 } });
        await findSoon(() => find('productpage'));

        const found = await find('prodctpage');

        expect(found).toMatchObject({ kind: 'unknown-service', nearest: 'productpage' });
        expect(found.kind === 'unknown-service' && found.services).toContain('productpage');
      });

      it('finds the object that requests follow where two have one host, and the other by its kind', async () => {
        await hands.create({ name: 'one', hosts: ['twice'], split: { v1: 100 } });
        const other = await hands.create({ name: 'other', hosts: ['twice'], split: { v2: 100 } });

        expect(await findSoon(() => find('vs/other'))).toEqual({ kind: 'found', object: other });
        expect(await find('twice')).toMatchObject({ kind: 'found', object: { name: 'one' } });
        expect(await find('httproute/other')).toMatchObject({ kind: 'unknown-service', nearest: undefined });
      });

      it('names all objects that requests for one host follow, some one, some another', async () => {
        const open = await hands.create({ name: 'open-to-all', hosts: ['shared'], split: { v1: 100 } });
        const own = hands.ref('VirtualService', 'for-its-own');
        const http = [{ route: [{ destination: { host: 'shared' } }] }];
        await world.make(own, { spec: { hosts: ['shared'], exportTo: ['.'], http } });

        await expect.poll(() => find('shared')).toEqual({ kind: 'several', objects: [open, own] });
      });

      it('knows which clusters there are', async () => {
        const found = await mesh.find({ cluster: 'elsewhere', namespace: world.namespace, service: 'reviews' });

        expect(found).toEqual({ kind: 'unknown-cluster', clusters: mesh.clusters });
      });

      it('finds nothing in a namespace without objects, and what is created there later', async () => {
        expect(await find('late', `${world.namespace}-empty`)).toMatchObject({ kind: 'unknown-service', services: [] });
      });

      it('names the rules that requests for a service follow, by their keys', async () => {
        await world.serve('obeyed-by', 9080);
        const object = await hands.create({ name: 'obeyed-by', split: { v1: 100 }, orders: { v2: 100 } });

        const { cluster, namespace } = object;
        await expect
          .poll(() => mesh.followed({ cluster, namespace, service: 'obeyed-by' }))
          .toEqual([{ object, rules: ['orders', 'default'] }]);
      });

      it('knows the Service of that name where nothing routes it, and its pods where they are seen', async () => {
        await world.serve('unrouted', 9080);

        await expect
          .poll(() => find('unrouted'))
          .toMatchObject({
            kind: 'unknown-service',
            unrouted: {
              host: `unrouted.${world.namespace}.svc.cluster.local`,
              ports: [{ number: 9080 }],
              pods: { versions: [], unlabelled: { ready: 0, all: 0 } },
              definedBy: [],
            },
          });
      });

      it('says whose requests follow a rule, and what the others follow', async () => {
        const host = `obeyed.${world.namespace}.svc.cluster.local`;
        const older = await hands.create({ name: 'obeyed', hosts: ['obeyed'], split: { v1: 100 } });
        const newer = await hands.create({ name: 'obeyed-not', hosts: ['obeyed'], split: { v2: 100 } });
        const { cluster: _, ...by } = older;
        await findSoon(() => find('vs/obeyed-not'));

        expect(await mesh.following(newer, 'default')).toEqual({
          followed: [],
          elsewhere: [{ host, caller: { kind: 'mesh' }, by, why: 'older' }],
        });
        expect(await mesh.following(older, 'default')).toMatchObject({
          followed: expect.arrayContaining([{ host, caller: { kind: 'mesh' } }]),
          elsewhere: [],
        });
        expect(await mesh.following(older, 'no such rule')).toBeUndefined();
      });

      it('knows a delegate by the hosts of those that hand requests over to it', async () => {
        const edge = hands.ref('VirtualService', 'edge');
        const delegate = hands.ref('VirtualService', 'handed-over');
        const route = [{ destination: { host: 'handed-over' } }];
        await world.make(delegate, { spec: { http: [{ route }] } });
        await world.make(edge, {
          spec: { hosts: ['Shop', 'shop.example.com'], http: [{ delegate: { name: 'handed-over' } }] },
        });
        await findSoon(() => find('vs/edge'));

        const shop = `shop.${world.namespace}.svc.cluster.local`;
        const by = { namespace: world.namespace, name: 'edge' };
        expect(await hands.liveOf(delegate)).toMatchObject({
          hosts: [],
          handedOver: [{ by, hosts: [shop, 'shop.example.com'] }],
        });
        expect(await hands.liveOf(edge)).not.toHaveProperty('handedOver');
        expect(await mesh.open(delegate)).not.toHaveProperty('awaitedBy');
        await world.remove(delegate);
        await eventually(async () =>
          expect(await mesh.open(delegate)).toMatchObject({
            live: undefined,
            awaitedBy: [{ by, hosts: [shop, 'shop.example.com'] }],
          }),
        );
        await world.make(delegate, { spec: { http: [{ route }] } });
        await world.remove(edge);
        await eventually(async () => expect(await hands.liveOf(delegate)).not.toHaveProperty('handedOver'));
      });

      it('knows of which hosts clients are kept at one pod', async () => {
        const rule = hands.ref('DestinationRule', 'hashed');
        const loadBalancer = { consistentHash: { httpHeaderName: 'x-user' } };
        await world.make(rule, { spec: { ...versionsOf('hashed', ['v1', 'v2']), trafficPolicy: { loadBalancer } } });
        const hashed = await hands.create({ name: 'hashed', split: { v1: 80, v2: 20 } });
        const other = await hands.create({ name: 'not-hashed', split: { v1: 80, v2: 20 } });

        expect(await hands.liveOf(hashed)).toMatchObject({ hashed: [`hashed.${world.namespace}.svc.cluster.local`] });
        expect(await hands.liveOf(other)).not.toHaveProperty('hashed');
      });

      it('has seen what it finds', async () => {
        const object = await hands.create({ name: 'glanced', split: { v1: 80, v2: 20 } });

        const seen = await eventually(async () => {
          const weights = await mesh.glance(object);
          expect(weights).toBeDefined();
          return weights;
        });

        expect(seen).toMatchObject({ ledger: emptyLedger, rules: [{ key: 'default', split: { v1: 80, v2: 20 } }] });
        expect(await mesh.glance({ ...object, name: 'no' })).toBeUndefined();
      });

      it('finds what sends requests to a host, and nothing else', async () => {
        const host = `sought.${world.namespace}.svc.cluster.local`;
        const object = await hands.create({ name: 'sought', split: { v1: 80, v2: 20 } });

        const found = await eventually(async () => {
          const routes = await mesh.sendingTo(object.cluster, [host]);
          expect(routes).toHaveLength(1);
          return routes;
        });

        expect(found).toMatchObject([
          { object, rules: [{ split: { v1: 80, v2: 20 }, backends: [{ host }, { host }] }] },
        ]);
        expect(await mesh.sendingTo(object.cluster, [`unsought.${world.namespace}.svc.cluster.local`])).toEqual([]);
      });

      it('sees no DestinationRule so, and watches nothing for it', async () => {
        const object = { ...hands.ref('DestinationRule', 'glanced'), namespace: `${world.namespace}-other` };

        expect(await mesh.glance(object)).toBeUndefined();
        expect(await mesh.glance(hands.ref('DestinationRule', 'glanced'))).toBeUndefined();
      });
    });

    describe('hearing of what was touched', () => {
      const heard: Touched[] = [];
      let end: () => void;

      beforeAll(() => {
        end = mesh.onTouched((touched) => heard.push(touched));
      });
      afterAll(() => end());

      const hear = (object: ObjectRef, changes = 1): Promise<Touched> =>
        eventually(() => {
          const found = heard.findLast(
            (touched) => touched.object.name === object.name && touched.changes.length === changes,
          );
          if (found === undefined) throw new Error(`nothing was heard of ${object.name}`);
          return found;
        });

      it('tells of our own write, of what somebody else makes of it, and who that was', async () => {
        const object = await hands.create({ name: 'touched', split: { v1: 50, v2: 50 } });
        const change = revisionTo({ v1: 60, v2: 40 });
        await hands.shift(object, change.to, change);
        const ours = await hear(object);
        heard.length = 0;

        await hands.moveByHand(object, { v1: 70, v2: 30 });
        const theirs = await hear(object);

        expect([ours, theirs]).toEqual([
          { object, changes: [change.id] },
          { object, changes: [change.id] },
        ]);
        expect(await mesh.glance(object)).toMatchObject({
          lastWriter: { manager: 'kubectl-edit' },
          rules: [{ split: { v1: 70, v2: 30 } }],
        });
      });

      it('still names the change when our history is gone, and when the object is', async () => {
        const spoiled = await hands.create({ name: 'spoiled-later', split: { v1: 50, v2: 50 } });
        const removed = await hands.create({ name: 'removed', split: { v1: 50, v2: 50 } });
        const [one, other] = [revisionTo({ v1: 60, v2: 40 }), revisionTo({ v1: 60, v2: 40 })];
        await hands.shift(spoiled, one.to, one);
        await hands.shift(removed, other.to, other);
        await hear(removed);
        heard.length = 0;

        await world.spoilLedger(spoiled);
        await world.remove(removed);

        expect((await hear(spoiled)).changes).toContain(one.id);
        expect((await hear(removed)).changes).toEqual([other.id]);
        expect(await mesh.glance(removed)).toBeUndefined();
      });

      it('tells of one that is created without a history: it may stand in place of one that we changed', async () => {
        const object = await hands.create({ name: 'made-anew', split: { v1: 50, v2: 50 } });

        expect(await hear(object, 0)).toEqual({ object, changes: [] });
      });

      it('says nothing of what others write to objects that we never changed', async () => {
        const [object, ours] = [
          await hands.create({ name: 'never-ours', split: { v1: 50, v2: 50 } }),
          await hands.create({ name: 'ours', split: { v1: 50, v2: 50 } }),
        ];
        await hear(object, 0);
        heard.length = 0;
        await hands.moveByHand(object, { v1: 70, v2: 30 });
        await hands.shift(ours, { v1: 60, v2: 40 });
        await hear(ours);

        expect(heard.filter((touched) => touched.object.name === object.name)).toEqual([]);
      });
    });

    describe('a namespace that had no objects', () => {
      let fresh: MeshWorld;

      beforeAll(async () => {
        fresh = await begin();
      });
      afterAll(() => fresh.end());

      it('is watched once we have created one: what somebody else makes of that is told', async () => {
        const heard: Touched[] = [];
        fresh.mesh.onTouched((touched) => heard.push(touched));
        const others = handsIn(fresh);
        const object = others.ref('VirtualService', 'first');
        const spec = { hosts: ['first'], http: [{ route: destinations('first', { v1: 90, v2: 10 }) }] };
        const created = revisionTo({ v1: 90, v2: 10 }, { at: new Date().toISOString() });

        await (await fresh.mesh.open(object)).write(whole({ spec }), created);
        await eventually(async () => expect(heard).toContainEqual({ object, changes: [created.id] }));
        heard.length = 0;
        await others.moveByHand(object, { v1: 10, v2: 90 });

        await eventually(async () => expect(heard).toContainEqual({ object, changes: [created.id] }));
      });
    });

    describe('telling', () => {
      it('finds the object whose ledger holds a change, or a ramp', async () => {
        const object = await hands.create({ name: 'remembered', split: { v1: 50, v2: 50 } });
        const revision = { ...revisionTo({ v1: 0, v2: 100 }), ramp: { id: 'r-12345678', step: 1, of: 2 } } as const;
        await hands.shift(object, revision.to, revision);

        await eventually(async () => expect(await mesh.findChange(revision.id)).toEqual(object));
        expect(await mesh.findChange('r-12345678')).toEqual(object);
        expect(await mesh.findChange('r-12345679')).toBeUndefined();
        expect(await mesh.findChange(anyId())).toBeUndefined();
      });

      it('leaves one Event for a change, however often it is announced', async () => {
        const object = await hands.create({ name: 'announced', split: { v1: 50, v2: 50 } });
        const { uid } = await hands.liveOf(object);
        const announced = change({ id: anyId(), object, uid, to: { v1: 0, v2: 100 }, state: applied() });
        const before = await world.announcements();

        await mesh.announce(announced);
        await mesh.announce(announced);

        expect(await world.announcements()).toBe(before + 1);
      });

      it('lists the services of a namespace', async () => {
        const object = await hands.create({ name: 'listed', split: { v1: 50, v2: 50 } });

        await eventually(async () =>
          expect((await mesh.services(object)).seen.map((route) => route.object)).toContainEqual(object),
        );
        expect(await mesh.services({ ...object, namespace: `${world.namespace}-empty` })).toEqual({ seen: [] });
      });

      it('tells what versions its DestinationRules define, when they are asked for live at once', async () => {
        const object = hands.ref('DestinationRule', 'defines');
        await world.make(object, { spec: versionsOf('defined', ['v1']) });
        const made = { name: 'defines', host: `defined.${world.namespace}.svc.cluster.local`, versions: ['v1'] };

        expect(await mesh.definitions(object, { live: true })).toContainEqual(made);
        await eventually(async () => expect(await mesh.definitions(object, { live: false })).toContainEqual(made));
      });
    });
  });
}

/** Names are found through the watch cache, which hears of an object a moment after it was created. */
function findSoon(find: () => Promise<Found>): Promise<Found> {
  return eventually(async () => {
    const found = await find();
    expect(found.kind).toBe('found');
    return found;
  });
}

function ignoreExisting(error: unknown): void {
  if (!String(error).includes('AlreadyExists')) throw error;
}
