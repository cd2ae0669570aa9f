import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Change } from '../../src/domain/change/change.ts';
import { emptyLedger, type Revision } from '../../src/domain/routing/ledger.ts';
import { type ChangeId, changeIdFrom, type RoutingObject } from '../../src/domain/routing/names.ts';
import type { Rule } from '../../src/domain/routing/route.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { LedgerUnreadableError, RejectedError } from '../../src/workflow/errors.ts';
import type { Found, Mesh, OpenRoute, Touched } from '../../src/workflow/ports/mesh.ts';
import { eventually } from '../support/eventually.ts';
import { InMemoryMesh } from '../support/in-memory-mesh.ts';
import { clusterName, type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';

/** A routing object in few words: hosts, the default rule's split, and one rule above it for one user. */
interface Sketch {
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly split: Split;
  readonly versions?: readonly string[];
  readonly pinned?: { readonly user: string; readonly version: string };
}

interface World {
  readonly mesh: Mesh;
  readonly namespace: string;
  create(sketch: Sketch): Promise<RoutingObject>;
  moveByHand(object: RoutingObject, split: Split): Promise<void>;
  touchByHand(object: RoutingObject): Promise<void>;
  spoilLedger(object: RoutingObject): Promise<void>;
  define(object: RoutingObject, versions: readonly string[]): Promise<void>;
  remove(object: RoutingObject): Promise<void>;
  announcements(): Promise<number>;
  end(): Promise<void>;
}

describeMesh('in memory', inMemory);
describeMesh('in the API server of the sandbox', async () => inKubernetes(await sandboxKube()));
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeMesh('in a real API server', async () => inKubernetes(await realKube()));
});

