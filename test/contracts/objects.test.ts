import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyLedger } from '../../src/domain/routing/ledger.ts';
import { type ObjectKind, type ObjectRef, objectKinds } from '../../src/domain/routing/object.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { LedgerUnreadableError, RejectedError } from '../../src/workflow/errors.ts';
import type { Mesh, OpenObject } from '../../src/workflow/ports/mesh.ts';
import { realKube, realKubeconfig, sandboxKube, unservedByReal } from '../support/kube.ts';
import {
  destinations,
  handsIn,
  inKubernetes,
  inMemory,
  type MeshWorld,
  revisionTo,
  versionsOf,
  weights,
  whole,
} from './mesh-world.ts';

const unserved = await unservedByReal();

describeObjects('in memory', inMemory);
describeObjects('in the API server of the sandbox', async () => inKubernetes(await sandboxKube({ historyLength: 30 })));
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeObjects('in a real API server', async () => inKubernetes(await realKube()), unserved);
});

/** How an object of each kind is opened and written; weights, which only some kinds have, are in weights.test.ts. */
function describeObjects(where: string, begin: () => Promise<MeshWorld>, missing: readonly ObjectKind[] = []): void {
  describe(`objects ${where}`, () => {
    let world: MeshWorld;
    let mesh: Mesh;
    let hands: ReturnType<typeof handsIn>;

    beforeAll(async () => {
      world = await begin();
      mesh = world.mesh;
      hands = handsIn(world);
    });
    afterAll(() => world.end());

    for (const kind of writable)
      describe.runIf(!missing.includes(kind))(`a ${kind}`, () => {
        const [one, other, third] = specs[kind];
        const ref = (name: string): ObjectRef => hands.ref(kind, name);
        const open = (object: ObjectRef): Promise<OpenObject> => mesh.open(object);

        it('that is not there is opened all the same, and made with the history that it is given', async () => {
          const object = ref('made');
          const { live, write } = await open(object);
          const ledger = { seq: 7, revisions: [revisionTo({ v1: 100 })] };
          const content = { labels: { team: 'books' }, annotations: { note: 'mine' }, spec: one };
          const revision = revisionOf();

          const written = await write({ ...whole(content), ledger }, revision);

          expect(live).toBeUndefined();
          expect(written).toMatchObject({ kind: 'written', seq: 8, content, splits: splits[kind], warnings: [] });
          const after = await hands.liveOf(object);
          expect(after).toMatchObject({ content, ledger: { seq: 8, revisions: [revision, ...ledger.revisions] } });
          expect(after.lastWriter?.manager).toBe('shiftbot');
        });

        it('that has a field which the server does not know is refused by a strict dry run, in a few words', async () => {
          const misspelt = { spec: { ...one, exportsTo: ['.'] } };
          await world.make(ref('misspelt'), { spec: one });

          for (const name of ['misspelt', 'to-be-made']) {
            const trying = (await open(ref(name))).write(whole(misspelt), revisionOf(), { dryRun: 'strict' });

            await expect(trying).rejects.toThrow(RejectedError);
            await expect(trying).rejects.toThrow(/^unknown field "spec\.exportsTo"$/);
          }
          expect((await hands.liveOf(ref('misspelt'))).content.spec).toEqual(one);
        });

        it('is replaced with its labels, annotations and history in one step, and stays the same object', async () => {
          const object = ref('replaced');
          await world.make(object, { labels: { old: 'yes' }, spec: one });
          const { live, write } = await hands.open(object);
          const revision = revisionOf();
          const content = { annotations: { note: 'new' }, spec: other };

          const written = await write(whole(content), revision);

          expect(written).toMatchObject({ kind: 'written', seq: 1, content });
          const after = await hands.liveOf(object);
          expect(after).toMatchObject({ uid: live.uid, content, ledger: { seq: 1, revisions: [revision] } });
          expect(after.content.labels).toBeUndefined();
        });

        it('goes on with the history that it has, whatever it is given for one that is created', async () => {
          const object = ref('goes-on');
          await world.make(object, { spec: one });
          const [first, second] = [revisionOf(), revisionOf()];
          await (await open(object)).write(whole({ spec: other }), first);

          const ledger = { seq: 40, revisions: [] };
          const written = await (await open(object)).write({ ...whole({ spec: third }), ledger }, second);

          expect(written).toMatchObject({ kind: 'written', seq: 2 });
          expect((await hands.liveOf(object)).ledger).toMatchObject({ seq: 2, revisions: [second, first] });
        });

        it('is deleted, and gone', async () => {
          const object = ref('deleted');
          await world.make(object, { spec: one });
          await (await open(object)).write(whole({ spec: other }), revisionOf());

          const written = await (await open(object)).write(whole(undefined), revisionOf());

          expect(written).toEqual({ kind: 'written', seq: 2, splits: [], warnings: [] });
          expect((await open(object)).live).toBeUndefined();
        });

        it('that is not there need not be deleted', async () => {
          const { write } = await open(ref('never-there'));

          expect(await write(whole(undefined), revisionOf())).toMatchObject({ kind: 'written', splits: [] });
        });

        it('is only tried where nothing is to be stored', async () => {
          const [there, missing] = [ref('tried'), ref('tried-missing')];
          await world.make(there, { spec: one });
          const before = await hands.liveOf(there);
          const dryRun = { dryRun: true };

          const tried = [
            await (await open(missing)).write(whole({ spec: one }), revisionOf(), dryRun),
            await (await open(there)).write(whole({ spec: other }), revisionOf(), dryRun),
            await (await open(there)).write(whole(undefined), revisionOf(), dryRun),
          ];

          expect(tried).toMatchObject([
            { content: { spec: one }, splits: splits[kind] },
            { content: { spec: other } },
            { kind: 'written', splits: [] },
          ]);
          expect((await open(missing)).live).toBeUndefined();
          expect(await hands.liveOf(there)).toEqual(before);
        });

        it.each`
          what               | wanted
          ${'a replacement'} | ${{ spec: other }}
          ${'a deletion'}    | ${undefined}
        `(
          'that was written since it was read is a conflict for $what, and stays as it is',
          async ({ what, wanted }) => {
            const object = ref(`stale-${what.replace('a ', '')}`);
            await world.make(object, { spec: one });
            const stale = await open(object);
            await world.edit(object, () => third);

            expect(await stale.write(whole(wanted), revisionOf())).toEqual({ kind: 'conflict' });

            expect(await hands.liveOf(object)).toMatchObject({ content: { spec: third }, ledger: emptyLedger });
          },
        );

        it('that somebody else made since is a conflict, and stays theirs', async () => {
          const object = ref('taken');
          const stale = await open(object);
          await world.make(object, { spec: other });

          expect(await stale.write(whole({ spec: one }), revisionOf())).toEqual({ kind: 'conflict' });

          expect((await hands.liveOf(object)).content.spec).toEqual(other);
        });

        it.each`
          what               | wanted
          ${'a replacement'} | ${{ spec: other }}
          ${'a deletion'}    | ${undefined}
        `('that was deleted or made anew since is a conflict for $what', async ({ what, wanted }) => {
          const object = ref(`anew-${what.replace('a ', '')}`);
          await world.make(object, { spec: one });
          const stale = await open(object);
          await world.remove(object);
          expect(await stale.write(whole(wanted), revisionOf())).toEqual({ kind: 'conflict' });
          await world.make(object, { spec: one });

          expect(await stale.write(whole(wanted), revisionOf())).toEqual({ kind: 'conflict' });

          expect(await hands.liveOf(object)).toMatchObject({ content: { spec: one }, ledger: emptyLedger });
        });

        it('whose history is not ours is not opened', async () => {
          const object = ref('spoiled');
          await world.make(object, { spec: one });
          await world.spoilLedger(object);

          await expect(open(object)).rejects.toThrow(LedgerUnreadableError);
        });

        it('is remembered for a while: by which change it was made since a moment, though it is gone', async () => {
          const object = ref('made-and-gone');
          const since = await mesh.moment(object);
          const { id } = revisionOf();
          await (await open(object)).write(whole({ spec: one }), revisionOf({ id }));
          await world.remove(object);
          const after = await mesh.moment(object);

          const answers = await Promise.all([
            mesh.hadChange(object, { id, since }),
            mesh.hadChange(object, { id, since: after }),
            mesh.hadChange(object, { id: 'c-00000009', since }),
            mesh.hadChange(ref('another'), { id, since }),
          ]);

          expect(answers).toEqual([true, false, false, false]);
        });

        it('is remembered only so long', async () => {
          const object = ref('long-gone');
          const since = await world.longAgo();

          expect(await mesh.hadChange(object, { id: 'c-00000009', since })).toBeUndefined();
        });

        it('lets one of two writers from the same reading through', async () => {
          const object = ref('race');
          const readings = await Promise.all([open(object), open(object)]);

          const written = await Promise.all(readings.map(({ write }) => write(whole({ spec: one }), revisionOf())));

          expect(written.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'written']);
        });
      });

    it('a DestinationRule has a host and no rules, and so no weights', async () => {
      const object = hands.ref('DestinationRule', 'no-weights');
      await world.make(object, { spec: specs.DestinationRule[0] });
      const { live, write } = await hands.open(object);

      expect(live).toMatchObject({ object, hosts: ['reviews'], gateways: [], rules: [] });
      await expect(write(weights({ v1: 100 }), revisionOf())).rejects.toThrow(RejectedError);
    });

    it('a VirtualService that was put whole is read and shifted like any other', async () => {
      const object = hands.ref('VirtualService', 'whole');
      await (await mesh.open(object)).write(whole({ spec: specs.VirtualService[0] }), revisionOf());
      const { live, write } = await hands.open(object);

      await write(weights({ v1: 30, v2: 70 }), revisionTo({ v1: 30, v2: 70 }));

      expect(live.rules.map(({ key, split }) => [key, split])).toEqual([
        ['#1 end-user = jason', { v2: 100 }],
        ['default', { v1: 50, v2: 50 }],
      ]);
      expect((await hands.liveOf(object)).content.spec).toMatchObject({
        http: [{}, { route: [{ weight: 30 }, { weight: 70 }] }],
      });
    });

    it('pictures how a VirtualService would route, wherever it is', () => {
      const object = hands.ref('VirtualService', 'none');

      const pictured = mesh.picture(object, { spec: specs.VirtualService[0] });

      expect(pictured).toMatchObject({
        hosts: ['reviews'],
        rules: [
          { key: '#1 end-user = jason', match: 'end-user = jason', split: { v2: 100 } },
          { key: 'default', split: { v1: 50, v2: 50 } },
        ],
      });
      expect(() => mesh.picture(object, { spec: { http: 'no' } })).toThrow(RejectedError);
    });
  });
}

