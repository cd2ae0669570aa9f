import type { Log } from '../workflow/ports/process.ts';
import { connectForWorker, type RedisAddress } from './connect.ts';
import { newsChannel } from './keys.ts';

export interface Listening {
  /** Reconnects, because the connection may be dead. */
  renew(): void;
  close(): void;
}

/**
 * Hears of every change that any process accepts, so that an idle process need not poll. Only a speed-up: the next round finds what was
 * missed. Redis must allow the user to subscribe to the channel (ACL `&{shiftbot}:news`).
 */
export function listenForNews(address: RedisAddress, log: Pick<Log, 'warn'>, onNews: () => void): Listening {
  const connection = connectForWorker(address);
  connection.on('error', (err) => log.warn({ err }, 'Redis is not reachable for news'));
  connection.on('message', onNews);
  connection.on('ready', onNews); // there may have been news before we listened
  connection.subscribe(newsChannel).catch((err: unknown) => {
    log.warn({ err }, 'cannot subscribe to news of accepted changes; they are found by polling every 20 s');
  });
  return { renew: () => connection.disconnect(true), close: () => connection.disconnect() };
}
