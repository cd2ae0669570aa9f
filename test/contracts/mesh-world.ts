import { stringify } from 'yaml';
import { z } from 'zod';
import { ledgerAnnotation, type Revision } from '../../src/domain/routing/ledger.ts';
import { type ChangeId, changeIdFrom } from '../../src/domain/routing/names.ts';
import type { ObjectContent, ObjectKind, ObjectRef } from '../../src/domain/routing/object.ts';
import { defaultRule, type LiveObject } from '../../src/domain/routing/route.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import type { Mesh, OpenObject, Writable } from '../../src/workflow/ports/mesh.ts';
import type { Provenance } from '../../src/workflow/ports/provenance.ts';
import { InMemoryMesh } from '../support/in-memory-mesh.ts';
import { clusterName, type KubeWorld } from '../support/kube.ts';
import { objectsIn } from '../support/route-content.ts';

const jsonObject = z.record(z.string(), z.json());

/** A mesh, and the hands of somebody else who writes the same objects. */
export interface MeshWorld {
  readonly mesh: Mesh;
  readonly namespace: string;
  make(object: ObjectRef, content: ObjectContent): Promise<void>;
  /** Puts another spec in the place of the one that is there. */
  edit(object: ObjectRef, edit: (spec: JsonObject) => JsonObject): Promise<void>;
  remove(object: ObjectRef): Promise<void>;
  /** A Service that a route may send requests to. */
  serve(name: string, port: number): Promise<void>;
  /** All of an object that is not ours to change: its labels, other annotations and spec. */
  bytes(object: ObjectRef): Promise<string>;
  spoilLedger(object: ObjectRef): Promise<void>;
  /** A moment that is so long ago that nobody remembers it. */
  longAgo(): Promise<string>;
  announcements(): Promise<number>;
  end(): Promise<void>;
}

/** A VirtualService in few words: hosts, the default rule's split, one rule above it for one user, and one below for orders. */
export interface Sketch {
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly split: Split;
  /** What its DestinationRule defines; without it, the versions of the split. */
  readonly versions?: readonly string[];
  readonly pinned?: { readonly user: string; readonly version: string };
  readonly orders?: Split;
}

export async function inMemory(): Promise<MeshWorld> {
  const mesh = new InMemoryMesh();
  return {
    mesh,
    namespace: 'contracts',
    make: async (object, content) => mesh.putWhole(object, content),
    edit: async (object, edit) => mesh.editWhole(object, ({ spec, ...marks }) => ({ ...marks, spec: edit(spec) })),
    remove: async (object) => mesh.remove(object),
    serve: async (name, port) =>
      mesh.addService({ cluster: clusterName, namespace: 'contracts' }, { name, ports: [port] }),
    bytes: async (object) => JSON.stringify(mesh.contentOf(object)),
    spoilLedger: async (object) => mesh.spoilLedger(object),
    longAgo: async () => {
      mesh.forget();
      return '0';
    },
    announcements: async () => mesh.announced.length,
    end: async () => {},
  };
}

/** `provenance`: the histories are signed. */
export async function inKubernetes(kube: KubeWorld, provenance?: Provenance): Promise<MeshWorld> {
  return {
    mesh: kube.mesh(undefined, undefined, provenance),
    namespace: kube.namespace,
    make: async ({ kind, name }, { spec, ...marks }) => {
      await kube.create(stringify({ kind, metadata: { name, ...marks }, spec }));
    },
    edit: async ({ kind, name }, edit) => {
      const { spec } = await kube.get(name, kind);
      const value = edit(jsonObject.parse(spec));
      await kube.edit(name, [{ op: 'replace', path: '/spec', value }], 'kubectl-edit', kind);
    },
    remove: ({ kind, name }) => kube.remove(name, kind),
    serve: async (name, port) => {
      await kube.create(stringify({ kind: 'Service', metadata: { name }, spec: { ports: [{ port }] } }));
    },
    bytes: async ({ kind, name }) => {
      const { metadata, spec } = await kube.get(name, kind);
      const { [ledgerAnnotation]: _, ...annotations } = metadata.annotations ?? {};
      return JSON.stringify({ labels: metadata['labels'], annotations, finalizers: metadata['finalizers'], spec });
    },
    spoilLedger: async ({ kind, name }) => {
      const value = { [ledgerAnnotation]: 'hello' };
      await kube.edit(name, [{ op: 'add', path: '/metadata/annotations', value }], 'kubectl-edit', kind);
    },
    longAgo: async () => {
      await makeNoise(kube);
      return '1';
    },
    announcements: async () => (await kube.events()).length,
    end: () => kube.end(),
  };
}

