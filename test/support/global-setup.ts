import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { findRedisServer, RedisNotFoundError } from '../../src/sandbox/redis-server.ts';

const run = promisify(execFile);

/** What the whole run needs once: the bot as it is shipped, and a Redis to start. Says which suites cannot run here. */
export default async function setup(): Promise<void> {
  await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', 'src']);
  try {
    await findRedisServer();
  } catch (error) {
    if (!(error instanceof RedisNotFoundError)) throw error;
    say(error.message);
  }
  if (process.env['TEST_KUBECONFIG'] === undefined) {
    say('TEST_KUBECONFIG is not set: the suites that need a real Kubernetes API server are skipped');
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
