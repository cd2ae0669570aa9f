import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../../src/sandbox/kube-api/server.ts';
import { cluster, collectionOf, readObject, writeKey } from './history.ts';
import { services } from './people.ts';
import { Random } from './random.ts';

const collection = collectionOf({ kind: 'VirtualService', namespace: 'default' });

/** Somebody with `kubectl edit` who knows nothing of the bot. */
export class ForeignWriter {
  readonly #kube: Pick<KubeApi, 'url' | 'token'>;
  readonly #random: Random;
  readonly #writing: Promise<void>;
  /** What this writer wrote (`writeKey`). */
  readonly versions = new Set<string>();
  #stopped = false;
  #failure: unknown;

  constructor(kube: Pick<KubeApi, 'url' | 'token'>, seed: string) {
    this.#kube = kube;
    this.#random = new Random(`${seed} foreign writer`);
    this.#writing = this.#live().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      await sleep(this.#random.between(300, 4_000));
      const [first = '', ...others] = services;
      await this.#edit(this.#random.pick([first, ...others]));
    }
  }

  async #edit(name: string): Promise<void> {
    const {
      metadata,
      spec: { http = [] },
    } = readObject(await (await this.#ask(name)).json());
    const at = http.findLastIndex(({ match }) => match === undefined);
    const route = http[at]?.route ?? [];
    const patch =
      this.#random.chance(0.35) && route.length > 1 ? this.#weights(at, route.length) : this.#otherField(at);
    const guard = { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion };
    const response = await this.#ask(`${name}?fieldManager=kubectl-edit`, {
      method: 'PATCH',
      body: JSON.stringify([guard, ...patch]),
    });
    const text = await response.text();
    if (response.status === 409) return; // somebody was faster; people try again later
    if (!response.ok) throw new Error(`an edit by hand was answered ${response.status} ${text}`);
    const written = readObject(JSON.parse(text));
    const isWritten = written.metadata.resourceVersion !== metadata.resourceVersion; // an edit without a change writes nothing
    if (isWritten) this.versions.add(writeKey(cluster, written));
  }

  #ask(path: string, request: RequestInit = {}): Promise<Response> {
    const headers = {
      authorization: `Bearer ${this.#kube.token()}`,
      'content-type': 'application/json-patch+json',
    };
    return fetch(`${this.#kube.url}${collection}/${path}`, { ...request, headers });
  }

  #weights(at: number, destinations: number): readonly object[] {
    const first = this.#random.between(0, 100);
    return Array.from({ length: destinations }, (_, place) => ({
      op: 'add',
      path: `/spec/http/${at}/route/${place}/weight`,
      value: place === 0 ? first : place === 1 ? 100 - first : 0,
    }));
  }

  #otherField(at: number): readonly object[] {
    return this.#random.pick([
      [{ op: 'add', path: '/metadata/labels', value: { edited: String(this.#random.between(1, 1000)) } }],
      [{ op: 'add', path: `/spec/http/${at}/timeout`, value: `${this.#random.between(1, 30)}s` }],
    ]);
  }
}
