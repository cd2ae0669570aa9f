import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { ObjectContent, ObjectRef } from '../../src/domain/change/edit.ts';
import { emptyLedger, type Ledger } from '../../src/domain/routing/ledger.ts';
import { type ChangeId, changeIdFrom, type RoutingObject } from '../../src/domain/routing/names.ts';
import { type RuleKind, ruleKinds } from '../../src/domain/routing/rule-file.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { LedgerUnreadableError, NotPermittedError, RejectedError } from '../../src/workflow/errors.ts';
import type { Mesh, OpenObject } from '../../src/workflow/ports/mesh.ts';
import { eventually } from '../support/eventually.ts';
import { InMemoryMesh } from '../support/in-memory-mesh.ts';
import { clusterName, type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';

interface World {
  readonly mesh: Mesh;
  readonly namespace: string;
  /** Somebody else creates it. */
  make(ref: ObjectRef, content: ObjectContent): Promise<void>;
  /** Somebody else puts another spec in the place of the one that is there. */
  edit(ref: ObjectRef, spec: JsonObject): Promise<void>;
  remove(ref: ObjectRef): Promise<void>;
  /** A moment that is so long ago that nobody remembers it. */
  longAgo(): Promise<string>;
  end(): Promise<void>;
}

describeObjects('in memory', inMemory);
describeObjects('in the API server of the sandbox', async () => inKubernetes(await sandboxKube({ historyLength: 30 })));
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeObjects('in a real API server', async () => inKubernetes(await realKube()));
});

