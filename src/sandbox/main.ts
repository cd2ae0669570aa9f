import { createWriteStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FolderInUseError, lockFolder } from './folder-lock.ts';
import { type GivenCluster, GivenClusterError, lookAtCluster } from './given-cluster.ts';
import { greet } from './greet.ts';
import { LaunchError } from './launched-process.ts';
import { LocalSlackNotFoundError } from './local-slack.ts';
import { RedisNotFoundError } from './redis-server.ts';
import { startWorld, type World } from './world.ts';
import { readWorldName, UnknownWorldError } from './worlds/worlds.ts';

const usage = `npm run sandbox [-- --http] [--keep] [--world NAME]

Starts Slack, Redis, an API server, Bookinfo with some traffic, a Prometheus that measures it, and the bot. All of it runs on this
machine, and no other machine can reach it.
  --http   use signed HTTP events instead of Socket Mode
  --keep   continue from the last run with --keep: its objects, messages, faults, Redis data and keys are in .sandbox/kept.
           Without it each start is fresh, and .sandbox/kept is left alone.
  --world  shapes: beside Bookinfo, objects of every shape that operators write, with requests to them. What to type is written above
           each of them in src/sandbox/worlds/shapes.yaml. gateway-api: Bookinfo with HTTPRoutes in place of VirtualServices.
           Without it: tutorial, which is Bookinfo with VirtualServices.
Files in .sandbox: kubeconfig (yours, with all rights), bot.kubeconfig (with the bot's rights), bot.log, policy.yaml
Environment:
  SANDBOX_SLACK_PORT (3000), SANDBOX_PAGE_PORT (9080), SANDBOX_KUBE_PORT (8001), PORT (8080)
                       ports; if one is 0 or taken, a free port is used
  SANDBOX_RPS (40)     requests a second that the sandbox sends to Bookinfo; 0 is none
  REDIS_URL, PROMETHEUS_URL
                       use these instead of starting new ones
  POLICY_FILE          use this policy
  RULES_DIR            use the rule files in this folder
  FREEZE_HOOK_TOKEN, AUDIT_TOKEN
                       serve /hooks/freeze and /audit.ndjson to those who have the token
  SANDBOX_KUBECONFIG   use the cluster of this file's current context instead of starting an API server. The sandbox creates nothing
                       there. The bot has your rights there, and does what people ask for in Slack. KUBECONFIG is ignored.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      http: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      world: { type: 'string', default: 'tutorial' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return print(usage);

  const startedMs = performance.now();
  const named = readWorldName(values.world);
  const cluster = await givenCluster(values.keep);
  if (cluster !== undefined && named !== 'tutorial')
    throw new GivenClusterError('and --world cannot be used together: nothing is created in a cluster of yours');
  const folder = resolve('.sandbox');
  await mkdir(folder, { recursive: true });
  await lockFolder(folder);
  const log = createWriteStream(join(folder, 'bot.log'), { mode: 0o600 });
  const policy = await policyFile(folder);
  const stopped = new Promise<void>((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end());
  });
  const starting = startWorld({
    folder,
    program: resolve(import.meta.dirname, '../main.ts'),
    world: named,
    http: values.http,
    keepIn: values.keep ? join(folder, 'kept') : undefined,
    redisUrl: process.env['REDIS_URL'] || undefined,
    kubeconfig: cluster?.kubeconfig,
    ports: { slack: port('SANDBOX_SLACK_PORT', 3000), kube: port('SANDBOX_KUBE_PORT', 8001), bot: port('PORT', 8080) },
    bookinfo: { port: port('SANDBOX_PAGE_PORT', 9080), requestsPerSecond: requestsPerSecond() },
    prometheus: { url: process.env['PROMETHEUS_URL'] || undefined },
    environment: { POLICY_FILE: policy, ...rulesFolder(), ...tokens() },
    onLog: (line) => log.write(`${line}\n`),
  });
  const world = await Promise.race([starting, stopped]);
  if (world !== undefined) {
    await greet(world.slack, cluster);
    print(greeting(world, { folder, policy, cluster }, (performance.now() - startedMs) / 1000));
    // After Ctrl-C, nothing more is reported about Prometheus or the bot.
    const isOver = stopped.then(() => undefined);
    void Promise.race([world.measuring.state, isOver]).then((state) => state && print(measured(world, state)));
    const end = await Promise.race([isOver, ...world.bots.map((bot) => bot.exited)]);
    if (end !== undefined) print(`the bot ended:\n${end.lastOutput.join('\n')}\n`);
  }
  await (await starting).stop();
  log.end();
}

/** Not KUBECONFIG: many shells have that set for other reasons, and it may lead to any cluster. */
async function givenCluster(isToBeKept: boolean): Promise<GivenCluster | undefined> {
  const named = process.env['SANDBOX_KUBECONFIG'];
  if (named === undefined || named === '') return undefined;
  if (isToBeKept)
    throw new GivenClusterError('and --keep cannot be used together: --keep stores only objects of the sandbox itself');
  return lookAtCluster(resolve(named));
}

/** Without RULES_DIR the bot uses Bookinfo's rule files. */
function rulesFolder(): { readonly RULES_DIR?: string } {
  const named = process.env['RULES_DIR'];
  return named === undefined || named === '' ? {} : { RULES_DIR: resolve(named) };
}

/** Tokens of pages that are served only if a token is set. */
function tokens(): Readonly<Record<string, string>> {
  const named = ['FREEZE_HOOK_TOKEN', 'AUDIT_TOKEN'].map((name) => [name, process.env[name] ?? ''] as const);
  return Object.fromEntries(named.filter(([, token]) => token !== ''));
}

/** POLICY_FILE, or a fresh copy of the sandbox's policy, which people may edit. */
async function policyFile(folder: string): Promise<string> {
  const named = process.env['POLICY_FILE'];
  if (named !== undefined && named !== '') return resolve(named);
  const copy = join(folder, 'policy.yaml');
  await copyFile(join(import.meta.dirname, 'policy.yaml'), copy);
  return copy;
}

interface Surroundings {
  readonly folder: string;
  readonly policy: string;
  readonly cluster: GivenCluster | undefined;
}

function greeting(
  { slack, kube, redisUrl, bots, kubeconfig, page, measuring, leftOut }: World,
  { folder, policy, cluster }: Surroundings,
  seconds: number,
): string {
  const here = (path: string) => relative(process.cwd(), path);
  const isOurs = policy === join(folder, 'policy.yaml');
  return `
  Slack       ${slack.url}  in #reviews, as alice, type:  /shift reviews v3 50
  Bookinfo    ${page?.url ?? ''}  reload it to see which version answers; sign in as jason; /faults makes a version fail or slow
  Kubernetes  ${cluster === undefined ? `${kube?.url ?? ''}  kubectl --kubeconfig ${here(kubeconfig)} get virtualservices` : ofYours(cluster)}
  Redis       ${withoutPassword(redisUrl)}
  Bot         ${bots[0]?.url ?? ''}/readyz  /metrics, its log in ${here(join(folder, 'bot.log'))}
  Prometheus  ${withoutPassword(measuring.url ?? 'none')}  for ${page?.metricsUrl ?? ''}
  Policy      ${here(policy)}${isOurs ? '  ratings needs an approval by bob or carol, details is frozen at weekends' : ''}
