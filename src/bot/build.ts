import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { KubeClient } from '../cluster/client/kube-client.ts';
import { ServerClock } from '../cluster/client/server-clock.ts';
import { ClusterMesh } from '../cluster/cluster-mesh.ts';
import { Clusters } from '../cluster/clusters.ts';
import type { Config } from '../config.ts';
import { defaultSettings } from '../domain/map/objects.ts';
import { freezeHook } from '../http/freeze-hook.ts';
import { createMetrics, type Metrics } from '../http/metrics.ts';
import { type SlackEndpoint, startHttp, telling, within } from '../http/server.ts';
import { PolicyFile } from '../policy-file/policy-file.ts';
import { Background } from '../process/background.ts';
import { Pulse } from '../process/pulse.ts';
import { Rounds } from '../process/rounds.ts';
import { AuditStream } from '../redis/audit-stream.ts';
import { StoredCards } from '../redis/card-log.ts';
import { connectForRequests, connectForWorker, onRestored } from '../redis/connect.ts';
import { JobQueue, type RunningWorker, startWorker } from '../redis/job-queue.ts';
import { listenForNews } from '../redis/news.ts';
import { redisCheck } from '../redis/readiness.ts';
import { RefusedCharts } from '../redis/refused-charts.ts';
import { shortSignature } from '../redis/signature.ts';
import { StoredChanges } from '../redis/stored-changes.ts';
import { StoredHolds } from '../redis/stored-holds.ts';
import { StoredLimits } from '../redis/stored-limits.ts';
import { StoredRamps } from '../redis/stored-ramps.ts';
import { WorkerProbe } from '../redis/worker-probe.ts';
import { RulesFolder } from '../rule-files/rules-folder.ts';
import { SlackChannel } from '../slack/client/channel.ts';
import { SlackNotices } from '../slack/client/notices.ts';
import { SlackPeople } from '../slack/client/people.ts';
import { SlackRooms } from '../slack/client/rooms.ts';
import { slackClient } from '../slack/client/web-api.ts';
import { createSlackApp, type SlackApp } from '../slack/listeners/app.ts';
import { eventsPath } from '../slack/listeners/surface.ts';
import { apply } from '../workflow/applying/apply.ts';
import type { Bench } from '../workflow/applying/bench.ts';
import { DependencyError } from '../workflow/errors.ts';
import { freezesInForce, type HookDesk, orderByHook } from '../workflow/holding/freeze-hook.ts';
import { approversOf } from '../workflow/judging/approvers.ts';
import { noPolicyFile } from '../workflow/judging/judge-live.ts';
import { SignedHistory } from '../workflow/judging/signed-history.ts';
import type { Log } from '../workflow/ports/process.ts';
import { Driver } from '../workflow/ramping/drive.ts';
import { cardsOf } from '../workflow/showing/cards.ts';
import { Turns } from '../workflow/turns.ts';
import { Reconciler } from '../workflow/watching/reconcile.ts';
import { Sights } from '../workflow/watching/see.ts';
import { trafficFor } from './traffic-for.ts';
import { startWatching } from './watching.ts';

/** Soon after the start, the log says what is missing, so that nobody must ask `/readyz`. */
const firstLookMs = 3_000;

export interface Bot {
  readonly port: number;
  /** Resolves when the bot is connected to Slack, however long that takes. Everything else works before that. */
  readonly connected: Promise<void>;
  /** Takes no new work, and resolves when the work in progress is done. */
  stop(): Promise<void>;
}

const unsigned =
  'RECORD_KEY is not set: whoever can write to Redis can make up changes, and they are applied, and whoever can edit an object a way back that rollbacks follow. Set it to what openssl rand -hex 32 prints';

