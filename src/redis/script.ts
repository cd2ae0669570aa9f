import { createHash } from 'node:crypto';
import { ask, type Connection } from './connect.ts';

/** A Lua script, which Redis runs atomically. Sent once, then called by its SHA-1. */
export class Script {
  readonly #source: string;
  readonly #sha: string;

  constructor(source: string) {
    this.#source = source;
    this.#sha = createHash('sha1').update(source).digest('hex');
  }

  run(connection: Connection, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return ask(connection, async () => {
      try {
        return await connection.evalsha(this.#sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return connection.eval(this.#source, keys.length, ...keys, ...args);
      }
    });
  }
}
