import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../workflow/ports/process.ts';
import type { KubeClient, Resource } from './client/kube-client.ts';

const meta = z.object({
  metadata: z.object({ namespace: z.string().default(''), name: z.string(), resourceVersion: z.string() }),
});
/** Says how far the watch has come. It contains no object. */
const bookmark = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const expired = z.object({ code: z.literal(410) });
const refused = z.object({ statusCode: z.literal(410) });

const firstRetryMs = 500;
const longestRetryMs = 30_000;
/**
 * The next LIST finds events that the watch lost, on a silent watch or on one that goes on. Nothing cheaper works: the resourceVersion of a
 * list is that of the whole store and changes with every write to anything, so it cannot show "unchanged", and a second watch would lose
 * the same events. Ten thousand VirtualServices cost 20 pages, 16 MB of JSON and 0.3 s of CPU each time, in slices, because an object with
 * a known resourceVersion is not parsed again.
 */
const relistMs = 45_000;

export interface Watched<T> {
  readonly resource: Resource;
  /** Undefined: all that there are. */
  readonly namespace: string | undefined;
  /** Undefined for an object that we cannot use. */
  readonly read: (object: unknown) => T | undefined;
  readonly log: Log;
  /** Called for every object that was created, changed or deleted after the first LIST, with its state before and after. */
  readonly onChange?: (before: T | undefined, after: T | undefined) => void;
  /** Called for each new state of an object as it came, from the first LIST on. */
  readonly onState?: (state: ObjectState) => void;
  readonly relistMs?: number;
  readonly longestRetryMs?: number;
}

export interface ObjectState {
  readonly namespace: string;
  readonly name: string;
  /** Undefined: it is gone. */
  readonly object: unknown;
}

interface Kept<T> {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly object: T | undefined;
}

/**
 * The objects of one kind in one namespace, or in all, from a LIST now and then and a watch in between. Lists again when the server has forgotten our
 * resourceVersion (410). Continues from the last resourceVersion when a watch ends or breaks.
 */
export class WatchCache<T> {
  readonly #client: KubeClient;
  readonly #watched: Watched<T>;
  readonly #stop = new AbortController();
  #kept = new Map<string, Kept<T>>();
  #resourceVersion = '';
  /** On the monotonic clock. */
  #confirmedMs = Number.NEGATIVE_INFINITY;
  #listDueMs = 0;
  #relisting: Promise<void> | undefined;
  /** Aborts the watch, or the pause before the next one, when a new LIST replaces it. */
  #current = new AbortController();

  constructor(client: KubeClient, watched: Watched<T>) {
    this.#client = client;
    this.#watched = watched;
  }

  /** Lists, then watches until `stop`. Rejects if the first LIST fails. */
  async start(): Promise<void> {
    await this.#relist();
    void this.#follow();
  }

  stop(): void {
    this.#stop.abort();
    this.#current.abort();
  }