function describeObjects(where: string, begin: () => Promise<World>): void {
  describe(`objects of rule files ${where}`, () => {
    let world: World;
    let mesh: Mesh;
    beforeAll(async () => {
      world = await begin();
      mesh = world.mesh;
    });
    afterAll(() => world.end());

    const ref = (kind: RuleKind, name: string): ObjectRef => ({ kind, namespace: world.namespace, name });
    const open = (object: ObjectRef): Promise<OpenObject> => mesh.open(clusterName, object);

    it('tells what versions its DestinationRules define, when they are asked for live at once', async () => {
      const spec = { host: 'defined', subsets: [{ name: 'v1', labels: { version: 'v1' } }] };
      await world.make(ref('DestinationRule', 'defines'), { spec });
      const place = { cluster: clusterName, namespace: world.namespace };
      const made = { name: 'defines', host: `defined.${world.namespace}.svc.cluster.local`, versions: ['v1'] };

      expect(await mesh.definitions(place, { live: true })).toContainEqual(made);
      await eventually(async () => expect(await mesh.definitions(place, { live: false })).toContainEqual(made));
      await world.remove(ref('DestinationRule', 'defines'));
    });

    describe.each(ruleKinds)('a %s', (kind) => {
      const [one, other] = specs[kind];

      it('that is not there is opened all the same, and made with the history that it is given', async () => {
        const object = ref(kind, 'made');
        const opened = await open(object);
        const ledger = ledgerOf();

        const put = await opened.put({ labels: { team: 'books' }, annotations: { note: 'mine' }, spec: one }, ledger);

        expect(opened.seen).toBeUndefined();
        expect(put).toMatchObject({ kind: 'put', content: { labels: { team: 'books' }, spec: one }, warnings: [] });
        const { seen } = await open(object);
        expect(seen).toMatchObject({
          content: { labels: { team: 'books' }, annotations: { note: 'mine' }, spec: one },
          ledger,
        });
        expect(seen?.lastWriter?.manager).toBe('shiftbot');
      });

      it('that has a field which the server does not know is refused by a strict dry run, in a few words', async () => {
        const misspelt = { spec: { ...one, exportsTo: ['.'] } };
        await world.make(ref(kind, 'misspelt'), { spec: one });

        for (const name of ['misspelt', 'to-be-made']) {
          const trying = (await open(ref(kind, name))).put(misspelt, emptyLedger, { dryRun: 'strict' });

          await expect(trying).rejects.toThrow(RejectedError);
          await expect(trying).rejects.toThrow(/^unknown field "spec\.exportsTo"$/);
        }
        expect((await open(ref(kind, 'misspelt'))).seen?.content.spec).toEqual(one);
      });

      it('is replaced with its labels, annotations and history in one step, and stays the same object', async () => {
        const object = ref(kind, 'replaced');
        await world.make(object, { labels: { old: 'yes' }, spec: one });
        const { seen, put } = await open(object);
        const ledger = ledgerOf();

        await put({ annotations: { note: 'new' }, spec: other }, ledger);

        const { seen: after } = await open(object);
        expect(after).toMatchObject({ uid: seen?.uid, content: { annotations: { note: 'new' }, spec: other }, ledger });
        expect(after?.content.labels).toBeUndefined();
      });

      it('is deleted, and gone', async () => {
        const object = ref(kind, 'deleted');
        await world.make(object, { spec: one });

        expect(await (await open(object)).put(undefined, emptyLedger)).toMatchObject({ kind: 'put', warnings: [] });

        expect((await open(object)).seen).toBeUndefined();
      });

      it('is only tried where nothing is to be stored', async () => {
        const [there, missing] = [ref(kind, 'tried'), ref(kind, 'tried-missing')];
        await world.make(there, { spec: one });
        const before = (await open(there)).seen;
        const dryRun = { dryRun: true };

        const tried = [
          await (await open(missing)).put({ spec: one }, ledgerOf(), dryRun),
          await (await open(there)).put({ spec: other }, ledgerOf(), dryRun),
          await (await open(there)).put(undefined, ledgerOf(), dryRun),
        ];

        expect(tried).toMatchObject([{ content: { spec: one } }, { content: { spec: other } }, { kind: 'put' }]);
        expect((await open(missing)).seen).toBeUndefined();
        expect((await open(there)).seen).toEqual(before);
      });

      it.each`
        what               | wanted
        ${'a replacement'} | ${{ spec: other }}
        ${'a deletion'}    | ${undefined}
      `('that was written since it was read is a conflict for $what, and stays as it is', async ({ what, wanted }) => {
        const object = ref(kind, `stale-${what.replace('a ', '')}`);
        await world.make(object, { spec: one });
        const stale = await open(object);
        const theirs = specs[kind][2];
        await world.edit(object, theirs);

        expect(await stale.put(wanted, ledgerOf())).toEqual({ kind: 'conflict' });

        expect((await open(object)).seen).toMatchObject({ content: { spec: theirs }, ledger: emptyLedger });
      });

      it('that somebody else made since is a conflict, and stays theirs', async () => {
        const object = ref(kind, 'taken');
        const stale = await open(object);
        await world.make(object, { spec: other });

        expect(await stale.put({ spec: one }, ledgerOf())).toEqual({ kind: 'conflict' });

        expect((await open(object)).seen?.content.spec).toEqual(other);
      });

      it.each`
        what               | wanted
        ${'a replacement'} | ${{ spec: other }}
        ${'a deletion'}    | ${undefined}
      `('that was deleted or made anew since is a conflict for $what', async ({ what, wanted }) => {
        const object = ref(kind, `anew-${what.replace('a ', '')}`);
        await world.make(object, { spec: one });
        const stale = await open(object);
        await world.remove(object);
        expect(await stale.put(wanted, ledgerOf())).toEqual({ kind: 'conflict' });
        await world.make(object, { spec: one });

        expect(await stale.put(wanted, ledgerOf())).toEqual({ kind: 'conflict' });

        expect((await open(object)).seen).toMatchObject({ content: { spec: one }, ledger: emptyLedger });
      });

      it('is remembered for a while: by which change it was made since a moment, though it is gone', async () => {
        const object = ref(kind, 'made-and-gone');
        const since = await mesh.moment(clusterName, object);
        const made = ledgerOf();
        const by = made.revisions[0]?.id ?? 'c-';
        await (await open(object)).put({ spec: one }, made);
        await world.remove(object);
        const after = await mesh.moment(clusterName, object);
        const [another, someone] = [ref(kind, 'another'), 'c-00000009'] as const;

        const answers = await Promise.all([
          mesh.hadChange(clusterName, object, { id: by, since }),
          mesh.hadChange(clusterName, object, { id: by, since: after }),
          mesh.hadChange(clusterName, object, { id: someone, since }),
          mesh.hadChange(clusterName, another, { id: by, since }),
        ]);

        expect(answers).toEqual([true, false, false, false]);
      });

      it('is remembered only so long', async () => {
        const object = ref(kind, 'long-gone');
        const since = await world.longAgo();

        expect(await mesh.hadChange(clusterName, object, { id: 'c-00000009', since })).toBeUndefined();
      });

      it('lets one of two writers from the same reading through', async () => {
        const object = ref(kind, 'race');
        const readings = await Promise.all([open(object), open(object)]);

        const puts = await Promise.all(readings.map(({ put }) => put({ spec: one }, ledgerOf())));

        expect(puts.map((put) => put.kind).toSorted()).toEqual(['conflict', 'put']);
      });
    });

    it('a VirtualService that was put whole is read, shifted and heard of like any other', async () => {
      const object = ref('VirtualService', 'whole');
      const routing: RoutingObject = {
        cluster: clusterName,
        namespace: world.namespace,
        kind: 'VirtualService',
        name: 'whole',
      };
      await (await open(object)).put({ spec: specs.VirtualService[0] }, emptyLedger);

      const read = await eventually(async () => {
        const each = await mesh.read(routing);
        expect(each).toBeDefined();
        return each;
      });
      await read?.write({ rule: 'default', to: { v1: 30, v2: 70 }, revision: revisionOf() });

      expect(read?.route.rules.map(({ key, split }) => [key, split])).toEqual([
        ['#1', { v2: 100 }],
        ['default', { v1: 50, v2: 50 }],
      ]);
      expect((await open(object)).seen?.content.spec).toMatchObject({
        http: [{}, { route: [{ weight: 30 }, { weight: 70 }] }],
      });
    });

    it('pictures how a VirtualService would route, wherever it is', () => {
      const object: RoutingObject = {
        cluster: clusterName,
        namespace: world.namespace,
        kind: 'VirtualService',
        name: 'none',
      };

      const pictured = mesh.picture(object, { spec: specs.VirtualService[0] });

      expect(pictured).toMatchObject({
        hosts: ['reviews'],
        rules: [
          { key: '#1', match: 'end-user = jason', split: { v2: 100 } },
          { key: 'default', split: { v1: 50, v2: 50 } },
        ],
      });
      expect(() => mesh.picture(object, { spec: { http: 'no' } })).toThrow(RejectedError);
    });
  });
}

