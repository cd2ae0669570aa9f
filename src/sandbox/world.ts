import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { type Bookinfo, startBookinfo } from './bookinfo/bookinfo.ts';
import { type BotAccess, botAccess } from './bot-access.ts';
import { type KeptState, openKeptState } from './kept-state.ts';
import { ADMIN, type KubeApi, selfSigned, startKubeApi } from './kube-api/server.ts';
import { freePort, type LaunchedProcess, launch, onFreePort, portIsFree } from './launched-process.ts';
import { type LocalSlack, startLocalSlack } from './local-slack.ts';
import { findPrometheus, type Prometheus, type PrometheusState, preparePrometheus } from './prometheus-server.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { partsOf, type WorldName, type WorldParts } from './worlds/worlds.ts';

export interface WorldOptions {
  /** Where the kubeconfigs of the person and of the bot are written. */
  readonly folder: string;
  /** The folder that keeps state from one world to the next. Default: the world starts fresh and keeps nothing. */
  readonly keepIn?: string | undefined;
  /** The bot's program: its source, or the built one. */
  readonly program: string;
  /** One entry for each process of the bot, with its roles. Default: one process with both roles. */
  readonly bots?: readonly { readonly roles: string }[];
  /** Which objects there are at the beginning. Default: those of the tutorial. */
  readonly world?: WorldName;
  /** Signed HTTP events instead of Socket Mode. */
  readonly http?: boolean;
  /** An existing Redis, used in place of our own. */
  readonly redisUrl?: string | undefined;
  /** Whether the bot gets the additional rights to apply rule files. Default: true. */
  readonly ruleFiles?: boolean;
  /** An existing cluster, used in place of our own API server. */
  readonly kubeconfig?: string | undefined;
  /** If a port is 0 or taken, a free one is used. */
  readonly ports?: { readonly slack?: number; readonly kube?: number; readonly bot?: number };
  /** Runs Bookinfo, with generated traffic. Default: Bookinfo does not run; only its routing objects exist. */
  readonly bookinfo?: { readonly port?: number; readonly requestsPerSecond?: number };
  /** Measures traffic with the Prometheus at this URL, or with our own if there is no URL. Default: nothing is measured. */
  readonly prometheus?: { readonly url?: string | undefined };
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with every line that a bot logs. */
  readonly onLog?: (line: string) => void;
}

/** Everything that the bot needs, and the bot: Redis, Slack, and an API server with Bookinfo's objects. */
export interface World {
  readonly redisUrl: string;
  /** Undefined if an existing one is used. */
  readonly redis: RedisServer | undefined;
  readonly slack: LocalSlack;
  readonly kube: KubeApi | undefined;
  /** The person's kubeconfig, with all rights. */
  readonly kubeconfig: string;
  /** Undefined if Bookinfo does not run. */
  readonly page: BookinfoPage | undefined;
  readonly measuring: Measuring;
  readonly bots: readonly Bot[];
  /** Kept state that could not be read, one line each. */
  readonly leftOut: readonly string[];
  /** Starts another bot with the same settings. */
  startBot(roles?: string): Promise<Bot>;
  stop(): Promise<void>;
}

export interface BookinfoPage {
  readonly url: string;
  /** Where Prometheus scrapes the metrics of the router between the services. */
  readonly metricsUrl: string;
}

/** The Prometheus that measures the traffic. Our own may start some seconds after everything else; `state` says whether it did. */
export interface Measuring {
  /** The URL that the bots get. Undefined if nothing is measured. */
  readonly url: string | undefined;
  readonly state: Promise<PrometheusState | { readonly kind: 'given' }>;
}

export interface Bot extends LaunchedProcess {
  readonly url: string;
}

const readyWithinMs = 30_000;

