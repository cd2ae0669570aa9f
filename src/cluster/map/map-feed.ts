import type { Id, MeshSettings } from '../../domain/map/objects.ts';
import { TrafficMap } from '../../domain/map/traffic-map.ts';
import { groupOf, type ObjectKind } from '../../domain/routing/object.ts';
import type { ObjectState } from '../watch-cache.ts';
import { isMeshKind, type MeshKind, readMeshObject } from './read-object.ts';

/** Keeps the traffic map of a cluster in step with what is watched. */
export class MapFeed {
  readonly map: TrafficMap;
  /** What is in the map, by namespace. */
  readonly #fed = new Map<string, Map<string, Id>>();

  constructor(settings: MeshSettings) {
    this.map = new TrafficMap(settings);
  }

  /** What a watch of objects of a kind is to call. */
  of(kind: MeshKind): (state: ObjectState) => void {
    return ({ namespace, name, object }) => {
      const read = object === undefined ? undefined : readMeshObject(kind, object);
      const key = `${kind} ${name}`;
      const here = this.#fed.get(namespace) ?? new Map<string, Id>();
      const known = here.get(key);
      if (read !== undefined) {
        this.map.put(read);
        here.set(key, { kind: read.kind, namespace, name });
      } else if (known !== undefined) {
        this.map.remove(known);
        here.delete(key);
      }
      this.#fed.set(namespace, here);
    };
  }

  /** The same for an object that a change may write. Kinds that the map does not know are left out. */
  ofKind(kind: ObjectKind): (state: ObjectState) => void {
    const known = `${groupOf(kind)}/${kind}`;
    return isMeshKind(known) ? this.of(known) : () => {};
  }

  /** Nothing of the namespace is watched any more. */
  forget(namespace: string): void {
    for (const id of this.#fed.get(namespace)?.values() ?? []) this.map.remove(id);
    this.#fed.delete(namespace);
  }
}
