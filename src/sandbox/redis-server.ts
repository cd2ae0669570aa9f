import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebianPackageError, defaultCacheFolder, fetchDebianPackages, libraryPathOf } from './debian-package.ts';
import { findOnPath, type Launch, type LaunchedProcess, launch, onFreePort } from './launched-process.ts';

export interface RedisBinary {
  readonly path: string;
  /** Where its shared libraries are, if they are not the system's own. */
  readonly libraryPath?: string;
}

export interface RedisServer extends LaunchedProcess {
  readonly url: string;
  readonly port: number;
}

export interface RedisOptions {
  /** Default: the one that `findRedisServer` finds. */
  readonly binary?: RedisBinary;
  /** Default or 0: a free port. A given port is never replaced, so that clients find Redis again after a restart. */
  readonly port?: number;
  /** Keeps the data across restarts. Default: nothing is kept. */
  readonly folder?: string;
  /** More settings of Redis. They override ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class RedisNotFoundError extends Error {
  override readonly name = 'RedisNotFoundError';
}

const debianPackages = ['redis-server', 'redis-tools'];
const readyWithinMs = 30_000;

/** Finds a redis-server or valkey-server on the PATH, or else Debian's package in the cache. Fetches the package if it is missing. */
export async function findRedisServer(environment: NodeJS.ProcessEnv = process.env): Promise<RedisBinary> {
  const onPath = await findOnPath(['redis-server', 'valkey-server'], environment);
  if (onPath !== undefined) return { path: onPath };

  try {
    const cacheFolder = defaultCacheFolder(environment);
    const root = await fetchDebianPackages(debianPackages, { cacheFolder, environment });
    return { path: join(root, 'usr/bin/redis-server'), libraryPath: await libraryPathOf(root) };
  } catch (cause) {
    if (!(cause instanceof DebianPackageError)) throw cause;
    throw new RedisNotFoundError(
      `no Redis here: install redis-server or valkey-server, or set REDIS_URL (fetching Debian's package failed: ${cause.reason})`,
      { cause },
    );
  }
}

/** Starts our own Redis on the loopback interface. Returns when it accepts connections. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const binary = options.binary ?? (await findRedisServer());
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'shiftbot-redis-')));
  const forget = async (): Promise<void> => {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };

  try {
    await mkdir(folder, { recursive: true });
    const { port, process } = await launchOnPort(binary, options, folder);
    return {
      ...process,
      url: `redis://127.0.0.1:${port}/0`,
      port,
      kill: () => process.kill().then(forget),
      stop: () => process.stop().then(forget),
    };
  } catch (error) {
    await forget();
    throw error;
  }
}

async function launchOnPort(
  binary: RedisBinary,
  { port: wanted = 0, folder: kept, settings = {} }: RedisOptions,
  folder: string,
): Promise<Pick<RedisServer, 'port'> & Pick<Launch, 'process'>> {
  const launchOn = async (port: number) => {
    const { process } = await launchRedis(binary, port, { folder, persistent: kept !== undefined, settings });
    return { port, process };
  };
  return wanted === 0 ? onFreePort(launchOn) : launchOn(wanted);
}

function launchRedis(
  binary: RedisBinary,
  port: number,
  { folder, persistent, settings }: { folder: string; persistent: boolean; settings: Readonly<Record<string, string>> },
): Promise<Launch> {
  return launch({
    path: binary.path,
    arguments: Object.entries({
      port,
      bind: '127.0.0.1',
      dir: folder,
      save: '',
      appendonly: persistent ? 'yes' : 'no',
      appendfsync: 'always', // what it has confirmed survives a crash
      // BullMQ's keys must never be evicted.
      'maxmemory-policy': 'noeviction',
      ...settings,
    }).flatMap(([name, value]) => [`--${name}`, String(value)]),
    // Redis does not start if the environment names a locale that is not installed.
    environment: { LC_ALL: 'C', ...(binary.libraryPath !== undefined && { LD_LIBRARY_PATH: binary.libraryPath }) },
    ready: /Ready to accept connections/,
    readyWithinMs,
  });
}