/** Builds all parts and starts the configured roles. */
export async function start(config: Config, log: Log): Promise<Bot> {
  const background = new Background(log);
  const aside: Bench['aside'] = (work, what, fields) => background.run(work, what, fields);
  const clock = new ServerClock();
  const now = () => clock.now();

  const redis = connectForRequests(config.redis);
  redis.on('error', (err) => log.warn({ err }, 'Redis is not reachable'));
  const { recordKey, auditDays } = config;
  if (recordKey === undefined) log.warn({}, unsigned);
  const changes = new StoredChanges(redis, { recordKey, auditDays, log });
  const ramps = new StoredRamps(redis, { recordKey, auditDays, log });
  const audit = new AuditStream(redis, { recordKey, auditDays });
  const holds = new StoredHolds(redis, { recordKey, auditDays });
  const cardLog = new StoredCards(redis);
  const queue = new JobQueue(redis, log);
  const provenance =
    recordKey === undefined ? undefined : new SignedHistory(shortSignature(recordKey), { changes, log });
  const mesh = new Clusters(
    new Map(
      [...config.clusters].map(([name, access], at) => {
        const client = new KubeClient(access, at === 0 ? { clock } : {});
        const clusterDomain = config.clusterDomains.get(name) ?? defaultSettings.clusterDomain;
        return [name, new ClusterMesh(name, client, log, { ...defaultSettings, clusterDomain, provenance })];
      }),
    ),
  );
  const metrics = createMetrics();
  const rounds = new Rounds(log);
  const pulse = new Pulse((forMs) => {
    rounds.soon(); // connections may have died in the meantime; a request finds out
    metrics.stoodStill();
    log.warn({ forMs: Math.round(forMs) }, 'the process stood still');
  });
  pulse.start();
  const web = slackClient(config.slack, log);
  const chat = new SlackChannel(web, new RefusedCharts(redis), log);
  const policyFile = watchPolicy(config, metrics, log);
  const policies = policyFile ?? noPolicyFile;
  const people = new SlackPeople(web, { asksAboutPeople: policyFile !== undefined, log });
  const cards = cardsOf({
    ...{ changes, ramps, cards: cardLog, chat, log, aside, lookAgain: () => rounds.soon() },
    approvers: (moved) => approversOf({ policies, mesh }, moved),
  });
  const traffic = trafficFor(config, log);
  const countedByWorkers = config.roles.has('worker') ? traffic : undefined;
  const desk = {
    ...{ mesh, changes, ramps, audit, queue, cards, policies, people, holds, log, now, aside },
    notices: new SlackNotices(web),
    rooms: new SlackRooms(web, { forCards: config.cardsChannel, log }),
    ruleFiles: new RulesFolder(config.rulesFolder),
    turns: new Turns(),
    namespace: config.namespace,
    countedClusters: [...config.prometheus.keys()],
    traffic,
  };

  const slack = config.roles.has('chat')
    ? createSlackApp(
        config.slack,
        (botName) => ({
          desk,
          cards,
          botName,
          isLate: () => pulse.justStoodStill(),
          limits: new StoredLimits(redis),
          allowance: config.allowance,
          isUnsigned: recordKey === undefined,
          productPage: config.productPage,
        }),
        log,
      )
    : undefined;
  // The first command would wait for it.
  let isWarm = false;
  const warm = async () => {
    try {
      await mesh.warm(config.namespace);
    } finally {
      isWarm = true; // whatever is wrong, the other checks say so
    }
  };
  const checks = [
    within('Redis', redisCheck(redis)),
    within('Kubernetes', () => meshProblem(mesh)),
    async () => slackProblem(slack),
    async () => clock.problem(),
    async () => pulse.problem(),
    async () => (isWarm ? undefined : `Kubernetes: the namespace ${config.namespace} is read for the first time`),
  ].map((check) => telling(check, log));
  setTimeout(
    () => background.run(() => Promise.all(checks.map((check) => check())).then(() => {}), 'a check failed', {}),
    firstLookMs,
  ).unref();
  const probe = config.roles.has('worker') ? new WorkerProbe({ queue, log, renew: () => worker?.renew() }) : undefined;
  const http = await startHttp({
    port: config.port,
    log,
    checks,
    notes: recordKey === undefined ? [unsigned] : [],
    stuck: () => probe?.problem(),
    metrics: metrics.scrape,
    slack: slackEndpoint(config, slack, log),
    freezeHook: hookFor(config, desk),
    audit: config.auditToken === undefined ? undefined : { token: config.auditToken, audit, log },
  });
  background.run(warm, 'the default namespace could not be read', {
    namespace: config.namespace,
  });
  background.run(() => people.warm(), 'the team of the bot could not be read from Slack', {});

  const worker = config.roles.has('worker')
    ? startWork(
        config,
        { mesh, changes, ramps, cards, policies, people, holds, traffic, meter: metrics, log, now, aside },
        () => probe?.taken(),
      )
    : undefined;
  const driver = config.roles.has('worker') ? new Driver(desk, { traffic, meter: metrics }) : undefined;
  const reconciler = new Reconciler({
    mesh,
    changes,
    cardLog,
    queue,
    cards,
    driver,
    sights: new Sights({ mesh, changes, cards, traffic: countedByWorkers, meter: metrics, log, now, aside }),
    log,
    now,
    aside,
    monotonicMs: () => performance.now(),
  });
  metrics.gauge(
    'shiftbot_open_changes',
    'Changes that wait for a worker or a person, at the last round of reconciling',
    () => reconciler.open,
  );
  metrics.gaugeBy(
    'shiftbot_ramps',
    'Ramps that are not over, at the last round of reconciling',
    'state',
    () => driver?.states ?? new Map(),
  );
  rounds.start(async () => {
    const open = await reconciler.round();
    await probe?.round(open);
    return { open, dueInMs: reconciler.dueInMs };
  });
  const news = listenForNews(config.redis, log, () => rounds.soon());
  onRestored(redis, () => {
    worker?.renew();
    news.renew();
  });
  const stopWatching = startWatching({ mesh, changes, cards, meter: metrics, log, now }, mesh, aside);

  return {
    port: http.port,
    connected: slack?.start() ?? Promise.resolve(),
    stop: async () => {
      pulse.stop();
      rounds.stop();
      news.close();
      stopWatching();
      policyFile?.stop();
      http.refuseSlack();
      chat.close();
      await Promise.all([slack?.stop(), worker?.close()]);
      await background.ended();
      await Promise.all([http.close(), queue.close(), mesh.close(), traffic?.close()]);
      redis.disconnect();
    },
  };
}

