import { type Config, ConfigError, readConfig } from '../config.ts';
import { badConfiguration } from '../options.ts';
import { createLog } from '../process/log.ts';
import { SlackTokenError } from '../slack/listeners/app.ts';
import { type Bot, start } from './build.ts';

const shutdownLimitMs = 20_000;

/** Runs the bot until SIGTERM or SIGINT, then ends the process. */
export async function run(): Promise<void> {
  try {
    await serve();
  } catch (error) {
    const ours = error instanceof ConfigError || error instanceof SlackTokenError;
    process.stderr.write(
      `shiftbot cannot start: ${ours ? error.message : String(error instanceof Error ? (error.stack ?? error.message) : error)}\n`,
    );
    process.exit(ours ? badConfiguration : 1);
  }
}

async function serve(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  const bot = await start(config, log);
  const running = bot.connected.then(() => log.info(describe(config, bot), 'shiftbot is running'));

  const signal = await Promise.race([stopped, running.then(() => stopped)]);
  log.info({ signal }, 'shutting down');
  setTimeout(() => {
    log.error({}, 'shutdown took too long; another worker takes over the rest');
    process.exit(1);
  }, shutdownLimitMs).unref();
  await bot.stop();
  log.info({}, 'stopped');
  process.exit(0);
}

function describe({ roles, clusters, slack }: Config, { port }: Bot): object {
  return { port, roles: [...roles], clusters: [...clusters.keys()], socketMode: slack.appToken !== undefined };
}
