import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { type ObjectRef, objectKinds } from '../../src/domain/routing/object.ts';
import { type BotAccess, botAccess } from '../../src/sandbox/bot-access.ts';
import { type KubeApi, type KubeObject, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { recordKey } from '../chaos/chaos-world.ts';
import {
  cluster,
  collectionOf,
  HistoryRecorder,
  historyKey,
  type LiveObject,
  type ObjectEvent,
  pathOf,
  readObject,
  secondCluster,
} from '../chaos/history.ts';
import { HttpProxy, type Trap } from '../chaos/http-proxy.ts';
import { kubeconfigOf } from '../support/clusters.ts';
import { Bot } from './bot.ts';
import { type Build, buildWithSteps } from './build.ts';
import { CountedTraffic } from './counted-traffic.ts';
import { backend, freeNames } from './rule-file.ts';
import { FailpointSlack, signingSecret } from './slack.ts';
import { needsApprovalFrom } from './stage.ts';

const aDay = 24 * 3600_000;

const policy = `
v: 1
rules:
  - target: "*/*/${freeNames}"
    shift: [everyone]
  - target: "**"
    shift: [everyone]
    approve: { by: [everyone], count: 1, from: ${needsApprovalFrom}, expires: 30m }
`;

/** An API server, and the bots' way to it. */
interface Cluster {
  readonly kube: KubeApi;
  readonly way: HttpProxy;
}

/** Two clusters and one Slack for all cases, a Redis for each lane, and processes that only wait to be told to begin. */
export class World {
  readonly folder: string;
  readonly build: Build;
  readonly slack: FailpointSlack;
  readonly history: HistoryRecorder;
  readonly traffic: CountedTraffic;
  readonly #redis: RedisServer[] = [];
  readonly #clusters: Readonly<Record<string, Cluster>>;
  readonly #warm: Bot[] = [];
  readonly #all: Bot[] = [];
  #isOver = false;
  readonly #killAll = () => {
    for (const bot of this.#all) void bot.kill();
  };

  private constructor(parts: {
    readonly folder: string;
    readonly build: Build;
    readonly clusters: Readonly<Record<string, Cluster>>;
    readonly slack: FailpointSlack;
    readonly history: HistoryRecorder;
    readonly traffic: CountedTraffic;
  }) {
    this.folder = parts.folder;
    this.build = parts.build;
    this.slack = parts.slack;
    this.history = parts.history;
    this.traffic = parts.traffic;
    this.#clusters = parts.clusters;
  }

  static async start({ warm, lanes, sources }: WorldOptions): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'shiftbot-failpoints-'));
    const build = await buildWithSteps(folder, sources);
    const accesses = await Promise.all(Array.from({ length: lanes }, (_, at) => botAccess(laneName(at + 1))));
    const [first, second] = await Promise.all([startCluster(accesses), startCluster(accesses)]);
    const clusters = { [cluster]: first, [secondCluster]: second };
    const slack = new FailpointSlack();
    await slack.start();
    const history = new HistoryRecorder({ [cluster]: first.kube, [secondCluster]: second.kube });
    await history.start();
    const traffic = new CountedTraffic();
    await traffic.start();
    const user = accesses[0]?.user;
    const ways = Object.entries(clusters).map(([name, { kube, way }]) => [
      name,
      { url: way.url, token: kube.token(user) },
    ]);
    await writeFile(join(folder, 'kubeconfig'), kubeconfigOf(Object.fromEntries(ways)));
    await writeFile(join(folder, 'policy.yaml'), policy);
    await mkdir(join(folder, 'rules'));
    const world = new World({ folder, build, clusters, slack, history, traffic });
    process.once('exit', world.#killAll);
    for (let count = 0; count < warm; count += 1) world.#warmUp();
    return world;
  }

  /**
   * What the processes of one lane have for themselves. A namespace, so that they do not watch the objects of the others; a Redis, since
   * news go to all who listen to it, whichever database they use.
   */
  async openLane(): Promise<LaneWorld> {
    const redis = await startRedis();
    this.#redis.push(redis);
    const name = laneName(this.#redis.length);
    await this.create(versions({ name: backend, namespace: name }));
    return { name, redisUrl: redis.url, prometheusUrl: this.traffic.urlFor(name) };
  }

  /** A bot that serves a lane. */
  async startBot({ name, redisUrl, prometheusUrl }: LaneWorld, { isCounted, isSequence }: Serving): Promise<Bot> {
    const bot = this.#warm.shift() ?? this.#add();
    this.#warmUp();
    await bot.begin({
      SLACK_BOT_TOKEN: 'xoxb-1-failpoints',
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: this.slack.apiUrl,
      NAMESPACE: name,
      REDIS_URL: redisUrl,
      RECORD_KEY: recordKey,
      KUBECONFIG: join(this.folder, 'kubeconfig'),
      POLICY_FILE: join(this.folder, 'policy.yaml'),
      RULES_DIR: join(this.folder, 'rules'),
      ...(isCounted && { PROMETHEUS_URL: prometheusUrl }),
      ...(isSequence && { CLUSTERS: `${cluster},${secondCluster}` }),
    });
    return bot;
  }

  /** A VirtualService of this name in each cluster, all of whose traffic goes to v1, and the versions that there are. */
  async createService(named: Named): Promise<void> {
    for (const of of Object.keys(this.#clusters)) {
      await this.create(versions(named), of);
      await this.create(service(named), of);
    }
  }

  /** As somebody does who knows nothing of the bot. */
  async create(object: KubeObject, of = cluster): Promise<void> {
    const { namespace = '' } = object.metadata;
    const kind = objectKinds.find((each) => each === object.kind);
    const services = `/api/v1/namespaces/${namespace}/services`;
    await this.#kubeCall(of, 'POST', kind === undefined ? services : collectionOf({ kind, namespace }), object);
  }

  /** Undefined where it is not there. */
  async read(ref: ObjectRef): Promise<LiveObject | undefined> {
    const { status, body } = await this.#kubeCall(ref.cluster, 'GET', pathOf(ref));
    return status === 404 ? undefined : readObject(body);
  }

  /** Gives v2 a share that no case asks for. */
  moveByHand(ref: ObjectRef): Promise<LiveObject> {
    return this.edit(ref, { spec: service(ref, [55, 45])['spec'] });
  }

  async edit(ref: ObjectRef, patch: object): Promise<LiveObject> {
    const { body } = await this.#kubeCall(ref.cluster, 'PATCH', `${pathOf(ref)}?fieldManager=kubectl-edit`, patch);
    return readObject(body);
  }

  async delete(ref: ObjectRef): Promise<void> {
    await this.#kubeCall(ref.cluster, 'DELETE', pathOf(ref));
  }

  /** A Service is no object that a change writes. */
  async deleteService({ name, namespace }: Named): Promise<void> {
    await this.#kubeCall(cluster, 'DELETE', `/api/v1/namespaces/${namespace}/services/${name}`);
  }

  /** On the bots' way to the API server of a cluster; returns what takes the trap away. */
  addTrap({ cluster: of }: Pick<ObjectRef, 'cluster'>, trap: Trap): () => void {
    return this.#of(of).way.addTrap(trap);
  }

  /** The folder's file can be applied as `rules/NAME`. */
  async writeRules(name: string, text: string): Promise<() => Promise<void>> {
    const path = join(this.folder, 'rules', `${name}.yaml`);
    await writeFile(path, text);
    return () => rm(path);
  }

  /** Every event of an object, up to how it is now. */
  async historyOf(ref: ObjectRef): Promise<readonly ObjectEvent[]> {
    const live = await this.read(ref);
    for (let tries = 0; tries < 200; tries += 1) {
      const events = this.history.events.get(historyKey(ref)) ?? [];
      const newest = events.at(-1);
      const isComplete =
        live === undefined
          ? newest === undefined || newest.type === 'DELETED'
          : newest?.object.metadata.resourceVersion === live.metadata.resourceVersion;
      if (isComplete) return events;
      await sleep(10);
    }
    throw new Error(`the record of ${ref.name} is not complete`);
  }

  async stop({ keep = false } = {}): Promise<void> {
    this.#isOver = true; // what went wrong in one lane has not ended the others
    process.off('exit', this.#killAll);
    await Promise.all(this.#all.map((bot) => bot.kill()));
    await this.history.stop();
    await Promise.all([
      this.slack.stop(),
      this.traffic.stop(),
      ...Object.values(this.#clusters).flatMap(({ way, kube }) => [way.stop(), kube.stop()]),
      ...this.#redis.map((redis) => redis.stop()),
    ]);
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }

  #warmUp(): void {
    this.#warm.push(this.#add());
  }

  #add(): Bot {
    if (this.#isOver) throw new Error('a case goes on although the run is over');
    const bot = new Bot(this.build);
    this.#all.push(bot);
    return bot;
  }

  #of(name: string): Cluster {
    const found = this.#clusters[name];
    if (found === undefined) throw new Error(`there is no cluster ${name}`);
    return found;
  }

  async #kubeCall(of: string, method: string, path: string, body?: object): Promise<Answer> {
    const { kube } = this.#of(of);
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const response = await fetch(kube.url + path, {
      method,
      headers: { 'content-type': type, authorization: `Bearer ${kube.token()}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isGone = response.status === 404 && body === undefined;
    if (!response.ok && !isGone) throw new Error(`${method} ${path} was answered ${response.status} ${text}`);
    return { status: response.status, body: JSON.parse(text) };
  }
}

/** What the processes of a bot are there for. */
export interface Serving {
  /** Requests are counted for it. */
  readonly isCounted: boolean;
  /** It serves both clusters. */
  readonly isSequence: boolean;
}

interface WorldOptions {
  /** How many processes wait. */
  readonly warm: number;
  /** How many lanes are opened, one after the other or at once. */
  readonly lanes: number;
  /** The built bot, where it is another than `compile` makes. */
  readonly sources?: string;
}

/** What the processes of a lane share, and no other process knows. */
export interface LaneWorld {
  /** Of the lane, and of its namespace. */
  readonly name: string;
  readonly redisUrl: string;
  readonly prometheusUrl: string;
}

type Named = Pick<ObjectRef, 'name' | 'namespace'>;

async function startCluster(accesses: readonly BotAccess[]): Promise<Cluster> {
  const objects = accesses.flatMap((access) => access.objects);
  const kube = await startKubeApi({ port: 0, objects, watchTimeoutMs: aDay });
  return { kube, way: await HttpProxy.start(kube.url) };
}

function laneName(number: number): string {
  return `lane-${number}`;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Each service has pods of its own: guards cannot compare versions that another object sends requests to, too. */
function versions({ name, namespace }: Named): KubeObject {
  return parse(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  host: ${name}
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
`);
}

function service({ name, namespace }: Named, [v1, v2] = [100, 0]): KubeObject {
  return parse(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace}, labels: { team: payments } }
spec:
  hosts: [${name}]
  http:
    - timeout: 3s
      route:
        - { destination: { host: ${name}, subset: v1 }, weight: ${v1} }
        - { destination: { host: ${name}, subset: v2 }, weight: ${v2} }
`);
}
