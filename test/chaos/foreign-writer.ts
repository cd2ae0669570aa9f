import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { type LiveObject, pathOf, readObject, writeKey } from './history.ts';
import { Random } from './random.ts';
import { rulesSeen } from './rules-seen.ts';
import { routingObjects } from './services.ts';

/** Somebody with `kubectl edit` who knows nothing of the bot. */
export class ForeignWriter {
  readonly #kubes: ChaosWorld['kubes'];
  readonly #random: Random;
  readonly #writing: Promise<void>;
  /** What this writer wrote (`writeKey`). */
  readonly versions = new Set<string>();
  #stopped = false;
  #failure: unknown;

  constructor(kubes: ChaosWorld['kubes'], seed: string) {
    this.#kubes = kubes;
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
    const [first, ...others] = routingObjects;
    if (first === undefined) throw new Error('there is nothing to write');
    while (!this.#stopped) {
      await sleep(this.#random.between(300, 4_000));
      await this.#edit(this.#random.pick([first, ...others]));
    }
  }

  async #edit(ref: ObjectRef): Promise<void> {
    const live = readObject(await (await this.#ask(ref)).json());
    const { resourceVersion } = live.metadata;
    const rule = ruleOf(live);
    const patch =
      this.#random.chance(0.35) && rule.destinations > 1 ? this.#weights(rule) : this.#otherField(ref, rule);
    const guard = { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion };
    const body = JSON.stringify([guard, ...patch]);
    const response = await this.#ask(ref, '?fieldManager=kubectl-edit', { method: 'PATCH', body });
    const text = await response.text();
    if (response.status === 409) return; // somebody was faster; people try again later
    if (!response.ok) throw new Error(`an edit by hand was answered ${response.status} ${text}`);
    const written = readObject(JSON.parse(text));
    const isWritten = written.metadata.resourceVersion !== resourceVersion; // an edit without a change writes nothing
    if (isWritten) this.versions.add(writeKey(ref.cluster, written));
  }

  #ask(ref: ObjectRef, query = '', request: RequestInit = {}): Promise<Response> {
    const kube = this.#kubes[ref.cluster];
    if (kube === undefined) throw new Error(`there is no cluster ${ref.cluster}`);
    const headers = { authorization: `Bearer ${kube.token()}`, 'content-type': 'application/json-patch+json' };
    return fetch(kube.url + pathOf(ref) + query, { ...request, headers });
  }

  #weights({ path, list, destinations }: WrittenRule): readonly object[] {
    const first = this.#random.between(0, 100);
    return Array.from({ length: destinations }, (_, place) => ({
      op: 'add',
      path: `${path}/${list}/${place}/weight`,
      value: place === 0 ? first : place === 1 ? 100 - first : 0,
    }));
  }

  #otherField({ kind }: ObjectRef, { path }: WrittenRule): readonly object[] {
    const timeout = `${this.#random.between(1, 30)}s`;
    const label = { op: 'add', path: '/metadata/labels', value: { edited: String(this.#random.between(1, 1000)) } };
    const field =
      kind === 'HTTPRoute'
        ? { op: 'add', path: `${path}/timeouts`, value: { request: timeout } }
        : { op: 'add', path: `${path}/timeout`, value: timeout };
    return this.#random.pick([[label], [field]]);
  }
}

/** Where the rule stands that takes all the rest, and how many destinations it has. */
interface WrittenRule {
  readonly path: string;
  readonly list: 'route' | 'backendRefs';
  readonly destinations: number;
}

function ruleOf(live: LiveObject): WrittenRule {
  const at = rulesSeen(live).findIndex(({ key }) => key === 'default');
  const { http, rules } = live.spec;
  return http === undefined
    ? { path: `/spec/rules/${at}`, list: 'backendRefs', destinations: rules?.[at]?.backendRefs?.length ?? 0 }
    : { path: `/spec/http/${at}`, list: 'route', destinations: http[at]?.route?.length ?? 0 };
}