function describeMesh(where: string, begin: () => Promise<World>): void {
  describe(`routing objects ${where}`, () => {
    let world: World;
    let mesh: Mesh;

    beforeAll(async () => {
      world = await begin();
      mesh = world.mesh;
    });
    afterAll(() => world.end());

    const find = (service: string, namespace = world.namespace): Promise<Found> =>
      mesh.find({ cluster: mesh.clusters[0] ?? '', namespace, service });
    const open = async (object: RoutingObject): Promise<OpenRoute> => {
      const opened = await mesh.read(object);
      if (opened === undefined) throw new Error(`there is no ${object.name}`);
      return opened;
    };
    const splitOf = async (object: RoutingObject): Promise<Split | undefined> =>
      (await open(object)).route.rules.find(({ key }) => key === 'default')?.split;
    const shift = async (object: RoutingObject, to: Split, revision = revisionTo(to)) =>
      (await open(object)).write({ rule: 'default', to, revision });

    describe('finding', () => {
      it.each`
        by               | typed
        ${'short host'}  | ${'ratings'}
        ${'full host'}   | ${'ratings.NAMESPACE.svc.cluster.local'}
        ${'object name'} | ${'ratings-routes'}
      `('finds an object by its $by', async ({ typed }) => {
        await world.create({ name: 'ratings-routes', hosts: ['ratings'], split: { v1: 100 } }).catch(ignoreExisting);

        const found = await findSoon(() => find(typed.replace('NAMESPACE', world.namespace)));

        expect(found).toMatchObject({ kind: 'found', object: { namespace: world.namespace, name: 'ratings-routes' } });
      });

      it('finds an object that holds the full host by the short one', async () => {
        const full = `details.${world.namespace}.svc.cluster.local`;
        await world.create({ name: 'details', hosts: [full], split: { v1: 100 } });

        const found = await findSoon(() => find('details'));

        expect(found).toMatchObject({ kind: 'found', object: { name: 'details' } });
      });

      it('names what there is and what was meant when nothing routes the service', async () => {
        await world.create({ name: 'productpage', split: { v1: 100 } });
        await findSoon(() => find('productpage'));

        const found = await find('prodctpage');

        expect(found).toMatchObject({ kind: 'unknown-service', nearest: 'productpage' });
        expect(found.kind === 'unknown-service' && found.services).toContain('productpage');
      });

      it('names all objects that route one host', async () => {
        await world.create({ name: 'one', hosts: ['twice'], split: { v1: 100 } });
        await world.create({ name: 'other', hosts: ['twice'], split: { v2: 100 } });

        const found = await eventually(async () => {
          const each = await find('twice');
          expect(each.kind).toBe('several');
          return each;
        });

        expect(found.kind === 'several' && found.objects.toSorted()).toEqual(['one', 'other']);
      });

      it('knows which clusters there are', async () => {
        const found = await mesh.find({ cluster: 'elsewhere', namespace: world.namespace, service: 'reviews' });

        expect(found).toEqual({ kind: 'unknown-cluster', clusters: mesh.clusters });
      });

      it('finds nothing in a namespace without objects, and what is created there later', async () => {
        expect(await find('late', `${world.namespace}-empty`)).toMatchObject({ kind: 'unknown-service', services: [] });
      });

      it('has seen what it finds', async () => {
        const object = await world.create({ name: 'glanced', split: { v1: 80, v2: 20 } });

        const seen = await eventually(async () => {
          const weights = await mesh.glance(object);
          expect(weights).toBeDefined();
          return weights;
        });

        expect(seen).toMatchObject({ ledger: emptyLedger, rules: [{ key: 'default', split: { v1: 80, v2: 20 } }] });
        expect(await mesh.glance({ ...object, name: 'no' })).toBeUndefined();
      });

      it('gives undefined for an object that is not there', async () => {
        const object = {
          cluster: clusterName,
          namespace: world.namespace,
          kind: 'VirtualService',
          name: 'no',
        } as const;

        expect(await mesh.read(object)).toBeUndefined();
      });
    });

    describe('hearing of what was touched', () => {
      const heard: Touched[] = [];
      let end: () => void;

      beforeAll(() => {
        end = mesh.onTouched((touched) => heard.push(touched));
      });
      afterAll(() => end());

      const hear = (object: RoutingObject): Promise<Touched> =>
        eventually(() => {
          const found = heard.findLast((touched) => touched.object.name === object.name);
          if (found === undefined) throw new Error(`nothing was heard of ${object.name}`);
          return found;
        });

      it('tells of our own write, of what somebody else makes of it, and who that was', async () => {
        const object = await world.create({ name: 'touched', split: { v1: 50, v2: 50 } });
        const change = revisionTo({ v1: 60, v2: 40 });
        await shift(object, change.to, change);
        const ours = await hear(object);
        heard.length = 0;

        await world.moveByHand(object, { v1: 70, v2: 30 });
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
        const spoiled = await world.create({ name: 'spoiled-later', split: { v1: 50, v2: 50 } });
        const removed = await world.create({ name: 'removed', split: { v1: 50, v2: 50 } });
        const [one, other] = [revisionTo({ v1: 60, v2: 40 }), revisionTo({ v1: 60, v2: 40 })];
        await shift(spoiled, one.to, one);
        await shift(removed, other.to, other);
        await hear(removed);
        heard.length = 0;

        await world.spoilLedger(spoiled);
        await world.remove(removed);

        expect((await hear(spoiled)).changes).toContain(one.id);
        expect((await hear(removed)).changes).toEqual([other.id]);
        expect(await mesh.glance(removed)).toBeUndefined();
      });

      it('says nothing of objects that we never changed', async () => {
        const [object, ours] = [
          await world.create({ name: 'never-ours', split: { v1: 50, v2: 50 } }),
          await world.create({ name: 'ours', split: { v1: 50, v2: 50 } }),
        ];
        await world.moveByHand(object, { v1: 70, v2: 30 });
        await shift(ours, { v1: 60, v2: 40 });
        await hear(ours);

        expect(heard.filter((touched) => touched.object.name === object.name)).toEqual([]);
      });
    });

    describe('reading', () => {
      it('tells hosts, rules, splits and versions apart', async () => {
        const object = await world.create({
          name: 'read',
          split: { v1: 80, v2: 20 },
          versions: ['v1', 'v2', 'v3'],
          pinned: { user: 'jason', version: 'v2' },
        });

        const { route } = await open(object);

        expect(route).toMatchObject({
          object,
          hosts: ['read'],
          gateways: ['mesh'],
          ledger: emptyLedger,
          rules: [
            { key: '#1', match: 'end-user = jason', split: { v2: 100 } },
            { key: 'default', split: { v1: 80, v2: 20 }, host: 'read', served: ['v1', 'v2', 'v3'] },
          ],
        });
      });

      it('knows who changed the rules last, though it was within the same second', async () => {
        const object = await world.create({ name: 'writer', split: { v1: 50, v2: 50 } });
        await shift(object, { v1: 60, v2: 40 });
        await world.moveByHand(object, { v1: 70, v2: 30 });

        expect((await open(object)).route.lastWriter?.manager).toBe('kubectl-edit');
      });

      it('sees a version that is not defined any more as one that cannot be served', async () => {
        const object = await world.create({ name: 'undefined', split: { v1: 100 }, versions: ['v1', 'v2'] });
        expect((await open(object)).route.rules[0]?.served).toEqual(['v1', 'v2']);

        await world.define(object, ['v1']);

        expect((await open(object)).route.rules[0]?.served).toEqual(['v1']);
      });

      it('refuses a ledger that is not ours, and does not hide the others for it', async () => {
        const object = await world.create({ name: 'spoiled', split: { v1: 50, v2: 50 } });
        await world.spoilLedger(object);

        await expect(mesh.read(object)).rejects.toThrow(LedgerUnreadableError);

        expect((await mesh.services(object)).seen.length).toBeGreaterThan(0);
      });
    });

    describe('writing', () => {
      it('sets weights and ledger in one step', async () => {
        const object = await world.create({ name: 'both', split: { v1: 100, v2: 0 } });
        const revision = revisionTo({ v1: 25, v2: 75 });

        const written = await shift(object, { v1: 25, v2: 75 }, revision);

        expect(written).toEqual({ kind: 'written', live: { v1: 25, v2: 75 }, seq: 1, warnings: [] });
        expect((await open(object)).route).toMatchObject({
          rules: [{ split: { v1: 25, v2: 75 } }],
          ledger: { seq: 1, revisions: [revision] },
        });
      });

      it('keeps the newest revision first', async () => {
        const object = await world.create({ name: 'several-revisions', split: { v1: 100, v2: 0 } });
        const [first, second] = [revisionTo({ v1: 50, v2: 50 }), revisionTo({ v1: 0, v2: 100 })];

        await shift(object, first.to, first);
        await shift(object, second.to, second);

        expect((await open(object)).route.ledger).toMatchObject({ seq: 2, revisions: [second, first] });
      });

      it('adds a version beside the others, and keeps the place of one that goes to 0', async () => {
        const object = await world.create({ name: 'added', split: { v1: 100 }, versions: ['v1', 'v3'] });

        await shift(object, { v1: 50, v3: 50 });
        expect(await splitOf(object)).toEqual({ v1: 50, v3: 50 });
        await shift(object, { v1: 0, v3: 100 });

        expect(await splitOf(object)).toEqual({ v1: 0, v3: 100 });
      });

      it('leaves the other rules alone', async () => {
        const object = await world.create({
          name: 'other-rules',
          split: { v1: 100, v2: 0 },
          pinned: { user: 'jason', version: 'v2' },
        });

        await shift(object, { v1: 10, v2: 90 });

        expect((await open(object)).route.rules).toMatchObject([{ split: { v2: 100 } }, { split: { v1: 10, v2: 90 } }]);
      });

      it.each`
        edit                  | by
        ${'the same weights'} | ${(object: RoutingObject) => world.moveByHand(object, { v1: 30, v2: 70 })}
        ${'something else'}   | ${(object: RoutingObject) => world.touchByHand(object)}
      `('writes nothing over an edit of $edit that it has not seen', async ({ by, edit }) => {
        const object = await world.create({ name: `stale-${edit.replaceAll(' ', '-')}`, split: { v1: 50, v2: 50 } });
        const stale = await open(object);
        await by(object);
        const before = (await open(object)).route;

        const written = await stale.write({
          rule: 'default',
          to: { v1: 0, v2: 100 },
          revision: revisionTo({ v1: 0, v2: 100 }),
        });

        expect(written).toEqual({ kind: 'conflict' });
        expect((await open(object)).route).toEqual(before);
      });

      it('lets one of two writers from the same reading through', async () => {
        const object = await world.create({ name: 'race', split: { v1: 50, v2: 50 } });
        const readings = await Promise.all([open(object), open(object)]);

        const outcomes = await Promise.all(
          readings.map(({ write }, at) => {
            const to = { v1: at, v2: 100 - at };
            return write({ rule: 'default', to, revision: revisionTo(to) });
          }),
        );

        expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'written']);
        expect((await open(object)).route.ledger.seq).toBe(1);
      });

      it('takes an object that was deleted meanwhile for a conflict', async () => {
        const object = await world.create({ name: 'deleted', split: { v1: 50, v2: 50 } });
        const { write } = await open(object);
        await world.remove(object);

        const to = { v1: 0, v2: 100 };
        expect(await write({ rule: 'default', to, revision: revisionTo(to) })).toEqual({ kind: 'conflict' });
        expect(await mesh.read(object)).toBeUndefined();
      });

      it('does not write to an object that was made anew under the old name', async () => {
        const object = await world.create({ name: 'anew', split: { v1: 50, v2: 50 } });
        const { route, write } = await open(object);
        await world.remove(object);
        await world.create({ name: 'anew', split: { v1: 50, v2: 50 } });

        const to = { v1: 0, v2: 100 };
        expect(await write({ rule: 'default', to, revision: revisionTo(to) })).toEqual({ kind: 'conflict' });

        const { route: anew } = await open(object);
        expect(anew.uid).not.toBe(route.uid);
        expect(anew).toMatchObject({ rules: [{ split: { v1: 50, v2: 50 } }], ledger: emptyLedger });
      });

      it('stores nothing of a dry run', async () => {
        const object = await world.create({ name: 'dry', split: { v1: 50, v2: 50 } });
        const { route, write } = await open(object);

        const to = { v1: 0, v2: 100 };
        const written = await write({ rule: 'default', to, revision: revisionTo(to) }, { dryRun: true });

        expect(written).toMatchObject({ kind: 'written', live: to });
        expect((await open(object)).route).toEqual(route);
      });

      it('has a rule that is not there rejected', async () => {
        const object = await world.create({ name: 'no-rule', split: { v1: 50, v2: 50 } });
        const { write } = await open(object);

        const to = { v1: 0, v2: 100 };
        await expect(write({ rule: 'nobody', to, revision: revisionTo(to) })).rejects.toThrow(RejectedError);
      });
    });

    describe('telling', () => {
      it('finds the object whose ledger holds a change', async () => {
        const object = await world.create({ name: 'remembered', split: { v1: 50, v2: 50 } });
        const revision = revisionTo({ v1: 0, v2: 100 });
        await shift(object, revision.to, revision);

        await eventually(async () => expect(await mesh.findChange(revision.id)).toEqual(object));
        expect(await mesh.findChange(anyId())).toBeUndefined();
      });

      it('leaves one Event for a change, however often it is announced', async () => {
        const object = await world.create({ name: 'announced', split: { v1: 50, v2: 50 } });
        const change = changeOn(object, (await open(object)).route.uid);
        const before = await world.announcements();

        await mesh.announce(change);
        await mesh.announce(change);

        expect(await world.announcements()).toBe(before + 1);
      });

      it('lists the services of a namespace', async () => {
        const object = await world.create({ name: 'listed', split: { v1: 50, v2: 50 } });

        await eventually(async () =>
          expect((await mesh.services(object)).seen.map((route) => route.object)).toContainEqual(object),
        );
        expect(await mesh.services({ ...object, namespace: `${world.namespace}-empty` })).toEqual({ seen: [] });
      });
    });
  });
}

