import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebianPackageError, defaultCacheFolder, fetchDebianPackages, libraryPathOf } from './debian-package.ts';
import { findOnPath, type Launch, type LaunchedProcess, launch, onFreePort } from './launched-process.ts';

export interface RedisBinary {
  readonly path: string;
  /** Where its shared libraries lie when they are not the system's own. */
  readonly libraryPath?: string;
}

export interface RedisServer extends LaunchedProcess {
  readonly url: string;
  readonly port: number;
}

export interface RedisOptions {
  /** Absent: the one `findRedisServer` finds. */
  readonly binary?: RedisBinary;
  /** Absent or 0: a free one. A port asked for by number is kept to, so that a restart comes back where clients look. */
  readonly port?: number;
  /** Where the data is kept over a restart. Absent: nothing is kept. */
  readonly folder?: string;
  /** Settings of Redis beside ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class RedisNotFoundError extends Error {
  override readonly name = 'RedisNotFoundError';
}

const debianPackages = ['redis-server', 'redis-tools'];
const readyWithinMs = 30_000;

/** A redis-server or valkey-server to run: one on the PATH, else Debian's package from the cache, fetched when missing. */
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
      `no Redis here: install redis-server or valkey-server, or set REDIS_URL (fetching Debian's failed: ${cause.reason})`,
      { cause },
    );
  }
}

/** Starts a Redis of our own on the loopback interface, and returns when it takes connections. */
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
      appendfsync: 'always', // what it answered to is there after a crash
      // BullMQ's keys must never be evicted.
      'maxmemory-policy': 'noeviction',
      ...settings,
    }).flatMap(([name, value]) => [`--${name}`, String(value)]),
    // A locale that is set but not installed makes Redis give up at start.
    environment: { LC_ALL: 'C', ...(binary.libraryPath !== undefined && { LD_LIBRARY_PATH: binary.libraryPath }) },
    ready: /Ready to accept connections/,
    readyWithinMs,
  });
}
