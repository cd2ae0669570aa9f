import { ask, type Connection } from './connect.ts';
import { keys } from './keys.ts';

/** What BullMQ asks for, and what our scripts need. */
const oldestVersion = [6, 2] as const;

const goodForMs = 300_000;

/** `redisProblem`, whose good answer holds for five minutes while the connection stands: asking costs Redis commands, however often we are asked. */
export function redisCheck(
  connection: Connection,
  clockMs = () => performance.now(),
): () => Promise<string | undefined> {
  let goodUntilMs = 0;
  let closed = 0;
  let lastError: string | undefined; // of a connection that never comes about it is told only when it happens
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

/** What keeps Redis from being trusted with changes, if anything, and what mends it. */
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

/** A Redis that is too old for our scripts and for BullMQ, by its own `INFO server`. */
export function versionProblem(server: string): string | undefined {
  const [, version = '', major, minor] = /^redis_version:((\d+)\.(\d+)\S*)/m.exec(server) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const [oldestMajor, oldestMinor] = oldestVersion;
  const isOld = Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
  return isOld ? `Redis: its version is ${version}; ${oldestVersion.join('.')} or newer is needed` : undefined;
}

/** In the words of Redis and of Node, what to change. */
const fixes: readonly (readonly [said: RegExp, fix: string])[] = [
  [/WRONGPASS|invalid password/i, 'correct the user and password in REDIS_URL: redis://user:password@host'],
  [
    /NOAUTH|no password is set|without any password/i,
    'say the password, or none, in REDIS_URL: redis://user:password@host',
  ],
  [
    /NOPERM/,
    'let the user of REDIS_URL use every command but the administrative ones on keys that begin with {shiftbot}',
  ],
  [/slots cache/, 'if that Redis is no Cluster, write redis:// in REDIS_URL; else see that its nodes can be reached'],
  [/MOVED|CROSSSLOT/, 'this is a Redis Cluster: write redis+cluster:// in REDIS_URL'],
  [/READONLY/, 'name the master in REDIS_URL, not a replica'],
  [/ECONNRESET|EPIPE|closed|Protocol error/i, 'if that Redis wants TLS, write rediss:// in REDIS_URL'],
  [
    /wrong version number|SSL|TLS|certificate/i,
    'if that Redis has no TLS, write redis:// in REDIS_URL; else trust its certificate with NODE_EXTRA_CA_CERTS',
  ],
];

function fixFor(said: string): string {
  return (
    fixes.find(([words]) => words.test(said))?.[1] ??
    'see that REDIS_URL names its address, with rediss:// where it wants TLS'
  );
}
