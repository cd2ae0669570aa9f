import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { botAccess } from '../../src/sandbox/bot-access.ts';
import { type KubeApi, type KubeObject, startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { freePort } from '../../src/sandbox/launched-process.ts';
import { type LocalSlack, startLocalSlack } from '../../src/sandbox/local-slack.ts';
import { type RedisServer, startRedis } from '../../src/sandbox/redis-server.ts';
import { bookinfoObjects } from '../../src/sandbox/worlds/worlds.ts';
import { kubeconfigOf } from '../support/clusters.ts';
import { SlackClient } from '../support/slack-client.ts';
import { BotProcess } from './bot-process.ts';
import { cluster, HistoryRecorder, secondCluster } from './history.ts';
import { HttpProxy, type Seen } from './http-proxy.ts';
import { objectsInSecond, ownObjects } from './own-objects.ts';
import { ruleFiles, rulesFolder } from './rule-files.ts';
import { headerOf, SlackRecorder } from './slack-recorder.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** A process of the bot with its own connections to all dependencies, so that one process can be cut off and the others not. */
export interface Member {
  readonly bot: BotProcess;
  readonly redis: TcpProxy;
  readonly kube: HttpProxy;
  /** Its way to the second cluster. */
  readonly second: HttpProxy;
  readonly slack: HttpProxy;
}

/** One chat process and two workers, which serve two clusters, with everything that they and the people need. */
export interface ChaosWorld {
  readonly folder: string;
  readonly members: readonly [Member, Member, Member];
  readonly redis: Restartable;
  /** The API servers, by the names of their clusters. */
  readonly kubes: Readonly<Record<string, KubeApi>>;
  readonly slack: LocalSlack;
  readonly people: SlackClient;
  readonly slackRecord: SlackRecorder;
  readonly history: HistoryRecorder;
  /** Changes and ramps whose card was posted by a request with an unknown outcome. */
  readonly unknownPosts: ReadonlySet<string>;
  stop(): Promise<void>;
}

const aDay = 24 * 3600_000;

export async function startChaosWorld(): Promise<ChaosWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-chaos-'));
  const started: (() => Promise<void>)[] = [];
  const begin = async <T>(starting: Promise<T>, stop: (it: T) => Promise<void> | void): Promise<T> => {
    const it = await starting;
    started.push(async () => stop(it));
    return it;
  };
  const stop = async () => {
    for (const end of started.splice(0).toReversed()) await end();
  };

  try {
    const program = await keepProgram(folder);
    await writeRuleFiles(folder);
    const redis = await begin(Restartable.start(join(folder, 'redis')), (each) => each.stop());
    const access = await botAccess('default');
    const objects = [...access.objects, ...(await bookinfoObjects()), ...ownObjects()];
    const startCluster = (own: readonly KubeObject[]) =>
      begin(startKubeApi({ port: 0, objects: own, watchTimeoutMs: aDay }), (each) => each.stop());
    const kube = await startCluster(objects);
    const second = await startCluster([...access.objects, ...objectsInSecond()]);
    const kubes = { [cluster]: kube, [secondCluster]: second };
    const history = new HistoryRecorder(kubes);
    await begin(history.start(), () => history.stop());
    const slack = await begin(startLocalSlack({ port: 0 }), (each) => each.stop());
    const slackRecord = await begin(SlackRecorder.start(slack.url), (each) => each.stop());

    const unknownPosts = new Set<string>();
    const onUnknown = (seen: Seen) => {
      const id = postedCard(seen);
      if (id !== undefined) unknownPosts.add(id);
    };
    const startMember = async (name: string, roles: string): Promise<Member> => {
      const wire = await begin(TcpProxy.start(redis.port), (each) => each.stop());
      const toKube = await begin(HttpProxy.start(kube.url), (each) => each.stop());
      const toSecond = await begin(HttpProxy.start(second.url), (each) => each.stop());
      const toSlack = await begin(HttpProxy.start(slack.url, { onUnknown }), (each) => each.stop());
      const environment = await environmentOf({
        folder,
        name,
        roles,
        wire,
        kubeconfig: kubeconfigOf({
          [cluster]: { url: toKube.url, token: kube.token(access.user) },
          [secondCluster]: { url: toSecond.url, token: second.token(access.user) },
        }),
        toSlack,
        slack,
      });
      const bot = new BotProcess(name, { path: program, environment, logFile: join(folder, 'bots.log') });
      await begin(bot.start(), () => bot.stop());
      return { bot, redis: wire, kube: toKube, second: toSecond, slack: toSlack };
    };
    const members = [
      await startMember('chat', 'chat'),
      await startMember('worker-1', 'worker'),
      await startMember('worker-2', 'worker'),
    ] as const;
    const people = new SlackClient(slack);
    await people.waitForBot({ timeoutMs: 20_000 });
    return { folder, members, redis, kubes, slack, people, slackRecord, history, unknownPosts, stop };
  } catch (error) {
    await stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A Redis that restarts at the same address with the same data. */
export class Restartable {
  readonly #folder: string;
  #server: RedisServer;

  private constructor(folder: string, server: RedisServer) {
    this.#folder = folder;
    this.#server = server;
  }

  static async start(folder: string): Promise<Restartable> {
    return new Restartable(folder, await startRedis({ folder }));
  }

  get port(): number {
    return this.#server.port;
  }

  get url(): string {
    return this.#server.url;
  }

  async restart(downMs: number): Promise<void> {
    await this.#server.kill();
    await new Promise((done) => setTimeout(done, downMs));
    this.#server = await startRedis({ folder: this.#folder, port: this.port });
  }

  freeze(): void {
    this.#server.pause();
  }

  thaw(): void {
    this.#server.resume();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

/** A copy of the build. A later build must not change the program in the middle of a run. */
async function keepProgram(folder: string): Promise<string> {
  await cp(resolve('dist'), join(folder, 'dist'), { recursive: true });
  await cp(resolve('package.json'), join(folder, 'package.json'));
  return join(folder, 'dist/main.js');
}

async function writeRuleFiles(folder: string): Promise<void> {
  await mkdir(join(folder, rulesFolder));
  for (const [name, text] of Object.entries(ruleFiles))
    await writeFile(join(folder, rulesFolder, `${name}.yaml`), text);
}

interface Ways {
  readonly folder: string;
  readonly name: string;
  readonly roles: string;
  readonly wire: TcpProxy;
  readonly kubeconfig: string;
  readonly toSlack: HttpProxy;
  readonly slack: LocalSlack;
}

async function environmentOf({
  folder,
  name,
  roles,
  wire,
  kubeconfig,
  toSlack,
  slack,
}: Ways): Promise<NodeJS.ProcessEnv> {
  const file = join(folder, 'kube', name);
  await mkdir(join(folder, 'kube'), { recursive: true });
  await writeFile(file, kubeconfig);
  return {
    PATH: process.env['PATH'],
    SLACK_BOT_TOKEN: slack.credentials.botToken,
    SLACK_APP_TOKEN: slack.credentials.appToken,
    SLACK_API_URL: `${toSlack.url}/api/`,
    REDIS_URL: `redis://127.0.0.1:${wire.port}/0`,
    RECORD_KEY: recordKey,
    KUBECONFIG: file,
    CLUSTERS: `${cluster},${secondCluster}`,
    PORT: String(await freePort()),
    RULES_DIR: join(folder, rulesFolder),
    COMMANDS_PER_MINUTE: '0', // no limit: these people are fast
    ROLES: roles,
  };
}

/** The checker reads records with the same key. */
export const recordKey = 'a key for chaos only';

const postBody = z.object({ blocks: z.array(z.unknown()) });

/** The change or the ramp whose card a request to Slack posts. */
function postedCard({ path, body }: Seen): string | undefined {
  if (!path.endsWith('/chat.postMessage')) return undefined;
  const form = body.startsWith('{')
    ? JSON.parse(body)
    : { blocks: JSON.parse(new URLSearchParams(body).get('blocks') ?? '[]') };
  return headerOf(postBody.safeParse(form).data?.blocks ?? []);
}