describe.each([
  { where: 'the API server of the sandbox', start: sandboxKube, runs: true },
  { where: 'a real API server', start: realKube, runs: realKubeconfig !== undefined },
])('objects that cannot be put, in $where', ({ start, runs }) => {
  let kube: KubeWorld;
  beforeAll(async () => {
    if (runs) kube = await start();
  });
  afterAll(() => kube?.end());

  it.runIf(runs)('are told with the right that is missing', async () => {
    const mesh = kube.mesh(await kube.permit('reader', { virtualservices: ['get', 'list', 'watch'] }));
    const opened = await mesh.open(clusterName, { kind: 'VirtualService', namespace: kube.namespace, name: 'new' });

    await expect(opened.put({ spec: specs.VirtualService[0] }, emptyLedger, { dryRun: true })).rejects.toThrow(
      /forbids it: the bot cannot create resource "virtualservices"/,
    );
    await expect(opened.put({ spec: specs.VirtualService[0] }, emptyLedger)).rejects.toThrow(NotPermittedError);
  });

  it.runIf(runs)('are told with the words of who refuses them', async () => {
    const opened = await kube
      .mesh()
      .open(clusterName, { kind: 'VirtualService', namespace: kube.namespace, name: 'bad' });

    await expect(opened.put({ spec: { hosts: ['reviews'], http: 7 } }, emptyLedger, { dryRun: true })).rejects.toThrow(
      RejectedError,
    );
  });

  it.runIf(runs)('are refused in a namespace that is not there, and not tried again', async () => {
    const opened = await kube.mesh().open(clusterName, { kind: 'VirtualService', namespace: 'nowhere', name: 'x' });

    await expect(opened.put({ spec: specs.VirtualService[0] }, emptyLedger)).rejects.toThrow(
      /namespaces "nowhere" not found/,
    );
  });

  it.runIf(runs)('are not opened where our history is not ours', async () => {
    await kube.create(
      stringify({ kind: 'VirtualService', metadata: { name: 'spoiled' }, spec: specs.VirtualService[0] }),
    );
    await kube.edit('spoiled', [
      { op: 'add', path: '/metadata/annotations', value: { 'shiftbot.dev/history': 'hello' } },
    ]);

    const opening = kube
      .mesh()
      .open(clusterName, { kind: 'VirtualService', namespace: kube.namespace, name: 'spoiled' });

    await expect(opening).rejects.toThrow(LedgerUnreadableError);
  });
});