async function inMemory(): Promise<World> {
  const mesh = new InMemoryMesh();
  const namespace = 'contracts';
  return {
    mesh,
    namespace,
    create: async (sketch) => {
      const object = objectOf(namespace, sketch);
      mesh.put({
        object,
        uid: randomUUID(),
        hosts: sketch.hosts ?? [sketch.name],
        gateways: ['mesh'],
        rules: rulesOf(sketch),
        ledger: emptyLedger,
      });
      return object;
    },
    moveByHand: async (object, split) => mesh.moveByHand(object, split),
    touchByHand: async (object) => mesh.editByHand(object, (route) => ({ ...route, gateways: ['mesh', 'edge'] })),
    spoilLedger: async (object) => mesh.spoilLedger(object),
    define: async (object, versions) => mesh.serve(object, versions),
    remove: async (object) => mesh.remove(object),
    announcements: async () => mesh.announced.length,
    end: async () => {},
  };
}

function rulesOf({ name, split, versions = Object.keys(split), pinned, hosts }: Sketch): readonly Rule[] {
  const rule = { host: hosts?.[0] ?? name, served: versions };
  const above: readonly Rule[] =
    pinned === undefined
      ? []
      : [{ ...rule, key: '#1', match: `end-user = ${pinned.user}`, split: { [pinned.version]: 100 } }];
  return [...above, { ...rule, key: 'default', split }];
}

