import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../workflow/ports.ts';
import type { KubeClient, Resource } from './kube-client.ts';

const meta = z.object({ metadata: z.object({ name: z.string(), resourceVersion: z.string() }) });
/** Says how far the watch has come, and is about no object. */
const bookmark = z.object({ metadata: z.object({ name: z.string().default(''), resourceVersion: z.string() }) });
const expired = z.object({ code: z.literal(410) });
const refused = z.object({ statusCode: z.literal(410) });

const firstRetryMs = 500;
const longestRetryMs = 30_000;

/**
 * The objects of one kind in one namespace, kept by one LIST and a watch. It starts over when the server has forgotten where it
 * was (410), and reconnects from where it was when a watch ends or breaks.
 */
export class WatchCache<T> {
  readonly #client: KubeClient;
  readonly #resource: Resource;
  readonly #namespace: string;
  readonly #read: (object: unknown) => T | undefined;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #objects = new Map<string, T>();
  #resourceVersion = '';

  /** `read` gives undefined for an object that is no use to us. */
  constructor(
    client: KubeClient,
    resource: Resource,
    namespace: string,
    read: (object: unknown) => T | undefined,
    log: Log,
  ) {
    this.#client = client;
    this.#resource = resource;
    this.#namespace = namespace;
    this.#read = read;
    this.#log = log;
  }

  /** Lists, and then follows until `stop`. Rejects when the first LIST fails. */
  async start(): Promise<void> {
    await this.#relist();
    void this.#follow();
  }

  stop(): void {
    this.#stop.abort();
  }

  get objects(): readonly T[] {
    return [...this.#objects.values()];
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  async #relist(): Promise<void> {
    const { items, resourceVersion } = await this.#client.list(this.#resource, this.#namespace);
    this.#objects = new Map();
    for (const item of items) this.#put(item);
    this.#resourceVersion = resourceVersion;
  }

  async #follow(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!this.#stop.signal.aborted) {
      const problem = await this.#watchOnce();
      if (this.#stop.signal.aborted) return;
      if (problem === undefined || isTimeout(problem)) {
        retryMs = firstRetryMs;
        continue;
      }
      this.#log.warn(
        { err: problem, resource: this.#resource.plural, namespace: this.#namespace },
        'watch broke and starts again',
      );
      await this.#pause(retryMs * (0.5 + Math.random()));
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }

  /** One watch from where we are, after a new LIST if we are nowhere. Returns what ended it, if it did not just end. */
  async #watchOnce(): Promise<unknown> {
    try {
      if (this.#resourceVersion === '') await this.#relist();
    } catch (error) {
      return error;
    }
    const startedMs = Date.now();
    const problem = await this.#client.watch(
      this.#resource,
      this.#namespace,
      this.#resourceVersion,
      (type, object) => this.#take(type, object),
      this.#stop.signal,
    );
    if (refused.safeParse(problem).success) this.#resourceVersion = '';
    const endedAtOnce = problem === undefined && Date.now() - startedMs < firstRetryMs && this.#resourceVersion !== '';
    return endedAtOnce ? new Error('the watch ended as soon as it began') : problem;
  }

  #take(type: string, object: unknown): void {
    if (type === 'ERROR') {
      if (!expired.safeParse(object).success)
        this.#log.warn({ status: object, resource: this.#resource.plural }, 'watch reported an error');
      this.#resourceVersion = '';
      return;
    }
    const parsed = (type === 'BOOKMARK' ? bookmark : meta).safeParse(object);
    if (!parsed.success) {
      this.#log.warn({ type, resource: this.#resource.plural }, 'watch sent what is no object');
      return;
    }

    const { name, resourceVersion } = parsed.data.metadata;
    if (type === 'DELETED') this.#objects.delete(name);
    else if (type !== 'BOOKMARK') this.#put(object);
    this.#resourceVersion = resourceVersion;
  }

  /** One object that cannot be read must not hide the others; and the library would swallow what is thrown here. */
  #put(object: unknown): void {
    const { name } = meta.parse(object).metadata;
    this.#objects.delete(name);
    try {
      const read = this.#read(object);
      if (read !== undefined) this.#objects.set(name, read);
    } catch (err) {
      this.#log.warn(
        { err, resource: this.#resource.plural, namespace: this.#namespace, name },
        'an object could not be read and is left out',
      );
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => {}); // stopped: the loop sees it
  }
}

/** The library ends a watch that was silent for 30 s; that is no fault. */
function isTimeout(problem: unknown): boolean {
  return problem instanceof DOMException && problem.name === 'TimeoutError';
}
