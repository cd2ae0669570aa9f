import type { Kind } from './kinds.ts';
import type { KubeObject } from './object.ts';

/** An object as it was after one write. */
export interface Stored {
  /** `namespace/name`, or the name alone; a list is in the order of these. */
  readonly key: string;
  readonly object: KubeObject;
  /** The object in its stored version, ready to be sent. */
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

/** Objects as they were when a server ended. */
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
  /** What to begin with. What happened before is not known: who watched must list anew. */
  readonly state?: StoreState | undefined;
  /** Hears of each write before it happens; it does not happen if this throws. */
  readonly record?: ((event: StoreEvent) => void) | undefined;
}

/** The first resourceVersion given is one above, so that a low one is too old from the start, as in a cluster. */
const FIRST_VERSION = 100;

/**
 * All objects, under one counter of resourceVersions. A write and the events it causes are one synchronous step, so what is
 * read before a write is still true while it is written, and every watcher hears of the writes in their order.
 */
export class Store {
  readonly #objects = new Map<Kind, Map<string, Stored>>();
  readonly #watchers = new Set<(event: StoreEvent) => void>();
  readonly #historyLength: number;
  readonly #record: (event: StoreEvent) => void;
  #history: StoreEvent[] = [];
  #version: number;
  /** Changes after this version are known. */
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

  /** All objects of a kind, in the order of their keys. */
  all(kind: Kind): readonly Stored[] {
    return inOrder(this.#objects.get(kind)?.values() ?? []);
  }

  /** All objects of a kind as they were at a version that is not older than `knownSince`. */
  allAt(kind: Kind, version: number): readonly Stored[] {
    const then = new Map(this.#objects.get(kind));
    for (const event of this.since(version).toReversed()) {
      if (event.kind !== kind) continue;
      if (event.previous === undefined) then.delete(event.stored.key);
      else then.set(event.stored.key, event.previous);
    }
    return inOrder(then.values());
  }

  /** Stores what `build` makes of the write's resourceVersion. */
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

  /** The events after a version. */
  since(version: number): readonly StoreEvent[] {
    const first = this.#history.findIndex((event) => event.resourceVersion > version);
    return first === -1 ? [] : this.#history.slice(first);
  }

  /** Calls the watcher at each write until the function returned is called. */
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

  /** Keeps the newest events; done only now and then, as it copies them. */
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