const toJason = {
  match: [{ headers: { 'end-user': { exact: 'jason' } } }],
  route: destinations('reviews', { v2: 100 }),
};

/** Objects of the other kinds are read, and never written. */
type Written = Exclude<ObjectKind, 'TrafficSplit'>;
const writable = objectKinds.filter((kind) => kind !== 'TrafficSplit');

const parentRefs = [{ group: '', kind: 'Service', name: 'reviews', port: 9080 }];
const to = (versions: Split): JsonObject => ({
  backendRefs: Object.entries(versions).map(([name, weight]) => ({
    group: '',
    kind: 'Service',
    name,
    port: 9080,
    weight,
  })),
});
const routes = [
  { parentRefs, rules: [to({ 'reviews-v1': 50, 'reviews-v2': 50 })] },
  { parentRefs, rules: [to({ 'reviews-v1': 1 })] },
  { parentRefs, rules: [to({ 'reviews-v3': 1 })] },
] as const;
const matched = (rest: JsonObject) => ({ ...rest, matches: [{ path: { type: 'PathPrefix', value: '/' } }] });
const httpRoutes = [
  { parentRefs, rules: [matched(to({ 'reviews-v1': 50, 'reviews-v2': 50 }))] },
  { parentRefs, rules: [matched(to({ 'reviews-v1': 1 }))] },
  { parentRefs, rules: [matched(to({ 'reviews-v3': 1 }))] },
] as const;
const ofSni = (route: JsonObject) => ({ hostnames: ['reviews.example'], ...route });
const [one, other, third] = routes;

