import type { Id } from './objects.ts';

export function keyOf({ kind, namespace, name }: Id): string {
  return `${kind} ${namespace}/${name}`;
}

/** Objects by keys that they name. To put one or to take it away touches its own keys only. */
export class Shelf<T extends Id> {
  readonly #keysOf: (object: T) => readonly string[];
  readonly #byKey = new Map<string, Set<T>>();

  constructor(keysOf: (object: T) => readonly string[]) {
    this.#keysOf = keysOf;
  }

  get(key: string): readonly T[] {
    return [...(this.#byKey.get(key) ?? [])];
  }

  keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  put(object: T): void {
    for (const key of this.#keysOf(object)) {
      const shelf = this.#byKey.get(key);
      if (shelf === undefined) this.#byKey.set(key, new Set([object]));
      else shelf.add(object);
    }
  }

  remove(object: T): void {
    for (const key of this.#keysOf(object)) {
      const shelf = this.#byKey.get(key);
      shelf?.delete(object);
      if (shelf?.size === 0) this.#byKey.delete(key);
    }
  }
}