/** So many writes that the server does not remember what was before them. */
async function makeNoise(kube: KubeWorld): Promise<void> {
  const name = 'noisy';
  await kube.create(stringify({ kind: 'DestinationRule', metadata: { name }, spec: versionsOf('noisy', ['v1']) }));
  for (let writes = 0; writes < 70; writes += 1) {
    const value = versionsOf('noisy', writes % 2 === 0 ? ['v2'] : ['v3']);
    await kube.edit(name, [{ op: 'replace', path: '/spec', value }], 'kubectl-edit', 'DestinationRule');
  }
  await kube.remove(name, 'DestinationRule');
}

/** What a suite about objects of a world says often. */
export function handsIn({ mesh, namespace, make, edit }: MeshWorld) {
  const ref = (kind: ObjectKind, name: string): ObjectRef => ({ cluster: clusterName, namespace, kind, name });
  const open = async (object: ObjectRef): Promise<OpenObject & { readonly live: LiveObject }> => {
    const { live, ...rest } = await mesh.open(object);
    if (live === undefined) throw new Error(`there is no ${object.name}`);
    return { ...rest, live };
  };
  return {
    ref,
    open,
    liveOf: async (object: ObjectRef): Promise<LiveObject> => (await open(object)).live,
    /** Makes a VirtualService, and a DestinationRule of the same name unless there is one. */
    create: async (sketch: Sketch): Promise<ObjectRef> => {
      const { name, hosts: [host = name] = [], versions = Object.keys(sketch.split) } = sketch;
      const rule = ref('DestinationRule', name);
      if ((await mesh.open(rule)).live === undefined) await make(rule, { spec: versionsOf(host, versions) });
      await make(ref('VirtualService', name), { spec: specOf(sketch) });
      return ref('VirtualService', name);
    },
    define: (object: ObjectRef, versions: readonly string[]): Promise<void> =>
      edit({ ...object, kind: 'DestinationRule' }, ({ host }) => versionsOf(String(host), versions)),
    /** Somebody else moves the weights of the first rule. */
    moveByHand: (object: ObjectRef, split: Split): Promise<void> =>
      edit(object, (spec) => withFirst(spec, { route: destinations(object.name, split) })),
    touchByHand: (object: ObjectRef): Promise<void> => edit(object, (spec) => withFirst(spec, { timeout: '3s' })),
    shift: async (object: ObjectRef, to: Split, revision = revisionTo(to)) =>
      (await open(object)).write(weights(to), revision),
  };
}

export function weights(to: Split, rule = defaultRule): Writable {
  return { kind: 'weights', moves: [{ rule, from: { v1: 100 }, to }] };
}

export function whole(content: ObjectContent | undefined): Extract<Writable, { kind: 'content' }> {
  return { kind: 'content', content };
}

export function revisionTo(to: Split, overrides: Partial<Revision> = {}): Revision {
  const at = '2026-11-22T14:03:11.000Z';
  return { id: anyId(), at, by: 'U01ALICE', rule: defaultRule, from: { v1: 100 }, to, ...overrides };
}

export function anyId(): ChangeId {
  return changeIdFrom(crypto.getRandomValues(new Uint8Array(5)));
}

export function versionsOf(host: string, names: readonly string[]): JsonObject {
  return { host, subsets: names.map((name) => ({ name, labels: { version: name } })) };
}

export function destinations(host: string, split: Split): readonly JsonObject[] {
  const all = Object.entries(split);
  return all.map(([subset, weight]) => ({ destination: { host, subset }, ...(all.length > 1 && { weight }) }));
}

function specOf({ name, hosts = [name], split, pinned, orders }: Sketch): JsonObject {
  const [host = name] = hosts;
  const above = pinned && {
    match: [{ headers: { 'end-user': { exact: pinned.user } } }],
    route: destinations(host, { [pinned.version]: 100 }),
  };
  const named = orders && {
    name: 'orders',
    match: [{ uri: { prefix: '/orders' } }],
    route: destinations(host, orders),
  };
  const rules = [above, named, { route: destinations(host, split) }];
  return { hosts, http: rules.filter((rule) => rule !== undefined) };
}

function withFirst(spec: JsonObject, more: JsonObject): JsonObject {
  const [first, ...rest] = objectsIn(spec['http']);
  return { ...spec, http: [{ ...first, ...more }, ...rest] };
}
