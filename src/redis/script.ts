import { createHash } from 'node:crypto';
import { ask, type Connection } from './connect.ts';
import { keys, setAside, typesOfKeys } from './keys.ts';

const root = keys.change('').replace(/change:$/, '');
const types = Object.entries(typesOfKeys).map(([name, type]) => `['${name}'] = '${type}'`);

/**
 * Lua: moves away what somebody put in the place of a key of ours, before anything is written: a script that fails at such a key leaves half
 * of what it does, and one key would stop whatever else needs it.
 */
const setJunkAside = `
  do
    local types = { ${types.join(', ')} }
    for _, key in ipairs(KEYS) do
      local name = string.sub(key, ${root.length + 1})
      local wanted = types[name] or types[string.match(name, '^[^:]+') or '']
      local its = wanted and redis.call('TYPE', key).ok
      if its and its ~= wanted and its ~= 'none' then
        local away = '${setAside.prefix}' .. name
        redis.call('RENAME', key, away)
        redis.call('EXPIRE', away, ${setAside.seconds})
      end
    end
  end`;

/** A Lua script, which Redis runs atomically. Sent once, then called by its SHA-1. */
export class Script {
  readonly #source: string;
  readonly #sha: string;

  constructor(source: string) {
    this.#source = `${setJunkAside}\n${source}`;
    this.#sha = createHash('sha1').update(this.#source).digest('hex');
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