/** Undefined without POLICY_FILE. */
function watchPolicy({ policy }: Config, metrics: Metrics, log: Log): PolicyFile | undefined {
  if (policy === undefined) return undefined;
  const file = new PolicyFile(policy, log);
  metrics.gauge('shiftbot_policy_ok', '1 while the current text of the policy file is in force', () =>
    file.problem() === undefined ? 1 : 0,
  );
  file.start();
  return file;
}

function startWork(config: Config, bench: Bench, onTaken: () => void): RunningWorker {
  const connection = connectForWorker(config.redis);
  const worker = startWorker({
    connection,
    log: bench.log,
    apply: (job) => apply(bench, job),
    onTaken,
  });
  return {
    renew: () => worker.renew(),
    close: async () => {
      await worker.close();
      connection.disconnect();
    },
  };
}

async function meshProblem(mesh: Clusters): Promise<string | undefined> {
  try {
    await mesh.ping();
    return undefined;
  } catch (error) {
    if (!(error instanceof DependencyError)) throw error;
    return `Kubernetes: ${error.message}; see KUBECONFIG and CLUSTERS`;
  }
}

/** Undefined without FREEZE_HOOK_TOKEN. */
function hookFor({ freezeHookToken: token }: Config, desk: HookDesk): RequestListener | undefined {
  if (token === undefined) return undefined;
  return freezeHook({
    token,
    log: desk.log,
    order: (order) => orderByHook(desk, order, `hook:${randomUUID()}`),
    inForce: () => freezesInForce(desk),
  });
}

/** Undefined in Socket Mode, where Slack does not call us. */
function slackEndpoint(config: Config, slack: SlackApp | undefined, log: Log): SlackEndpoint | undefined {
  const listener = slack?.requestListener;
  if (listener === undefined) return undefined;
  return { path: eventsPath, signingSecret: config.slack.signingSecret ?? '', log, listener };
}

function slackProblem(slack: SlackApp | undefined): string | undefined {
  const problem = slack?.problem();
  return problem === undefined ? undefined : `Slack: ${problem}`;
}
