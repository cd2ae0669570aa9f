import type { Kind } from './kinds.ts';
import type { KubeObject } from './object.ts';

/** An object as it is after one write. */
export interface Stored {
  /** `namespace/name`, or only the name. Lists are sorted by it. */
  readonly key: string;
  readonly object: KubeObject;
  /** The object as JSON, in its storage version, ready to send. */
  readonly json: string;
  readonly resourceVersion: number;
}

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  readonly stored: Stored;
  readonly previous?: Stored;
  readonly resourceVersion: number;
}

/** The objects at the end of a server's run. */
export interface StoreState {
  readonly version: number;
  readonly objects: readonly {
    readonly kind: Kind;
    readonly key: string;
    readonly object: KubeObject;
    readonly resourceVersion: number;
  }[];
}

export interface StoreOptions {
  /** How many events are kept. */
  readonly historyLength: number;
  /** The objects to begin with. Earlier events are not known, so clients that watched must list again. */
  readonly state?: StoreState | undefined;
  /** Called before each write. If it throws, the write does not happen. */
  readonly record?: ((event: StoreEvent) => void) | undefined;
}

/** ResourceVersions begin above this number, so that low ones are too old from the start, as in a real cluster. */
const FIRST_VERSION = 100;

/**
 * All objects, with one counter of resourceVersions. A write and its events are one synchronous step. So nothing changes between
 * a read and the write that depends on it, and every watcher gets the writes in order.
 */
export class Store {
  readonly #objects = new Map<Kind, Map<string, Stored>>();
  readonly #watchers = new Set<(event: StoreEvent) => void>();
  readonly #historyLength: number;
  readonly #record: (event: StoreEvent) => void;
  #history: StoreEvent[] = [];
  #version: number;
  /** All changes after this resourceVersion are known. */
  #knownSince: number;

  constructor({ historyLength, state, record = () => undefined }: StoreOptions) {
    this.#historyLength = historyLength;
    this.#record = record;
    this.#version = Math.max(FIRST_VERSION, state?.version ?? 0);
    this.#knownSince = this.#version;
    for (const { kind, key, object, resourceVersion } of state?.objects ?? []) {
      this.#ofKind(kind).set(key, { key, object, json: JSON.stringify(object), resourceVersion });
    }
  }

  get version(): number {
    return this.#version;
  }

  get knownSince(): number {
    return this.#knownSince;
  }

  get(kind: Kind, key: string): Stored | undefined {
    return this.#objects.get(kind)?.get(key);
  }

  /** All objects of a kind, sorted by key. */
  all(kind: Kind): readonly Stored[] {
    return inOrder(this.#objects.get(kind)?.values() ?? []);
  }

  /** All objects of a kind as of a resourceVersion, which must not be older than `knownSince`. */
  allAt(kind: Kind, version: number): readonly Stored[] {
    const then = new Map(this.#objects.get(kind));
    for (const event of this.since(version).toReversed()) {
      if (event.kind !== kind) continue;
      if (event.previous === undefined) then.delete(event.stored.key);
      else then.set(event.stored.key, event.previous);
    }
    return inOrder(then.values());
  }

  /** Stores the object that `build` makes. It gets the write's resourceVersion. */
  put(kind: Kind, key: string, build: (resourceVersion: string) => KubeObject): Stored {
    const previous = this.get(kind, key);
    const resourceVersion = this.#version + 1;
    const stored = storedAt(resourceVersion, key, build(String(resourceVersion)));
    const type = previous === undefined ? 'ADDED' : 'MODIFIED';
    this.#write({ type, kind, stored, ...(previous === undefined ? {} : { previous }), resourceVersion });
    return stored;
  }

  delete(kind: Kind, previous: Stored): void {
    const { object, key } = previous;
    const resourceVersion = this.#version + 1;
    const metadata = { ...object.metadata, resourceVersion: String(resourceVersion) };
    const stored = storedAt(resourceVersion, key, { ...object, metadata });
    this.#write({ type: 'DELETED', kind, stored, previous, resourceVersion });
  }

  /** The events after a resourceVersion. */
  since(version: number): readonly StoreEvent[] {
    const first = this.#history.findIndex((event) => event.resourceVersion > version);
    return first === -1 ? [] : this.#history.slice(first);
  }

  /** Calls the watcher at each write. The returned function ends that. */
  watch(watcher: (event: StoreEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #write(event: StoreEvent): void {
    const { type, kind, stored, resourceVersion } = event;
    this.#record(event);
    this.#version = resourceVersion;
    if (type === 'DELETED') this.#ofKind(kind).delete(stored.key);
    else this.#ofKind(kind).set(stored.key, stored);
    this.#tell(event);
  }

  #ofKind(kind: Kind): Map<string, Stored> {
    const known = this.#objects.get(kind);
    if (known !== undefined) return known;
    const fresh = new Map<string, Stored>();
    this.#objects.set(kind, fresh);
    return fresh;
  }

  #tell(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length > 2 * this.#historyLength) this.#forget();
    for (const watcher of this.#watchers) watcher(event);
  }

  /** Drops old events. This runs only now and then, since it copies the rest. */
  #forget(): void {
    const forgotten = this.#history.at(-this.#historyLength - 1);
    this.#knownSince = forgotten?.resourceVersion ?? this.#knownSince;
    this.#history = this.#history.slice(-this.#historyLength);
  }
}

function storedAt(resourceVersion: number, key: string, object: KubeObject): Stored {
  return { key, object, json: JSON.stringify(object), resourceVersion };
}

export function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function inOrder(objects: Iterable<Stored>): readonly Stored[] {
  return [...objects].sort((one, other) => (one.key < other.key ? -1 : 1));
}
