import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { StoreUnavailableError } from '../workflow/errors.ts';

/** We use RESP2 replies, the default. The library's type for that option does not work with exactOptionalPropertyTypes. */
type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

/** One Redis or a Redis Cluster. Sentinel looks like one Redis. */
export type Connection = Redis | Cluster;

/** Where Redis is: `redis[s]://…`, `redis[s]+sentinel://host:26379,host:26379/master-name/0`, `redis[s]+cluster://host:6379,host:6379`. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly options: Pick<RedisOptions, 'username' | 'password' | 'db' | 'tls' | 'name'>;
}

export function readRedisUrl(text: string): RedisAddress | undefined {
  const match = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?@]+)(?:\/([^?]*))?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, secure, mode, typedName, typedPassword, hostList = '', path = ''] = match;
  const [username, password] = [decoded(typedName), decoded(typedPassword)];
  if (username === null || password === null) return undefined;
  const kind = mode === 'sentinel' || mode === 'cluster' ? mode : 'single';
  const hosts = hostList.split(',').map((each) => readHost(each, kind === 'sentinel' ? 26379 : 6379));
  const known = hosts.filter((host) => host !== undefined);
  if (known.length !== hosts.length || (kind === 'single' && hosts.length > 1)) return undefined;

  const segments = path.split('/').filter((segment) => segment !== '');
  const database = kind === 'sentinel' ? segments[1] : segments[0];
  if (kind === 'sentinel' && segments[0] === undefined) return undefined;
  if (database !== undefined && !/^\d+$/.test(database)) return undefined;
  return {
    kind,
    hosts: known,
    options: {
      ...(username ? { username } : {}),
      ...(password === undefined ? {} : { password }),
      ...(database === undefined ? {} : { db: Number(database) }),
      ...(secure === 's' ? { tls: {} } : {}),
      ...(kind === 'sentinel' && segments[0] !== undefined ? { name: segments[0] } : {}),
    },
  };
}

/**
 * For requests that a person waits for. Fails at once when Redis is away. A command that failed is never sent later: nothing is queued for
 * a reconnect, and nothing is sent twice.
 */
export function connectForRequests(address: RedisAddress): Connection {
  return open(address, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    commandTimeout: requestTimeoutMs,
    connectTimeout: 2_000,
    socketTimeout: silenceMs,
  });
}

/** For workers, which wait for Redis as long as it takes. */
export function connectForWorker(address: RedisAddress): Connection {
  const options: ConnectionOptions = { maxRetriesPerRequest: null, connectTimeout: 2_000 };
  // A Cluster creates its own connections, so all of them need the long timeout of the one that waits for a job.
  return open(address, { ...options, socketTimeout: address.kind === 'cluster' ? waitingSilenceMs : silenceMs });
}

/** How long a worker's wait for a job lasts before it asks Redis again. */
export const longestWaitSeconds = 300;

export const requestTimeoutMs = 800;
/** A connection that owes an answer for this long is half open: it looks alive but carries nothing. It is replaced. */
const silenceMs = 2_000;
/** TCP keepalive finds a dead peer on a silent connection, without a Redis command. */
const keepAliveMs = 5_000;
const waitingSilenceMs = (longestWaitSeconds + 15) * 1000;

/** BullMQ waits for jobs on a duplicate of the worker's connection. That duplicate is silent as long as there are no jobs. */
export class Waiting extends Redis {
  #duplicate: Redis | undefined;

  override duplicate(override?: ConnectionOptions): Redis {
    this.#duplicate = super.duplicate({ ...override, socketTimeout: waitingSilenceMs });
    return this.#duplicate;
  }

  /** Reconnects the duplicate that waits for jobs, which may be half open. */
  renew(): void {
    this.#duplicate?.disconnect(true);
  }
}

/** Resolves when the connection is ready. A lost connection reconnects by itself. */
export function whenReady(connection: Connection): Promise<void> {
  if (connection.status === 'ready') return Promise.resolve();
  return new Promise((resolve) => connection.once('ready', () => resolve()));
}

/**
 * Calls back when a lost connection is ready again. Other connections to the same Redis were probably lost too, and those that only wait
 * for news or a job would not notice.
 */
export function onRestored(connection: Connection, listener: () => void): void {
  let served = connection.status === 'ready';
  connection.on('ready', () => {
    if (served) listener();
    served = true;
  });
}

/** Calls Redis, and turns every failure into StoreUnavailableError. */
export async function ask<T>(connection: Connection, call: (connection: Connection) => Promise<T>): Promise<T> {
  if (connection.status !== 'ready') throw new StoreUnavailableError(`Redis is not connected (${connection.status})`);
  try {
    return await call(connection);
  } catch (cause) {
    throw new StoreUnavailableError('Redis did not answer', { outcomeUnknown: true, cause });
  }
}

/** Whether a command failed because its key holds something else than what we keep there. */
export function isOtherType(error: unknown): boolean {
  const cause = error instanceof StoreUnavailableError ? error.cause : undefined;
  return cause instanceof Error && cause.message.startsWith('WRONGTYPE');
}

function open(address: RedisAddress, options: ConnectionOptions): Connection {
  const all: ConnectionOptions = {
    ...address.options,
    ...options,
    keepAlive: keepAliveMs,
    retryStrategy: reconnectAfterMs,
    reconnectOnError: hasBecomeReplica,
  };
  switch (address.kind) {
    case 'cluster':
      return new Cluster([...address.hosts], {
        redisOptions: all,
        enableOfflineQueue: options.enableOfflineQueue ?? true,
        clusterRetryStrategy: reconnectAfterMs,
      });
    case 'sentinel':
      return new Waiting({ ...all, sentinels: [...address.hosts] });
    case 'single':
      return new Waiting({ ...all, ...address.hosts[0] });
  }
}

/** After a failover the connection still points to the old master, now a replica. Reconnects, and does not resend the command. */
function hasBecomeReplica({ message }: Error): boolean {
  return message.includes('READONLY');
}

function reconnectAfterMs(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), 2_000);
}

function readHost(text: string, defaultPort: number): { host: string; port: number } | undefined {
  const match = /^(\[[0-9a-f:]+\]|[^:]+)(?::(\d{1,5}))?$/i.exec(text);
  if (match?.[1] === undefined || Number(match[2] ?? 0) > 65_535) return undefined;
  return { host: match[1].replaceAll(/[[\]]/g, ''), port: match[2] === undefined ? defaultPort : Number(match[2]) };
}

/** Null if the percent-encoding is invalid. */
function decoded(text: string | undefined): string | null | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return null;
  }
}
