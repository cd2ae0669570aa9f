import type { Id, MeshSettings } from '../../domain/map/objects.ts';
import { TrafficMap } from '../../domain/map/traffic-map.ts';
import { groupOf, type ObjectKind } from '../../domain/routing/object.ts';
import type { ObjectState } from '../watch-cache.ts';
import { isMeshKind, type MeshKind, readMeshObject } from './read-object.ts';

/** What a watch covers: one namespace, or all of the cluster. */
type Scope = 'namespace' | 'cluster';

/** Keeps the traffic map of a cluster in step with what is watched. */
export class MapFeed {
  readonly map: TrafficMap;
  /** What is in the map, by namespace and then by kind and name. */
  readonly #fed = new Map<string, Map<string, { readonly kind: MeshKind; readonly id: Id }>>();
  /** The kinds of which the whole cluster is watched: what a watch of a namespace says of them is not needed. */
  readonly #whole = new Set<MeshKind>();
  /** Kinds and namespaces that are watched by themselves. */
  readonly #watched = new Set<string>();

  constructor(settings: MeshSettings) {
    this.map = new TrafficMap(settings);
  }

  /** What a watch of objects of a kind is to call. */
  of(kind: MeshKind, scope: Scope = 'namespace'): (state: ObjectState) => void {
    return (state) => {
      if (scope === 'cluster' || !this.#whole.has(kind)) this.#take(kind, state);
    };
  }

  /** The same for an object that a change may write. Kinds that the map does not know are left out. */
  ofKind(kind: ObjectKind): (state: ObjectState) => void {
    const known = `${groupOf(kind)}/${kind}`;
    return isMeshKind(known) ? this.of(known) : () => {};
  }

  /** All objects of the kind are listed, and a namespace is watched for it from now on, or the whole cluster if none is named. */
  nowWatched(kind: MeshKind, namespace: string | undefined): void {
    if (namespace === undefined) this.#whole.add(kind);
    else this.#watched.add(`${kind} ${namespace}`);
  }

  /** Whether all objects of the kind are in the map: those of a namespace, or of the whole cluster. */
  sees(kind: MeshKind, namespace?: string): boolean {
    return this.#whole.has(kind) || (namespace !== undefined && this.#watched.has(`${kind} ${namespace}`));
  }

  /** Whether an object of the kind is in the map, of a namespace. */
  has(kind: MeshKind, namespace: string): boolean {
    return [...(this.#fed.get(namespace)?.values() ?? [])].some((each) => each.kind === kind);
  }

  /** Nothing of the namespace is watched any more, by itself. */
  forget(namespace: string): void {
    for (const each of [...this.#watched]) if (each.endsWith(` ${namespace}`)) this.#watched.delete(each);
    const here = this.#fed.get(namespace);
    for (const [key, { kind, id }] of here ?? []) {
      if (this.#whole.has(kind)) continue;
      this.map.remove(id);
      here?.delete(key);
    }
    if (here?.size === 0) this.#fed.delete(namespace);
  }

  #take(kind: MeshKind, { namespace, name, object }: ObjectState): void {
    const read = object === undefined ? undefined : readMeshObject(kind, object);
    const key = `${kind} ${name}`;
    const here = this.#fed.get(namespace) ?? new Map<string, { readonly kind: MeshKind; readonly id: Id }>();
    const known = here.get(key);
    if (read !== undefined) {
      this.map.put(read);
      here.set(key, { kind, id: { kind: read.kind, namespace, name } });
    } else if (known !== undefined) {
      this.map.remove(known.id);
      here.delete(key);
    }
    this.#fed.set(namespace, here);
  }
}
