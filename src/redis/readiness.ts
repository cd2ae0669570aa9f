import { ask, type Connection } from './connect.ts';
import { keys } from './keys.ts';

const goodForMs = 300_000;

/** `redisProblem`, whose good answer holds for five minutes while the connection stands: asking costs Redis commands, however often we are asked. */
export function redisCheck(
  connection: Connection,
  clockMs = () => performance.now(),
): () => Promise<string | undefined> {
  let goodUntilMs = 0;
  connection.on('close', () => {
    goodUntilMs = 0;
  });
  return async () => {
    if (clockMs() < goodUntilMs) return undefined;
    const problem = await redisProblem(connection);
    if (problem === undefined) goodUntilMs = clockMs() + goodForMs;
    return problem;
  };
}

/** What keeps Redis from being trusted with changes, if anything. */
export async function redisProblem(connection: Connection): Promise<string | undefined> {
  try {
    await ask(connection, (redis) => redis.set(keys.probe, '1', 'PX', 60_000));
    const memory = await ask(connection, (redis) => redis.info('memory'));
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    if (policy === undefined || policy === 'noeviction') return undefined;
    return `Redis: maxmemory-policy is ${policy}, so it may forget changes; set it to noeviction`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return `Redis: ${error instanceof Error ? error.message : String(error)}${cause}; see REDIS_URL`;
  }
}