  get objects(): readonly T[] {
    return [...this.#kept.values()].flatMap(({ object }) => object ?? []);
  }

  /** One of the namespace that is watched. */
  get(name: string): T | undefined {
    return this.#kept.get(`${this.#watched.namespace}/${name}`)?.object;
  }

  /** How long ago the cluster last confirmed these objects. */
  get ageMs(): number {
    return performance.now() - this.#confirmedMs;
  }

  /** Lists now. Rejects if the cluster does not answer; the objects stay, with their age. */
  refresh(): Promise<void> {
    return this.#relist();
  }

  #relist(): Promise<void> {
    this.#relisting ??= this.#list().finally(() => {
      this.#relisting = undefined;
    });
    return this.#relisting;
  }

  /** Events of the old watch during the LIST are not lost: the next watch starts at the LIST's resourceVersion. */
  async #list(): Promise<void> {
    const { resource, namespace } = this.#watched;
    const { items, resourceVersion } = await this.#client.list(resource, namespace);
    const before = this.#kept;
    this.#kept = new Map();
    for (const item of items) {
      const identity = meta.parse(item).metadata;
      const known = before.get(keyOf(identity));
      const isKnown = known?.resourceVersion === identity.resourceVersion;
      this.#kept.set(keyOf(identity), isKnown ? known : this.#read(item, identity));
    }
    for (const [key, kept] of before) if (!this.#kept.has(key)) this.#tellGone(kept);
    const isFirst = this.#listDueMs === 0;
    this.#listDueMs = performance.now() + (this.#watched.relistMs ?? relistMs) * (0.8 + 0.2 * Math.random());
    this.#resourceVersion = resourceVersion;
    this.#confirmedMs = performance.now();
    this.#current.abort();
    if (!isFirst) this.#tellDifference(before);
  }

  #tellDifference(before: ReadonlyMap<string, Kept<T>>): void {
    for (const [key, kept] of this.#kept) if (before.get(key) !== kept) this.#tell(before.get(key), kept);
    for (const [key, kept] of before) if (!this.#kept.has(key)) this.#tell(kept, undefined);
  }

  async #follow(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!this.#stop.signal.aborted) {
      this.#current = new AbortController();
      const problem = await this.#watchOnce(this.#current.signal);
      if (this.#stop.signal.aborted) return;
      if (problem === undefined || this.#current.signal.aborted || isTimeout(problem)) {
        retryMs = firstRetryMs;
        continue;
      }
      const { log, resource, namespace } = this.#watched;
      log.warn({ err: problem, resource: resource.plural, namespace }, 'a watch broke and is restarted');
      await this.#pause(retryMs * (0.5 + Math.random()));
      retryMs = Math.min(retryMs * 2, this.#watched.longestRetryMs ?? longestRetryMs);
    }
  }

  /**
   * One watch from the current resourceVersion until the next LIST is due. Lists first if there is no resourceVersion. Returns the error
   * that ended it, if there was one.
   */
  async #watchOnce(signal: AbortSignal): Promise<unknown> {
    try {
      if (this.#resourceVersion === '' || performance.now() >= this.#listDueMs) {
        await this.#relist();
        return undefined;
      }
    } catch (error) {
      return error;
    }
    const startedMs = performance.now();
    const due = setTimeout(() => this.#current.abort(), this.#listDueMs - startedMs);
    const { resource, namespace } = this.#watched;
    const problem = await this.#client.watch(
      resource,
      namespace,
      this.#resourceVersion,
      (type, object) => signal.aborted || this.#take(type, object),
      signal,
    );
    clearTimeout(due);
    if (refused.safeParse(problem).success) this.#resourceVersion = '';
    const endedAtOnce =
      problem === undefined && performance.now() - startedMs < firstRetryMs && this.#resourceVersion !== '';
    return endedAtOnce && !signal.aborted ? new Error('the watch ended at once') : problem;
  }

  #take(type: string, object: unknown): void {
    const { log, resource } = this.#watched;
    if (type === 'ERROR') {
      if (!expired.safeParse(object).success)
        log.warn({ status: object, resource: resource.plural }, 'a watch reported an error');
      this.#resourceVersion = '';
      return;
    }
    const moment = bookmark.safeParse(object);
    const identity = type === 'BOOKMARK' ? undefined : meta.safeParse(object);
    if (!moment.success || identity?.success === false) {
      log.warn({ type, resource: resource.plural }, 'a watch sent something that is not an object');
      return;
    }

    this.#resourceVersion = moment.data.metadata.resourceVersion;
    this.#confirmedMs = performance.now();
    if (identity === undefined) return;
    const { metadata } = identity.data;
    if (type === 'DELETED') this.#drop(keyOf(metadata));
    else this.#put(this.#read(object, metadata));
  }

  #put(after: Kept<T>): void {
    const key = keyOf(after);
    const before = this.#kept.get(key);
    this.#kept.set(key, after);
    this.#tell(before, after);
  }

  #drop(key: string): void {
    const before = this.#kept.get(key);
    if (before === undefined) return;
    this.#kept.delete(key);
    this.#tellGone(before);
    this.#tell(before, undefined);
  }

  #tellGone({ namespace, name }: Kept<T>): void {
    this.#watched.onState?.({ namespace, name, object: undefined });
  }

  #tell(before: Kept<T> | undefined, after: Kept<T> | undefined): void {
    if (before?.object !== undefined || after?.object !== undefined)
      this.#watched.onChange?.(before?.object, after?.object);
  }

  /** One unreadable object must not hide the others. The library would also swallow an error thrown here. */
  #read(object: unknown, { namespace, name, resourceVersion }: Identity): Kept<T> {
    const { read, log, resource, onState } = this.#watched;
    const identity = { namespace, name, resourceVersion };
    try {
      onState?.({ namespace, name, object });
      return { ...identity, object: read(object) };
    } catch (err) {
      log.warn({ err, resource: resource.plural, namespace, name }, 'an object could not be read and is ignored');
      return { ...identity, object: undefined };
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#current.signal }).catch(() => {}); // stopped, or a LIST succeeded: the loop checks that
  }
}

type Identity = z.infer<typeof meta>['metadata'];

function keyOf({ namespace, name }: Pick<Identity, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** The library ends a watch after 30 s of silence. That is not an error. */
function isTimeout(problem: unknown): boolean {
  return problem instanceof DOMException && problem.name === 'TimeoutError';
}
