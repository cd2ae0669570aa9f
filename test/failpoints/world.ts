import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { botAccess } from '../../src/sandbox/bot-access.ts';
import { type KubeApi, type KubeObject, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { recordKey } from '../chaos/chaos-world.ts';
import { HistoryRecorder, type ObjectEvent, readService, servicesPath } from '../chaos/history.ts';
import { Bot } from './bot.ts';
import { type Build, buildWithSteps } from './build.ts';
import { FailpointSlack, signingSecret } from './slack.ts';
import { needsApprovalFrom } from './stage.ts';

const aDay = 24 * 3600_000;

const policy = `
v: 1
rules:
  - target: "**"
    shift: [everyone]
    approve: { by: [everyone], count: 1, from: ${needsApprovalFrom}, expires: 30m }
`;

/** One API server and one Slack for all cases, a Redis for each lane, and processes that only wait to be told to begin. */
export class World {
  readonly folder: string;
  readonly build: Build;
  readonly slack: FailpointSlack;
  readonly history: HistoryRecorder;
  readonly #redis: RedisServer[] = [];
  readonly #kube: KubeApi;
  readonly #warm: Bot[] = [];
  readonly #all: Bot[] = [];
  readonly #killAll = () => {
    for (const bot of this.#all) void bot.kill();
  };

  private constructor(parts: {
    readonly folder: string;
    readonly build: Build;
    readonly kube: KubeApi;
    readonly slack: FailpointSlack;
    readonly history: HistoryRecorder;
  }) {
    this.folder = parts.folder;
    this.build = parts.build;
    this.slack = parts.slack;
    this.history = parts.history;
    this.#kube = parts.kube;
  }

  /** `sources`: the built bot, where it is another than the one in `dist`. `warm`: how many processes wait. */
  static async start({ warm, sources }: { readonly warm: number; readonly sources?: string }): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'shiftbot-failpoints-'));
    const build = await buildWithSteps(folder, sources);
    const access = await botAccess('default');
    const kube = await startKubeApi({ port: 0, objects: [...access.objects, versions()], watchTimeoutMs: aDay });
    const slack = new FailpointSlack();
    await slack.start();
    const history = new HistoryRecorder(kube);
    await history.start();
    await writeFile(join(folder, 'kubeconfig'), kube.kubeconfig(access.user));
    await writeFile(join(folder, 'policy.yaml'), policy);
    const world = new World({ folder, build, kube, slack, history });
    process.once('exit', world.#killAll);
    for (let count = 0; count < warm; count += 1) world.#warmUp();
    return world;
  }

  /** For the processes of one lane: news go to all who listen to a Redis, whichever database they use. */
  async startRedis(): Promise<string> {
    const redis = await startRedis();
    this.#redis.push(redis);
    return redis.url;
  }

  /** A bot that serves. */
  async startBot(redisUrl: string): Promise<Bot> {
    const bot = this.#warm.shift() ?? this.#add();
    this.#warmUp();
    await bot.begin({
      SLACK_BOT_TOKEN: 'xoxb-1-failpoints',
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: this.slack.apiUrl,
      REDIS_URL: redisUrl,
      RECORD_KEY: recordKey,
      KUBECONFIG: join(this.folder, 'kubeconfig'),
      POLICY_FILE: join(this.folder, 'policy.yaml'),
    });
    return bot;
  }

  /** A VirtualService of this name, all of whose traffic goes to v1. */
  async createService(name: string): Promise<void> {
    await this.#kubeCall('POST', servicesPath, service(name));
  }

  async deleteService(name: string): Promise<void> {
    await this.#kubeCall('DELETE', `${servicesPath}/${name}`);
  }

  /** Every event of a service, up to how it is now. */
  async historyOf(name: string): Promise<readonly ObjectEvent[]> {
    const live = readService(await this.#kubeCall('GET', `${servicesPath}/${name}`));
    for (let tries = 0; tries < 200; tries += 1) {
      const events = this.history.events.get(name) ?? [];
      if (events.at(-1)?.object.metadata.resourceVersion === live.metadata.resourceVersion) return events;
      await sleep(10);
    }
    throw new Error(`the record of ${name} is not complete`);
  }

  async stop({ keep = false } = {}): Promise<void> {
    process.off('exit', this.#killAll);
    await Promise.all(this.#all.map((bot) => bot.kill()));
    await this.history.stop();
    await Promise.all([this.slack.stop(), this.#kube.stop(), ...this.#redis.map((redis) => redis.stop())]);
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }

  #warmUp(): void {
    this.#warm.push(this.#add());
  }

  #add(): Bot {
    const bot = new Bot(this.build);
    this.#all.push(bot);
    return bot;
  }

  async #kubeCall(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(this.#kube.url + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#kube.token()}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status} ${text}`);
    return JSON.parse(text);
  }
}

/** All services of all cases lead to the same backend, so that there is one DestinationRule. */
function versions(): KubeObject {
  return parse(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: backend, namespace: default }
spec:
  host: backend
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
`);
}

function service(name: string): KubeObject {
  return parse(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: default, labels: { team: payments } }
spec:
  hosts: [${name}]
  http:
    - timeout: 3s
      route:
        - { destination: { host: backend, subset: v1 }, weight: 100 }
        - { destination: { host: backend, subset: v2 }, weight: 0 }
`);
}