${leftOut.map((what) => `  Left out    ${what}: could not be read\n`).join('')}
sandbox ready after ${seconds.toFixed(1)} s: open ${slack.url} · Ctrl-C stops everything
`;
}

/** Says that it is the person's own cluster, in case they named it by mistake. */
function ofYours({ server, cluster, context, kubeconfig }: GivenCluster): string {
  return `${withoutPassword(server)}  your cluster ${cluster} (context ${context} of ${kubeconfig}): the bot changes it when you ask for that`;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

/** Printed after the greeting, since our own Prometheus may have to be fetched first. */
function measured({ measuring }: Pick<World, 'measuring'>, state: Awaited<World['measuring']['state']>): string {
  if (state.kind === 'given') return '';
  if (state.kind === 'missing') return `nothing is measured: ${state.why}${forRamps(measuring)}\n`;
  return `Prometheus measures the traffic: ${measuring.url ?? ''}\n`;
}

/** If it could not be fetched, the bot was started with its URL already. */
function forRamps({ url }: Pick<World['measuring'], 'url'>): string {
  return url === undefined
    ? '; ramps go by time'
    : '; ramps wait to see something of the new version, or go by time with --no-guard';
}

function requestsPerSecond(otherwise = 40): number {
  const value = process.env['SANDBOX_RPS'];
  const number = value === undefined || value === '' ? otherwise : Number(value);
  return Number.isFinite(number) && number >= 0 && number <= 1_000 ? number : otherwise;
}

function port(name: string, otherwise: number): number {
  const value = process.env[name];
  const number = value === undefined || value === '' ? otherwise : Number(value);
  return Number.isInteger(number) && number >= 0 && number <= 65_535 ? number : otherwise;
}

function print(text: string): void {
  process.stdout.write(text);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const known =
      error instanceof RedisNotFoundError ||
      error instanceof LocalSlackNotFoundError ||
      error instanceof LaunchError ||
      error instanceof GivenClusterError ||
      error instanceof UnknownWorldError ||
      error instanceof FolderInUseError;
    process.stderr.write(
      `the sandbox cannot start: ${known || !(error instanceof Error) ? String(error) : (error.stack ?? error.message)}\n`,
    );
    process.exit(1);
  },
);
