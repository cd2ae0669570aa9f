import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpService, sendText, serve } from './bookinfo/http-service.ts';
import {
  DebianPackageError,
  defaultCacheFolder,
  fetchDebianPackages,
  libraryPathOf,
  unpackedRootOf,
} from './debian-package.ts';
import { findOnPath, type LaunchedProcess, launch } from './launched-process.ts';

export interface PrometheusBinary {
  readonly path: string;
  /** Where its shared libraries are, if they are not the system's own. */
  readonly libraryPath?: string;
}

/** Where a Prometheus can come from. Fetching one takes as long as the network needs. */
export type PrometheusSource =
  | { readonly kind: 'here'; readonly binary: PrometheusBinary }
  | { readonly kind: 'to-fetch' }
  | { readonly kind: 'missing'; readonly why: string };

export type PrometheusState = { readonly kind: 'running' } | { readonly kind: 'missing'; readonly why: string };

export interface Prometheus {
  /** Its address. It answers 503 until Prometheus runs. */
  readonly url: string;
  /** Fetches it if needed, and starts it. A failure is a result and not an error: everything else works without Prometheus. */
  start(): Promise<PrometheusState>;
  /** Also cancels a `start` that has not finished. May be called twice. */
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  readonly source: Exclude<PrometheusSource, { kind: 'missing' }>;
  /** What it scrapes. */
  readonly metricsUrl: string;
  /** How often it scrapes. Default: once a second. */
  readonly everyMs?: number;
  readonly environment?: NodeJS.ProcessEnv;
}

const debianPackages = ['prometheus'];
const readyWithinMs = 30_000;

/** Finds one on the PATH, or else Debian's package in the cache, or else apt to fetch one with. Fetches nothing. */
export async function findPrometheus(environment: NodeJS.ProcessEnv = process.env): Promise<PrometheusSource> {
  const onPath = await findOnPath(['prometheus'], environment);
  if (onPath !== undefined) return { kind: 'here', binary: { path: onPath } };

  const root = await unpackedRootOf(debianPackages, defaultCacheFolder(environment));
  const isCached = await access(root).then(
    () => true,
    () => false,
  );
  if (isCached) return { kind: 'here', binary: await binaryIn(root) };
  const tools = await Promise.all(['apt-get', 'dpkg-deb'].map((name) => findOnPath([name], environment)));
  return tools.includes(undefined)
    ? missing("fetching Debian's package failed: apt-get or dpkg-deb is not installed")
    : { kind: 'to-fetch' };
}

/**
 * Reserves a port for our own Prometheus, and answers 503 there until Prometheus runs. If it cannot be started, cards say that it does not
 * answer, and ramps wait for it.
 */
export async function preparePrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const stopping = new AbortController();
  const placeholder = await serve((_, response) => sendText(response, 503, 'Prometheus is not up yet\n'));
  let starting: Promise<Launched> | undefined;
  const begin = async (): Promise<Launched> => {
    const { source } = options;
    try {
      const binary = await bring(source, options.environment ?? process.env, stopping.signal);
      return await launchInstead(placeholder, binary, configOf(options));
    } catch (error) {
      return { state: missing(reasonOf(error)), end: async () => {} };
    }
  };
  return {
    url: placeholder.url,
    start: async () => {
      starting ??= begin();
      return (await starting).state;
    },
    stop: async () => {
      stopping.abort();
      await (await starting)?.end();
      await placeholder.stop();
    },
  };
}

interface Launched {
  readonly state: PrometheusState;
  end(): Promise<void>;
}

async function bring(
  source: PrometheusOptions['source'],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<PrometheusBinary> {
  if (source.kind === 'here') return source.binary;
  const cacheFolder = defaultCacheFolder(environment);
  return binaryIn(await fetchDebianPackages(debianPackages, { cacheFolder, environment, signal }));
}

async function binaryIn(root: string): Promise<PrometheusBinary> {
  return { path: join(root, 'usr/bin/prometheus'), libraryPath: await libraryPathOf(root) };
}

async function launchInstead(placeholder: HttpService, binary: PrometheusBinary, config: object): Promise<Launched> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-prometheus-'));
  const forget = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(join(folder, 'prometheus.json'), JSON.stringify(config));
    await placeholder.stop();
    const launched = await launchOn(new URL(placeholder.url).host, binary, folder);
    return { state: { kind: 'running' }, end: () => launched.stop().then(forget) };
  } catch (error) {
    await forget();
    throw error;
  }
}

async function launchOn(
  address: string,
  { path, libraryPath }: PrometheusBinary,
  folder: string,
): Promise<LaunchedProcess> {
  const { process: launched } = await launch({
    path,
    arguments: Object.entries({
      'config.file': join(folder, 'prometheus.json'),
      'storage.tsdb.path': join(folder, 'samples'),
      'storage.tsdb.retention.time': '1h',
      'web.listen-address': address,
    }).map(([name, value]) => `--${name}=${value}`),
    // One thread is enough for one target, and leaves the other CPUs to the bot.
    environment: { GOMAXPROCS: '1', ...(libraryPath !== undefined && { LD_LIBRARY_PATH: libraryPath }) },
    ready: /Server is ready to receive web requests/,
    readyWithinMs,
  });
  return launched;
}

/** Written as JSON, which is also YAML. */
function configOf({ metricsUrl, everyMs = 1_000 }: PrometheusOptions): object {
  const { host, pathname } = new URL(metricsUrl);
  return {
    global: { scrape_interval: `${everyMs}ms`, scrape_timeout: `${everyMs * 0.9}ms` },
    scrape_configs: [{ job_name: 'mesh', metrics_path: pathname, static_configs: [{ targets: [host] }] }],
  };
}

function missing(why: string): Extract<PrometheusSource, { kind: 'missing' }> {
  return { kind: 'missing', why: `no Prometheus here: install prometheus, or set PROMETHEUS_URL (${why})` };
}

function reasonOf(error: unknown): string {
  if (error instanceof DebianPackageError) return `fetching Debian's package failed: ${error.reason}`;
  return error instanceof Error ? error.message : String(error);
}