async function inKubernetes(kube: KubeWorld): Promise<World> {
  const { namespace } = kube;
  return {
    mesh: kube.mesh(),
    namespace,
    create: async (sketch) => {
      const { name, versions = Object.keys(sketch.split), hosts = [name] } = sketch;
      const subsets = versions.map((version) => ({ name: version, labels: { version } }));
      await kube
        .create(stringify({ kind: 'DestinationRule', metadata: { name }, spec: { host: hosts[0], subsets } }))
        .catch(ignoreExisting);
      await kube.create(
        stringify({ kind: 'VirtualService', metadata: { name }, spec: { hosts, http: httpOf(sketch) } }),
      );
      return objectOf(namespace, sketch);
    },
    moveByHand: async ({ name }, split) => {
      const weights = Object.values(split).map((value, at) => ({
        op: 'add',
        path: `/spec/http/0/route/${at}/weight`,
        value,
      }));
      await kube.edit(name, weights);
    },
    touchByHand: async ({ name }) => {
      await kube.edit(name, [{ op: 'add', path: '/spec/http/0/timeout', value: '3s' }]);
    },
    spoilLedger: async ({ name }) => {
      await kube.edit(name, [{ op: 'add', path: '/metadata/annotations', value: { 'shiftbot.dev/history': 'hello' } }]);
    },
    define: async ({ name }, versions) => {
      const subsets = versions.map((version) => ({ name: version, labels: { version } }));
      await kube.edit(name, [{ op: 'replace', path: '/spec/subsets', value: subsets }], 'helm', 'DestinationRule');
    },
    remove: ({ name }) => kube.remove(name),
    announcements: async () => (await kube.events()).length,
    end: () => kube.end(),
  };
}