export async function startWorld(options: WorldOptions): Promise<World> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const each of started.splice(0).toReversed()) await each.stop();
  };
  try {
    const botPort = await portForBot(options);
    const access = await botAccess('default', { ruleFiles: options.ruleFiles ?? true });
    const kept = options.keepIn === undefined ? undefined : await openKeptState(options.keepIn, [ADMIN, access.user]);
    const redis = options.redisUrl === undefined ? await (kept?.startRedis() ?? startRedis()) : undefined;
    if (redis !== undefined) started.push(redis);
    const requestUrl = options.http === true ? { requestUrl: `http://127.0.0.1:${botPort}/slack/events` } : {};
    const slack = await startLocalSlack({
      port: options.ports?.slack ?? 0,
      ...requestUrl,
      ...(kept && { credentials: kept.secrets.slack, memory: kept.memory }),
    });
    started.push(slack);
    const { objects, asks } = await partsOf(options.world ?? 'tutorial');
    const seed = { access, objects };
    const kube = options.kubeconfig === undefined ? await startKube(options.ports?.kube, seed, kept) : undefined;
    if (kube !== undefined) started.push(kube);
    const kubeconfig = options.kubeconfig ?? (await writeKubeconfig(join(options.folder, 'kubeconfig'), kube));
    const botKubeconfig =
      options.kubeconfig ?? (await writeKubeconfig(join(options.folder, 'bot.kubeconfig'), kube, access.user));

    const bookinfo = await startBookinfoOf(options, { kubeconfig, asks }, kept);
    if (bookinfo !== undefined) started.push(bookinfo);
    const prometheus = await prometheusOf(options, bookinfo);
    started.push(prometheus);

    const redisUrl = options.redisUrl ?? redis?.url ?? '';
    const recordKey = kept?.secrets.recordKey ?? randomBytes(32).toString('hex');
    const bots: Bot[] = [];
    const startBot = async (roles = 'chat,worker') => {
      const around = {
        ...{ redisUrl, slack, kubeconfig: botKubeconfig, roles },
        ...{ prometheusUrl: prometheus.url, pageUrl: bookinfo?.pageUrl },
      };
      const environment = { RECORD_KEY: recordKey, ...options.environment };
      const launchOn = (port: number) => launchBot({ ...options, environment }, { ...around, port });
      const bot = await (botPort === undefined || bots.length > 0 ? onFreePort(launchOn) : launchOn(botPort));
      bots.push(bot);
      started.push(bot);
      return bot;
    };
    for (const { roles } of options.bots ?? [{ roles: 'chat,worker' }]) await startBot(roles);
    const page = bookinfo === undefined ? undefined : { url: bookinfo.pageUrl, metricsUrl: bookinfo.metricsUrl };
    // Started last, so that fetching Prometheus delays nothing that people wait for.
    const measuring = { url: prometheus.url, state: prometheus.start() };
    const leftOut = kept?.leftOut ?? [];
    return { redisUrl, redis, slack, kube, kubeconfig, page, measuring, leftOut, bots, startBot, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Kept objects of Bookinfo stay as people left them. The bot's rights are loaded from the manifests at each start. */
async function startKube(
  port: number | undefined,
  { access, objects }: { readonly access: BotAccess; readonly objects: WorldParts['objects'] },
  kept: KeptState | undefined,
): Promise<KubeApi> {
  const isFresh = kept?.journal.state === undefined;
  return startKubeApi({
    port: await orFree(port),
    certificate: selfSigned(),
    objects: [...access.objects, ...(isFresh ? objects : [])],
    ...(kept && { journal: kept.journal, tokens: kept.secrets.tokens }),
  });
}

async function startBookinfoOf(
  { bookinfo, kubeconfig: given, onLog }: WorldOptions,
  { kubeconfig, asks }: { readonly kubeconfig: string; readonly asks: WorldParts['asks'] },
  kept: Pick<KeptState, 'faults'> | undefined,
): Promise<Bookinfo | undefined> {
  if (bookinfo === undefined) return undefined;
  const log = pino({ level: 'warn', base: null }, { write: (line: string) => onLog?.(line.trimEnd()) });
  return startBookinfo({
    kubeconfig,
    isOurs: given === undefined,
    port: await orFree(bookinfo.port),
    requestsPerSecond: bookinfo.requestsPerSecond ?? 0,
    asks,
    ...(kept && { faults: kept.faults }),
    log,
  });
}

interface MaybePrometheus extends Pick<Prometheus, 'stop'> {
  readonly url: string | undefined;
  start(): Measuring['state'];
}

async function prometheusOf(
  { prometheus }: WorldOptions,
  bookinfo: Pick<Bookinfo, 'metricsUrl'> | undefined,
): Promise<MaybePrometheus> {
  const url = prometheus?.url;
  if (url !== undefined) return { url, start: async () => ({ kind: 'given' }), stop: async () => {} };
  const none = { url: undefined, stop: async () => {} };
  if (prometheus === undefined || bookinfo === undefined)
    return { ...none, start: async () => ({ kind: 'missing', why: 'none was asked for' }) };

  const source = await findPrometheus();
  if (source.kind === 'missing') return { ...none, start: async () => source }; // ramps would wait for it for ever
  return preparePrometheus({ source, metricsUrl: bookinfo.metricsUrl });
}

/** Only the owner may read the file: its token gives all rights of the user. */
async function writeKubeconfig(file: string, kube: KubeApi | undefined, user?: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { force: true });
  await writeFile(file, kube?.kubeconfig(user) ?? '', { mode: 0o600 });
  return file;
}

interface Around {
  readonly redisUrl: string;
  readonly slack: LocalSlack;
  readonly kubeconfig: string;
  readonly prometheusUrl: string | undefined;
  readonly pageUrl: string | undefined;
  readonly port: number;
  readonly roles: string;
}

async function launchBot(options: WorldOptions, around: Around): Promise<Bot> {
  const { redisUrl, slack, kubeconfig, prometheusUrl, pageUrl, port, roles } = around;
  const { botToken, appToken, signingSecret } = slack.credentials;
  const { process: launched } = await launch({
    path: process.execPath,
    arguments: [options.program],
    environment: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      // A person's own kubeconfig may name a login program, which needs HOME to find its files.
      ...(options.kubeconfig === undefined ? {} : { HOME: process.env['HOME'] }),
      SLACK_BOT_TOKEN: botToken,
      ...(options.http === true ? { SLACK_SIGNING_SECRET: signingSecret } : { SLACK_APP_TOKEN: appToken }),
      SLACK_API_URL: slack.apiUrl,
      REDIS_URL: redisUrl,
      KUBECONFIG: kubeconfig,
      ...(prometheusUrl === undefined ? {} : { PROMETHEUS_URL: prometheusUrl }),
      ...(pageUrl === undefined ? {} : { PRODUCT_PAGE_URL: pageUrl }),
      PORT: String(port),
      ROLES: roles,
      ...options.environment,
    },
    ready: /"shiftbot is running"/,
    readyWithinMs,
    ...(options.onLog === undefined ? {} : { onLine: options.onLog }),
  });
  return { ...launched, url: `http://127.0.0.1:${port}` };
}

/** The bot's port, if it must be known before the bot starts: a person named it, or Slack calls it in HTTP mode. */
async function portForBot({ ports: { bot: named = 0 } = {}, http = false }: WorldOptions): Promise<number | undefined> {
  return http || (named !== 0 && (await portIsFree(named))) ? orFree(named) : undefined;
}

async function orFree(port: number | undefined): Promise<number> {
  return port !== undefined && port !== 0 && (await portIsFree(port)) ? port : freePort();
}
