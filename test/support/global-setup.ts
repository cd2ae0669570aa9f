import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { findRedisServer, RedisNotFoundError } from '../../src/sandbox/redis-server.ts';

const run = promisify(execFile);

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of all temporary folders, deleted at the end of the run. */
    folder?: string;
  }
}

/** What the whole run needs once: the built bot, and a Redis to start. Says which suites cannot run here. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await folderOfTheRun();
  provide('folder', folder);
  await run(process.execPath, [resolve('node_modules/rolldown/bin/cli.mjs'), '-c', 'src/rolldown.config.ts']);
  await loadOnce();
  try {
    await findRedisServer();
  } catch (error) {
    if (!(error instanceof RedisNotFoundError)) throw error;
    say(error.message);
  }
  if (process.env['TEST_KUBECONFIG'] === undefined) {
    say('TEST_KUBECONFIG is not set: the suites that need a real Kubernetes API server are skipped');
  }
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** For files that tests leave, and for Node's compile cache, since hundreds of processes load the same two thousand modules. */
async function folderOfTheRun(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-test-'));
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
  return folder;
}

/** Fills the compile cache: at once, a dozen bots that each compile all they load would answer nobody in time. */
async function loadOnce(): Promise<void> {
  const environment = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };
  await run(process.execPath, [resolve('dist/main.js')], { env: environment }).catch(() => {}); // it misses its settings, and says so
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