function httpOf({ name, split, pinned, hosts: [host = name] = [] }: Sketch): readonly object[] {
  const to = (subset: string) => ({ destination: { host, subset } });
  const versions = Object.entries(split);
  const route = versions.map(([version, weight]) => ({ ...to(version), ...(versions.length > 1 && { weight }) }));
  const above =
    pinned === undefined
      ? []
      : [{ match: [{ headers: { 'end-user': { exact: pinned.user } } }], route: [to(pinned.version)] }];
  return [...above, { route }];
}

function objectOf(namespace: string, { name }: Sketch): RoutingObject {
  return { cluster: clusterName, namespace, kind: 'VirtualService', name };
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

function anyId(): ChangeId {
  return changeIdFrom(crypto.getRandomValues(new Uint8Array(5)));
}

function revisionTo(to: Split): Revision {
  return { id: anyId(), at: '2026-11-22T14:03:11.000Z', by: 'U01ALICE', rule: 'default', from: { v1: 100 }, to };
}

function changeOn(object: RoutingObject, uid: string): Change {
  const { id, by, rule, from, to } = revisionTo({ v1: 0, v2: 100 });
  return {
    id,
    request: 'a test',
    object,
    service: object.name,
    rule,
    by,
    origin: { team: 'T1', channel: 'C1' },
    from,
    to,
    base: { uid, seq: 0 },
    pinned: [],
    acceptedAt: '2026-11-22T14:03:10.000Z',
    state: { kind: 'applied', at: '2026-11-22T14:03:11.000Z', seq: 1, tookMs: 84, live: to, warnings: [] },
    rev: 2,
  };
}
