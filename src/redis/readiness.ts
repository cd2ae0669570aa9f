import { ask, type Connection } from './connect.ts';
import { keys } from './keys.ts';

/** Needed by BullMQ and by our scripts. */
const oldestVersion = [6, 2] as const;

const goodForMs = 300_000;

/**
 * `redisProblem` with a cache: a good answer is valid for five minutes while the connection lasts, because each check costs Redis commands.
 */
export function redisCheck(
  connection: Connection,
  clockMs = () => performance.now(),
): () => Promise<string | undefined> {
  let goodUntilMs = 0;
  let closed = 0;
  let lastError: string | undefined; // a connection that never succeeds reports its error only in this event
  connection.on('error', (error: Error) => {
    lastError = error.message;
  });
  connection.on('ready', () => {
    lastError = undefined;
  });
  connection.on('close', () => {
    goodUntilMs = 0;
    closed += 1;
  });
  return async () => {
    if (clockMs() < goodUntilMs) return undefined;
    const before = closed;
    const problem = await redisProblem(connection, lastError);
    if (problem === undefined && closed === before) goodUntilMs = clockMs() + goodForMs;
    return problem;
  };
}

/** Why Redis cannot be trusted with changes, and how to fix it; undefined if it can. */
export async function redisProblem(connection: Connection, lastError?: string): Promise<string | undefined> {
  try {
    await ask(connection, (redis) => redis.set(keys.probe, '1', 'PX', 60_000));
    const [memory, server] = await Promise.all([
      ask(connection, (redis) => redis.info('memory')),
      ask(connection, (redis) => redis.info('server')),
    ]);
    return policyProblem(memory) ?? versionProblem(server);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    const said = cause ?? lastError;
    const words = error instanceof Error ? error.message : String(error);
    return `Redis: ${words}${said === undefined ? '' : `: ${said}`}; ${fixFor(said ?? '')}`;
  }
}

function policyProblem(memory: string): string | undefined {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy === undefined || policy === 'noeviction') return undefined;
  return `Redis: maxmemory-policy is ${policy}, so it may forget changes; set it to noeviction`;
}

/** Whether this Redis is too old for our scripts or for BullMQ, from `INFO server`. */
export function versionProblem(server: string): string | undefined {
  const [, version = '', major, minor] = /^redis_version:((\d+)\.(\d+)\S*)/m.exec(server) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const [oldestMajor, oldestMinor] = oldestVersion;
  const isOld = Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
  return isOld ? `Redis: its version is ${version}; ${oldestVersion.join('.')} or newer is needed` : undefined;
}

/** Messages of Redis and Node, each with what to change. */
const fixes: readonly (readonly [said: RegExp, fix: string])[] = [
  [/WRONGPASS|invalid password/i, 'correct the user and password in REDIS_URL: redis://user:password@host'],
  [
    /NOAUTH|no password is set|without any password/i,
    'set the password, or none, in REDIS_URL: redis://user:password@host',
  ],
  [/NOPERM/, 'allow the user of REDIS_URL all commands except administrative ones, on keys that start with {shiftbot}'],
  [
    /slots cache/,
    'if this Redis is not a Cluster, write redis:// in REDIS_URL; otherwise check that its nodes can be reached',
  ],
  [/MOVED|CROSSSLOT/, 'this is a Redis Cluster: write redis+cluster:// in REDIS_URL'],
  [/READONLY/, 'set REDIS_URL to the master, not to a replica'],
  [/ECONNRESET|EPIPE|closed|Protocol error/i, 'if this Redis needs TLS, write rediss:// in REDIS_URL'],
  [
    /wrong version number|SSL|TLS|certificate/i,
    'if this Redis has no TLS, write redis:// in REDIS_URL; otherwise trust its certificate with NODE_EXTRA_CA_CERTS',
  ],
];

function fixFor(said: string): string {
  return (
    fixes.find(([words]) => words.test(said))?.[1] ??
    'check that REDIS_URL has its address, with rediss:// if it needs TLS'
  );
}