/** Three of each kind that are not alike. */
const specs: Readonly<Record<Written, readonly [JsonObject, JsonObject, JsonObject]>> = {
  VirtualService: [
    { hosts: ['reviews'], http: [toJason, { route: destinations('reviews', { v1: 50, v2: 50 }) }] },
    { hosts: ['reviews'], http: [{ route: destinations('reviews', { v1: 100 }) }] },
    { hosts: ['reviews'], http: [{ timeout: '3s', route: destinations('reviews', { v3: 100 }) }] },
  ],
  DestinationRule: [versionsOf('reviews', ['v1']), versionsOf('reviews', ['v2']), versionsOf('reviews', ['v3'])],
  HTTPRoute: httpRoutes,
  GRPCRoute: routes,
  TCPRoute: routes,
  TLSRoute: [ofSni(one), ofSni(other), ofSni(third)],
  ServiceSplitter: [
    {
      splits: [
        { weight: 50, serviceSubset: 'v1' },
        { weight: 50, serviceSubset: 'v2' },
      ],
    },
    { splits: [{ weight: 100, serviceSubset: 'v1' }] },
    { splits: [{ weight: 100, serviceSubset: 'v3' }] },
  ],
  ServiceResolver: [
    { subsets: { v1: { filter: 'Service.Meta.version == v1' } } },
    { subsets: { v2: { filter: 'Service.Meta.version == v2' } } },
    { subsets: { v3: { filter: 'Service.Meta.version == v3' } } },
  ],
};

const halves = [{ rule: 'default', split: { 'reviews-v1': 50, 'reviews-v2': 50 } }];

/** Those of the first of each. */
const splits: Readonly<Record<Written, readonly object[]>> = {
  VirtualService: [
    { rule: '#1 end-user = jason', split: { v2: 100 } },
    { rule: 'default', split: { v1: 50, v2: 50 } },
  ],
  DestinationRule: [],
  HTTPRoute: halves,
  GRPCRoute: halves,
  TCPRoute: halves,
  TLSRoute: halves,
  ServiceSplitter: [{ rule: 'default', split: { v1: 5_000, v2: 5_000 } }],
  ServiceResolver: [],
};

function revisionOf(overrides: Partial<ReturnType<typeof revisionTo>> = {}) {
  return revisionTo({ v1: 30, v2: 70 }, { does: 'apply all-v1', ...overrides });
}