const toJason = {
  match: [{ headers: { 'end-user': { exact: 'jason' } } }],
  route: [{ destination: { host: 'reviews', subset: 'v2' } }],
};

/** Three of each kind that are not alike. */
const specs: Readonly<Record<RuleKind, readonly [JsonObject, JsonObject, JsonObject]>> = {
  VirtualService: [
    { hosts: ['reviews'], http: [toJason, { route: [to('v1', 50), to('v2', 50)] }] },
    { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' } }] }] },
    { hosts: ['reviews'], http: [{ timeout: '3s', route: [{ destination: { host: 'reviews', subset: 'v3' } }] }] },
  ],
  DestinationRule: [
    { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v1' } }] },
    { host: 'reviews', subsets: [{ name: 'v2', labels: { version: 'v2' } }] },
    { host: 'reviews', subsets: [{ name: 'v3', labels: { version: 'v3' } }] },
  ],
};

function to(subset: string, weight: number): JsonObject {
  return { destination: { host: 'reviews', subset }, weight };
}

function revisionOf() {
  const id: ChangeId = changeIdFrom(crypto.getRandomValues(new Uint8Array(5)));
  const at = '2026-11-22T14:03:11.000Z';
  return { id, at, by: 'U01ALICE', rule: 'default', from: { v1: 100 }, to: { v1: 30, v2: 70 }, does: 'apply all-v1' };
}

function ledgerOf(): Ledger {
  return { seq: 1, revisions: [revisionOf()] };
}

async function inMemory(): Promise<World> {
  const mesh = new InMemoryMesh();
  return {
    mesh,
    namespace: 'contracts',
    make: async (ref, content) => mesh.putWhole(ref, content),
    edit: async (ref, spec) => mesh.editWhole(ref, (content) => ({ ...content, spec })),
    remove: async (ref) => mesh.editWhole(ref, () => undefined),
    longAgo: async () => {
      const since = await mesh.moment();
      mesh.forget();
      return since;
    },
    end: async () => {},
  };
}

async function inKubernetes(kube: KubeWorld): Promise<World> {
  return {
    mesh: kube.mesh(),
    namespace: kube.namespace,
    make: async ({ kind, name }, { spec, ...marks }) => {
      await kube.create(stringify({ kind, metadata: { name, ...marks }, spec }));
    },
    edit: async ({ kind, name }, spec) => {
      await kube.edit(name, [{ op: 'replace', path: '/spec', value: spec }], 'kubectl-edit', kind);
    },
    remove: ({ kind, name }) => kube.remove(name, kind),
    longAgo: async () => {
      const name = 'noisy';
      await kube.create(stringify({ kind: 'DestinationRule', metadata: { name }, spec: specs.DestinationRule[0] }));
      for (let writes = 0; writes < 70; writes += 1) {
        const spec = specs.DestinationRule[writes % 2 === 0 ? 1 : 2];
        await kube.edit(name, [{ op: 'replace', path: '/spec', value: spec }], 'kubectl-edit', 'DestinationRule');
      }
      await kube.remove(name, 'DestinationRule');
      return '1';
    },
    end: () => kube.end(),
  };
}
