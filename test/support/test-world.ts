import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CustomObjectsApi, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { type Bot, startWorld, type World, type WorldOptions } from '../../src/sandbox/world.ts';
import { eventually } from './eventually.ts';
import { buttonsOf, SlackClient, type SlackMessage } from './slack-client.ts';

/** The built bot in its own world, and what tests need to act in it. */
export interface TestWorld extends World {
  readonly people: SlackClient;
  readonly objects: Objects;
  readonly logs: readonly string[];
  /** Where `policy` was written. */
  readonly policyFile: string;
  /** The newest card in the channel with all these words, as soon as there is one. */
  card(...words: readonly string[]): Promise<SlackMessage>;
  /** The newest of what only this person sees with all these words, as soon as there is one. */
  told(user: string, ...words: readonly string[]): Promise<SlackMessage>;
}

export interface TestWorldOptions extends Partial<WorldOptions> {
  /** The policy file. Absent: the bot has none. */
  readonly policy?: string;
}

export async function startTestWorld({ policy, ...options }: TestWorldOptions = {}): Promise<TestWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-world-'));
  const logs: string[] = [];
  const program = resolve('dist/main.js');
  const policyFile = join(folder, 'policy.yaml');
  if (policy !== undefined) await writeFile(policyFile, policy);
  const environment = { ...(policy !== undefined && { POLICY_FILE: policyFile }), ...options.environment };
  const world = await startWorld({ folder, program, onLog: (line) => logs.push(line), ...options, environment });
  const people = new SlackClient(world.slack);
  if (options.http !== true && options.bots?.length !== 0) await people.waitForBot();
  const isWhole = options.redisUrl === undefined && options.kubeconfig === undefined;
  if (isWhole) await Promise.all(world.bots.map(untilReady));
  if (isWhole && world.bots.length === 1) await people.waitForAnswer();
  return {
    ...world,
    people,
    objects: new Objects(world.kubeconfig),
    logs,
    policyFile,
    card: (...words) => cardIn(people, words),
    told: (user, ...words) =>
      people.waitFor(`an answer with ${words.join(', ')}`, (messages) =>
        messages.findLast((message) => isFor(user, message, ...words)),
      ),
    stop: async () => {
      await world.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the bot is ready, as a cluster does before it sends requests. The first requests may take longer than a person waits. */
async function untilReady({ url }: Bot): Promise<void> {
  await eventually(async () => expect(await (await fetch(`${url}/readyz`)).text()).toBe('ready\n'));
}

interface VirtualService {
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly resourceVersion: string;
  };
  readonly spec: { readonly hosts: readonly string[]; readonly http: readonly Readonly<Record<string, unknown>>[] };
}

/** Routing objects as `kubectl` sees and edits them. */
export class Objects {
  readonly #api: CustomObjectsApi;

  constructor(kubeconfig: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    this.#api = config.makeApiClient(CustomObjectsApi);
  }

  async get(name: string): Promise<VirtualService> {
    return (await this.#api.getNamespacedCustomObject(this.#named(name))) as VirtualService; // as the API server stores it
  }

  /** Subset and weight of every destination of the last http rule, in the object's order. */
  async weights(name: string): Promise<readonly (readonly [string, number | undefined])[]> {
    const { spec } = await this.get(name);
    const route = (spec.http.at(-1)?.['route'] ?? []) as { destination: { subset: string }; weight?: number }[]; // as in Bookinfo's files
    return route.map(({ destination, weight }) => [destination.subset, weight] as const);
  }

  async ledger(name: string): Promise<{
    seq: number;
    revisions: { id: string; from: object; to: object; reverts?: string; by: string; reason?: string }[];
  }> {
    const { metadata } = await this.get(name);
    return JSON.parse(metadata.annotations?.['shiftbot.dev/history'] ?? '{"seq":0,"revisions":[]}');
  }

  /** Replaces the spec, like somebody with an editor. */
  async editByHand(name: string, change: (spec: VirtualService['spec']) => VirtualService['spec']): Promise<void> {
    const object = await this.get(name);
    await this.#api.replaceNamespacedCustomObject({
      ...this.#named(name),
      body: { ...object, spec: change(object.spec) },
      fieldManager: 'kubectl-edit',
    });
  }

  /** Sets the weights of the last http rule, in the object's order, like a controller. */
  async setWeights(name: string, weights: readonly number[], fieldManager: string): Promise<void> {
    const at = (await this.get(name)).spec.http.length - 1;
    const patch = weights.map((value, place) => ({ op: 'add', path: `/spec/http/${at}/route/${place}/weight`, value }));
    await this.patch(name, patch, fieldManager);
  }

  async patch(name: string, body: readonly object[], fieldManager = 'kubectl-patch'): Promise<void> {
    const options = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);
    await this.#api.patchNamespacedCustomObject({ ...this.#named(name), body, fieldManager }, options);
  }

  async delete(name: string): Promise<void> {
    await this.#api.deleteNamespacedCustomObject(this.#named(name));
  }

  #named(name: string) {
    return { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices', namespace: 'default', name };
  }
}

/** The newest card with all these words, as soon as there is one. */
export function cardIn(
  people: SlackClient,
  words: readonly string[],
  options?: { readonly timeoutMs: number },
): Promise<SlackMessage> {
  return people.waitFor(
    `a card with ${words.join(', ')}`,
    (messages) => messages.findLast((message) => isCard(message, ...words)),
    options,
  );
}

/** What stands on its buttons. */
export function labelsOf(message: SlackMessage): readonly string[] {
  return buttonsOf(message).map(({ text }) => text);
}

/** A card in the channel whose text has all these words. */
export function isCard(message: SlackMessage, ...words: readonly string[]): boolean {
  return message.subtype !== 'ephemeral' && words.every((word) => message.text.includes(word));
}

/** A message that only this person sees, with all these words. */
export function isFor(user: string, message: SlackMessage, ...words: readonly string[]): boolean {
  return message.ephemeral_to === user && words.every((word) => message.text.includes(word));
}
