import { ask, type Connection } from './connect.ts';
import { keys } from './keys.ts';

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
