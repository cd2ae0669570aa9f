import type { Log } from '../workflow/ports/process.ts';
import { connectForWorker, type RedisAddress } from './connect.ts';
import { newsChannel } from './keys.ts';

export interface Listening {
  /** Listens on another connection; this one may have gone dead. */
  renew(): void;
  close(): void;
}

/**
 * Hears at once of each change that any process accepted, so that who has nothing to do need not ask. Nothing rests on it: what
 * is not heard is found by the next round. Redis must let the user subscribe to the channel (ACL `&{shiftbot}:news`).
 */
export function listenForNews(address: RedisAddress, log: Pick<Log, 'warn'>, onNews: () => void): Listening {
  const connection = connectForWorker(address);
  connection.on('error', (err) => log.warn({ err }, 'Redis is not reachable for news'));
  connection.on('message', onNews);
  connection.on('ready', onNews); // there may have been some while nobody listened
  connection.subscribe(newsChannel).catch((err: unknown) => {
    log.warn({ err }, 'no news of accepted changes; they are looked for every 20 s');
  });
  return { renew: () => connection.disconnect(true), close: () => connection.disconnect() };
}
